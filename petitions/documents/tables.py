"""Tables as CSV for spreadsheets: what people wrote stays text in every cell, whatever program opens it.

UTF-8 with a byte order mark: Excel takes a file without one for the country's old code page and breaks
accents. Commas and CRLF (RFC 4180). Where a country's Excel cuts at semicolons, each piece is harmless as well.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

MARK = "\ufeff"
# Signs that begin a formula, as typed and as other widths of the same sign that programs turn into it.
SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212\u207a\u208a"
# What programs skip before they look: space of every kind, quotes, controls, characters without a width.
SKIPPED = "\\s\"'\u2018\u2019\u201c\u201d\u00ab\u00bb\x00-\x1f\x7f\u00ad\u200b-\u200f\u2060-\u2069\ufeff"
FORMULA = re.compile(rf"(?:^|(?<=[;\t\r\n]))(?=[{SKIPPED}]*[{SIGNS}])|^(?=[\t\r\n])")

SUSPECT = re.compile(
    rf"[;\t\r\n][{SKIPPED}]*[{SIGNS}]|\n[\t\r]"
)  # the same of many cells, each behind a line's end


def plain(cell: str) -> str:
    """With an apostrophe before whatever a spreadsheet would compute; the apostrophe says "this is text"."""
    return FORMULA.sub("'", cell)


def pieces(header: Sequence[str], chunks: Iterable[Sequence[Sequence[str]]]) -> Iterator[bytes]:
    """One piece for each chunk of rows: nothing is held longer than that."""
    yield MARK.encode() + _written([header])
    for rows in chunks:
        yield _written(_harmless(rows))


def _harmless(rows: Sequence[Sequence[str]]) -> Iterable[Sequence[str]]:
    """One look at all of them: hardly any has a cell that must change."""
    if not SUSPECT.search("\n" + "\n".join(chain.from_iterable(rows))):
        return rows
    return ([plain(cell) for cell in row] for row in rows)


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
