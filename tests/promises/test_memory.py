"""P34: the site of one command lives in 512 MB, also while a large letter is signed, printed and delivered."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from petitions.documents import typesetting
from tests.embedded import running
from tests.embedded.preparing import manage
from tests.embedded.running import Up, command
from tests.promises.memory import bounded, held
from tests.promises.processes import until
from tests.promises.sizes import sized
from tests.promises.visitor import Visitor

pytestmark = [pytest.mark.processes, pytest.mark.on("sqlite"), pytest.mark.promise("P34")]

MIB = 2**20
ALL, IDLE = 512 * MIB, 300 * 10**6
SIGNERS, NAMES, RECIPIENTS = sized(12, 100), 20_000, 10
LETTER = "/letters/rush/"
PREPARED = f"""
from tests.factories import make_letter, make_user, sign_many
letter = make_letter(slug="rush", owner=make_user("owner@example.org"))
letter.recipients.all().delete()
for number in range({RECIPIENTS}):
    letter.recipients.create(name="Erin Chief", address=f"chief{{number}}@company.test")
sign_many(letter, {NAMES})
"""
DELIVERED = """
from petitions.flows import deliveries
from petitions.models import Letter
letter = Letter.objects.get(slug="rush")
deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
"""


class Watch:
    """The most that all of it held, looked at all the time."""

    def __init__(self, up: Up) -> None:
        self._up, self._ended = up, threading.Event()
        self.most, self.typesetters = 0, set[int]()

    def look(self) -> int:
        now = self._up.everything()
        self.typesetters |= {each.pid for each in now if str(typesetting.PROGRAM) in command(each)}
        self.most = max(self.most, held(now))
        return self.most

    @contextmanager
    def always(self) -> Iterator[None]:
        def go_on() -> None:
            while not self._ended.wait(0.25):
                self.look()

        aside = threading.Thread(target=go_on)
        aside.start()
        try:
            yield
        finally:
            self._ended.set()
            aside.join()


def shell(up: Up, code: str) -> None:
    place = {"DATA": str(up.output.with_suffix("")), "FIRST_DELIVERIES_HELD": "false"}
    done = manage("shell", "-v0", "-c", code, **place)
    assert done.returncode == 0, done.stderr


def mails(up: Up) -> list[dict]:
    return json.loads(up.get("/mailbox/", Accept="application/json"))


def code_for(up: Up, address: str) -> Callable[[], str]:
    def found() -> str:
        texts = [mail["text"] for mail in mails(up) if mail["to"] == address]
        return re.findall(r"^[2-9A-Z]{4}-[2-9A-Z]{4}$", texts[0], re.MULTILINE)[0] if texts else ""

    return found


def sign(up: Up, number: int) -> None:
    visitor, address = Visitor(f"http://localhost:{up.port}"), f"person{number}@example.test"
    visitor.post(
        f"{LETTER}sign/",
        appear="full" if number % 3 else "anonymous",
        name=f"Ada {number}",
        role="",
        statement="",
        address=address,
    )
    answer = visitor.post(f"{LETTER}code/", code=until(code_for(up, address)))
    assert (answer.status, answer.url.endswith("/signed/")) == (200, True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what processes share")
@pytest.mark.timeout(sized(300, 1200))
def test_all_of_it_lives_in_512_mb_and_goes_on(figures):
    with TemporaryDirectory(prefix="u-") as place, bounded(ALL) as bounds:
        up = running.start(Path(place) / "var", "--no-seeds", within=bounds.within)
        try:
            lives_through_all_of_it(up, bounds, figures)
        finally:
            running.end(up)
    figures(limit="by the kernel" if bounds.folder else "by sum")


def lives_through_all_of_it(up: Up, bounds, figures) -> None:
    shell(up, PREPARED)
    parts, watch = {part.pid for part in psutil.Process(up.process.pid).children()}, Watch(up)
    for _ in range(20):
        up.get("/")
    idle = held(up.everything())

    with watch.always():
        for number in range(SIGNERS):
            sign(up, number)
        signed = watch.look()
        paper = Visitor(f"http://localhost:{up.port}").get(f"{LETTER}letter.pdf")
        assert (paper.status, paper.body[:4]) == (200, b"%PDF")
        assert up.get(f"{LETTER}card.png").startswith(b"\x89PNG")
        printed = watch.look()
        shell(up, DELIVERED)
        until(
            lambda: len([mail for mail in mails(up) if mail["attachments"]]) == RECIPIENTS,
            120,
            otherwise=up.output.read_text,
        )

    figures(signers=SIGNERS, names=NAMES, idle=idle // MIB, signed=signed // MIB, printed=printed // MIB)
    figures(most=watch.most // MIB, killed=bounds.killed)
    assert watch.typesetters, "it was to be looked at while papers were set"
    assert bounds.killed == 0
    assert idle < IDLE
    assert watch.most < ALL
    assert {part.pid for part in psutil.Process(up.process.pid).children()} == parts
    sign(up, SIGNERS)
