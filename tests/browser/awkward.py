"""Letters that try a page's patience, made beside a running site."""

from __future__ import annotations

from petitions.flows import letters
from tests.factories import make_draft, make_workplace, sign

SLUG = "awkward"
TALL = "Z\u0316\u0317\u0318\u0319a\u0300\u0301\u0302\u0303lgo"  # as many marks on a letter as the form takes
NAMES = {
    "Arabic": "محمد عبد الله الشريف",
    "Hebrew": "שלום עליכם",
    "Devanagari": "राजेश कुमार शर्मा",
    "Japanese": "山田太郎",
    "Korean": "김민준",
    "Thai": "ณัฐพล ศรีสุข",
    "emoji": "Ada 🙂 Lovelace",
    "joined emoji": "👩🏽\u200d💻 Grace Hopper",
    "Vietnamese": "Nguyễn Thị Minh Khai",
    "both directions": "محمد Smith (ABC)",
    "one long word": "W" * 120,
    "no word of Thai": "\u0e01" * 120,
}


def make() -> None:
    """A title and a text without a space, many recipients, several workplaces, and the names above."""
    letter = make_draft(
        slug=SLUG,
        title="W" * 200,
        signing_line="E" * 120,
        text=f"{'Word' * 500}\n\n```\n{'code ' * 60}\n```",
        domains=("awkward.test",),
    )
    letter.workplaces.add(make_workplace("long.test", name="Ein sehr langer Name mit " + "W" * 90))
    letter.demands.create(number=3, title="D" * 200)
    for number in range(48):
        letter.recipients.create(name=f"{number}{'R' * 100}", role="S" * 120, address=f"r{number}@long.test")
    letters.open_for_signing(letter, by=letter.memberships.get().user)
    for name in ("Stands below", TALL, "Stands above"):
        sign(letter, name)
    for name in NAMES.values():
        sign(letter, name, role="Engineer")
