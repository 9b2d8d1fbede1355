// Package telemetry is what operators see of the server: its metrics and its
// traces. Neither holds personal data, secrets or the bodies of
// requests.
package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"google.golang.org/grpc/codes"
)

// Config says what is measured and where it goes.
type Config struct {
	// Version of the program, named in metrics and traces.
	Version string
}

// Telemetry are the metrics and traces of one server.
type Telemetry struct {
	// Tracer makes spans. Without a place to send them it makes none.
	Tracer trace.TracerProvider
	// Propagator reads and writes the trace of a caller (W3C Trace Context).
	Propagator propagation.TextMapPropagator

	registry *prometheus.Registry
	rpcs     *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	shutdown func(context.Context) error
}

// New makes the metrics and, where the environment names a place to send them
// to (OTEL_EXPORTER_OTLP_ENDPOINT, and OTEL_EXPORTER_OTLP_TRACES_ENDPOINT),
// the traces. The other variables of OpenTelemetry's specification apply.
func New(ctx context.Context, cfg Config) (*Telemetry, error) {
	t := &Telemetry{
		Tracer:     noop.NewTracerProvider(),
		Propagator: propagation.TraceContext{},
		registry:   prometheus.NewRegistry(),
		rpcs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "placard_rpcs_total", Help: "Calls that were answered, by method, door (grpc, rest, page) and code.",
		}, []string{"method", "door", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "placard_rpc_seconds", Help: "How long calls took, by method and door.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "door"}),
		shutdown: func(context.Context) error { return nil },
	}
	build := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "placard_build_info", Help: "Always 1; the version is a label.",
		ConstLabels: prometheus.Labels{"version": cfg.Version},
	}, func() float64 { return 1 })
	for _, c := range []prometheus.Collector{
		t.rpcs, t.seconds, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := t.registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "" {
		return t, nil
	}
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("send traces: %w", err)
	}
	res, err := resource.Merge(resource.Default(), resource.NewSchemaless(
		semconv.ServiceName("placard"), semconv.ServiceVersion(cfg.Version)))
	if err != nil {
		return nil, fmt.Errorf("describe the source of traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(res))
	t.Tracer, t.shutdown = provider, provider.Shutdown
	return t, nil
}

// RPC counts one call that was answered.
func (t *Telemetry) RPC(method, door string, code codes.Code, took time.Duration) {
	t.rpcs.WithLabelValues(method, door, code.String()).Inc()
	t.seconds.WithLabelValues(method, door).Observe(took.Seconds())
}

// Metrics answers the metrics in the format of Prometheus.
func (t *Telemetry) Metrics() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{})
}

// Shutdown sends what traces are still here.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if err := t.shutdown(ctx); err != nil {
		return fmt.Errorf("send the last traces: %w", err)
	}
	return nil
}
