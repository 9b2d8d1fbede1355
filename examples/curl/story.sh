#!/usr/bin/env bash
# The whole story with curl and jq: a meeting is convened, Austria is invited,
# sends its delegation, the Secretariat accepts it, the list of participants
# shows it, and everything is in the change log.
#
#   export PLACARD_URL=http://127.0.0.1:8080 PLACARD_KEY=plc_…
#   examples/curl/story.sh [MEETING]
#
# PLACARD_KEY is a key of the role secretariat or admin, bound to no meetings.
# It makes a new meeting (default: story- and the time) and leaves it there.
set -euo pipefail

: "${PLACARD_URL:?set PLACARD_URL, for example http://127.0.0.1:8080}"
: "${PLACARD_KEY:?set PLACARD_KEY to a key of the role secretariat or admin}"
for program in curl jq; do
  command -v "$program" >/dev/null || { echo "story: $program is needed" >&2; exit 2; }
done
meeting=meetings/${1:-story-$(date -u +%Y%m%d-%H%M%S)}
delegation=$meeting/delegations/AUT

answer=$(mktemp)
trap 'rm -f "$answer"' EXIT

say() { printf '\n# %s\n' "$*"; }

# request KEY METHOD PATH [JSON] sends a request, with an Idempotency-Key where
# it writes, so that one that curl has to repeat counts once. The answer is in
# the file $answer, the status of HTTP in $status. The key goes in through a file
# descriptor: the arguments of a program are seen by all users of a machine.
request() {
  local key=$1 method=$2 path=$3 body=${4:-}
  local args=(-sS --globoff --retry 3 --max-time 60 -o "$answer" -w '%{http_code}' -X "$method")
  if [[ -n $body ]]; then
    args+=(-H 'Content-Type: application/json' -d "$body")
  fi
  if [[ $method != GET ]]; then
    args+=(-H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen)")
  fi
  status=$(curl "${args[@]}" -H @<(printf 'Authorization: Bearer %s\n' "$key") "$PLACARD_URL/v1/$path")
}

# reason prints what the server calls an error, and what is wrong with fields.
reason() {
  jq -r '.message, (.details[]? | .reason // empty | "  reason: " + .),
    (.details[]?.fieldViolations[]? | "  \(.field): \(.description) (\(.reason))")' "$answer"
}

# call is request for what has to succeed; it prints the answer.
call() {
  request "$@"
  if [[ $status != 200 ]]; then
    { echo "story: $2 $3: HTTP $status"; reason; } >&2
    exit 1
  fi
  cat "$answer"
}

secretariat() { call "$PLACARD_KEY" "$@"; }

say "The Secretariat convenes a meeting, announces it and opens it for compositions"
first=$(date -u -d '+30 days' +%F 2>/dev/null || date -u -v+30d +%F)
last=$(date -u -d '+32 days' +%F 2>/dev/null || date -u -v+32d +%F)
deadline=$(date -u -d '+20 days' +%F 2>/dev/null || date -u -v+20d +%F)
secretariat POST "meetings?meetingId=${meeting#meetings/}" "$(jq -n --arg first "$first" --arg last "$last" --arg deadline "$deadline" '{
    title: {en: "Meeting of examples", fr: "Réunion d’exemples", es: "Reunión de ejemplos"},
    startDate: $first, endDate: $last, timeZone: "Europe/Vienna", compositionDeadline: $deadline
  }')" | jq -r '"\(.name): \(.state), deadline \(.compositionDeadline) in \(.timeZone) ends at \(.compositionDeadlineTime)"'
secretariat POST "$meeting:announce" | jq -r .state
secretariat POST "$meeting:open" | jq -r .state

say "It invites Austria"
secretariat POST "$meeting/invitations" '{"entity": "entities/AUT", "participationStatus": "STATE_PARTY",
  "addressee": "Permanent Representative of Austria to the United Nations (Vienna)"}' | jq -r '"\(.name): \(.state)"'
secretariat POST "$meeting/invitations/AUT:issue" | jq -r .state

say "The mission gets a key, which works for an hour"
key=$(secretariat POST keys "$(jq -n --arg until "$(date -u -d '+1 hour' +%FT%TZ 2>/dev/null || date -u -v+1H +%FT%TZ)" \
  '{role: "MISSION", entity: "entities/AUT", displayName: "story", expireTime: $until}')" | jq -r .secret)
mission() { call "$key" "$@"; }
mission GET caller | jq -r '"\(.principal), \(.role)"'

say "The mission accepts the invitation"
mission POST "$meeting/invitations/AUT:accept" | jq -r .state

say "It sends a delegation with mistakes: all are answered at once"
request "$key" POST "$delegation:submit" '{"participants": [
    {"familyName": "MUSTERMANN", "role": "HEAD", "email": "erika.example.org"},
    {"familyName": "BEISPIEL", "role": "HEAD"}]}'
echo "HTTP $status"
reason

say "Without them: first what it would change, then for good"
composition=$(jq -n '{
  noteVerbale: {reference: "45/2026", date: "2026-11-20"},
  participants: [
    {externalId: "4711", honorific: "H.E. Ms.", givenName: "Erika", familyName: "MUSTERMANN",
      functionalTitle: "Permanent Representative", role: "HEAD", email: "erika@example.org"},
    {externalId: "4712", givenName: "Max", familyName: "von Beispiel", role: "EXPERT"}
  ]}')
difference='.difference.items[] | "\([.kind, .displayName] + (.changedFields // []) | join(" "))\(if .needsReview then " (waits for review)" else "" end)"'
mission POST "$delegation:submit" "$(jq '.validateOnly = true' <<<"$composition")" | jq -r "$difference"
mission POST "$delegation:submit" "$composition" | jq -r '.delegation | "\(.state), revision \(.latestRevision)"'

say "The Secretariat looks at what waits for review, and accepts the revision that it has seen"
filter=$(jq -rn '"state = SUBMITTED" | @uri')
secretariat GET "$meeting/delegations?filter=$filter" | jq -r '.delegations[] | "\(.name): revision \(.latestRevision), \(.participantCount) participants"'
secretariat POST "$delegation:accept" '{"revision": 1}' | jq -r .state

say "The mission corrects a telephone number: in force at once"
etag=$(mission GET "$delegation" | jq -r .etag)
mission POST "$delegation:submit" "$(jq --arg etag "$etag" '.etag = $etag | .participants[1].phone = "+43 1 0000 02"' <<<"$composition")" |
  jq -r "($difference), \"\(.delegation.state), revision \(.delegation.acceptedRevision)\""

say "The list of participants, in Spanish"
secretariat GET "$meeting/participantList?language=es" |
  jq -r '.title.text, (.parts[] | "\(.heading)", (.delegations[] | "  \(.entityName.text)", (.persons[] | "    \(.displayName)")))'

say "What happened, as the mission sees it"
mission GET "changes?meeting=$meeting&pageSize=1000" | jq -r '.changes[] | "\(.principal) \(.verb) \(.resource)"'
