from __future__ import annotations

import io
import socket
import struct
import threading
import time
from dataclasses import replace

import pypdf
import pytest
import typst

from petitions import cache
from petitions.documents import cards, progress
from petitions.documents.card import HEIGHT, TEMPLATE, WIDTH, CardDocument, card_png
from petitions.flows import batches, letters
from petitions.models import Appear, Letter, Tally
from tests.factories import make_letter, sign

CARD = CardDocument(
    title="Stop selling facial recognition to the police",
    signing_line="Employees of Example",
    kind="Open letter",
    state="",
    number="450",
    unit="signatures",
    kinds="300 named, 150 anonymous",
    proofs="450 distinct work mailboxes, by typed code",
    progress="50 more to the milestone of 500",
    share=0.9,
    site="letters.example.org",
)
AWKWARD = {
    "nothing": "",
    "long": "We ask that the company publishes the rota two weeks ahead. " * 4,
    "one long word": "x" * 200,
    "wide": "W" * 200,
    "Arabic": "رسالة مفتوحة: أوقفوا بيع تقنية التعرف على الوجوه للشرطة",
    "Devanagari": "पुलिस को चेहरे की पहचान बेचना बंद करो" * 4,
    "Japanese": "警察への顔認識技術の販売を中止してください" * 9,
    "emoji": "Stop 🙂 the cameras 👩‍👩‍👧 now 🇪🇺",
    "no font has it": "\U0010fffd ᚠᚢᚦ",
    "hidden": "a\x00b\u202ec\ud800d\u200b\n",
    "Typst": '#eval("1+1") #read("/etc/passwd") $x$ @label \\ " #image("/x.png")',
}


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("words", AWKWARD.values(), ids=AWKWARD)
@pytest.mark.parametrize("field", ["title", "signing_line", "progress", "state", "site", "proofs"])
def test_any_words_make_one_picture_of_the_same_size(field, words):
    assert size(card_png(replace(CARD, **{field: words}))) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("language", ["en", "ar", "ja", "hi", "es"])
def test_every_language_makes_a_picture(language):
    assert size(card_png(replace(CARD, language=language))) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("share", [None, 0.0, 0.5, 0.9999])
def test_every_share_of_the_way_makes_a_picture(share):
    assert size(card_png(replace(CARD, share=share))) == (WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"number": "451"},
        {"kinds": "x"},
        {"proofs": "x"},
        {"share": 0.1},
        {"state": "closed"},
    ],
)
def test_what_changes_is_seen(change):
    changed = replace(CARD, **change)

    assert card_png(changed) != card_png(CARD) == card_png(replace(CARD))
    assert changed.digest != CARD.digest


def test_long_words_are_seen_to_their_end():
    """Set smaller, not cut off: the last letter of a title of 200 characters is in the picture."""
    title = "We ask that the company publishes the rota two weeks ahead and pays for each change. " * 3

    shown = {card_png(replace(CARD, title=title[:199] + last)) for last in "abc"}

    assert len(shown) == 3


def test_the_picture_in_words_says_what_the_picture_says():
    assert CARD.alt == (
        "Stop selling facial recognition to the police. Employees of Example. 450 signatures. "
        "300 named, 150 anonymous. 450 distinct work mailboxes, by typed code. 50 more to the milestone of 500."
    )


def test_nothing_is_fetched():
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        address = f"http://127.0.0.1:{canary.getsockname()[1]}"
        card_png(replace(CARD, title=f'#image("{address}") <img src="{address}/i">', site=address))
        with pytest.raises(TimeoutError):
            canary.accept()


def test_many_who_ask_at_once_let_one_make_it(monkeypatch):
    made, answers = [], []

    def slowly(card: CardDocument) -> bytes:
        made.append(card)
        time.sleep(0.3)
        return b"png"

    monkeypatch.setattr(cards, "card_png", slowly)
    threads = [threading.Thread(target=lambda: answers.append(cards.png(CARD))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), answers) == (1, [b"png"] * 8)


def test_whoever_fails_keeps_nobody_waiting(monkeypatch):
    def fails(_card: CardDocument) -> bytes:
        raise MemoryError

    monkeypatch.setattr(cards, "card_png", fails)
    with pytest.raises(MemoryError):
        cards.png(CARD)
    monkeypatch.setattr(cards, "card_png", lambda _card: b"png")
    begun = time.monotonic()

    assert cards.png(CARD) == b"png"
    assert time.monotonic() - begun < cache.PATIENCE / 2


def test_without_a_cache_everybody_makes_their_own(monkeypatch):
    monkeypatch.setattr(cache, "_silent_until", time.monotonic() + 60)

    assert size(cards.png(CARD)) == (WIDTH, HEIGHT)


def card_of(letter: Letter) -> CardDocument:
    tally = letter.signatures.all().tally()
    way = progress.of(letter, letter.milestones.all(), tally.total)
    return cards.of(letter, letter.version, tally, way)


@pytest.mark.django_db
def test_a_card_says_what_the_number_consists_of():
    letter = make_letter(batch_size=5, milestones=(4, 10))
    sign(letter, "Ada Lovelace")
    for _ in range(5):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)

    card = card_of(letter)

    assert (card.number, card.unit, card.kinds) == ("6", "signatures", "1 named, 5 anonymous")
    assert card.proofs == "6 distinct work mailboxes, by typed code"
    assert (card.progress, card.share) == ("4 more to the milestone of 10", 0.6)


@pytest.mark.django_db
def test_a_card_of_a_closed_letter_says_so():
    letter = make_letter(goal=100)
    assert card_of(letter).progress == "100 more to the goal of 100"
    letters.close(letter)

    card = card_of(letter)

    assert card.state.startswith("closed ")
    assert (card.progress, card.share) == ("", None)


@pytest.mark.django_db
def test_each_proof_is_counted_apart():
    letter = make_letter()
    tally = Tally(named=1_234, by_proof={"mailbox": 1_200, "invitation": 1, "former": 33})

    assert cards.of(letter, letter.version, tally, None).proofs == (
        "1,200 distinct work mailboxes, by typed code · 1 distinct invitation · "
        "33 distinct invitations meant for former employees"
    )


@pytest.mark.django_db
def test_a_picture_is_sent_once_for_each_number(client):
    letter = make_letter(milestones=(10,))
    url = f"{letter.get_absolute_url()}card.png"
    first = client.get(url)

    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    sign(letter, "Ada Lovelace")
    after = client.get(url, headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, first["Content-Type"], size(first.content)) == (
        200,
        "image/png",
        (WIDTH, HEIGHT),
    )
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert (after.status_code, after.content != first.content) == (200, True)
    assert first["Cache-Control"] == again["Cache-Control"] == "public, max-age=2"


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_a_picture_needs_four_queries(client, number, django_assert_num_queries):
    letter = make_letter(milestones=tuple(range(10, 10 + number)))
    for index in range(number):
        sign(letter, f"Ada Lovelace {'I' * (index + 1)}")

    with django_assert_num_queries(4):
        client.get(f"{letter.get_absolute_url()}card.png")


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("title", "is_right"), [("رسالة مفتوحة", True), ("Give us a say", False)])
def test_a_title_begins_where_its_first_letter_is_read(title, is_right, language):
    """The same page as a PDF, in which places can be read."""
    source = {"card": replace(CARD, title=title, language=language).source}
    content = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="pdf", sys_inputs=source)
    begin: list[float] = []

    pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text(
        visitor_text=lambda text, place, line, _font, _size: (
            begin.append(place[4] + line[4]) if text.strip().startswith(title.split()[0]) else None
        )
    )

    assert [left > 300 for left in begin] == [is_right]  # points, of 600
