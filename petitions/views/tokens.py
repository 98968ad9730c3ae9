"""Sealed signatures: giving a token to whoever typed the code, and counting one that comes back."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from petitions import limits
from petitions.flows import signatures, tokens
from petitions.forms.tokens import BlindedForm, RedeemForm
from petitions.models import Letter, Proof
from petitions.pending import cookie_name
from petitions.views import errors, issuing
from petitions.views.answers import SeeOther, for_letter, for_signer, forget_pending, read_pending, wants_json

PURPOSE = "sign"
COOKIES = (PURPOSE, "follow", "invitation")  # whatever somebody asked for at this letter
NOT_COUNTED = {
    tokens.Withdrawn: (_("This signature was withdrawn. With its receipt it can come back."), 422),
    tokens.TokenRefused: (
        _("This token does not count for this letter. Please paste both lines as they are."),
        422,
    ),
    signatures.LetterNotOpen: (
        _("This letter is closed. A token that was not handed in by then no longer counts."),
        409,
    ),
}


@never_cache
@sensitive_post_parameters()
@require_POST
@for_signer
def issue(request: HttpRequest, letter: Letter) -> HttpResponse:
    """For our script as JSON, for whoever pasted it as a page; what is wrong is said under a name of its own."""
    asked, form = read_pending(request, letter, PURPOSE), BlindedForm(request.POST)
    page = partial(_offline_page, request, letter)
    if asked is None:
        return issuing.refuse(request, form, issuing.NOTHING_ASKED, page)
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    if not form.is_valid():
        return issuing.refuse_form(request, form, page)
    try:
        issued = tokens.issue(letter, asked, form.cleaned_data["code"], form.cleaned_data["blinded"])
    except issuing.REFUSED as error:
        return issuing.refuse(request, form, issuing.why(error), page)
    return issuing.give(request, letter, issued, used=_("Your mailbox has had its token now."))


@never_cache
@require_POST
@for_letter
def done(request: HttpRequest, letter: Letter) -> HttpResponse:
    """The token is safe on the signer's side: this browser forgets what it asked for, the address with it.

    Right after the token came, and not when it is handed in: that visit is to have nothing in common with this one.
    """
    answer = HttpResponse(status=204) if wants_json(request) else SeeOther(letter.get_absolute_url())
    return forget_pending(answer, letter, PURPOSE)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD"])
@for_letter
def offline(request: HttpRequest, letter: Letter) -> HttpResponse:
    """The way for those who trust no script of ours: paste what the offline program made."""
    return _offline_page(request, letter, BlindedForm())


def _offline_page(
    request: HttpRequest, letter: Letter, form: BlindedForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "letter": letter,
        "form": form,
        "key": tokens.key_of(letter, Proof.MAILBOX),
        "code_url": reverse("code", args=[letter.slug]),
    }
    return render(request, "tokens/offline.html", context, status=status)


@never_cache
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_letter
def redeem(request: HttpRequest, letter: Letter) -> HttpResponse:
    """The token is the right to be counted, so no cookie is asked for, and none is set."""
    if request.method != "POST":
        return _redeem_page(request, letter, RedeemForm())
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    form = RedeemForm(request.POST)
    if not form.is_valid():
        return _redeem_page(request, letter, form, status=422)
    try:
        tokens.redeem(letter, form.cleaned_data["token"], form.cleaned_data["signature"])
    except tuple(NOT_COUNTED) as error:
        sentence, status = NOT_COUNTED[type(error)]
        form.add_error(None, str(sentence))
        return _redeem_page(request, letter, form, status=status)
    if wants_json(request):
        return JsonResponse({"counted": True}, status=201)
    return render(request, "tokens/redeemed.html", {"letter": letter}, status=201)


def _redeem_page(
    request: HttpRequest, letter: Letter, form: RedeemForm, *, status: int = 200
) -> HttpResponse:
    if wants_json(request) and status != 200:
        told = {"error": "refused", "sentence": issuing.sentences(form)}
        return JsonResponse(told, status=status)
    context = {"letter": letter, "form": form, "keys": letter.public_keys.all()}
    return _without_cookies(request, letter, render(request, "tokens/redeem.html", context, status=status))


def _without_cookies(request: HttpRequest, letter: Letter, answer: HttpResponse) -> HttpResponse:
    """What this browser asked for, and its forms' secret, go before a token comes: its POST carries neither."""
    for purpose in COOKIES:
        if cookie_name(purpose) in request.COOKIES:
            forget_pending(answer, letter, purpose)
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        answer.delete_cookie(settings.CSRF_COOKIE_NAME, samesite="Lax")
    return answer
