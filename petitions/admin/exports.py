"""Taking the signatures away as a table."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from petitions import counts
from petitions.admin import access, pages
from petitions.flows import exports
from petitions.models import Letter


@require_http_methods(["GET", "HEAD", "POST"])
def signatures(request: HttpRequest, pk: int) -> HttpResponseBase:
    letter = access.letter(request, pk)
    if letter.is_draft:
        return pages.failed(request, letter, _("Nobody has signed before the letter opens."))
    if request.method != "POST":
        return _ask(request, letter)
    answer = StreamingHttpResponse(
        exports.signatures(letter, by=access.person(request)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{letter.slug}.csv"'},
    )
    add_never_cache_headers(answer)
    return answer


def _ask(request: HttpRequest, letter: Letter) -> HttpResponse:
    context = {"tally": counts.recount(letter), "header": exports.HEADER}
    return pages.show(request, letter, "export", _("Export the signatures"), context)
