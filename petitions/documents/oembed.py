"""What oEmbed 1.0 tells programs that put a letter's frame into other people's pages."""

from __future__ import annotations

from xml.etree import ElementTree as Xml  # written, never read

from django.conf import settings
from django.utils.translation import gettext as _

from petitions.documents import card, xml
from petitions.documents.sharing import HEIGHT, WIDTH, Sharing
from petitions.models import Letter

KEPT = 3600  # seconds; the number stands inside the frame


def answer(
    letter: Letter, sharing: Sharing, maxwidth: int | None = None, maxheight: int | None = None
) -> dict[str, str | int]:
    width, height = min(maxwidth or WIDTH, WIDTH), min(maxheight or HEIGHT, HEIGHT)
    values: dict[str, str | int] = {
        "version": "1.0",
        "type": "rich",
        "title": sharing.title,
        "author_name": letter.signing_line,
        "author_url": sharing.url,
        "provider_name": _("Undersigned"),
        "provider_url": f"{settings.SITE_URL}/",
        "cache_age": KEPT,
        "html": sharing.frame(width, height),
        "width": width,
        "height": height,
    }
    return values | _thumbnail(sharing, maxwidth, maxheight)


def _thumbnail(sharing: Sharing, maxwidth: int | None, maxheight: int | None) -> dict[str, str | int]:
    """Only where there is room for it, as the standard asks."""
    if (maxwidth or card.WIDTH) < card.WIDTH or (maxheight or card.HEIGHT) < card.HEIGHT:
        return {}
    return {
        "thumbnail_url": sharing.card_url,
        "thumbnail_width": card.WIDTH,
        "thumbnail_height": card.HEIGHT,
    }


def as_xml(values: dict[str, str | int]) -> bytes:
    root = Xml.Element("oembed")
    for name, value in values.items():
        Xml.SubElement(root, name).text = xml.allowed(str(value))
    return bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True))
