import time
from html.parser import HTMLParser

import pytest

from petitions.documents.text import to_html, to_text, to_tree

HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1)) [y](&#106;avascript:alert(1))",
    "<javascript:alert(1)>",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==) [y](vbscript:msgbox(1))",
    "![x](https://tracker.example.test/p.gif?u=1)",
    "![x][y]\n\n[y]: https://tracker.example.test/p.gif",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<a href="https://ok.example.test" onclick="x()">x</a>',
    '<link rel=attachment href="file:///etc/hostname">',
    "<style>@import url(http://127.0.0.1/css);</style>",
    '```"><img src=x onerror=alert(1)>\ncode\n```',
]


@pytest.mark.parametrize("source", HOSTILE)
def test_nothing_hostile_becomes_an_element_or_an_address(source: str) -> None:
    page = Elements()
    page.feed(to_html(source))

    assert page.names <= {"p", "pre", "code"}
    assert page.attributes == []


class Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example.test/",
        "/relative",
        "#place",
        "http://plain.example.test/",
        "https://",
        "https://good.example.test@evil.example.test/",
        "https:\\\\evil.example.test",
        "mailto:a@example.test?bcc=b@example.test",
        "mailto:",
        "ftp://example.test/",
        "file:///etc/passwd",
        "https://example.test/" + "a" * 10_000,
    ],
)
def test_link_that_is_not_plain_https_or_mail_keeps_only_its_words(address: str) -> None:
    assert to_html(f"[words]({address})") == "<p>words</p>\n"


def test_link_has_its_address_and_no_title() -> None:
    rel = 'rel="noreferrer nofollow noopener"'

    assert to_html('[a](https://example.test/a?b=c#d "title")') == (
        f'<p><a href="https://example.test/a?b=c#d" {rel}>a</a></p>\n'
    )
    assert (
        to_html("<ada@example.test>")
        == f'<p><a href="mailto:ada@example.test" {rel}>ada@example.test</a></p>\n'
    )


def test_link_without_words_shows_its_address() -> None:
    html = to_html("[](https://example.test/)")

    assert html.endswith(">https://example.test/</a></p>\n")


def test_headings_leave_h1_to_the_page_and_skip_no_level() -> None:
    source = "# one\n\n##### five\n\n## two\n\n###### six\n\n###### six"

    tags = [line[1:3] for line in to_html(source).splitlines()]

    assert tags == ["h2", "h3", "h3", "h4", "h4"]


def test_heading_without_words_is_gone() -> None:
    assert to_html("#\n\n## ![](https://example.test/x.png)\n\n# x") == "<h2>x</h2>\n"


def test_image_becomes_its_description() -> None:
    assert to_html("see ![a *red* chart](https://example.test/x.png)") == "<p>see a red chart</p>\n"


def test_characters_that_hide_or_reorder_are_gone() -> None:
    assert to_html("[\u202egnp.exe](https://ok.example.test) &#8238;a&#x200b;b\x00\ud800") == (
        '<p><a href="https://ok.example.test" rel="noreferrer nofollow noopener">gnp.exe</a> ab</p>\n'
    )


def test_joiners_that_scripts_need_stay() -> None:
    words = "نمی\u200cخواهم क्\u200dष"

    assert to_text(words) == words


def test_template_code_stays_text() -> None:
    source = "Dear {{ recipient.password }} {% include '/etc/passwd' %}"

    assert to_html(source) == f"<p>{source}</p>\n"
    assert to_text(source) == source


@pytest.mark.parametrize(
    "source",
    [
        ">" * 20_000 + "a",
        "> " * 20_000 + "a",
        "- " * 10_000 + "a",
        "[" * 10_000,
        "[" * 10_000 + "]" * 10_000,
        "[a](" * 10_000,
        "![" * 10_000,
        "![[]()" * 5_000,
        "*a " * 30_000,
        "*a **b " * 5_000 + "c** d*" * 5_000,
        "`" * 10_000,
        "".join(" " * (2 * depth) + "- x\n" for depth in range(200)),
        "a" * 100_000,
    ],
)
def test_deep_nesting_ends_soon(source: str) -> None:
    started = time.process_time()

    to_html(source)
    to_text(source)

    assert (
        time.process_time() - started < 5
    )  # of this processor, however busy it is; backtracking takes minutes


def test_text_is_wrapped_and_says_where_links_lead() -> None:
    source = """# We ask

We, **the undersigned**, have read [the report](https://example.test/report) that *nobody* was meant to see.\\
See <https://example.test> or write to [us](mailto:us@example.test).

- one
- two, which is a little longer than a line of a mail can be and so goes on below
  1. inner
  2. inner

3. three

   more

> said
> > before

    code  stays

***
"""
    assert to_text(source) == (
        """We ask
------

We, *the undersigned*, have read the report
(https://example.test/report) that _nobody_ was meant to see.
See https://example.test or write to us (us@example.test).

- one
- two, which is a little longer than a line of a mail can be and so goes
  on below
  1. inner
  2. inner

3. three

   more

> said
>
> > before

    code  stays

* * *"""
    )


def test_long_word_stays_whole() -> None:
    assert to_text("x " + "a" * 5000) == "x\n" + "a" * 5000


def test_tree_of_blocks() -> None:
    text = {"type": "text", "text": "a"}
    paragraph = {"type": "paragraph", "children": [text]}
    item = {"type": "item", "children": [paragraph]}

    assert to_tree("a\n\n## a\n\n> a\n\n```x\na\n```\n\n---\n\n- a\n\n4. a\n\n5. a") == [
        paragraph,
        {"type": "heading", "level": 1, "children": [text]},
        {"type": "quote", "children": [paragraph]},
        {"type": "code", "text": "a\n"},
        {"type": "rule"},
        {"type": "list", "ordered": False, "start": 1, "tight": True, "children": [item]},
        {"type": "list", "ordered": True, "start": 4, "tight": False, "children": [item, item]},
    ]


def test_tree_of_inlines() -> None:
    source = "a **b *c*** `d`  \n[e](https://example.test/ 'title')\nf"

    assert to_tree(source)[0]["children"] == [
        {"type": "text", "text": "a "},
        {
            "type": "strong",
            "children": [
                {"type": "text", "text": "b "},
                {"type": "emphasis", "children": [{"type": "text", "text": "c"}]},
            ],
        },
        {"type": "text", "text": " "},
        {"type": "code", "text": "d"},
        {"type": "break"},
        {"type": "link", "url": "https://example.test/", "children": [{"type": "text", "text": "e"}]},
        {"type": "text", "text": " "},
        {"type": "text", "text": "f"},
    ]


@pytest.mark.parametrize("source", ["", "  \n ", "#", ">", "-", "[a]: https://example.test/"])
def test_nothing_written_is_nothing_shown(source: str) -> None:
    assert to_text(source).strip(" ->") == ""
