"""An invitation to organize a letter: its link asks for a click, a code to that same address, and another click."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import codes
from accounts.models import User
from petitions import invited, limits
from petitions.flows import organizers
from petitions.models import OrganizerInvitation
from petitions.views import errors
from petitions.views.answers import SeeOther


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organize(request: HttpRequest, secret: str) -> HttpResponse:
    invitation = organizers.find(secret)
    if invitation is None or not invited.address(invitation):
        return _gone(request)
    if not isinstance(request.user, User):
        return _come(request, invitation)
    if not organizers.is_for(invitation, request.user):
        return _page(request, "organizers/other.html", invitation, status=403)
    if request.method != "POST":
        return _page(request, "organizers/accept.html", invitation)
    return _accept(request, invitation, request.user)


def _come(request: HttpRequest, invitation: OrganizerInvitation) -> HttpResponse:
    """The button sends the code, so that neither a program that opens links nor a forwarded link gets in."""
    if request.method != "POST":
        return _page(request, "organizers/come.html", invitation)
    if not limits.allows(limits.INVITED, "invitation", str(invitation.pk)):
        return errors.too_often(request)
    return SeeOther(codes.send(request, invited.address(invitation), then=request.path))


def _accept(request: HttpRequest, invitation: OrganizerInvitation, user: User) -> HttpResponse:
    try:
        organizers.accept(invitation, by=user)
    except organizers.Gone:
        return _gone(request)
    messages.success(request, _("You are an organizer of this letter now."))
    return SeeOther(reverse("admin:petitions_letter_change", args=[invitation.letter_id]))


def _page(
    request: HttpRequest, template: str, invitation: OrganizerInvitation, *, status: int = 200
) -> HttpResponse:
    context = {"invitation": invitation, "until": invitation.invited_at + invitation.LIFETIME}
    return render(request, template, context, status=status)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "organizers/gone.html", status=404)
