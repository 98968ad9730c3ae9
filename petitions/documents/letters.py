"""The letter as a document: what the PDF holds, for the public and for a delivery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from petitions import cache, counts
from petitions.documents import text
from petitions.documents.pdf import MOST, DemandLine, LetterDocument, LetterTooLarge, Words, letter_pdf
from petitions.documents.sentences import count_sentences, invalid_sentences, paper_sentences
from petitions.models import Domain, Invalid, Letter, Snapshot

KEPT = 600  # seconds; other names are another paper and do not wait for it
PATIENCE = 10  # seconds that a reader waits for another's print
MAILED = 7_000_000  # bytes; on its way a file grows by 37 %, and many mail servers take 10 MB
SURELY_MAILED = 10_000  # names: of no script or length do they take more


class Print(NamedTuple):
    content: bytes
    has_names: bool


def delivered(letter: Letter, snapshot: Snapshot) -> Print:
    """The PDF of a delivery: exactly the picture that its hash names, as far as a mail can hold it."""
    document = _document(
        letter,
        version=_frozen(snapshot.version),
        count=snapshot.count or {},
        papers=snapshot.papers,
        names=snapshot.names or [],
        dated=snapshot.made_at.date(),
        snapshot_sha256=snapshot.sha256,
    )
    paper = _kept(document)
    if len(paper.content) <= MAILED:
        return paper
    return _kept(_without_names(document))._replace(has_names=False)


def previewed(letter: Letter, picture: Snapshot) -> Print:
    """The same of a picture that nobody has stored; of a draft its preview."""
    return draft(letter, today=picture.made_at.date()) if letter.is_draft else delivered(letter, picture)


def is_listing(picture: Snapshot) -> bool:
    """Whether its mail brings the names along, which is known of a long list when it is printed."""
    return len(picture.names or []) <= SURELY_MAILED or previewed(picture.letter, picture).has_names


def printed(document: LetterDocument) -> bytes:
    """As readers of the page get it."""
    return _kept(document).content


def _kept(document: LetterDocument) -> Print:
    """Once for all who want the same: of a long list it takes seconds."""
    key = f"paper:{document.digest}"
    paper: Print = cache.once(key, lambda: _printed(document), KEPT, patience=PATIENCE)
    return Print(*paper)


def current_document(letter: Letter, *, today: date) -> LetterDocument:
    """What the public PDF prints."""
    signatures = letter.signatures.all()
    named = signatures.named().order_by("signed_at", "pk")
    return _document(
        letter,
        version=_frozen(letter.version),
        count=signatures.tally().as_json(),
        papers=papers_of(letter),
        names=list(named[: MOST + 1].public_lines()),  # enough to know better
        dated=today,
        invalid=counts.shown_invalid(letter),
    )


def draft(letter: Letter, *, today: date) -> Print:
    """What an organizer sees before opening."""
    demands = letter.demands.values("number", "title", "text")
    content = {"title": letter.title, "text": letter.text, "demands": list(demands), "sha256": ""}
    count: dict[str, Any] = letter.signatures.none().tally().as_json()
    return _printed(
        _document(
            letter,
            version=content,
            count=count,
            papers=papers_of(letter),
            names=[],
            dated=today,
            label=_("Preview"),
        )
    )


def _printed(document: LetterDocument) -> Print:
    """With every name, or, where that would be thousands of pages, with the way to them."""
    try:
        return Print(letter_pdf(document).content, has_names=True)
    except LetterTooLarge:
        return Print(letter_pdf(_without_names(document)).content, has_names=False)


def _without_names(document: LetterDocument) -> LetterDocument:
    where = _("The names are too many to print. All of them stand at %(url)s") % {"url": document.url}
    return replace(document, signatories=[], more=[where])


def papers_of(letter: Letter) -> list[dict[str, Any]]:
    """What stands beside the count now."""
    return [paper.as_json() for paper in letter.papers.all().counted()]


def domain_names(letter: Letter) -> list[str]:
    return sorted(Domain.objects.filter(workplace__letters=letter).values_list("name", flat=True))


def _frozen(version: Any) -> dict[str, Any]:
    return {
        "title": version.title,
        "text": version.text,
        "demands": version.demands,
        "sha256": version.sha256,
    }


def _document(
    letter: Letter,
    *,
    version: dict[str, Any],
    count: dict[str, Any],
    papers: Sequence[dict[str, Any]],
    names: Sequence[str],
    dated: date,
    snapshot_sha256: str = "",
    label: str = "",
    invalid: Sequence[Invalid] = (),
) -> LetterDocument:
    return LetterDocument(
        title=version["title"],
        salutation_lines=[str(recipient) for recipient in letter.recipients.all()],
        body=text.to_tree(version["text"]),
        demands=[
            DemandLine(demand["number"], demand["title"], text.to_tree(demand["text"]))
            for demand in version["demands"]
        ],
        signing_line=letter.signing_line,
        count_lines=[
            *count_sentences(count, domain_names(letter)),
            *invalid_sentences(invalid),
            *paper_sentences(papers),
        ],
        signatories=list(names),
        more=_more(count),
        dated=dated,
        day=date_format(dated),
        version_sha256=version["sha256"],
        snapshot_sha256=snapshot_sha256,
        url=letter.url,
        language=get_language() or settings.LANGUAGE_CODE,
        text_language=letter.text_language,
        text_direction=letter.text_direction,
        label=label,
        words=_words(),
    )


def _words() -> Words:
    return Words(
        kind=_("Open letter"),
        to=_("To"),
        demands=_("What we ask"),
        signed=_("Signed"),
        page=_("Page {page} of {pages}"),
        version_hash=_("SHA-256 of the text"),
        snapshot_hash=_("SHA-256 of the signatures"),
        url=_("Public page"),
    )


def _more(count: dict[str, Any]) -> list[str]:
    anonymous = sum(count["anonymous"].values())
    if not anonymous:
        return []
    text_ = ngettext("and %(number)s anonymous signature", "and %(number)s anonymous signatures", anonymous)
    return [text_ % {"number": intcomma(anonymous)}]
