"""Who organizes is known where it is asked for; allauth's pages are answered as the others are."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.deprecation import MiddlewareMixin

# Below it all are the same: whoever signs beside their own workspace leaves no trace of it.
NOBODYS = "/letters/"


class NotForReaders(MiddlewareMixin):
    """Left out on the pages of a letter, which many ask for at once: there nobody is told from anybody else."""

    def __call__(self, request: HttpRequest) -> Any:
        is_left_out = request.path.startswith(NOBODYS)
        return self.get_response(request) if is_left_out else super().__call__(request)


class Sessions(NotForReaders, SessionMiddleware):
    pass


class Users(NotForReaders, AuthenticationMiddleware):
    pass


class Messages(NotForReaders, MessageMiddleware):
    pass


class RefusalsAreUnprocessable:
    """A form that comes back with errors is a 422 (RFC 9110, 15.5.21), not a success."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        form = (response.context_data or {}).get("form")
        if response.status_code == 200 and getattr(form, "errors", None):
            response.status_code = 422
        return response
