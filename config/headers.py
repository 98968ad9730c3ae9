"""What browsers are told with every answer, whatever it is, beside what Django tells them: see the settings."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

# What no page of ours asks a device for, so that nothing in it can.
PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)
RESOURCE = "Cross-Origin-Resource-Policy"


class BrowserHeaders:
    """No other site's page may load what is not for everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        is_for_everybody = answer.get("Access-Control-Allow-Origin") == "*"
        answer.headers.setdefault(RESOURCE, "cross-origin" if is_for_everybody else "same-origin")
        answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return answer
