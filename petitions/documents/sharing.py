"""What is passed on of a letter: its words and addresses, for people and for the programs that preview a link.

Built from the configured site and from what the public reads, so that no link says who passed it on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from petitions.documents import text
from petitions.models import Letter, Version

WIDTH, HEIGHT = 600, 340  # pixels of a frame, where nobody asks for less; fits a title of three lines


@dataclass(frozen=True)
class Sharing:
    title: str
    summary: str
    url: str
    card_url: str
    feed_url: str
    embed_url: str

    @property
    def mail_url(self) -> str:
        """A mail that somebody sends with their own program (RFC 6068)."""
        body = f"{self.title}\r\n\r\n{self.summary}\r\n\r\n{self.url}\r\n"
        return f"mailto:?subject={quote(self.title, safe='')}&body={quote(body, safe='')}"

    @property
    def oembed_url(self) -> str:
        """Where programs ask how to show the letter in a page; the format follows."""
        return f"{settings.SITE_URL}{reverse('oembed')}?url={quote(self.url, safe='')}&format="

    @property
    def qr_svg(self) -> SafeString:
        return _qr_svg(self.url)

    def frame(self, width: int = WIDTH, height: int = HEIGHT) -> SafeString:
        """It runs no script and learns nothing of the page around it; its links open in a window of their own."""
        return format_html(
            '<iframe src="{}" title="{}" width="{}" height="{}" loading="lazy" referrerpolicy="no-referrer"'
            ' sandbox="allow-popups allow-popups-to-escape-sandbox" frameborder="0"></iframe>',
            self.embed_url,
            self.title,
            width,
            height,
        )


def of(letter: Letter, version: Version) -> Sharing:
    summary = _("%(from)s: %(beginning)s") % {
        "from": letter.signing_line,
        "beginning": text.beginning(version.text),
    }
    return Sharing(
        title=version.title,
        summary=summary,
        url=letter.url,
        card_url=_url("card", letter),
        feed_url=_url("feed", letter),
        embed_url=_url("embed", letter),
    )


def _url(name: str, letter: Letter) -> str:
    return settings.SITE_URL + reverse(name, args=[letter.slug])


@lru_cache(maxsize=100)
def _qr_svg(url: str) -> SafeString:
    """Drawing one takes as long as the rest of the page."""
    picture = segno.make(url, error="m", micro=False)
    svg = picture.svg_inline(
        omitsize=True, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None
    )
    return mark_safe(svg)  # noqa: S308 - dark and light squares
