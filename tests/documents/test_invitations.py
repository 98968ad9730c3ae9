"""The sheet: what stands on the paper, what the QR code holds, and what the file tells besides."""

from __future__ import annotations

import io
from datetime import date

import pypdf
import pytest
import segno

from petitions.crypto import typed
from petitions.documents.invitations import SheetDocument, sheet_pdf

URL = "https://letters.example.test/letters/ask-before-you-watch-us/invitation/"


def make_sheet(number: int = 12, url: str = URL) -> SheetDocument:
    codes = [typed.grouped(typed.new_invitation(is_former=False)) for _ in range(number)]
    return SheetDocument(codes, url, date(2026, 11, 25))


def read(sheet: SheetDocument) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(sheet_pdf(sheet)))


def words(sheet: SheetDocument) -> str:
    text = " ".join(page.extract_text() for page in read(sheet).pages)
    return " ".join(text.replace("\u200b", "").split())


def pictures(page: pypdf.PageObject) -> list[pypdf.generic.StreamObject]:
    return [each.get_object() for each in page["/Resources"]["/XObject"].values()]


def seen(picture: pypdf.generic.StreamObject, size: int) -> list[list[int]]:
    """Dark or not, looked at in the middle of each module, as a camera does."""
    width, data = picture["/Width"], picture.get_data()
    channels = len(data) // (width * picture["/Height"])
    step = width // size
    middles = [step * place + step // 2 for place in range(size)]
    return [[int(data[(y * width + x) * channels] < 128) for x in middles] for y in middles]


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

    (picture,) = pictures(read(make_sheet(1)).pages[0])

    assert seen(picture, len(wanted.matrix)) == [list(row) for row in wanted.matrix]


def test_every_slip_has_the_same_picture():
    """So that no picture says which code is beside it."""
    sheet = read(make_sheet(10)).pages[0]

    assert len(pictures(sheet)) == 1
    assert sheet.get_contents().get_data().count(b" Do") == 10


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
