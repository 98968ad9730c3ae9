"""The ways from a letter's home to its other pages, by what they are about, each with what waits there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.admin import access


@dataclass(frozen=True)
class Way:
    name: str
    url: str
    waits: str = ""


@dataclass(frozen=True)
class Group:
    """`name` says what its pages are about."""

    name: str
    ways: list[Way]


def of(letter: Any, role: str) -> list[Group]:
    """Of a letter that was read with its figures: what this role may open. A draft has little yet."""
    groups = [
        Group(_("Signatures"), list(_signatures(letter, role))),
        Group(_("Recipients"), list(_recipients(letter, role))),
        Group(_("News and record"), list(_record(letter, role))),
    ]
    return [group for group in groups if group.ways]


def _signatures(letter: Any, role: str) -> Iterator[Way]:
    if not letter.is_draft:
        yield _way(letter, "signatures", _("All signatures"))
        yield _way(letter, "review", _("Review"), letter.to_review)
        yield _way(letter, "takedowns", _("Takedown requests"), letter.takedowns_waiting)
        if role in access.OWNERS:
            yield _way(letter, "invitations", _("Invitations"))
            yield _way(letter, "invalidations", _("Declare invalid"))
    if role in access.OWNERS:
        yield _way(letter, "papers", _("Signatures on paper"))


def _recipients(letter: Any, role: str) -> Iterator[Way]:
    is_editor = role in access.EDITORS
    if not letter.is_draft:
        undecided = ngettext("%(number)s mail to decide", "%(number)s mails to decide", letter.undecided)
        waits = undecided % {"number": letter.undecided} if letter.undecided else ""
        yield Way(_("Deliveries"), _page(letter, "deliveries"), waits)
        if is_editor:
            yield _way(letter, "handovers", _("Handed over"))
            yield _way(letter, "responses", _("Answers"))
    if is_editor:
        yield _way(letter, "recipients_import", _("Import recipients"))


def _record(letter: Any, role: str) -> Iterator[Way]:
    if role not in access.EDITORS:
        return
    if not letter.is_draft:
        yield _way(letter, "updates", _("Updates"))
    if letter.version_count > 1:
        yield Way(_("What was corrected"), reverse("versions", args=[letter.slug]))
    yield _way(letter, "events", _("Who did what"))


def _way(letter: Any, page: str, name: str, waiting: int = 0) -> Way:
    return Way(name, _page(letter, page), _("%(number)s waiting") % {"number": waiting} if waiting else "")


def _page(letter: Any, name: str) -> str:
    return reverse(f"admin:petitions_letter_{name}", args=[letter.pk])
