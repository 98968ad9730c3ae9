"""Work addresses and private addresses as people type them."""

from __future__ import annotations

from difflib import get_close_matches

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from petitions.crypto import marks
from petitions.models import Domain, Letter
from petitions.recent import recent

LONGEST = _("This address is too long: at most 254 characters.")
UNUSABLE = _(
    "Please type an address like name@example.com, without a display name, quotes or special letters."
)

NOT_ALLOWED = _("Only mailboxes at %(domains)s can sign this letter.")
DID_YOU_MEAN = _("Did you mean %(meant)s? Only mailboxes at %(domains)s can sign this letter.")
ALIKE = 0.75  # of 1: one or two letters of a domain mistyped


class AddressField(forms.CharField):
    """An address we can write to and count by: ASCII, a domain name, nothing quoted or routed."""

    widget = forms.EmailInput

    def to_python(self, value: object) -> str:
        address = super().to_python(value) or ""
        if len(address) > marks.LONGEST:
            raise ValidationError(LONGEST, code="too_long")
        return as_mailed(address) if address else ""


def as_mailed(address: str) -> str:
    """With the domain in ASCII: mail goes to the very domain that was checked, however it was typed.

    Mail programs turn Unicode into ASCII by other rules (IDNA 2003) than ours (IDNA 2008, UTS 46).
    """
    try:
        mailed = "@".join(marks.split(address))
        marks.spelled(mailed)
    except marks.AddressNotUsable:
        raise ValidationError(UNUSABLE, code="unusable") from None
    return mailed


@recent
def _domain(letter: int, name: str) -> Domain | None:
    return Letter(pk=letter).domain(name)


def allowed_domain(letter: Letter, address: str) -> Domain:
    """The workplace's domain that lets this address sign. Raises `ValidationError`: the list is public anyway."""
    local, name = address.rsplit("@", 1)
    domain = _domain(letter.pk, name)
    if domain is None:
        names = sorted(Domain.objects.filter(workplace__letters=letter).values_list("name", flat=True))
        meant = [f"{local}@{close}" for close in get_close_matches(name, names, n=1, cutoff=ALIKE)]
        raise ValidationError(
            DID_YOU_MEAN if meant else NOT_ALLOWED,
            code="domain_not_allowed",
            params={"domains": ", ".join(names), "meant": "".join(meant)},
        )
    return domain
