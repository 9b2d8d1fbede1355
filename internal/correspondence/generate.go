package correspondence

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"entgo.io/ent/dialect/sql"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/invitation"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// pageSize is how many letters are in memory at once, with the persons that they name.
const pageSize = 50

// GenerateLetters implements the contract. What can be refused at once is.
func (s *Service) GenerateLetters(
	ctx context.Context, req *placardv1.GenerateLettersRequest,
) (*longrunningpb.Operation, error) {
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	if formatOf(req.GetFormat()).pdf && s.office.Available() != nil {
		return nil, unavailable()
	}
	return s.runner.Start(ctx, req.GetParent(), placardv1.CorrespondenceService_GenerateLetters_FullMethodName, req, nil)
}

// generate makes the archive that GenerateLetters asks for.
func (s *Service) generate(ctx context.Context, t *longrunning.Task) (proto.Message, error) {
	req := &placardv1.GenerateLettersRequest{}
	if err := t.Request(req); err != nil {
		return nil, err
	}
	id := name.MeetingOf(req.GetParent())
	total, err := s.store.Client().Invitation.Query().Where(invitation.MeetingID(id), due(req.GetKind())).Count(ctx)
	if err != nil {
		return nil, fmt.Errorf("count letters: %w", err)
	}
	t.Progress(0, int64(total))
	return t.File(ctx, archiveName(req), "application/zip", func(w io.Writer) error {
		return s.archive(ctx, w, req, func(done int) { t.Progress(int64(done), int64(max(done, total))) })
	})
}

// archiveName is what the archive is called: letters-m1-reminder.zip.
func archiveName(req *placardv1.GenerateLettersRequest) string {
	kind := "invitation"
	if req.GetKind() != placardv1.Letter_INVITATION {
		kind = templateOf(req.GetKind(), false)
	}
	return "letters-" + name.MeetingOf(req.GetParent()) + "-" + kind + ".zip"
}

// due are the invitations to whose entities letters of a kind go: an invitation to all,
// also where it is not issued yet; a reminder to who has sent no composition and has not
// declined; a confirmation to whose composition was accepted.
func due(kind placardv1.Letter_Kind) predicate.Invitation {
	return func(sel *sql.Selector) {
		d := sql.Table(entdelegation.Table)
		of := sql.Select(d.C(entdelegation.FieldID)).From(d)
		same := sql.And(
			sql.ColumnsEQ(d.C(entdelegation.FieldMeetingID), sel.C(invitation.FieldMeetingID)),
			sql.ColumnsEQ(d.C(entdelegation.FieldEntityID), sel.C(invitation.FieldEntityID)),
		)
		switch kind {
		case placardv1.Letter_REMINDER:
			sel.Where(sql.And(
				sql.NotIn(sel.C(invitation.FieldState), placardv1.Invitation_DRAFT.String(), placardv1.Invitation_DECLINED.String()),
				sql.Not(sql.Exists(of.Where(same))),
			))
		case placardv1.Letter_CONFIRMATION:
			sel.Where(sql.Exists(of.Where(sql.And(same,
				sql.GT(d.C(entdelegation.FieldAcceptedRevision), 0),
				sql.NEQ(d.C(entdelegation.FieldState), placardv1.Delegation_WITHDRAWN.String()),
			))))
		}
	}
}

// archive writes the letters, in the order of the codes of the entities.
func (s *Service) archive(
	ctx context.Context, out io.Writer, req *placardv1.GenerateLettersRequest, progress func(done int),
) error {
	z, now := zip.NewWriter(out), s.store.Now()
	var templates *parsed
	done, last := 0, ""
	for {
		var letters []*letter
		err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
			var err error
			if templates == nil {
				if templates, err = readParsed(ctx, client, name.MeetingOf(req.GetParent()), kinds...); err != nil {
					return err
				}
			}
			letters, err = readPage(ctx, client, req, now, last)
			return err
		})
		if err != nil || len(letters) == 0 {
			if err != nil {
				return err
			}
			return z.Close()
		}
		for _, l := range letters {
			if l.template, err = templates.in(templateOf(l.kind, note(l.inv)), l.language); err != nil {
				return err
			}
		}
		err = s.pack(ctx, z, letters, formatOf(req.GetFormat()), func() {
			done++
			progress(done)
		})
		if err != nil {
			return err
		}
		last = letters[len(letters)-1].inv.EntityID
	}
}

// readPage reads the next letters, behind those to the entity `last`.
func readPage(
	ctx context.Context, client *db.Client, req *placardv1.GenerateLettersRequest, now time.Time, last string,
) ([]*letter, error) {
	a, err := readAbout(ctx, client, req.GetParent(), now)
	if err != nil {
		return nil, err
	}
	invs, err := client.Invitation.Query().
		Where(invitation.MeetingID(a.id), invitation.EntityIDGT(last), due(req.GetKind())).
		Order(invitation.ByEntityID()).Limit(pageSize).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read invitations of %s: %w", req.GetParent(), err)
	}
	if len(invs) == 0 {
		return nil, nil
	}
	return a.letters(ctx, client, req.GetKind(), invs)
}

// pack writes letters into an archive, and tells of each. All have the earliest time that
// a ZIP knows, so that equal letters are equal archives.
func (s *Service) pack(ctx context.Context, z *zip.Writer, letters []*letter, f format, packed func()) error {
	one := func(l *letter, write func(io.Writer) error) error {
		w, err := z.CreateHeader(&zip.FileHeader{
			Name: l.fileName(f), Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err == nil {
			err = write(w)
		}
		if err != nil {
			return fmt.Errorf("letter to %s: %w", l.inv.EntityID, err)
		}
		packed()
		return ctx.Err()
	}
	if f.pdf {
		return s.pdfs(ctx, letters, func(l *letter, pdf []byte) error {
			return one(l, func(w io.Writer) error {
				_, err := w.Write(pdf)
				return err
			})
		})
	}
	for _, l := range letters {
		if err := one(l, l.write); err != nil {
			return err
		}
	}
	return nil
}
