"""Sends as the product does, so that the pages have something to show."""

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from petitions.embedded import mailbox


def send(subject: str = "A letter", *, html: str = "<p>Words</p>", attachment: bytes = b"") -> str:
    """The key of the mail."""
    mail = EmailMultiAlternatives(subject, "Words\nhttp://testserver/answer/x/", to=["jeff@example.com"])
    if html:
        mail.attach_alternative(html, "text/html")
    if attachment:
        mail.attach("letter.pdf", attachment, "application/pdf")
    mail.send()
    return mailbox.read()[0]["key"]


def addresses() -> list[str]:
    key = send(attachment=b"%PDF")
    return [
        reverse("mailbox"),
        reverse("mailbox_html", args=[key]),
        reverse("mailbox_attachment", args=[key, 0]),
    ]
