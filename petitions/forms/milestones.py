"""The milestones of a letter, edited together."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from petitions.models import Milestone

MOST = 50


class MilestoneForm(forms.ModelForm):
    class Meta:
        model = Milestone
        fields = ["threshold"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.reached_at:
            self.fields["threshold"].disabled = True

    def clean_threshold(self) -> int:
        threshold: int = self.cleaned_data["threshold"]
        if threshold < 1:
            raise ValidationError(_("A milestone is above zero."), code="min_value")
        return threshold

    def validate_constraints(self) -> None:
        """Thresholds are compared by the set, which knows all of them."""


class MilestoneFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        if any(self.errors):
            return
        wanted = self._wanted()
        if len(wanted) > MOST:
            raise ValidationError(
                _("Please set at most %(most)s milestones.") % {"most": MOST}, code="too_many"
            )
        if len(wanted) > len(set(wanted)):
            number = max(wanted, key=wanted.count)
            raise ValidationError(
                _("The milestone %(number)s stands twice.") % {"number": number}, code="doubled"
            )
        if any(form.instance.reached_at for form in self.deleted_forms):
            raise ValidationError(_("A milestone that was reached stays."), code="reached")

    def save(self, commit: bool = True) -> list[Milestone]:
        """A milestone ahead is its number and nothing else, in whatever row it was typed."""
        letter, wanted = self.instance, set(self._wanted())
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        letter.milestones.filter(reached_at=None).exclude(threshold__in=wanted).delete()
        there = set(letter.milestones.values_list("threshold", flat=True))
        return [letter.milestones.create(threshold=threshold) for threshold in sorted(wanted - there)]

    def _wanted(self) -> list[int]:
        leaving = self.deleted_forms
        rows = [form for form in self.forms if form not in leaving]
        return [form.cleaned_data["threshold"] for form in rows if form.cleaned_data.get("threshold")]
