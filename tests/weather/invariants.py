"""What holds after each case, whatever it sent."""

from __future__ import annotations

import re
from collections.abc import Container

from django.conf import settings

from config.headers import PERMISSIONS
from tests.promises.processes import ROOT
from tests.weather.corpus import Case
from tests.weather.site import Measure, Site
from tests.weather.wire import Answer

SECONDS = 2.0  # of the web's own time
MEGABYTES = 50
HELD = {
    "http-014": 200
}  # each of 200 lines whose body drips holds a thread with a database connection of its own
TRACES = re.compile(
    rb"Traceback \(most recent|\bSELECT |INSERT INTO|UPDATE \"|SECRET_KEY|DJANGO_SETTINGS_MODULE|site-packages|"
    + re.escape(str(ROOT).encode())
    + rb"|"
    + re.escape(str(settings.KEYS_DIR).encode())
)
ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+")
OF_ALL = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}
ITSELF = {400, 408, 414, 431}  # what granian answers itself, without a body, to what no page of ours sees


def broken(site: Site, case: Case, before: Measure) -> list[str]:
    """What does not hold, one sentence each. `before` was measured when the case began."""
    allowed = case.statuses | {*case.input.get("also", ())} | ({500} if site.is_at_fault else set())
    wrong = [sentence for answer in site.answers for sentence in of_an_answer(answer, allowed)]
    wrong += _used(site, case, before, site.measure())
    wrong += _logged(site.logged_since(before), is_at_fault=site.is_at_fault)
    if not site.is_alive():
        wrong.append("alive: the health check does not answer")
    return wrong


def of_an_answer(answer: Answer, allowed: Container[int]) -> list[str]:
    wrong = []
    if answer.status >= 500 and answer.status not in allowed:
        wrong.append(f"no_5xx: {answer.status}")
    if found := TRACES.search(answer.body):
        wrong.append(f"no_trace: {found[0]!r}")
    if answer.status != 304 and not (answer.status in ITSELF and not answer.body):
        wrong += ["headers: which version"] if re.search(r"\d", answer.header("Server")) else []
        wrong += [
            f"headers: {name} is {answer.header(name)!r} on a {answer.status}"
            for name, value in OF_ALL.items()
            if answer.header(name) != value
        ]
    if "text/html" in answer.header("Content-Type") and "default-src 'none'" not in answer.header(
        "Content-Security-Policy"
    ):
        wrong.append(f"headers: a page without a policy, {answer.status}")
    return wrong


def _used(site: Site, case: Case, before: Measure, after: Measure) -> list[str]:
    wrong = []
    if site.slowest > (most := case.expect.get("max_seconds", SECONDS)):
        wrong.append(f"bounded_time: {site.slowest:.1f} s of the web's time, {most} are allowed")
    grown = (after.memory - before.memory) / 1024 / 1024
    if grown > (allowed := case.expect.get("memory_mb_max", HELD.get(case.id, MEGABYTES))):
        wrong.append(f"bounded_memory: {grown:.0f} MB more, {allowed} are allowed")
    return wrong


def _logged(logged: str, *, is_at_fault: bool) -> list[str]:
    """Refusals are answers, not faults: a case that is refused leaves no line."""
    if ADDRESS.search(logged):
        return ["no_pii_in_logs: there is an address"]
    if logged and not is_at_fault:
        return [f"no_pii_in_logs: a line was written: {logged[-400:]!r}"]
    return []
