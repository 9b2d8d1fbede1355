package delegation

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// TestImportHangs: a delegation that cannot be written does not keep an import
// for ever.
func TestImportHangs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		setup(t, s)
		service := serviceOf(t, s)
		service.partLimit = 200 * time.Millisecond
		ctx := storetest.System(t)
		file := strings.NewReader("entity,family_name,given_name,role\nAUT,Gruber,Anna,HEAD\n")
		found, err := service.Survey(ctx, file)
		if err != nil || found.Fault() != nil {
			t.Fatal(err, found.Fault())
		}
		err = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.LockMeeting(ctx, "m1"); err != nil {
				return err
			}
			begun := time.Now()
			_, err := service.ImportSurveyed(storetest.System(t), file, found, &placardv1.ImportDelegationsRequest{
				Parent: "meetings/m1", Channel: placardv1.Channel_EMAIL,
			}, func(*Imported) { t.Error("a delegation was imported") })
			if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second {
				t.Errorf("after %v: %v", took, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
