"""The organizers' workspace: Django's admin on a site of our own, entered through allauth."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.models import Membership

# Addresses of Django's admin that nobody needs here. `view_on_site` would tell the address of any letter.
LEFT_OUT = {"password_change", "password_change_done", "view_on_site", "autocomplete"}
METHODS = ["GET", "HEAD", "POST"]  # Django's own pages would answer any other as if it were a GET


class Workspace(AdminSite):
    site_header = gettext_lazy("Undersigned")
    site_title = gettext_lazy("Undersigned")
    index_title = gettext_lazy("Your letters")
    enable_nav_sidebar = False

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.pages: list[
            URLPattern
        ] = []  # of the site as a whole; those of a letter belong to its ModelAdmin

    def get_urls(self) -> list[Any]:
        ours = [address for address in super().get_urls() if getattr(address, "name", "") not in LEFT_OUT]
        return [*self.pages, *ours]

    def has_permission(self, request: HttpRequest) -> bool:
        """Who may write letters, and who was made a member of one."""
        user = request.user
        return user.is_active and (user.is_staff or Membership.objects.filter(user=user.pk).exists())

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Strangers go to allauth; who is signed in goes to the letters, or reads why not."""
        if not request.user.is_authenticated:
            return secure_admin_login(super().login)(request)
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if not self.has_permission(request):
            return render(request, "admin/no_access.html", self.each_context(request), status=403)
        return redirect("admin:index")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return redirect("admin:petitions_letter_changelist")

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        return redirect("admin:petitions_letter_changelist")

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """A refusal is a page with a sentence, inside the workspace."""

        @wraps(view)
        def telling_why(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            try:
                return view(request, *arguments, **named)
            except PermissionDenied as refusal:
                return self._refuse(request, str(refusal))

        return super().admin_view(telling_why, cacheable)

    def get_log_entries(self, request: HttpRequest) -> Any:
        """None: what happened stands in the audit events, which quote nobody."""
        return []

    def _refuse(self, request: HttpRequest, sentence: str) -> HttpResponse:
        context = self.each_context(request) | {
            "title": _("Not allowed"),
            "sentence": sentence or _("Your role does not allow this."),
        }
        return render(request, "admin/refused.html", context, status=403)


workspace = Workspace(name="admin")
