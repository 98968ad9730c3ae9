"""Something that happens at the same moment, on a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection

A_LITTLE = 0.4  # seconds: enough for whoever does not have to wait


class Beside:
    """Starts the work at once. What it gave, or the exception it ended with, is its outcome."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work
        self._outcome: Any = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._outcome = self._work()
        except Exception as error:
            self._outcome = error
        finally:
            connection.close()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def wait_a_little(self) -> None:
        """Until it has ended, or waits for us."""
        self._thread.join(A_LITTLE)

    def outcome(self, seconds: float = 10) -> Any:
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "it still waits"
        return self._outcome
