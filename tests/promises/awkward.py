"""Sixty texts that mail, Markdown, Unicode or a careless program would change on the way."""

from __future__ import annotations

import json
from pathlib import Path

CORPUS = json.loads((Path(__file__).parent.parent / "data" / "bad_inputs.json").read_text(encoding="utf-8"))
FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def of_the_corpus(case_id: str) -> str:
    (case,) = [case for case in CORPUS["cases"] if case["id"] == case_id]
    pieces = case["input"]["body"]["concat"]
    return "".join(
        piece["text"]
        if "text" in piece
        else piece["prefix"] + piece["unit"] * piece["times"] + piece["suffix"]
        for piece in pieces
    )


# What the protocol of mail could take for its own.
OF_MAIL = {
    "dot, From and a long line": of_the_corpus("md-018"),
    "a dot alone": "one\n\n.\n\ntwo",
    "a dot at the very start": ".",
    "dots at line starts": "..\n\n.hidden\n\n...\n\n. and so on",
    "a second mail": "one\n\n.\nMAIL FROM:<a@b.test>\nRCPT TO:<victim@example.test>\nDATA\n\ntwo\n.\nQUIT",
    "dots where a long line is broken": ("x" * 75 + "." * 30) * 30,
    "From at line starts": "From here\n\nFrom: somebody\n\n>From there",
    "headers first": "Subject: another\nBcc: victim@example.test\nContent-Type: text/html\n\n<p>hello</p>",
    "a boundary": "--===============1234567890123456789==\n\n--===============1234567890123456789==--\n\n--",
    "a part of its own": "--x\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0=\n--x--",
    "a signature": "Regards\n\n-- \nThe undersigned",
    "uuencode": "begin 644 letter.txt\n#0V%T\n`\nend",
    "quoted-printable": "=20=3D=0D=0A.=0D=0A 100=25 =\n= \n=",
    "an encoded word": "=?utf-8?b?aGVsbG8=?= =?utf-8?q?=0D=0ABcc:_x?=",
    "addresses and quotes": 'a, b; "c" <d@e.test> (f) \\ [g]: :h',
    "998 characters": "y" * 998,
}

# Lines, spaces and sizes.
OF_LINES = {
    "bare line feeds": "one\ntwo\n\nthree\nfour",
    "bare carriage returns": "one\rtwo\r\rthree\r.\rfour",
    "line ends as browsers send them": "one\r\ntwo\r\n\r\nthree",
    "mixed line ends": "one\r\r\ntwo\n\r\n\rthree",
    "tabs": "one\ttwo\n\n\tcode\tof tabs\n\n- a\n\t- b",
    "trailing spaces": "one  \ntwo \nthree\t\n\nfour   ",
    "spaces that do not break": "10\u00a0000\u00a0people \u202f and\u2003more",
    "5,000 characters in a line": "word " * 1000,
    "5,000 characters without a space": "z" * 5000,
    "5,000 letters beyond ASCII": "\u00fc" * 5000,
    "200,000 characters": "The same sentence, said again and again. " * 4878 + "Go",
    "nothing but spaces and a letter": " \n \n x \n ",
}

# Scripts and signs.
OF_SCRIPTS = {
    "Arabic": "نحن الموقعون أدناه، نطلب العدل",
    "Hebrew with English and marks": "\u05e9\u05dc\u05d5\u05dd\u200f (hello)\u200e 123 \u05e2\u05d5\u05dc\u05dd",
    "Persian with joiners": "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u06cc\u0645 \u06a9\u0647",
    "Devanagari, Thai, Tamil": "क्\u200dष สวัสดี வணக்கம்",
    "Chinese, Japanese, Korean": "我们要求公平。こんにちは 안녕",
    "a long line of Chinese": "\u516c\u5e73" * 1500,
    "Greek and Cyrillic that look Latin": "\u0391\u0412\u0421 \u0430\u0440\u0440\u04cf\u0435 paypal",
    "letters beyond the first plane": "\U00020000\U0001d4d0\U0001d11e\U00010400",
    "emoji": "\U0001f44b\U0001f3fd \u2764\ufe0f \U0001f1e9\U0001f1ea 1\ufe0f\u20e3 " * 10,
    "families": f"{FAMILY} " * 20,
    "a line of families": FAMILY * 150,
    "combining marks apart": "e\u0301 o\u0308 n\u0303 \u1112\u1161\u11ab",
    "marks upon marks": "Z" + "\u0301\u0302\u0303" * 30 + "algo",
    "ligatures and wide forms": "\ufb01 \uff21\uff22 \u00bd \u2122 \u017f",
    "invisible signs": "a\u200bb\u00adc\u2060d\ufeffe",
    "turned around": "pay \u202e000,1\u202c now\n\n\u2067x\u2069",
}

# Markup.
OF_MARKUP = {
    "a script": "<script>alert(1)</script> <img src=x onerror=alert(1)>",
    "an end of the style": "</style><style>*{display:none}</style></body></html>",
    "entities": "&lt;b&gt; &amp;amp; &nbsp; &#46; &#x202e; &copy",
    "comments": "<!-- one --> ]]> <![CDATA[two]]> <?php three ?>",
    "a template": "{{ letter.title }} {% now 'Y' %} {# x #} %(name)s {0} $x",
    "lists in lists": "1. one\n   - two\n     3. three\n\n       still three\n2. four",
    "quotes in quotes": "> one\n> > two\n> > > three\n\nfour",
    "code": "    .indented\n\n```\n.fenced\n-- \nFrom x\n```\n\nand `in.line`",
    "links": "[us](https://letters.test/a?b=c&d=e#f) <https://letters.test/> [x](javascript:alert(1)) ![i](https://t.test/p.png)",
    "headings and rules": "# One\n\nTwo\n===\n\n---\n\n###### Six\n\n***",
    "hard breaks": "one  \ntwo\\\nthree",
    "a storm of stars": "*" * 500 + "a" + "_" * 500 + "**b" * 100,
    "deep nesting": ">" * 60 + " deep\n\n" + "- " * 60 + "deep",
}

# What the form has to refuse, with a sentence.
REFUSED = {
    "NUL": "a\x00b",
    "escape sequences": "a\x1b[2Jb",
    "half a character": "a\ud83db",
}

TEXTS = OF_MAIL | OF_LINES | OF_SCRIPTS | OF_MARKUP | REFUSED
