"""Who organizes a letter: invite, join, change a role, leave. Whoever acts holds the letter's row."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from petitions import erasures, invited
from petitions.crypto import typed
from petitions.erasures import Kind
from petitions.flows import audit, deliveries
from petitions.models import Delivery, Letter, Membership, OrganizerInvitation

OWNER = Membership.Role.OWNER


class NotAnOwner(Exception):
    """Whoever asks owns the letter no more."""


class LastOwner(Exception):
    """Without this person nobody would own the letter."""


class Gone(Exception):
    """The person has left, or the invitation was used, withdrawn or has expired."""


class AlreadyOrganizes(Exception):
    """This address belongs to an organizer of the letter."""


class TooManyInvited(Exception):
    """So many invitations wait already."""


class NotForYou(Exception):
    """The invitation went to another address than those of this account."""


@transaction.atomic
def invite(letter: Letter, *, address: str, role: str, by: User) -> OrganizerInvitation:
    """Ask the holder of the address. An earlier invitation to the same address ends.

    Raises `NotAnOwner`, `AlreadyOrganizes`, `TooManyInvited`.
    """
    _hold(letter, by)
    if letter.memberships.filter(user__in=User.objects.at(address)).exists():
        raise AlreadyOrganizes
    for earlier in letter.organizer_invitations.all():
        if invited.address(earlier).lower() == address.lower():
            _end(earlier)
    if letter.organizer_invitations.fresh().count() >= OrganizerInvitation.MOST:
        raise TooManyInvited
    return _send(letter, address, role, by)


@transaction.atomic
def invite_again(letter: Letter, pk: int, *, by: User) -> OrganizerInvitation:
    """With a new link; the earlier one ends. Raises `NotAnOwner`, `Gone`."""
    _hold(letter, by)
    invitation = letter.organizer_invitations.filter(pk=pk).first()
    address = invited.address(invitation) if invitation else ""
    if invitation is None or not address:
        raise Gone
    _end(invitation)
    return _send(letter, address, invitation.role, by)


@transaction.atomic
def withdraw(letter: Letter, pk: int, *, by: User) -> None:
    """Its link is worth nothing from now on, and its mail does not leave. Raises `NotAnOwner`, `Gone`."""
    _hold(letter, by)
    invitation = letter.organizer_invitations.filter(pk=pk).first()
    if invitation is None:
        raise Gone
    _end(invitation)
    audit.record("organizer_invitation_withdrawn", letter=letter, by=by, about=pk)


def find(secret: str) -> OrganizerInvitation | None:
    """The invitation that the link carries, while it can be used."""
    fresh = OrganizerInvitation.objects.fresh().select_related("letter")
    return fresh.filter(secret_hash=typed.digest(secret)).first()


def is_for(invitation: OrganizerInvitation, user: User) -> bool:
    """Whether the account has proved that it reads the invited mailbox."""
    return user in User.objects.at(invited.address(invitation))


@transaction.atomic
def accept(invitation: OrganizerInvitation, *, by: User) -> Membership:
    """Once: the row goes, and with it the address. Who organizes the letter already keeps their role.

    Raises `Gone`, `NotForYou`.
    """
    letter = invitation.letter
    letter.hold_row()
    found = OrganizerInvitation.objects.fresh().filter(pk=invitation.pk).first()
    if found is None:
        raise Gone
    if not is_for(found, by):
        raise NotForYou
    _end(found)
    membership, _is_new = letter.memberships.get_or_create(user=by, defaults={"role": found.role})
    erasures.take_back(Kind.MEMBERSHIP, member_name(membership))
    audit.record("organizer_joined", letter=letter, by=by, about=invitation.pk)
    return membership


@transaction.atomic
def change_role(letter: Letter, pk: int, *, role: str, by: User) -> None:
    """Raises `NotAnOwner`, `Gone`, `LastOwner`."""
    _hold(letter, by)
    member = _member(letter, pk)
    if role != OWNER:
        _keep_an_owner(letter, member)
    if letter.memberships.filter(pk=pk).exclude(role=role).update(role=role):
        audit.record(f"organizer_made_{role}", letter=letter, by=by, about=member.user_id)


@transaction.atomic
def remove(letter: Letter, pk: int, *, by: User) -> None:
    """Raises `NotAnOwner`, `Gone`, `LastOwner`."""
    _hold(letter, by)
    member = _member(letter, pk)
    _keep_an_owner(letter, member)
    erasures.note(Kind.MEMBERSHIP, member_name(member))
    member.delete()
    audit.record("organizer_removed", letter=letter, by=by, about=member.user_id)


@transaction.atomic
def leave(letter: Letter, *, by: User) -> None:
    """Raises `Gone`, `LastOwner`."""
    letter.hold_row()
    member = letter.memberships.filter(user=by).first()
    if member is None:
        raise Gone
    _keep_an_owner(letter, member)
    erasures.note(Kind.MEMBERSHIP, member_name(member))
    member.delete()
    audit.record("organizer_left", letter=letter, by=by)


def unprotected(letter: Letter) -> list[User]:
    """Owners into whose account whoever reads their mailbox gets."""
    owners = letter.memberships.filter(role=OWNER).values("user")
    return list(User.objects.without_second_step().filter(pk__in=owners).order_by("pk"))


def member_name(member: Membership) -> str:
    """Under which it is noted that somebody has left."""
    return erasures.row(f"{member.letter.public_id} {member.user_id}", member.user.joined_at)


def is_last_owner(letter: Letter, member: Membership) -> bool:
    others = letter.memberships.filter(role=OWNER).exclude(pk=member.pk)
    return member.role == OWNER and not others.exists()


def _hold(letter: Letter, by: User) -> None:
    """Asked again behind the lock: of two owners who remove each other, the second has no right any more."""
    letter.hold_row()
    if not letter.memberships.filter(user=by, role=OWNER).exists():
        raise NotAnOwner


def _member(letter: Letter, pk: int) -> Membership:
    member = letter.memberships.filter(pk=pk).first()
    if member is None:
        raise Gone
    return member


def _keep_an_owner(letter: Letter, member: Membership) -> None:
    if is_last_owner(letter, member):
        raise LastOwner


def _end(invitation: OrganizerInvitation) -> None:
    erasures.note(Kind.ORGANIZER_INVITATION, bytes(invitation.secret_hash))
    invitation.delete()


def _send(letter: Letter, address: str, role: str, by: User) -> OrganizerInvitation:
    invitation = invited.sealed(letter, address=address, role=role)
    invitation.save()
    deliveries.enqueue(
        letter,
        Delivery.Kind.ORGANIZER,
        key="organizer",
        reader="organizer_invitation",
        ids=[invitation.pk],
    )
    audit.record("organizer_invited", letter=letter, by=by, about=invitation.pk)
    return invitation
