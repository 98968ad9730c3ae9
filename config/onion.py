"""Tells Tor Browser that the same page is reached as an onion service, without leaving its network."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class OnionLocation:
    """On pages of the encrypted site alone: the header is not heeded elsewhere, and the onion needs none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        is_page = answer.get("Content-Type", "").startswith("text/html")
        if settings.ONION_URL and is_page and request.is_secure():
            answer["Onion-Location"] = settings.ONION_URL + request.get_full_path()
        return answer
