"""Pages that are the same for every reader: made once in a while by one of them, and told from their tag.

Such a page holds no form's token and asks for no cookie. Each web process remembers its own few, so that neither
database nor broker is asked; with the count's age and a browser's, a new number is everywhere within five seconds.

Forms are `filled`: they differ in the token of the form and in a few words of the person's own, which are left blank
in what is remembered and filled in for each. They are kept by nobody else. What a search finds is `framed`: the page
around it is the same for all who search.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.html import escape
from django.utils.http import quote_etag
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from petitions import languages
from petitions.views import formtokens
from petitions.views.mailbox import is_open_to

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, Rest], HttpResponse]
Key = tuple[object, ...]

MOST = 100  # pages of one process, some 50 kB each
FRESH, LONGEST = 0.5, 1.0  # seconds: from then on one reader makes it anew, from then on nobody is shown it
SLOWLY = 4  # times as long for what is filled: it shows no number, and a form takes longer to be typed in
KEPT, STALE = 1, 1  # seconds that browsers keep it, and show it while they ask again
MARK = f"blank.{secrets.token_hex(16)}."
BLANK = re.compile(rf"{re.escape(MARK)}(\w+)\.")
TOKEN = "token"  # noqa: S105 - the name of a blank
FORMS_TOKEN = re.compile(r'(name="csrfmiddlewaretoken" value=")\w+')
ASKED = {*languages.LOOKED_FOR, languages.PARAMETER}  # whoever asks for more gets a page made for them


class Again(HttpResponse):
    """Of what is remembered, and as old."""

    made_at = 0.0


@dataclass
class Page:
    """An answer with its tag; `made_at` is when its making began."""

    made_at: float
    answer: HttpResponse
    etag: str = ""
    pieces: list[str] = field(default_factory=list)  # of what is filled: words and names of blanks, in turn

    @property
    def age(self) -> float:
        return time.monotonic() - self.made_at

    def again(self, content: bytes | str = b"") -> Again:
        """The same once more, or as it was filled in: middleware adds to each answer."""
        answer = Again(content or self.answer.content)
        answer.made_at = self.made_at
        for name, value in self.answer.items():
            answer[name] = value
        return answer

    def filled(self, words: Mapping[str, str]) -> Again:
        pieces = self.pieces.copy()
        pieces[1::2] = [words[name] for name in pieces[1::2]]
        return self.again("".join(pieces))


@dataclass
class Shelf:
    """The newest of a page, and who makes the next one."""

    page: Page | None = None
    making: threading.Lock = field(default_factory=threading.Lock)

    def younger(self, than: float, *, came: float) -> Page | None:
        """The newest, if it is; one whose making began after somebody came is new to them, however long it took."""
        page = self.page
        return page if page and (page.made_at >= came or page.age < than) else None

    def renewed(self, make: Callable[[], Page]) -> Page:
        page = make()
        self.page = page if page.answer.status_code == 200 else None
        return page


_shelves: OrderedDict[Key, Shelf] = OrderedDict()
_sorting = threading.Lock()


def remembered(view: View[Rest]) -> View[Rest]:
    """For views that read and show what everybody may read, in the reader's language and nothing else of theirs."""

    @wraps(view)
    def found(request: HttpRequest, *rest: Rest.args, **named: Rest.kwargs) -> HttpResponse:
        def make() -> Page:
            began = time.monotonic()
            answer = view(request, *rest, **named)
            if isinstance(answer, Again):
                began = answer.made_at
            return Page(began, answer, quote_etag(hashlib.sha256(answer.content).hexdigest()))

        if not settings.COUNT_SECONDS or not ASKED.issuperset(request.GET):
            return _told(request, make())
        return _told(request, _taken(_shelf(_key(request)), make))

    return found


def filled(
    request: HttpRequest,
    make: Callable[[Mapping[str, str]], HttpResponse],
    *kind: object,
    **blanks: str,
) -> HttpResponse:
    """What `make` shows of these words; of one kind it may differ in nothing else."""
    if not settings.COUNT_SECONDS or not {languages.PARAMETER}.issuperset(request.GET):
        return make(blanks)
    there = [name for name, word in blanks.items() if word]
    shelf = _shelf((*_key(request), *kind, *there))
    page = _taken(shelf, lambda: _with_blanks(make, blanks), times=SLOWLY)
    if page.answer.status_code != 200:
        return page.answer
    words: dict[str, str] = {name: escape(value) for name, value in blanks.items()}
    if TOKEN in page.pieces[1::2]:
        words[TOKEN] = formtokens.token(request)
    return page.filled(words)


def framed(
    request: HttpRequest,
    make: Callable[[Mapping[str, str]], HttpResponse],
    *kind: object,
    but: str,
    **parts: SafeString,
) -> HttpResponse:
    """What `make` shows around these parts. Of one kind and address, `but` for one field, it is the same for all."""
    if not settings.COUNT_SECONDS or not ASKED.issuperset(request.GET):
        return make(parts)
    page = _taken(_shelf((*_key(request, but), *kind)), lambda: _with_blanks(make, parts))
    return page.filled(parts) if page.answer.status_code == 200 else page.answer


def _with_blanks(make: Callable[[Mapping[str, str]], HttpResponse], blanks: Mapping[str, str]) -> Page:
    """Nobody can type a blank: its mark is this process's secret."""
    began = time.monotonic()
    answer = make({name: word and f"{MARK}{name}." for name, word in blanks.items()})
    form = rf"\g<1>{MARK}{TOKEN}."
    return Page(began, answer, pieces=BLANK.split(FORMS_TOKEN.sub(form, answer.content.decode())))


def forget() -> None:
    with _sorting:
        _shelves.clear()


def _key(request: HttpRequest, *but: str) -> Key:
    asked = tuple(sorted((name, *request.GET.getlist(name)) for name in request.GET if name not in but))
    return request.path, asked, get_language(), languages.named(), is_open_to(request)


def _shelf(key: Key) -> Shelf:
    with _sorting:
        shelf = _shelves.setdefault(key, Shelf())
        _shelves.move_to_end(key)
        while len(_shelves) > MOST:
            _shelves.popitem(last=False)
        return shelf


def _taken(shelf: Shelf, make: Callable[[], Page], *, times: int = 1) -> Page:
    """Of many at once one makes it; the others are shown the one before, or wait where there is none."""
    came = time.monotonic()
    if page := shelf.younger(FRESH * times, came=came):
        return page
    before = shelf.younger(LONGEST * times, came=came)
    is_mine = shelf.making.acquire(blocking=before is None)
    if before and not is_mine:
        return before
    try:
        enough = FRESH if before else LONGEST  # whoever waited takes what was made meanwhile
        return shelf.younger(enough * times, came=came) or shelf.renewed(make)
    finally:
        shelf.making.release()


def _told(request: HttpRequest, page: Page) -> HttpResponse:
    if page.answer.status_code != 200:
        return page.answer
    answer = get_conditional_response(request, etag=page.etag) or page.again()
    answer["ETag"] = page.etag
    patch_cache_control(answer, public=True, max_age=KEPT, stale_while_revalidate=STALE)
    return answer
