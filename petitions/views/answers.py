"""Answers that several pages give."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _

from petitions import pending
from petitions.flows import proofs
from petitions.forms.proofs import CodeForm
from petitions.languages import carried
from petitions.models import Letter
from petitions.pending import Pending
from petitions.recent import recent

Rest = ParamSpec("Rest")
Answer = TypeVar("Answer", bound=HttpResponseBase)
NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"
KEPT = 2  # seconds in caches, of what shows a number: with as many of the count, a new one is everywhere within five


class SeeOther(HttpResponseRedirect):
    """303 (RFC 9110, 15.4.4): the next request is a GET, so that reloading repeats nothing."""

    status_code = 303

    def __init__(self, address: str) -> None:
        super().__init__(carried(address))


def for_letter(
    view: Callable[Concatenate[HttpRequest, Letter, Rest], Answer],
    find: Callable[[str], Letter | None] = Letter.find,
) -> Callable[..., Answer]:
    """Finds the letter that whoever knows its address may read; drafts and unknown ones are the same 404.

    What belongs to a letter by link only is kept out of search engines.
    """

    @wraps(view)
    def found(request: HttpRequest, slug: str, *rest: Rest.args, **named: Rest.kwargs) -> Answer:
        letter = find(slug)
        if letter is None:
            raise Http404
        answer = view(request, letter, *rest, **named)
        if not letter.is_listed:
            answer["X-Robots-Tag"] = "noindex"
        return answer

    return found


def never_kept(view: Callable[Rest, Answer]) -> Callable[Rest, Answer]:
    """As Django's `never_cache`, which puts its words together anew for each signer."""

    @wraps(view)
    def told(*rest: Rest.args, **named: Rest.kwargs) -> Answer:
        answer = view(*rest, **named)
        answer["Expires"], answer["Cache-Control"] = http_date(), NEVER
        return answer

    return told


def for_signer(view: Callable[Concatenate[HttpRequest, Letter, Rest], Answer]) -> Callable[..., Answer]:
    """The same for the pages that each signer or searcher sees anew, where many come at once."""
    return for_letter(view, recent(Letter.find))


def unless_known(
    request: HttpRequest, digest: str, content_type: str, make: Callable[[], bytes]
) -> HttpResponse:
    """Whoever has it already is told so, before it is made."""
    etag = quote_etag(digest)
    answer = get_conditional_response(request, etag=etag)
    if answer is None:
        answer = HttpResponse(make(), content_type=content_type)
    answer["ETag"] = etag
    return answer


def invitation_url(letter: Letter) -> str:
    """Where an invitation is used, for a letter that has some; the same for everybody who asks."""
    return reverse("invitation", args=[letter.slug]) if letter.sheets.valid().exists() else ""


def wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def refused(
    request: HttpRequest, letter: Letter, title: str, text: str, *, status: int, **link: str
) -> HttpResponse:
    """A clear end: what happened and what to do, with `link_url` and `link_text` for the next step."""
    context = {"letter": letter, "title": title, "text": text, **link}
    return render(request, "signatures/refused.html", context, status=status)


def keep_pending(answer: HttpResponse, letter: Letter, asked: Pending, *, path: str = "") -> HttpResponse:
    """Put what was asked for into the asker's browser, for this letter's pages alone, or for those below `path`."""
    answer.set_cookie(
        pending.cookie_name(asked.purpose),
        pending.seal(letter, asked),
        max_age=pending.MAX_AGE,
        path=path or letter.get_absolute_url(),
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return answer


def forget_pending(answer: HttpResponse, letter: Letter, purpose: str, *, path: str = "") -> HttpResponse:
    answer.delete_cookie(
        pending.cookie_name(purpose), path=path or letter.get_absolute_url(), samesite="Strict"
    )
    return answer


def explain_code(form: CodeForm, error: proofs.CodeRefused) -> None:
    """Say beside the field why the code does nothing."""
    if isinstance(error, proofs.WrongCode):
        sentence = _("This is not the code that was sent. Please compare it with the newest mail.")
    else:
        sentence = _("This code cannot be used any more. Please ask for a new one below.")
    form.add_error("code", sentence)


def read_pending(request: HttpRequest, letter: Letter, purpose: str) -> Pending | None:
    try:
        return pending.unseal(letter, purpose, request.COOKIES.get(pending.cookie_name(purpose)))
    except pending.NothingPending:
        return None
