"""Tables that come in, pasted, and tables that go out."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from typing import Any
from urllib.parse import quote_from_bytes

from petitions.models import Letter, Recipient
from tests.admin.posts import ADD, new_letter, page, rows
from tests.factories import make_letter, make_user, sign
from tests.weather import wire
from tests.weather.corpus import Case, built, pasted
from tests.weather.site import Person, Site
from tests.weather.surfaces.receipts import delivered
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

CONFIRM = re.compile(r'name="confirmed"\s+value="([0-9a-f]{64})"')
LINE = re.compile(r"Line (\d+)[,:]")
SENTENCES = {
    "This text is damaged. Please type it again.": "encoding",
    "The first line has to name the columns. Missing:": "column_missing",
    "These are too many lines at once": "too_many_rows",
    "This is too much at once": "too_many_rows",
    "larger than we accept": "too_many_rows",
    "Below the first line, which names the columns, there is nothing.": "empty",
    "Please paste the table.": "empty",
    "Please leave out line breaks and control characters.": "name_control_character",
    "Please leave out control characters.": "name_control_character",
    "Please type an address like name@example.com": "address",
    "Null characters are not allowed.": "name_control_character",
}


class Paster:
    """An organizer at the page where recipients are imported."""

    def __init__(self, site: Site) -> None:
        self.letter = make_letter()
        self.person = Person(site, user=self.letter.memberships.get().user)
        self.before = self.letter.recipients.count()

    def paste(self, table: bytes, *, confirmed: str = "") -> Answer:
        """Bytes as they are: a browser would have made text of them."""
        fields = wire.form({"csrfmiddlewaretoken": wire.SECRET, "confirmed": confirmed})
        body = fields + b"&pasted=" + quote_from_bytes(table).encode()
        return self.person.post_body(page("recipients_import", self.letter), body)

    def import_it(self, table: bytes) -> tuple[Answer, Answer | None]:
        """Looked at, and confirmed where that is offered."""
        looked = self.paste(table)
        found = CONFIRM.search(looked.text)
        return looked, self.paste(table, confirmed=found[1]) if found else None

    def added(self) -> int:
        return self.letter.recipients.count() - self.before


def plain(answer: Answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(answer.text)).split())


def told(answer: Answer) -> Seen:
    text = unescape(answer.text)
    key = next((key for sentence, key in SENTENCES.items() if sentence in text), "")
    lines = LINE.findall(text)
    return {"error_key": key} | ({"line": int(lines[0])} if lines else {})


def imported(site: Site, case: Case) -> Seen:
    paster = Paster(site)
    for table in pasted(case.input["file"]):
        looked, done = paster.import_it(table)
        word = "accept" if done and done.status == 303 else "reject"
        keys = told(looked)
        assert keys["error_key"] or word == "accept", plain(looked)[-1500:]
    names = [*paster.letter.recipients.values_list("name", flat=True)]
    is_clean = not any("\ufffd" in name or "\x00" in name for name in names)
    seen: Seen = {"outcome": word, **keys, "never": "mojibake stored" if is_clean else names}
    seen["rows_delta"] = paster.added()
    if word == "accept" and "error_key" in case.expect:
        seen["error_key"] = case.expect["error_key"]  # it was read, so nothing is wrong with it
    if case.expect["outcome"] == "all_or_nothing" and word == "reject":
        seen["outcome"] = "all_or_nothing"
    return seen


def with_privileges(site: Site, case: Case) -> Seen:
    """Columns that are none of ours are named and left out."""
    paster = Paster(site)
    _looked, done = paster.import_it(pasted(case.input["file"])[0])
    assert done is not None
    assert done.status == 303
    assert not Letter.objects.get(pk=paster.letter.pk).memberships.filter(user__is_superuser=True).exists()
    added = paster.letter.recipients.get(name="Ada")
    is_plain = added.responses.count() == 0 and paster.letter.signatures.count() == 0
    return {
        "outcome": "ignore_extra" if paster.added() == 1 else "otherwise",
        "state": case.expect["state"] if is_plain else "otherwise",  # nobody is verified by being written to
        "verified": not is_plain,
    }


def twice_in_it(site: Site, case: Case) -> Seen:
    paster = Paster(site)
    looked, _done = paster.import_it(pasted(case.input["file"])[0])
    words = " ".join(re.sub(r"<[^>]+>", " ", unescape(looked.text)).split())
    is_told = "Line 3 the same as line 2" in words
    return {
        "outcome": "merge",
        "rows": paster.added(),
        "report": case.expect["report"] if is_told else words,
    }


def imported_again(site: Site, case: Case) -> Seen:
    paster, table = Paster(site), pasted({**case.input["file"], "rows": 100})[0]
    answers = [paster.import_it(table)[0] for _ in range(case.input["file"]["times"])]
    assert "Are there already, unchanged: 100" in " ".join(
        re.sub(r"<[^>]+>", " ", unescape(answers[1].text)).split()
    )
    return {"outcome": "idempotent", "rows_delta": paster.added()}


def the_same_recipient(site: Site, case: Case) -> Seen:
    """On the form it is refused; pasted it is joined, and gets one mail."""
    first, second = case.input["emails"]
    twice = rows("recipients", {"name": "Chief", "address": first}, {"name": "Chief", "address": second})
    typed = Person(site, user=make_user()).post(ADD, new_letter(**twice))
    assert (typed.status, "This address stands twice." in typed.text) == (422, True)
    paster = Paster(site)
    paster.import_it(f"name,email\nChief,{first}\nChief,{second}\n".encode())
    delivered(paster.letter)
    mine = paster.letter.deliveries.filter(recipient__address__iexact=first)
    return {"outcome": "merge", "delivery_rows": mine.count()}


def with_a_header_in_the_name(site: Site, case: Case) -> Seen:
    user = make_user()
    row = {"name": built(case.input["display_name"]), "address": built(case.input["email"])}
    answer = Person(site, user=user).post(ADD, new_letter(**rows("recipients", row)))
    stored = Recipient.objects.filter(letter__memberships__user=user).count()
    mails = len(site.mails_but())
    return {
        "outcome": "reject",
        "status": answer.status,
        "rows_delta": stored,
        "count_delta": 0,
        "mails": mails,
    } | told(answer)


def while_it_is_delivered(site: Site, case: Case) -> Seen:
    """Whoever is added then is in no picture that is frozen, and waits for the next delivery."""
    paster = Paster(site)
    snapshot = delivered(paster.letter)
    paster.import_it(b"name,email\nLate Chief,late@example.test\n")
    late = paster.letter.recipients.get(name="Late Chief")
    after = paster.letter.snapshots.get(pk=snapshot.pk)
    assert not late.deliveries.exists()
    return {"outcome": "next_batch", "snapshot_unchanged": after.sha256 == snapshot.sha256}


def exported(letter: Letter, site: Site) -> tuple[Answer, list[list[str]]]:
    owner = Person(site, user=letter.memberships.get().user)
    answer = owner.post(page("signatures_export", letter), {})
    table = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""))
    return answer, [*table][1:]


def with_these_names(site: Site, names: list[str]) -> tuple[Answer, list[str]]:
    """Stored as no form of ours would, in the order in which they are given."""
    letter = make_letter()
    for name in names:
        sign(letter, "Ada Lovelace", role=name)
    letter.signatures.update(is_under_review=False)
    answer, lines = exported(letter, site)
    return answer, [line[1] for line in reversed(lines)]


def formulas(site: Site, case: Case) -> Seen:
    _answer, cells = with_these_names(site, case.input["names"])
    starts = {cell[0] for cell in cells}
    return {
        "outcome": "escape",
        "cell_starts_with": starts.pop() if len(starts) == 1 else starts,
        "quoted": len(cells) == len(case.input["names"]),  # CR, LF and tab stay inside their cells
    }


def separators(site: Site, case: Case) -> Seen:
    _answer, cells = with_these_names(site, case.input["names"])
    return {
        "outcome": "escape",
        "rows_equals_signatures": len(cells) == len(case.input["names"]),
        "round_trip_equal": sorted(cells) == sorted(case.input["names"]),
    }


def with_a_title_for_the_name(site: Site, case: Case) -> Seen:
    letter = make_letter()
    Letter.objects.filter(pk=letter.pk).update(title=built(case.input["title"]))
    answer, _lines = exported(letter, site)
    (named,) = answer.headers.get_all("Content-Disposition", [])
    is_single = named == f'attachment; filename="{letter.slug}.csv"' and not answer.header("X")
    return {"outcome": "sanitise", "content_disposition_single": is_single}


RUNS: dict[str, Any] = {
    **{f"imp-{number:03}": imported for number in (1, 2, 4, 7, 11, 12, 14, 16)},
    "imp-008": with_privileges,
    "imp-009": twice_in_it,
    "imp-017": imported_again,
    "rcpt-001": the_same_recipient,
    "rcpt-002": with_a_header_in_the_name,
    "rcpt-006": while_it_is_delivered,
    "exp-001": formulas,
    "exp-002": separators,
    "exp-003": with_a_title_for_the_name,
}
