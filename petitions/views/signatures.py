"""Signing, and the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from petitions import codes, limits
from petitions.crypto import typed
from petitions.documents import sharing
from petitions.flows import proofs, signatures
from petitions.forms.signatures import SignForm
from petitions.models import Letter, Version
from petitions.pending import Pending
from petitions.recent import recent
from petitions.views import errors, issuing, remembered
from petitions.views.answers import (
    SeeOther,
    for_signer,
    forget_pending,
    invitation_url,
    keep_pending,
    never_kept,
    read_pending,
    refused,
)

PURPOSE = "sign"
PURPOSES = ("invitation", PURPOSE)  # whose receipts are shown here


@never_kept
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_signer
def sign(request: HttpRequest, letter: Letter) -> HttpResponse:
    refusal = refused_now(request, letter)
    if refusal:
        return refusal
    if request.method != "POST":
        return _empty_page(request, letter)
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    form = SignForm(letter, request.POST)
    if not form.is_valid():
        return _sign_page(request, letter, form, status=422)
    if letter.is_signing_paused:
        return issuing.refuse(request, form, issuing.PAUSED, partial(_sign_page, request, letter))
    if form.cleaned_data["version"] != _sha256_in_force(letter.pk):
        corrected = issuing.REFUSALS[signatures.TextCorrected]
        return issuing.refuse(request, form, corrected, partial(_sign_page, request, letter))
    try:
        asked = proofs.request_code(letter, purpose=PURPOSE, domain=form.domain, **form.cleaned_data)
    except codes.Busy:
        form.add_error(
            None, _("Too many people are signing at this moment. Nothing is lost: please try again.")
        )
        return _sign_page(request, letter, form, status=503)
    return keep_pending(SeeOther(letter.address_of("code")), letter, asked)


@recent
def _sha256_in_force(letter: int) -> str:
    return Version.in_force(Letter(pk=letter)).sha256


@never_kept
@require_safe
@for_signer
def signed(request: HttpRequest, letter: Letter) -> HttpResponse:
    """The receipt, once: with it the browser forgets what was asked for."""
    asked = [found for purpose in PURPOSES if (found := read_pending(request, letter, purpose))]
    mine = next((each for each in asked if signatures.has_receipt(letter, each.receipt)), None)
    if asked and mine is None:
        return SeeOther(letter.address_of("code"))
    if mine is None:
        return render(request, "signatures/signed.html", _receipt_page(letter, {}))
    return forget_pending(_receipt(request, letter, mine), letter, mine.purpose)


def _receipt(request: HttpRequest, letter: Letter, asked: Pending) -> HttpResponse:
    receipt = typed.grouped(asked.receipt)
    words = {"receipt": receipt, "line": asked.public_line}

    def page(words: Mapping[str, str]) -> HttpResponse:
        about = {"is_anonymous": asked.is_anonymous, "receipt_file": _as_file(words["receipt"])}
        context = _receipt_page(letter, words) | about
        return render(request, "signatures/signed.html", context)

    return remembered.filled(request, page, asked.is_anonymous, **words)


def _receipt_page(letter: Letter, words: Mapping[str, str]) -> dict[str, Any]:
    shared = sharing.of(letter, letter.version)
    return {"letter": letter, "receipt_url": reverse("receipt"), "sharing": shared, **words}


def _as_file(receipt: str) -> str:
    """A link that holds the file itself (RFC 2397), so that saving it takes no script and no second answer.

    The file names no letter: whoever finds it has to try.
    """
    words = _("Receipt. Whoever has it can change or withdraw one signature. It is typed at:")
    text = f"{words}\n{settings.SITE_URL}{reverse('receipt')}\n\n{receipt}\n"
    return f"data:text/plain;charset=utf-8,{quote(text)}"


def _empty_page(request: HttpRequest, letter: Letter) -> HttpResponse:
    """The same for everybody who begins."""
    if kept := _kept(request, letter):
        return _sign_page(request, letter, SignForm(letter, initial=kept))
    return remembered.filled(request, lambda _blanks: _sign_page(request, letter, SignForm(letter)))


def _sign_page(request: HttpRequest, letter: Letter, form: SignForm, status: int = 200) -> HttpResponse:
    context = {
        "letter": letter,
        "version": letter.version,
        "form": form,
        "invitation_url": invitation_url(letter),
        "workplaces": [
            {"name": workplace.name, "domain_names": [domain.name for domain in workplace.domains.all()]}
            for workplace in letter.workplaces.prefetch_related("domains")
        ],
    }
    answer = render(request, "signatures/sign.html", context, status=status)
    if status == 503:
        answer["Retry-After"] = "30"
    return answer


def _kept(request: HttpRequest, letter: Letter) -> dict[str, str]:
    """What this browser asked for within the hour, so that nothing is typed twice."""
    asked = read_pending(request, letter, PURPOSE)
    if asked is None:
        return {}
    return {field: getattr(asked, field) for field in ("appear", "name", "role", "statement", "address")}


def refused_now(request: HttpRequest, letter: Letter) -> HttpResponse | None:
    """When nobody can begin to sign. What was typed before a pause is shown again with its form instead."""
    if not letter.is_signable:
        return not_open(request, letter)
    if letter.is_signing_paused and request.method != "POST":
        title, sentence = _("Signing is paused"), str(issuing.PAUSED.sentence)
        answer = refused(request, letter, title, sentence, status=issuing.PAUSED.status)
        return issuing.later(answer)
    return None


def not_open(request: HttpRequest, letter: Letter) -> HttpResponse:
    if letter.is_closed:
        return refused(
            request, letter, _("This letter is closed"), _("It takes no more signatures."), status=409
        )
    return refused(
        request, letter, _("This letter cannot be signed now"), _("Its page says when it can."), status=409
    )
