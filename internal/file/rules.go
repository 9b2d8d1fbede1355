package file

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

// maxFiles is how many files a delegation has at the most.
const maxFiles = 50

// accepts answers why a delegation with some files takes no further one.
// `invitation` is the state of the entity's invitation, "" for none.
func accepts(delegation, meeting, invitation string, files int) error {
	if err := writable(name.Meeting(name.MeetingOf(delegation)), meeting); err != nil {
		return err
	}
	switch {
	case invitation == "":
		return fault.Precondition("NOT_INVITED", "the meeting does not invite this entity", "delegation", delegation)
	case invitation == placardv1.Invitation_DRAFT.String():
		return fault.Precondition("INVITATION_NOT_ISSUED", "the invitation has not been issued yet", "delegation", delegation)
	case files >= maxFiles:
		return fault.Precondition("TOO_MANY_FILES",
			fmt.Sprintf("%s has %d files, the most that it may have: delete one first", delegation, files),
			"delegation", delegation, "limit", strconv.Itoa(maxFiles))
	default:
		return nil
	}
}

// writable refuses writes to a concluded meeting.
func writable(meeting, state string) error {
	if state != placardv1.Meeting_CONCLUDED.String() {
		return nil
	}
	return fault.Concluded(meeting)
}

// ending is what a program takes for the ending of a name: `.html`, but neither
// `.180` nor `. Smith`.
var ending = regexp.MustCompile(`^\.[A-Za-z][A-Za-z0-9]{1,4}$`)

// displayName is what a file is called: as its sender said, without folders and
// with the ending of its kind.
func displayName(given string, purpose placardv1.File_Purpose, kind blob.Kind) string {
	base := strings.Trim(given[strings.LastIndexAny(given, `/\`)+1:], ". ")
	if has := path.Ext(base); ending.MatchString(has) && !ends(base, kind) {
		base = strings.TrimRight(strings.TrimSuffix(base, has), ". ")
	}
	if base == "" {
		base = strings.ReplaceAll(strings.ToLower(purpose.String()), "_", "-")
	}
	if ends(base, kind) {
		return base
	}
	return base + kind.Endings()[0]
}

// ends tells whether a name has an ending of a kind, and something before it.
func ends(name string, kind blob.Kind) bool {
	has := path.Ext(name)
	return has != name && slices.Contains(kind.Endings(), strings.ToLower(has))
}
