"""Each request gets an id that its log lines bear: made here, never taken from a client, and told to nobody."""

from __future__ import annotations

import random
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from structlog.contextvars import bind_contextvars, reset_contextvars

Answer = Callable[[HttpRequest], HttpResponseBase]


class RequestId:
    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        bound = bind_contextvars(request_id=f"{random.getrandbits(64):016x}")  # it guards nothing
        try:
            return self.get_response(request)
        finally:
            reset_contextvars(**bound)
