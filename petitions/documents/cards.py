"""What the picture beside a link says of a letter. It is made once for as long as it says the same."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, ngettext_lazy
from django.utils.translation import gettext as _

from petitions import cache
from petitions.documents.card import CardDocument, card_png
from petitions.documents.progress import Progress
from petitions.models import Letter, Tally, Version

# In short; the letter's page says it in full.
PROOFS = {
    "mailbox": ngettext_lazy(
        "%(shown)s distinct work mailbox, by typed code",
        "%(shown)s distinct work mailboxes, by typed code",
        "number",
    ),
    "invitation": ngettext_lazy("%(shown)s distinct invitation", "%(shown)s distinct invitations", "number"),
    "former": ngettext_lazy(
        "%(shown)s distinct invitation meant for former employees",
        "%(shown)s distinct invitations meant for former employees",
        "number",
    ),
}
ACCENTS = {  # those of the stylesheet, on its light paper
    Letter.Accent.NAVY: "#1c3557",
    Letter.Accent.FOREST: "#1f4d2b",
    Letter.Accent.TEAL: "#0b4f5a",
    Letter.Accent.PLUM: "#57254f",
    Letter.Accent.WINE: "#74182b",
    Letter.Accent.EARTH: "#5a3a1a",
}
KEPT = 60  # seconds in the cache; a new number is another picture and does not wait for it


def of(letter: Letter, version: Version, tally: Tally, progress: Progress | None) -> CardDocument:
    return CardDocument(
        title=version.title,
        signing_line=letter.signing_line,
        kind=_("Open letter"),
        state=_state(letter),
        number=str(intcomma(tally.total)),
        unit=ngettext("signature", "signatures", tally.total),
        kinds=_kinds(tally),
        proofs=" · ".join(_proofs(tally)),
        progress=progress.sentence if progress else "",
        share=progress.share if progress else None,
        site=urlsplit(settings.SITE_URL).netloc,
        language=(get_language() or "en").partition("-")[0],
        accent=ACCENTS[Letter.Accent(letter.accent)],
    )


def png(card: CardDocument) -> bytes:
    picture: bytes = cache.once(f"card:{card.digest}", lambda: card_png(card), KEPT)
    return picture


def _state(letter: Letter) -> str:
    if letter.closed_at:
        return _("closed %(day)s") % {"day": date_format(timezone.localdate(letter.closed_at))}
    return ""


def _kinds(tally: Tally) -> str:
    numbers = {"named": intcomma(tally.named), "anonymous": intcomma(tally.anonymous)}
    return _("%(named)s named, %(anonymous)s anonymous") % numbers


def _proofs(tally: Tally) -> list[str]:
    return [
        sentence % {"number": tally.by_proof[proof], "shown": intcomma(tally.by_proof[proof])}
        for proof, sentence in PROOFS.items()
        if tally.by_proof.get(proof)
    ]
