"""Demands on their letter's page: numbered and worded until it opens, then with their status."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from petitions.admin import access
from petitions.admin.rows import Rows
from petitions.forms.demands import MOST, DemandForm, DemandFormSet
from petitions.models import Demand, Letter


class DemandInline(Rows):
    model = Demand
    form = DemandForm
    formset = DemandFormSet
    max_num = MOST

    def get_extra(self, request: HttpRequest, obj: Letter | None = None, **options: Any) -> int:
        return 1 if obj else 3

    def get_fields(self, request: HttpRequest, obj: Letter | None = None) -> tuple[Any, ...]:
        return (("number", "title"), "text") if _is_being_written(obj) else ("title", "text", "status")

    def get_readonly_fields(self, request: HttpRequest, obj: Letter | None = None) -> tuple[str, ...]:
        return () if _is_being_written(obj) else ("title", "text")

    def has_view_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return access.may_edit(obj) and _is_being_written(obj)

    def has_change_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return access.may_edit(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return self.has_add_permission(request, obj)


def _is_being_written(letter: Letter | None) -> bool:
    return letter is None or letter.is_draft
