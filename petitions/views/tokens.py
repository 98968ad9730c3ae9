"""Sealed signatures: giving a token to whoever typed the code, and counting one that comes back."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from petitions import limits
from petitions.crypto import blind
from petitions.crypto import tokens as lines
from petitions.flows import proofs, signatures, tokens
from petitions.forms.tokens import BlindedForm, RedeemForm
from petitions.models import Letter, Proof
from petitions.pending import cookie_name
from petitions.views import errors
from petitions.views.answers import for_letter, forget_pending, read_pending

COOKIES = ("sign", "follow", "invitation")  # whatever somebody asked for at this letter


@never_cache
@sensitive_post_parameters()
@require_POST
@for_letter
def issue(request: HttpRequest, letter: Letter) -> HttpResponse:
    """For our script as JSON, for whoever pasted it as a page; what is wrong is said under a name of its own."""
    asked, form = read_pending(request, letter, "sign"), BlindedForm(request.POST)
    if asked is None:
        return _refuse(request, letter, form, "nothing_asked")
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    if not form.is_valid():
        return _refuse(request, letter, form, "form")
    try:
        issued = tokens.issue(letter, asked, form.cleaned_data["code"], form.cleaned_data["blinded"])
    except proofs.WrongCode:
        return _refuse(request, letter, form, "wrong_code")
    except proofs.CodeSpent:
        return _refuse(request, letter, form, "code_spent")
    except signatures.AlreadySigned:
        return _refuse(request, letter, form, "already_signed")
    except signatures.TextCorrected:
        return _refuse(request, letter, form, "corrected", status=409)
    except signatures.LetterNotOpen:
        return _refuse(request, letter, form, "not_open", status=409)
    except (tokens.NoToken, blind.BlindedNotUsable):
        return _refuse(request, letter, form, "no_token")
    answer = {"blind_signature": lines.to_text(issued.blind_signature), "key_id": issued.key_id}
    if _wants_json(request):
        return JsonResponse(answer)
    return render(request, "tokens/issued.html", {"letter": letter, **answer})


def _refuse(
    request: HttpRequest, letter: Letter, form: BlindedForm, reason: str, *, status: int = 422
) -> HttpResponse:
    sentences = {
        "nothing_asked": _("This browser asked for no code, or more than an hour ago. Please start again."),
        "form": _("Please look at the code and the hidden token again."),
        "wrong_code": _("This is not the code that was sent. Please compare it with the newest mail."),
        "code_spent": _("This code cannot be used any more. Please ask for a new one."),
        "already_signed": _("This mailbox has already signed, or has a token. One mailbox counts once."),
        "corrected": _(
            "The text was corrected meanwhile. Nothing was signed: please read it and ask for a code again."
        ),
        "not_open": _("This letter was closed meanwhile. It takes no more signatures."),
        "no_token": _(
            "This cannot be signed. Please make a new hidden token with the key that this letter shows."
        ),
    }
    if _wants_json(request):
        return JsonResponse({"error": reason, "sentence": sentences[reason]}, status=status)
    if reason != "form":
        form.add_error(None, sentences[reason])
    context = {
        "letter": letter,
        "form": form,
        "key": tokens.key_of(letter, Proof.MAILBOX),
        "code_url": reverse("code", args=[letter.slug]),
    }
    return render(request, "tokens/offline.html", context, status=status)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD"])
@for_letter
def offline(request: HttpRequest, letter: Letter) -> HttpResponse:
    """The way for those who trust no script of ours: paste what the offline program made."""
    context = {
        "letter": letter,
        "form": BlindedForm(),
        "key": tokens.key_of(letter, Proof.MAILBOX),
        "code_url": reverse("code", args=[letter.slug]),
    }
    return render(request, "tokens/offline.html", context)


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
    except tokens.Withdrawn:
        form.add_error(None, _("This signature was withdrawn. With its receipt it can come back."))
        return _redeem_page(request, letter, form, status=422)
    except tokens.TokenRefused:
        form.add_error(
            None, _("This token does not count for this letter. Please paste both lines as they are.")
        )
        return _redeem_page(request, letter, form, status=422)
    except signatures.LetterNotOpen:
        form.add_error(
            None, _("This letter is closed. A token that was not handed in before then counts no more.")
        )
        return _redeem_page(request, letter, form, status=409)
    if _wants_json(request):
        return JsonResponse({"counted": True}, status=201)
    return render(request, "tokens/redeemed.html", {"letter": letter}, status=201)


def _redeem_page(
    request: HttpRequest, letter: Letter, form: RedeemForm, *, status: int = 200
) -> HttpResponse:
    if _wants_json(request) and status != 200:
        sentences = [str(sentence) for errors in form.errors.values() for sentence in errors]
        return JsonResponse({"error": "refused", "sentence": " ".join(sentences)}, status=status)
    context = {"letter": letter, "form": form, "key": tokens.key_of(letter, Proof.MAILBOX)}
    return _without_cookies(request, letter, render(request, "tokens/redeem.html", context, status=status))


def _without_cookies(request: HttpRequest, letter: Letter, answer: HttpResponse) -> HttpResponse:
    """What this browser asked for, and its forms' secret, go before a token comes: its POST carries neither."""
    for purpose in COOKIES:
        if cookie_name(purpose) in request.COOKIES:
            forget_pending(answer, letter, purpose)
    if settings.CSRF_COOKIE_NAME in request.COOKIES:
        answer.delete_cookie(settings.CSRF_COOKIE_NAME, samesite="Lax")
    return answer


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")
