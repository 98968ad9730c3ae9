"""A letter that was handed over: written down once, told in public, taken back by mistake."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from petitions.flows import letters, purges, snapshots
from petitions.models import AuditEvent, HandOver, Letter
from tests.admin.posts import page
from tests.factories import make_letter, sign


def today(letter: Letter, **changes: object) -> dict[str, object]:
    """What the page posts: to the first recipient, today, with the number of now."""
    day = timezone.localdate().isoformat()
    first = letter.recipients.first().pk
    return {"recipients": [first], "handed_on": day, "way": "person", "snapshot": "", "note": ""} | changes


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def freeze() -> None:
    snapshots.freeze_due()
    snapshots.settle()


def test_it_counts_as_delivered_with_the_number_of_the_paper(as_owner, client, letter, owner):
    sign(letter, "Ada Lovelace")
    letters.close(letter, by=owner)
    snapshots.freeze_due()
    closing = letter.snapshots.get()
    assert f'value="{closing.pk}" selected' in as_owner.get(page("handovers", letter)).content.decode()

    data = today(letter, snapshot=closing.pk, note="She read it at once.")
    assert as_owner.post(page("handovers", letter), data).status_code == 303

    said = text_of(client.get(letter.get_absolute_url()))
    assert "Handed over to Erin Chief, Chief executive" in said
    assert "In person, with 1 signature." in said
    assert said.count(closing.sha256) == 1
    assert "She read it at once." not in said
    assert client.get(f"/api/v1/letters/{letter.slug}/").json()["delivered_at"]
    assert "delivered, unanswered" in text_of(client.get("/"))
    assert "She read it at once." in text_of(as_owner.get(page("handovers", letter)))
    event = AuditEvent.objects.get(verb="handed_over")
    assert (event.actor, event.object_id) == (owner, str(letter.handovers.get().pk))


def test_an_open_letter_s_number_is_taken_and_told_once_it_stands(as_owner, client, letter):
    sign(letter, "Ada Lovelace")
    everybody = [recipient.pk for recipient in letter.recipients.all()]
    as_owner.post(page("handovers", letter), today(letter, recipients=everybody, way="post"))
    assert "Handed over to" not in text_of(client.get(letter.get_absolute_url()))
    assert "its number is being taken" in text_of(as_owner.get(page("handovers", letter)))
    freeze()
    sign(letter, "Grace Hopper")

    said = text_of(client.get(letter.get_absolute_url()))
    assert said.count("By post, with 1 signature.") == 2
    picture = letter.snapshots.get()
    assert (picture.reason, picture.count["total"], picture.names) == ("handover", 1, None)
    bundle = client.get(f"/api/v1/letters/{letter.slug}/bundle/")
    assert picture.sha256 in b"".join(bundle).decode()
    verify = text_of(client.get(f"{letter.get_absolute_url()}verify/"))
    assert "List when it was handed over, 1 in all" in verify
    assert picture.sha256 in verify
    assert "open, delivered" in as_owner.get("/admin/petitions/letter/").content.decode()
    assert "Deliver" in text_of(as_owner.get(page("deliver", letter)))


def test_the_same_twice_is_refused(as_owner, letter):
    data = today(letter)
    assert as_owner.post(page("handovers", letter), data).status_code == 303
    answer = as_owner.post(page("handovers", letter), data)
    assert answer.status_code == 422
    assert "This stands here already for that day: Erin Chief." in text_of(answer)
    assert (HandOver.objects.count(), letter.snapshots.count()) == (1, 1)


def test_a_mistake_is_taken_back_and_leaves_only_events(as_owner, client, letter, owner):
    as_owner.post(page("handovers", letter), today(letter))
    freeze()
    assert "Handed over to" in text_of(client.get(letter.get_absolute_url()))
    path = page("handover_take_back", letter, letter.handovers.get().pk)

    assert as_owner.get(path).status_code == 405
    assert "Taken back" in text_of(as_owner.post(path, follow=True))
    assert as_owner.post(path).status_code == 404

    assert "Handed over to" not in text_of(client.get(letter.get_absolute_url()))
    assert (
        letter.snapshots.get().sha256
        not in client.get(f"{letter.get_absolute_url()}verify/").content.decode()
    )
    assert client.get(f"/api/v1/letters/{letter.slug}/").json()["delivered_at"] is None
    verbs = AuditEvent.objects.filter(verb__contains="hand").values_list("verb", "actor")
    assert sorted(verbs) == [("hand_over_taken_back", owner.pk), ("handed_over", owner.pk)]


@pytest.mark.parametrize("field", ["recipients", "handed_on", "way", "snapshot"])
def test_what_cannot_be_is_refused(as_owner, letter, owner, field):
    other = make_letter()
    letters.close(other, by=other.memberships.get().user)
    snapshots.freeze_due()
    wrong = {
        "recipients": [other.recipients.first().pk],
        "handed_on": (timezone.localdate() + timedelta(days=1)).isoformat(),
        "way": "by carrier pigeon",
        "snapshot": other.snapshots.get().pk,
    }[field]
    assert as_owner.post(page("handovers", letter), today(letter, **{field: wrong})).status_code == 422
    assert HandOver.objects.count() == 0


def test_who_may(as_owner, letter, draft, member):
    assert member(letter, "reviewer").get(page("handovers", letter)).status_code == 403
    assert member(letter, "editor").post(page("handovers", letter), today(letter)).status_code == 303
    foreign = make_letter()
    row = foreign.handovers.create(
        recipient=foreign.recipients.first(),
        snapshot=snapshots.ask(foreign, reason="handover", number=1)[0],
        handed_on=timezone.localdate(),
        way="desk",
    )
    assert as_owner.post(page("handover_take_back", letter, row.pk)).status_code == 404
    answer = as_owner.post(page("handovers", draft), today(draft), follow=True)
    assert "A letter that was not opened is not handed over" in text_of(answer)
    assert not draft.handovers.exists()


def test_a_recipient_to_whom_it_was_handed_stays_and_is_silent_by_day(as_owner, client, letter):
    as_owner.post(page("handovers", letter), today(letter))
    freeze()
    HandOver.objects.update(handed_on=timezone.localdate() - timedelta(days=3))
    letter.responses.create(recipient=letter.recipients.last(), text="We read it.")
    said = text_of(client.get(letter.get_absolute_url()))
    assert "<bdi>Erin Chief, Chief executive</bdi>: 3 days without an answer" in said


def test_notes_are_forgotten_with_the_letter(as_owner, letter, owner, settings):
    as_owner.post(page("handovers", letter), today(letter, note="With flowers."))
    letters.close(letter, by=owner)
    past = timezone.now() - timedelta(days=settings.RETENTION_DAYS + 1)
    Letter.objects.filter(pk=letter.pk).update(
        opened_at=past, opens_at=past, closed_at=past + timedelta(hours=1)
    )
    purges.keep()
    assert [row.note for row in HandOver.objects.all()] == [""]
