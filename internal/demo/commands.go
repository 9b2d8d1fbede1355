package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

// grpcurl at the version that the tests run.
const grpcurl = "go run github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.4"

// Command is a command to paste into a shell.
type Command struct {
	// Says is what it does.
	Says string
	// Line is the command.
	Line string
}

// Commands are the four to try, in their order: a mission sends its delegation,
// an internal tool reads it, the Secretariat accepts it, the list of
// participants shows it. Pasted again they answer the same. The addresses are
// those that the server listens on.
func Commands(keys Keys, http, grpc string, now time.Time) ([]Command, error) {
	all, err := delegations(Open, now.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	req, ok := all[Newcomer]
	if !ok {
		return nil, fmt.Errorf("the demo has no delegation of %s", Newcomer)
	}
	// Short enough to be read in a terminal.
	req.Participants = req.GetParticipants()[:2]
	body, err := submission(req)
	if err != nil {
		return nil, err
	}
	delegation := req.GetName()
	url := "http://" + reachable(http) + "/v1/"
	post := func(key, method, body string) string {
		return fmt.Sprintf("curl -sS -X POST %s -H %s -H 'Content-Type: application/json' -H %s -d %s",
			url+delegation+":"+method, quote("Authorization: Bearer "+key), quote("Idempotency-Key: demo-"+method), quote(body))
	}
	return []Command{
		{
			"The mission of Austria sends its delegation (REST):",
			post(keys.Missions[Newcomer], "submit", body),
		},
		{
			"An internal tool reads its participants (gRPC):",
			fmt.Sprintf("%s -plaintext -H %s -d %s %s placard.v1.ParticipantService/ListParticipants",
				grpcurl, quote("authorization: Bearer "+keys.Secretariat), quote(`{"parent":"`+delegation+`"}`), reachable(grpc)),
		},
		{
			"The Secretariat accepts what it has looked at, revision 1:",
			post(keys.Secretariat, "accept", `{"revision":1}`),
		},
		{
			"The list of participants, in Spanish, shows it:",
			fmt.Sprintf("curl -sS %s -H %s",
				quote(url+name.Meeting(Open)+"/participantList?language=es"), quote("Authorization: Bearer "+keys.Reader)),
		},
	}, nil
}

// submission is the JSON of a submission without its name, which is in the path.
func submission(req *placardv1.SubmitDelegationRequest) (string, error) {
	text, err := protojson.Marshal(&placardv1.SubmitDelegationRequest{
		NoteVerbale: req.GetNoteVerbale(), FocalPoint: req.GetFocalPoint(), Participants: req.GetParticipants(),
	})
	if err != nil {
		return "", fmt.Errorf("write submission: %w", err)
	}
	// protojson puts spaces in at random.
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		return "", fmt.Errorf("write submission: %w", err)
	}
	return out.String(), nil
}

// reachable is an address to call a server at that listens on all of a machine.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// quote makes one word of a text, for a POSIX shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// Print writes the keys and the commands. `file` is where all keys stand.
func Print(w io.Writer, keys Keys, commands []Command, http, grpc, file string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\nPlacard's demo listens.\n\n")
	fmt.Fprintf(&b, "  REST and pages  http://%s (description at /docs)\n", reachable(http))
	fmt.Fprintf(&b, "  dashboard       http://%s/meetings/%s (sign in with the key of the secretariat)\n", reachable(http), Open)
	fmt.Fprintf(&b, "  messages        http://%s/demo/outbox (what would have been sent, with the links for photographs)\n", reachable(http))
	fmt.Fprintf(&b, "  gRPC            %s\n", reachable(grpc))
	fmt.Fprintf(&b, "  meetings        %s (concluded), %s (open)\n\n", Past, Open)
	for _, k := range []struct{ of, key string }{
		{"admin", keys.Admin},
		{"secretariat", keys.Secretariat},
		{"pass office", keys.PassOffice},
		{"reader", keys.Reader},
		{"mission of AUT", keys.Missions["AUT"]},
		{"mission of MEX", keys.Missions["MEX"]},
	} {
		fmt.Fprintf(&b, "  key, %-17s %s\n", k.of, k.key)
	}
	fmt.Fprintf(&b, "  keys of everybody     %s\n\nTo try, in this order, in another terminal:\n", file)
	for i, c := range commands {
		fmt.Fprintf(&b, "\n# %d. %s\n%s\n", i+1, c.Says, c.Line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
