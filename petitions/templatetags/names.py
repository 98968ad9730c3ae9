"""Lists of names: a line is rendered once for each shape that lines of a letter have, and its blanks filled for each.

A page of a hundred names took nearly all of its time to render the same few words a hundred times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from html import escape
from uuid import uuid4

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.template.defaultfilters import linebreaksbr
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from petitions import languages
from petitions.models.words import Line, public_line

register = template.Library()
Shape = tuple[bool, ...]  # of a line: which of the `OPTIONAL` it has
Key = tuple[str, str | None, str]

MOST = 1_000  # letters and languages whose forms are kept, of 1 kB each
OPTIONAL = ("name", "role", "statement", "workplace")
ALWAYS = ("line", "day", "date")
BETWEEN = "\x00"
KEY = uuid4()  # the blank of a key, of which an address is made; all others are what no text can contain
SPACE = re.compile(r"\s*\n\s*")  # a third of a page of names
BLANK = re.compile(rf"\x00(\w+)\x00|({KEY})")


@register.tag
def names(parser: Parser, token: Token) -> Names:
    """`{% names lines letter %}` … `{% endnames %}`: as `for signature in lines`.

    What stands between them is the same for all lines of that letter, but for their own words.
    """
    _tag, lines, letter = token.split_contents()
    nodes = parser.parse(("endnames",))
    parser.delete_first_token()
    return Names(parser.compile_filter(lines), parser.compile_filter(letter), nodes)


class Names(template.Node):
    def __init__(self, lines: FilterExpression, letter: FilterExpression, nodelist: NodeList) -> None:
        self.lines, self.letter, self.nodelist = lines, letter, nodelist
        self._known: dict[Key, dict[Shape, str]] = {}

    def render(self, context: Context) -> SafeString:
        forms, filled, language = self._forms(context), [], get_language()
        for line in _escaped([*self.lines.resolve(context)]):
            shape = (line.name != "", line.role != "", line.statement != "", line.workplace != "")
            if shape not in forms:
                forms[shape] = self._form(context, shape)
            filled.append(forms[shape] % _words(line, language))
        return mark_safe("".join(filled))  # noqa: S308 - all words of it are escaped

    def _forms(self, context: Context) -> dict[Shape, str]:
        """Those of the letter, in the reader's language."""
        key = self.letter.resolve(context).slug, get_language(), languages.named()
        if key not in self._known and len(self._known) >= MOST:
            self._known.clear()
        return self._known.setdefault(key, {})

    def _form(self, context: Context, shape: Shape) -> str:
        """For the operator `%`."""
        there = {name for name, is_there in zip(OPTIONAL, shape, strict=True) if is_there}
        blanks = {name: f"\x00{name}\x00" for name in (*there, *ALWAYS)}
        with context.push(signature={"pk": KEY, **blanks}):
            rendered = self.nodelist.render(context)
        text = SPACE.sub("\n", rendered).replace("%", "%%")
        return BLANK.sub(lambda found: f"%({found[1] or 'pk'})s", text)


def _escaped(lines: Sequence[Line]) -> Iterator[Line]:
    """All words as HTML, escaped at once: one after the other takes as long as to fill them in."""
    if not lines:
        return
    each = [word for line in lines for word in (line.workplace, line.name, line.role, line.statement)]
    words = iter(escape(BETWEEN.join(each)).split(BETWEEN))
    for line, *four in zip(lines, words, words, words, words, strict=True):
        yield Line(line.pk, line.signed_on, *four)


def _words(line: Line, language: str | None) -> dict[str, object]:
    """Of a line that is HTML."""
    day, date_there = _written(line.signed_on, language)
    return {
        "pk": line.pk,
        "name": line.name,
        "role": line.role,
        "statement": line.statement and linebreaksbr(line.statement, autoescape=False),
        "workplace": line.workplace,
        "line": public_line(line.name, line.role),
        "day": day,
        "date": date_there,
    }


@lru_cache(maxsize=1_000)
def _written(day: date, _language: str | None) -> tuple[str, str]:
    return day.isoformat(), escape(date_format(day))
