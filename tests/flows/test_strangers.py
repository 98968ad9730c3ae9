"""A new organizer's first letter to other domains waits for an operator; what goes to the workplaces leaves."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress

from petitions.embedded import startup
from petitions.flows import deliveries, restores, sending, snapshots
from petitions.models import AuditEvent, Delivery, Letter
from tests.admin.posts import delivering, page
from tests.factories import make_letter, make_user

pytestmark = pytest.mark.django_db

OPERATIONS = "/admin/operations/"


@pytest.fixture(autouse=True)
def held(settings) -> None:
    settings.FIRST_DELIVERIES_HELD = True


@pytest.fixture
def owner():
    user = make_user("owner@Example.test")
    EmailAddress.objects.create(user=user, email=user.email, verified=True)
    return user


@pytest.fixture
def operator():
    return make_user("operator@example.org", is_superuser=True)


@pytest.fixture
def letter(owner):
    """One recipient works there; the other two sit elsewhere."""
    letter = make_letter(owner=owner, domains=("example.test",))
    letter.recipients.create(name="Inside", address="chief@Example.test")
    return letter


def states(letter: Letter) -> dict[str, str]:
    return dict(letter.deliveries.letters().values_list("recipient__name", "state"))


WAITING = {"Inside": "queued", "Erin Chief": "held", "Pat Person": "held"}


def test_what_goes_elsewhere_is_held_and_operators_are_told(letter, owner, operator, mails):
    deliveries.deliver(letter, number=1, by=owner)
    snapshots.freeze_due()

    assert states(letter) == WAITING
    for pk in letter.deliveries.filter(kind=Delivery.Kind.FIRST).values_list("pk", flat=True):
        sending.send(pk)
    (mail,) = mails.mails
    assert (mail["X-Envelope-To"], mail["Subject"]) == (operator.email, "A first letter waits for you")
    assert "chief@" not in mail.as_string()
    assert AuditEvent.objects.get(verb="held_first").object_id == "2"
    assert startup.held() == 0  # `up` tells only of what a restore holds back


@pytest.mark.parametrize("is_named", [True, False])
def test_a_domain_is_the_organizer_s_own_when_it_is_named_and_proved(letter, owner, is_named):
    """Naming a foreign employer as a workplace opens no way to its people; nor does a mailbox at a mail provider."""
    named = ("company.test",) if is_named else ("example.test",)
    foreign = make_letter(owner=owner, slug="foreign", domains=named)
    own = {
        "address": f"{'chief@company.test' if is_named else 'owner@mail.example'}",
        "verified": not is_named,
    }
    EmailAddress.objects.create(user=owner, email=own["address"], verified=own["verified"])
    foreign.recipients.create(name="Neighbour", address="pat@mail.example")

    deliveries.deliver(foreign, number=1, by=owner)

    assert set(states(foreign).values()) == {"held"}


def test_the_organizer_reads_it_before_and_after(letter, owner, client):
    client.force_login(owner)

    before = client.get(page("deliver", letter)).content.decode()
    after = client.post(page("deliver", letter), delivering(letter, 1, while_open="on"), follow=True)

    assert "Your first letter to addresses elsewhere than at your own workplace" in before
    assert "These would wait: Erin Chief, Chief executive; Pat Person, People." in " ".join(before.split())
    assert "1 mail is on its way. 2 mails wait for an operator." in after.content.decode()


def test_an_operator_sees_where_it_goes_and_releases_it_once_for_all(letter, owner, operator, client):
    deliveries.deliver(letter, number=1, by=owner)
    client.force_login(operator)

    shown = " ".join(client.get(OPERATIONS).content.decode().split())
    assert "It goes to: company.test." in shown
    assert [words for words in ("Erin Chief", "Pat Person", "@company.test") if words in shown] == []
    client.post(f"{OPERATIONS}held/{letter.pk}/", {"decision": "release"})

    assert set(states(letter).values()) == {"queued"}
    another = make_letter(owner=owner)
    owner.refresh_from_db()
    deliveries.deliver(another, number=1, by=owner)
    assert set(states(another).values()) == {"queued"}


def test_whoever_only_looks_and_keeps_it_back_trusts_nobody(letter, owner, operator):
    deliveries.deliver(letter, number=1, by=owner)

    assert deliveries.cancel_held(letter, by=operator) == 2
    deliveries.deliver(letter, number=2, by=owner)

    assert sorted(letter.deliveries.letters().values_list("state", flat=True)) == [
        "cancelled",
        "cancelled",
        "held",
        "held",
        "queued",
        "queued",
    ]


def test_a_release_after_a_restore_trusts_nobody(letter, owner, operator, settings):
    settings.FIRST_DELIVERIES_HELD = False
    deliveries.deliver(letter, number=1, by=owner)
    restores.hold()

    restores.release(letter, by=operator)

    owner.refresh_from_db()
    assert not owner.may_write_to_strangers


def test_operators_wait_for_nobody(operator):
    letter = make_letter(owner=operator)

    deliveries.deliver(letter, number=1, by=operator)

    assert set(states(letter).values()) == {"queued"}
