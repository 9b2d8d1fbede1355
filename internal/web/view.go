package web

import (
	"html/template"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// What templates call.

// Shown is a name in the language that it was found in.
func (f frame) Shown(t *placardv1.ShownText) template.HTML { return f.shown(t) }

// Place says where a meeting is held: the building and the city.
func (f frame) Place(v *placardv1.Meeting_Venue) template.HTML {
	name, city := f.Text(v.GetName()), f.Text(v.GetCity())
	if name == "" || city == "" {
		return name + city
	}
	return name + f.T("comma") + city
}

// Registrations is how many persons were ever registered.
func (p *meetingPage) Registrations() int32 {
	days := p.Figures.GetDays()
	if len(days) == 0 {
		return 0
	}
	return days[len(days)-1].GetTotal()
}

// of is one thing on a page.
type of struct {
	Page *meetingPage
	Item any
}

// With hands the page to a template beside the thing that it is for.
func (p *meetingPage) With(item any) of { return of{p, item} }

// labelled is a part of a page with a label of its own.
type labelled struct {
	Page  *meetingPage
	Label string
	Pager pager
}

// Under hands the page and a label to a template.
func (p *meetingPage) Under(key string) labelled { return labelled{Page: p, Label: p.P(key)} }

// Paged hands the page, a pager and its label to a template.
func (p *meetingPage) Paged(at pager, key string) labelled {
	return labelled{Page: p, Label: p.P(key), Pager: at}
}
