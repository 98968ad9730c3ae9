"""Typing the code, for signing and for following."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from petitions import codes, limits
from petitions.crypto import keys, marks
from petitions.flows import proofs, signatures, subscriptions, tokens
from petitions.forms.proofs import CodeForm
from petitions.models import Letter, Proof, PublicKey
from petitions.pending import Pending
from petitions.views import errors, issuing, remembered
from petitions.views.answers import (
    SeeOther,
    explain_code,
    for_letter,
    for_signer,
    forget_pending,
    invitation_url,
    keep_pending,
    never_kept,
    read_pending,
    refused,
)


class Addresses(NamedTuple):
    """Where a code is asked for, typed, and asked for anew, by name."""

    start: str
    action: str
    again: str

    def of(self, letter: Letter) -> dict[str, str]:
        return {f"{step}_url": letter.address_of(name) for step, name in self._asdict().items()}


ADDRESSES = {
    "sign": Addresses("sign", "code", "code_again"),
    "follow": Addresses("follow", "follow_code", "follow_code_again"),
}


@never_kept
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@for_signer
def code(request: HttpRequest, letter: Letter, purpose: str) -> HttpResponse:
    asked = read_pending(request, letter, purpose)
    if request.method != "POST" or asked is None:
        status = 422 if request.method == "POST" else 200
        return _code_page(request, letter, purpose, asked, CodeForm(), status=status)
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, letter, purpose, asked, form, status=422)
    try:
        return FINISH[purpose](request, letter, asked, form.cleaned_data["code"])
    except proofs.CodeRefused as error:
        explain_code(form, error)
    return _code_page(request, letter, purpose, asked, form, status=422)


@never_cache
@require_POST
@for_letter
def again(request: HttpRequest, letter: Letter, purpose: str) -> HttpResponse:
    """A new code for what this browser asked for."""
    asked = read_pending(request, letter, purpose)
    if asked is None:
        return _code_page(request, letter, purpose, None, CodeForm(), status=422)
    if not limits.allows(limits.ASKS, "client", limits.client(request)):
        return errors.too_often(request)
    try:
        asked = proofs.request_again(letter, asked)
    except proofs.TooSoon:
        return errors.too_often(request, settings.CODE_WAIT_SECONDS)
    except codes.Busy:
        return errors.busy(request)
    return keep_pending(SeeOther(ADDRESSES[purpose].of(letter)["action_url"]), letter, asked)


def _sign(request: HttpRequest, letter: Letter, asked: Pending, code: str) -> HttpResponse:
    try:
        signatures.sign(letter, asked, code)
    except signatures.AlreadySigned:
        title = _("This mailbox has already signed")
        text = _("One mailbox counts once. With the receipt of that signature you can change or withdraw it.")
        link = {"link_url": reverse("receipt"), "link_text": _("I have a receipt")}
        return forget_pending(refused(request, letter, title, text, status=422, **link), letter, "sign")
    except signatures.TextCorrected:
        return _corrected(request, letter)
    except signatures.LetterNotOpen:
        title, text = (
            _("This letter was closed meanwhile"),
            _("It takes no more signatures, and yours was not stored."),
        )
        return forget_pending(refused(request, letter, title, text, status=409), letter, "sign")
    return SeeOther(letter.address_of("signed"))


def _corrected(request: HttpRequest, letter: Letter) -> HttpResponse:
    """The cookie stays, so that nothing is typed twice."""
    title = _("The text was corrected meanwhile")
    text = _(
        "You read an earlier version. Nothing was signed: please read the new one and ask for a code again."
    )
    link = {"link_url": letter.address_of("sign"), "link_text": _("Go on")}
    return refused(request, letter, title, text, status=409, **link)


def _follow(request: HttpRequest, letter: Letter, asked: Pending, code: str) -> HttpResponse:
    subscriptions.confirm(letter, asked, code)
    answer = render(request, "subscriptions/confirmed.html", {"letter": letter})
    return forget_pending(answer, letter, "follow")


FINISH: dict[str, Callable[[HttpRequest, Letter, Pending, str], HttpResponse]] = {
    "sign": _sign,
    "follow": _follow,
}


def _sealing_key(letter: Letter, asked: Pending | None) -> PublicKey | None:
    """For anonymous signers alone, named ones have nothing to hide from us; and where nothing is asked for any more:
    this tab may hold a token that was made here, after which the browser forgot the rest."""
    if asked and not asked.is_anonymous:
        return None
    return tokens.key_of(letter, Proof.MAILBOX)


def _request_id(letter: Letter, asked: Pending) -> str:
    """Tells one mailbox's request from another's inside a browser tab; kept nowhere else.

    Whoever types an address gets its page. Under the letter's key, which is destroyed, what that shows cannot be
    looked up among the marks later; a plain hash of the mark could.
    """
    try:
        key = keys.read(settings.KEYS_DIR, letter.key_name(asked.purpose))
    except keys.KeyMissing:  # a closed letter, which gives no tokens
        return ""
    return marks.mark(key, purpose="tab", letter=str(letter.public_id), mailbox=asked.mark).hex()[:16]


def _code_page(
    request: HttpRequest, letter: Letter, purpose: str, asked: Pending | None, form: CodeForm, *, status: int
) -> HttpResponse:
    """The same for all who wait for a code and appear alike, but for what is shown of them."""

    def page(words: Mapping[str, str]) -> HttpResponse:
        context: dict[str, object] = {
            "letter": letter,
            "form": form if asked else None,
            "purpose": purpose,
            "wait": 0 if is_old else settings.CODE_WAIT_SECONDS,
            "is_failing": codes.sender.is_failing,
            **ADDRESSES[purpose].of(letter),
        }
        if purpose == "sign":
            context |= _signing(letter, asked, words)
        return render(request, "proofs/code.html", context, status=status)

    # Who typed a code that is spent is told to ask for another one, and need not wait once more.
    is_old = form.is_bound and asked is not None and not proofs.is_young(asked)
    words = _words(letter, asked) if asked and purpose == "sign" else {}
    if form.is_bound or status != 200 or asked is None:
        return page(words)
    return remembered.filled(request, page, asked.is_anonymous, codes.sender.is_failing, **words)


def _words(letter: Letter, asked: Pending) -> dict[str, str]:
    """What will be shown of the signer, and what their script needs for a token."""
    workplace = signatures.workplace_shown(letter, asked)
    return {
        "preview": asked.public_line,
        "statement": asked.statement,
        "workplace": workplace.name if workplace else "",
        "request_id": _request_id(letter, asked) if asked.is_anonymous else "",
    }


def _signing(letter: Letter, asked: Pending | None, words: Mapping[str, str]) -> dict[str, object]:
    """Of following there is nothing to show but the field."""
    key = _sealing_key(letter, asked)
    ways: dict[str, object] = {
        "key": key,
        "redeem_address": issuing.redeem_address(letter),
        "offline_url": reverse("token_offline", args=[letter.slug]),
        "invitation_url": invitation_url(letter),
    }
    if asked is None:
        return ways
    few = bool(key and tokens.are_few(key))
    return ways | {"is_anonymous": asked.is_anonymous, "few_tokens": few, **words}
