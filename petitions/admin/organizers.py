"""Who organizes a letter: everybody sees it, owners invite, change and remove, and whoever wants to leaves."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from petitions import invited, limits
from petitions.admin import access, pages
from petitions.flows import organizers
from petitions.forms.organizers import InviteForm, RoleForm
from petitions.models import Letter, Membership
from petitions.views import errors
from petitions.views.answers import SeeOther

asks_first = require_http_methods(["GET", "HEAD", "POST"])
LAST = gettext_lazy("A letter needs an owner, and this is its only one. Make somebody else an owner first.")
GONE = gettext_lazy("Nothing was done: this has changed meanwhile. Please look again.")


@asks_first
def listing(request: HttpRequest, pk: int) -> HttpResponse:
    """The members and who was asked; an owner's POST asks somebody more."""
    if request.method != "POST":
        letter = access.letter(request, pk)
        return _page(request, letter, InviteForm(letter))
    letter = access.letter(request, pk, roles=access.OWNERS)
    form = InviteForm(letter, request.POST)
    if not form.is_valid():
        return _page(request, letter, form)
    return _invite(request, letter, form)


def _invite(request: HttpRequest, letter: Letter, form: InviteForm) -> HttpResponse:
    person = access.person(request)
    if not _may_mail(person):
        return errors.too_often(request)
    try:
        organizers.invite(letter, **form.cleaned_data, by=person)
    except organizers.AlreadyOrganizes:
        form.add_error("address", _("This person organizes the letter already."))
        return _page(request, letter, form)
    except organizers.TooManyInvited:
        form.add_error(None, _("So many invitations wait already. Withdraw one first."))
        return _page(request, letter, form)
    except organizers.NotAnOwner:
        raise Http404 from None
    return pages.done(request, letter, _("Invited. The mail is on its way."), to="organizers")


def _page(request: HttpRequest, letter: Letter, form: InviteForm) -> HttpResponse:
    is_owner = access.role(letter) in access.OWNERS
    context = {
        "form": form,
        "members": letter.memberships.select_related("user").order_by("pk"),
        "waiting": _waiting(letter) if is_owner else [],
        "unprotected": [user.pk for user in organizers.unprotected(letter)] if is_owner else [],
        "is_owner": is_owner,
    }
    status = 422 if form.is_bound else 200
    return pages.show(request, letter, "organizers", _("Organizers"), context, status=status)


def _waiting(letter: Letter) -> list[dict[str, Any]]:
    """Addresses are for owners: it was one of them who typed it."""
    rows = letter.organizer_invitations.prefetch_related("deliveries")
    return [
        {"invitation": row, "address": invited.address(row), "mail": row.deliveries.first()} for row in rows
    ]


@require_POST
def invite_again(request: HttpRequest, pk: int, invitation: int) -> HttpResponse:
    letter, person = access.letter(request, pk, roles=access.OWNERS), access.person(request)
    get_object_or_404(letter.organizer_invitations, pk=invitation)
    if not _may_mail(person):
        return errors.too_often(request)
    return _do(
        request,
        letter,
        partial(organizers.invite_again, letter, invitation, by=person),
        _("Sent again, with a new link. The earlier link does nothing any more."),
    )


@require_POST
def withdraw(request: HttpRequest, pk: int, invitation: int) -> HttpResponse:
    letter, person = access.letter(request, pk, roles=access.OWNERS), access.person(request)
    get_object_or_404(letter.organizer_invitations, pk=invitation)
    return _do(
        request,
        letter,
        partial(organizers.withdraw, letter, invitation, by=person),
        _("Withdrawn. Its link does nothing any more, and the address is erased."),
    )


@asks_first
def role(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    letter, person = access.letter(request, pk, roles=access.OWNERS), access.person(request)
    found = _member(letter, member)
    form = RoleForm(request.POST if request.method == "POST" else None, initial={"role": found.role})
    if not form.is_bound or not form.is_valid():
        context = {"form": form, "member": found, "is_self": found.user_id == person.pk}
        status = 422 if form.is_bound else 200
        return pages.show(request, letter, "organizer", _("Change a role"), context, status=status)
    change = partial(organizers.change_role, letter, found.pk, by=person, **form.cleaned_data)
    return _do(request, letter, change, _("The role is changed. It counts from the next page on."))


@asks_first
def remove(request: HttpRequest, pk: int, member: int) -> HttpResponse:
    letter, person = access.letter(request, pk, roles=access.OWNERS), access.person(request)
    found = _member(letter, member)
    if found.user_id == person.pk:
        return pages.go(letter, "organizer_leave")
    if request.method != "POST":
        return pages.show(request, letter, "organizer_remove", _("Remove an organizer"), {"member": found})
    sentence = _("Removed. From now on this person does not find the letter in the workspace.")
    return _do(request, letter, partial(organizers.remove, letter, found.pk, by=person), sentence)


@asks_first
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    letter, person = access.letter(request, pk), access.person(request)
    mine = get_object_or_404(letter.memberships, user=person)
    if request.method != "POST":
        context = {"is_last": organizers.is_last_owner(letter, mine)}
        return pages.show(request, letter, "organizer_leave", _("Leave this letter"), context)
    answer = _do(
        request, letter, partial(organizers.leave, letter, by=person), _("You have left the letter.")
    )
    is_gone = not letter.memberships.filter(user=person).exists()
    return SeeOther(redirect("admin:petitions_letter_changelist").url) if is_gone else answer


def _do(request: HttpRequest, letter: Letter, act: partial[Any], sentence: str) -> HttpResponse:
    try:
        act()
    except organizers.LastOwner:
        return pages.failed(request, letter, str(LAST), to="organizers")
    except organizers.Gone:
        return pages.failed(request, letter, str(GONE), to="organizers")
    except organizers.NotAnOwner:
        raise Http404 from None
    return pages.done(request, letter, sentence, to="organizers")


def _member(letter: Letter, pk: int) -> Membership:
    found: Membership = get_object_or_404(letter.memberships.select_related("user"), pk=pk)
    return found


def _may_mail(person: User) -> bool:
    return limits.allows(limits.INVITES, "inviter", str(person.pk))
