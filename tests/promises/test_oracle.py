"""P7: whoever asks for a code learns nothing about the mailbox: all are answered alike, and as fast.

New ones, those that have signed, those that had their codes for today, and those of a domain that is frozen.
"""

from __future__ import annotations

import http.client
import itertools
import random
import re
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from limits import RateLimitItemPerDay

from petitions import limits
from petitions.crypto import marks
from petitions.flows import bursts, proofs
from petitions.models import Appear, Domain, Mark
from tests.factories import make_letter
from tests.promises.sizes import IS_FULL, sized

pytestmark = [
    pytest.mark.processes,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(sized(300, 3000)),
]

KINDS = ("fresh", "used", "capped", "frozen")
FROZEN = "hostile.test"
ASKED = sized(50, 750)  # mailboxes of each kind
A_DAY = 3  # codes for a mailbox
MOST_TELLING = 0.55  # of the area under the curve; a coin has 0.5
CLOCKS = ("date", "expires")  # headers that say what time it is
CHANGING = (
    (re.compile(r'name="csrfmiddlewaretoken" value="\w+"'), "a token"),
    (re.compile(r"^((?:sign|csrf)=)([^;]*)"), lambda found: f"{found[1]}{len(found[2])} letters"),
    (re.compile(r"expires=[^;]*"), "in an hour"),
)


@pytest.fixture
def site(parts, mails):
    parts.environment |= {"TRUSTED_PROXIES": "1", "CODES_PER_MAILBOX": str(A_DAY)}
    parts.start_web()
    parts.wait(parts.answers)
    return parts


@dataclass(frozen=True)
class Answer:
    """What is seen from outside, without what differs from one request to the next."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str


@pytest.mark.promise("P7")
def test_no_answer_tells_a_mailbox_from_another(site, mails, figures):
    letter = make_letter(domains=("example.test", FROZEN))
    bursts.freeze(Domain.objects.get(name=FROZEN))
    asked = [(kind, a_mailbox(letter, kind, number)) for number in range(ASKED) for kind in KINDS]
    random.shuffle(asked)
    answers: dict[str, set[tuple[Answer, ...]]] = {kind: set() for kind in KINDS}
    seconds: dict[str, list[float]] = {kind: [] for kind in KINDS}

    for kind, address in asked:
        seen, took = asks(site.port, letter, address)
        answers[kind].add(seen)
        seconds[kind].append(took)

    assert len(set().union(*answers.values())) == 1
    assert {answer.status for answer in answers["fresh"].pop()} == {303, 200}
    mails.wait(lambda: len(mails.mails) >= 2 * ASKED)
    assert {mail["X-Envelope-To"].partition("-")[0] for mail in mails.mails} == {"fresh", "used"}
    telling = {pair: curve(seconds, *pair) for pair in itertools.combinations(KINDS, 2)}
    figures(asked=len(asked), auc=round(max(telling.values()), 3))
    if IS_FULL:  # fewer would let chance alone pass the bound now and then
        assert {pair: area for pair, area in telling.items() if area >= MOST_TELLING} == {}


def a_mailbox(letter, kind, number):
    address = f"{kind:-<8}{number:05}@{FROZEN if kind == 'frozen' else 'example.test'}"
    bursts.note_typed(address)  # as if it had confirmed, so that so many who ask are not taken for a burst
    if kind == "used":
        request, _ = proofs.challenge(letter, purpose="sign", address=address, appear=Appear.ANONYMOUS)
        Mark.objects.create(letter=letter, value=bytes.fromhex(request.mark))
    for _ in range(A_DAY if kind == "capped" else 0):
        assert limits.allows(RateLimitItemPerDay(A_DAY, 1, "codes"), "mailbox", marks.mailbox(address))
    return address


def asks(port, letter, address):
    """The form and the page it leads to, from a network address of its own; how long the form took."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.connect()
    path, fields = letter.get_absolute_url(), {"appear": "full", "name": "Ada", "role": "", "statement": ""}
    client = {
        "X-Forwarded-For": f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"
    }
    headers = client | {"Cookie": f"csrf={'c' * 32}", "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields | {"address": address, "csrfmiddlewaretoken": "c" * 32})
    began = time.perf_counter()
    form, cookies = answered(line, "POST", f"{path}sign/", body, headers)
    took = time.perf_counter() - began
    page, _ = answered(line, "GET", f"{path}code/", None, client | {"Cookie": f"csrf={'c' * 32}; {cookies}"})
    line.close()
    return (form, page), took


def answered(line, method, path, body, headers):
    line.request(method, path, body, headers)
    response = line.getresponse()
    text = response.read().decode()
    kept = [(name.lower(), masked(value)) for name, value in response.getheaders()]
    kept = [(name, value) for name, value in kept if name not in CLOCKS]
    cookies = "; ".join(value.partition(";")[0] for value in response.headers.get_all("Set-Cookie") or [])
    return Answer(response.status, tuple(sorted(kept)), masked(text)), cookies


def masked(text):
    for pattern, instead in CHANGING:
        text = pattern.sub(instead, text)
    return text


def curve(seconds, one, other):
    """How well the best threshold on the times tells one kind from the other (Mann and Whitney)."""
    slower = sum(
        (first > second) + (first == second) / 2
        for first, second in itertools.product(seconds[one], seconds[other])
    )
    area = slower / (len(seconds[one]) * len(seconds[other]))
    return max(area, 1 - area)
