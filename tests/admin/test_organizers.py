"""Who organizes a letter: the page, invitations by mail from the button to the role, and the last owner."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from petitions import invited, mail
from petitions.flows import letters, organizers, purges, sending
from petitions.models import AuditEvent, Delivery, Letter, Membership, OrganizerInvitation
from tests.admin.posts import page
from tests.factories import make_draft, make_user

pytestmark = pytest.mark.django_db

ADDRESS = "ada@private.test"


@pytest.fixture
def invite(as_owner):
    """Asks the address from the page, and gives the path of the link in the mail that went out."""

    def asked(letter: Letter, address: str = ADDRESS, role: str = "editor") -> str:
        answer = as_owner.post(page("organizers", letter), {"address": address, "role": role})
        assert answer.status_code == 303
        return link_of(OrganizerInvitation.objects.latest("pk"))

    return asked


def link_of(invitation: OrganizerInvitation) -> str:
    text = mail.compose(invitation.deliveries.get()).text
    return re.search(r"http://testserver(/organize/\S+/)", text)[1]


def signed_in(address: str, mails, link: str) -> Client:
    """Opens the link as somebody unknown, clicks, and types the code that came."""
    client = Client()
    assert client.get(link).status_code == 200
    asked = client.post(link)
    assert asked.url.startswith("/accounts/login/code/confirm/?next=/organize/")
    answer = client.post(asked.url, {"code": mails.code(address)})
    assert answer.url == link
    return client


def role_of(letter: Letter, address: str) -> str | None:
    return letter.memberships.filter(user__email=address).values_list("role", flat=True).first()


def test_an_invited_person_signs_in_by_code_and_gets_the_role_once(letter, invite, mails):
    link = invite(letter)
    sending.send(Delivery.objects.get(kind="organizer").pk)
    (sent,) = mails.to(ADDRESS)
    for told in (letter.title, letter.signing_line, "owner@example.org", letter.slug):
        assert told not in sent.as_string()
    assert "where employees publish open letters to their executives: http://testserver " in " ".join(
        sent.as_string().split()
    )
    mails.clear()

    client = signed_in(ADDRESS, mails, link)
    assert role_of(letter, ADDRESS) is None
    assert letter.title in client.get(link).content.decode()
    assert role_of(letter, ADDRESS) is None
    assert client.post(link).url == page("change", letter)

    assert role_of(letter, ADDRESS) == "editor"
    assert OrganizerInvitation.objects.count() == Delivery.objects.filter(kind="organizer").count() == 0
    user = User.objects.get(email=ADDRESS)
    assert (user.is_organizer, user.has_usable_password()) == (False, False)
    assert client.get(page("correct", letter)).status_code == 200
    letter.memberships.filter(user=user).delete()
    for method in (client.get, client.post):
        assert method(link).status_code == 404
    assert role_of(letter, ADDRESS) is None


def test_opening_the_link_sends_nothing_and_makes_no_account(letter, invite, mails):
    link = invite(letter)
    for method in ("get", "head"):
        answer = getattr(Client(), method)(link)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
        assert letter.title not in answer.content.decode()
        assert ADDRESS not in answer.content.decode()
    assert (mails.mails, User.objects.filter(email=ADDRESS).exists()) == ([], False)


def test_the_link_gives_nothing_to_somebody_else(letter, invite):
    link, other = invite(letter), make_user("eve@example.org")
    client = Client()
    client.force_login(other)
    for method in (client.get, client.post):
        answer = method(link)
        assert answer.status_code == 403
        assert letter.title not in answer.content.decode()
    with pytest.raises(organizers.NotForYou):
        organizers.accept(OrganizerInvitation.objects.get(), by=other)
    assert role_of(letter, "eve@example.org") is None


def test_an_address_that_was_typed_but_not_proved_opens_nothing(letter, invite):
    invite(letter)
    eve = User.objects.create_invited("eve@example.org")
    eve.emailaddress_set.create(email=ADDRESS, verified=False)
    assert not organizers.is_for(OrganizerInvitation.objects.get(), eve)


def test_codes_for_one_invitation_are_limited(letter, invite, monkeypatch):
    link = invite(letter)
    assert [Client().post(link).status_code for _ in range(11)] == [303] * 10 + [429]


def test_the_address_is_sealed_and_in_no_record(letter, invite):
    link = invite(letter)
    secret = link.split("/")[2]
    stored = OrganizerInvitation.objects.values().get()
    for value in (ADDRESS, secret):
        assert value.encode() not in b"".join(bytes(v) for v in (stored["sealed"], stored["secret_hash"]))
    assert invited.opened(OrganizerInvitation.objects.get()) == {"address": ADDRESS, "secret": secret}
    rows = [*Delivery.objects.values(), *AuditEvent.objects.values()]
    assert [row for row in rows if "ada@" in str(row)] == []
    assert AuditEvent.objects.filter(verb="organizer_invited").count() == 1


@pytest.mark.parametrize("end", ["withdraw", "again", "invited twice", "expired"])
def test_a_link_that_was_ended_gives_nothing(letter, owner, as_owner, invite, end):
    link = invite(letter)
    old = OrganizerInvitation.objects.get()
    delivery = old.deliveries.get()
    if end == "withdraw":
        assert as_owner.post(page("organizer_withdraw", letter, old.pk)).status_code == 303
    elif end == "again":
        assert as_owner.post(page("organizer_again", letter, old.pk)).status_code == 303
    elif end == "invited twice":
        invite(letter, ADDRESS.upper(), "reviewer")
    else:
        OrganizerInvitation.objects.update(invited_at=timezone.now() - timedelta(days=7, minutes=1))
        with pytest.raises(mail.Obsolete):
            mail.compose(Delivery.objects.get(pk=delivery.pk))

    assert [Client().get(link).status_code, Client().post(link).status_code] == [404, 404]
    with pytest.raises(organizers.Gone):
        organizers.accept(old, by=owner)
    left = OrganizerInvitation.objects.all()
    assert len(left) == (0 if end == "withdraw" else 1)
    if end in ("again", "invited twice"):
        assert Client().get(link_of(left[0])).status_code == 200
        assert left[0].role == ("editor" if end == "again" else "reviewer")
    for name in ("organizer_again", "organizer_withdraw"):
        if end != "expired":
            assert as_owner.post(page(name, letter, old.pk)).status_code == 404


def test_what_nobody_used_is_forgotten(letter, invite):
    Client().post(invite(letter))  # makes the account, and nobody types the code
    assert User.objects.filter(email=ADDRESS).exists()
    assert purges.keep()["accounts nobody came to"] == 0
    OrganizerInvitation.objects.update(invited_at=timezone.now() - timedelta(days=8))
    User.objects.filter(email=ADDRESS).update(joined_at=timezone.now() - timedelta(days=8))

    done = purges.keep()

    assert (done["invitations to organize"], done["accounts nobody came to"]) == (1, 1)
    assert not User.objects.filter(email=ADDRESS).exists()
    assert Delivery.objects.filter(kind="organizer").count() == 0


@pytest.mark.parametrize(
    ("address", "role", "sentence"),
    [
        ("owner@example.org", "editor", "This person organizes the letter already."),
        ("ada@example.test", "editor", "the employer could read who is asked"),
        ("ada", "editor", "Please type an address like"),
        ("", "editor", "Please type an e-mail address."),
        (ADDRESS, "operator", "Select a valid choice."),
    ],
)
def test_what_cannot_be_invited_is_said(letter, owner, as_owner, address, role, sentence):
    owner.emailaddress_set.create(email=owner.email, verified=True)
    answer = as_owner.post(page("organizers", letter), {"address": address, "role": role})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert f'value="{address}"' in answer.content.decode() or not address
    assert OrganizerInvitation.objects.count() == 0


def test_not_more_than_twenty_wait(letter, owner, as_owner):
    for number in range(20):
        organizers.invite(letter, address=f"a{number}@private.test", role="editor", by=owner)
    answer = as_owner.post(page("organizers", letter), {"address": ADDRESS, "role": "editor"})
    assert answer.status_code == 422
    assert "So many invitations wait already." in answer.content.decode()


def test_everybody_sees_who_organizes_and_only_owners_whom_they_asked(letter, member, as_owner, invite):
    invite(letter)
    client = member(letter, "reviewer")
    shown, to_owner = (c.get(page("organizers", letter)).content.decode() for c in (client, as_owner))
    assert "owner@example.org" in shown
    assert (ADDRESS in shown, ADDRESS in to_owner) == (False, True)
    assert "Send the invitation" not in shown
    assert client.post(page("organizers", letter), {"address": ADDRESS, "role": "owner"}).status_code == 403
    assert OrganizerInvitation.objects.get().role == "editor"
    listed = client.get(page("deliveries", letter)).content.decode()
    assert ("an invited organizer" in listed, ADDRESS in listed) == (True, False)


def test_roles_change_after_asking_and_are_written_down(letter, owner, as_owner, member):
    client = member(letter, "editor")
    other = letter.memberships.get(role="editor")
    assert as_owner.get(page("organizer", letter, other.pk)).status_code == 200
    assert as_owner.post(page("organizer", letter, other.pk), {"role": "x"}).status_code == 422
    assert as_owner.post(page("organizer", letter, other.pk), {"role": "reviewer"}).status_code == 303
    assert client.get(page("correct", letter)).status_code == 403

    assert as_owner.get(page("organizer_remove", letter, other.pk)).status_code == 200
    assert letter.memberships.count() == 2
    as_owner.post(page("organizer_remove", letter, other.pk))
    assert letter.memberships.get().user == owner
    assert client.get(page("change", letter), follow=True).status_code == 403
    verbs = AuditEvent.objects.filter(letter=letter, actor=owner, object_id=str(other.user_id))
    assert sorted(event.verb for event in verbs) == ["organizer_made_reviewer", "organizer_removed"]


def test_a_member_leaves_and_the_last_owner_does_not(letter, owner, as_owner, member):
    client = member(letter, "editor")
    assert client.get(page("organizer_leave", letter)).status_code == 200
    assert client.post(page("organizer_leave", letter)).url == "/admin/petitions/letter/"
    assert [row.user for row in letter.memberships.all()] == [owner]

    mine = letter.memberships.get()
    assert "this is its only one" in as_owner.get(page("organizer_leave", letter)).content.decode()
    for name, given in (("organizer_leave", {}), ("organizer", {"role": "editor"})):
        rest = [] if name == "organizer_leave" else [mine.pk]
        answer = as_owner.post(page(name, letter, *rest), given, follow=True)
        assert "this is its only one" in answer.content.decode()
    assert as_owner.post(page("organizer_remove", letter, mine.pk)).url == page("organizer_leave", letter)
    with pytest.raises(organizers.LastOwner):
        organizers.remove(letter, mine.pk, by=owner)
    assert letter.memberships.get().role == "owner"


def test_members_of_another_letter_are_not_reached(letter, as_owner):
    foreign = make_draft()
    stranger = foreign.memberships.get()
    invitation = organizers.invite(foreign, address=ADDRESS, role="owner", by=stranger.user)
    for name, pk in (("organizer", stranger.pk), ("organizer_remove", stranger.pk)):
        assert as_owner.get(page(name, letter, pk)).status_code == 404
        assert as_owner.post(page(name, letter, pk), {"role": "reviewer"}).status_code == 404
    for name in ("organizer_again", "organizer_withdraw"):
        assert as_owner.post(page(name, letter, invitation.pk)).status_code == 404
    assert foreign.memberships.get().role == "owner"


def test_a_draft_is_deleted_with_its_invitations_and_their_mails(draft, as_owner, invite):
    invite(draft)
    assert as_owner.post(page("delete", draft), {"post": "yes"}).status_code in (302, 303)
    assert (Letter.objects.count(), OrganizerInvitation.objects.count(), Delivery.objects.count()) == (
        0,
        0,
        0,
    )


def test_whoever_is_no_owner_any_more_changes_nothing(letter, owner):
    """Asked behind the lock: the page was opened in time."""
    other = Membership.objects.create(letter=letter, user=make_user(), role="owner")
    mine = letter.memberships.get(user=owner)
    organizers.change_role(letter, mine.pk, role="editor", by=other.user)
    for act in (
        partial(organizers.remove, letter, other.pk),
        partial(organizers.change_role, letter, other.pk, role="editor"),
        partial(organizers.invite, letter, address=ADDRESS, role="owner"),
    ):
        with pytest.raises(organizers.NotAnOwner):
            act(by=owner)


def test_an_accepted_invitation_of_somebody_who_organizes_already_keeps_their_role(letter, owner, invite):
    invite(letter)
    user = User.objects.create_organizer(ADDRESS)
    Membership.objects.create(letter=letter, user=user, role="owner")
    assert organizers.accept(OrganizerInvitation.objects.get(), by=user).role == "owner"
    letters.close(letter, by=owner)
    assert letter.memberships.count() == 2
