package download

import "testing"

func TestHeader(t *testing.T) {
	for name, want := range map[string]string{
		"list-es.csv":        `attachment; filename="list-es.csv"`,
		"note ü.pdf":         `attachment; filename="note _.pdf"; filename*=UTF-8''note%20%C3%BC.pdf`,
		`a"b\c/d%e.pdf`:      `attachment; filename="a_b_c_d_e.pdf"; filename*=UTF-8''a%22b%5Cc%2Fd%25e.pdf`,
		"x\r\nSet-Cookie: y": `attachment; filename="x__Set-Cookie: y"; filename*=UTF-8''x%0D%0ASet-Cookie%3A%20y`,
	} {
		if got := Attachment.header(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
