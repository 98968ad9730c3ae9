"""What a mail server said, or why it said nothing, in words."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

from petitions.models import Attempt, Delivery

register = template.Library()

REASONS = {
    "ConnectionRefusedError": _("The mail server could not be reached."),
    "ConnectionResetError": _("The mail server broke the line."),
    "BrokenPipeError": _("The mail server broke the line."),
    "SMTPServerDisconnected": _("The mail server broke the line."),
    "TimeoutError": _("The mail server did not answer in time."),
    "gaierror": _("The mail server's name was not found."),
    "SSLCertVerificationError": _("The mail server's certificate is not valid."),
    "SSLError": _("The mail server and this site could not agree on encryption."),
    "SMTPException": _("The mail server answered something that is no answer."),
    "OSError": _("The mail server could not be reached."),
    "SMTPNotSupportedError": _("The mail server does not offer what this site requires, such as encryption."),
    "SMTPAuthenticationError": _("The mail server does not accept this site's password."),
    "UnicodeEncodeError": _("The address cannot be written in a mail."),
    "SenderGone": _("Whoever was sending it was ended."),
    "DatabaseCrashed": _("The database crashed while it was being sent."),
}


@register.filter
def answer(row: Delivery | Attempt) -> str:
    """The server's code and words as they came, or the reason that stands for silence."""
    if row.smtp_code:
        return f"{row.smtp_code} {row.smtp_text}".strip()
    return str(REASONS.get(row.smtp_text, row.smtp_text))
