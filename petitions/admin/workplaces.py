"""Workplaces: every organizer may choose and add them, operators mend them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.admin.quiet import QuietAdmin
from petitions.admin.rows import Rows
from petitions.admin.site import workspace
from petitions.flows import milestones
from petitions.forms.workplaces import MOST, DomainForm, DomainFormSet, WorkplaceForm, warnings
from petitions.models import Domain, Workplace


class DomainInline(Rows):
    model = Domain
    form = DomainForm
    formset = DomainFormSet
    fields = (("name", "ignores_dots"), "is_meant")
    max_num = MOST

    def get_extra(self, request: HttpRequest, obj: Workplace | None = None, **options: Any) -> int:
        return 0 if obj else 2

    def has_view_permission(self, request: HttpRequest, obj: Workplace | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Workplace | None = None) -> bool:
        return obj is None or obj.pk is None or request.user.is_superuser

    has_change_permission = has_delete_permission = has_add_permission


class Warned(ChangeList):
    """Each workplace of the page knows what its domains look like."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        owners = dict(Domain.objects.values_list("name", "workplace"))
        for workplace in self.result_list:
            others = [name for name, owner in owners.items() if owner != workplace.pk]
            mine = [domain.name for domain in workplace.domains.all()]
            workplace.warnings = " ".join(" ".join(warnings(name, others)) for name in mine).strip()


@admin.register(Workplace, site=workspace)
class WorkplaceAdmin(QuietAdmin):
    form = WorkplaceForm
    list_display = ("name", "mail_domains", "look_alikes", "head_count")
    search_fields = ("name", "domains__name")
    inlines = (DomainInline,)

    @admin.display(description=gettext_lazy("mail domains"))
    def mail_domains(self, workplace: Workplace) -> str:
        return ", ".join(domain.name for domain in workplace.domains.all())

    @admin.display(description=gettext_lazy("look-alikes"), empty_value="")
    def look_alikes(self, workplace: Any) -> str:
        return workplace.warnings or ""

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return Warned

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workplace]:
        return super().get_queryset(request).prefetch_related("domains")

    def has_view_permission(self, request: HttpRequest, obj: Workplace | None = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser or getattr(request.user, "is_organizer", False))

    def has_change_permission(self, request: HttpRequest, obj: Workplace | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Workplace | None = None) -> bool:
        """One that a letter names stays: whose mailboxes signed it must remain readable."""
        return bool(request.user.is_superuser) and (obj is None or not obj.letters.exists())

    def save_model(self, request: HttpRequest, obj: Workplace, form: Any, change: bool) -> None:
        """A corrected head-count changes what shares of it come to."""
        super().save_model(request, obj, form, change)
        if "head_count" in form.changed_data:
            for letter in obj.letters.all():
                milestones.measure(letter)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *rest: Any, **named: Any
    ) -> Any:
        is_change = request.method == "POST" and object_id is not None
        if is_change and not request.user.is_superuser:
            raise PermissionDenied(_("Workplaces are shared: only operators change them."))
        return super().changeform_view(request, object_id, *rest, **named)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False}
        answer = super().render_change_form(request, context, *args, **options)
        answer.status_code = 422 if context["errors"] else 200
        return answer
