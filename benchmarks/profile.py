"""What one signature costs the web, answer by answer: `python -m benchmarks.profile`.

Everything is real but the server: people sign one after the other through the web's own entry, in one process, so
that Python's calls and the processor's time can be counted. The bare forms are counted in the same way. The name of
an answer (`"POST sign"`) tells where its time goes.
"""

from __future__ import annotations

import cProfile
import importlib
import os
import pstats
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from io import BytesIO
from itertools import count
from secrets import token_hex
from typing import Any

from benchmarks import parts, people
from benchmarks.lines import Line

FIRST, TIMED, COUNTED = 5, 60, 10  # people: those for whom things are made once, then those who are measured
ROWS = 45  # of where an answer's time goes
PATH = "/letters/signed-450/"
SEEDS = "from benchmarks import seeds; seeds.bare(); seeds.signed_letter(450); seeds.settle()"
Application = Callable[[dict[str, Any], Callable[..., Any]], Any]
Answer = Callable[[], None]


class Costs:
    """Of each answer, by its method and the last part of its address."""

    def __init__(self) -> None:
        self.calls: dict[str, list[float]] = defaultdict(list)
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.told: dict[str, pstats.Stats] = {}
        self.measure: Callable[[str, Answer], None] = self.skip

    def skip(self, _name: str, answer: Answer) -> None:
        answer()

    def time(self, name: str, answer: Answer) -> None:
        began = time.thread_time()
        answer()
        self.seconds[name].append(time.thread_time() - began)

    def count(self, name: str, answer: Answer) -> None:
        profile = cProfile.Profile()
        profile.runcall(answer)
        self.told[name] = pstats.Stats(profile).sort_stats("tottime")
        self.calls[name].append(self.told[name].total_calls)  # type: ignore[attr-defined]

    def rows(self) -> list[tuple[str, float, float]]:
        """The usual: now and then one answer makes anew what all are told, which is one of fifty in a crowd."""
        return [
            (name, min(self.calls[name]), statistics.median(seconds) * 1000)
            for name, seconds in self.seconds.items()
        ]


class Direct(Line):
    """A line that ends in this process: no socket, and no server in between."""

    def __init__(self, application: Application, costs: Costs) -> None:
        super().__init__(port=0)
        self._application, self._costs = application, costs

    def _exchanged(self, words: bytes) -> tuple[int, bytes, bytes]:
        environ, head, body = _environ(words), list[str](), list[bytes]()

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            head.extend([status, *(f"{name}: {value}" for name, value in headers)])

        def answer() -> None:
            pieces = self._application(environ, start)
            body.extend(pieces)
            if hasattr(pieces, "close"):  # ours are closed already
                pieces.close()

        page = environ["PATH_INFO"].strip("/").rpartition("/")[2]
        self._costs.measure(f"{environ['REQUEST_METHOD']} {page}", answer)
        return int(head[0][:3]), "\r\n".join(head).encode(), b"".join(body)


def _environ(words: bytes) -> dict[str, Any]:
    head, _end, body = words.partition(b"\r\n\r\n")
    start, *lines = head.decode().split("\r\n")
    method, path, protocol = start.split()
    headers = dict(line.split(": ", 1) for line in lines)
    return {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()} | {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": protocol,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
    }


def main(words: list[str]) -> None:
    """Each application in a process of its own, in the same surroundings."""
    with parts.surrounded() as site:
        site.manage("shell", "-v0", "-c", SEEDS)
        for name in CLIENTS:
            command = [sys.executable, "-m", "benchmarks.profile", "inside", name, *words]
            subprocess.run(command, env=site.environment, check=True)


def inside(name: str, word: str = "") -> None:
    module, clients = CLIENTS[name]
    application = importlib.import_module(module).application
    for client in clients:
        costs = Costs()
        _measure(client(Direct(application, costs)), costs)
        for line in _table(costs):
            print(f"{name:5} {line}", flush=True)
        if word in costs.told:
            costs.told[word].print_stats(ROWS)


def _measure(client: people.Signer | people.Filler, costs: Costs) -> None:
    for measure, number in ((costs.skip, FIRST), (costs.time, TIMED), (costs.count, COUNTED)):
        costs.measure = measure
        for _ in range(number):
            done = client.step()
            assert done, "nobody is left"
            assert done.is_good, done.why


def _table(costs: Costs) -> Iterable[str]:
    rows = costs.rows()
    together = ("together", sum(row[1] for row in rows), sum(row[2] for row in rows))
    for name, calls, milliseconds in [*rows, together]:
        yield f"{name:12} {calls:8,.0f} calls {milliseconds:7.2f} ms"


def _signer(line: Line) -> people.Signer:
    return people.Signer(line, int(os.environ["BENCH_CONTROL"]), PATH, token_hex(4), count())


def _holder(line: Line) -> people.Holder:
    return people.Holder(line, int(os.environ["BENCH_CONTROL"]), PATH, token_hex(4), count())


def _filler(line: Line) -> people.Filler:
    return people.Filler(line, count())


CLIENTS: dict[str, tuple[str, list[Callable[[Line], Any]]]] = {
    "ours": ("config.wsgi", [_signer, _holder]),
    "bare": ("benchmarks.bare", [_filler]),
}

if __name__ == "__main__":
    inside(*sys.argv[2:]) if sys.argv[1:2] == ["inside"] else main(sys.argv[1:])
