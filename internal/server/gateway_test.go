package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const submit = "/v1/meetings/m1/delegations/AUT:submit"

func TestMalformedREST(t *testing.T) {
	h := setup(t)
	person := `{"familyName":"Haddad","role":"HEAD"}`
	for _, tt := range []struct {
		name               string
		method, path, body string
		headers            []string
		status             int
		reason             string
		violations         []string
	}{
		{name: "not JSON", method: "POST", path: submit, body: `{"participants": [`, status: 400, reason: "MALFORMED_REQUEST"},
		{name: "something behind the JSON", method: "POST", path: submit, body: `{"participants":[` + person + `]}{}`,
			status: 400, reason: "MALFORMED_REQUEST"},
		{name: "not UTF-8", method: "POST", path: submit, body: "{\"etag\":\"\xff\"}", status: 400, reason: "MALFORMED_REQUEST"},
		{name: "not an object", method: "POST", path: submit, body: `[]`, status: 400, reason: "INVALID_VALUE", violations: []string{"body INVALID_VALUE"}},
		{name: "a field twice", method: "POST", path: submit, body: `{"etag":"1","etag":"2"}`, status: 400, reason: "MALFORMED_REQUEST"},
		{name: "unknown fields, roles and types, all at once", method: "POST", path: submit,
			body:   `{"colour":"red","participants":[` + person + `,{"familyName":7,"role":"BOSS","shoe":1}],"noteVerbale":{"no":"1"},"maxWithdrawals":"x"}`,
			status: 400, reason: "INVALID_REQUEST", violations: []string{
				"colour UNKNOWN_FIELD", "maxWithdrawals INVALID_VALUE", "noteVerbale.no UNKNOWN_FIELD",
				"participants[1].familyName INVALID_VALUE", "participants[1].role UNKNOWN_VALUE", "participants[1].shoe UNKNOWN_FIELD",
			}},
		{name: "one unknown field", method: "POST", path: submit, body: `{"participants":[` + person + `],"colour":"red"}`,
			status: 400, reason: "UNKNOWN_FIELD", violations: []string{"colour UNKNOWN_FIELD"}},
		{name: "unknown field where the body is one field", method: "POST", path: "/v1/meetings?meetingId=m1",
			body: `{"venue":{"planet":"Earth"}}`, status: 400, reason: "UNKNOWN_FIELD", violations: []string{"venue.planet UNKNOWN_FIELD"}},
		{name: "unknown field in an update", method: "PATCH", path: "/v1/meetings/m1", body: `{"planet":"Earth"}`,
			status: 400, reason: "UNKNOWN_FIELD", violations: []string{"planet UNKNOWN_FIELD"}},
		{name: "a time that is none", method: "POST", path: "/v1/keys", body: `{"expireTime":"tomorrow"}`,
			status: 400, reason: "INVALID_VALUE", violations: []string{"expireTime INVALID_VALUE"}},
		{name: "unknown parameters", method: "GET", path: "/v1/entities?colour=red&pagesize=3&pageSize=3",
			status: 400, reason: "INVALID_REQUEST", violations: []string{"colour UNKNOWN_PARAMETER", "pagesize UNKNOWN_PARAMETER"}},
		{name: "unknown parameter of a method whose body is everything", method: "POST", path: submit + "?validateOnly=true",
			body: `{"participants":[` + person + `]}`, status: 400, reason: "UNKNOWN_PARAMETER", violations: []string{"validateOnly UNKNOWN_PARAMETER"}},
		{name: "a parameter that stands in the path", method: "GET", path: "/v1/entities/AUT?name=entities/MEX",
			status: 400, reason: "UNKNOWN_PARAMETER", violations: []string{"name UNKNOWN_PARAMETER"}},
		{name: "a parameter that belongs in the body", method: "POST", path: "/v1/meetings?meeting.endDate=2010-01-29&meetingId=m1", body: `{}`,
			status: 400, reason: "UNKNOWN_PARAMETER", violations: []string{"meeting.endDate UNKNOWN_PARAMETER"}},
		{name: "a parameter that is no number", method: "GET", path: "/v1/entities?pageSize=many",
			status: 400, reason: "INVALID_VALUE", violations: []string{"pageSize INVALID_VALUE"}},
		{name: "a parameter twice", method: "GET", path: "/v1/entities?pageSize=1&pageSize=2",
			status: 400, reason: "INVALID_VALUE", violations: []string{"pageSize INVALID_VALUE"}},
		{name: "parameters that are not encoded", method: "GET", path: "/v1/entities?a=%zz", status: 400, reason: "MALFORMED_REQUEST"},
		{name: "a negative page size", method: "GET", path: "/v1/entities?pageSize=-1",
			status: 400, reason: "INT32_GTE", violations: []string{"pageSize INT32_GTE"}},
		{name: "not JSON by its type", method: "POST", path: submit, body: `a=b`,
			headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "no type", method: "POST", path: submit, body: `{}`, headers: []string{"Content-Type", ""}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "another charset", method: "POST", path: submit, body: `{}`,
			headers: []string{"Content-Type", "application/json; charset=latin1"}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "compressed", method: "POST", path: submit, body: `{}`, headers: []string{"Content-Encoding", "gzip"}, status: 415, reason: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "UTF-8 named", method: "POST", path: submit, body: `{"participants":[` + person + `]}`,
			headers: []string{"Content-Type", "application/json; charset=UTF-8"}, status: 200},
		{name: "too large", method: "POST", path: submit, body: `{"etag":"` + strings.Repeat("a", 10<<20) + `"}`, status: 413, reason: "MESSAGE_TOO_LARGE"},
		{name: "a body where none is taken", method: "GET", path: "/v1/entities", body: `{"pageSize":3}`, status: 400, reason: "MALFORMED_REQUEST"},
		{name: "a body with a deletion", method: "DELETE", path: "/v1/meetings/m1", body: `{"etag":"1"}`, status: 400, reason: "MALFORMED_REQUEST"},
		{name: "no such path", method: "GET", path: "/v1/nothing", status: 404, reason: "PATH_NOT_FOUND"},
		{name: "no such path outside the API", method: "GET", path: "/nothing", status: 404, reason: "PATH_NOT_FOUND"},
		{name: "no such verb", method: "POST", path: "/v1/meetings/m1:explode", body: `{}`, status: 404, reason: "PATH_NOT_FOUND"},
		{name: "a method that the path has not", method: "PUT", path: "/v1/meetings/m1", body: `{}`, status: 405, reason: "METHOD_NOT_ALLOWED"},
		{name: "no override of the method", method: "POST", path: "/v1/changes", body: "",
			headers: []string{"X-HTTP-Method-Override", "GET", "Content-Type", "application/x-www-form-urlencoded"}, status: 405, reason: "METHOD_NOT_ALLOWED"},
		{name: "a method that a page has not", method: "POST", path: "/healthz", body: `{}`, status: 405, reason: "METHOD_NOT_ALLOWED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := h.send(tt.method, tt.path, "plc_secretariat", tt.body, tt.headers...)
			if got.status != tt.status || got.reason() != tt.reason {
				t.Fatalf("%d %s, want %d %s\n%s", got.status, got.reason(), tt.status, tt.reason, got.body)
			}
			if diff := cmp.Diff(tt.violations, got.violations()); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			if kind := got.header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("Content-Type: %s", kind)
			}
			if got.status == 405 && got.header.Get("Allow") == "" {
				t.Error("no Allow")
			}
		})
	}
	t.Run("nothing of it was written", func(t *testing.T) {
		if n := len(h.memory.written); n != 1 {
			t.Errorf("%d writes, want the one that is right", n)
		}
	})
	t.Run("Allow names the methods of the path", func(t *testing.T) {
		if got := h.send("PUT", "/v1/meetings/m1", "plc_admin", "").header.Get("Allow"); got != "GET, PATCH, DELETE" {
			t.Errorf("Allow: %s", got)
		}
	})
}

// A body without a stated length is not read further than is taken.
func TestLargeBodyWithoutLength(t *testing.T) {
	h := setup(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "POST "+submit+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer plc_secretariat\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
	go func() {
		part := fmt.Sprintf("%x\r\n%s\r\n", 1<<20, strings.Repeat(" ", 1<<20))
		for range 20 {
			if _, err := io.WriteString(conn, part); err != nil {
				return
			}
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", resp.StatusCode)
	}
	_ = resp.Body.Close()
}

func TestJSON(t *testing.T) {
	h := setup(t)
	t.Run("defaults are written, in lowerCamelCase", func(t *testing.T) {
		got := h.send("GET", "/v1/entities", "plc_aut", "")
		for _, want := range []string{`"shortName":`, `"nextPageToken":""`, `"kind":"KIND_UNSPECIFIED"`} {
			if !strings.Contains(strings.ReplaceAll(got.body, " ", ""), want) {
				t.Errorf("%s lacks %s", got.body, want)
			}
		}
	})
	t.Run("paths of violations are those of the body that is one field", func(t *testing.T) {
		got := h.send("POST", "/v1/meetings?meetingId=M", "plc_admin",
			`{"title":{"en":"a\u202eb"},"startDate":"2010-02-30","endDate":"2010-01-29","timeZone":"Europe/Vienna","agendaTopics":[{"en":"x"},{"fr":"\u0000"}]}`)
		want := []string{"title.en STRING_TEXT", "startDate STRING_DAY", "agendaTopics[1].fr STRING_TEXT", "meetingId STRING_PATTERN"}
		if diff := cmp.Diff(want, got.violations()); diff != "" {
			t.Errorf("violations (-want +got):\n%s", diff)
		}
		if f := got.failure(t); !strings.HasPrefix(f.Message, "title.en: ") {
			t.Errorf("message %q", f.Message)
		}
	})
	t.Run("the body as a whole has no path", func(t *testing.T) {
		got := h.send("POST", "/v1/meetings/m1/delegations/AUT/participants", "plc_aut", `{"role":"EXPERT"}`)
		if diff := cmp.Diff([]string{"PARTICIPANT_NAME"}, got.violations()); diff != "" {
			t.Errorf("violations (-want +got):\n%s", diff)
		}
	})
	t.Run("paths of violations in a whole request keep their index", func(t *testing.T) {
		got := h.send("POST", "/v1/meetings/m1/invitations:batchCreate", "plc_admin", `{"requests":[
			{"invitation":{"entity":"entities/AUT","participationStatus":"STATE_PARTY"}},
			{"invitation":{"entity":"entities/MEX","participationStatus":"STATE_PARTY","emails":["a@example.org","nobody"]}}]}`)
		if diff := cmp.Diff([]string{"requests[1].invitation.emails[1] STRING_MAILBOX"}, got.violations()); diff != "" {
			t.Errorf("violations (-want +got):\n%s\n%s", diff, got.body)
		}
	})
	t.Run("an update takes its mask from the body", func(t *testing.T) {
		got := h.send("PATCH", "/v1/meetings/m1", "plc_admin", `{"endDate":"2010-01-29"}`)
		if got.status != 200 || !strings.Contains(got.body, "meetings/m1") {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("a field that may not be written is named as in the JSON", func(t *testing.T) {
		got := h.send("POST", submit, "plc_aut", `{"participants":[{"familyName":"A","role":"HEAD"}],"receiptDate":"2010-01-15"}`)
		f := got.failure(t)
		if got.status != 403 || got.reason() != "FIELD_NOT_WRITABLE" || f.Details[0].Metadata["field"] != "receiptDate" || !strings.Contains(f.Message, "receiptDate") ||
			strings.Contains(got.body, "receipt_date") {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("nothing to answer is an empty object", func(t *testing.T) {
		if got := h.send("DELETE", "/v1/meetings/m1?etag=1", "plc_admin", ""); got.status != 200 || strings.TrimSpace(got.body) != "{}" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}

func TestExport(t *testing.T) {
	h := setup(t)
	t.Run("a file is streamed as it is", func(t *testing.T) {
		got := h.send("GET", "/v1/meetings/m1/participantList:export", "plc_reader", "")
		if want := "\ufeffname,entity\r\nHaddad,AUT\r\n"; got.status != 200 || got.body != want {
			t.Errorf("%d %q", got.status, got.body)
		}
		if got.header.Get("Content-Type") != "text/csv; charset=utf-8" || got.header.Get("Content-Disposition") != `attachment; filename="list.csv"` {
			t.Errorf("headers %v", got.header)
		}
	})
	t.Run("an error before the file is an error", func(t *testing.T) {
		got := h.send("GET", "/v1/meetings/gone/participantList:export", "plc_reader", "")
		if got.status != 404 || got.reason() != "NOT_FOUND" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("so is a refusal", func(t *testing.T) {
		got := h.send("GET", "/v1/meetings/m1/participantList:export?provisional=true", "plc_reader", "")
		if got.status != 403 || got.reason() != "FIELD_NOT_WRITABLE" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("an error in the file breaks the connection off", func(t *testing.T) {
		req, err := http.NewRequestWithContext(t.Context(), "GET", h.url+"/v1/meetings/broken/participantList:export", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer plc_reader")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return // before anything of it was sent
		}
		defer func() { _ = resp.Body.Close() }()
		if text, err := io.ReadAll(resp.Body); err == nil {
			t.Errorf("the file ends well: %q", text)
		}
	})
}

func TestPages(t *testing.T) {
	h := setup(t)
	for path, want := range map[string]string{
		"/healthz": "ok", "/readyz": "ready", "/openapi.json": `"openapi"`, "/metrics": "go_goroutines",
		"/docs/": `id="api"`, "/docs/docs.js": "SwaggerUIBundle", "/docs/swagger-ui-bundle.js": "SwaggerUIBundle", "/docs/swagger-ui.css": ".swagger-ui",
	} {
		got := h.send("GET", path, "", "")
		if got.status != 200 || !strings.Contains(got.body, want) {
			t.Errorf("%s: %d %.200s", path, got.status, got.body)
		}
		for _, header := range []string{"X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy", "Referrer-Policy", "X-Request-Id"} {
			if got.header.Get(header) == "" {
				t.Errorf("%s has no %s", path, header)
			}
		}
	}
	t.Run("the page of the API loads nothing from elsewhere and runs no inline script", func(t *testing.T) {
		got := h.send("GET", "/docs/", "", "")
		if strings.Contains(got.body, "http://") || strings.Contains(got.body, "https://") || strings.Contains(got.body, "<script>") {
			t.Error(got.body)
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self';") {
			t.Errorf("policy %q", policy)
		}
	})
	t.Run("not ready without a database", func(t *testing.T) {
		h.ready = io.ErrUnexpectedEOF
		got := h.send("GET", "/readyz", "", "")
		if got.status != 503 || got.reason() != "UNAVAILABLE" || got.header.Get("Retry-After") != "1" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}
