"""Who may do what with a letter. Asked of the database at each request; operators get no exception."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from accounts.models import User
from petitions.models import Letter, Membership
from petitions.models.letters import LetterQuerySet

REVIEWERS = (Membership.Role.OWNER, Membership.Role.EDITOR, Membership.Role.REVIEWER)
EDITORS = (Membership.Role.OWNER, Membership.Role.EDITOR)
OWNERS = (Membership.Role.OWNER,)


def person(request: HttpRequest) -> User:
    """Who asks; the workspace's door lets nobody in without an account."""
    assert isinstance(request.user, User)
    return request.user


def operator(request: HttpRequest) -> User:
    """Who looks after the whole site. For everybody else its pages are not there."""
    found = person(request)
    if not found.is_superuser:
        raise Http404
    return found


def letters(request: HttpRequest) -> LetterQuerySet:
    """The letters that the asking person organizes, each with this person's role."""
    mine = Membership.objects.filter(letter=OuterRef("pk"), user=person(request))
    return Letter.objects.of(person(request)).annotate(role=Subquery(mine.values("role")))


def letter(request: HttpRequest, pk: int, *, roles: tuple[str, ...] = REVIEWERS) -> Letter:
    """The letter, for whoever has one of the roles. Others are told; strangers find nothing."""
    found = letters(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    if role(found) not in roles:
        raise PermissionDenied(refusal(roles))
    return found


def role(letter: Letter) -> str:
    """The asking person's role, as `letters` read it."""
    return getattr(letter, "role", "")


def may_edit(letter: Letter | None) -> bool:
    """Also true for a letter that is only being written."""
    return letter is None or letter.pk is None or role(letter) in EDITORS


def refusal(roles: tuple[str, ...]) -> str:
    if roles == OWNERS:
        return _("Only an owner of this letter can do this.")
    return _("You can read and review on this letter. Only its owners and editors can change it.")
