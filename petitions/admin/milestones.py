"""Milestones on their letter's page: when, whom to tell, and a few words. Those that were reached stay."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.admin import access
from petitions.admin.rows import Rows
from petitions.forms.milestones import MOST, MilestoneForm, MilestoneFormSet
from petitions.models import Letter, Milestone


class MilestoneInline(Rows):
    model = Milestone
    form = MilestoneForm
    formset = MilestoneFormSet
    fields = (
        ("threshold", "share"),
        ("is_for_organizers", "is_for_followers", "is_for_recipients"),
        "text",
        "is_passed",
        "stands",
    )
    readonly_fields = ("stands",)
    max_num = MOST

    @admin.display(description=gettext_lazy("how it stands"))
    def stands(self, milestone: Milestone) -> str:
        if milestone.pk is None:
            return ""
        if milestone.reached_at is not None:
            words = {"day": date_format(milestone.reached_at), "count": intcomma(milestone.count_seen)}
            return _("reached on %(day)s; %(count)s were counted") % words
        if milestone.share is None:
            return _("ahead")
        if milestone.threshold is None:
            return _("waits: not every workplace of the letter has a head-count")
        return _("ahead: %(number)s signatures by today's head-count") % {
            "number": intcomma(milestone.threshold)
        }

    def get_extra(self, request: HttpRequest, obj: Letter | None = None, **options: Any) -> int:
        return 1 if obj else 3

    def has_view_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        """After closing nothing more can be reached."""
        return access.may_edit(obj) and not (obj and obj.is_closed)

    def has_change_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return access.may_edit(obj)

    has_delete_permission = has_change_permission
