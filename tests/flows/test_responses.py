"""Publishing once, whatever happens at the same moment, and what a purge leaves."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from petitions import rooms, subscribers
from petitions.crypto import keys
from petitions.flows import proofs, purges, responses
from petitions.models import Delivery, Demand, Letter, Publication, Recipient, Response, ResponseDraft
from petitions.pending import Pending
from petitions.rooms import Answer
from tests.beside import Beside
from tests.factories import make_draft, make_letter
from tests.flows.test_races import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def recipient():
    return make_letter().recipients.select_related("letter").first()


def asked(recipient: Recipient, *answers: Answer) -> tuple[Pending, str]:
    """A saved draft and the code that publishes it."""
    responses.save_draft(recipient, answers)
    pending, code = proofs.challenge(
        recipient.letter, purpose="follow", address=recipient.address
    )  # only the code is taken from it
    mine = Pending(
        purpose=responses.PURPOSE,
        challenge=pending.challenge,
        code_hash=pending.code_hash,
        mark="",
        receipt="",
        address=recipient.address,
        version=responses.checksum(recipient.letter, answers),
    )
    return mine, code


def accepted(recipient: Recipient) -> Answer:
    return Answer(recipient.letter.demands.first().pk, "accepted", "Yes.")


def follower_of(letter: Letter) -> None:
    subscribers.sealed(letter, address="ada@private.test", mark=b"m" * 32).save()


def counted() -> tuple[int, int, int]:
    told = Delivery.objects.filter(kind=Delivery.Kind.RESPONSE).count()
    return Publication.objects.count(), Response.objects.count(), told


def test_one_code_typed_ten_times_at_once_publishes_once(recipient):
    follower_of(recipient.letter)
    pending, code = asked(recipient, accepted(recipient))
    # A code has five tries, so the sixth and later may be refused; nobody may publish a second time.
    publish = lambda: responses.publish(recipient, pending, code)  # noqa: E731

    raised = together(*[publish] * 10)

    assert {type(error) for error in raised} <= {proofs.CodeSpent, proofs.CodeUsed}
    assert counted() == (1, 1, 2)


def test_two_codes_for_one_draft_publish_it_once(recipient):
    first, second = (asked(recipient, accepted(recipient)) for _ in range(2))

    raised = together(
        lambda: responses.publish(recipient, *first), lambda: responses.publish(recipient, *second)
    )

    assert [type(error) for error in raised] == [responses.DraftChanged]
    assert counted() == (1, 1, 1)


def test_two_recipients_who_publish_at_once_both_do():
    letter = make_letter()
    each = [
        (recipient, *asked(recipient, Answer(None, "", recipient.name)))
        for recipient in letter.recipients.select_related("letter")
    ]

    raised = together(
        *(lambda one=one: responses.publish(*one) for one in each),
    )

    assert (raised, counted()) == ([], (2, 2, 2))


def test_who_publishes_while_an_organizer_archives_comes_before_or_not_at_all(recipient):
    pending, code = asked(recipient, accepted(recipient))
    archive = lambda: Letter.objects.update(state=Letter.State.ARCHIVED, closed_at=timezone.now())  # noqa: E731

    raised = together(lambda: responses.publish(recipient, pending, code), archive)

    assert {type(error) for error in raised} <= {responses.TakesNoAnswers}
    assert counted() == ((0, 0, 0) if raised else (1, 1, 1))
    assert ResponseDraft.objects.count() == len(raised)


@pytest.mark.on("postgresql")
def test_publishing_waits_for_who_archives(recipient):
    pending, code = asked(recipient, accepted(recipient))

    with transaction.atomic():
        Letter.objects.update(state=Letter.State.ARCHIVED, closed_at=timezone.now())
        publishing = Beside(lambda: responses.publish(recipient, pending, code))
        publishing.wait_a_little()
        assert counted() == (0, 0, 0)

    assert isinstance(publishing.outcome(), responses.TakesNoAnswers)
    assert (counted(), ResponseDraft.objects.count()) == ((0, 0, 0), 1)


def test_a_draft_saved_while_it_is_published_is_lost_to_nobody(recipient):
    pending, code = asked(recipient, accepted(recipient))
    later = [Answer(None, "", "Typed in another tab.")]

    raised = together(
        lambda: responses.publish(recipient, pending, code), lambda: responses.save_draft(recipient, later)
    )

    assert {type(error) for error in raised} <= {responses.DraftChanged}
    assert responses.written(ResponseDraft.objects.select_related("recipient").get()) == later
    assert counted() == ((0, 0, 0) if raised else (1, 1, 1))


def test_a_code_for_a_text_that_was_corrected_publishes_nothing(recipient):
    pending, code = asked(recipient, accepted(recipient))
    version = recipient.letter.version
    recipient.letter.versions.create(
        number=2, sha256="1" * 64, title=version.title, text="New", demands=version.demands
    )

    with pytest.raises(responses.DraftChanged):
        responses.publish(recipient, pending, code)

    assert counted() == (0, 0, 0)


def test_words_to_a_demand_that_was_removed_are_published_nowhere(recipient):
    gone, kept = recipient.letter.demands.all()
    responses.save_draft(recipient, [Answer(gone.pk, "refused", "Gone"), Answer(kept.pk, "", "Kept")])
    gone.delete()

    draft = ResponseDraft.objects.select_related("recipient").get()

    assert responses.written(draft) == [Answer(kept.pk, "", "Kept")]


def test_declining_leaves_a_demand_as_it_stood(recipient):
    demand = recipient.letter.demands.first()
    Demand.objects.filter(pk=demand.pk).update(status="partly")
    pending, code = asked(recipient, Answer(demand.pk, "declined", ""), Answer(None, "refused", ""))

    responses.publish(recipient, pending, code)

    assert list(recipient.letter.demands.values_list("status", flat=True)) == ["partly", "unanswered"]


def test_publishing_is_written_down_without_a_person(recipient):
    pending, code = asked(recipient, accepted(recipient))

    responses.publish(recipient, pending, code)

    event = recipient.letter.events.get(verb="response_published")
    assert (event.actor, event.object_id) == (None, str(Publication.objects.get().pk))


def test_a_draft_opens_in_its_own_room_only():
    letter = make_letter()
    first, second = letter.recipients.all()
    responses.save_draft(first, [Answer(None, "", "Mine")])
    responses.save_draft(second, [Answer(None, "", "Yours")])
    draft = ResponseDraft.objects.select_related("recipient").get(recipient=first)
    draft.sealed = ResponseDraft.objects.get(recipient=second).sealed

    assert responses.written(draft) == []


def test_a_lost_key_loses_drafts_and_rooms_and_breaks_nothing(recipient):
    responses.save_draft(recipient, [accepted(recipient)])
    secret = rooms.secret(recipient)
    for name in (rooms.KEY, subscribers.KEY):
        keys.destroy(settings.KEYS_DIR, name)

    draft = ResponseDraft.objects.select_related("recipient").get()

    assert (rooms.find(secret), responses.written(draft)) == (None, [])


def test_the_secret_belongs_to_row_letter_and_address(recipient):
    secret = rooms.secret(recipient)
    assert rooms.find(secret) == recipient

    Recipient.objects.filter(pk=recipient.pk).update(address="moved@company.test")

    assert rooms.find(secret) is None


def test_a_removed_recipient_takes_the_draft_along():
    letter = make_draft()
    first = letter.recipients.first()
    responses.save_draft(first, [Answer(None, "", "Words")])

    first.delete()

    assert ResponseDraft.objects.count() == 0


def test_a_purge_erases_drafts_and_leaves_what_was_published(recipient, settings):
    responses.publish(recipient, *asked(recipient, accepted(recipient)))
    responses.save_draft(recipient, [Answer(None, "", "A secret plan")])
    closed = timezone.now() - timezone.timedelta(days=settings.RETENTION_DAYS + 1)
    Letter.objects.update(state=Letter.State.CLOSED, closed_at=closed)
    assert purges.left()["drafts"] == 0  # in full tens: one would say that a recipient is writing

    assert purges.keep()["drafts of answers"] == 1

    assert (ResponseDraft.objects.count(), Response.objects.get().text) == (0, "Yes.")


@pytest.mark.parametrize("fields", [{"text": "", "status": ""}, {"text": "x", "status": "maybe"}])
def test_an_answer_says_something_that_is_known(recipient, fields):
    with pytest.raises(IntegrityError):
        recipient.letter.responses.create(recipient=recipient, **fields)

    connection.close()
