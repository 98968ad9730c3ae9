"""Two editors at once: the second is shown what the first has stored, beside what was typed, and loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest

from petitions.admin import access, drafts
from petitions.documents import differences
from petitions.documents.differences import Part
from petitions.forms import contents
from petitions.models import Letter

CHANGES = ("edited", "opened", "corrected", "closed", "response_recorded", "response_published")
WRITTEN = ("title", "text", "signing_line")


@dataclass(frozen=True)
class Conflict:
    who: str
    at: datetime | None
    parts: list[Part]


def of(admin: ModelAdmin[Letter], request: HttpRequest, letter: Letter) -> Conflict:
    """Takes up in `request.POST` what others removed; what is stored stays."""
    request.POST = contents.rebased(request.POST, letter)  # type: ignore[assignment]
    stored, typed = contents.lines(letter), _typed(admin, request, letter)
    names = [name for name in stored | typed if stored.get(name, "") != typed.get(name, "")]
    parts = [Part(name, differences.rows(stored.get(name, ""), typed.get(name, ""))) for name in names]
    latest = letter.events.filter(verb__in=CHANGES).select_related("actor").first()
    who = str(latest.actor) if latest and latest.actor else ""
    return Conflict(who, latest.at if latest else None, parts)


def _typed(admin: ModelAdmin[Letter], request: HttpRequest, letter: Letter) -> dict[str, str]:
    """As it would be stored; where it is refused for other reasons too, only the text is compared."""
    try:
        return drafts.read(admin, request, access.letters(request).get(pk=letter.pk), contents.lines)
    except drafts.Refused:
        return contents.lines(letter) | _words(request.POST)


def _words(posted: Any) -> dict[str, str]:
    """The text alone, which is the most to lose."""
    return {
        contents.name_of(Letter, name): posted[name].replace("\r\n", "\n")
        for name in WRITTEN
        if name in posted
    }
