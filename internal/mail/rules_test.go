package mail

import (
	"strings"
	"testing"
)

func TestPermanent(t *testing.T) {
	for _, tt := range []struct {
		at       step
		code     int
		enhanced string
		text     string
		want     bool
	}{
		{addressing, 550, "5.1.1", "User unknown", true},
		{addressing, 550, "", "No such user here", true},
		{addressing, 553, "5.1.3", "Bad address", true},
		{addressing, 550, "5.7.1", "blocked by the recipient", true},
		{content, 554, "5.6.0", "not wanted", true},
		{content, 552, "5.3.4", "too large", true},
		{addressing, 450, "4.2.1", "later", false},
		{addressing, 421, "4.3.2", "down", false},
		{connecting, 554, "5.7.1", "you are on a list", false},
		{connecting, 535, "5.7.8", "wrong password", false},
		{greeting, 550, "5.1.8", "sender rejected", false},
		{addressing, 530, "5.7.0", "Must issue STARTTLS", false},
		{addressing, 554, "5.7.1", "<a@b>: Relay access denied", false},
		{addressing, 550, "5.7.26", "unauthenticated sender", false},
		{addressing, 503, "5.5.1", "bad sequence", false},
	} {
		if got := permanent(tt.at, tt.code, tt.enhanced, tt.text); got != tt.want {
			t.Errorf("%d %s %s: %v", tt.code, tt.enhanced, tt.text, got)
		}
	}
}

func TestReason(t *testing.T) {
	if got := Reason("550 5.1.1 a\r\n550 b\x00\x1b[31m\xff"); strings.ContainsAny(got, "\r\n\x00\x1b") {
		t.Errorf("%q", got)
	}
	if got := Reason("554 5.7.1 blocked: https://placard.example/photo/pll_0197-ab_1_aB-c_d9 is on a list"); strings.Contains(got, "pll_0") || !strings.HasSuffix(got, "is on a list") {
		t.Errorf("%q", got)
	}
	if got := Reason(strings.Repeat("д", 1000)); len(got) != maxReason {
		t.Errorf("%d bytes", len(got))
	}
}

const boundary = "b1"

// report is a report with a message of ours.
func report(status, returned string) []byte {
	return []byte("From: MAILER-DAEMON@mail.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"" + boundary + "\"\r\n\r\n" +
		"--" + boundary + "\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n" +
		"--" + boundary + "\r\nContent-Type: message/delivery-status\r\n\r\n" + status +
		"--" + boundary + "\r\n" + returned + "\r\n--" + boundary + "--\r\n")
}

const (
	failed = "Reporting-MTA: dns; mail.example\r\n\r\nFinal-Recipient: rfc822; ana@b.example\r\n" +
		"Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 User\r\n unknown\r\n\r\n"
	returned = "Content-Type: message/rfc822\r\n\r\nSubject: x\r\nMessage-ID: <0197-ab@placard.example>\r\n\r\nbody"
)

func TestReadReport(t *testing.T) {
	r := &Room{domain: "placard.example"}
	const id = "0197-ab"
	for _, tt := range []struct {
		name    string
		content []byte
		failed  bool
		reason  string
		ids     string
		wrong   bool
	}{
		{name: "failed", content: report(failed, returned), failed: true, reason: "550 5.1.1 User unknown", ids: id},
		{name: "with headers only", content: report(failed, "Content-Type: text/rfc822-headers\r\n\r\nMessage-Id:\r\n <0197-ab@Placard.Example>\r\n"), failed: true, reason: "550 5.1.1 User unknown", ids: id},
		{name: "in base64", content: report(failed, "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nTWVzc2FnZS1JRDogPDAxOTctYWJAcGxhY2FyZC5leGFtcGxlPg0KDQo="), failed: true, reason: "550 5.1.1 User unknown", ids: id},
		{name: "delayed", content: report(strings.Replace(failed, "failed", "delayed", 1), returned), ids: id},
		{name: "status without words", content: report("Action: failed\r\nStatus: 5.2.1\r\n\r\n", returned), failed: true, reason: "5.2.1", ids: id},
		{name: "Original-Message-ID", content: report("Original-Message-ID: <0197-ab@placard.example>\r\n\r\nAction: FAILED\r\n\r\n", "Content-Type: text/plain\r\n\r\n"), failed: true, ids: id},
		{name: "another's message", content: report(failed, strings.ReplaceAll(returned, "placard.example", "other.example")), failed: true, reason: "550 5.1.1 User unknown"},
		{name: "no status", content: report("", returned), wrong: true},
		{name: "a message", content: []byte("Subject: Hello\r\n\r\nAction: failed\r\n"), wrong: true},
		{name: "nothing", wrong: true},
		{name: "a read receipt", content: []byte(strings.Replace(string(report(failed, returned)), "report-type=delivery-status", "report-type=disposition-notification", 1)), wrong: true},
		{name: "too large", content: append(report(failed, returned), make([]byte, MaxReport)...), wrong: true},
		{name: "no boundary", content: []byte("Content-Type: multipart/report\r\n\r\n--\r\n"), wrong: true},
	} {
		got, err := r.ReadReport(tt.content)
		if (err != nil) != tt.wrong || got.Failed != tt.failed || got.Reason != tt.reason || strings.Join(got.Deliveries, " ") != tt.ids {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

// TestHostileReport: what is deep, or has very many parts, is read up to a limit.
func TestHostileReport(t *testing.T) {
	r := &Room{domain: "placard.example"}
	deep := "Content-Type: multipart/report; boundary=b0\r\n\r\n"
	for i := range 2000 {
		deep += "--b" + strings.Repeat("0", i%3+1) + "\r\nContent-Type: multipart/mixed; boundary=b" + strings.Repeat("0", (i+1)%3+1) + "\r\n\r\n"
	}
	many := "Content-Type: multipart/report; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n\r\n", 10_000)
	long := string(report("Action: failed\r\nDiagnostic-Code: smtp; "+strings.Repeat("x", 500_000)+"\r\n\r\n", returned))
	for name, content := range map[string]string{"deep": deep, "many": many, "long": long} {
		got, err := r.ReadReport([]byte(content))
		if len(got.Reason) > maxReason || name != "long" && err == nil {
			t.Errorf("%s: %d bytes of reason, %v", name, len(got.Reason), err)
		}
	}
}

func FuzzReadReport(f *testing.F) {
	f.Add(report(failed, returned))
	r := &Room{domain: "placard.example"}
	f.Fuzz(func(t *testing.T, content []byte) {
		got, err := r.ReadReport(content)
		if err == nil && len(got.Deliveries) > maxParts+maxGroups {
			t.Errorf("%d deliveries", len(got.Deliveries))
		}
	})
}
