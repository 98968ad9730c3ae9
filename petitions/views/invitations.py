"""Signing with an invitation: under a name or by policy at once, or sealed by a hidden token."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from petitions import limits
from petitions.crypto import typed
from petitions.flows import invitations, signatures, tokens
from petitions.flows.signatures import Shown
from petitions.forms.invitations import BlindedInvitationForm, InvitationForm
from petitions.models import Invitation, Letter
from petitions.pending import Pending
from petitions.views import errors, issuing
from petitions.views.answers import (
    SeeOther,
    for_letter,
    forget_pending,
    keep_pending,
)
from petitions.views.signatures import not_open, refused_now

PURPOSE = "invitation"
Rest = ParamSpec("Rest")


def with_invitations(
    view: Callable[Concatenate[HttpRequest, Letter, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Letter, Rest], HttpResponse]:
    """Only where some were ever printed, and no more often than anything else is asked."""

    @wraps(view)
    def found(request: HttpRequest, letter: Letter, *rest: Rest.args, **named: Rest.kwargs) -> HttpResponse:
        if not letter.sheets.exists():
            raise Http404
        refusal = refused_now(request, letter) if request.method != "POST" else None
        if refusal:
            return refusal
        if request.method == "POST" and not limits.allows(limits.ASKS, "client", limits.client(request)):
            return errors.too_often(request)
        return view(request, letter, *rest, **named)

    return found


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_letter
@with_invitations
def sign(request: HttpRequest, letter: Letter) -> HttpResponse:
    if request.method != "POST":
        return _sign_page(request, letter, InvitationForm())
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _sign_page(request, letter, form, status=422)
    if letter.is_signing_paused:
        return issuing.refuse(request, form, issuing.PAUSED, partial(_sign_page, request, letter))
    code, attempt, version = map(form.cleaned_data.pop, ("invitation", "attempt", "version"))
    shown, receipt = Shown(**form.cleaned_data), typed.receipt_from(str(letter.public_id), code, attempt)
    page = partial(_sign_page, request, letter)
    try:
        invitations.sign(letter, code, shown, receipt, version=version)
    except invitations.InvitationRefused:
        form.add_error("invitation", str(issuing.INVITATION_REFUSED))
        return page(form, status=422)
    except signatures.TextCorrected as error:
        return issuing.refuse(request, form, issuing.why(error), page)
    except signatures.LetterNotOpen:
        return not_open(request, letter)
    return _signed(letter, shown, receipt)


def _signed(letter: Letter, shown: Shown, receipt: str) -> HttpResponse:
    """The receipt is shown as after a code from the mail; a code asked for before is wanted no more."""
    asked = Pending(
        purpose=PURPOSE,
        challenge="",
        code_hash="",
        mark="",
        address="",
        receipt=receipt,
        appear=shown.appear,
        name=shown.name,
        role=shown.role,
        statement=shown.statement,
    )
    answer = keep_pending(SeeOther(reverse("signed", args=[letter.slug])), letter, asked)
    return forget_pending(answer, letter, "sign")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_letter
@with_invitations
def token(request: HttpRequest, letter: Letter) -> HttpResponse:
    """For our script as JSON, for whoever pasted it as a page; what is wrong is said under a name of its own."""
    page = partial(_token_page, request, letter)
    if request.method != "POST":
        return page(BlindedInvitationForm())
    form = BlindedInvitationForm(request.POST)
    if not form.is_valid():
        return issuing.refuse_form(request, form, page)
    if letter.is_signing_paused:
        return issuing.refuse(request, form, issuing.PAUSED, page)
    code, blinded, version = map(form.cleaned_data.__getitem__, ("invitation", "blinded", "version"))
    try:
        issued = invitations.issue(letter, code, blinded, version=version)
    except issuing.REFUSED as error:
        return issuing.refuse(request, form, issuing.why(error), page)
    used, few = _("Your invitation is used now."), tokens.are_few(issued.key)
    return issuing.give(request, letter, issued, used=used, few=few)


def _sign_page(
    request: HttpRequest, letter: Letter, form: InvitationForm, *, status: int = 200
) -> HttpResponse:
    context = {
        "letter": letter,
        "version": letter.version,
        "form": form,
        "redeem_address": issuing.redeem_address(letter),
    }
    return render(request, "invitations/sign.html", context | _keys(letter), status=status)


def _token_page(
    request: HttpRequest, letter: Letter, form: BlindedInvitationForm, *, status: int = 200
) -> HttpResponse:
    context = {"letter": letter, "version": letter.version, "form": form} | _keys(letter)
    return render(request, "invitations/token.html", context, status=status)


def _keys(letter: Letter) -> dict[str, object]:
    """The one for most invitations, and the one for those whose code begins with `FORMER`."""
    found = letter.public_keys.filter(proof__in=Invitation.PROOFS).select_related("letter")
    keys = {key.proof: key for key in found}
    return {
        "key": keys.get("invitation"),
        "former_key": keys.get("former"),
        "former_letter": typed.FORMER,
    }
