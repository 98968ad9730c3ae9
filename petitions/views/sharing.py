"""What of a letter is shown elsewhere: its picture beside links, its feed, its number in other people's pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from petitions import counts
from petitions.documents import cards, progress, sharing, timeline
from petitions.documents import oembed as oembeds
from petitions.documents.feed import atom
from petitions.forms.sharing import EmbedForm
from petitions.models import Letter
from petitions.views.answers import KEPT, for_letter, unless_known
from petitions.views.remembered import remembered

# Anybody may frame it: it has no form, no script and no cookie, and says what everybody may read.
may_be_framed: Any = csp(
    {
        "default-src": [NONE],
        "style-src": [SELF],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": ["*"],
    }
)


def for_other_sites(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Their pages may load it."""

    @wraps(view)
    def shown(request: HttpRequest, *rest: Any, **named: Any) -> HttpResponse:
        answer = view(request, *rest, **named)
        answer["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    return shown


@require_safe
@for_other_sites
@cache_control(public=True, max_age=KEPT)
@for_letter
def card(request: HttpRequest, letter: Letter) -> HttpResponse:
    document = _shown(letter)["card"]
    return unless_known(request, document.digest, "image/png", lambda: cards.png(document))


@require_safe
@for_other_sites
@cache_control(public=True, max_age=KEPT)
@for_letter
def feed(request: HttpRequest, letter: Letter) -> HttpResponse:
    """Without Last-Modified: events say their day, and what comes later on that day would be missed."""
    shared = sharing.of(letter, letter.version)
    content = atom(letter, shared, timeline.of(letter), counts.shown(letter)).encode()
    digest = hashlib.sha256(content).hexdigest()
    return unless_known(request, digest, "application/atom+xml; charset=utf-8", lambda: content)


@require_safe
@for_other_sites
@xframe_options_exempt
@may_be_framed
@remembered
@for_letter
def embed(request: HttpRequest, letter: Letter) -> HttpResponse:
    return render(request, "letters/embed.html", {"letter": letter, **_shown(letter)})


@require_safe
@cache_control(public=True, max_age=KEPT)
def oembed(request: HttpRequest) -> HttpResponse:
    form = EmbedForm(request.GET)
    if form.is_of_unknown_format:
        return _told_to_program(_("There is JSON and XML."), status=501)
    if not form.is_valid():
        return _told_to_program(
            _("Ask with `url`, and with whole numbers as `maxwidth` and `maxheight`."), status=400
        )
    return _oembed(request, form.slug, form.cleaned_data)


@for_letter
def _oembed(_request: HttpRequest, letter: Letter, asked: dict[str, Any]) -> HttpResponse:
    shared = sharing.of(letter, letter.version)
    values = oembeds.answer(letter, shared, asked["maxwidth"], asked["maxheight"])
    if asked["format"] == "xml":
        answer = HttpResponse(oembeds.as_xml(values), content_type="text/xml; charset=utf-8")
    else:
        answer = JsonResponse(values)
    answer["Access-Control-Allow-Origin"] = "*"
    return answer


def _told_to_program(sentence: str, *, status: int) -> HttpResponse:
    return HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")


def _shown(letter: Letter) -> dict[str, Any]:
    """What picture and frame say."""
    version, tally = letter.version, counts.shown(letter)
    way = progress.of(letter, letter.milestones.all(), tally.total)
    return {
        "sharing": sharing.of(letter, version),
        "tally": tally,
        "progress": way,
        "card": cards.of(letter, version, tally, way),
    }
