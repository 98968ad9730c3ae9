"""Rows that are edited together on the page of what they belong to."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

SPARE = 20  # rows that are shown again beyond the most, so that whoever typed them can move them


class Rows(admin.StackedInline):
    """As many as may be, and a few: what a request counts beyond that is not even looked at."""

    max_num: int

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        return super().get_formset(request, obj, absolute_max=self.max_num + SPARE, **options)
