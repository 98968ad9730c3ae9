"""Following a letter by mail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from petitions.crypto import marks
from petitions.forms.addresses import AddressField
from petitions.models import Domain, Letter


class FollowForm(forms.Form):
    address = AddressField(
        label=_("Your private e-mail address"),
        error_messages={"required": _("Please type your private e-mail address.")},
    )

    def __init__(self, letter: Letter, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.letter = letter

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if self._is_at_work(marks.split(address)[1]):
            raise ValidationError(
                _(
                    "This is a workplace's address: the employer could read what we send. Please use a private one."
                ),
                code="workplace",
            )
        return address

    def _is_at_work(self, domain: str) -> bool:
        """At a workplace that the public knows of: of this letter, or of one that is listed."""
        public = Q(workplace__letters=self.letter) | Q(workplace__letters__in=Letter.objects.listed())
        return Domain.objects.filter(public, name=domain).exists()
