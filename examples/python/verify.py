#!/usr/bin/env python3
"""Verifies that a list of participants is what a server published.

    export PLACARD_URL=https://placard.example.org
    verify.py participants.json

Reads the list, as it was exported in JSON, and the public keys of the server,
and looks whether the seal in the list fits both. It needs no key of Placard. What
it does is all that docs/signing.md describes; `placard verify` does the same.

Exit codes:
  0  the list is what the server published
  1  it is not, or cannot be verified: the reason is printed
  2  the arguments or the settings cannot be used

It needs Python 3.9 or newer, and openssl 3 for the signature, which Python does
not have.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

TIMEOUT = 60  # seconds

# What stands before the 32 bytes of an Ed25519 key in DER (RFC 8410).
DER = bytes.fromhex("302a300506032b6570032100")


class Refused(Exception):
    """The list is not what the server published."""


def canonical(value):
    """The canonical form (RFC 8785). Lists have no fractions, and the names of
    their members are ASCII; for anything else take a library."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def once(pairs):
    """Refuses an object that has a member twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands there twice")
    return members


def signed(public, text, signature):
    """Tells whether a signature of a text was made with a key."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, content in (("key", DER + public), ("text", text), ("signature", signature)):
            paths.append(os.path.join(folder, name))
            with open(paths[-1], "wb") as file:
                file.write(content)
        done = subprocess.run(
            ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0],
             "-rawin", "-in", paths[1], "-sigfile", paths[2]],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        )
        return done.returncode == 0


def verify(text, keys):
    """Answers the list, or raises Refused."""
    try:
        whole = json.loads(text, object_pairs_hook=once)
        seal = whole["seal"]
        sha256, name, signature = seal["sha256"], seal["signingKey"], base64.b64decode(seal["signature"], validate=True)
    except (ValueError, KeyError, TypeError) as why:
        raise Refused(f"not a sealed list of participants: {why!r}") from why
    list_ = {member: value for member, value in whole.items() if member != "seal"}
    if hashlib.sha256(canonical(list_)).hexdigest() != sha256:
        raise Refused("the list was changed after it was sealed")
    key = keys.get(name.removeprefix("signingKeys/"))
    if key is None:
        raise Refused("the key of the seal is not published: it was revoked, or is that of another server")
    if not signed(key, canonical({"sha256": sha256, "signingKey": name}), signature):
        raise Refused("the signature of the seal is wrong")
    return list_


def published(url):
    """The public keys of a server, by id."""
    with urllib.request.urlopen(url + "/.well-known/jwks.json", timeout=TIMEOUT) as answer:
        keys = json.load(answer)["keys"]
    return {
        key["kid"]: base64.urlsafe_b64decode(key["x"] + "=")
        for key in keys if key["kty"] == "OKP" and key["crv"] == "Ed25519"
    }


def main():
    if len(sys.argv) != 2 or "PLACARD_URL" not in os.environ:
        print("usage: PLACARD_URL=https://… verify.py FILE", file=sys.stderr)
        return 2
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeError) as why:
        print(why, file=sys.stderr)
        return 2
    try:
        list_ = verify(text, published(os.environ["PLACARD_URL"]))
    except (Refused, urllib.error.URLError) as why:
        print(f"{sys.argv[1]}: {why}", file=sys.stderr)
        return 1
    print(f"{list_['name']}, {list_['language']}: {list_['personCount']} persons, as the server published it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
