"""Cases of our own, in the form of the corpus, for the surfaces that it lacks."""

from __future__ import annotations

from tests.weather.corpus import Case

BODY = {"outcome": "reject_or_escape", "no_5xx": True, "must_not_execute": True, "nothing_done": True}
WIRE = {"outcome": "reject_or_ignore", "one_answer": True}

# Whatever is typed into a field, or stands in an address where ours puts a secret, a number or a word.
VALUES = {
    "NUL": "a\x00b",
    "half a character": "\ud83d",
    "a damaged letter": "\ufffd",
    "direction marks": "\u202e\u2066x",
    "line ends for a header": "x\r\nBcc: victim@example.test\r\n\r\n",
    "a script": "<script>alert(1)</script>",
    "the end of an attribute": "\" autofocus onfocus=alert(1) x='",
    "a template": "{{ 7|add:7 }}{% debug %}%(x)s{0.__class__}",
    "SQL": "' OR 1=1; DROP TABLE petitions_letter --",
    "a huge number": "9" * 400,
    "a number beyond the column": "9223372036854775808",
    "below zero": "-1",
    "not a number": "NaN",
    "no integer": "1e309",
    "other digits": "\u0661\u0662\u0663",
    "a path": "../../../../etc/passwd\x00.html",
    "brackets": "[" * 200_000,
    "much": "\u00fc" * 100_000,
    "marks on marks": "a" + "\u0301" * 2_000,
    "nothing": "",
}

FORMS = {
    "follow": "an address to follow by",
    "receipt": "a receipt, and how to appear",
    "takedown": "why a name is to be taken down",
    "report": "a letter that is reported",
    "token": "a hidden token, and its code",
    "redeem": "a token that is handed in",
    "invitation": "a code from paper",
    "room": "a recipient's answer, its preview and its code",
    "unsubscribe": "a secret that ends mails",
    "sign_in": "an organizer's address and code",
    "oembed": "what a program asks to show",
    "api_query": "cursors and words of the API",
    "public_query": "words and pages of lists, languages",
    "letter_form": "the whole form of a letter",
    "correction": "a corrected text",
    "updates": "an update, and when it goes out",
    "responses": "an answer that an organizer writes down",
    "handovers": "a letter handed over",
    "paper": "signatures on paper, and their import",
    "recipients_import": "a pasted table of recipients",
    "sheets": "sheets of invitations",
    "organizers": "inviting an organizer",
    "invalidations": "declaring signatures invalid",
    "reviews": "hiding names, statements",
    "deliver": "delivering",
    "workplaces": "a workplace and its domains",
}
# Whoever is signed in may send ten times as much: a letter has up to 200,000 characters.
INSIDE = {"memory_mb_max": 250, "max_seconds": 6}
# What is typed here may be meant; then it is a new version or a new draft.
MEANT = ("correction", "letter_form")


def _expected(surface: str) -> dict[str, object]:
    asked = {key: value for key, value in BODY.items() if surface not in MEANT or key != "nothing_done"}
    return asked | (
        INSIDE if [*FORMS].index(surface) >= [*FORMS].index("letter_form") or surface == "room" else {}
    )


OF_FORMS = [
    Case(
        f"own-{surface}",
        surface,
        f"{why}: every field with everything that breaks programs",
        {"also": [501]} if surface == "oembed" else {},  # as oEmbed wants it for a format that is not there
        _expected(surface),
    )
    for surface, why in FORMS.items()
]

WHO = {
    "stranger": "every address, by somebody who is not signed in",
    "owner": "the workspace and the account, by an organizer",
    "operator": "what only operators open",
}
OF_ADDRESSES = [
    Case(
        f"own-addresses-{who}",
        "addresses",
        f"{why}: nonsense in the address, in what it asks for and in each field",
        {"as": who},
        {"outcome": "reject", "no_5xx": True, "must_not_execute": True, "each_is_there": True} | INSIDE,
    )
    for who, why in WHO.items()
]

OF_THE_WIRE = [
    Case(
        "own-smuggle-01",
        "http_wire",
        "two lengths that differ",
        {"lines": ["Content-Length: 5", "Content-Length: 60"]},
        WIRE,
    ),
    Case(
        "own-smuggle-02",
        "http_wire",
        "a length beside chunks",
        {"lines": ["Content-Length: 60", "Transfer-Encoding: chunked"]},
        WIRE,
    ),
    Case(
        "own-smuggle-03",
        "http_wire",
        "chunks, spelled so that a proxy overlooks them",
        {"lines": ["Content-Length: 60", "Transfer-Encoding : chunked"]},
        WIRE,
    ),
    Case(
        "own-smuggle-04",
        "http_wire",
        "chunks behind a tab",
        {"lines": ["Content-Length: 60", "Transfer-Encoding:\tchunked"]},
        WIRE,
    ),
    Case(
        "own-smuggle-05",
        "http_wire",
        "an unknown coding of transfer",
        {"lines": ["Transfer-Encoding: xchunked"]},
        WIRE,
    ),
    Case("own-smuggle-06", "http_wire", "a length that is none", {"lines": ["Content-Length: +60"]}, WIRE),
    Case("own-smuggle-07", "http_wire", "a length below zero", {"lines": ["Content-Length: -1"]}, WIRE),
    Case("own-smuggle-08", "http_wire", "two hosts", {"lines": ["Host: evil.example.test"]}, WIRE),
    Case(
        "own-smuggle-09",
        "http_wire",
        "a folded header",
        {"lines": ["X-A: b", " Host: evil.example.test"]},
        WIRE,
    ),
    Case(
        "own-smuggle-10",
        "http_wire",
        "a chunk of a size that overflows",
        {"chunks": "ffffffffffffffff1\r\nx\r\n"},
        WIRE,
    ),
    Case("own-smuggle-11", "http_wire", "a chunk of a size that is none", {"chunks": "zz\r\nx\r\n"}, WIRE),
    Case("own-smuggle-12", "http_wire", "NUL in a header", {"lines": ["X-A: a\x00b"]}, WIRE),
    Case(
        "own-wire-01",
        "http_wire",
        "a header of 500,000 characters",
        {"lines": ["X-A: " + "a" * 500_000]},
        WIRE,
    ),
    Case(
        "own-wire-02",
        "http_wire",
        "ten thousand headers",
        {"lines": [f"X-{n}: a" for n in range(10_000)]},
        WIRE,
    ),
    Case("own-wire-03", "http_wire", "no host at all", {"host": None}, WIRE),
    Case(
        "own-wire-04",
        "http_wire",
        "another site's whole address",
        {"target": "http://evil.example.test/"},
        WIRE,
    ),
    Case(
        "own-wire-05", "http_wire", "an address of 100,000 characters", {"target": "/" + "a" * 100_000}, WIRE
    ),
    Case(
        "own-wire-06",
        "http_wire",
        "broken escapes, NUL and half characters in the address",
        {"target": "/letters/%00%ff%ed%a0%80/%zz/?q=%00%ff%ed%a0%80"},
        WIRE,
    ),
    Case(
        "own-wire-07",
        "http_wire",
        "bytes that are no ASCII in the address",
        {"target": "/letters/\u00ff\u00fe/?q=\u00ff"},
        WIRE,
    ),
    Case(
        "own-wire-08",
        "http_wire",
        "HTTP/0.9 and no HTTP at all",
        {"raws": ["GET /\r\n\r\n", "\x16\x03\x01\x02\x00", "\r\n" * 50, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]},
        WIRE,
    ),
    Case(
        "own-wire-09",
        "http_wire",
        "a broken cookie, a huge one, a thousand",
        {"lines": ['Cookie: a="b; csrf=\u00ff; =; ;; sign=' + "x" * 60_000 + ";x=1" * 1_000]},
        WIRE,
    ),
    Case(
        "own-wire-10",
        "http_wire",
        "a promise to send more, which is not kept",
        {"lines": ["Expect: 100-continue"]},
        WIRE,
    ),
    Case(
        "own-wire-11",
        "http_wire",
        "ranges and conditions without sense",
        {
            "lines": [
                "Range: bytes=9-1,0-18446744073709551615,-,a",
                'If-None-Match: "' + "," * 50_000,
                "If-Modified-Since: Thu, 99 Foo 99999 99:99:99 GMT",
            ]
        },
        WIRE,
    ),
    Case(
        "own-wire-12",
        "http_wire",
        "languages and kinds without end",
        {"lines": ["Accept-Language: " + "en;q=0.5," * 20_000, "Accept: " + "a/b;q=x," * 10_000]},
        WIRE,
    ),
]

OF_ROWS = [
    Case(
        f"own-rows-{number:02}",
        "letter_form",
        f"{count} rows are counted where a few were typed",
        {"TOTAL_FORMS": count},
        {"outcome": "reject", "status": [422], "rows_delta": 0},
    )
    for number, count in enumerate(("9999", "2147483647"), start=1)
]

CASES = [*OF_FORMS, *OF_ADDRESSES, *OF_ROWS, *OF_THE_WIRE]
