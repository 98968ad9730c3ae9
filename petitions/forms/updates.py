"""Telling signers and the public what happened, and when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from petitions.forms.texts import LineField, MarkdownField
from petitions.models import Letter, Update


class UpdateForm(forms.Form):
    title = LineField(label=_("Title"), max_length=200)
    text = MarkdownField(label=_("Text"), max_length=50_000, help_text=_("Markdown: **bold**, lists, links."))

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter

    def clean(self) -> dict[str, Any]:
        """The same words again are a second press of the button."""
        cleaned = super().clean() or {}
        same = {name: cleaned.get(name) for name in ("title", "text")}
        if not self.errors and self._others().filter(**same).exists():
            raise ValidationError(_("An update with these words is there already."), code="repeated")
        return cleaned

    def _others(self) -> Any:
        return self.letter.updates.all()


class RewriteForm(UpdateForm):
    """Knows which words were read, so that nobody's are lost."""

    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, update: Update, *args: Any, **options: Any) -> None:
        super().__init__(update.letter, *args, **options)
        self.update = update
        self.initial = {"title": update.title, "text": update.text, "revision": update.revision}

    def _others(self) -> Any:
        return super()._others().exclude(pk=self.update.pk)

    def again(self) -> RewriteForm:
        """What was typed, above the words that came between."""
        return RewriteForm(
            self.update, {name: self.data[name] for name in self.data} | {"revision": self.update.revision}
        )


class PostForm(forms.Form):
    revision = forms.IntegerField(min_value=1, widget=forms.HiddenInput)


class ScheduleForm(forms.Form):
    at = forms.DateTimeField(
        label=_("When (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In the time zone of this site, UTC: it may differ from your clock."),
    )

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(_("This time has passed. To post at once, choose “Post now”."), code="past")
        return at
