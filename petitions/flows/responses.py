"""A recipient answers: keeps a draft, asks for a code, publishes. Organizers write down what came by another way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from petitions import erasures, rooms
from petitions.crypto.sealing import NotSealedHere
from petitions.documents.canonical import sha256_hex
from petitions.erasures import Kind
from petitions.flows import audit, deliveries, proofs
from petitions.models import Delivery, Demand, Letter, Publication, Recipient, Response, ResponseDraft
from petitions.pending import Pending
from petitions.rooms import Answer

PURPOSE = "answer"


class TakesNoAnswers(Exception):
    """The letter is archived."""


class DraftChanged(Exception):
    """The draft, or the letter, is not any more what the code was asked for. The code stays good."""


@transaction.atomic
def record(
    letter: Letter,
    *,
    recipient: Recipient,
    demand: Demand | None,
    status: str,
    text: str,
    by: User,
    way: str = Response.Way.OTHER,
    came_on: date | None = None,
) -> Response:
    """An answer to the whole letter, or to one demand, whose status it sets; without a day it came now."""
    moment = datetime.combine(came_on, time.max, UTC) if came_on else timezone.now()
    response = letter.responses.create(
        recipient=recipient,
        demand=demand,
        status=status,
        text=text,
        way=way,
        responded_at=min(moment, timezone.now()),
    )
    _set_status(response)
    audit.record("response_recorded", letter=letter, by=by, about=response.pk)
    return response


@transaction.atomic
def hide(response: Response, *, reason: str, by: User) -> bool:
    """Take its words from the public, not the decision. True for the one who did."""
    standing = Response.objects.filter(pk=response.pk, hidden_for="").exclude(text="")
    erasures.note(Kind.RESPONSE, erasures.row(response.pk, response.responded_at))
    return _recorded("response_hidden", response, standing.update(hidden_for=reason), by=by)


@transaction.atomic
def show(response: Response, *, by: User) -> bool:
    """Give the words back. True for the one who did."""
    hidden = Response.objects.filter(pk=response.pk).exclude(hidden_for="")
    erasures.take_back(Kind.RESPONSE, erasures.row(response.pk, response.responded_at))
    return _recorded("response_shown", response, hidden.update(hidden_for=""), by=by)


def _recorded(verb: str, response: Response, changed: int, *, by: User) -> bool:
    if changed:
        audit.record(verb, letter=response.letter, by=by, about=response.pk)
    return bool(changed)


def written(draft: ResponseDraft | None) -> list[Answer]:
    """What is saved and not published; nothing when there is no draft, or its key is gone.

    What was written to a demand that a correction has removed belongs nowhere any more.
    """
    if draft is None:
        return []
    try:
        answers = rooms.opened(draft)
    except NotSealedHere:
        return []
    demands = Demand.objects.filter(letter=draft.recipient.letter_id)
    standing = {None, *demands.values_list("pk", flat=True)}
    return [answer for answer in answers if answer.demand in standing]


@transaction.atomic
def save_draft(recipient: Recipient, answers: Sequence[Answer]) -> None:
    """In place of the last one; one without a word is none. Raises `TakesNoAnswers`."""
    _locked(recipient)
    if not answers:
        ResponseDraft.objects.filter(recipient=recipient).delete()
        return
    kept = {"sealed": rooms.sealed(recipient, answers), "saved_at": Now()}
    ResponseDraft.objects.update_or_create(recipient=recipient, defaults=kept)


def checksum(letter: Letter, answers: Sequence[Answer]) -> str:
    """Of what is to be published, and of the text that it answers."""
    return sha256_hex({"version": letter.version.sha256, "answers": [list(answer) for answer in answers]})


def request_code(recipient: Recipient, answers: Sequence[Answer]) -> Pending:
    """Send a code to the recipient's address and return what the asker's cookie is to hold. Raises `codes.Busy`."""
    asked = Pending(
        purpose=PURPOSE,
        challenge="",
        code_hash="",
        mark="",
        receipt="",
        address=recipient.address,
        version=checksum(recipient.letter, answers),
    )
    return proofs.request_anew(recipient.letter, asked)


def publish(recipient: Recipient, pending: Pending, code: str) -> None:
    """Turn the right code and the draft into answers that everybody can read. The same code again does nothing more.

    Raises `proofs.CodeRefused`, `TakesNoAnswers`, `DraftChanged`.
    """
    try:
        proofs.check(pending, code)
        _publish_once(recipient, pending)
    except proofs.CodeUsed:
        if not recipient.publications.filter(sha256=pending.version).exists():
            raise  # otherwise it was this very request that published, and its answer was lost


@transaction.atomic
def _publish_once(recipient: Recipient, pending: Pending) -> None:
    letter = _locked(recipient)
    proofs.consume(pending)
    answers = written(ResponseDraft.objects.filter(recipient=recipient).select_related("recipient").first())
    if not answers or checksum(letter, answers) != pending.version:
        raise DraftChanged
    publication = letter.publications.create(recipient=recipient, sha256=pending.version)
    for answer in answers:
        _set_status(_store(publication, answer))
    ResponseDraft.objects.filter(recipient=recipient).delete()
    deliveries.tell_everybody(
        letter, Delivery.Kind.RESPONSE, key=f"response:{publication.pk}", publication=publication
    )
    audit.record("response_published", letter=letter, about=publication.pk)


def _locked(recipient: Recipient) -> Letter:
    """Until commit: who archives it, saves or publishes at the same moment comes before or after."""
    letter = Letter(pk=recipient.letter_id).hold_row()
    if letter.state == Letter.State.ARCHIVED:
        raise TakesNoAnswers
    return letter


def _store(publication: Publication, answer: Answer) -> Response:
    return publication.responses.create(
        letter_id=publication.letter_id,
        recipient_id=publication.recipient_id,
        demand_id=answer.demand,
        status=answer.status,
        text=answer.text,
    )


def _set_status(response: Response) -> None:
    """A demand that somebody declines to answer stands as it stood."""
    if response.demand_id and response.status and not response.is_declined:
        Demand.objects.filter(pk=response.demand_id).update(status=response.status)
