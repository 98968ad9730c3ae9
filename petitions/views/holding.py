"""Nothing is shown of a database that was restored and may still name somebody who was erased since."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from petitions import holding
from petitions.holding import Held
from petitions.views import errors

OF_MACHINES = ("/healthz", "/readyz", "/metrics", "/static/")
OF_PEOPLE = ("/admin/", "/accounts/", "/mailbox/", "/status/", "/receipt/")  # with which people tidy up


class HoldsPages:
    """Asked before and after: a page may have been begun when nothing was held."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_held(request.path):
            return errors.held(request)
        answer = self.get_response(request)
        return errors.held(request) if _is_held(request.path) else answer


def _is_held(path: str) -> bool:
    held = holding.what()
    if held is None or path.startswith(OF_MACHINES):
        return False
    return held is Held.EVERYTHING or not path.startswith(OF_PEOPLE)
