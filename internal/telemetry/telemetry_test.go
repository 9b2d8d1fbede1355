package telemetry_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/un-placard/placard/internal/telemetry"
)

func TestMetrics(t *testing.T) {
	tel, err := telemetry.New(t.Context(), telemetry.Config{Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	tel.RPC("/placard.v1.EntityService/GetEntity", "rest", codes.NotFound, 3*time.Millisecond)
	w := httptest.NewRecorder()
	tel.Metrics().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`placard_rpcs_total{code="NotFound",door="rest",method="/placard.v1.EntityService/GetEntity"} 1`,
		`placard_rpc_seconds_bucket{door="rest",method="/placard.v1.EntityService/GetEntity",le="0.005"} 1`,
		`placard_build_info{version="1.2.3"} 1`, `go_goroutines`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTraces(t *testing.T) {
	// Nothing listens there: the server starts and stops all the same.
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	tel, err := telemetry.New(t.Context(), telemetry.Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, span := tel.Tracer.Tracer("test").Start(t.Context(), "a call")
	if !span.SpanContext().IsSampled() {
		t.Error("the span is not recorded")
	}
}
