"""What is large: a table of 100,000 lines, a PDF of 10,000 names, an import that is cut off."""

from __future__ import annotations

import csv
import io
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import connection
from django.db.models.functions import Length
from pypdf import PdfReader

from petitions.models import Letter, PaperSignature, Signature
from tests.admin.posts import page
from tests.beside import Beside
from tests.factories import make_letter, sign, signature_of
from tests.weather import wire
from tests.weather.corpus import Case, letters_of
from tests.weather.site import Person, Site
from tests.weather.surfaces.tables import CONFIRM
from tests.weather.verdict import Seen

PATIENCE = 300  # seconds, for what the web does beside many others on a busy machine
MANY = """
INSERT INTO petitions_signature ({columns})
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %s)
SELECT {values} FROM petitions_signature, numbers WHERE id = %s
"""


def signed_by(number: int, name: str) -> Letter:
    """Written by the database itself; `name` is an expression of SQL with the number `n` in it."""
    letter = make_letter()
    first = signature_of(sign(letter, "Ada Lovelace"))
    drawn = {"id": "lower(hex(randomblob(16)))", "receipt_hash": "randomblob(32)"}
    drawn |= {"name": name, "search": f"lower({name})"}
    columns = [field.column for field in Signature._meta.concrete_fields]
    values = ", ".join(drawn.get(column, column) for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(MANY.format(columns=", ".join(columns), values=values), [number - 1, first.pk.hex])
    return letter


def table_while_people_sign(site: Site, case: Case) -> Seen:
    """All who were there stand in it once, and nobody twice; signing is as quick as before, or quick enough."""
    size = case.input["size"]
    letter = signed_by(size, "'Grace Hopper ' || n")
    owner = Person(site, user=letter.memberships.get().user)
    signers = _signers(site, letter)
    usual = [seconds for _ in range(5) for seconds in next(signers)]
    export = Beside(lambda: at_length(site, owner, page("signatures_export", letter)))
    meanwhile = next(signers)
    while export.is_running:
        meanwhile += next(signers)
    answer = export.outcome(PATIENCE)
    names = Counter(
        line[0] for line in csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""))
    )
    earlier = {"name", "Ada Lovelace", *(f"Grace Hopper {number}" for number in range(1, size))}
    late, most = _late(meanwhile), max(0.5, 10 * _late(usual))  # a busy machine was slow before as well
    return {
        "outcome": "stream" if answer.header("Transfer-Encoding") == "chunked" else "whole",
        "snapshot_consistent": earlier <= {*names} and {*names.values()} == {1},
        "sign_p95_ms_max": min(late, 0.5) * 1000 if late <= most else late * 1000,
    }


def _signers(site: Site, letter: Letter) -> Iterator[list[float]]:
    """One after the other; the seconds that each waited for the two answers."""
    for number in itertools.count(1):
        person, address = Person(site), f"late{number}@example.test"
        asked = partial(person.ask_to_sign, letter, address=address, name=f"Late {letters_of(number)}")
        first = _seconds(asked)
        yield [first, _seconds(partial(person.type_code, letter, site.mails.code(address)))]


def _seconds(step: Callable[[], wire.Answer]) -> float:
    begin = time.monotonic()
    assert step().status == 303
    return time.monotonic() - begin


def _late(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)]


def at_length(site: Site, person: Person, path: str, **fields: str) -> wire.Answer:
    """As long as it takes: the limit of one answer's time is not for what comes in parts."""
    body = wire.form({"csrfmiddlewaretoken": person.cookies.secret} | fields)
    headers = [("Cookie", person.cookies.header()), ("Content-Type", wire.FORM)]
    sent = wire.request("POST", path, [("Host", f"localhost:{site.port}"), *headers], body)
    answer = wire.send(site.port, sent, patience=PATIENCE)
    assert answer is not None, "it was cut off"
    return answer


def pdf_of_long_names(site: Site, case: Case) -> Seen:
    number = case.input["signatures"]
    letter = signed_by(number, "'Wolfeschlegel ' || printf('%%0100d', n) || ' Smith'")
    assert letter.signatures.annotate(long=Length("name")).filter(long=120).count() == number - 1
    answer = site.ask("GET", f"/letters/{letter.slug}/letter.pdf", patience=PATIENCE)
    sheets = PdfReader(io.BytesIO(answer.body)).pages
    on_each = {
        sheet.extract_text().count("Smith") for sheet in sheets[50:-5:50]
    }  # as many as have room there
    is_whole = answer.status == 200 and min(on_each) * len(sheets) >= number
    return {"outcome": "accept" if is_whole else f"{len(sheets)} sheets with {on_each} names on each"}


def import_that_is_cut_off(site: Site, case: Case) -> Seen:
    """The web is killed in the middle of the lines; afterwards there are none, and the same import works."""
    size, row = case.input["file"]["rows"], case.input["file"]["kill_at"]
    table = "\n".join(["name", *(f"Ada No{letters_of(number)}" for number in range(size))])
    usual, begin = Import(site, table), site.cpu()
    usual.confirm()
    work = site.cpu() - begin
    cut = Import(site, table)
    with stuck_at(f"Ada No{letters_of(row)}"):
        begin = site.cpu()
        confirming = Beside(cut.confirm)
        site.processes.wait(lambda: site.cpu() - begin > 3 * work + 0.5, PATIENCE)  # by now it is there
        assert confirming.is_running
        site.kill_and_start()
    rows = len(cut.names())
    if rows == 0:
        cut.confirm()
    names = cut.names()
    return {
        "outcome": "resumable" if len(names) == size else f"{rows}, then {len(names)}",
        "rows_delta_in": rows,
        "duplicates": len(names) - len({*names}),
    }


class Import:
    """Names from paper that an organizer has looked at and confirms."""

    def __init__(self, site: Site, table: str) -> None:
        self.site, self.letter = site, make_letter()
        self.owner = Person(site, user=self.letter.memberships.get().user)
        self.path = page("paper_import", self.letter)
        self.fields = {"way": "paper", "note": "At the gate", "pasted": table}
        looked = self.owner.post(self.path, self.fields)
        (self.fields["confirmed"],) = CONFIRM.findall(looked.text)

    def confirm(self) -> None:
        answer = at_length(self.site, self.owner, self.path, **self.fields)
        assert answer.status == 303, answer.status

    def names(self) -> list[str]:
        return [*PaperSignature.objects.filter(paper__letter=self.letter).values_list("name", flat=True)]


@contextmanager
def stuck_at(name: str) -> Iterator[None]:
    """Whoever inserts this name is busy for minutes before the next one comes."""
    table = PaperSignature._meta.db_table
    busy = f"SELECT count(*) FROM {table} a, {table} b, {table} c, {table} d"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER stuck AFTER INSERT ON {table} WHEN NEW.name = '{name}' BEGIN {busy}; END"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER stuck")


RUNS: dict[str, Any] = {
    "exp-004": table_while_people_sign,
    "pdf-007": pdf_of_long_names,
    "imp-018": import_that_is_cut_off,
}
