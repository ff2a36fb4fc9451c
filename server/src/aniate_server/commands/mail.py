"""`aniate-server mail`: what the server wrote to people where no mail server is set, as in the embedded mode."""

from __future__ import annotations

import argparse
import sys
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aniate_server.accounts.mail_delivery import folder
from aniate_server.plumbing.errors import NotFound
from aniate_server.plumbing.settings import Settings


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Print the newest mails, the last one at the end."""
    wanted = arguments.to.lower()
    files = sorted(folder(settings).glob("*.eml"), reverse=True)  # their names are made of the time
    found: list[EmailMessage] = []
    for file in files:
        mail = message_from_bytes(file.read_bytes(), policy=default)
        if not wanted or mail["To"].lower() == wanted:
            found.append(mail)
        if len(found) == arguments.last:
            break
    if not found:
        raise NotFound("There is no mail" + (f" to {wanted}." if wanted else "."), "It takes a second to be written.")
    sys.stdout.write("\n".join(shown(mail) for mail in reversed(found)))
    return 0


def shown(mail: EmailMessage) -> str:
    """One mail as people read it."""
    head = "".join(f"{name}: {mail[name]}\n" for name in ("From", "To", "Date", "Subject"))
    return f"{head}\n{mail.get_content()}"
