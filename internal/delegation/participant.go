package delegation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// GetParticipant answers one participant.
func (s *Service) GetParticipant(ctx context.Context, req *placardv1.GetParticipantRequest) (*placardv1.Participant, error) {
	view, err := viewOf(access.From(ctx), req.GetView())
	if err != nil {
		return nil, err
	}
	return s.participant(ctx, req.GetName(), view)
}

func (s *Service) participant(ctx context.Context, participant string, view placardv1.CompositionView) (*placardv1.Participant, error) {
	v, err := s.store.Client().ParticipantVersion.Query().Where(
		participantversion.ParticipantID(name.Last(participant)),
		participantversion.MeetingID(name.MeetingOf(participant)),
		participantversion.EntityID(name.EntityOf(participant)),
		seenIn(view),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(participant)
	}
	if err != nil {
		return nil, fmt.Errorf("read participant: %w", err)
	}
	shown := participantFor(access.From(ctx), v, view)
	return shown, s.showReplaced(ctx, []*placardv1.Participant{shown})
}

// showReplaced fills in by whom the withdrawn among some participants were
// replaced, with one query at the most.
func (s *Service) showReplaced(ctx context.Context, shown []*placardv1.Participant) error {
	withdrawn := map[string]*placardv1.Participant{}
	for _, p := range shown {
		if p.GetState() == placardv1.Participant_WITHDRAWN {
			withdrawn[name.Last(p.GetName())] = p
		}
	}
	if len(withdrawn) == 0 {
		return nil
	}
	replacing, err := s.store.Client().ParticipantVersion.Query().Where(
		participantversion.ReplacesIn(slices.Collect(maps.Keys(withdrawn))...), participantversion.Newest(true),
		// For the partial index, as in placedIn.
		func(sel *sql.Selector) { sel.Where(sql.ExprP(sel.C(participantversion.FieldReplaces) + " <> ''")) },
	).All(ctx)
	if err != nil {
		return fmt.Errorf("read replacements: %w", err)
	}
	for _, v := range replacing {
		withdrawn[v.Replaces].ReplacedBy = name.Participant(v.MeetingID, v.EntityID, v.ParticipantID)
	}
	return nil
}

// viewOf is the composition that a caller reads: the newest one that it may see.
func viewOf(p access.Principal, wish placardv1.CompositionView) (placardv1.CompositionView, error) {
	switch {
	case p.SeesLatest() && wish == placardv1.CompositionView_COMPOSITION_VIEW_UNSPECIFIED:
		return placardv1.CompositionView_LATEST, nil
	case p.SeesLatest():
		return wish, nil
	case wish == placardv1.CompositionView_LATEST:
		return wish, fault.Denied("FIELD_NOT_WRITABLE", "view: LATEST is for the Secretariat and missions", "field", "view")
	default:
		return placardv1.CompositionView_ACCEPTED, nil
	}
}

// CreateParticipant adds a person.
func (s *Service) CreateParticipant(ctx context.Context, req *placardv1.CreateParticipantRequest) (*placardv1.Participant, error) {
	return s.correct(ctx, req.GetParent(), func(_ context.Context, tx *store.Tx, d *dossier) (Composition, communication, error) {
		by := correction(tx, "submit")
		if len(d.latest) >= MaxParticipants {
			return nil, by, fault.Precondition("TOO_MANY_PARTICIPANTS", fmt.Sprintf("a delegation has at most %d participants", MaxParticipants))
		}
		id, err := newParticipantID()
		if err != nil {
			return nil, by, err
		}
		added := Person{Said: saidFromParticipant(req.GetParticipant(), d.modality()), ID: id, Created: tx.Now}
		by.participant = added.ID
		wanted := append(append(Composition{}, d.latest...), added)
		wanted = Move(wanted, added.ID, int(req.GetParticipant().GetOrder()))
		return wanted, by, checkOne(wanted)
	})
}

// UpdateParticipant changes the named fields of a person.
func (s *Service) UpdateParticipant(ctx context.Context, req *placardv1.UpdateParticipantRequest) (*placardv1.Participant, error) {
	participant := req.GetParticipant().GetName()
	return s.correct(ctx, parentOf(participant), func(ctx context.Context, tx *store.Tx, d *dossier) (Composition, communication, error) {
		by := correction(tx, "submit")
		by.participant = name.Last(participant)
		v, err := d.present(ctx, tx, participant)
		if err != nil {
			return nil, by, err
		}
		if etag := req.GetParticipant().GetEtag(); etag != "" && etag != participantEtag(v) {
			return nil, by, fault.Stale(participant)
		}
		merged, err := patch.Apply("participant", participantFromVersion(v, placardv1.CompositionView_LATEST),
			req.GetParticipant(), req.GetUpdateMask())
		if err != nil {
			return nil, by, err
		}
		if err := s.validator.Validate(merged, "participant"); err != nil {
			return nil, by, err
		}
		wanted := append(Composition{}, d.latest...)
		person := &wanted[wanted.Find(by.participant)]
		if said := saidFromParticipant(merged, d.modality()); said != person.Said {
			person.Said, person.Version = said, 0
		}
		wanted = Move(wanted, by.participant, int(merged.GetOrder()))
		return wanted, by, checkOne(wanted)
	})
}

// ReplaceParticipant puts a person in the place of another, who is withdrawn at
// once.
func (s *Service) ReplaceParticipant(ctx context.Context, req *placardv1.ReplaceParticipantRequest) (*placardv1.Participant, error) {
	violations, err := s.validateReplacement(req)
	if err != nil {
		return nil, err
	}
	return s.correct(ctx, parentOf(req.GetName()), func(ctx context.Context, tx *store.Tx, d *dossier) (Composition, communication, error) {
		by := correction(tx, "submit")
		v, err := d.present(ctx, tx, req.GetName())
		if err != nil {
			return nil, by, err
		}
		if req.GetEtag() != "" && req.GetEtag() != participantEtag(v) {
			return nil, by, fault.Stale(req.GetName())
		}
		id, err := newParticipantID()
		if err != nil {
			return nil, by, err
		}
		by.participant, by.participantVerb = id, "replace"
		wanted := append(Composition{}, d.latest...)
		place := &wanted[wanted.Find(v.ParticipantID)]
		comes := Person{Said: saidFromParticipant(req.GetParticipant(), d.modality()), ID: id, Created: tx.Now, Replaces: v.ParticipantID}
		comes.Role = place.Role
		*place = comes
		return wanted, by, checkOne(wanted, violations...)
	})
}

// validateReplacement answers what is wrong with a replacement by the rules of
// the contract, except for what is not read. With its name nothing else can be
// looked at.
func (s *Service) validateReplacement(req *placardv1.ReplaceParticipantRequest) ([]fault.Violation, error) {
	read := proto.CloneOf(req)
	if p := read.GetParticipant(); p != nil {
		p.Role, p.Order = placardv1.Participant_REPRESENTATIVE, 0
	}
	err := s.validator.Validate(read, "")
	violations := violationsOf(err)
	if err != nil && len(violations) == 0 || hasField(violations, "name") || req.GetParticipant() == nil {
		return nil, err
	}
	return violations, nil
}

// WithdrawParticipant withdraws one person, at once.
func (s *Service) WithdrawParticipant(ctx context.Context, req *placardv1.WithdrawParticipantRequest) (*placardv1.Participant, error) {
	return s.correct(ctx, parentOf(req.GetName()), func(ctx context.Context, tx *store.Tx, d *dossier) (Composition, communication, error) {
		by := correction(tx, "submit")
		by.participant = name.Last(req.GetName())
		v, err := d.present(ctx, tx, req.GetName())
		if err != nil {
			return nil, by, err
		}
		if req.GetEtag() != "" && req.GetEtag() != participantEtag(v) {
			return nil, by, fault.Stale(req.GetName())
		}
		if len(d.latest) == 1 {
			return nil, by, fault.Precondition("LAST_PARTICIPANT", "this is the last participant: withdraw the delegation instead")
		}
		at := d.latest.Find(by.participant)
		wanted := append(append(Composition{}, d.latest[:at]...), d.latest[at+1:]...)
		return wanted, by, nil
	})
}

// correct runs one correction of a delegation that exists, by the rules of a
// submission, and answers the participant that it is about.
func (s *Service) correct(
	ctx context.Context, delegation string,
	decide func(context.Context, *store.Tx, *dossier) (Composition, communication, error),
) (*placardv1.Participant, error) {
	written, err := store.Write(ctx, s.store,
		func(ctx context.Context, tx *store.Tx) (string, error) {
			d, err := open(ctx, tx, delegation)
			if err != nil {
				return "", err
			}
			if d.row == nil {
				return "", fault.NotFound(delegation)
			}
			if err := d.takes(); err != nil {
				return "", err
			}
			wanted, by, err := decide(ctx, tx, d)
			if err != nil {
				return "", err
			}
			before := d.standing()
			if _, err = d.revise(ctx, tx, wanted, by); err != nil {
				return "", err
			}
			return delegation + "/participants/" + by.participant, s.request(ctx, tx, d, before)
		},
		func(_ context.Context, done store.Done) (string, error) { return done.Resource, nil })
	if err != nil {
		return nil, err
	}
	return s.participant(ctx, written, placardv1.CompositionView_LATEST)
}

// present reads the newest version of a participant that is not withdrawn.
func (d *dossier) present(ctx context.Context, tx *store.Tx, participant string) (*db.ParticipantVersion, error) {
	v, err := tx.Client.ParticipantVersion.Query().Where(
		participantversion.DelegationID(d.row.ID),
		participantversion.ParticipantID(name.Last(participant)),
		participantversion.Newest(true),
	).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(participant)
	}
	if err != nil {
		return nil, fmt.Errorf("read participant: %w", err)
	}
	if v.LatestOrder == 0 {
		return nil, fault.Precondition("PARTICIPANT_WITHDRAWN", participant+" was withdrawn", "participant", participant)
	}
	return v, nil
}

// checkOne answers what is wrong with a composition, as violations of the one
// person that a request is about, after those that are known already.
func checkOne(c Composition, violations ...fault.Violation) error {
	for _, v := range Check(c) {
		_, field, _ := strings.Cut(v.Field, "].")
		v.Field = "participant." + field
		if !hasField(violations, v.Field) {
			violations = append(violations, v)
		}
	}
	return fault.Invalid(violations...)
}

func parentOf(participant string) string {
	parent, _, _ := strings.Cut(participant, "/participants/")
	return parent
}
