package credentials

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/credentials"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/entity"
	entinstrument "github.com/un-placard/placard/ent/db/instrument"
	"github.com/un-placard/placard/ent/db/invitation"
	entityrules "github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/instrument"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

// roll is who of those that have credentials is invited to a meeting, and what
// is there of each.
type roll struct {
	terms
	meeting *placardv1.Meeting
	// day is the first one of the meeting: names and statuses are of it.
	day     string
	entries []entry
}

// entry is one invited State or regional economic integration organization.
type entry struct {
	entity string
	kind   placardv1.Entity_Kind
	names  string // as the row has them
	status placardv1.ParticipationStatus
	// delegation is its delegation, nil where there is none or it is withdrawn.
	delegation *db.Delegation
	// credentials are NOT_RECEIVED where nothing was.
	credentials *placardv1.Credentials
}

// readRoll reads the roll of a meeting, in a few queries whatever its size.
func readRoll(ctx context.Context, client *db.Client, resource string) (*roll, error) {
	id := name.MeetingOf(resource)
	t, m, err := readMeeting(ctx, client, resource)
	if err != nil {
		return nil, err
	}
	r := &roll{terms: t, meeting: m, day: m.GetStartDate()}
	invitations, err := client.Invitation.Query().
		Where(invitation.MeetingID(id), invitation.StateNEQ(placardv1.Invitation_DRAFT.String())).
		Select(invitation.FieldEntityID, invitation.FieldParticipationStatus, invitation.FieldEntityNames).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	status := make(map[string]placardv1.ParticipationStatus, len(invitations))
	kept := make(map[string]string, len(invitations)) // the names, as the meeting was concluded
	for _, row := range invitations {
		kept[row.EntityID] = row.EntityNames
		status[row.EntityID] = placardv1.ParticipationStatus(placardv1.ParticipationStatus_value[row.ParticipationStatus])
	}
	delegations, err := client.Delegation.Query().
		Where(delegation.MeetingID(id), delegation.StateNEQ(placardv1.Delegation_WITHDRAWN.String())).
		Select(delegation.FieldEntityID, delegation.FieldAcceptedRevision).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read delegations: %w", err)
	}
	sent := make(map[string]*db.Delegation, len(delegations))
	for _, row := range delegations {
		sent[row.EntityID] = row
	}
	letters, err := client.Credentials.Query().Where(credentials.MeetingID(id)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read credentials: %w", err)
	}
	received := make(map[string]*placardv1.Credentials, len(letters))
	for _, row := range letters {
		received[row.EntityID] = credentialsFromRow(row, t)
	}
	entities, err := client.Entity.Query().Where(func(sel *sql.Selector) {
		i := sql.Table(invitation.Table)
		sel.Where(sql.In(sel.C(entity.FieldID),
			sql.Select(i.C(invitation.FieldEntityID)).From(i).Where(sql.EQ(i.C(invitation.FieldMeetingID), id))))
	}).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read entities: %w", err)
	}
	for _, row := range entities {
		e := entry{
			entity: row.ID, kind: kindOf(row), names: cmp.Or(kept[row.ID], row.Names),
			delegation: sent[row.ID], credentials: cmp.Or(received[row.ID], t.none(row.ID)),
		}
		invited := false
		if e.status, invited = status[row.ID]; invited && accredits(e.kind) {
			r.entries = append(r.entries, e)
		}
	}
	return r, nil
}

// GetCredentialsReport implements the contract.
func (s *Service) GetCredentialsReport(
	ctx context.Context, req *placardv1.GetCredentialsReportRequest,
) (*placardv1.CredentialsReport, error) {
	accept := locale.FromContext(ctx)
	language := cmp.Or(req.GetLanguage(), locale.Best(accept))
	var r *roll
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) (err error) {
		r, err = readRoll(ctx, client, req.GetName())
		return err
	})
	if err != nil {
		return nil, err
	}
	out := &placardv1.CredentialsReport{
		Name: req.GetName(), Language: language, Needed: r.rule != nil, DueTime: r.due,
		CreateTime: timestamppb.New(s.store.Now()),
	}
	if r.rule == nil {
		return out, nil
	}
	lists := map[standing]*[]*placardv1.CredentialsReport_Item{
		missing: &out.Missing, inOrder: &out.InOrder, onlyCopy: &out.CopyOnly, turnedDown: &out.Rejected,
	}
	for _, e := range r.entries {
		if e.delegation == nil {
			continue
		}
		said, err := entityrules.Names(e.names)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name.Entity(e.entity), err)
		}
		list := lists[r.standing(e.credentials, e.kind)]
		*list = append(*list, &placardv1.CredentialsReport_Item{
			Entity:              name.Entity(e.entity),
			EntityName:          locale.Show(entityrules.NamesOn(said, r.day).GetShortName(), language, accept),
			ParticipationStatus: e.status,
			State:               e.credentials.GetState(),
			Form:                e.credentials.GetForm(),
			Late:                e.credentials.GetLate(),
		})
	}
	order := locale.Order(language)
	for _, list := range lists {
		slices.SortFunc(*list, func(a, b *placardv1.CredentialsReport_Item) int {
			return cmp.Or(
				order(a.GetEntityName().GetText(), b.GetEntityName().GetText()),
				cmp.Compare(a.GetEntity(), b.GetEntity()),
			)
		})
	}
	return out, nil
}

// GetQuorum implements the contract.
func (s *Service) GetQuorum(ctx context.Context, req *placardv1.GetQuorumRequest) (*placardv1.Quorum, error) {
	var r *roll
	var table *placardv1.Instrument
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) (err error) {
		if r, err = readRoll(ctx, client, req.GetName()); err != nil {
			return err
		}
		table, err = readInstrument(ctx, client, r.meeting.GetInstrument().GetName())
		return err
	})
	if err != nil {
		return nil, err
	}
	members := make([]member, len(r.entries))
	for i, e := range r.entries {
		members[i] = member{
			kind:    e.kind,
			party:   isParty(e.status, table, name.Entity(e.entity), r.day),
			present: e.delegation != nil && e.delegation.AcceptedRevision > 0,
			inOrder: r.rule == nil || r.standing(e.credentials, e.kind) == inOrder,
		}
	}
	out := &placardv1.Quorum{Name: req.GetName(), CreateTime: timestamppb.New(s.store.Now())}
	for _, rule := range r.meeting.GetQuorumRules() {
		item := count(rule, members)
		item.Purpose = locale.Show(rule.GetPurpose(), req.GetLanguage(), locale.FromContext(ctx))
		out.Items = append(out.Items, item)
	}
	return out, nil
}

// readInstrument reads an instrument, nil where a meeting names none or one that
// is not kept.
func readInstrument(ctx context.Context, client *db.Client, resource string) (*placardv1.Instrument, error) {
	if resource == "" {
		return nil, nil
	}
	row, err := client.Instrument.Query().Where(entinstrument.ID(name.Last(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return instrument.FromRow(row)
}
