"""What the mail sink has got, asked over its control port."""

from __future__ import annotations

import json
import socket
import time


class Mails:
    """One line to the sink. Not for two threads at once."""

    def __init__(self, control: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", control), timeout=60)
        self._answers = self._line.makefile("rb")

    def code(self, address: str) -> str:
        """The newest code to the address, or nothing when none came."""
        return self._asked(f"code {address.lower()}")

    def count(self) -> int:
        return int(self._asked("count"))

    def settled(self, at_least: int, seconds: float = 30) -> int:
        """Once as many are there as are expected; otherwise what came until then."""
        limit = time.monotonic() + seconds
        while (number := self.count()) < at_least and time.monotonic() < limit:
            time.sleep(0.05)
        return number

    def subjects(self, address: str) -> list[str]:
        found: list[str] = json.loads(self._asked(f"subjects {address}"))
        return found

    def pause(self, seconds: float) -> None:
        self._asked(f"pause {seconds}")

    def die(self) -> None:
        self._asked("dead")

    def revive(self) -> None:
        self._asked("alive")

    def close(self) -> None:
        self._line.close()

    def _asked(self, line: str) -> str:
        self._line.sendall(f"{line}\n".encode())
        return self._answers.readline().decode().strip()
