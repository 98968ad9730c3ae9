"""The list of letters, and one letter with everything that is written for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions import erasures
from petitions.admin import access, addresses, columns, conflicts, drafts, home, pages, typed
from petitions.admin.demands import DemandInline
from petitions.admin.milestones import MilestoneInline
from petitions.admin.quiet import QuietAdmin
from petitions.admin.recipients import RecipientInline
from petitions.admin.site import workspace
from petitions.documents import starts
from petitions.erasures import Kind
from petitions.flows import audit, letters, recipients
from petitions.forms import contents
from petitions.forms.editing import SEEN, EditingForm
from petitions.models import Letter

WRITING = ("title", "text", "signing_line")
SIGNING = ("workplaces", "batch_size", "is_listed", "slug", "opens_at", "closes_at")
FROZEN = (*WRITING, "workplaces", "batch_size", "is_listed", "slug", "opens_at")  # once it was opened


@admin.register(Letter, site=workspace)
class LetterAdmin(QuietAdmin):
    form = EditingForm
    list_display = ("title", columns.state, columns.signatures, "closes_at", columns.latest)
    search_fields = ("title",)
    ordering = ("-created_at",)
    filter_horizontal = ("workplaces",)
    inlines = (DemandInline, RecipientInline, MilestoneInline)
    fieldsets = (
        (None, {"fields": (*WRITING, "language")}),
        (gettext_lazy("Who can sign, where and when"), {"fields": SIGNING}),
        (gettext_lazy("Goal, look and answers"), {"fields": ("goal", "accent", "contact_address")}),
    )

    def get_urls(self) -> list[Any]:
        own = [pages.address("edit/", self.edit, "edit"), *typed.addresses(self)]
        return [*own, *addresses.OF_A_LETTER, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Letter]:
        return access.letters(request)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return columns.CountedList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_organizer", False))

    def has_view_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return True

    def has_change_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return access.may_edit(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return obj is not None and obj.is_draft and access.role(obj) in access.OWNERS

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Without Django's advice to hold a key down: the widget needs none."""
        field: Any = super().formfield_for_manytomany(db_field, request, **options)
        field.help_text = options.get("help_text", db_field.help_text)
        return field

    def get_readonly_fields(self, request: HttpRequest, obj: Letter | None = None) -> tuple[str, ...]:
        if obj is None or obj.is_draft:
            return ()
        return FROZEN if obj.is_open else (*FROZEN, "closes_at")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Whoever opens a letter sees how it stands. Its form is a page of its own and may post to either."""
        if request.method != "POST":
            return home.page(request, unquote(object_id))
        return super().change_view(request, object_id, form_url, extra_context)

    def edit(self, request: HttpRequest, pk: int) -> Any:
        return self.changeform_view(request, str(pk))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        self._refuse_strangers(request, object_id)
        view = partial(self._save_alone, request, object_id, form_url, extra_context)
        try:
            return view()
        except OverflowError:
            raise BadRequest from None  # a number that no page of ours has given out
        except IntegrityError:
            return self._save_again(view)

    def _save_again(self, view: Callable[[], Any]) -> Any:
        """Somebody saved the same at the same moment: now their rows are there to be compared with."""
        try:
            return view()
        except IntegrityError:
            raise BadRequest from None  # the rows contradict each other in a way that no page of ours sends

    def _refuse_strangers(self, request: HttpRequest, object_id: str | None) -> None:
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied(_("Your account cannot write letters of its own."))
            return
        letter = self.get_object(request, unquote(object_id))
        if request.method == "POST" and not access.may_edit(letter):
            raise PermissionDenied(access.refusal(access.EDITORS))

    def _save_alone(
        self, request: HttpRequest, object_id: str | None, form_url: str, extra_context: Any
    ) -> Any:
        """Whoever saves holds the letter's row: nobody opens, closes or saves it between reading and writing."""
        if object_id is None:
            return super().changeform_view(request, None, form_url, extra_context)
        with transaction.atomic():
            letter = self.get_object(request, unquote(object_id))
            if request.method == "POST":
                letter.hold_row()
            context = (extra_context or {}) | {"seen": contents.digest(letter)}
            if request.method == "POST" and request.POST.get(SEEN) != context["seen"]:
                context["conflict"] = conflicts.of(self, request, letter)
            return super().changeform_view(request, object_id, form_url, context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Of a letter to start from, if one was chosen; nothing else of the address is taken up."""
        start = starts.STARTS.get(request.GET.get("start", ""))
        if start is None:
            return {}
        return {"title": start.title, "text": start.text, "signing_line": starts.SIGNING_LINE}

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Letter, inline: Any, prefix: str
    ) -> dict[str, Any]:
        given: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        start = starts.STARTS.get(request.GET.get("start", ""))
        if start and prefix == "demands" and not obj.pk and request.method != "POST":
            given["initial"] = [{"title": str(title), "text": str(text)} for title, text in start.demands]
        return given

    def save_model(self, request: HttpRequest, obj: Letter, form: Any, change: bool) -> None:
        if not change:
            letters.create(obj, by=access.person(request))
            return
        obj.save()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Written down at the end, behind all rows: whoever writes an event keeps others from it until commit."""
        super().save_related(request, form, formsets, change)
        recipients.respect(form.instance)
        if change:
            audit.record("edited", letter=form.instance, by=access.person(request))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **options: Any) -> Any:
        letter = options.get("obj")
        context |= {"show_save_and_continue": False, "show_save_and_add_another": False, "letter": letter}
        context |= {"title": _("Edit the letter") if letter else _("Write a letter")}
        context |= {"subtitle": letter.title if letter else None}
        context |= {
            "starts": starts.STARTS.values(),
            "typed_pk": letter.pk if letter else drafts.NEW,
            "may_edit": access.may_edit(letter),
        }
        name = (
            "petitions_letter_edit" if letter else "petitions_letter_add"
        )  # without what the address asked for
        options["form_url"] = reverse(f"admin:{name}", args=[letter.pk] if letter else [])
        answer = super().render_change_form(request, context, *args, **options)
        answer.status_code = 422 if context["errors"] else 200
        return answer

    def response_add(self, request: HttpRequest, obj: Letter, post_url_continue: Any = None) -> HttpResponse:
        return pages.done(
            request, obj, _("The draft is saved. Nobody but its organizers sees it before it opens.")
        )

    def response_change(self, request: HttpRequest, obj: Letter) -> HttpResponse:
        return pages.done(request, obj, _("Saved."))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        letter = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, letter):
            raise PermissionDenied(_("Only a draft can be deleted, and only by its owner."))
        context = {"letter": letter, "title": _("Delete this draft?"), "subtitle": letter.title}
        return super().delete_view(request, object_id, context)

    def delete_model(self, request: HttpRequest, obj: Letter) -> None:
        pk = obj.pk
        erasures.note(Kind.DRAFT, obj.public_id)
        obj.delete()
        audit.record("draft_deleted", letter=None, by=access.person(request), about=pk)
