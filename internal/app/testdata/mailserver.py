"""A mail server that writes each message it takes as a line of JSON, as Python reads it."""

import email
import email.policy
import json
import sys
import time

from aiosmtpd.controller import Controller


def read(envelope):
    content = bytes(envelope.content)
    message = email.message_from_bytes(content, policy=email.policy.SMTP)

    def mailbox(header, part):
        found = message[header].addresses if message[header] else ()
        return getattr(found[0], part) if len(found) == 1 else ""

    def text(kind):
        for part in message.walk():
            if part.get_content_type() == kind:
                return part.get_content().replace("\r\n", "\n")
        return ""

    defects = [repr(d) for part in message.walk() for d in part.defects]
    defects += [repr(d) for name in message.keys() for d in message[name].defects]
    return {
        "rcpt_to": envelope.rcpt_tos,
        "to": mailbox("To", "addr_spec"),
        "to_name": mailbox("To", "display_name"),
        "from": mailbox("From", "addr_spec"),
        "from_name": mailbox("From", "display_name"),
        "reply_to": mailbox("Reply-To", "addr_spec"),
        "subject": message["Subject"],
        "message_id": message["Message-ID"],
        "date": message["Date"].datetime.isoformat() if message["Date"] else "",
        "language": message["Content-Language"] or "",
        "auto": message["Auto-Submitted"] or "",
        "unsubscribe": message["List-Unsubscribe"] or "",
        "plain": text("text/plain"),
        "html": text("text/html"),
        "calendar": text("text/calendar"),
        "defects": defects,
        "longest": max(len(line) for line in content.split(b"\r\n")),
    }


class Handler:
    async def handle_DATA(self, server, session, envelope):
        print(json.dumps(read(envelope)), flush=True)
        return "250 taken"


host, port = sys.argv[1].rsplit(":", 1)
Controller(Handler(), hostname=host, port=int(port)).start()
time.sleep(3600)
