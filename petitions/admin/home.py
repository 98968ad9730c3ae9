"""A letter's home: how it stands, what is to be done next, and the way to everything else.

Its form is a page of its own: whoever comes for the first time is not met by forty fields.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from petitions.admin import access, figures, overview, pages
from petitions.flows import audit
from petitions.models import Letter
from petitions.views import safety


def page(request: HttpRequest, pk: str) -> HttpResponse:
    letter = _with_figures(request, pk)
    context = {"overview": overview.of(letter, access.role(letter))}
    return pages.show(request, letter, "home", letter.title, context | {"subtitle": None})


@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: HttpRequest, pk: int) -> HttpResponse:
    """What signers will ask about. Who has read it says so, and the checklist remembers."""
    letter = access.letter(request, pk)
    if request.method != "POST":
        return pages.show(request, letter, "retention", _("What is kept"), safety.kept())
    audit.record(figures.RETENTION, letter=letter, by=access.person(request))
    return pages.done(request, letter, _("Noted: you know what is kept."))


def _with_figures(request: HttpRequest, pk: str) -> Letter:
    try:
        found = figures.counted(access.letters(request)).filter(pk=pk).first()
    except (ValueError, OverflowError):
        raise Http404 from None  # no number, or one that no page of ours has given out
    if found is None:
        raise Http404
    return found
