"""What organizers write: lines that also go into mail headers, and Markdown."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

DAMAGED = "\ufffd"  # what stands where a letter could not be read
BROKEN_IN_LINES = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
BROKEN_IN_TEXTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class LineField(forms.CharField):
    """One line of a page, a PDF and a mail's header."""

    def to_python(self, value: Any) -> str:
        line = unicodedata.normalize("NFC", super().to_python(value) or "")
        if BROKEN_IN_LINES.search(line):
            raise ValidationError(
                _("Please leave out line breaks and control characters."), code="control_character"
            )
        if DAMAGED in line:
            raise ValidationError(_("This text is damaged. Please type it again."), code="invalid_text")
        return line


class MarkdownField(forms.CharField):
    """A text of many lines; line ends as browsers send them become line feeds."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        if BROKEN_IN_TEXTS.search(text):
            raise ValidationError(_("Please leave out control characters."), code="control_character")
        return unicodedata.normalize("NFC", text)
