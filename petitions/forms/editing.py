"""Editing a letter that others may be editing as well."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.forms import contents
from petitions.forms.letters import LetterForm

SEEN = "seen"  # the digest of what stood in the form when it was opened


class EditingForm(LetterForm):
    """Refuses what would overwrite somebody else's words unread. Whoever saves holds the letter's row meanwhile."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk and self.data.get(SEEN) != contents.digest(self.instance):
            raise ValidationError(
                _("The letter was changed after you had opened this page, so nothing was saved."),
                code="outdated",
            )
        return cleaned
