package web

import (
	"net/http"
	"net/url"
	"strings"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

const (
	// largest is the size of the largest page of a list.
	largest = 1000
	// meetingsShown is how many meetings a page shows.
	meetingsShown = 50
	// maxSearched is how many thousands of meetings a search looks at.
	maxSearched = 5
)

// meetingsPage lists meetings.
type meetingsPage struct {
	frame
	Meetings []*placardv1.Meeting
	// Search and State are what is asked for, "" for all.
	Search, State string
	States        []placardv1.Meeting_State
	// Next is the address of the next page, First of the first one; "" for none.
	Next, First string
	// Cut tells whether a search found or looked at more than it may.
	Cut bool
}

// ID is the id of a meeting.
func (meetingsPage) ID(m *placardv1.Meeting) string { return name.Last(m.GetName()) }

func (s *Site) listMeetings(v *visit) error {
	query := v.r.URL.Query()
	p := meetingsPage{Search: strings.TrimSpace(query.Get("search")), State: query.Get("state")}
	for n := placardv1.Meeting_DRAFT; n <= placardv1.Meeting_CONCLUDED; n++ {
		p.States = append(p.States, n)
	}
	req := &placardv1.ListMeetingsRequest{OrderBy: "start_date desc", PageSize: meetingsShown}
	if _, known := placardv1.Meeting_State_value[p.State]; known && p.State != "STATE_UNSPECIFIED" {
		req.Filter = "state = " + p.State
	} else {
		p.State = ""
	}
	asked := url.Values{}
	set(asked, "search", p.Search)
	set(asked, "state", p.State)
	p.frame = s.frame(v, v.words.P("meetings.title"), pathWith("/meetings", asked))

	if p.Search != "" {
		if err := s.searchMeetings(v, &p, req); err != nil {
			return err
		}
		return s.show(v, http.StatusOK, "meetings", p)
	}
	req.PageToken = query.Get("after")
	found, err := s.meetings.ListMeetings(v.context(), req)
	if err != nil {
		return err
	}
	p.Meetings = found.GetMeetings()
	if req.GetPageToken() != "" {
		p.First = p.Address()
	}
	if found.GetNextPageToken() != "" {
		asked.Set("after", found.GetNextPageToken())
		p.Next = pathWith("/meetings", asked).String()
	}
	return s.show(v, http.StatusOK, "meetings", p)
}

// searchMeetings finds meetings with all the words of a search in what the page
// says of them, whatever case and accents.
func (s *Site) searchMeetings(v *visit, p *meetingsPage, req *placardv1.ListMeetingsRequest) error {
	sought := strings.Fields(locale.Fold(p.Search))
	all, cut, err := collect(maxSearched, func(token string) ([]*placardv1.Meeting, string, error) {
		part, err := s.meetings.ListMeetings(v.context(), &placardv1.ListMeetingsRequest{
			OrderBy: req.GetOrderBy(), Filter: req.GetFilter(), PageSize: largest, PageToken: token,
		})
		return part.GetMeetings(), part.GetNextPageToken(), err
	})
	if err != nil {
		return err
	}
	for _, m := range all {
		if matches(sought, name.Last(m.GetName()), v.words.Plain(m.GetTitle()), v.words.Plain(m.GetSession()),
			v.words.Plain(m.GetSubsidiaryBody()), v.words.Plain(m.GetVenue().GetCity())) {
			p.Meetings = append(p.Meetings, m)
		}
	}
	p.Cut = cut || len(p.Meetings) > meetingsShown
	p.Meetings = part(p.Meetings, 1, meetingsShown)
	return nil
}

// matches tells whether each of the words, which are folded, is in one of the
// texts.
func matches(words []string, texts ...string) bool {
	all := locale.Fold(strings.Join(texts, " "))
	for _, w := range words {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}

// set sets a parameter of an address, where there is something to set.
func set(query url.Values, key, value string) {
	if value != "" {
		query.Set(key, value)
	}
}

func pathWith(path string, query url.Values) *url.URL {
	return &url.URL{Path: path, RawQuery: query.Encode()}
}

// code is the code of an entity.
func code(entity string) string { return name.Last(entity) }
