"""The picture of a letter beside a link to it: plain data in, a PNG out. Knows Typst, knows nothing of Django."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from petitions.documents.markdown import visible
from petitions.documents.typesetting import typeset

TEMPLATE = Path(__file__).with_name("card.typ")
WIDTH, HEIGHT = 1200, 630  # pixels, as networks ask for
PPI = 144  # the page is measured in points, of which 72 make an inch


@dataclass(frozen=True)
class CardDocument:
    """Only what the public reads on the letter's page."""

    title: str
    signing_line: str
    kind: str
    state: str
    number: str
    unit: str
    kinds: str
    proofs: str
    progress: str
    share: float | None  # of the way to the next milestone
    site: str
    language: str = "en"
    accent: str = "#1c3557"

    @property
    def source(self) -> str:
        return visible(json.dumps(asdict(self), ensure_ascii=False))

    @property
    def digest(self) -> str:
        """The same words make the same picture."""
        return hashlib.sha256(TEMPLATE.read_bytes() + self.source.encode()).hexdigest()

    @property
    def alt(self) -> str:
        """The picture in words."""
        lines = (
            self.title,
            self.signing_line,
            f"{self.number} {self.unit}",
            self.kinds,
            self.proofs,
            self.progress,
        )
        return ". ".join(line.rstrip(".") for line in lines if line) + "."


def card_png(card: CardDocument) -> bytes:
    """A character that no font here has becomes an empty box; nothing makes it fail."""
    return typeset(TEMPLATE, {"card": card.source}, {"format": "png", "ppi": PPI}).content
