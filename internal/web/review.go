package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

// review is a composition that waits for review.
type review struct {
	row
	Revision *placardv1.DelegationRevision
	// Base is the revision in force that it is compared with, 0 for none.
	Base int32
	// Persons are who is in it, Gone the names of those who are in Base only.
	Persons []person
	Gone    []string
	// Added and Changed count Persons.
	Added, Changed int
	// Problem is why a decision on it was refused, "" where none was; Wrong
	// tells that it lies in the reasons, Typed are those as they were typed.
	Problem template.HTML
	Wrong   bool
	Typed   string
}

// person is somebody in a composition.
type person struct {
	*placardv1.Participant
	// Kind is what differs, KIND_UNSPECIFIED for nothing.
	Kind placardv1.CompositionDifference_Item_Kind
	// Fields are the names of the fields that differ.
	Fields []string
}

// problem is why a composition was not accepted or returned.
type problem struct {
	Says template.HTML
	// Anchor is the id of what has to be put right.
	Anchor string
}

// shown are the fields of a revision that a reviewer looks at: how persons are
// reached is not among them, so that looking leaves no reading behind.
var shown = []string{
	"number", "channel", "note_verbale", "participants.name", "participants.honorific", "participants.display_name",
	"participants.latin_given_name", "participants.latin_family_name", "participants.role",
	"participants.functional_title", "participants.organization", "participants.modality",
}

// readReview reads what a reviewer looks at.
func (s *Site) readReview(ctx context.Context, v *visit, meeting string, r row) (*review, error) {
	d := r.Delegation
	c := &review{row: r, Base: d.GetAcceptedRevision()}
	revision := name.Revision(meeting, r.Code, d.GetLatestRevision())
	var err error
	c.Revision, err = s.delegations.GetDelegationRevision(ctx, &placardv1.GetDelegationRevisionRequest{Name: revision, ReadMask: &fieldmaskpb.FieldMask{Paths: shown}})
	if err != nil {
		return nil, err
	}
	var difference *placardv1.CompositionDifference
	if c.Base > 0 {
		difference, err = s.delegations.DiffDelegationRevision(ctx, &placardv1.DiffDelegationRevisionRequest{Name: revision, Base: c.Base})
		if err != nil {
			return nil, err
		}
	}
	c.Persons, c.Gone = people(c.Revision, difference)
	c.Added = count(c.Persons, placardv1.CompositionDifference_Item_ADDED)
	c.Changed = count(c.Persons, placardv1.CompositionDifference_Item_CHANGED)
	return c, nil
}

// decision is what a reviewer sends.
type decision struct {
	meeting, entity, verb string
	// revision is what was looked at.
	revision int32
	// form is what was sent.
	form url.Values
}

func readDecision(v *visit, verb string) (decision, error) {
	meeting, err := meetingOf(v)
	if err != nil {
		return decision{}, err
	}
	d := decision{meeting: meeting, entity: v.r.PathValue("entity"), verb: verb}
	if d.form, err = v.form(); err != nil {
		return decision{}, err
	}
	revision, err := strconv.ParseInt(d.form.Get("revision"), 10, 32)
	if err != nil || revision < 1 || !entityID.MatchString(d.entity) {
		return decision{}, errNotFound
	}
	d.revision = int32(revision)
	return d, nil
}

func (d decision) delegation() string { return name.Delegation(d.meeting, d.entity) }

func (s *Site) accept(v *visit) error {
	d, err := readDecision(v, "accept")
	if err != nil {
		return err
	}
	_, err = s.delegations.AcceptDelegation(v.context(), &placardv1.AcceptDelegationRequest{
		Name: d.delegation(), Revision: d.revision,
		RequestId: requestID(v.session, d.delegation(), d.revision, d.verb),
	})
	if err != nil {
		return s.refused(v, d, err, "")
	}
	return s.decided(v, d)
}

func (s *Site) giveBack(v *visit) error {
	d, err := readDecision(v, "return")
	if err != nil {
		return err
	}
	typed := d.form.Get("reasons")
	reasons := reasonsOf(typed)
	if says := wrong(v.words, reasons); says != "" {
		return s.showRefused(v, d, http.StatusUnprocessableEntity, says, typed)
	}
	_, err = s.delegations.ReturnDelegation(v.context(), &placardv1.ReturnDelegationRequest{
		Name: d.delegation(), Revision: d.revision, Reasons: reasons,
		RequestId: requestID(v.session, d.delegation(), d.revision, d.verb),
	})
	if err != nil {
		return s.refused(v, d, err, typed)
	}
	return s.decided(v, d)
}

// wrong says what is wrong with reasons, "" for nothing.
func wrong(w *words, reasons []string) template.HTML {
	if len(reasons) == 0 {
		return w.T("return.needed")
	}
	if len(reasons) > maxReasons {
		return w.T("return.too_many", "limit", maxReasons)
	}
	for _, r := range reasons {
		if utf8.RuneCountInString(r) > maxReason {
			return w.T("return.too_long", "limit", maxReason)
		}
	}
	return ""
}

// refused shows the page again, with why a decision was not taken and with what
// was typed.
func (s *Site) refused(v *visit, d decision, err error, typed string) error {
	switch reason := reasonOf(err); {
	case reason == "REVISION_MISMATCH":
		return s.showRefused(v, d, http.StatusConflict, "", typed)
	case status.Code(err) == codes.InvalidArgument && d.verb == "return":
		return s.showRefused(v, d, http.StatusUnprocessableEntity, localized(v.words, err), typed)
	case slices.Contains([]string{"NOTHING_TO_REVIEW", "MEETING_CONCLUDED", "ETAG_MISMATCH", "REQUEST_ID_REUSED"}, reason):
		return s.showRefused(v, d, runtime.HTTPStatusFromCode(status.Code(err)), localized(v.words, err), typed)
	default:
		return err
	}
}

// showRefused shows the page again. An empty text says that the composition has
// changed meanwhile.
func (s *Site) showRefused(v *visit, d decision, answer int, says template.HTML, typed string) error {
	p, err := s.readMeeting(v)
	if err != nil {
		return err
	}
	p.Wrong = true
	p.Problem = &problem{Says: says, Anchor: "review"}
	at := -1
	for i, c := range p.Reviews {
		if c.Code == d.entity {
			at = i
		}
	}
	if at < 0 { // decided meanwhile, or on another page
		if says == "" {
			p.Problem.Says = v.words.T("review.changed")
		}
		return s.show(v, answer, "meeting", p)
	}
	c := p.Reviews[at]
	c.Typed, c.Problem = typed, says
	p.Problem.Anchor = "review-" + c.Code
	if says == "" {
		c.Problem = v.words.T("review.changed_to", "entity", v.words.shown(c.Entity), "revision", c.Revision.GetNumber())
	} else if d.verb == "return" {
		c.Wrong, p.Problem.Anchor = true, "reasons-"+c.Code
	}
	p.Problem.Says = c.Problem
	return s.show(v, answer, "meeting", p)
}

const (
	noticeCookie = "placard_notice"
	// noticeLife is how long the browser may take to show what was done.
	noticeLife = time.Minute
)

// decided leads back to the page, which says once what was done.
func (s *Site) decided(v *visit, d decision) error {
	setCookie(v.w, v.r, noticeCookie, d.notice(), noticeLife)
	return s.backToMeeting(v)
}

// takeNotice is what was done just before, "" for nothing.
func takeNotice(v *visit, p *meetingPage) template.HTML {
	cookie, err := v.r.Cookie(noticeCookie)
	if err != nil || v.r.Header.Get("Sec-Fetch-Dest") == "empty" {
		return "" // the script reads a page again, and shows no notice
	}
	setCookie(v.w, v.r, noticeCookie, "", removed)
	n, ok := readNotice(cookie.Value)
	if !ok || n.meeting != p.ID || p.names[n.entity] == nil {
		return ""
	}
	return v.words.T("done."+n.verb, "entity", v.words.shown(p.names[n.entity]), "revision", n.revision)
}
