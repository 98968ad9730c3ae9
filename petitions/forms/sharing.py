"""What a program may ask when it wants to show a letter: oEmbed 1.0, 2.2."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.urls import Resolver404, resolve


class EmbedForm(forms.Form):
    url = forms.CharField(max_length=1_000)
    format = forms.ChoiceField(choices=[("json", "JSON"), ("xml", "XML")], required=False)
    maxwidth = forms.IntegerField(min_value=1, required=False)
    maxheight = forms.IntegerField(min_value=1, required=False)

    @property
    def is_of_unknown_format(self) -> bool:
        return "format" in self.errors

    @property
    def slug(self) -> str:
        """Of the letter whose page this is; empty for anything else."""
        address = self.cleaned_data["url"].partition("#")[0].partition("?")[0]
        if not address.startswith(f"{settings.SITE_URL}/"):
            return ""
        try:
            found = resolve(address.removeprefix(settings.SITE_URL))
        except Resolver404:
            return ""
        return str(found.kwargs["slug"]) if found.url_name in ("letter", "embed") else ""
