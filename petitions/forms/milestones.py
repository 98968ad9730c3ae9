"""The milestones of a letter, edited together."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from petitions import counts
from petitions.forms.bounded import BoundedFormSet
from petitions.forms.texts import MarkdownField
from petitions.models import Milestone
from petitions.models.milestones import of_share

MOST = 50
HIGHEST = 10_000_000  # more than any employer has
WHICH = ("threshold", "share")
WORDS = ("is_for_organizers", "is_for_followers", "is_for_recipients", "text")

Key = tuple[int | None, int | None]  # a number or a share: what a milestone ahead is known by


class MilestoneForm(forms.ModelForm):
    is_passed = forms.BooleanField(
        label=gettext_lazy("reach it at once if the letter has as many already"),
        required=False,
        widget=forms.HiddenInput,  # seen when it is asked
        help_text=gettext_lazy("Its mails then go out within seconds."),
    )

    class Meta:
        model = Milestone
        fields = [*WHICH, *WORDS]
        field_classes = {"text": MarkdownField}
        widgets = {"text": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.share:
            self.initial["threshold"] = None  # it is calculated
        if self.instance.reached_at:
            self.settle()
        if self.data.get(self.add_prefix("is_passed")) == "on":
            self.ask()

    def settle(self) -> None:
        for field in self.fields.values():
            field.disabled = True

    def ask(self) -> None:
        self.fields["is_passed"].widget = forms.CheckboxInput()

    def has_changed(self) -> bool:
        """Whom it tells says nothing before it is known when."""
        if self.instance.pk:
            return super().has_changed()
        return super().has_changed() and bool({*WHICH, "text"} & {*self.changed_data})

    def clean_threshold(self) -> int | None:
        threshold: int | None = self.cleaned_data["threshold"]
        if threshold is not None and threshold < 1:
            raise ValidationError(_("A milestone is above zero."), code="min_value")
        if threshold is not None and threshold > HIGHEST:
            raise ValidationError(
                _("A milestone is at most %(most)s."), code="max_value", params={"most": f"{HIGHEST:,}"}
            )
        return threshold

    def clean_share(self) -> int | None:
        share: int | None = self.cleaned_data["share"]
        if share is not None and not 1 <= share <= 100:
            raise ValidationError(_("A share is between 1 and 100 percent."), code="range")
        return share

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in WHICH if cleaned.get(name)]
        if len(given) == 2:
            self.add_error(
                "share", ValidationError(_("Please give a number or a share, not both."), code="both")
            )
        if not given and not any(name in self.errors for name in WHICH):
            self.add_error("threshold", ValidationError(_("Please give a number or a share."), code="none"))
        return cleaned

    def validate_constraints(self) -> None:
        """Thresholds are compared by the set, which knows all of them."""

    @property
    def key(self) -> Key:
        return self.cleaned_data.get("threshold"), self.cleaned_data.get("share")


class MilestoneFormSet(BoundedFormSet):
    too_many = gettext_lazy("Please set at most %(most)s milestones.")

    def add_fields(self, form: Any, index: int | None) -> None:
        """After closing no more signatures come, and what is ahead stays ahead."""
        super().add_fields(form, index)
        if self.instance.is_closed:
            form.settle()

    def clean(self) -> None:
        if any(self.errors):
            return
        wanted = [form.key for form in self._wanted()]
        self.refuse_too_many(self._wanted())
        if len(wanted) > len(set(wanted)):
            raise ValidationError(_doubled(*max(wanted, key=wanted.count)), code="doubled")
        if any(form.instance.reached_at for form in self.deleted_forms):
            raise ValidationError(_("A milestone that was reached stays."), code="reached")
        self._ask_about_passed()

    def _ask_about_passed(self) -> None:
        """One that falls as soon as it is saved wants a second look."""
        known = (
            {_key(milestone) for milestone in self.instance.milestones.all()} if self.instance.pk else set()
        )
        new = [form for form in self._wanted() if form.key not in known]
        if not new or not self.instance.is_open:
            return
        count, head_count = counts.recount(self.instance).total, self.instance.head_count
        for form in new:
            height = _height(form.key, head_count)
            if height and height <= count and not form.cleaned_data["is_passed"]:
                form.ask()
                form.add_error("is_passed", ValidationError(_passed(count), code="passed"))

    def save(self, commit: bool = True) -> list[Milestone]:
        """A milestone ahead is its number or share and nothing else, in whatever row it was typed."""
        self.new_objects, self.changed_objects, self.deleted_objects = [], [], []
        wanted = {form.key: {name: form.cleaned_data[name] for name in WORDS} for form in self._wanted()}
        for milestone in self.instance.milestones.ahead():
            if _key(milestone) not in wanted:
                Milestone.objects.ahead().filter(pk=milestone.pk).delete()
        head_count = self.instance.head_count if any(share for _threshold, share in wanted) else None
        kept = [self._keep(key, head_count, words) for key, words in wanted.items()]
        return [milestone for milestone in kept if milestone]

    def _keep(self, key: Key, head_count: int | None, words: dict[str, Any]) -> Milestone | None:
        """The new one, or None when it was there: reached ones stay as they are."""
        number, share = key
        milestones, height = self.instance.milestones, _height(key, head_count)
        mine = milestones.filter(share=share) if share else milestones.filter(share=None, threshold=number)
        if not mine.exists():
            new: Milestone = milestones.create(threshold=height, share=share, **words)
            return new
        mine.ahead().update(threshold=height, **words)
        return None

    def _wanted(self) -> list[Any]:
        leaving = self.deleted_forms
        rows = [form for form in self.forms if form not in leaving]
        return [form for form in rows if any(form.cleaned_data.get(name) for name in WHICH)]


def _key(milestone: Milestone) -> Key:
    return (None, milestone.share) if milestone.share else (milestone.threshold, None)


def _height(key: Key, head_count: int | None) -> int | None:
    number, share = key
    return of_share(share, head_count) if share else number


def _doubled(number: int | None, share: int | None) -> str:
    if share:
        return _("The share %(share)s %% stands twice.") % {"share": share}
    return _("The milestone %(number)s stands twice.") % {"number": number}


def _passed(count: int) -> str:
    sentence = ngettext(
        "The letter has %(number)s signature, so this would be reached at once and told to those you chose. Tick "
        "this to go on, or choose more.",
        "The letter has %(number)s signatures, so this would be reached at once and told to those you chose. Tick "
        "this to go on, or choose more.",
        count,
    )
    return sentence % {"number": count}
