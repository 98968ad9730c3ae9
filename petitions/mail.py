"""Every message we can send, one function each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from email.utils import make_msgid, parseaddr
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage as CodeMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from petitions import counts, invited, rooms, subscribers
from petitions.codemail import BLANK, CodeMail
from petitions.crypto.sealing import NotSealedHere
from petitions.documents import letters, pictures, text
from petitions.documents.mailhtml import inline
from petitions.documents.milestones import heights
from petitions.documents.sentences import count_sentences, paper_sentences
from petitions.models import Delivery, Letter, Membership, Recipient, Snapshot, Update
from petitions.wire import Message


class Obsolete(Exception):
    """Nobody is to get this message any more."""


class NotYet(Exception):
    """Its snapshot is being made anew."""


def compose(delivery: Delivery) -> Message:
    """The message of an outbox row, with address and text as they are now. Raises `Obsolete`, `NotYet`."""
    return MESSAGES[delivery.kind](delivery)


def code(address: str, *, code: str) -> CodeMail:
    """A neutral mail: it names no letter, no workplace, no topic, and has no link."""
    words = _code_words(get_language() or settings.LANGUAGE_CODE)
    return CodeMail(*words, sender=settings.CODE_FROM_EMAIL, address=address, code=code)


@lru_cache
def _code_words(_language: str) -> tuple[str, str]:
    """The same for everybody who reads that language, which is the one in force."""
    subject = render_to_string("emails/code_subject.txt").strip()
    return subject, render_to_string("emails/code.txt", {"code": BLANK})


def trial_of_sender(sender: str, address: str) -> CodeMessage:
    """To an operator, who wants to see whether mails of this sender arrive. It says nothing else."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    return CodeMessage(
        subject=render_to_string("emails/sender_trial_subject.txt").strip(),
        body=render_to_string("emails/sender_trial.txt", {"sender": sender}),
        from_email=sender,
        to=[address],
        headers={"Message-ID": make_msgid(domain=domain), "Auto-Submitted": "auto-generated"},
    )


def letter(delivery: Delivery) -> Message:
    """The letter itself, to one recipient, with the PDF."""
    recipient, snapshot = delivery.recipient, delivery.snapshot
    if recipient is None or snapshot is None or not recipient.is_reachable:
        raise Obsolete
    if not snapshot.is_frozen:
        raise NotYet
    room_url = settings.SITE_URL + reverse("answer", args=[rooms.secret(recipient)])
    paper = letters.delivered(delivery.letter, snapshot)
    context = letter_context(delivery.letter, snapshot) | {"recipient": recipient, "room_url": room_url}
    return _letter(recipient.address, context | {"has_names": paper.has_names}, delivery, paper.content)


def test(delivery: Delivery) -> Message:
    """The same as it would leave now, to an organizer. It opens no recipient's room."""
    if delivery.user is None or not _is_concerned(delivery.user, delivery):
        raise Obsolete
    picture = pictures.of_now(delivery.letter)
    paper = letters.previewed(delivery.letter, picture)
    message = _letter(delivery.user.email, preview_context(picture), delivery, paper.content)
    return replace(message, subject=_("Test: %(subject)s") % {"subject": message.subject})


def preview_context(picture: Snapshot) -> dict[str, Any]:
    """What the first recipient would read, but for the address of their room."""
    first = picture.letter.recipients.first() or Recipient(name=_("Recipient"))
    context = letter_context(picture.letter, picture)
    return context | {"recipient": first, "has_names": letters.is_listing(picture)}


def letter_context(letter: Letter, snapshot: Snapshot) -> dict[str, Any]:
    """What the delivered mail says to everybody; `recipient`, `room_url` and `has_names` are each mail's own."""
    version = snapshot.version
    count = snapshot.count or {}
    return {
        "letter": letter,
        "version": version,
        "snapshot": snapshot,
        "body_html": text.to_html(version.text),
        "body_text": text.to_text(version.text),
        "demands": [
            {
                "number": demand["number"],
                "title": demand["title"],
                "html": text.to_html(demand["text"]),
                "text": text.to_text(demand["text"]),
            }
            for demand in version.demands
        ],
        "count": count,
        "proof_lines": [
            *count_sentences(count, letters.domain_names(letter)),
            *paper_sentences(snapshot.papers),
        ],
        "answer_line": _answer_line(letter),
    }


def milestone(delivery: Delivery) -> Message:
    """Of everything that was reached with the same number."""
    reached = delivery.milestone
    if reached is None:
        raise Obsolete
    height = heights(delivery.letter.milestones.filter(threshold=reached.threshold))[0]
    context = {"milestone": height, "count": counts.recount(delivery.letter).total}
    return _notice("milestone", delivery, context)


def closing(delivery: Delivery) -> Message:
    return _notice("closing", delivery, {"count": counts.recount(delivery.letter).total})


def update(delivery: Delivery) -> Message:
    told = delivery.update_told
    if told is None:
        raise Obsolete
    return _notice("update", delivery, update_context(told))


def trial(delivery: Delivery) -> Message:
    """An update as followers would get it now, to the organizer who asked."""
    told, user = delivery.update_told, delivery.user
    if told is None or user is None or not _is_concerned(user, delivery):
        raise Obsolete
    return _compose("update", user.email, update_context(told) | {"is_trial": True}, delivery)


def update_context(told: Update) -> dict[str, Any]:
    """What the mail of an update says; the admin's preview shows the same."""
    words = {"body_html": text.to_html(told.text), "body_text": text.to_text(told.text)}
    return {"letter": told.letter, "update": told} | words


def response(delivery: Delivery) -> Message:
    """What a recipient published, whole, in their own words."""
    publication = delivery.publication
    if publication is None:
        raise Obsolete
    answers = [
        {
            "demand": answer.demand,
            "status": answer.get_status_display(),
            "html": text.to_html(answer.public_text),
            "text": text.to_text(answer.public_text),
            "is_hidden": bool(answer.hidden_for),
        }
        for answer in publication.responses.select_related("demand")
    ]
    has_links = any("<a " in str(answer["html"]) for answer in answers)
    context = {"publication": publication, "answers": answers, "has_links": has_links}
    return _notice("response", delivery, context)


def correction(delivery: Delivery) -> Message:
    return _notice("correction", delivery, {"version": delivery.version})


def takedown(delivery: Delivery) -> Message:
    return _notice("takedown", delivery, {})


def trouble(delivery: Delivery) -> Message:
    return _notice("trouble", delivery, {})


def mismatch(delivery: Delivery) -> Message:
    return _notice("mismatch", delivery, {})


def burst(delivery: Delivery) -> Message:
    return _notice("burst", delivery, {})


def report(delivery: Delivery) -> Message:
    return _notice("report", delivery, {"operations_url": settings.SITE_URL + reverse("admin:operations")})


def first(delivery: Delivery) -> Message:
    return _notice("first", delivery, {"operations_url": settings.SITE_URL + reverse("admin:operations")})


def organizer(delivery: Delivery) -> Message:
    """To somebody who may be the wrong one: it says who asks for what, and nothing about the letter."""
    invitation = delivery.organizer_invitation
    if invitation is None or not invitation.is_fresh:
        raise Obsolete
    try:
        inside = invited.opened(invitation)
    except NotSealedHere:
        raise Obsolete from None
    context = {
        "role": invitation.role,
        "site_url": settings.SITE_URL,
        "abuse_url": settings.SITE_URL + reverse("abuse"),
        "url": settings.SITE_URL + reverse("organize", args=[inside["secret"]]),
        "until": invitation.invited_at + invitation.LIFETIME,
    }
    return _compose("organizer", inside["address"], context, delivery)


MESSAGES: dict[str, Callable[[Delivery], Message]] = {
    Delivery.Kind.LETTER: letter,
    Delivery.Kind.MILESTONE: milestone,
    Delivery.Kind.CLOSING: closing,
    Delivery.Kind.UPDATE: update,
    Delivery.Kind.RESPONSE: response,
    Delivery.Kind.CORRECTION: correction,
    Delivery.Kind.TAKEDOWN: takedown,
    Delivery.Kind.TROUBLE: trouble,
    Delivery.Kind.MISMATCH: mismatch,
    Delivery.Kind.BURST: burst,
    Delivery.Kind.REPORT: report,
    Delivery.Kind.FIRST: first,
    Delivery.Kind.TEST: test,
    Delivery.Kind.TRIAL: trial,
    Delivery.Kind.ORGANIZER: organizer,
}


def _letter(to: str, context: dict[str, Any], delivery: Delivery, pdf: bytes) -> Message:
    return _compose(
        "letter",
        to,
        context,
        delivery,
        sender_name=delivery.letter.signing_line,
        reply_to=delivery.letter.contact_address,
        attachments=((f"{delivery.letter.slug}.pdf", pdf),),
    )


def _notice(name: str, delivery: Delivery, context: dict[str, Any]) -> Message:
    """To an organizer with the way to the workspace, to others with the way out."""
    context |= {"letter": delivery.letter, "is_organizer": delivery.user_id is not None}
    context["admin_url"] = settings.SITE_URL + reverse(
        "admin:petitions_letter_change", args=[delivery.letter_id]
    )
    if delivery.user:
        if not _is_concerned(delivery.user, delivery):
            raise Obsolete
        return _compose(name, delivery.user.email, context, delivery)
    if delivery.recipient:
        return _to_recipient(name, delivery, delivery.recipient, context)
    return _to_follower(name, delivery, context)


def _is_concerned(user: User, delivery: Delivery) -> bool:
    """Asked when the mail leaves: organizers of the letter, and operators of what is theirs to mend."""
    theirs = (Delivery.Kind.MISMATCH, Delivery.Kind.REPORT, Delivery.Kind.FIRST)
    is_operators = user.is_superuser and delivery.kind in theirs
    is_organizer = Membership.objects.filter(letter=delivery.letter, user=user).exists()
    return user.is_active and (is_organizer or is_operators)


def _to_recipient(name: str, delivery: Delivery, recipient: Recipient, context: dict[str, Any]) -> Message:
    """From the same sender as the letter, with the way to the room."""
    if not recipient.is_reachable:
        raise Obsolete
    secret = rooms.secret(recipient)
    urls = {
        "room_url": settings.SITE_URL + reverse("answer", args=[secret]),
        "no_mail_url": settings.SITE_URL + reverse("answer_mail", args=[secret]),
    }
    return _compose(
        name,
        recipient.address,
        context | urls | {"recipient": recipient},
        delivery,
        sender_name=delivery.letter.signing_line,
        reply_to=delivery.letter.contact_address,
        headers=_one_click(urls["no_mail_url"]),
    )


def _to_follower(name: str, delivery: Delivery, context: dict[str, Any]) -> Message:
    if delivery.subscription is None:
        raise Obsolete
    try:
        inside = subscribers.opened(delivery.subscription)
    except NotSealedHere:
        raise Obsolete from None
    url = settings.SITE_URL + reverse("unsubscribe", args=[inside["secret"]])
    context |= {"unsubscribe_url": url}
    return _compose(name, inside["address"], context, delivery, headers=_one_click(url))


def _one_click(url: str) -> dict[str, str]:
    """The way out that mail programs offer (RFC 8058)."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _compose(name: str, to: str, context: dict[str, Any], delivery: Delivery, **parts: Any) -> Message:
    headers = {"Auto-Submitted": "auto-generated"} | parts.pop("headers", {})
    return Message(
        to=to,
        subject=render_to_string(f"emails/{name}_subject.txt", context).strip(),
        text=render_to_string(f"emails/{name}.txt", context),
        html=inline(render_to_string(f"emails/{name}.html", context)),
        message_id=delivery.message_id,
        headers=headers,
        **parts,
    )


def _answer_line(letter: Letter) -> str:
    """The other way to answer, beside the recipient's room."""
    if letter.contact_address:
        return _("Or reply to this mail: it reaches %(address)s.") % {"address": letter.contact_address}
    return _("The letter names no other address for answers.")
