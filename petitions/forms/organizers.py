"""Asking somebody to organize a letter, and changing what an organizer may do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.crypto import marks
from petitions.forms.addresses import AddressField
from petitions.models import Domain, Letter, Membership

Role = Membership.Role
ROLES = [
    (Role.REVIEWER, _("Reviewer: reads everything, reviews names, decides about takedown requests")),
    (Role.EDITOR, _("Editor: also writes the letter, updates and answers")),
    (Role.OWNER, _("Owner: also opens, closes and delivers it, and chooses the organizers")),
]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role in this letter"), choices=ROLES)


class InviteForm(RoleForm):
    address = AddressField(
        label=_("Their private e-mail address"),
        error_messages={"required": _("Please type an e-mail address.")},
    )
    field_order = ["address", "role"]

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if self._is_at_work(marks.split(address)[1]):
            raise ValidationError(
                _(
                    "This is an address at a workplace of this letter: the employer could read who is asked."
                    " Please use a private one."
                ),
                code="workplace",
            )
        return address

    def _is_at_work(self, domain: str) -> bool:
        return Domain.objects.filter(workplace__letters=self.letter, name=domain).exists()
