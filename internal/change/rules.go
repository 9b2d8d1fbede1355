package change

import (
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
)

// resume answers where a follower goes on that was at a position, or nowhere
// yet (nil). A position of another life of the database, or past the end of
// this one, says that a copy was restored since: the numbers stand for other
// changes now.
func resume(from *position, end position) (position, error) {
	if from == nil {
		return position{Epoch: end.Epoch}, nil
	}
	if from.Epoch != end.Epoch || from.Sequence > end.Sequence {
		return position{}, fault.New(codes.OutOfRange, "FEED_RESTARTED",
			"the database was restored from a copy: read everything anew, and follow the changes without a token")
	}
	return *from, nil
}

// secretariat stands for an account that is not the reader's to know.
const secretariat = "secretariat"

// shownPrincipal is who acted, as a caller sees it: outside the Secretariat
// nobody learns the names of other accounts.
func shownPrincipal(principal string, caller access.Principal) string {
	if caller.Secretariat() || principal == caller.Name() || !strings.HasPrefix(principal, "accounts/") {
		return principal
	}
	return secretariat
}
