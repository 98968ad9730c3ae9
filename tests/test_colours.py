"""Every colour that something is written in is legible where it is written (WCAG 2.2, 1.4.3: contrast AA), and is
the same on the page, in other people's pages and in the picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from petitions.documents import cards
from petitions.models import Letter

STATIC = Path(__file__).parent.parent / "static"
STYLES = (STATIC / "undersigned.css").read_text()
FRAME = (STATIC / "embed.css").read_text()
DARK = "@media (prefers-color-scheme: dark)"
SMALLEST = 4.5  # for text of any size
WRITTEN = ("ink", "muted", "link", "accent", "good", "partly", "bad")


def variables(selector: str, text: str) -> dict[str, str]:
    block = re.search(rf"^ *{re.escape(selector)} {{(.*?)}}", text, re.S | re.M)
    assert block, selector
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block[1]))


def palette(scheme: str, accent: str, styles: str = STYLES) -> dict[str, str]:
    """The colours as they cascade: of the page, of the dark scheme, of the letter's accent."""
    found = variables(":root", styles) | variables(f".is-{accent}", styles)
    if scheme == "dark":
        for part in styles.split(DARK)[1:]:
            selector = ":root" if re.match(r" {\s+:root", part) else f".is-{accent}"
            found |= variables(selector, part) if selector in part.split("\n}")[0] else {}
    return found


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, as WCAG 2.2 defines it."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_twenty_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("accent", Letter.Accent.values)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_legible_on_paper_and_on_the_sheet(scheme, accent):
    colours = palette(scheme, accent)
    pairs = [(word, ground) for word in WRITTEN for ground in ("paper", "sheet")]
    pairs += [("on-accent", "accent"), ("ink", "warn"), ("on-focus", "focus"), ("paper", "bad")]

    weak = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < SMALLEST} == {}


def test_each_scheme_has_an_accent_of_its_own():
    assert palette("light", "wine")["accent"] == "#74182b"
    assert palette("dark", "wine")["accent"] == "#f3aab4"
    assert palette("dark", "navy")["paper"] == "#15171a"


@pytest.mark.parametrize("accent", Letter.Accent.values)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frame_has_the_colours_of_the_page(scheme, accent):
    colours, page = palette(scheme, accent, FRAME), palette(scheme, accent)

    assert {name: page[name] for name in colours} == colours
    assert set(re.findall(r"var\(--([a-z-]+)\)", FRAME)) <= colours.keys()


@pytest.mark.parametrize("accent", Letter.Accent.values)
def test_the_picture_has_the_letter_s_accent(accent):
    assert cards.ACCENTS[accent] == palette("light", accent)["accent"]
