"""What every part of the workspace has in common: it finds or it does not, and keeps no log of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest


class QuietAdmin(admin.ModelAdmin):
    """Django's own log would quote titles, names and addresses; audit events are the record."""

    actions = None
    view_on_site = False

    def get_urls(self) -> list[Any]:
        """Without the redirect that answers every unknown address below a row."""
        return [address for address in super().get_urls() if address.name]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A row that somebody may not see is not there."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Lists are searched, not queried by their address."""
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        raise Http404

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return []

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return None

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return []
