"""allauth's pages, answered as the others are."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


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
