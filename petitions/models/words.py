"""What a signature says of somebody, and what the public reads and finds of it."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

SEARCHED = 1_000  # characters; one ligature can unfold into eighteen
UNDER_REVIEW = gettext_noop("name under review")


class Appear(models.TextChoices):
    """How a signer wants to be seen."""

    FULL = "full", _("Full name")
    INITIAL = "initial", _("First name and initial")
    ROLE = "role", _("Role only")
    ANONYMOUS = "anonymous", _("Anonymous")


class Words(NamedTuple):
    """What the public reads of a signature."""

    name: str
    role: str
    statement: str


WORDS = (
    "name",
    "role",
    "statement",
    "search",
    "is_under_review",
    "is_pinned",
    "shows_statement",
    "is_statement_waiting",
)  # columns of a named row that say who, and how that is shown
SHOWN = ("name", "role", "statement", "is_under_review", "shows_statement")
LISTED = ("pk", "signed_on", "workplace__name", *SHOWN)


class Line(NamedTuple):
    """What a list of names shows of a signature: its `Words`, and what stands beside them."""

    pk: UUID
    signed_on: date
    workplace: str
    name: str
    role: str
    statement: str


def public_words(name: str, role: str, statement: str, is_under_review: bool, shows_statement: bool) -> Words:
    """The only door by which a name leaves. No fuller name lies behind it. Takes the columns that `SHOWN` lists."""
    if is_under_review:
        return Words(gettext(UNDER_REVIEW), "", "")
    return Words(name, role, statement if shows_statement else "")


def line(pk: UUID, signed_on: date, workplace: str | None, *shown: Any) -> Line:
    """Of the columns that `LISTED` lists."""
    return Line(pk, signed_on, workplace or "", *public_words(*shown))


def public_line(name: str, role: str) -> str:
    """As it stands on a page, of what the public reads."""
    return ", ".join(filter(None, [name, role]))


def frozen_line(is_under_review: bool, name: str, role: str) -> str:
    return UNDER_REVIEW if is_under_review else public_line(name, role)


def searchable(*parts: str) -> str:
    """Folded for finding: without case and accents, so that "Jose" finds "José". The same on every database."""
    line = " ".join(filter(None, parts)).casefold()
    if line.isascii():
        return line[:SEARCHED]
    decomposed = unicodedata.normalize("NFKD", line)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))[:SEARCHED]
