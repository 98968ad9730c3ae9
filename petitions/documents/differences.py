"""Two texts side by side: which lines are the same, and which words of the others went or came."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from django.utils.translation import gettext as _

from petitions.models import Version

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
ALIKE = 0.5  # the share of equal words below which two lines have nothing to do with each other
MOST = 2_000  # words of a line, and lines of a text; comparing more takes longer than anybody waits


@dataclass(frozen=True)
class Piece:
    text: str
    is_changed: bool = False


@dataclass(frozen=True)
class Row:
    """One line of both; a side without it is empty."""

    old: list[Piece]
    new: list[Piece]

    @property
    def is_changed(self) -> bool:
        return any(piece.is_changed for piece in (*self.old, *self.new))


@dataclass(frozen=True)
class Part:
    """What has a name of its own: the title, the text, a demand."""

    label: str
    rows: list[Row]

    @property
    def is_changed(self) -> bool:
        return any(row.is_changed for row in self.rows)


def between(old: Version, new: Version) -> list[Part]:
    """What a correction changed, part by part, unchanged parts too."""
    olds, news = _demands(old), _demands(new)
    return [
        Part(_("Title"), rows(old.title, new.title)),
        Part(_("Text"), rows(old.text, new.text)),
        *(
            Part(
                _("Demand %(number)s") % {"number": number},
                rows(olds.get(number, ""), news.get(number, "")),
            )
            for number in sorted(olds.keys() | news.keys())
        ),
    ]


def rows(old: str, new: str) -> list[Row]:
    before, after = _lines(old), _lines(new)
    if max(len(before), len(after)) > MOST:
        return (
            [Row([Piece(old)], [Piece(new)])] if old == new else [Row(list(_whole(old)), list(_whole(new)))]
        )
    found: list[Row] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        if tag == "equal":
            found += [Row([Piece(line)], [Piece(line)]) for line in before[a:b]]
        else:
            found += [_changed(*pair) for pair in zip_longest(before[a:b], after[c:d], fillvalue="")]
    return found


def _demands(version: Version) -> dict[int, str]:
    return {demand["number"]: f"{demand['title']}\n{demand['text']}" for demand in version.demands}


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _changed(old: str, new: str) -> Row:
    before, after = WORDS.findall(old), WORDS.findall(new)
    if not old or not new or max(len(before), len(after)) > MOST:
        return Row(list(_whole(old)), list(_whole(new)))
    matcher = SequenceMatcher(None, before, after)
    if matcher.ratio() < ALIKE:
        return Row(list(_whole(old)), list(_whole(new)))
    codes = matcher.get_opcodes()
    return Row(
        _joined((before[a:b], tag != "equal") for tag, a, b, _c, _d in codes),
        _joined((after[c:d], tag != "equal") for tag, _a, _b, c, d in codes),
    )


def _whole(line: str) -> Iterator[Piece]:
    if line:
        yield Piece(line, is_changed=True)


def _joined(spans: Iterable[tuple[Sequence[str], bool]]) -> list[Piece]:
    """A space between two changed words is read with them, so that they are one change and not two."""
    pieces: list[Piece] = []
    for words, is_changed in spans:
        text = "".join(words)
        if pieces and (pieces[-1].is_changed == is_changed or not text.strip()):
            pieces[-1] = Piece(pieces[-1].text + text, pieces[-1].is_changed)
        elif text:
            pieces.append(Piece(text, is_changed))
    return pieces
