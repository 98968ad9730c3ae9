"""Names that have to be accepted, wherever names stand. The feed and what search engines are told name nobody."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from html import unescape
from urllib.parse import quote

from pypdf import PdfReader

from petitions.flows import deliveries, sending, snapshots
from petitions.models import Delivery, Letter
from tests.admin.posts import page
from tests.factories import make_letter, sign
from tests.weather import names
from tests.weather.corpus import OF_THE_CORPUS, Case
from tests.weather.site import Person, Site
from tests.weather.verdict import Seen

Has = Callable[[str], bool]
NAMES = [
    *(case.expect["stored"] for case in OF_THE_CORPUS if case.id.startswith("name-ok-")),
    *names.ACCEPTED.values(),
    names.DECOMPOSED[1],
]


def everywhere(site: Site, case: Case) -> Seen:
    letter = make_letter()
    for name in NAMES:
        sign(letter, name)
    owner = Person(site, user=letter.memberships.get().user)
    places = _pages(site, letter, owner) | _files(site, letter, owner)
    missing = {place: [name for name in NAMES if not has(name)] for place, has in places.items()}
    lost = {place: names for place, names in missing.items() if names}
    return {"outcome": lost or "accept", "everywhere": [place for place in missing if place not in lost]}


def _pages(site: Site, letter: Letter, owner: Person) -> dict[str, Has]:
    listed = f"/letters/{letter.slug}/signatures/"

    def is_found(name: str) -> bool:
        """As one that matches: the page also says what was looked for."""
        text = _text(site.ask("GET", f"{listed}?q={quote(name)}").text)
        return bool(re.search(r"\b[1-9]\d* names? match", text)) and text.count(name) > 1

    return {
        "list": _has(_text(site.ask("GET", listed).text)),
        "search": is_found,
        "organiser list": _has(_text(owner.get(page("signatures", letter)).text)),
    }


def _files(site: Site, letter: Letter, owner: Person) -> dict[str, Has]:
    api = f"/api/v1/letters/{letter.slug}/"
    rows = json.loads(site.ask("GET", f"{api}signatures/").body)["signatures"]
    bundle = json.loads(site.ask("GET", f"{api}bundle/").body)
    table = csv.reader(io.StringIO(owner.post(page("signatures_export", letter), {}).text))
    return {
        "api": _has([row["name"] for row in rows]),
        "bundle": _has(json.dumps(bundle, ensure_ascii=False)),
        "csv": _has([line[0] for line in table]),
        "pdf": _is_printed(site.ask("GET", f"/letters/{letter.slug}/letter.pdf").body),
        "mail": _is_printed(_attached(site, letter)),
    }


def _text(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "\n", markup))


def _has(found: str | list[str]) -> Has:
    return lambda name: name in found


def _is_printed(content: bytes) -> Has:
    """Of other scripts than those that are shipped the fonts are the machine's: `manage.py doctor` says which."""
    printed = _plain("".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(content)).pages))
    return lambda name: _plain(name) in printed or not _is_of_shipped_fonts(name)


def _is_of_shipped_fonts(name: str) -> bool:
    """Nor are marks that have no composed form read back from a PDF as they were written."""
    kinds = {unicodedata.name(letter).split()[0] for letter in name if letter.isalpha()}
    is_composed = not any(unicodedata.combining(letter) for letter in name)
    return is_composed and kinds <= {"LATIN", "GREEK", "CYRILLIC", "MODIFIER"}


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).replace("\u200b", "").split())


def _attached(site: Site, letter: Letter) -> bytes:
    """As a recipient gets it, through a real mail server."""
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    waiting = letter.deliveries.letters().filter(state=Delivery.State.QUEUED)
    mail = waiting.select_related("recipient").first()
    sending.send(mail.pk)
    (got,) = site.mails.wait(lambda: site.mails.to(mail.recipient.address))
    (pdf,) = got.iter_attachments()
    return pdf.get_content()


RUNS = {"own-names": everywhere}
