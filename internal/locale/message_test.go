package locale_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/un-placard/placard/internal/locale"
)

// reasons that must have a text: those that are no violation of a single field.
const reasons = `INVALID_REQUEST NOT_FOUND ALREADY_EXISTS ETAG_MISMATCH ETAG_REQUIRED MEETING_NOT_OPEN MEETING_CONCLUDED
MEETING_NOT_DRAFT MEETING_NOT_ANNOUNCED MEETING_HAS_INVITATIONS MEETING_HAS_KEYS MEETING_BOUND MEETING_STATE NOT_INVITED
INVITATION_DECLINED INVITATION_NOT_DRAFT INVITATION_NOT_ISSUED DELEGATION_PRESENT DEADLINE_PASSED TOO_MANY_WITHDRAWALS
TOO_MANY_PARTICIPANTS QUOTA_EXCEEDED TOO_MANY_HEADS DUPLICATE_EXTERNAL_ID AMBIGUOUS_MATCH UNKNOWN_PARTICIPANT PARTICIPANT_WITHDRAWN
LAST_PARTICIPANT NOTHING_TO_REVIEW REVISION_MISMATCH REQUEST_ID_REUSED PAGE_TOKEN_INVALID FEED_RESTARTED KEY_EXCEEDS_CALLER
ROLE_NOT_ALLOWED FIELD_NOT_WRITABLE FIELD_NOT_READABLE FILTER_INVALID UNAUTHENTICATED KEY_EXPIRED KEY_REVOKED RATE_LIMITED
MESSAGE_TOO_LARGE UNKNOWN_FIELD UNKNOWN_PARAMETER UNSUPPORTED_MEDIA_TYPE METHOD_NOT_ALLOWED PATH_NOT_FOUND MALFORMED_REQUEST
INTERNAL UNAVAILABLE DEADLINE_EXCEEDED CANCELED UNIMPLEMENTED CREDENTIALS_NOT_NEEDED CREDENTIALS_DECIDED CREDENTIALS_STATE
ORIGINAL_NEEDED INSTRUMENT_IN_USE LIST_TOO_LARGE DIFFERENCE_TOO_LARGE LISTS_EQUAL PDF_UNAVAILABLE MEETING_HAS_DOCUMENTS SYMBOL_TAKEN TOO_MANY_FILES
TOO_MANY_OPERATIONS PHOTO_STATE PICTURE_TYPE PICTURE_BROKEN PICTURE_ANIMATED PICTURE_TOO_LARGE PICTURE_TOO_SMALL NO_COMPOSITION COMPOSITION_RECEIVED ANNOUNCEMENT_STATE MEETING_HAS_ANNOUNCEMENTS`

func TestMessages(t *testing.T) {
	byLanguage := map[string]map[string]string{}
	for _, l := range locale.Languages() {
		text, err := os.ReadFile("messages/" + l + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]string
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		byLanguage[l] = m
	}
	english := byLanguage[locale.English]
	for _, reason := range strings.Fields(reasons) {
		if english[reason] == "" {
			t.Errorf("%s has no text", reason)
		}
	}
	values := regexp.MustCompile(`\{[a-z_]+\}`)
	scripts := map[string]*unicode.RangeTable{"ar": unicode.Arabic, "zh": unicode.Han, "ru": unicode.Cyrillic}
	for _, l := range locale.Languages() {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(byLanguage[l]))); diff != "" {
			t.Errorf("reasons in %s (-en +%s):\n%s", l, l, diff)
		}
		for reason, text := range byLanguage[l] {
			if strings.TrimSpace(text) == "" || l != locale.English && text == english[reason] {
				t.Errorf("%s in %s: %q", reason, l, text)
			}
			if diff := cmp.Diff(values.FindAllString(english[reason], -1), values.FindAllString(text, -1)); diff != "" {
				t.Errorf("values of %s in %s (-en +%s):\n%s", reason, l, l, diff)
			}
			if script := scripts[l]; script != nil && !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(script, r) }) {
				t.Errorf("%s in %s is in another script: %q", reason, l, text)
			}
		}
	}
}

func TestText(t *testing.T) {
	m, err := locale.ReadMessages()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		lang, reason string
		values       map[string]string
		want         string
	}{
		{"en", "NOT_FOUND", map[string]string{"resource": "meetings/m1"}, "meetings/m1 was not found."},
		{"es", "NOT_FOUND", map[string]string{"resource": "meetings/m1"}, "No se ha encontrado meetings/m1."},
		{"en", "NOT_FOUND", nil, ""},
		{"en", "NOTHING_OF_THE_KIND", nil, ""},
		{"de", "KEY_EXPIRED", nil, ""},
		{"fr", "KEY_EXPIRED", nil, "La clef a expiré."},
		{"en", "DEADLINE_PASSED", map[string]string{"deadline": "2010-01-15T23:00:00Z", "timeZone": "Europe/Vienna"},
			"The deadline for communicating the composition of delegations has passed: 15 January 2010, 24:00 (Europe/Vienna, UTC+1) = 23:00 UTC."},
		{"zh", "DEADLINE_PASSED", map[string]string{"deadline": "2010-01-12T14:30:07Z", "timeZone": "Europe/Vienna"},
			"通报代表团组成的截止日期已过：2010年1月12日15时30分（Europe/Vienna, UTC+1）= 14:30 UTC。"},
	} {
		if got := m.Text(tt.lang, tt.reason, tt.values); got != tt.want {
			t.Errorf("Text(%s, %s) = %q, want %q", tt.lang, tt.reason, got, tt.want)
		}
	}
}
