"""Which case is run by what: here, by another test, or by nothing, since the product has no such thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.weather import names, own
from tests.weather.corpus import OF_THE_CORPUS, Case
from tests.weather.site import Site
from tests.weather.surfaces import (
    codes,
    editor,
    everywhere,
    forms,
    http,
    large,
    races,
    raw,
    receipts,
    signing,
    tables,
    workspace,
)
from tests.weather.surfaces import names as written
from tests.weather.verdict import Seen

CASES = [*OF_THE_CORPUS, *own.CASES, *names.CASES]
Run = Callable[[Site, Case], Seen]
SURFACES: Mapping[str, Run] = {
    "sign_form": signing.run,
    "http_wire": raw.run,
    "addresses": everywhere.asked,
    **dict.fromkeys(own.FORMS, forms.run),
}
OF_ITS_OWN: Mapping[str, Run] = {
    **codes.RUNS,
    **receipts.RUNS,
    **http.RUNS,
    **editor.RUNS,
    **tables.RUNS,
    **workspace.RUNS,
    **races.RUNS,
    **large.RUNS,
    **written.RUNS,
}
NO_WEBHOOK = "no webhook: the server opens no connection to an address that somebody typed"
NO_UPLOAD = "no upload: files are never taken, tables are pasted"
NO_PASSWORD = "no password: organizers sign in by a mailed code or a passkey"
ABSENT: Mapping[str, str] = {
    "mail-023": "no suppression list: a failed code is forgotten with the code",
    "api-001": "no key: the API is for everybody and only read",
    "adm-007": "no deleting of a letter that was opened: only drafts can go",
    "title-004": "no route to shadow: letters live below /letters/, where nothing else does",
    "auth-005": NO_PASSWORD,
    "auth-007": "no sign-in through another site",
    **{case.id: NO_WEBHOOK for case in OF_THE_CORPUS if case.surface == "webhook"},
    **{case.id: NO_UPLOAD for case in OF_THE_CORPUS if case.surface == "evidence_upload"},
}
FAULTS_OF_MAIL = (
    "tests/promises/test_mail_faults.py::test_the_row_says_what_is_so_and_only_what_may_be_is_sent_again"
)
CLOSING = "tests/promises/test_closing.py"
DELIVERIES = "tests/promises/test_deliveries.py"
ELSEWHERE: Mapping[str, str] = {
    "enum-002": "tests/promises/test_oracle.py::test_no_answer_tells_a_mailbox_from_another",
    "race-003": "tests/promises/test_signing.py::test_confirming_and_withdrawing_at_once_agree",
    "race-004": f"{CLOSING}::test_nothing_is_counted_after_the_close_and_nothing_before_it_is_dropped",
    "race-008": f"{DELIVERIES}::test_deliver_pressed_ten_times_at_once_sends_once",
    "md-018": "tests/promises/test_texts.py::test_what_is_received_is_what_was_written",
    "ms-003": "tests/promises/test_milestones.py::test_thresholds_that_are_jumped_over_are_each_told_once",
    "fault-002": "tests/promises/test_outages.py::test_signing_works_without_redis",
    "fault-005": "tests/promises/test_storage.py::test_a_full_disk_says_so_and_is_over_when_there_is_room",
    "fault-009": f"{DELIVERIES}::test_an_hour_without_beat_delays_and_doubles_nothing_more",
    "fault-011": f"{DELIVERIES}::test_a_day_without_the_mail_server_loses_and_doubles_nothing",
    "fault-012": "tests/promises/test_restores.py::test_a_restore_while_mails_leave_sends_nothing",
    "fault-013": (
        "tests/promises/test_upgrades.py"
        "::test_older_and_newer_code_serve_together_while_the_database_is_migrated"
    ),
    **{case.id: FAULTS_OF_MAIL for case in OF_THE_CORPUS if case.surface == "smtp_peer"},
}
OPEN: Mapping[str, str] = {}  # what nothing checks, and why
KEYS_ELSEWHERE: Mapping[str, str] = {
    "latency_same_as": "tests/promises/test_oracle.py::test_no_answer_tells_a_mailbox_from_another",
}


def runner(case: Case) -> Run | None:
    return OF_ITS_OWN.get(case.id) or SURFACES.get(case.surface)


RUN = [case for case in CASES if case.id not in ABSENT and case.id not in ELSEWHERE and runner(case)]
