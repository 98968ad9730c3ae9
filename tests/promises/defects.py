"""Proof that the tests bite: defects are put into a copy, one at a time, and each turns its test red.

`python -m tests.promises.defects [WORD]` prints a line for each (with the word in its name) and ends with 1 when one
was not noticed. Without its defect each test is run first, and has to be green.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import postgresql

ROOT = Path(__file__).resolve().parents[2]
RED = 1  # pytest's status when tests ran and some failed
PROMISES = "tests/promises"


@dataclass(frozen=True)
class Defect:
    """`edits` are pieces of text in files, each standing there once, and what takes their place."""

    name: str
    test: str
    edits: tuple[tuple[str, str, str], ...]
    database: str = "PostgreSQL"


DEFECTS = [
    Defect(
        "a mark is not unique",
        "tests/flows/test_locks.py::test_two_codes_of_one_mailbox_typed_at_once_make_one_signature",
        (
            (
                "petitions/migrations/0001_squashed_0017.py",
                "models.UniqueConstraint(fields=('letter', 'value'), name='one_mailbox_signs_a_letter_once')",
                "models.CheckConstraint(condition=models.Q(letter__gte=0), "
                "name='one_mailbox_signs_a_letter_once')",
            ),
        ),
    ),
    Defect(
        "a milestone falls when the count is its threshold",
        "tests/flows/test_milestones.py::test_every_threshold_crossed_at_once_has_its_own_notice",
        (
            (
                "petitions/flows/milestones.py",
                "if milestone.threshold <= count:",
                "if milestone.threshold == count:",
            ),
        ),
    ),
    Defect(
        "a mail that may have arrived is tried again",
        f"{PROMISES}/test_deliveries.py::test_killed_senders_send_nobody_a_second_copy",
        (
            (
                "petitions/models/leases.py",
                "            lease.lose(GONE)",
                "            lease.put_back(None, GONE, during=State.IN_DATA, wait=timedelta(0))",
            ),
        ),
    ),
    Defect(
        "a mail whose start the database forgot is tried again",
        f"{PROMISES}/test_crashes.py::test_a_database_that_crashes_sends_no_follower_a_second_copy",
        (("petitions/models/leases.py", "    for row in _cut_off():", "    for row in _cut_off().none():"),),
    ),
    Defect(
        "whether the letter is open is read without its lock",
        "tests/flows/test_races.py::test_nothing_is_counted_after_the_close_and_nothing_before_it_is_dropped",
        (
            (
                "petitions/models/locks.py",
                'prepared.Lock("pg_advisory_xact_lock_shared")',
                'prepared.Lock("pg_typeof")',
            ),
        ),
    ),
    Defect(
        "SQLite's transactions are deferred",
        "tests/flows/test_races.py::test_a_withdrawal_while_the_batch_is_published_counts_once_or_not_at_all",
        (("config/settings.py", '"transaction_mode": "IMMEDIATE"', '"transaction_mode": "DEFERRED"'),),
        "SQLite",
    ),
    Defect(
        "every forwarded address is believed",
        "tests/test_limits.py::test_only_configured_proxies_are_believed",
        (
            (
                "petitions/limits.py",
                "hops[-trusted] if trusted and len(hops) >= trusted else",
                "hops[0] if hops else",
            ),
        ),
        "SQLite",  # it sees no database
    ),
    Defect(
        "“already signed” is answered before the code",
        "tests/views/test_signing.py::test_a_second_signature_of_a_mailbox_is_refused_only_after_the_code",
        (
            (
                "petitions/views/signatures.py",
                "    return keep_pending(SeeOther(",
                "    if letter.marks.filter(value=bytes.fromhex(asked.mark)).exists():\n"
                '        return refused(request, letter, "You have already signed", "", status=409)\n'
                "    return keep_pending(SeeOther(",
            ),
        ),
    ),
    Defect(
        "rows stay where they came, on PostgreSQL",
        f"{PROMISES}/test_unlinkable.py::test_no_order_of_rows_is_that_of_signing",
        (("petitions/tasks.py", "moved.append(traces.scatter(letter))", "None"),),
    ),
    Defect(
        "rows stay where they came, on SQLite",
        f"{PROMISES}/test_unlinkable.py::test_no_order_of_rows_is_that_of_signing",
        (("petitions/tasks.py", "moved.append(traces.scatter(letter))", "None"),),
        "SQLite",
    ),
    Defect(
        "rows are moved in the order in which they lay, on PostgreSQL",
        f"{PROMISES}/test_unlinkable.py::test_no_order_of_rows_is_that_of_signing",
        (("petitions/models/places.py", " ORDER BY gen_random_uuid()::text", ""),),
    ),
    Defect(
        "rows are moved in the order in which they lay, on SQLite",
        f"{PROMISES}/test_unlinkable.py::test_no_order_of_rows_is_that_of_signing",
        (("petitions/models/places.py", "    secrets.SystemRandom().shuffle(rows)\n", ""),),
        "SQLite",
    ),
    Defect(
        "a mailbox without codes left gets another answer",
        f"{PROMISES}/test_oracle.py::test_no_answer_tells_a_mailbox_from_another",
        (
            (
                "petitions/flows/proofs.py",
                "    sender.send(message if is_within and is_calm else None)",
                "    if not is_within:\n        raise CodeSpent\n    sender.send(message if is_calm else None)",
            ),
        ),
        "SQLite",
    ),
    Defect(
        "opening the page for the code uses codes up",
        f"{PROMISES}/test_scanners.py::test_opening_every_address_signs_nothing_and_the_code_still_works",
        (
            (
                "petitions/views/proofs.py",
                '    if request.method != "POST" or asked is None:\n        status',
                '    if request.method == "HEAD":\n        proofs.Challenge.objects.all().delete()\n'
                '    if request.method != "POST" or asked is None:\n        status',
            ),
        ),
        "SQLite",
    ),
    Defect(
        "limits count under the address itself",
        f"{PROMISES}/test_subpoena.py::test_nothing_that_we_hold_names_a_signer",
        (
            (
                "petitions/limits.py",
                "    return hmac.digest(_key(",
                '    return "/".join(who)\n    return hmac.digest(_key(',
            ),
        ),
        "SQLite",
    ),
    Defect(
        "who asks for a code is remembered by a hash",
        f"{PROMISES}/test_subpoena.py::test_nothing_that_we_hold_names_a_signer",
        (
            (
                "petitions/flows/proofs.py",
                "    sender.require_room()  #",
                '    audit.record("asked", letter=None, about=typed.digest(pending.address).hex())\n'
                "    sender.require_room()  #",
            ),
        ),
    ),
    Defect(
        "a log says what an error says",
        f"{PROMISES}/test_log_lines.py::test_no_line_of_any_log_names_a_person",
        (("config/logs.py", "yield _kind(error)", 'yield f"{_kind(error)} {error}"'),),
    ),
    Defect(
        "a message that could not be confirmed keeps its place",
        "tests/config/test_broker.py::test_a_message_that_could_not_be_confirmed_keeps_no_place",
        (("config/broker.py", "self._quick_ack(delivery_tag)", "pass"),),
        database="SQLite",
    ),
]


def main() -> int:
    chosen = [defect for defect in DEFECTS if not sys.argv[1:] or sys.argv[1] in defect.name]
    with postgresql.running() as url, tempfile.TemporaryDirectory(prefix="undersigned-defects-") as place:
        found = [_is_noticed(defect, url or "", Path(place)) for defect in chosen]
    return 0 if all(found) else 1


def _is_noticed(defect: Defect, url: str, place: Path) -> bool:
    copy = place / "copy"
    _copy(copy)
    before = _status(copy, defect, url)
    for name, old, new in defect.edits:
        _put(copy / name, old, new)
    after = _status(copy, defect, url)
    shutil.rmtree(copy)
    verdict = "red" if (before, after) == (0, RED) else f"NOT NOTICED: {before} before, {after} with it"
    print(f"{verdict}: {defect.name}\n     {defect.test} ({defect.database})", flush=True)
    return (before, after) == (0, RED)


def _copy(to: Path) -> None:
    """Of what is committed or staged, and of nothing else."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def _put(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} has changed: this defect has no place in it any more"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _status(copy: Path, defect: Defect, url: str) -> int:
    """Of the defect's test, run in the copy on its database."""
    with tempfile.TemporaryDirectory(prefix="undersigned-") as place:
        where = {"TEST_PLACE": place, "TEST_DATABASE": url if defect.database == "PostgreSQL" else ""}
        command = [sys.executable, "-m", "pytest", "-q", defect.test]
        return subprocess.run(
            command, cwd=copy, env=os.environ | where, check=False, stdout=subprocess.DEVNULL
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
