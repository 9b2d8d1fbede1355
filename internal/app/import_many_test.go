package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/delegation"
	"github.com/un-placard/placard/internal/store/storetest"
)

// importMany starts an import, waits for its end, and answers how it ended.
func (c *clients) importMany(t *testing.T, key string, req *placardv1.ImportDelegationsRequest) (*longrunningpb.Operation, *placardv1.ImportDelegationsResponse) {
	t.Helper()
	return c.ended(t, key, must(c.delegations.ImportDelegations(c.As(t, key), req))(t))
}

// ended waits for the end of an import.
func (c *clients) ended(t *testing.T, key string, op *longrunningpb.Operation) (*longrunningpb.Operation, *placardv1.ImportDelegationsResponse) {
	t.Helper()
	for begun := time.Now(); !op.GetDone(); {
		if time.Since(begun) > time.Minute {
			t.Fatalf("%v does not end", op)
		}
		op = must(c.operations.WaitOperation(c.As(t, key), &placardv1.WaitOperationRequest{Name: op.GetName(), Timeout: durationpb.New(5 * time.Second)}))(t)
	}
	out := &placardv1.ImportDelegationsResponse{}
	if op.GetResponse() != nil {
		if err := op.GetResponse().UnmarshalTo(out); err != nil {
			t.Fatal(err)
		}
	}
	return op, out
}

// becameOf shows what became of delegations: "AUT 2 CREATED +2".
func becameOf(r *placardv1.ImportDelegationsResponse) []string {
	var out []string
	for _, x := range r.GetResults() {
		line := fmt.Sprintf("%s %d %s", x.GetDelegation()[strings.LastIndexByte(x.GetDelegation(), '/')+1:], x.GetPersons(), x.GetOutcome())
		for _, n := range []struct {
			sign  string
			count int32
		}{{"+", x.GetAdded()}, {"~", x.GetChanged()}, {"-", x.GetWithdrawn()}} {
			if n.count > 0 {
				line += fmt.Sprint(" ", n.sign, n.count)
			}
		}
		for _, p := range x.GetProblems() {
			line += fmt.Sprintf(" [%d %s]", p.GetLine(), strings.TrimSpace(p.GetProblem().GetField()+" "+p.GetProblem().GetReason()))
		}
		out = append(out, line)
	}
	return out
}

// TestImportMany: the Secretariat of a meeting imports many delegations as an
// operation. What is wrong with one does not hold up the others, and what a file
// did is done once, whoever sends it and by whichever way.
func TestImportMany(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		t.Parallel() // it waits more than it works
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "many", nil, "AUT", "MEX", "FRA")
		key := c.Key(t, "secretariat", "", meeting)
		secretariat := c.As(t, key)
		received := time.Now().AddDate(0, 0, -2).Format(time.DateOnly)
		req := &placardv1.ImportDelegationsRequest{
			Parent: meeting, Channel: placardv1.Channel_EMAIL, ReceiptDate: received, ValidateOnly: true,
			Content: csvOf(
				"Entidad;Apellidos;Nombre;Función en la delegación;Color", "Austria;MUSTER;Max;Jefe de delegación;rojo", "AT;MUSTER;Erika;Experta;",
				"MEX;EJEMPLO;Ana;Rey;", "MEX;EJEMPLO;Luis;Experto;", "Italie;ESEMPIO;Anna;HEAD;", "fra;MODELE;Jean;HEAD;",
			),
		}
		// Files that cannot be told apart are refused whole. They go on meanwhile.
		mixed := must(c.delegations.ImportDelegations(secretariat, &placardv1.ImportDelegationsRequest{Parent: meeting, Content: csvOf(
			"entity,family_name,role", "AUT,A,HEAD", "Mexico,B,HEAD", "Autriche,C,EXPERT", "Ruritania,D,HEAD", ",E,HEAD", "MEX,F,EXPERT,x",
		)}))(t)
		unknown := must(c.delegations.ImportDelegations(secretariat, &placardv1.ImportDelegationsRequest{
			Parent: meeting, Content: csvOf(append([]string{"entity,family_name,role"}, unknownEntities(300)...)...),
		}))(t)
		done := []string{
			"AUT 2 CREATED +2", "MEX 2 REFUSED [4 role IMPORT_VALUE]", "ITA 1 REFUSED [0 NOT_INVITED]", "FRA 1 CREATED +1",
		}
		op, dry := c.importMany(t, key, req)
		equal(t, "dry run", becameOf(dry), done)
		if dry.GetFormat() != "csv" || dry.GetSeparator() != ";" || dry.GetPersonCount() != 3 || !dry.GetResults()[0].GetNeedsReview() || dry.GetResults()[3].GetLine() != 7 {
			t.Errorf("dry run: %v", dry)
		}
		equal(t, "columns not read", dry.GetUnknownColumns(), []string{"Color"})
		metadata := &placardv1.OperationMetadata{}
		if err := op.GetMetadata().UnmarshalTo(metadata); err != nil {
			t.Fatal(err)
		}
		if metadata.GetDoneCount() != 4 || metadata.GetTotalCount() != 4 || metadata.GetMethod() != "placard.v1.DelegationService/ImportDelegations" {
			t.Errorf("metadata: %v", metadata)
		}
		mixed, _ = c.ended(t, key, mixed)
		wantFault(t, status.ErrorProto(mixed.GetError()), codes.InvalidArgument, "INVALID_REQUEST")
		equal(t, "mixed up", violationsOf(status.ErrorProto(mixed.GetError())), []string{
			"rows[4].entity IMPORT_NOT_TOGETHER", "rows[5].entity IMPORT_ENTITY", "rows[6].entity IMPORT_ENTITY", "rows[7] SHEET_TOO_WIDE",
		})
		unknown, _ = c.ended(t, key, unknown)
		if n := len(violationsOf(status.ErrorProto(unknown.GetError()))); n != 100 {
			t.Errorf("300 unknown entities: %d violations", n)
		}
		if list := must(c.delegations.ListDelegations(admin, &placardv1.ListDelegationsRequest{Parent: meeting}))(t).GetDelegations(); len(list) > 0 {
			t.Errorf("written all the same: %v", list)
		}

		req.ValidateOnly, req.RequestId = false, c.id+"-many"
		_, before := c.feed(admin, t, "")
		op, got := c.importMany(t, key, req)
		equal(t, "imported", becameOf(got), done)
		d := must(c.delegations.GetDelegation(secretariat, &placardv1.GetDelegationRequest{Name: meeting + "/delegations/AUT"}))(t)
		if d.GetParticipantCount() != 2 || d.GetChannel() != placardv1.Channel_EMAIL || d.GetReceiptDate() != received {
			t.Errorf("imported: %v", d)
		}
		changes, _ := c.feed(admin, t, before)
		for _, x := range changes {
			if strings.HasPrefix(x.GetResource(), meeting+"/delegations/AUT") && (x.GetPrincipal() != metadata.GetAuthor() || x.GetOnBehalfOf() != "entities/AUT") {
				t.Errorf("written by %s on behalf of %s", x.GetPrincipal(), x.GetOnBehalfOf())
			}
		}
		if same := must(c.delegations.ImportDelegations(secretariat, req))(t); same.GetName() != op.GetName() {
			t.Errorf("repeated with the same request id: %s, and first %s", same.GetName(), op.GetName())
		}

		// The same file once more: by another, and by the command line.
		req.RequestId = ""
		again := []string{"AUT 2 DONE_BEFORE", done[1], done[2], "FRA 1 DONE_BEFORE"}
		cut := &placardv1.ImportDelegationsRequest{Parent: meeting, Content: csvOf("entity,family_name,given_name,role", "FRA,Z,Z,HEAD")}
		op = must(c.delegations.ImportDelegations(secretariat, cut))(t)
		_, got = c.importMany(t, c.Admin, req)
		equal(t, "by another", becameOf(got), again)
		_, got = c.ended(t, key, op)
		equal(t, "a file cut short", becameOf(got), []string{"FRA 1 REFUSED [0 TOO_MANY_WITHDRAWALS]"})
		file := strings.NewReader(string(req.GetContent().GetData()))
		found := must(c.App.SurveyDelegations(t.Context(), file))(t)
		got = must(c.App.ImportDelegations(t.Context(), file, found, req, func(*delegation.Imported) {}))(t)
		equal(t, "by the command line", becameOf(got), again)

		// Another file with the same persons, and one more.
		req.Content = csvOf("entity,family_name,given_name,role", "AUT,MUSTER,Max,HEAD", "AUT,MUSTER,Erika,EXPERT", "FRA,MODELE,Jean,HEAD", "FRA,AUTRE,Luc,EXPERT", "MEX,X,Y,HEAD")
		_, got = c.importMany(t, key, req)
		equal(t, "another", becameOf(got), []string{"AUT 2 UNCHANGED", "FRA 2 UPDATED +1", "MEX 1 CREATED +1"})
		cut.MaxWithdrawals = proto.Int32(2)
		_, got = c.importMany(t, key, cut)
		equal(t, "that is meant", becameOf(got), []string{"FRA 1 UPDATED +1 -2"})
	})
}

func unknownEntities(n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("Ruritania %d,A,HEAD", i))
	}
	return out
}

// TestImportManyOfOthers: nobody imports into what is not theirs to write.
func TestImportManyOfOthers(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		t.Parallel() // it waits more than it works
		meeting, other := c.newMeeting(t, "theirs", nil, "AUT", "MEX"), c.newMeeting(t, "other", nil, "AUT")
		content := csvOf("entity,family_name,role", "AUT,A,HEAD")
		for _, x := range []struct {
			who, key, parent string
			receipt          string
			code             codes.Code
			reason           string
		}{
			{"a mission", c.Key(t, "mission", "AUT"), meeting, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"another mission", c.Key(t, "mission", "MEX"), meeting, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"the Pass Office", c.Key(t, "pass_office", ""), meeting, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"a reader", c.Key(t, "reader", ""), meeting, "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
			{"the secretariat of another meeting", c.Key(t, "secretariat", "", other), meeting, "", codes.NotFound, "NOT_FOUND"},
			{"nobody's meeting", c.Admin, "meetings/nowhere", "", codes.NotFound, "NOT_FOUND"},
			{"received tomorrow", c.Admin, meeting, time.Now().AddDate(0, 0, 2).Format(time.DateOnly), codes.InvalidArgument, "RECEIPT_IN_FUTURE"},
			{"received one day", c.Admin, meeting, "12/11/2026", codes.InvalidArgument, "STRING_DAY"},
		} {
			_, err := c.delegations.ImportDelegations(c.As(t, x.key), &placardv1.ImportDelegationsRequest{Parent: x.parent, Content: content, ReceiptDate: x.receipt})
			if code, reason := faultOf(err); code != x.code || reason != x.reason {
				t.Errorf("%s: %v %s, want %v %s", x.who, code, reason, x.code, x.reason)
			}
		}
		// A file of one meeting writes nothing in another, whatever its rows say. The
		// same file in another meeting is another import.
		participant := c.newMeeting(t, "third", nil, "AUT") + "/delegations/AUT/participants/1"
		reqs := []*placardv1.ImportDelegationsRequest{
			{Parent: meeting, ValidateOnly: true, Content: csvOf("entity,family_name,role,name", "AUT,A,HEAD,"+participant)},
			{Parent: meeting, Content: content}, {Parent: other, Content: content},
		}
		var ops []*longrunningpb.Operation
		for _, req := range reqs {
			ops = append(ops, must(c.delegations.ImportDelegations(c.As(t, c.Admin), req))(t))
		}
		want := []string{"AUT 1 REFUSED [2 name UNKNOWN_PARTICIPANT]", "AUT 1 CREATED +1", "AUT 1 CREATED +1"}
		for i, op := range ops {
			_, got := c.ended(t, c.Admin, op)
			equal(t, "in "+reqs[i].GetParent(), becameOf(got), want[i:i+1])
		}
		must(c.meetings.ConcludeMeeting(c.As(t, c.Admin), &placardv1.ConcludeMeetingRequest{Name: meeting}))(t)
		_, err := c.delegations.ImportDelegations(c.As(t, c.Admin), &placardv1.ImportDelegationsRequest{Parent: meeting, Content: content, ValidateOnly: true})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
	})
}

// TestImportReceived: the day of receipt is the Secretariat's to say; the focal
// point and the note verbale are everybody's.
func TestImportReceived(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		name := c.newMeeting(t, "received", nil, "AUT") + "/delegations/AUT"
		mission, admin := c.As(t, c.Key(t, "mission", "AUT")), c.As(t, c.Admin)
		day := time.Now().AddDate(0, 0, -3).Format(time.DateOnly)
		req := &placardv1.ImportDelegationRequest{
			Name: name, Content: csvOf("family_name,role", "A,HEAD"), ReceiptDate: day,
			FocalPoint: &placardv1.FocalPoint{Name: "Erika Muster", Email: "mission@example.org", Phone: "+43 1 1"},
		}
		_, err := c.delegations.ImportDelegation(mission, req)
		wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_WRITABLE")
		d := must(c.delegations.ImportDelegation(admin, req))(t).GetDelegation()
		if d.GetReceiptDate() != day || !proto.Equal(d.GetFocalPoint(), req.GetFocalPoint()) || d.GetSubmitTime().AsTime().After(time.Now().AddDate(0, 0, -2)) {
			t.Errorf("imported: %v", d)
		}
		req.Etag, req.ReceiptDate, req.Content = d.GetEtag(), time.Now().AddDate(0, 0, 2).Format(time.DateOnly), csvOf("family_name,role", "A,HEAD", "B,EXPERT")
		_, err = c.delegations.ImportDelegation(admin, req)
		equal(t, "tomorrow", violationsOf(err), []string{map[string]string{"grpc": "receipt_date", "rest": "receiptDate"}[c.id] + " RECEIPT_IN_FUTURE"})
		req.ReceiptDate, req.FocalPoint.Email = "", "no address"
		_, err = c.delegations.ImportDelegation(mission, req)
		wantFault(t, err, codes.InvalidArgument, "STRING_MAILBOX")
		req.FocalPoint = &placardv1.FocalPoint{Name: "Max Muster"}
		if d = must(c.delegations.ImportDelegation(mission, req))(t).GetDelegation(); d.GetFocalPoint().GetName() != "Max Muster" || d.GetReceiptDate() != "" {
			t.Errorf("imported by the mission: %v", d)
		}
	})
}

// crowd is a file with so many persons of each of many States, and the States.
func crowd(states, persons int) ([]byte, []string) {
	all := strings.Fields("AUT BEL BGR BRA CAN CHE CHN CUB CYP CZE DEU EGY ESP FIN FRA GRC HUN IND ITA MEX NOR PER POL PRT ROU SWE THA TUN TUR UKR")
	var b strings.Builder
	b.WriteString("entity,family_name,given_name,role,email\n")
	for _, e := range all[:states] {
		for i := range persons {
			fmt.Fprintf(&b, "%s,P%d,Q%d,EXPERT,p%d@example.org\n", e, i, i, i)
		}
	}
	return []byte(b.String()), all[:states]
}

// TestImportManyCancelled: an import that is cancelled stops between two
// delegations, and what it wrote is whole.
func TestImportManyCancelled(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "cancel")
		const persons = 500
		content, states := crowd(30, persons)
		meeting := c.newMeeting(t, "m", nil, states...)
		key := c.Key(t, "secretariat", "", meeting)
		op := must(c.delegations.ImportDelegations(c.As(t, key), &placardv1.ImportDelegationsRequest{Parent: meeting, Content: fileOf(content)}))(t)
		list := func() []*placardv1.Delegation {
			return must(c.delegations.ListDelegations(c.As(t, key), &placardv1.ListDelegationsRequest{Parent: meeting}))(t).GetDelegations()
		}
		eventually(t, "the first delegation", func() bool { return len(list()) > 0 })
		must(c.operations.CancelOperation(c.As(t, key), &placardv1.CancelOperationRequest{Name: op.GetName()}))(t)
		op, _ = c.ended(t, key, op)
		wantFault(t, status.ErrorProto(op.GetError()), codes.Canceled, "OPERATION_CANCELLED")
		written := list()
		if len(written) == 0 || len(written) >= len(states) {
			t.Errorf("%d of %d delegations are written", len(written), len(states))
		}
		for _, d := range written {
			if d.GetParticipantCount() != persons || d.GetLatestRevision() != 1 {
				t.Errorf("half of a delegation: %v", d)
			}
		}
		metadata := &placardv1.OperationMetadata{}
		if err := op.GetMetadata().UnmarshalTo(metadata); err != nil {
			t.Fatal(err)
		}
		if metadata.GetDoneCount() != int64(len(written)) || metadata.GetTotalCount() != int64(len(states)) {
			t.Errorf("%d delegations are written, and the metadata is %v", len(written), metadata)
		}
	})
}

// TestImportManyRestart: an import goes on where it was when the server is
// stopped and started again.
func TestImportManyRestart(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel() // it waits more than it works
			dir, url := t.TempDir(), storetest.URL(t, engine)
			same := func(cfg *config.Config) { cfg.Dir, cfg.DB = dir, url }
			before := apptest.StartOn(t, same)
			c := newClients(t, before, before.GRPC, "restart")
			content, states := crowd(20, 200)
			meeting := c.newMeeting(t, "m", nil, states...)
			key := c.Key(t, "secretariat", "", meeting)
			op := must(c.delegations.ImportDelegations(c.As(t, key), &placardv1.ImportDelegationsRequest{Parent: meeting, Content: fileOf(content)}))(t)
			eventually(t, "the first delegation", func() bool {
				return len(must(c.delegations.ListDelegations(c.As(t, key), &placardv1.ListDelegationsRequest{Parent: meeting}))(t).GetDelegations()) > 0
			})
			if err := before.Stop(); err != nil {
				t.Fatal(err)
			}
			after := apptest.StartOn(t, same)
			c = newClients(t, after, after.GRPC, "restarted")
			_, got := c.ended(t, key, op)
			counts := map[placardv1.ImportDelegationsResponse_Result_Outcome]int{}
			for _, x := range got.GetResults() {
				counts[x.GetOutcome()]++
			}
			created, earlier := counts[placardv1.ImportDelegationsResponse_Result_CREATED], counts[placardv1.ImportDelegationsResponse_Result_DONE_BEFORE]
			if created+earlier != len(states) || created == 0 || earlier == 0 {
				t.Errorf("of %d delegations %d are created, and %d were before", len(states), created, earlier)
			}
			for _, d := range must(c.delegations.ListDelegations(c.As(t, key), &placardv1.ListDelegationsRequest{Parent: meeting}))(t).GetDelegations() {
				if d.GetParticipantCount() != 200 || d.GetLatestRevision() != 1 {
					t.Errorf("not written once: %v", d)
				}
			}
		})
	}
}
