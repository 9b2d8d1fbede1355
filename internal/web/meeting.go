package web

import (
	"cmp"
	"context"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

const (
	// rowsShown is how many invited entities a page shows, reviewsShown how many
	// compositions that wait for review.
	rowsShown    = 50
	reviewsShown = 10
	// maxInvited is how many thousands of invitations of a meeting are read.
	maxInvited = 5
)

// meetingPage is the dashboard of a meeting.
type meetingPage struct {
	frame
	Meeting *placardv1.Meeting
	// ID is the id of the meeting.
	ID string
	// Events is where changes of the meeting are told.
	Events string
	// Deadlines are all that is due.
	Deadlines []due
	// Figures are nil where they cannot be had at the moment.
	Figures *placardv1.MeetingStatistics
	// Chart is the address of the chart of registrations, "" for none.
	Chart string
	// Peak is the day with the most registrations.
	Peak *placardv1.MeetingStatistics_Day

	// Reviews wait for review: of Waiting, those of one page.
	Reviews     []*review
	Waiting     int
	ReviewPager pager

	// Rows are invited entities: of Found that match what is asked for, those of
	// one page. Invited is how many there are; Cut tells that some were not read.
	Rows           []row
	Found, Invited int
	Cut            bool
	RowPager       pager
	Asked          asked
	States         states

	// names are the names of all who are invited, by code.
	names map[string]*placardv1.ShownText

	// Notice says what was done, "" for nothing.
	Notice template.HTML
	// Problem is what was not, nil for nothing.
	Problem *problem
}

// states are what the filter of the invited entities offers.
type states struct {
	Invitations []placardv1.Invitation_State
	Delegations []placardv1.Delegation_State
}

// Query is what a form sends along so that the page stays as it is.
func (p meetingPage) Query() string {
	if p.address.RawQuery == "" {
		return ""
	}
	return "?" + p.address.RawQuery
}

// Concluded tells whether nothing of the meeting changes any more.
func (p meetingPage) Concluded() bool { return p.Meeting.GetState() == placardv1.Meeting_CONCLUDED }

// meetingID and entityID are what ids look like. Anything else is no page.
var (
	meetingID = regexp.MustCompile(`^[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	entityID  = regexp.MustCompile(`^[A-Za-z0-9]{2,32}$`)
)

// meetingOf is the id of the meeting in the address of a request.
func meetingOf(v *visit) (string, error) {
	id := v.r.PathValue("meeting")
	if !meetingID.MatchString(id) {
		return "", errNotFound
	}
	return id, nil
}

func (s *Site) showMeeting(v *visit) error {
	p, err := s.readMeeting(v)
	if err != nil {
		return err
	}
	p.Notice = takeNotice(v, p)
	return s.show(v, http.StatusOK, "meeting", p)
}

// readMeeting reads all that the dashboard shows.
func (s *Site) readMeeting(v *visit) (*meetingPage, error) {
	id, err := meetingOf(v)
	if err != nil {
		return nil, err
	}
	ctx := v.context()
	// Before everything else: what changes meanwhile is told afterwards.
	since, err := s.position(ctx, v.session.ID, id)
	if err != nil {
		return nil, err
	}
	m, err := s.meetings.GetMeeting(ctx, &placardv1.GetMeetingRequest{Name: name.Meeting(id)})
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(m.GetTimeZone())
	if err != nil {
		zone = time.UTC
	}
	v.words = v.words.at(zone)
	p := &meetingPage{
		Meeting: m, ID: id, Deadlines: dueOf(m, s.cfg.Now()), Asked: readAsked(v.r.URL.Query()), States: allStates(),
		Events: "/meetings/" + id + "/events?after=" + url.QueryEscape(since),
	}
	p.frame = s.frame(v, v.words.Plain(m.GetTitle()), pathWith("/meetings/"+id, p.Asked.query()))
	if err := s.readFigures(ctx, p); err != nil {
		return nil, err
	}
	all, err := s.readInvited(ctx, v.words, p)
	if err != nil {
		return nil, err
	}
	p.Invited, p.names = len(all), map[string]*placardv1.ShownText{}
	for _, r := range all {
		p.names[r.Code] = r.Entity
	}
	found := slices.DeleteFunc(slices.Clone(all), func(r row) bool { return !p.Asked.matches(r) })
	p.Found = len(found)
	p.RowPager = p.pager(p.Asked.Page, len(found), rowsShown, func(a *asked, n int) { a.Page = n }, "entities")
	p.Rows = part(found, p.RowPager.Page, rowsShown)

	waiting := awaitingReview(all)
	p.Waiting = len(waiting)
	p.ReviewPager = p.pager(p.Asked.Waiting, len(waiting), reviewsShown, func(a *asked, n int) { a.Waiting = n }, "review")
	for _, r := range part(waiting, p.ReviewPager.Page, reviewsShown) {
		c, err := s.readReview(ctx, v, id, r)
		if err != nil {
			return nil, err
		}
		p.Reviews = append(p.Reviews, c)
	}
	return p, nil
}

func allStates() states {
	var all states
	for n := placardv1.Invitation_DRAFT; n <= placardv1.Invitation_DECLINED; n++ {
		all.Invitations = append(all.Invitations, n)
	}
	for n := placardv1.Delegation_SUBMITTED; n <= placardv1.Delegation_WITHDRAWN; n++ {
		all.Delegations = append(all.Delegations, n)
	}
	return all
}

// readFigures reads the statistics. The page does its work without them too.
func (s *Site) readFigures(ctx context.Context, p *meetingPage) error {
	figures, err := s.statistics.GetMeetingStatistics(ctx, &placardv1.GetMeetingStatisticsRequest{Name: name.Statistics(p.ID)})
	switch code := status.Code(err); {
	case code == codes.NotFound, code == codes.Unauthenticated:
		return err
	case err != nil:
		return nil // logged where it failed
	}
	p.Figures = figures
	days := figures.GetDays()
	if len(days) == 0 {
		return nil
	}
	p.Peak = slices.MaxFunc(days, func(a, b *placardv1.MeetingStatistics_Day) int {
		return cmp.Compare(a.GetRegistrations(), b.GetRegistrations())
	})
	last := days[len(days)-1]
	// An address for each state of the chart, so that it is drawn anew.
	p.Chart = "/meetings/" + p.ID + "/registrations.svg?state=" + last.GetDate() + "." + strconv.Itoa(int(last.GetTotal())) +
		"&for=" + p.Lang
	return nil
}

func (s *Site) drawRegistrations(v *visit) error {
	id, err := meetingOf(v)
	if err != nil {
		return err
	}
	drawn, err := s.statistics.DrawMeetingStatistics(v.context(), &placardv1.DrawMeetingStatisticsRequest{
		Name: name.Statistics(id), Chart: placardv1.DrawMeetingStatisticsRequest_REGISTRATIONS, Language: v.words.Lang,
	})
	if err != nil {
		return err
	}
	// As a picture it may have styles of its own; nothing in it runs.
	v.w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	v.w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = v.w.Write(drawn.GetData()) // if it fails the reader is gone
	return nil
}

// row is an invited entity.
type row struct {
	Entity     *placardv1.ShownText
	Code       string
	Invitation *placardv1.Invitation
	// Delegation is nil where none was submitted.
	Delegation *placardv1.Delegation
	// Overdue tells whether a composition should be there.
	Overdue bool
}

// readInvited reads who is invited, with their delegations, in the order of the
// names.
func (s *Site) readInvited(ctx context.Context, w *words, p *meetingPage) ([]row, error) {
	names, err := s.names(ctx)
	if err != nil {
		return nil, err
	}
	meeting := p.Meeting.GetName()
	delegations := map[string]*placardv1.Delegation{}
	list, _, err := collect(maxInvited, func(token string) ([]*placardv1.Delegation, string, error) {
		page, err := s.delegations.ListDelegations(ctx, &placardv1.ListDelegationsRequest{Parent: meeting, PageSize: largest, PageToken: token})
		return page.GetDelegations(), page.GetNextPageToken(), err
	})
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		delegations[d.GetEntity()] = d
	}
	invitations, cut, err := collect(maxInvited, func(token string) ([]*placardv1.Invitation, string, error) {
		page, err := s.invitations.ListInvitations(ctx, &placardv1.ListInvitationsRequest{Parent: meeting, PageSize: largest, PageToken: token})
		return page.GetInvitations(), page.GetNextPageToken(), err
	})
	if err != nil {
		return nil, err
	}
	p.Cut = cut
	rows := make([]row, len(invitations))
	for i, inv := range invitations {
		d := delegations[inv.GetEntity()]
		rows[i] = row{
			Entity: nameOn(names, inv.GetEntity(), p.Meeting.GetStartDate(), w.Lang), Code: code(inv.GetEntity()),
			Invitation: inv, Delegation: d, Overdue: overdue(p.Meeting, inv, d, s.cfg.Now()),
		}
	}
	sortRows(rows, w.Lang)
	return rows, nil
}

// collect reads a list, up to a number of pages; cut tells that there is more.
func collect[T any](pages int, read func(token string) ([]T, string, error)) (all []T, cut bool, err error) {
	token := ""
	for range pages {
		part, next, err := read(token)
		if err != nil {
			return nil, false, err
		}
		all = append(all, part...)
		if next == "" {
			return all, false, nil
		}
		token = next
	}
	return all, true, nil
}

// backToMeeting leads from the address of a form to the page that has it.
func (s *Site) backToMeeting(v *visit) error {
	id, err := meetingOf(v)
	if err != nil {
		return err
	}
	return redirect(v, pathWith("/meetings/"+id, readAsked(v.r.URL.Query()).query()).String())
}

// asked is what of the invited entities, and which pages, a reader asks for.
type asked struct {
	// Search are words of the name, Invitation and Delegation names of states;
	// noComposition stands for no delegation at all.
	Search, Invitation, Delegation string
	// Late asks for late ones only.
	Late bool
	// Page and Waiting are the numbers of the pages of both lists, from 1.
	Page, Waiting int
}

const noComposition = "NONE"

func readAsked(q url.Values) asked {
	a := asked{Search: strings.TrimSpace(q.Get("search")), Late: q.Get("late") != "", Page: number(q.Get("page")), Waiting: number(q.Get("waiting"))}
	if s := q.Get("invitation"); placardv1.Invitation_State_value[s] != 0 {
		a.Invitation = s
	}
	if s := q.Get("delegation"); placardv1.Delegation_State_value[s] != 0 || s == noComposition {
		a.Delegation = s
	}
	return a
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 1
	}
	return n
}

func (a asked) query() url.Values {
	q := url.Values{}
	set(q, "search", a.Search)
	set(q, "invitation", a.Invitation)
	set(q, "delegation", a.Delegation)
	if a.Late {
		q.Set("late", "1")
	}
	if a.Page > 1 {
		q.Set("page", strconv.Itoa(a.Page))
	}
	if a.Waiting > 1 {
		q.Set("waiting", strconv.Itoa(a.Waiting))
	}
	return q
}

// Filters tells whether only some entities are asked for.
func (a asked) Filters() bool {
	return a.Search != "" || a.Invitation != "" || a.Delegation != "" || a.Late
}

// pager is where one is in a list of pages.
type pager struct {
	Page, Pages int
	// Previous and Next are addresses, "" for none.
	Previous, Next string
}

// pager makes the pager of a list; `turn` chooses a page of it.
func (p *meetingPage) pager(page, items, size int, turn func(*asked, int), section string) pager {
	out := pager{Pages: max(1, (items+size-1)/size)}
	out.Page = min(page, out.Pages)
	to := func(n int) string {
		a := p.Asked
		turn(&a, n)
		address := pathWith("/meetings/"+p.ID, a.query())
		address.Fragment = section
		return address.String()
	}
	if out.Page > 1 {
		out.Previous = to(out.Page - 1)
	}
	if out.Page < out.Pages {
		out.Next = to(out.Page + 1)
	}
	return out
}

// part is a page of a list.
func part[T any](all []T, page, size int) []T {
	from := min((page-1)*size, len(all))
	return all[from:min(from+size, len(all))]
}
