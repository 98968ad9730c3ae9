"""Milestones on their letter's page. Those that were reached stay."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from petitions.admin import access
from petitions.forms.milestones import MOST, MilestoneForm, MilestoneFormSet
from petitions.models import Letter, Milestone


class MilestoneInline(admin.TabularInline):
    model = Milestone
    form = MilestoneForm
    formset = MilestoneFormSet
    fields = ("threshold", "reached_at")
    readonly_fields = ("reached_at",)
    max_num = MOST

    def get_extra(self, request: HttpRequest, obj: Letter | None = None, **options: Any) -> int:
        return 1 if obj else 3

    def has_view_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return access.may_edit(obj)

    has_change_permission = has_delete_permission = has_add_permission
