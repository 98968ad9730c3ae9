"""A sheet of invitations to cut up and hand over. Knows Typst and QR codes, knows nothing of Django."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import segno

from petitions.documents.typesetting import typeset

TEMPLATE = Path(__file__).with_name("invitations.typ")
DOTS = 16  # for each module of the QR code: sharper than any printer


@dataclass(frozen=True)
class SheetWords:
    """What a slip says. No letter, no workplace, no topic: slips are lost and left on desks."""

    title: str = "Invitations"
    slip: str = "Invitation, for one person"
    how: str = (
        "Open this address on a private phone or computer, not on your employer's network, and type the code:"
    )
    once: str = "It works once. The site does not know who got it. Destroy this paper afterwards."
    picture: str = "The address above, to be scanned"


@dataclass(frozen=True)
class SheetDocument:
    codes: list[str]  # grouped, as people type them
    url: str  # all that the QR code holds: a scanned address is kept in histories and logs
    dated: date
    language: str = "en"
    words: SheetWords = field(default_factory=SheetWords)


def sheet_pdf(sheet: SheetDocument) -> bytes:
    """Written to no file; what Typst remembers of the codes is gone before this returns."""
    dated = [sheet.dated.year, sheet.dated.month, sheet.dated.day]
    values = asdict(sheet) | {"dated": dated, "qr": qr_png(sheet.url)}
    inputs = {"sheet": json.dumps(values, ensure_ascii=False)}
    way = {"pdf_standards": ["ua-1"], "ignore_system_fonts": True}
    return typeset(TEMPLATE, inputs, way, dated=sheet.dated).content


def qr_png(url: str) -> list[int]:
    """As bytes, without its margin, which is paper. One picture, which all slips of the file share."""
    picture = io.BytesIO()
    segno.make(url, error="m", micro=False).save(picture, kind="png", scale=DOTS, border=0)
    return list(picture.getvalue())
