"""The recipients of a letter, edited together."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from petitions.forms.addresses import AddressField
from petitions.forms.bounded import BoundedFormSet
from petitions.forms.texts import LineField
from petitions.models import Delivery, HandOver, Recipient, Response

MOST = 200


class RecipientForm(forms.ModelForm):
    class Meta:
        model = Recipient
        fields = ["name", "role", "address"]
        field_classes = {"name": LineField, "role": LineField, "address": AddressField}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if _is_settled(self.instance):
            for field in self.fields.values():
                field.disabled = True

    def validate_constraints(self) -> None:
        """Addresses are compared by the set, which knows all of them."""


class RecipientFormSet(BoundedFormSet):
    too_many = gettext_lazy("Please name at most %(most)s recipients.")

    def clean(self) -> None:
        if any(self.errors):
            return
        leaving = self.deleted_forms
        staying = [form for form in self.forms if form not in leaving and form.cleaned_data.get("address")]
        self.refuse_too_many(staying)
        self._refuse_doubles(staying)
        for form in leaving:
            if _is_settled(form.instance):
                gone = {"name": form.instance.name}
                raise ValidationError(
                    _("%(name)s was written to and stays on the letter.") % gone, code="settled"
                )

    def _refuse_doubles(self, forms: list[Any]) -> None:
        mine = [form.instance.pk for form in self.forms if form.instance.pk]
        others = Recipient.objects.filter(letter=self.instance.pk).exclude(pk__in=mine)
        seen = {address.lower() for address in others.values_list("address", flat=True)}
        for form in forms:
            address = form.cleaned_data["address"].lower()
            if address in seen:
                form.add_error("address", ValidationError(_("This address stands twice."), code="doubled"))
            seen.add(address)

    def save(self, commit: bool = True) -> Any:
        """Rows that give up their address do so first, so that another row may take it."""
        leaving = self.deleted_forms
        for form in self.initial_forms:
            if form in leaving or "address" in form.changed_data:
                Recipient.objects.filter(pk=form.instance.pk).update(
                    address=f"{form.instance.pk}@moving.invalid"
                )
        return super().save(commit)


def with_settled(recipients: QuerySet[Recipient]) -> QuerySet[Recipient]:
    """Each knows whether it was written to or heard from: that does not change afterwards."""
    mine = {"recipient": OuterRef("pk")}
    was_given_it = Exists(Delivery.objects.filter(**mine)) | Exists(HandOver.objects.filter(**mine))
    return recipients.annotate(is_settled=was_given_it | Exists(Response.objects.filter(**mine)))


def _is_settled(recipient: Recipient) -> bool:
    return bool(recipient.pk and recipient.is_settled)  # type: ignore[attr-defined]
