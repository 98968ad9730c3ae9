"""Writing a letter, and correcting one that is open."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import chain, count
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.forms.addresses import AddressField
from petitions.forms.texts import LineField, MarkdownField
from petitions.models import Demand, Letter, Version
from petitions.models.letters import random_slug

RANDOM = re.compile(r"[0-9a-f]{32}")
FARTHEST = timedelta(days=10 * 366)  # beyond it a year was mistyped
UNFINISHED = ("slug", "text", "workplaces")  # a draft may lack them; opening asks for them


def languages() -> list[tuple[str, str]]:
    """Code and name of each that is known here, by name."""
    named = ((code, gettext(info["name"])) for code, info in LANG_INFO.items() if "name" in info)
    return [("", gettext("The site's own")), *sorted(named, key=lambda language: language[1])]


class LetterForm(forms.ModelForm):
    language = forms.ChoiceField(
        label=_("Language of the text"),
        choices=languages,
        required=False,
        help_text=_("So that it is read aloud, hyphenated and laid out as it should be."),
    )

    class Meta:
        model = Letter
        fields = [
            "title",
            "text",
            "language",
            "signing_line",
            "workplaces",
            "batch_size",
            "is_listed",
            "slug",
            "opens_at",
            "closes_at",
            "goal",
            "accent",
            "contact_address",
        ]
        field_classes = {
            "title": LineField,
            "text": MarkdownField,
            "signing_line": LineField,
            "contact_address": AddressField,
        }
        help_texts = {
            "workplaces": _(
                "Whose mailboxes may sign. Choose yours on the left and press the arrow. The plus adds one that is "
                "missing."
            ),
            "slug": _(
                "The end of its link, like fair-rota. Empty: made from the title. A letter that is not public gets "
                "a link nobody can guess."
            ),
            "opens_at": _("In UTC. Empty: as soon as you open it."),
            "closes_at": _("In UTC. Empty: when you close it."),
        }
        error_messages = {
            "slug": {"unique": _("Another letter has this address. Please choose a different one.")}
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in UNFINISHED:
            if name in self.fields:
                self.fields[name].required = False

    def clean_goal(self) -> int | None:
        goal: int | None = self.cleaned_data["goal"]
        if goal == 0:
            raise ValidationError(_("A goal is above zero. Leave it empty for none."), code="min_value")
        return goal

    def clean_batch_size(self) -> int:
        size: int = self.cleaned_data["batch_size"]
        if size < Letter.SMALLEST_BATCH:
            raise ValidationError(
                _("At least %(least)s: in a smaller group colleagues could guess who it was."),
                code="min_value",
                params={"least": Letter.SMALLEST_BATCH},
            )
        return size

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "slug" in self.fields and "slug" not in self.errors and cleaned.get("title"):
            cleaned["slug"] = self._slug(cleaned)
        self._check_times(cleaned)
        return cleaned

    def _slug(self, cleaned: dict[str, Any]) -> str:
        """As typed; from the title where nothing is; without meaning where only the link is to open it."""
        typed = cleaned["slug"].lower()
        is_random = RANDOM.fullmatch(typed)
        if cleaned["is_listed"]:
            return free_slug(cleaned["title"], letter=self.instance) if is_random or not typed else typed
        return self.instance.slug if is_random and typed == self.instance.slug else random_slug()

    def _check_times(self, cleaned: dict[str, Any]) -> None:
        opens = cleaned.get("opens_at", self.instance.opens_at)
        closes = cleaned.get("closes_at")
        for name in ("opens_at", "closes_at"):
            self._refuse_far_away(name, cleaned)
        if closes is None:
            return
        is_new = self.instance.is_draft or "closes_at" in self.changed_data
        if is_new and closes <= timezone.now():
            self.add_error("closes_at", ValidationError(_("This time is in the past."), code="past"))
        elif opens and closes <= opens:
            self.add_error("closes_at", ValidationError(_("It has to close after it opens."), code="order"))

    def _refuse_far_away(self, name: str, cleaned: dict[str, Any]) -> None:
        moment = cleaned.get(name)
        if moment and moment > timezone.now() + FARTHEST:
            self.add_error(
                name, ValidationError(_("Please choose a time within the next ten years."), code="far")
            )


def free_slug(title: str, *, letter: Letter) -> str:
    """The title as an address that no other letter has; titles without ASCII letters get a random one."""
    stem = slugify(title)[:70].strip("-") or random_slug()
    others = Letter.objects.exclude(pk=letter.pk).filter(slug__startswith=stem)
    taken = set(others.values_list("slug", flat=True))
    return next(slug for slug in chain([stem], (f"{stem}-{n}" for n in count(2))) if slug not in taken)


class CorrectionForm(forms.Form):
    """Title, text and demands of a letter that people are signing."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)  # checksum of the version that was read
    title = LineField(label=_("Title"), max_length=200)
    text = MarkdownField(
        label=_("Text"), max_length=200_000, help_text=_("Markdown: **bold**, lists, links.")
    )

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter
        self.initial = {"title": letter.title, "text": letter.text, "seen": letter.version.sha256}
        self.demands = list(letter.demands.all())
        for demand in self.demands:
            self._add(demand)

    def _add(self, demand: Demand) -> None:
        number = {"number": demand.number}
        self.fields[f"demand_{demand.pk}_title"] = LineField(
            label=_("Demand %(number)s") % number, max_length=200, initial=demand.title
        )
        self.fields[f"demand_{demand.pk}_text"] = MarkdownField(
            label=_("Explanation of demand %(number)s") % number,
            max_length=5_000,
            initial=demand.text,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
        )

    def refuse_outdated(self, version: Version) -> bool:
        """Whether somebody else has corrected it since: then it is read again before it is replaced."""
        if self.cleaned_data["seen"] == version.sha256:
            return False
        self.add_error(None, _("The letter was corrected after you had opened this page. Nothing was saved."))
        self.data = {**self.data.dict(), "seen": version.sha256}  # type: ignore[attr-defined]
        return True

    def typed(self) -> Version:
        """What would be frozen; it is not stored."""
        demands = [
            {
                "number": demand.number,
                "title": self.cleaned_data[f"demand_{demand.pk}_title"],
                "text": self.cleaned_data[f"demand_{demand.pk}_text"],
            }
            for demand in self.demands
        ]
        return Version(
            letter=self.letter,
            number=self.letter.version.number + 1,
            title=self.cleaned_data["title"],
            text=self.cleaned_data["text"],
            demands=demands,
            sha256=gettext("(made when it is saved)"),
        )

    def save(self) -> None:
        """Only the words, so that nothing else of the letter is written back."""
        self.letter.title, self.letter.text = self.cleaned_data["title"], self.cleaned_data["text"]
        self.letter.save(update_fields=["title", "text"])
        for demand in self.demands:
            demand.title = self.cleaned_data[f"demand_{demand.pk}_title"]
            demand.text = self.cleaned_data[f"demand_{demand.pk}_text"]
            demand.save(update_fields=["title", "text"])
