"""What people call themselves: accepted in every script, refused when it deceives, draws over others or hides."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

INVISIBLE = set("\u200b\u2060\ufeff\u180e\u2800\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5")
BIDI_CONTROLS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINERS = set("\u200c\u200d")
SOFT_HYPHEN = "\u00ad"
# A leading sign that a spreadsheet reads as a formula.
FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
LINK = re.compile(r"://|www\.|@|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}(?:/|$|\s)", re.IGNORECASE)
TITLES_WITH_DOTS = re.compile(r"^(?:[A-Za-z]{1,4}\.)+[A-Za-z]{1,4}\.?$")
MOST_MARKS = 4
LOOK_ALIKE = {"LATIN", "CYRILLIC", "GREEK"}


def cleaned_text(text: str, *, most: int, has_lines: bool = False) -> str:
    """Words about a person in NFC. Raises `ValidationError` with a sentence for whoever typed it."""
    if len(text) > most * 4:  # cheap, before anything looks at each character
        raise _too_long(most)
    if not _is_plain(text):
        _refuse_broken(text.replace("\n", " ") if has_lines else text)
    line = unicodedata.normalize("NFC", text.replace(SOFT_HYPHEN, "")).strip()
    line = re.sub(r"[^\S\n]+", " ", line)
    if not "".join(letter for letter in line if letter not in INVISIBLE and letter not in JOINERS).strip():
        return ""
    if not _is_plain(line):
        _refuse_deceiving(line)
    if len(line) > most:
        raise _too_long(most)
    return line


def cleaned_name(text: str, *, most: int) -> str:
    """A name or role: one line that is neither a link nor a formula. Raises `ValidationError`."""
    line = cleaned_text(text, most=most)
    if line.startswith(FORMULA):
        raise ValidationError(_("Please start with a letter."), code="bad_start")
    if any(LINK.search(word) and not TITLES_WITH_DOTS.match(word) for word in line.split()):
        raise ValidationError(_("Please leave out links and addresses."), code="link")
    if line and not any(unicodedata.category(letter)[0] in "LM" for letter in line):
        raise ValidationError(_("Please use letters."), code="no_letters")
    return line


def shortened(name: str) -> str:
    """First name and initial: "Ada Lovelace" becomes "Ada L."; a single word stays as it is."""
    words = name.split()
    if len(words) < 2:
        return name
    initial = next((part for part in words[-1] if unicodedata.category(part)[0] == "L"), "")
    return f"{words[0]} {initial}." if initial else words[0]


def _too_long(most: int) -> ValidationError:
    return ValidationError(
        _("Please use at most %(most)s characters."), code="too_long", params={"most": most}
    )


def _is_plain(text: str) -> bool:
    """Letters, digits and signs of ASCII, in which nothing hides and nothing deceives."""
    return text.isascii() and text.isprintable()


def mixes_scripts(text: str) -> bool:
    """Latin beside Cyrillic or Greek inside one word: how look-alike names are made. A hint, not a refusal."""
    return not text.isascii() and any(len(_scripts(word)) > 1 for word in re.split(r"[\s\-]+", text))


def _scripts(word: str) -> set[str]:
    """Those of the three that look alike; a letter's name in Unicode begins with its script."""
    return LOOK_ALIKE.intersection(unicodedata.name(letter, "").partition(" ")[0] for letter in word)


def _refuse_broken(text: str) -> None:
    for position, letter in enumerate(text):
        category = unicodedata.category(letter)
        if category == "Cs" or letter == "\ufffd":
            raise ValidationError(_("This text is damaged. Please type it again."), code="invalid_text")
        if letter in BIDI_CONTROLS:
            raise ValidationError(_("Please leave out direction marks."), code="bidi_control")
        if category in ("Cc", "Zl", "Zp", "Co", "Cn"):
            raise ValidationError(_("Please leave out control characters."), code="control_character")
        if letter in JOINERS and not _joins(text, position):
            raise ValidationError(_("Please leave out invisible characters."), code="invisible")


def _refuse_deceiving(line: str) -> None:
    if any(letter in INVISIBLE or "\U000e0000" <= letter <= "\U000e007f" for letter in line):
        raise ValidationError(_("Please leave out invisible characters."), code="invisible")
    marks = 0
    for letter in unicodedata.normalize("NFD", line):
        marks = marks + 1 if unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks > MOST_MARKS:
            raise ValidationError(_("Please use fewer accents on one letter."), code="too_many_marks")


def _joins(text: str, position: int) -> bool:
    """Joiners belong between letters of the scripts that use them, and into emoji; at an end they only hide."""
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    return (
        bool(before)
        and (not before.isascii())
        and (not after or not after.isascii())
        and not before.isspace()
    )


class PersonField(forms.CharField):
    """A name or a role."""

    def __init__(self, *, most: int = 120, **options: Any) -> None:
        self.most = most
        super().__init__(strip=False, **options)
        self.widget.attrs.setdefault("maxlength", most)

    def to_python(self, value: Any) -> str:
        return cleaned_name(super().to_python(value) or "", most=self.most)


class StatementField(PersonField):
    """A few sentences: line feeds allowed, links are left to the organizers who review it."""

    def to_python(self, value: Any) -> str:
        text = (forms.CharField.to_python(self, value) or "").replace("\r\n", "\n").replace("\r", "\n")
        return cleaned_text(text, most=self.most, has_lines=True)
