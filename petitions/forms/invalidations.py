"""Declaring signatures invalid: by which condition, why, and the number typed to be sure."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.forms.people import cleaned_text
from petitions.models import Condition, Invalidation, Letter, Proof, Signature, Version, Workplace
from petitions.models.words import searchable

OF_THE_LIST = ("workplace", "version", "since", "until", "words")


class VersionChoice(forms.ModelChoiceField):
    def label_from_instance(self, version: Version) -> str:
        return str(_("Version %(number)s") % {"number": version.number})


class ConditionForm(forms.Form):
    """What is looked for. A proof is not public of a single name, so it stands alone: all who used it, or none."""

    proof = forms.ChoiceField(
        label=_("All that were proved by"),
        required=False,
        choices=[("", _("any proof")), *Proof.choices],
        help_text=_("Stands alone: which proof a single person used is nobody's business, nor yours."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Of these kinds"),
        choices=Signature.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Signature.Kind.NAMED],
        error_messages={"required": _("Please choose at least one kind.")},
        help_text=_("Anonymous ones can only be meant all together, by their proof."),
    )
    workplace = forms.ModelChoiceField(
        Workplace.objects.none(), label=_("Workplace"), required=False, empty_label=_("any workplace")
    )
    version = VersionChoice(
        Version.objects.none(), label=_("Text that was signed"), required=False, empty_label=_("any version")
    )
    since = forms.DateField(
        label=_("Signed from"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Signed until"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    words = forms.CharField(
        label=_("Name or role contains"),
        required=False,
        max_length=120,
        help_text=_("Capitals and accents do not matter. It is forgotten when the work is done."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=Invalidation._meta.get_field("reason").max_length,
        help_text=Invalidation._meta.get_field("reason").help_text,
        error_messages={"required": _("Please give the reason. Everybody reads it beside the number.")},
    )
    number = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        workplaces, versions = self.fields["workplace"], self.fields["version"]
        assert isinstance(workplaces, forms.ModelChoiceField)
        assert isinstance(versions, forms.ModelChoiceField)
        workplaces.queryset = letter.workplaces.all()
        versions.queryset = letter.versions.all()
        if not letter.has_several_workplaces:  # a signature says where only there
            del self.fields["workplace"]

    def clean_reason(self) -> str:
        return " ".join(cleaned_text(self.cleaned_data["reason"], most=200).split())

    def clean_words(self) -> str:
        typed = self.cleaned_data["words"].replace("\x00", "")
        folded = searchable(typed).strip()
        if typed.strip() and not folded:
            raise ValidationError(_("Please type letters."), code="no_letters")
        return folded

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_listed = any(cleaned.get(name) for name in OF_THE_LIST)
        if cleaned.get("proof") and is_listed:
            raise ValidationError(
                _("A kind of proof stands alone. Please leave the other conditions empty."), code="alone"
            )
        if not cleaned.get("proof") and not is_listed and not self.errors:
            raise ValidationError(_("Please choose at least one condition."), code="everything")
        if is_listed and set(cleaned.get("kinds", ())) - {Signature.Kind.NAMED}:
            raise ValidationError(
                _("Only named signatures can be meant by what the list shows."), code="anonymous"
            )
        self._require_order(cleaned)
        return cleaned

    def _require_order(self, cleaned: dict[str, Any]) -> None:
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since > until:
            self.add_error("until", ValidationError(_("This day is before the first one."), code="order"))

    @property
    def condition(self) -> Condition:
        """Once it is valid."""
        cleaned = self.cleaned_data
        workplace, version = cleaned.get("workplace"), cleaned.get("version")
        return Condition(
            kinds=tuple(cleaned["kinds"]),
            proof=cleaned["proof"],
            workplace=workplace.pk if workplace else None,
            version=version.pk if version else None,
            since=cleaned["since"],
            until=cleaned["until"],
            words=cleaned["words"],
        )


class SureForm(ConditionForm):
    """The same once more, hidden, and the number of signatures as the owner typed it."""

    expected = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    sure = forms.CharField(label=_("Type the number of signatures to declare them invalid"), max_length=12)

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(letter, *args, **options)
        for name, field in self.fields.items():
            if name == "kinds":
                field.widget = forms.MultipleHiddenInput()
            elif name != "sure":
                field.widget = forms.HiddenInput()
        self.fields["sure"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def clean_sure(self) -> str:
        """With or without marks between thousands, in any digits that this person types."""
        typed = "".join(letter for letter in self.cleaned_data["sure"] if letter.isdecimal())
        if not typed or int(typed) != self.cleaned_data.get("expected"):
            raise ValidationError(_("This is not the number that stands above."), code="other_number")
        return typed
