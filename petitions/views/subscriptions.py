"""Following a letter by mail, and ending it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from petitions import codes, limits
from petitions.flows import proofs, subscriptions
from petitions.forms.subscriptions import FollowForm
from petitions.models import Letter
from petitions.views import errors
from petitions.views.answers import SeeOther, for_letter, keep_pending

PURPOSE = "follow"


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_letter
def follow(request: HttpRequest, letter: Letter) -> HttpResponse:
    if request.method != "POST":
        return _page(request, {"letter": letter, "form": FollowForm(letter)})
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    form = FollowForm(letter, request.POST)
    if not form.is_valid():
        return _page(request, {"letter": letter, "form": form}, status=422)
    try:
        asked = proofs.request_code(letter, purpose=PURPOSE, address=form.cleaned_data["address"])
    except codes.Busy:
        form.add_error(None, _("Too many people are asking at this moment. Please try again."))
        return _page(request, {"letter": letter, "form": form}, status=503)
    return keep_pending(SeeOther(reverse("follow_code", args=[letter.slug])), letter, asked)


@never_cache
@csrf_exempt  # the secret in the address is the right; mail programs post here without a cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, secret: str) -> HttpResponse:
    subscription = subscriptions.find(secret)
    if request.method == "POST" or subscription is None:
        if request.method == "POST":
            subscriptions.end(secret)
        return render(request, "subscriptions/gone.html")
    return render(request, "subscriptions/unsubscribe.html", {"letter": subscription.letter})


def _page(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    return render(request, "subscriptions/follow.html", context, status=status)
