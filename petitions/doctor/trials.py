"""A test mail from each sender, handed over as letters and codes are, and what the mail server says to it."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.utils import parseaddr
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions import codes, mail
from petitions.doctor.findings import Check, Finding, Wrong, examine
from petitions.smtp import Answered, Conversation
from petitions.templatetags.answers import REASONS


def of_mail(address: str) -> Iterator[Finding]:
    return examine(
        Check(name, partial(_sent, sender, address))
        for name, sender in (
            (gettext_lazy("Test mail as a letter"), settings.DEFAULT_FROM_EMAIL),
            (gettext_lazy("Test mail as a code"), settings.CODE_FROM_EMAIL),
        )
    )


def _sent(sender: str, address: str) -> str:
    if not settings.EMAIL_HOST:
        raise Wrong(_("EMAIL_HOST is not set: there is no mail server to send by."))
    message = mail.trial_of_sender(sender, address)
    try:
        with Conversation() as conversation:
            conversation.offer(parseaddr(sender)[1], address)
            code, words = conversation.hand_over(codes.lines(message))
    except Answered as no:
        raise Wrong(_("The mail server says: %(answer)s") % {"answer": f"{no.code} {no.text}"}) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Wrong(str(REASONS.get(type(error).__name__, type(error).__name__))) from None
    sentence = _(
        "From %(sender)s, taken with: %(answer)s. Look whether it arrives, where, and whether it is signed."
    )
    return sentence % {"sender": sender, "answer": f"{code} {words}"}
