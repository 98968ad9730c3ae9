"""Pictures: what a snapshot holds, and the one that would be taken at this moment."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from petitions.documents.canonical import sha256_hex
from petitions.documents.letters import papers_of
from petitions.models import Letter, Snapshot, Version


def of_now(letter: Letter) -> Snapshot:
    """What would be delivered now; stored nowhere. Of a draft, with words in place of checksums."""
    picture = of(letter, version(letter))
    if not letter.is_draft:
        picture.sha256 = digest(picture, picture.count, picture.names or [])
    return picture


def of(letter: Letter, version: Version) -> Snapshot:
    """What would be delivered now with the words of this version, which nobody may have stored."""
    return Snapshot(
        letter=letter,
        version=version,
        made_at=timezone.now(),
        count=letter.signatures.all().tally().as_json(),
        names=names(letter),
        papers=papers_of(letter),
        sha256=_("(made when the letter is delivered)"),
    )


def version(letter: Letter) -> Version:
    """The text in force; of a draft what will be frozen."""
    if not letter.is_draft:
        return letter.version
    demands = list(letter.demands.values("number", "title", "text"))
    words = {"title": letter.title, "text": letter.text, "demands": demands}
    return Version(letter=letter, number=1, sha256=_("(made when the letter opens)"), **words)


def names(letter: Letter) -> list[str]:
    """The list: sorted by code point, in no order of time."""
    return sorted(letter.signatures.all().frozen_lines())


def digest(snapshot: Snapshot, count: object, names: list[str]) -> str:
    """The hash that stands in mail, PDF and page: SHA-256 over canonical JSON."""
    picture = {
        "letter": snapshot.letter.slug,
        "version": snapshot.version.sha256,
        "count": count,
        "list": names,
    }
    return sha256_hex(picture)
