"""The policy of content: the same for nearly every page, so it is written once and not for each answer."""

from __future__ import annotations

from functools import cached_property

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.http import HttpRequest, HttpResponseBase


class Policy(CSPMiddleware):
    """Pages that need another one say so by a decorator, and get it from `django-csp` as before."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if HEADER in response or self.get_policy_parts(request, response) != PolicyParts():
            return super().process_response(request, response)
        response[HEADER] = self._usual
        return response

    @cached_property
    def _usual(self) -> str:
        return build_policy()
