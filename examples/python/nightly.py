#!/usr/bin/env python3
"""A mission's nightly job: sends the delegation as its address book has it.

    export PLACARD_URL=https://placard.example.org PLACARD_KEY=plc_…
    nightly.py meetings/wgtip-demo/delegations/AUT delegation.csv

Reads the CSV file (a header with the fields of a participant in JSON; a row a
person, in protocol order; an empty cell is no value), prints what would change,
and submits it. The same file a second time changes nothing.

Exit codes:
  0  the delegation is as the file has it, or would be (--dry-run)
  1  refused, or returned by the Secretariat: somebody has to look; all that is
     wrong is printed
  2  the arguments, the settings or the file cannot be used; nothing was sent
  3  not now: the server cannot be reached or is busy, or the delegation was
     changed meanwhile; the next run may succeed

It needs Python 3.9 or newer, and nothing else.
"""

import argparse
import csv
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request
import uuid

FIELDS = {
    "name", "honorific", "givenName", "familyName", "latinGivenName", "latinFamilyName",
    "functionalTitle", "organization", "role", "email", "phone", "language", "modality", "externalId",
}
ATTEMPTS = 4  # of one request
TIMEOUT = 60  # seconds, for one attempt


class Usage(Exception):
    """The arguments, the settings or the file cannot be used."""


class NotNow(Exception):
    """The server did not answer, or cannot do it now."""


class Refused(Exception):
    """The server refused a request (google.rpc.Status)."""

    def __init__(self, status, answer):
        super().__init__(answer.get("message", ""))
        self.status = status
        self.reason = ""
        self.violations = []
        self.request_id = ""
        for detail in answer.get("details", []):
            kind = detail.get("@type", "").rsplit(".", 1)[-1]
            if kind == "ErrorInfo":
                self.reason = detail.get("reason", "")
            elif kind == "BadRequest":
                self.violations = detail.get("fieldViolations", [])
            elif kind == "RequestInfo":
                self.request_id = detail.get("requestId", "")


def read_book(path):
    """Answers the participants in a CSV file, and the line of each."""
    participants, lines = [], []
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            unknown = sorted(set(rows.fieldnames or []) - FIELDS)
            if not rows.fieldnames or unknown:
                raise Usage(f"{path}: the header has to name fields of a participant; unknown: {unknown}")
            line = rows.line_num + 1
            for row in rows:
                if None in row or None in row.values():
                    raise Usage(f"{path}, line {line}: has not as many cells as the header")
                participants.append({field: cell for field, cell in row.items() if cell != ""})
                lines.append(line)
                line = rows.line_num + 1
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise Usage(f"{path}: {err}") from err
    if not participants:
        raise Usage(f"{path}: has nobody in it; this job withdraws no whole delegation")
    return participants, lines


class Server:
    """The server, as the holder of a key sees it."""

    def __init__(self, url, key):
        self.url, self.key = url.rstrip("/"), key

    def call(self, method, path, body=None, idempotency_key=None):
        """Calls, again where the answer got lost: with the same key a write counts once."""
        headers = {"Authorization": "Bearer " + self.key, "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(1, ATTEMPTS + 1):
            request = urllib.request.Request(self.url + "/v1/" + path, data, headers, method=method)
            wait = attempt
            try:
                with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as err:
                with err:
                    refused = Refused(err.code, status_of(err.read()))
                if err.code not in (429, 500, 502, 503, 504):
                    raise refused from err
                seconds = err.headers.get("Retry-After", "")
                wait = int(seconds) if seconds.isdigit() else wait
                problem = refused
            except (OSError, ValueError) as err:  # no connection, or not the whole answer
                problem = err
            if attempt < ATTEMPTS:
                time.sleep(min(wait, 30))
        raise NotNow(f"{method} {path}: {problem}")


def status_of(text):
    """The google.rpc.Status of an error; what is in between may answer other things."""
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {"message": text[:200].decode(errors="replace")}


def show(difference):
    """Prints a difference, a line a person."""
    signs = {"ADDED": "+", "CHANGED": "~", "WITHDRAWN": "-"}
    for item in difference.get("items", []):
        line = f"{signs.get(item['kind'], '?')} {item['displayName']}"
        if item.get("changedFields"):
            line += ": " + ", ".join(item["changedFields"])
        print(line + (" (waits for review)" if item.get("needsReview") else ""))


def explain(err, book, lines):
    """Prints everything that is wrong, with the line of the file where there is one."""
    print(f"refused: {err} ({err.reason or err.status}, request {err.request_id or 'unknown'})", file=sys.stderr)
    for violation in err.violations:
        field, where = violation.get("field", ""), ""
        person = re.match(r"participants\[(\d+)\]\.?(.*)", field)
        if person and int(person[1]) < len(lines):
            where, field = f"{book}, line {lines[int(person[1])]}: ", person[2]
        print(f"  {where}{field + ': ' if field else ''}{violation.get('description', '')} ({violation.get('reason', '')})", file=sys.stderr)


def send(server, args, participants):
    """Previews the composition and, unless that is all, submits it. Answers the exit code."""
    submission = {"participants": participants}
    if args.note:
        submission["noteVerbale"] = {"reference": args.note, "date": args.note_date or ""}
    if args.max_withdrawals is not None:
        submission["maxWithdrawals"] = args.max_withdrawals
    try:
        submission["etag"] = server.call("GET", args.delegation)["etag"]
    except Refused as err:
        if err.reason != "NOT_FOUND":
            raise
        # The first submission makes the delegation and has no etag yet.
    preview = server.call("POST", args.delegation + ":submit", {**submission, "validateOnly": True})
    show(preview.get("difference", {}))
    if args.dry_run:
        print("nothing was sent (--dry-run)")
        return 0
    # Made for this run: whatever is sent again below is the same write.
    answer = server.call("POST", args.delegation + ":submit", submission, idempotency_key=str(uuid.uuid4()))
    delegation = answer["delegation"]
    changes = len(answer.get("difference", {}).get("items", []))
    print(f"{delegation['name']}: {changes or 'no'} changes, {delegation['participantCount']} participants, "
          f"{delegation['state']}, revision {delegation['latestRevision']}"
          + (", late" if delegation.get("late") else ""))
    for reason in delegation.get("returnReasons", []):
        print(f"returned: {reason}", file=sys.stderr)
    return 1 if delegation["state"] == "RETURNED" else 0


def main():
    """Runs the job and answers the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("delegation", help="meetings/MEETING/delegations/ENTITY")
    parser.add_argument("book", help="CSV file, in UTF-8")
    parser.add_argument("--dry-run", action="store_true", help="only show what would change")
    parser.add_argument("--note", metavar="REFERENCE", help="reference of the note verbale")
    parser.add_argument("--note-date", metavar="YYYY-MM-DD", help="date of the note verbale")
    parser.add_argument("--max-withdrawals", type=int, metavar="N",
                        help="how many may be withdrawn (default: half of the delegation)")
    args = parser.parse_args()
    lines = []
    try:
        if not re.fullmatch(r"meetings/[a-z0-9-]+/delegations/[A-Za-z0-9]+", args.delegation):
            raise Usage("the delegation has to be meetings/MEETING/delegations/ENTITY")
        url, key = os.environ.get("PLACARD_URL", ""), os.environ.get("PLACARD_KEY", "")
        if not url or not key:
            raise Usage("set PLACARD_URL and PLACARD_KEY")
        participants, lines = read_book(args.book)
        return send(Server(url, key), args, participants)
    except Usage as err:
        print(f"nightly: {err}", file=sys.stderr)
        return 2
    except NotNow as err:
        print(f"nightly: not now: {err}", file=sys.stderr)
        return 3
    except Refused as err:
        explain(err, args.book, lines)
        return 3 if err.reason == "ETAG_MISMATCH" else 1


if __name__ == "__main__":
    sys.exit(main())
