"""Adding a workplace: its name and the mail domains whose holders may sign."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from petitions.crypto import marks
from petitions.forms import lookalikes
from petitions.forms.bounded import BoundedFormSet
from petitions.forms.texts import LineField
from petitions.models import Domain, Workplace

MOST = 100  # mail domains of a workplace
# Anybody can have a mailbox there, as many as they like.
FREE_MAIL = {
    "aol.com",
    "fastmail.com",
    "freenet.de",
    "gmail.com",
    "googlemail.com",
    "hey.com",
    "hotmail.com",
    "icloud.com",
    "laposte.net",
    "libero.it",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "tuta.com",
    "tutanota.com",
    "web.de",
    "wp.pl",
    "163.com",
}
FREE_MAIL_EVERYWHERE = re.compile(r"(gmx|hotmail|live|outlook|yahoo|yandex)\.((co|com)\.)?[a-z]{2,3}")


class WorkplaceForm(forms.ModelForm):
    class Meta:
        model = Workplace
        fields = ["name", "head_count"]
        field_classes = {"name": LineField}
        error_messages = {"name": {"unique": _("There is a workplace with this name: please choose it.")}}


class DomainField(LineField):
    """A mail domain in lower-case IDNA ASCII."""

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value).lower().rstrip(".")
        if not typed:
            return ""
        if "@" in typed:
            raise ValidationError(_("Please type only what stands after the @."), code="address")
        try:
            domain = marks.split(f"someone@{typed}")[1]
        except marks.AddressNotUsable:
            raise ValidationError(_("Please type a mail domain like example.com."), code="unusable") from None
        if is_free_mail(domain):
            raise ValidationError(
                _("Anybody can have a mailbox at %(domain)s, so it shows no employment."),
                code="free_mail",
                params={"domain": domain},
            )
        return domain


class DomainForm(forms.ModelForm):
    """A domain that looks like another one is taken only from somebody who says that it is meant."""

    is_meant = forms.BooleanField(
        label=_("It looks like another one, and is right"),
        required=False,
        help_text=_("Only where you were warned of a look-alike."),
    )

    class Meta:
        model = Domain
        fields = ["name", "ignores_dots"]
        field_classes = {"name": DomainField}
        error_messages = {
            "name": {"unique": _("A workplace has this domain already: please choose that one.")}
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name = cleaned.get("name", "")
        if name and "name" in self.changed_data and not cleaned.get("is_meant"):
            others = Domain.objects.exclude(pk=self.instance.pk).exclude(workplace=self.instance.workplace_id)
            for sentence in warnings(name, others.values_list("name", flat=True)):
                meant = _(
                    "%(warning)s Compare letter by letter. If it is right all the same, tick that below."
                )
                self.add_error("name", ValidationError(meant, code="lookalike", params={"warning": sentence}))
        return cleaned


class DomainFormSet(BoundedFormSet):
    too_many = _("Please name at most %(most)s mail domains.")

    def clean(self) -> None:
        super().clean()
        leaving = self.deleted_forms
        if not any(self.errors) and not any(
            form.cleaned_data.get("name") for form in self.forms if form not in leaving
        ):
            raise ValidationError(_("Please name at least one mail domain."), code="no_domain")

    def get_unique_error_message(self, unique_check: Any) -> str:
        return str(_("This domain stands twice."))


def warnings(domain: str, others: Iterable[str]) -> list[str]:
    """What an eye would miss, one sentence each."""
    found = []
    if lookalikes.mixes_scripts(domain):
        shown = {"domain": lookalikes.shown(domain)}
        found.append(gettext("%(domain)s mixes letters of several scripts that look alike.") % shown)
    resembled = lookalikes.resembled(domain, others)
    if resembled:
        both = {"domain": lookalikes.shown(domain), "others": ", ".join(map(lookalikes.shown, resembled))}
        found.append(gettext("%(domain)s looks like %(others)s.") % both)
    return found


def is_free_mail(domain: str) -> bool:
    """Also under another country's ending: gmx.at, yahoo.co.uk."""
    return domain in FREE_MAIL or bool(FREE_MAIL_EVERYWHERE.fullmatch(domain))
