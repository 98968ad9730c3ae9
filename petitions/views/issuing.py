"""What whoever asks for a token is answered: JSON for our script, a page for whoever pasted it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from petitions.crypto import blind
from petitions.crypto import tokens as lines
from petitions.flows import invitations, proofs, signatures, tokens
from petitions.flows.tokens import Issued
from petitions.models import Letter
from petitions.views.answers import wants_json

Page = Callable[..., HttpResponse]  # shows the form again, with a status


@dataclass(frozen=True)
class Refusal:
    """Why there is no token: a name for our script, a sentence for people."""

    reason: str
    sentence: str | Promise
    status: int = 422


INVITATION_REFUSED = _(
    "This invitation cannot be used. Please compare it with your paper. Each one works once."
)
NOTHING_ASKED = Refusal(
    "nothing_asked", _("This browser asked for no code, or more than an hour ago. Please start again.")
)
PAUSED = Refusal(
    "paused",
    _(
        "The operators of this site have paused signing for a while. Nothing was signed, and what was signed before "
        "counts on. Please come back later."
    ),
    503,
)
PAUSE = 600  # seconds after which it is worth trying again
NO_TOKEN = Refusal(
    "no_token",
    _("This cannot be signed. Please make a new hidden token with the key that this letter shows."),
)
REFUSALS: dict[type[Exception], Refusal] = {
    proofs.WrongCode: Refusal(
        "wrong_code", _("This is not the code that was sent. Please compare it with the newest mail.")
    ),
    proofs.CodeSpent: Refusal(
        "code_spent", _("This code cannot be used any more. Please ask for a new one.")
    ),
    signatures.AlreadySigned: Refusal(
        "already_signed", _("This mailbox has already signed, or has a token. One mailbox counts once.")
    ),
    signatures.TextCorrected: Refusal(
        "corrected",
        _("The text was corrected meanwhile. Nothing was signed: please read the new one, then sign again."),
        409,
    ),
    signatures.LetterNotOpen: Refusal(
        "not_open",
        _("This letter takes no signatures at this moment: it was closed meanwhile, or is not open yet."),
        409,
    ),
    invitations.InvitationRefused: Refusal("refused", INVITATION_REFUSED),
    tokens.NoToken: NO_TOKEN,
    blind.BlindedNotUsable: NO_TOKEN,
}


REFUSED = tuple(REFUSALS)


def why(error: Exception) -> Refusal:
    return next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)


def refuse(request: HttpRequest, form: Form, refusal: Refusal, page: Page) -> HttpResponse:
    answer = _refusal(request, form, refusal, page)
    return later(answer) if refusal is PAUSED else answer


def later(answer: HttpResponse) -> HttpResponse:
    answer["Retry-After"] = str(PAUSE)
    return answer


def _refusal(request: HttpRequest, form: Form, refusal: Refusal, page: Page) -> HttpResponse:
    if wants_json(request):
        told = {"error": refusal.reason, "sentence": refusal.sentence}
        return JsonResponse(told, status=refusal.status)
    form.add_error(None, str(refusal.sentence))
    return page(form, status=refusal.status)


def refuse_form(request: HttpRequest, form: Form, page: Page) -> HttpResponse:
    """What was typed is told in its field's own words: whoever uses our script sees no hidden token."""
    if not wants_json(request):
        return page(form, status=422)
    return JsonResponse({"error": "form", "sentence": sentences(form)}, status=422)


def redeem_address(letter: Letter) -> str:
    """For another day, another device."""
    return settings.SITE_URL + reverse("redeem", args=[letter.slug])


def sentences(form: Form) -> str:
    """All that is wrong with it, for whoever sees no page."""
    return " ".join(str(sentence) for told in form.errors.values() for sentence in told)


def give(
    request: HttpRequest, letter: Letter, issued: Issued, *, used: Promise, **more: object
) -> HttpResponse:
    """The site's blind signature; `used` says on the page what is used up now, `more` is for our script."""
    answer = {"blind_signature": lines.to_text(issued.blind_signature), "key_id": issued.key_id}
    if wants_json(request):
        return JsonResponse(answer | more)
    return render(request, "tokens/issued.html", {"letter": letter, "used": used, **answer})
