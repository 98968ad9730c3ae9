"""Signing in by a link that the operator's command printed."""

from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import SignInLink


def no_such_page(request: HttpRequest, rest: str) -> HttpResponse:
    raise Http404


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """Opening the link changes nothing; its button signs in, once."""
    if request.method != "POST":
        return render(request, "accounts/link.html", {"secret": secret})
    user = SignInLink.redeem(secret)
    if user is None:
        return render(request, "accounts/link_gone.html", status=422)
    login(request, user)
    return redirect("admin:index")
