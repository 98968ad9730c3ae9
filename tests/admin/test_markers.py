"""No page of the workspace tells a mark, a token, a signer's or follower's address, or which anonymous row is whose.

What is looked for is everything of that kind in the database, as text in every usual spelling. Each address is
read by everybody who finds it, with questions that lists and searches take and with some that they should not.
"""

from __future__ import annotations

import base64
import io
import uuid
from collections.abc import Iterator

import pytest
from django.db.models import BinaryField
from django.http import HttpResponse
from pypdf import PdfReader

from petitions import counts, subscribers
from petitions.crypto import typed
from petitions.flows import batches, deliveries, proofs, signatures
from petitions.models import (
    Appear,
    Attempt,
    Challenge,
    Delivery,
    Letter,
    Mark,
    Signature,
    Subscription,
    WaitingSignature,
)
from tests import addresses
from tests.admin.matrix import TABLE, Place, make_place
from tests.admin.posts import page
from tests.admin.test_matrix import may_write, undone
from tests.factories import sign, sign_sealed

pytestmark = [pytest.mark.django_db, pytest.mark.on("sqlite")]  # pages and rights are the same on each

SIGNER, FOLLOWER = "zebra.signer", "zebra.follower"
HIDDEN = (Mark, Signature, WaitingSignature, Subscription)
KEYED = (Mark, WaitingSignature, Subscription, Challenge)
EVERY = sorted(name.removeprefix("admin:") for name in addresses.of_the_workspace())
PEOPLE = ["reviewer", "editor", "owner", "other", "operator"]
QUESTIONS = ["q=Ada", "page=2&q=a&lang=es", "o=-1.2&p=1"]
LOOKUPS = [
    "signatures__receipt_hash__startswith={hash}",
    "marks__value={hash}",
    "waiting_signatures__id={key}",
    "subscriptions__secret_hash={hash}",
    "signatures__kind=by_policy",
    "deliveries__subscription={key}",
]


@pytest.fixture
def place() -> Place:
    found = make_place()
    plant(found.letter)
    return found


def plant(letter: Letter) -> None:
    """Signers by every way, some that wait, a mailbox that is known by name to this test alone, and a follower."""
    asked, code = proofs.challenge(
        letter, purpose="sign", address=f"{SIGNER}@example.test", appear=Appear.FULL, name="Grace Hopper"
    )
    signatures.sign(letter, asked, code)
    for _ in range(letter.batch_size):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    sign(letter, appear=Appear.ANONYMOUS)
    sign_sealed(letter)
    Challenge.objects.create()
    follow(letter)


def follow(letter: Letter) -> None:
    """Its notice was refused by a server that repeats the address."""
    address = f"{FOLLOWER}@private.test"
    subscribers.sealed(letter, address=address, mark=typed.digest("follower")).save()
    deliveries.tell_followers(letter, Delivery.Kind.CORRECTION, key="followers")
    mine = letter.deliveries.exclude(subscription=None)
    mine.update(smtp_text=f"550 <{address}> unknown", smtp_code=550)
    Attempt.objects.create(delivery=mine.get(), number=1, smtp_text=f"550 <{address}> unknown")


def planted() -> set[str]:
    """Everything that no page may hold, in lower case."""
    values = {bytes(value) for model in HIDDEN for value in _binary(model) if value}
    names = {row.pk for model in KEYED for row in model.objects.all()}
    names |= {row.pk for row in Signature.objects.all() if row.kind != Signature.Kind.NAMED}
    spelled = {word for value in values for word in _spellings(value)}
    return {SIGNER, FOLLOWER} | {
        word.lower() for word in spelled | set(map(str, names)) | {n.hex for n in names}
    }


def _binary(model: type) -> Iterator[bytes | memoryview | None]:
    for field in model._meta.concrete_fields:
        if isinstance(field, BinaryField):
            yield from model.objects.values_list(field.attname, flat=True)


def _spellings(value: bytes) -> Iterator[str]:
    """The first bytes are enough to know it again."""
    yield value[:12].hex()
    yield base64.b64encode(value[:12]).decode()
    yield base64.urlsafe_b64encode(value[:12]).decode()
    yield repr(value[:12])[2:-1]


def text_of(answer: HttpResponse) -> str:
    content = b"".join(answer) if answer.streaming else answer.content
    text = content.decode("utf-8", "backslashreplace")
    if answer.get("Content-Type", "").startswith("application/pdf"):
        text += "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    return f"{answer.headers}\n{answer.cookies}\n{text}".lower()


def found_in(answer: HttpResponse, looked_for: set[str]) -> list[str]:
    text = text_of(answer)
    return sorted(word for word in looked_for if word in text)


def test_what_is_looked_for_is_there(place):
    """Marks, receipts, tokens, those who wait, a follower: a test that looks for nothing finds nothing."""
    assert (Mark.objects.count() > 10, WaitingSignature.objects.count(), Subscription.objects.count()) == (
        True,
        2,
        1,
    )
    assert counts.recount(place.letter).anonymous == place.letter.batch_size
    anonymous = Signature.objects.filter(kind=Signature.Kind.BY_POLICY).first()
    looked_for = planted()
    assert {str(anonymous.pk), bytes(anonymous.receipt_hash)[:12].hex(), SIGNER} <= looked_for
    answer = HttpResponse(
        f"… {base64.b64encode(bytes(anonymous.receipt_hash)).decode()} {anonymous.pk.hex} …"
    )
    assert len(found_in(answer, looked_for)) == 2


@pytest.mark.parametrize("who", PEOPLE)
def test_no_page_tells_more_than_the_public_knows(place, who):
    looked_for, told = planted(), {}
    for name in EVERY:
        readers = TABLE[name].reads
        if readers is None or not (who in readers or who == "owner"):
            continue
        for question in ["", *(QUESTIONS if who == "owner" and "pdf" not in name else [])]:
            answer = place.client(who).get(f"{place.path(name)}?{question}")
            told[name, question] = found_in(answer, looked_for)
    assert len(told) >= 6
    assert {where: words for where, words in told.items() if words} == {}


def test_no_answer_to_a_post_tells_more(place):
    """Neither a form that comes back, nor the page after it, nor a refusal."""
    looked_for, told = planted(), {}
    for name in EVERY:
        for who in [who for who in PEOPLE if may_write(name, who, "post")][:1]:
            for body in ({}, place.bodies(name)):
                with undone():
                    answer = place.client(who).post(place.path(name), body, follow=True)
                told[name, bool(body)] = found_in(answer, looked_for)
    assert {where: words for where, words in told.items() if words} == {}


def test_lists_answer_no_question_about_what_they_do_not_show(place):
    """Not even whether there is such a row: every such question is the same refusal."""
    anonymous = Signature.objects.filter(kind=Signature.Kind.BY_POLICY).first()
    right = {"hash": bytes(anonymous.receipt_hash).hex(), "key": WaitingSignature.objects.first().pk}
    wrong = {"hash": "00" * 32, "key": uuid.uuid4()}
    for name in ("petitions_letter_changelist", "petitions_workplace_changelist"):
        for lookup in LOOKUPS:
            answers = [
                place.client("owner").get(f"{place.path(name)}?{lookup.format(**given)}")
                for given in (right, wrong)
            ]
            assert [answer.status_code for answer in answers] == [400, 400]
            assert answers[0].content == answers[1].content


def test_search_finds_by_what_is_shown_alone(place):
    signature = Signature.objects.filter(name="Grace Hopper").get()
    path = place.path("petitions_letter_signatures")
    for hidden in (SIGNER, bytes(signature.receipt_hash).hex()[:12], str(signature.pk)[:8], "anonymous"):
        shown = place.client("owner").get(path, {"q": hidden}).content.decode()
        assert "Grace Hopper" not in shown
    assert "Grace Hopper" in place.client("owner").get(path, {"q": "grace"}).content.decode()


def test_a_fault_tells_nothing(place, monkeypatch):
    looked_for = planted()

    def broken(letter: Letter) -> None:
        raise ValueError([bytes(row.receipt_hash).hex() for row in Signature.objects.all()], SIGNER)

    for count in ("recount", "shown_grown"):
        monkeypatch.setattr(counts, count, broken)
    for name in ("petitions_letter_change", "petitions_letter_signatures"):
        client = place.client("owner")
        client.raise_request_exception = False
        answer = client.get(place.path(name))
        assert (answer.status_code, found_in(answer, looked_for)) == (500, [])


def test_what_is_not_there_tells_nothing(place):
    """A row that must not be found answers as one that never was."""
    anonymous = Signature.objects.filter(kind=Signature.Kind.BY_POLICY).first()
    to_follower = place.letter.deliveries.exclude(subscription=None).get()
    assert place.client("owner").get(page("delivery", place.letter, to_follower.pk)).status_code == 404
    for name in ("signature_approve", "signature_statement", "signature_pin"):
        real, made_up = (
            f"/admin/petitions/letter/{place.letter.pk}/signatures/{pk}/{name.partition('_')[2]}/"
            for pk in (anonymous.pk, uuid.uuid4())
        )
        answers = [place.client("owner").post(path, {"seen": ""}) for path in (real, made_up)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
