//go:build !race

// SQLite is Go code here, which the race detector makes so much slower that the
// database would take half an hour to fill. `make test` runs this without it.

package app_test

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/change"
	"github.com/un-placard/placard/internal/delegation"
	"github.com/un-placard/placard/internal/delivery"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/invitation"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/meeting"
	"github.com/un-placard/placard/internal/operation"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/photo"
	"github.com/un-placard/placard/internal/reading"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/signingkey"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

var planRows = flag.Int("plan-participants", 1_000_000, "how many participants TestPlans looks for")

// Shapes of the database that the plans are made for.
const (
	// A hall is the one large meeting: all States, with hallSize persons each.
	hall, hallSize = "m00000", 250
	// Every other meeting has perMeeting delegations of perDelegation persons.
	perMeeting, perDelegation = 20, 10
	states                    = 190
)

// A page has 100 rows. What a plan may read for it, in rows of large tables:
const (
	// flat is what a page needs, with what it leaves out by the way.
	flat = 3_000
	// ownRows are those of one entity in all meetings: they are few, and read all
	// where nothing narrower is asked.
	ownRows = 25_000
	// hallRows are those of one large meeting, which a filter by role, modality or
	// language looks through.
	hallRows = 60_000
)

// TestPlans asks the lists for each documented filter and order, on a database
// with a million participants, and looks at the plans of the statements that they
// send: none reads a large table from end to end, none sorts more than it may,
// and on PostgreSQL, which counts, none reads more rows than it may.
func TestPlans(t *testing.T) {
	if testing.Short() {
		t.Skip("fills two databases with a million participants")
	}
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) { testPlans(t, engine) })
	}
}

// asked is one question to a list.
type asked struct {
	list, parent, filter, order string
	accepted                    bool
	// edition is the number of an edition.
	edition int64
	// most is how many rows a plan may read; flat when 0.
	most int
	// sorts says that the rows that are found are sorted.
	sorts bool
	// only is a part of the statements that are looked at; all are when empty.
	only string
}

func (a asked) String() string {
	text := fmt.Sprintf("%s %s filter %q order %q", a.list, a.parent, a.filter, a.order)
	if a.accepted {
		text += " accepted"
	}
	if a.edition > 0 {
		text += fmt.Sprintf(" edition %d", a.edition)
	}
	return text
}

// participantPlans are the questions about participants for those who reach all
// of them.
func participantPlans(contacts bool) []asked {
	const all, one, own, single = "meetings/-/delegations/-", "meetings/" + hall + "/delegations/-", "meetings/-/delegations/AUT", "meetings/" + hall + "/delegations/AUT"
	var out []asked
	add := func(parent string, most int, sorts bool, filters ...string) {
		for _, filter := range filters {
			out = append(out, asked{list: "participants", parent: parent, filter: filter, most: most, sorts: sorts})
		}
	}
	for _, order := range []string{"", "name", "display_name", "create_time"} {
		for _, desc := range []string{"", " desc"} {
			if order == "" && desc != "" {
				continue
			}
			for parent, most := range map[string]int{all: flat, one: flat, own: ownRows, single: flat} {
				// The persons of an entity are sorted, whether of one delegation or of all.
				sorts := parent == single || parent == own && order != "" && order != "name"
				out = append(out, asked{list: "participants", parent: parent, order: order + desc, most: most, sorts: sorts})
			}
		}
	}
	add(all, flat, true, `display_name : "fabak"`, `display_name : "gaba fabak"`, `display_name : "gaba fabak" AND role = EXPERT`,
		`display_name : "x" AND display_name : "fabak"`)
	add(all, ownRows, true, `entity = "AUT" AND display_name : "fab"`)
	for _, order := range []string{"display_name", "create_time desc"} {
		for _, filter := range []string{`display_name : "gaba fabak"`, `entity = "AUT"`, `entity = "AUT" AND display_name : "fab"`} {
			out = append(out, asked{list: "participants", parent: all, filter: filter, order: order, most: ownRows, sorts: true})
		}
	}
	add(all, ownRows, false, `entity = "AUT"`, `entity = "AUT" AND role = HEAD`, `entity = "AUT" AND modality = ONLINE`, `entity = "AUT" AND language = "es"`)
	add(one, hallRows, false, `role = HEAD`, `modality = ONLINE`, `language = "es"`, `entity = "AUT"`)
	add(one, flat, true, `display_name : "fabak"`, `display_name : "gaba fabak"`)
	add(own, ownRows, false, `role = HEAD`, `modality = ONLINE`, `language = "es"`, `display_name : "fabak"`)
	add(single, flat, true, `role = HEAD`, `modality = ONLINE`, `language = "es"`, `display_name : "fabak"`)
	if contacts {
		add(all, flat, true, `email = "p7@example.org"`, `external_id = "x7"`, `email = "p7@example.org" OR external_id = "x7"`,
			`role = EXPERT AND email = "p7@example.org"`, `email = "p7@example.org" OR display_name : "gaba fabak"`)
		// Two searches find 1,500 persons of a million, and each is read as a word, as
		// a person and once more for the union.
		add(all, 2*flat, true,
			`(display_name : "fabak" AND role = HEAD) OR external_id = "x7" OR display_name : "gaba"`)
		for _, order := range []string{"display_name desc", "create_time"} {
			out = append(out, asked{list: "participants", parent: all, order: order, most: flat, sorts: true,
				filter: `email = "p7@example.org" OR display_name : "gaba fabak"`})
		}
		// With what it knows of the meeting, PostgreSQL may look at that as well.
		add(one, hallRows, true, `email = "p7@example.org"`, `external_id = "x7"`)
		add(own, ownRows, true, `email = "p7@example.org"`, `external_id = "x7"`)
	}
	return out
}

func otherPlans(mission bool) []asked {
	var out []asked
	most := flat
	if mission {
		most = ownRows
	}
	for list, filters := range map[string][]string{
		"delegations": {"", `entity = "AUT"`, `state = RETURNED`, `late = true`, `channel = FAX`},
		"invitations": {"", `entity = "AUT"`, `state = DECLINED`, `participation_status = SIGNATORY`, `language = "zh"`},
	} {
		for _, filter := range filters {
			out = append(out,
				asked{list: list, parent: "meetings/-", filter: filter, most: most},
				asked{list: list, parent: "meetings/" + hall, filter: filter, most: flat})
		}
	}
	for list, orders := range map[string][]string{"delegations": {"submit_time", "update_time"}, "invitations": {"update_time"}} {
		for _, order := range orders {
			for _, desc := range []string{"", " desc"} {
				out = append(out,
					asked{list: list, parent: "meetings/-", order: order + desc, most: most, sorts: mission},
					// The delegations of one meeting are sorted.
					asked{list: list, parent: "meetings/" + hall, order: order + desc, most: flat, sorts: true})
			}
		}
	}
	for _, filter := range []string{"", `state = CONCLUDED`, `start_date = "2007-01-01"`, `end_date > "2890"`} {
		out = append(out, asked{list: "meetings", filter: filter, most: 2 * flat, sorts: true})
	}
	for _, order := range []string{"start_date desc", "name", "name desc"} {
		out = append(out, asked{list: "meetings", order: order, most: 2 * flat, sorts: mission})
	}
	for _, filter := range []string{"", "provisional = true"} {
		for _, order := range []string{"", "sequence"} {
			// What stands on each of the editions is counted with them.
			out = append(out, asked{list: "editions", parent: "meetings/" + hall, filter: filter, order: order, most: hallRows})
		}
	}
	for _, edition := range []int64{0, 1} {
		out = append(out,
			// PostgreSQL finds each person of the hall in an index, and then reads them.
			asked{list: "export", parent: "meetings/" + hall, edition: edition, most: 2 * hallRows, sorts: true},
			// The persons, of some delegations at once.
			asked{list: "export", parent: "meetings/" + hall, edition: edition, most: flat, sorts: true, only: "participant_versions AS v"})
	}
	for _, filter := range []string{"", `verb = "withdraw"`, `resource_type = "placard.un.org/Meeting"`} {
		out = append(out, asked{list: "changes", filter: filter, most: ownRows, sorts: mission})
	}
	return out
}

// photoPlans are the questions about photographs. Those of one entity are all read
// where they are filtered; the queue of who reviews is not.
func photoPlans(mission bool) []asked {
	var out []asked
	for _, parent := range []string{"meetings/-/delegations/-", "meetings/" + hall + "/delegations/-",
		"meetings/-/delegations/AUT", "meetings/" + hall + "/delegations/AUT"} {
		own := mission || strings.HasSuffix(parent, "/AUT")
		for _, filter := range []string{"", `state = UPLOADED`, `late = true`, `entity = "AUT"`} {
			for _, order := range []string{"", "upload_time", "upload_time desc"} {
				ask := asked{list: "photos", parent: parent, filter: filter, order: order, sorts: own, most: 2 * flat}
				queue := filter == `state = UPLOADED` && order != ""
				if filter != "" && (own || !queue) {
					ask.sorts, ask.most = true, ownRows
				}
				out = append(out, ask)
			}
		}
	}
	return out
}

// deliveryPlans are the questions about deliveries. Those of one entity are all read
// where they are filtered, those of a meeting until the page is full.
func deliveryPlans(mission bool) []asked {
	var out []asked
	for _, parent := range []string{"meetings/-/delegations/-", "meetings/" + hall + "/delegations/-",
		"meetings/-/delegations/AUT", "meetings/" + hall + "/delegations/AUT"} {
		own := mission || strings.HasSuffix(parent, "/AUT")
		filters := []string{"", `state = BOUNCED`, `entity = "AUT"`}
		if own || strings.HasPrefix(parent, "meetings/"+hall) {
			filters = append(filters, `kind = ANNOUNCEMENT`, `announcement = "news"`)
		}
		for _, filter := range filters {
			for _, order := range []string{"", "name desc"} {
				ask := asked{list: "deliveries", parent: parent, filter: filter, order: order, sorts: own}
				switch {
				case filter == "":
				case own && strings.HasPrefix(parent, "meetings/-"):
					ask.sorts, ask.most = true, ownRows
				default: // PostgreSQL may join what two indexes find
					ask.sorts, ask.most = true, hallRows
				}
				out = append(out, ask)
			}
		}
	}
	return out
}

// readingPlans are the questions about readings. Those of a meeting are read until the
// page is full where no index has what they are filtered by.
func readingPlans() []asked {
	var out []asked
	for _, order := range []string{"", "name desc"} {
		for _, parent := range []string{"meetings/-", "meetings/" + hall} {
			for _, filter := range []string{"", `entity = "AUT"`, `entity = "-"`, `principal = "accounts/a7"`} {
				out = append(out, asked{list: "readings", parent: parent, filter: filter, order: order, most: 2 * flat})
			}
		}
		out = append(out, asked{list: "readings", parent: "meetings/" + hall, filter: "kind = PHOTOGRAPH", order: order})
		for _, filter := range []string{`create_time >= "2023-11-16T00:00:00Z"`, `kind = PHOTOGRAPH AND principal = "accounts/a7"`} {
			out = append(out, asked{list: "readings", parent: "meetings/" + hall, filter: filter, order: order, most: 2 * hallRows, sorts: true})
		}
	}
	return out
}

// ofAdmin are its questions besides. Whose a link is, is what the server asks itself.
func ofAdmin() []asked {
	out := []asked{{list: "link", parent: "meetings/" + hall}}
	for _, order := range []string{"", "create_time"} {
		for _, filter := range []string{"", "done = false", `method = "m7"`, `method = "m7" AND done = true`} {
			most := flat
			if filter != "" {
				most = ownRows
			}
			out = append(out,
				asked{list: "operations", parent: "meetings/-", filter: filter, order: order, most: most},
				// PostgreSQL may sort those of one meeting.
				asked{list: "operations", parent: "meetings/" + hall, filter: filter, order: order, most: ownRows})
		}
		for _, filter := range []string{"", "state = RETIRED"} {
			out = append(out, asked{list: "signing keys", filter: filter, order: order})
		}
	}
	return out
}

func testPlans(t *testing.T, engine string) {
	seen := &statements{}
	s := storetest.Open(t, engine, func(cfg *store.Config) { cfg.Watch = seen.add })
	if err := entity.Seed(storetest.System(t), s); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	fillForPlans(t, s, *planRows)
	t.Logf("filled in %v", time.Since(began).Round(time.Second))

	pages, err := page.NewCodec(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	links, err := link.New(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := delivery.New(delivery.Config{Store: s, Pages: pages, Links: links, Mail: mail.Config{From: "placard@example.org"}})
	if err != nil {
		t.Fatal(err)
	}
	lists := &planLists{
		delegations: delegation.New(delegation.Config{Store: s, Pages: pages}),
		invitations: invitation.New(invitation.Config{Store: s, Pages: pages}),
		meetings:    meeting.New(meeting.Config{Store: s, Pages: pages}),
		changes:     change.New(change.Config{Store: s, Pages: pages}),
		lists:       participantlist.New(participantlist.Config{Store: s, Pages: pages}),
		operations:  operation.New(operation.Config{Store: s, Pages: pages}),
		signingKeys: signingkey.New(signingkey.Config{Store: s, Pages: pages}),
		photos:      photo.New(photo.Config{Store: s, Pages: pages}),
		links:       links,
		door:        photo.NewDoorkeeper(s, links),
		deliveries:  deliveries,
		readings:    reading.New(reading.Config{Store: s, Pages: pages}),
	}
	principals := map[string]struct {
		access.Principal
		asks []asked
	}{
		"admin": {access.Principal{Role: placardv1.Access_ADMIN, Account: "accounts/admin"},
			slices.Concat(participantPlans(true), accepted(participantPlans(true)), otherPlans(false), photoPlans(false), deliveryPlans(false), readingPlans(), ofAdmin())},
		"mission": {access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"}, slices.Concat(ofMission(), otherPlans(true), photoPlans(true), deliveryPlans(true))},
		"pass office": {access.Principal{Role: placardv1.Access_PASS_OFFICE, Account: "accounts/pass"},
			slices.Concat(participantPlans(false), photoPlans(false), ofPassOffice())},
	}
	look := func(t *testing.T, explain func(*testing.T, *store.Store, statement, asked) []string) {
		for who, p := range principals {
			ctx := access.With(t.Context(), p.Principal)
			for _, ask := range p.asks {
				token := ""
				for range 2 {
					seen.all = nil
					next, err := lists.ask(ctx, ask, token)
					if err != nil {
						t.Errorf("%s: %s: %v", who, ask, err)
						break
					}
					looked := 0
					for _, statement := range seen.all {
						if !strings.Contains(statement.text, ask.only) {
							continue
						}
						looked++
						for _, wrong := range explain(t, s, statement, ask) {
							t.Errorf("%s: %s (token %v): %s\n%s\n%v", who, ask, token != "", wrong, statement.text, statement.args)
						}
					}
					if looked == 0 {
						t.Errorf("%s: %s sends no statement", who, ask)
					}
					if token = next; token == "" {
						break
					}
				}
			}
		}
	}
	if engine == storetest.SQLite {
		// As a database that nobody ever analyzed, which is the usual one.
		t.Run("without statistics", func(t *testing.T) { look(t, explainSQLite) })
		planExec(t, s, "ANALYZE")
		// With statistics it rather sorts a meeting that it knows to be large.
		t.Run("with statistics", func(t *testing.T) {
			look(t, func(t *testing.T, s *store.Store, of statement, ask asked) []string {
				ask.sorts = ask.sorts || strings.HasPrefix(ask.parent, "meetings/"+hall)
				return explainSQLite(t, s, of, ask)
			})
		})
		return
	}
	planExec(t, s, "ANALYZE")
	t.Run("at first", func(t *testing.T) { look(t, explainPostgres) })
	// It may plan a statement that was sent often for any values at all.
	t.Run("in the long run", func(t *testing.T) { look(t, explainOften) })
}

func accepted(asks []asked) []asked {
	for i := range asks {
		asks[i].accepted = true
	}
	return asks
}

// ofMission are the questions of a mission: all narrow to its own rows.
func ofMission() []asked {
	var out []asked
	for _, parent := range []string{"meetings/-/delegations/-", "meetings/" + hall + "/delegations/-"} {
		for _, filter := range []string{"", `role = HEAD`, `modality = ONLINE`, `language = "es"`, `email = "p7@example.org"`,
			`external_id = "x7"`, `display_name : "fabak"`} {
			for _, order := range []string{"", "display_name", "create_time desc"} {
				out = append(out, asked{list: "participants", parent: parent, filter: filter, order: order, most: ownRows, sorts: true})
			}
		}
	}
	return out
}

// ofPassOffice are its questions besides those about participants.
func ofPassOffice() []asked {
	return []asked{
		{list: "delegations", parent: "meetings/-"},
		{list: "delegations", parent: "meetings/-", filter: "late = true"},
		{list: "delegations", parent: "meetings/-", order: "update_time desc"},
		{list: "changes", most: ownRows},
	}
}

// planLists are the lists, without a server around them.
type planLists struct {
	delegations *delegation.Service
	invitations *invitation.Service
	meetings    *meeting.Service
	changes     *change.Service
	lists       *participantlist.Service
	operations  *operation.Service
	signingKeys *signingkey.Service
	photos      *photo.Service
	links       *link.Signer
	door        *photo.Doorkeeper
	deliveries  *delivery.Service
	readings    *reading.Service
}

// unsent is a stream that nobody reads.
type unsent struct {
	grpc.ServerStream
	ctx context.Context
}

func (s unsent) Context() context.Context      { return s.ctx }
func (s unsent) SetHeader(metadata.MD) error   { return nil }
func (s unsent) Send(*httpbody.HttpBody) error { return nil }

// ask reads a page and answers the token of the next.
func (l *planLists) ask(ctx context.Context, a asked, token string) (string, error) {
	switch a.list {
	case "participants":
		view := placardv1.CompositionView_COMPOSITION_VIEW_UNSPECIFIED
		if a.accepted {
			view = placardv1.CompositionView_ACCEPTED
		}
		r, err := l.delegations.ListParticipants(ctx, &placardv1.ListParticipantsRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, View: view, PageToken: token})
		return r.GetNextPageToken(), err
	case "delegations":
		r, err := l.delegations.ListDelegations(ctx, &placardv1.ListDelegationsRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "invitations":
		r, err := l.invitations.ListInvitations(ctx, &placardv1.ListInvitationsRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "meetings":
		r, err := l.meetings.ListMeetings(ctx, &placardv1.ListMeetingsRequest{Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "editions":
		r, err := l.lists.ListParticipantListEditions(ctx, &placardv1.ListParticipantListEditionsRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "export":
		return "", l.lists.ExportParticipantList(&placardv1.ExportParticipantListRequest{
			Name: a.parent + "/participantList", Sequence: a.edition, Format: placardv1.ExportParticipantListRequest_CSV,
		}, unsent{ctx: ctx})
	case "operations":
		r, err := l.operations.ListOperations(ctx, &placardv1.ListOperationsRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "photos":
		r, err := l.photos.ListPhotos(ctx, &placardv1.ListPhotosRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "deliveries":
		r, err := l.deliveries.ListDeliveries(ctx, &placardv1.ListDeliveriesRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "readings":
		r, err := l.readings.ListReadings(ctx, &placardv1.ListReadingsRequest{
			Parent: a.parent, Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	case "link":
		// The fourth of the hall's first delegation, who is in force and has a link.
		_, err := l.door.Authenticate(ctx, l.links.Token(link.Photo, "p000000004", 1))
		return "", err
	case "signing keys":
		r, err := l.signingKeys.ListSigningKeys(ctx, &placardv1.ListSigningKeysRequest{
			Filter: a.filter, OrderBy: a.order, PageToken: token})
		return r.GetNextPageToken(), err
	default:
		r, err := l.changes.ListChanges(ctx, &placardv1.ListChangesRequest{Filter: a.filter, PageToken: token})
		return r.GetNextPageToken(), err
	}
}

type statement struct {
	text string
	args []any
}

type statements struct{ all []statement }

func (s *statements) add(text string, args []any) {
	s.all = append(s.all, statement{text, slices.Clone(args)})
}

// large are the tables that no list reads from end to end. Meetings, entities,
// instruments and keys are some thousands at the most, and so are operations,
// which are kept for a week.
var large = []string{
	"participant_versions", "participant_names", "delegations", "invitations", "revisions", "changes",
	"list_editions", "listed_delegations", "photos", "photo_links",
	"deliveries", "readings",
}

var (
	// ofLate is an index that holds only what is late.
	ofLate  = regexp.MustCompile(`INDEX (?:delegation|photo)_late`)
	scanned = regexp.MustCompile(`^SCAN (?:TABLE )?(\w+)(.*)`)
	// alias is how a statement calls a table, which is what SQLite's plans call it.
	alias = regexp.MustCompile("(\\w+)[`\"]? AS [`\"]?(\\w+)")
)

// explainSQLite answers what is wrong with the plan of a statement.
func explainSQLite(t *testing.T, s *store.Store, of statement, ask asked) []string {
	t.Helper()
	rows, err := s.Writer().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+of.text, of.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	tables := map[string]string{}
	for _, found := range alias.FindAllStringSubmatch(of.text, -1) {
		tables[found[2]] = found[1]
	}
	var plan, wrong []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
		if found := scanned.FindStringSubmatch(detail); found != nil && slices.Contains(large, cmp.Or(tables[found[1]], found[1])) {
			// In the order of an index, a page stops early if all rows are wanted.
			if ask.filter != "" && !ofLate.MatchString(found[2]) || !strings.Contains(found[2], "INDEX") {
				wrong = append(wrong, "reads a table from end to end: "+detail)
			}
		}
		if strings.Contains(detail, "TEMP B-TREE") && !ask.sorts {
			wrong = append(wrong, "sorts: "+detail)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		wrong = append(wrong, strings.Join(plan, "\n"))
	}
	return wrong
}

// planNode is a node of a plan of PostgreSQL.
type planNode struct {
	NodeType string     `json:"Node Type"`
	Relation string     `json:"Relation Name"`
	Index    string     `json:"Index Name"`
	Rows     float64    `json:"Actual Rows"`
	Loops    float64    `json:"Actual Loops"`
	Removed  float64    `json:"Rows Removed by Filter"`
	Recheck  float64    `json:"Rows Removed by Index Recheck"`
	Plans    []planNode `json:"Plans"`
}

// read counts the rows that the scans of a plan read.
func (n planNode) read() float64 {
	total := 0.0
	if strings.Contains(n.NodeType, "Scan") {
		total = (n.Rows + n.Removed + n.Recheck) * n.Loops
	}
	for _, below := range n.Plans {
		total += below.read()
	}
	return total
}

func (n planNode) fullScan() string {
	if n.NodeType == "Seq Scan" && slices.Contains(large, n.Relation) && n.Loops > 0 {
		return n.Relation
	}
	for _, below := range n.Plans {
		if found := below.fullScan(); found != "" {
			return found
		}
	}
	return ""
}

const explainAnalyze = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) "

// explainPostgres answers what is wrong with the plan of a statement.
func explainPostgres(t *testing.T, s *store.Store, of statement, ask asked) []string {
	t.Helper()
	var text string
	if err := s.Writer().QueryRowContext(t.Context(), explainAnalyze+of.text, of.args...).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return judge(t, text, ask)
}

// explainOften is explainPostgres for a statement that was sent several times.
func explainOften(t *testing.T, s *store.Store, of statement, ask asked) []string {
	t.Helper()
	conn, err := s.Writer().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	values := make([]string, len(of.args))
	for i, v := range of.args {
		switch v := v.(type) {
		case string:
			values[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
		case time.Time:
			values[i] = "'" + v.Format(time.RFC3339Nano) + "'"
		default:
			values[i] = fmt.Sprint(v)
		}
	}
	execute := "EXECUTE looked"
	if len(values) > 0 {
		execute += " (" + strings.Join(values, ", ") + ")"
	}
	for _, step := range append([]string{"PREPARE looked AS " + of.text}, slices.Repeat([]string{"EXPLAIN " + execute}, 6)...) {
		if _, err := conn.ExecContext(t.Context(), step); err != nil {
			t.Fatal(err)
		}
	}
	var text string
	if err := conn.QueryRowContext(t.Context(), explainAnalyze+execute).Scan(&text); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "DEALLOCATE looked"); err != nil {
		t.Fatal(err)
	}
	return judge(t, text, ask)
}

// judge answers what is wrong with a plan of PostgreSQL.
func judge(t *testing.T, text string, ask asked) []string {
	t.Helper()
	most := ask.most
	if most == 0 {
		most = flat
	}
	var plans []struct{ Plan planNode }
	if err := json.Unmarshal([]byte(text), &plans); err != nil {
		t.Fatal(err)
	}
	var wrong []string
	if table := plans[0].Plan.fullScan(); table != "" {
		wrong = append(wrong, "reads from end to end "+table)
	}
	if read := plans[0].Plan.read(); read > float64(most) {
		wrong = append(wrong, fmt.Sprintf("reads %.0f rows, of at most %d", read, most))
	}
	if len(wrong) > 0 {
		wrong = append(wrong, text)
	}
	return wrong
}

func planExec(t *testing.T, s *store.Store, text string) {
	t.Helper()
	if _, err := s.Writer().ExecContext(t.Context(), text); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// fillForPlans fills a database by its own means, without its indexes, which are
// made again at the end.
func fillForPlans(t *testing.T, s *store.Store, participants int) {
	t.Helper()
	meetings := max(1, (participants-states*hallSize)/(perMeeting*perDelegation))
	e := filler{postgres: s.Postgres()}
	indexes := dropIndexes(t, s, large)
	run := func(text string) {
		began := time.Now()
		planExec(t, s, text)
		if took := time.Since(began); took > 3*time.Second {
			t.Logf("%v: %.60s", took.Round(time.Millisecond), text)
		}
	}
	run(`CREATE TABLE plan_states AS SELECT row_number() OVER (ORDER BY CASE WHEN id = 'AUT' THEN '' ELSE id END) - 1 AS i, id FROM entities WHERE kind = 'STATE' LIMIT ` + fmt.Sprint(states))
	run(`CREATE INDEX plan_states_i ON plan_states (i)`)
	run(`INSERT INTO meetings (id, create_time, update_time, revision, state, start_date, end_date, time_zone, late_policy, modality, content)
		SELECT ` + e.pad("'m'", "n", 5) + `, ` + e.time("n") + `, ` + e.time("n") + `, 1, CASE WHEN n % 1000 = 7 THEN 'CONCLUDED' ELSE 'OPEN' END, ` + e.pad("'2'", "n % 900", 3) + ` || '-01-01', ` + e.pad("'2'", "n % 900", 3) + ` || '-01-02', 'UTC', 'ACCEPT', 'IN_PERSON', '{}'
		FROM ` + e.series(0, meetings))
	// Which delegation has which entity, and how many persons.
	run(`CREATE TABLE plan_delegations AS
		SELECT row_number() OVER (ORDER BY m, k) AS d, ` + e.pad("'m'", "m", 5) + ` AS meeting_id, s.id AS entity_id, size FROM (
			SELECT 0 AS m, n AS k, n AS i, ` + fmt.Sprint(hallSize) + ` AS size FROM ` + e.series(0, states-1) + `
			UNION ALL
			SELECT m.n, k.n, (m.n * 7 + k.n) % ` + fmt.Sprint(states) + `, ` + fmt.Sprint(perDelegation) + ` FROM ` + e.seriesAs("m", 1, meetings) + `, ` + e.seriesAs("k", 0, perMeeting-1) + `
		) AS x JOIN plan_states s ON s.i = x.i`)
	run(`INSERT INTO delegations (id, meeting_id, entity_id, create_time, update_time, revision, state, latest_revision, accepted_revision, participant_count, late, submit_time, channel)
		SELECT d, meeting_id, entity_id, ` + e.time("d") + `, ` + e.time("d * 13 % 1000003") + `, 1,
			CASE WHEN d % 1000 = 0 THEN 'RETURNED' WHEN d % 20 = 0 THEN 'SUBMITTED' ELSE 'ACCEPTED' END, 1, 1, size,
			` + e.boolean("d % 500 = 0") + `, ` + e.time("d * 7 % 1000003") + `, CASE WHEN d % 900 = 0 THEN 'FAX' ELSE 'API' END FROM plan_delegations`)
	run(`INSERT INTO invitations (id, meeting_id, entity_id, create_time, update_time, revision, participation_status, language, channel, state)
		SELECT d, meeting_id, entity_id, ` + e.time("d") + `, ` + e.time("d * 13 % 1000003") + `, 1,
			CASE WHEN d % 800 = 0 THEN 'SIGNATORY' ELSE 'STATE_PARTY' END, CASE WHEN d % 700 = 0 THEN 'zh' ELSE 'en' END, 'NOTE_VERBALE',
			CASE WHEN d % 1000 = 0 THEN 'DECLINED' ELSE 'ISSUED' END FROM plan_delegations`)
	// 17,576 family names and 676 given names. One in twenty waits for review, one
	// in twenty has a former version beside the one that is in both compositions.
	run(`CREATE TABLE plan_persons AS
		SELECT v.*, ` + e.pad("'p'", "v", 9) + ` AS participant_id,
			'ga' || ` + e.letter("v") + ` || ` + e.letter("v / 26") + ` AS given,
			'fa' || ` + e.letter("v / 7") + ` || ` + e.letter("v / 182") + ` || ` + e.letter("v / 4732") + ` AS family
		FROM (SELECT CASE WHEN d <= ` + fmt.Sprint(states) + ` THEN d ELSE ` + fmt.Sprint(states) + ` END * ` + fmt.Sprint(hallSize) + ` - size
			+ CASE WHEN d <= ` + fmt.Sprint(states) + ` THEN 0 ELSE (d - ` + fmt.Sprint(states) + `) * ` + fmt.Sprint(perDelegation) + ` END + n AS v,
			d, meeting_id, entity_id, n FROM plan_delegations CROSS JOIN ` + e.series(1, hallSize) + ` WHERE n <= size) AS v`)
	run(`INSERT INTO revisions (id, meeting_id, entity_id, delegation_id, number, state, self_accepted, late, author, channel, members, receive_time, create_time)
		SELECT d, min(meeting_id), min(entity_id), d, 1, 'ACCEPTED', ` + e.boolean("1 = 0") + `, ` + e.boolean("1 = 0") + `, 'a', 'API', ` + e.list("v") + `, ` + e.time("d") + `, ` + e.time("d") + `
		FROM plan_persons GROUP BY d`)
	versions := func(id, latest, accepted, newest, where string) {
		run(`INSERT INTO participant_versions (id, meeting_id, entity_id, participant_id, delegation_id, revision, latest_order, accepted_order, newest,
				given_name, family_name, role, email, language, modality, external_id, search_key, person_create_time, create_time)
			SELECT ` + id + `, meeting_id, entity_id, participant_id, d, 1, ` + latest + `, ` + accepted + `, ` + e.boolean(newest) + `, given, family,
				CASE WHEN n = 1 THEN 'HEAD' ELSE 'EXPERT' END,
				CASE WHEN v % 10 < 6 THEN 'p' || v || '@example.org' WHEN v % 10 = 6 THEN 'office@' || entity_id || '.example' ELSE '' END,
				CASE WHEN v % 10 = 0 THEN 'es' ELSE '' END, CASE WHEN v % 100 = 0 THEN 'ONLINE' ELSE 'IN_PERSON' END,
				CASE WHEN v % 10 < 8 THEN 'x' || v ELSE '' END, given || ' ' || family, ` + e.time("v * 31 % 1000003") + `, ` + e.time("v") + `
			FROM plan_persons` + where)
	}
	versions("v", "n", "CASE WHEN v % 20 = 0 THEN 0 ELSE n END", "1 = 1", "")
	versions("v + 10000000", "0", "0", "1 = 0", " WHERE v % 20 = 1")
	// One in ten of those who sent a photograph waits for its review.
	run(`INSERT INTO photos (id, meeting_id, entity_id, create_time, update_time, revision, state, late, size_bytes, sha256, blob, author, upload_time)
		SELECT participant_id, meeting_id, entity_id, ` + e.time("v") + `, ` + e.time("v") + `, 1, CASE WHEN v % 30 = 0 THEN 'UPLOADED' ELSE 'ACCEPTED' END,
			` + e.boolean("v % 600 = 0") + `, 1, 's', 'b' || v, 'a', ` + e.time("v * 17 % 1000003") + ` FROM plan_persons WHERE v % 3 = 0`)
	// Everybody with an address has a link, which works until 2037.
	run(`INSERT INTO photo_links (id, meeting_id, entity_id, create_time, update_time, generation, expire_time, address_key)
		SELECT participant_id, meeting_id, entity_id, ` + e.time("v") + `, ` + e.time("v") + `, 1, ` + e.time("440000000") + `,
			CASE WHEN v % 10 < 6 THEN 'p' || v || '@example.org' ELSE lower('office@' || entity_id || '.example') END FROM plan_persons WHERE v % 10 < 7`)
	// Who sent a photograph got a message, and every second person at the hall an
	// announcement too.
	sent := func(id, kind, source, where string) {
		run(`INSERT INTO deliveries (id, meeting_id, entity_id, create_time, update_time, revision, kind, participant_id, source, language, address, address_key, once, state)
			SELECT ` + e.pad("'"+id+"'", "v", 9) + `, meeting_id, entity_id, ` + e.time("v") + `, ` + e.time("v") + `, 1, '` + kind + `', participant_id, '` + source + `', 'en',
				'p' || v || '@example.org', 'p' || v || '@example.org', '` + kind + `/' || participant_id, CASE WHEN v % 900 = 0 THEN 'BOUNCED' ELSE 'SENT' END
			FROM plan_persons WHERE ` + where)
	}
	sent("d", "PHOTO_LINK", "1", "v % 3 = 0")
	sent("e", "ANNOUNCEMENT", "news", "meeting_id = '"+hall+"' AND v % 2 = 0")
	// Half of what is read is at the hall, a tenth goes over several delegations.
	run(`INSERT INTO readings (id, meeting_id, entity_id, kind, resource, principal, role, "key", method, create_time)
		SELECT ` + e.pad("'r'", "n", 9) + `, CASE WHEN n % 2 = 0 THEN '` + hall + `' ELSE ` + e.pad("'m'", fmt.Sprintf("n %% %d", meetings), 5) + ` END,
			CASE WHEN n % 10 = 0 THEN '-' ELSE s.id END, CASE WHEN n % 400 = 0 THEN 'PHOTOGRAPH' ELSE 'CONTACTS' END, 'r', 'accounts/a' || (n % 30), 'SECRETARIAT', 'k', 'm', ` + e.time("n") + `
		FROM ` + e.series(1, 100_000) + ` JOIN plan_states s ON s.i = n % ` + fmt.Sprint(states))
	for _, name := range []string{"given", "family"} {
		run(`INSERT INTO participant_names (word, meeting_id, entity_id, participant_id) SELECT ` + name + `, meeting_id, entity_id, participant_id FROM plan_persons`)
	}
	run(`INSERT INTO changes (id, create_time, principal, verb, resource_type, resource, revision, meeting_id, entity_id, in_force)
		SELECT n, ` + e.time("n") + `, 'entities/AUT', CASE WHEN n % 1000 = 0 THEN 'withdraw' ELSE 'submit' END, 'placard.un.org/Participant', 'x', 1, 'm00000',
			CASE WHEN n % 190 = 0 THEN 'AUT' ELSE 'MEX' END, ` + e.boolean("1 = 1") + ` FROM ` + e.series(10_001, 210_000))
	run(`UPDATE change_counters SET value = 210000`)
	// Of the hall are 200 editions, of each other meeting is one.
	run(`INSERT INTO list_editions (id, meeting_id, sequence, change_time, provisional, content, signing_key, author, create_time)
		SELECT n, CASE WHEN n <= 200 THEN '` + hall + `' ELSE ` + e.pad("'m'", "n - 200", 5) + ` END, n, ` + e.time("n") + `, ` + e.boolean("n % 2 = 0") + `, '{}', 'k', 'a', ` + e.time("n") + `
		FROM ` + e.series(1, 200+meetings))
	run(`INSERT INTO listed_delegations (meeting_id, entity_id, edition_id, participation_status, short_name, late, revision_id, persons)
		SELECT d.meeting_id, d.entity_id, l.id, 'STATE_PARTY', '{}', ` + e.boolean("1 = 0") + `, d.d, d.size
		FROM list_editions l JOIN plan_delegations d ON d.meeting_id = l.meeting_id`)
	run(`INSERT INTO operations (id, create_time, update_time, method, author, role, beat_time, done, meeting_id)
		SELECT ` + e.pad("'o'", "n", 9) + `, ` + e.time("n") + `, ` + e.time("n") + `, 'm' || n % 10, 'a', 'SECRETARIAT', ` + e.time("n") + `, ` + e.boolean("n % 50 <> 0") + `,
			` + e.pad("'m'", fmt.Sprintf("n %% %d * (n %% 2)", meetings), 5) + ` FROM ` + e.series(1, 20_000))
	run(`INSERT INTO signing_keys (id, create_time, update_time, public_key, private_key, state)
		SELECT ` + e.pad("'k'", "n", 3) + `, ` + e.time("n") + `, ` + e.time("n") + `, '', '', 'RETIRED' FROM ` + e.series(1, 150))
	for _, index := range indexes {
		run(index)
	}
}

// dropIndexes drops the indexes of tables and answers how to make them again.
func dropIndexes(t *testing.T, s *store.Store, tables []string) []string {
	t.Helper()
	query := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = $1"
	if s.Postgres() {
		query = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = $1 AND indexname NOT LIKE '%_pkey'"
	}
	var made []string
	for _, table := range tables {
		rows, err := s.Writer().QueryContext(t.Context(), query, table)
		if err != nil {
			t.Fatal(err)
		}
		names := scanPairs(t, rows)
		for _, pair := range names {
			planExec(t, s, `DROP INDEX "`+pair[0]+`"`)
			made = append(made, pair[1])
		}
	}
	return made
}

func scanPairs(t *testing.T, rows *sql.Rows) [][2]string {
	t.Helper()
	defer func() { _ = rows.Close() }()
	var out [][2]string
	for rows.Next() {
		var pair [2]string
		if err := rows.Scan(&pair[0], &pair[1]); err != nil {
			t.Fatal(err)
		}
		out = append(out, pair)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// filler writes SQL of an engine.
type filler struct{ postgres bool }

func (f filler) series(from, to int) string { return f.seriesAs("series", from, to) }

// seriesAs is a table with the column n.
func (f filler) seriesAs(name string, from, to int) string {
	if f.postgres {
		return fmt.Sprintf("(SELECT generate_series(%d, %d) AS n) AS %s", from, to, name)
	}
	return fmt.Sprintf("(WITH RECURSIVE c(n) AS (SELECT %d UNION ALL SELECT n + 1 FROM c WHERE n < %d) SELECT n FROM c) AS %s", from, to, name)
}

func (f filler) pad(prefix, n string, digits int) string {
	if f.postgres {
		return fmt.Sprintf("%s || lpad((%s)::text, %d, '0')", prefix, n, digits)
	}
	return fmt.Sprintf("printf(%s || '%%0%dd', %s)", prefix, digits, n)
}

// time is n seconds after a moment, as the store writes it.
func (f filler) time(n string) string {
	if f.postgres {
		return "to_timestamp(1700000000 + " + n + ")"
	}
	return "strftime('%Y-%m-%d %H:%M:%S', 1700000000 + " + n + ", 'unixepoch') || '+00:00'"
}

func (f filler) letter(n string) string {
	if f.postgres {
		return "chr((97 + (" + n + ") % 26)::int)"
	}
	return "char(97 + (" + n + ") % 26)"
}

// list is the JSON of the values of a group.
func (f filler) list(value string) string {
	if f.postgres {
		return "jsonb_agg(" + value + " ORDER BY " + value + ")"
	}
	return "json_group_array(" + value + " ORDER BY " + value + ")"
}

func (f filler) boolean(condition string) string { return "(" + condition + ")" }
