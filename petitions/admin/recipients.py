"""Recipients on their letter's page. Whoever was written to stays as written."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from petitions.admin import access
from petitions.admin.rows import Rows
from petitions.forms.recipients import MOST, RecipientForm, RecipientFormSet, with_settled
from petitions.models import Letter, Recipient


class RecipientInline(Rows):
    model = Recipient
    form = RecipientForm
    formset = RecipientFormSet
    fields = (("name", "role", "address"),)
    max_num = MOST

    def get_extra(self, request: HttpRequest, obj: Letter | None = None, **options: Any) -> int:
        return 1 if obj else 3

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recipient]:
        return with_settled(super().get_queryset(request))

    def has_view_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return access.may_edit(obj)

    has_change_permission = has_delete_permission = has_add_permission
