"""Domains that the eye takes for others: how letters are made to be signed from a mailbox that is somebody else's.

A skeleton (UTS 39) is what a domain looks like: two domains that share one are hard to tell apart. The table holds
the usual look-alikes of Latin letters, not all of Unicode: of what it misses nobody is warned.
"""
# ruff: noqa: RUF001 - letters that look like others are what this is about

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

OF_A_LETTER = {
    "a": "аӑαɑ", "b": "ьвβß", "c": "сϲ", "d": "ԁɗđ", "e": "еёεҽ3", "f": "ғ", "g": "ɡ", "h": "һнħ", "i": "іιɩı",
    "j": "ј", "k": "кκ", "l": "ӏł1", "m": "м", "n": "пηո", "o": "оοσօø0", "p": "рρ", "q": "ԛ", "r": "г", "s": "ѕ5",
    "t": "тτ", "u": "цυս", "v": "νѵ", "w": "ԝω", "x": "хχ", "y": "уγү", "z": "ᴢ",
}  # fmt: skip
LOOKALIKES = {alike: letter for letter, all_alike in OF_A_LETTER.items() for alike in all_alike}
TOGETHER = {"rn": "m", "vv": "w", "cl": "d", "ii": "u"}
SAME = str.maketrans({"i": "l"})  # i, l and 1 are one stroke in many typefaces
OFTEN_COPIED = """
    accenture.com adobe.com airbus.com amazon.com amazon.de amd.com apple.com bbc.co.uk bmw.de bosch.com bp.com
    cisco.com dell.com deloitte.com disney.com ebay.com ericsson.com exxonmobil.com facebook.com fedex.com
    ford.com ge.com github.com gitlab.com gm.com google.com hp.com huawei.com ibm.com ikea.com intel.com
    jpmorgan.com kpmg.com linkedin.com lufthansa.com mcdonalds.com meta.com microsoft.com netflix.com nike.com
    nokia.com nvidia.com openai.com oracle.com palantir.com paypal.com pfizer.com pwc.com salesforce.com
    samsung.com sap.com shell.com siemens.com sony.com spotify.com starbucks.com stripe.com tesla.com toyota.com
    twitter.com uber.com unilever.com ups.com volkswagen.de vodafone.com walmart.com x.com zalando.de
"""

WELL_KNOWN = frozenset(OFTEN_COPIED.split())


def shown(domain: str) -> str:
    """As browsers and mail programs may write it, out of the ASCII of IDNA."""
    return ".".join(map(_read, domain.split(".")))


def skeleton(domain: str) -> str:
    """What it looks like. Equal skeletons: hard to tell apart."""
    plain = unicodedata.normalize("NFKD", shown(domain).casefold())
    letters = "".join(LOOKALIKES.get(letter, letter) for letter in plain if not unicodedata.combining(letter))
    for pair, one in TOGETHER.items():
        letters = letters.replace(pair, one)
    return letters.translate(SAME)


def mixes_scripts(domain: str) -> bool:
    """Within one label: no language writes so but those of East Asia, which mix no Latin look-alikes."""
    return any(
        len(_scripts(label) & {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN"}) > 1
        for label in shown(domain).split(".")
    )


def resembled(domain: str, others: Iterable[str]) -> list[str]:
    """Those of the others, and of well-known ones, for which the eye takes this one."""
    mine = skeleton(domain)
    known = sorted({*others, *WELL_KNOWN} - {domain})
    return [other for other in known if skeleton(other) == mine]


def _scripts(label: str) -> set[str]:
    return {unicodedata.name(letter, "").split(" ")[0] for letter in label if letter.isalpha()}


def _read(label: str) -> str:
    try:
        return label[4:].encode().decode("punycode") if label.startswith("xn--") else label
    except UnicodeError:
        return label
