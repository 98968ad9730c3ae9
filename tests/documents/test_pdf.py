import io
import re
import resource
import socket
from dataclasses import replace
from datetime import date
from typing import Any

import pypdf
import pytest

from petitions.documents import pdf as pdf_module
from petitions.documents.pdf import MOST, DemandLine, LetterDocument, LetterTooLarge, Pdf, Words, letter_pdf
from petitions.documents.text import to_tree

BODY = """We write because we were **not asked**. See [the report](https://example.test/report).

## What we saw

1. One
   - `inner`

> Quoted

```
code
```

---
"""

LETTER = LetterDocument(
    title="Give us a say",
    salutation_lines=["Mary Major, Chief Executive", "Richard Roe, Chief Counsel"],
    body=to_tree(BODY),
    demands=[
        DemandLine(1, "Stop the sale", to_tree("Of all of it.")),
        DemandLine(2, "Elect a board", to_tree("### By us\n\nEvery year.")),
    ],
    signing_line="Employees of Example",
    count_lines=["3 distinct work mailboxes at example.com, by typed code; names are as typed, not checked."],
    signatories=["Ada Lovelace", "Łukasz Żółć", "Engineer, Berlin"],
    more=["and 12 anonymous signatures"],
    dated=date(2018, 10, 16),
    day="16 October 2018",
    version_sha256="0f3c" * 16,
    snapshot_sha256="b7e1" * 16,
    url="https://letters.example.test/letters/say/",
)


def read(pdf: Pdf) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf.content))


def words(pdf: Pdf) -> str:
    """All text without the zero-width spaces that let long words break."""
    text = " ".join(page.extract_text() for page in read(pdf).pages)
    return " ".join(text.replace("\u200b", "").split())


def tags(node: Any) -> list[str]:
    node = node.get_object()
    if isinstance(node, list):
        return [tag for child in node for tag in tags(child)]
    if not isinstance(node, dict) or "/S" not in node:
        return []
    return [node["/S"], *tags(node["/K"])] if "/K" in node else [node["/S"]]


def languages(node: Any) -> set[str]:
    """Those that parts of the page are tagged with."""
    node = node.get_object()
    if isinstance(node, list):
        return {language for child in node for language in languages(child)}
    if not isinstance(node, dict):
        return set()
    own = {str(node["/Lang"])} if "/Lang" in node else set()
    return own | (languages(node["/K"]) if "/K" in node else set())


def test_letter_says_everything_in_its_order() -> None:
    text = words(letter_pdf(LETTER))

    parts = [
        "16 October 2018",
        "Give us a say",
        "To Mary Major, Chief Executive Richard Roe, Chief Counsel",
        "We write because we were not asked. See the report.",
        "What we saw",
        "inner",
        "Quoted",
        "code",
        "What we ask",
        "1 Stop the sale Of all of it.",
        "2 Elect a board By us Every year.",
        "Signed Employees of Example 3 distinct work mailboxes at example.com",
        "Ada Lovelace Łukasz Żółć Engineer, Berlin and 12 anonymous signatures",
        "0f3c" * 16,
        "b7e1" * 16,
        "https://letters.example.test/letters/say/",
        "SHA-256 b7e1b7e1b7e1 Page 2 of 2",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_letter_is_tagged_and_speaks_its_language() -> None:
    pdf = letter_pdf(replace(LETTER, language="de"))
    root = read(pdf).trailer["/Root"]

    assert pdf.is_archival
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "de"
    assert set(tags(root["/StructTreeRoot"]["/K"])) >= {
        "/Title",
        "/H1",
        "/H2",
        "/P",
        "/L",
        "/BlockQuote",
        "/Link",
    }
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in metadata


@pytest.mark.parametrize("signatory", ["Ada", "山田太郎"])
def test_metadata_holds_title_day_and_the_program_only(signatory: str) -> None:
    metadata = read(letter_pdf(replace(LETTER, signatories=[signatory]))).metadata

    assert metadata is not None
    assert metadata.pop("/Creator").startswith("Typst ")
    day = "D:20181016000000Z"
    assert metadata == {"/Title": "Give us a say", "/CreationDate": day, "/ModDate": day}


ALLOWED = {"/Title", "/Creator", "/CreationDate", "/ModDate"}
ALLOWED_IN_XMP = {
    *("dc:format", "dc:language", "dc:title", "pdf:PDFVersion", "xmpTPg:NPages"),
    *("xmp:CreateDate", "xmp:CreatorTool", "xmp:ModifyDate"),
    *("xmpMM:DocumentID", "xmpMM:InstanceID", "xmpMM:RenditionClass"),  # of the content: see the next test
    *("xmpMM:History", "stEvt:action", "stEvt:instanceID", "stEvt:softwareAgent", "stEvt:when"),
}
SAYS_WHICH_STANDARD = ("pdfa", "pdfua", "rdf:", "x:")


def test_metadata_holds_nothing_that_is_not_allowed() -> None:
    """Neither who made it, on which machine and when, nor who signed."""
    reader = read(letter_pdf(LETTER))
    xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()

    assert set(reader.metadata or {}) <= ALLOWED
    named = re.findall(r"<([a-zA-Z]+:[a-zA-Z]+)[ >]", xmp)
    assert {name for name in named if not name.startswith(SAYS_WHICH_STANDARD)} <= ALLOWED_IN_XMP
    assert set(re.findall(r">(\d{4}-\d\d-\d\d[^<]*)<", xmp)) == {"2018-10-16T00:00:00Z"}
    programs = re.findall(r"<(?:xmp:CreatorTool|stEvt:softwareAgent)>([^<]*)<", xmp)
    assert all(program.startswith("Typst ") for program in programs)
    assert not [name for name in LETTER.signatories if name in xmp]


def test_same_letter_gives_same_bytes() -> None:
    first = letter_pdf(LETTER).content
    letter_pdf(replace(LETTER, title="Another"))

    assert letter_pdf(LETTER).content == first


@pytest.mark.parametrize(
    "signatory",
    ["山田太郎", "김민준", "Ada 🙂 Lovelace", "ᚠᚢᚦ", "\U0010fffd"],
)
def test_character_without_a_font_still_makes_a_tagged_letter(signatory: str) -> None:
    pdf = letter_pdf(replace(LETTER, signatories=[signatory, "Ada Lovelace"]))

    assert "Ada Lovelace" in words(pdf)
    assert read(pdf).trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_character_no_font_can_have_is_said_to_be_not_archival() -> None:
    assert not letter_pdf(replace(LETTER, signatories=["\U0010fffd"])).is_archival


@pytest.mark.parametrize(
    "signatory",
    ["Łukasz Żółć", "Nguyễn Văn A", "Александр", "Παπαδόπουλος", "Björk Guðmundsdóttir", "O’Brien"],
)
def test_names_of_europe_and_vietnam_are_archival(signatory: str) -> None:
    pdf = letter_pdf(replace(LETTER, signatories=[signatory]))

    assert pdf.is_archival
    assert signatory in words(pdf)


@pytest.mark.parametrize(
    "signatory", ["محمد علی", "שלום עליכם", "क्\u200dष", "W" * 120, "", "a\x00b\u202e\ud800"]
)
def test_unusual_names_make_a_letter(signatory: str) -> None:
    assert "Ada Lovelace" in words(letter_pdf(replace(LETTER, signatories=["Ada Lovelace", signatory])))


@pytest.mark.parametrize("title", ["x" * 200, "We ask that " * 16, "公開書簡"])
def test_long_and_foreign_titles_make_a_letter(title: str) -> None:
    pdf = letter_pdf(replace(LETTER, title=title))

    metadata = read(pdf).metadata
    assert metadata is not None
    assert metadata.title == title


@pytest.mark.parametrize(
    "source",
    [
        "",
        "#\n## a\n#",
        "###### a",
        "> # a\n\n- # b\n\n## c\n\n### d",
        "> " * 30 + "x",
        "- " * 30 + "x",
        "- 1. " * 15 + "x",
        "*a **b " * 40 + "x" + "** y*" * 40,
        "[![](x)](https://example.test/)",
        "[*![](x)*](https://example.test/)",
        "[x](https://example.test/" + "a" * 9000 + ")",
        "a" * 5000,
        "`" + "a" * 5000 + "`",
        "-\n-\n  1.\n",
        "99999999. x",
    ],
)
def test_any_text_makes_an_archival_letter(source: str) -> None:
    demands = [DemandLine(1, "One", to_tree(source))]

    assert letter_pdf(replace(LETTER, body=to_tree(source), demands=demands)).is_archival


def test_typst_in_the_text_stays_text() -> None:
    source = '#eval("1+1") #read("/etc/passwd") $x$ @label #image("/x.png")'
    pdf = letter_pdf(replace(LETTER, title=source, body=to_tree(source), signatories=[source]))

    assert words(pdf).count('#eval("1+1") #read("/etc/passwd") $x$ @label #image("/x.png")') >= 3
    assert "root:" not in words(pdf)


def test_draft_without_hashes_and_signatures_says_that_it_is_one() -> None:
    draft = replace(
        LETTER,
        version_sha256="",
        snapshot_sha256="",
        count_lines=[],
        signatories=[],
        more=[],
        label="Preview",
    )
    text = words(letter_pdf(draft))

    assert text.count("PREVIEW") == len(read(letter_pdf(draft)).pages)
    assert "SHA-256" not in text


def test_words_can_be_translated() -> None:
    german = Words(to="An", demands="Was wir fordern", page="Seite {page} von {pages}")
    text = words(letter_pdf(replace(LETTER, language="de", words=german)))

    assert "An Mary Major" in text
    assert "Was wir fordern" in text
    assert "Seite 1 von" in text


@pytest.mark.parametrize("number", [450, 5000])
def test_every_name_is_there(number: int) -> None:
    names = [f"Person-{place} Surname" for place in range(number)]
    started = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    pdf = letter_pdf(replace(LETTER, signatories=names))

    assert 0 < resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - started < 10
    assert pdf.is_archival
    found = words(pdf)
    assert [name for name in names if name not in found] == []


def test_a_long_list_goes_down_the_columns_a_paragraph_for_each_name() -> None:
    odd = [
        "محمد علی",
        "W" * 120,
        "",
        "Nguyễn Văn A",
        "Engineer, of a place with a long name, and of another one",
    ]
    names = [*(f"Person-{number} Surname" for number in range(1_200)), *odd]
    pdf, nobody = (letter_pdf(replace(LETTER, signatories=those, count_lines=[])) for those in (names, []))

    text = words(pdf).replace(" ", "")  # a name breaks anywhere
    places = [text.find(name.replace(" ", "")) for name in names if name and name != odd[0]]
    assert -1 not in places
    assert places == sorted(places)
    assert paragraphs(pdf) - paragraphs(nobody) == len(names) - 1  # one of them is empty
    begin = {round(left) for text, left in runs(pdf) if text.startswith("Person-")}
    assert begin == {85, 231, 377}


def paragraphs(pdf: Pdf) -> int:
    return tags(read(pdf).trailer["/Root"]["/StructTreeRoot"]["/K"]).count("/P")


def test_a_long_list_is_set_once_also_where_a_name_needs_another_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ways are tried with few names."""
    set_, sizes = pdf_module.typeset, []

    def noting(template: Any, inputs: dict[str, str], *ways: Any, **options: Any) -> Any:
        paper = set_(template, inputs, *ways, **options)
        sizes.append((len(inputs["letter"]) > 20_000, paper.way))
        return paper

    monkeypatch.setattr(pdf_module, "typeset", noting)
    pdf = letter_pdf(replace(LETTER, signatories=[*["Ada Lovelace"] * 1_200, "\U0010fffd"]))

    assert sizes == [(False, 2), (True, 0)]
    assert not pdf.is_archival
    assert words(pdf).count("Ada Lovelace") == 1_200


def test_letter_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(LetterTooLarge):
        letter_pdf(replace(LETTER, signatories=["W" * 120] * 20_000))


def test_nothing_is_fetched() -> None:
    """The template names no package and no picture; a canary on loopback hears nothing."""
    with socket.create_server(("127.0.0.1", 0)) as canary:
        canary.settimeout(0.2)
        address = f"http://127.0.0.1:{canary.getsockname()[1]}"
        source = f'<img src="{address}/i"> ![x]({address}/m) <link rel=stylesheet href="{address}/c">'
        letter_pdf(replace(LETTER, body=to_tree(source), url=f"{address}/letters/say/"))
        with pytest.raises(TimeoutError):
            canary.accept()


LEFT, MIDDLE, RIGHT = 85, 298, 510  # points: the edges of what is written on a page of 595


def runs(pdf: Pdf) -> list[tuple[str, float]]:
    """Words and where on their line they begin."""
    found: list[tuple[str, float]] = []
    for page in read(pdf).pages:
        page.extract_text(
            visitor_text=lambda text, place, line, _font, _size: found.append((text, place[4] + line[4]))
        )
    return [(text.strip(), left) for text, left in found if text.strip()]


def test_a_name_that_its_script_breaks_nowhere_runs_over_no_other() -> None:
    """Thai breaks by dictionary, and this is no word of it."""
    names = ["\u0e01" * 120, *(f"Ada Lovelace {number}" for number in range(20))]
    pdf = letter_pdf(replace(LETTER, signatories=names, count_lines=[]))

    lines = [line for page in read(pdf).pages for line in page.extract_text().splitlines()]

    assert len(max(lines, key=len)) < 100


def test_a_long_title_stays_inside_the_head_of_each_page() -> None:
    pdf = letter_pdf(replace(LETTER, title="W" * 200, body=to_tree("Words.\n\n" * 60)))

    head = [(text, left) for text, left in runs(pdf) if set(text) <= {"W", "…"}]
    assert [(text, left) for text, left in head if left > RIGHT or len(text) > 50] == []


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("text", "is_right"), [("نحن الموقعين.", True), ("We, the undersigned.", False)])
def test_words_begin_where_their_first_letter_is_read(text: str, is_right: bool, language: str) -> None:
    demand = DemandLine(1, "One", to_tree(text))
    pdf = letter_pdf(replace(LETTER, title=text, body=to_tree(text), demands=[demand], language=language))

    begin = [left for words_, left in runs(pdf) if words_.startswith(text.split()[0])]

    assert [left > MIDDLE for left in begin[:3]] == [is_right] * 3


def test_a_letter_s_own_language_decides_where_its_text_begins_and_how_it_is_tagged() -> None:
    """It may begin with a foreign name; the page's own words stay in the reader's language."""
    text = "Example نحن الموقعين."
    demand = DemandLine(1, text, to_tree(text))
    letter = replace(LETTER, title=text, body=to_tree(text), demands=[demand], text_direction="rtl")
    pdf = letter_pdf(replace(letter, text_language="ar", language="en"))

    begin = [left for words_, left in runs(pdf) if words_.startswith("Example")]

    assert [left > MIDDLE for left in begin[:3]] == [True] * 3
    assert read(pdf).trailer["/Root"]["/Lang"] == "en"
    assert languages(read(pdf).trailer["/Root"]["/StructTreeRoot"]["/K"]) == {"ar"}


def test_more_signatories_than_a_file_should_hold_are_refused() -> None:
    with pytest.raises(LetterTooLarge):
        letter_pdf(replace(LETTER, signatories=["A"] * (MOST + 1)))
