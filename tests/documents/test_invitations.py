"""The sheet: what stands on the paper, what the QR code holds, and what the file tells besides."""

from __future__ import annotations

import io
from datetime import date

import pypdf
import pytest
import segno
from pypdf.generic import ContentStream

from petitions.crypto import typed
from petitions.documents.invitations import SheetDocument, sheet_pdf

URL = "https://letters.example.test/letters/ask-before-you-watch-us/invitation/"
MILLIMETRE = 72 / 25.4


def make_sheet(number: int = 12, url: str = URL) -> SheetDocument:
    codes = [typed.grouped(typed.new_invitation(is_former=False)) for _ in range(number)]
    return SheetDocument(codes, url, date(2026, 11, 25))


def read(sheet: SheetDocument) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(sheet_pdf(sheet)))


def words(sheet: SheetDocument) -> str:
    text = " ".join(page.extract_text() for page in read(sheet).pages)
    return " ".join(text.replace("\u200b", "").split())


def rectangles(page: pypdf.PageObject) -> list[tuple[float, float, float, float]]:
    """Every filled rectangle as left, top, width, height on the page, in points; curves are none."""
    found, stack, at, path = [], [], (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), []
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        numbers = [float(each) for each in operands if isinstance(each, int | float)]
        if operator == b"q":
            stack.append(at)
        elif operator == b"Q":
            at = stack.pop()
        elif operator == b"cm":
            a, b, c, d, e, f = numbers
            A, B, C, D, E, F = at
            at = (
                a * A + b * C,
                a * B + b * D,
                c * A + d * C,
                c * B + d * D,
                e * A + f * C + E,
                e * B + f * D + F,
            )
        elif operator in (b"m", b"l"):
            x, y = numbers
            path.append((x * at[0] + y * at[2] + at[4], x * at[1] + y * at[3] + at[5]))
        elif operator == b"re":
            x, y, width, height = numbers
            for px, py in ((x, y), (x + width, y + height)):
                path.append((px * at[0] + py * at[2] + at[4], px * at[1] + py * at[3] + at[5]))
        elif operator in (b"f", b"f*", b"S", b"n", b"B"):
            if operator in (b"f", b"f*") and path:
                xs, ys = [x for x, _ in path], [y for _, y in path]
                found.append((min(xs), max(ys), max(xs) - min(xs), max(ys) - min(ys)))
            path = []
    return found


def dark(shapes: list[tuple[float, float, float, float]], size: int) -> list[list[int]]:
    """The first picture on the page, looked at in the middle of each of its modules, as a camera does."""
    left, top = min(x for x, *_ in shapes), max(y for _, y, *_ in shapes)
    step = 24 * MILLIMETRE / size

    def is_dark(row: int, column: int) -> int:
        x, y = left + (column + 0.5) * step, top - (row + 0.5) * step
        return int(any(a < x < a + width and b - height < y < b for a, b, width, height in shapes))

    return [[is_dark(row, column) for column in range(size)] for row in range(size)]


@pytest.mark.parametrize("number", [1, 12])
def test_each_slip_has_its_code_the_address_and_what_to_do(number):
    sheet = make_sheet(number)
    text = words(sheet)

    assert [code for code in sheet.codes if text.count(code) != 1] == []
    assert text.replace(" ", "").count(URL) == number
    assert text.count("It works once. The site does not know who got it.") == number
    assert len(read(sheet).pages) == (number + 9) // 10


def test_picture_is_the_address_and_nothing_else():
    wanted = segno.make(URL, error="m", micro=False)
    assert URL.encode() not in sheet_pdf(make_sheet(1))  # not as a link either: it is paper

    found = dark(rectangles(read(make_sheet(1)).pages[0]), len(wanted.matrix))

    assert found == [list(row) for row in wanted.matrix]


def test_every_slip_has_the_same_picture():
    """So that no picture says which code is beside it."""
    one, ten = (len(rectangles(read(make_sheet(number)).pages[0])) for number in (1, 10))
    assert ten == 10 * one


def test_file_tells_its_day_and_its_program_only():
    metadata = read(make_sheet()).metadata

    assert metadata.pop("/Creator").startswith("Typst ")
    day = "D:20261125000000Z"
    assert metadata == {"/Title": "Invitations", "/CreationDate": day, "/ModDate": day}


def test_sheet_can_be_read_aloud():
    root = read(make_sheet()).trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"


@pytest.mark.parametrize("slug", ["x", "a-" * 40, "a" * 80])
def test_addresses_of_any_length_fit_their_slip(slug):
    url = f"https://letters.a-rather-long-name.example.test/letters/{slug}/invitation/"
    sheet = make_sheet(10, url)

    assert len(read(sheet).pages) == 1
    assert words(sheet).replace(" ", "").count(url) == 10


def test_typst_in_an_address_stays_text():
    url = 'https://x.test/#eval("1+1")/$x$/*b*'
    assert words(make_sheet(1, url)).replace(" ", "").count(url) == 1
