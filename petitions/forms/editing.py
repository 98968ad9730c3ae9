"""Editing a letter that others may be editing as well."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from petitions.forms import contents
from petitions.forms.letters import LetterForm

SEEN = "seen"  # the digest of what stood in the form when it was opened
TIMES = ("opens_at", "closes_at")


class EditingForm(LetterForm):
    """Refuses what would overwrite somebody else's words unread. Whoever saves holds the letter's row meanwhile."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in TIMES:
            if name in self.fields:
                self._name_both_inputs(name)

    def _name_both_inputs(self, name: str) -> None:
        """A moment has two, and one label names neither for who does not see them side by side."""
        field: Any = self.fields[name]
        for widget, part in zip(getattr(field.widget, "widgets", ()), (_("date"), _("time")), strict=False):
            widget.attrs["aria-label"] = f"{capfirst(str(field.label))}: {part}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk and self.data.get(SEEN) != contents.digest(self.instance):
            raise ValidationError(
                _("The letter was changed after you had opened this page, so nothing was saved."),
                code="outdated",
            )
        return cleaned
