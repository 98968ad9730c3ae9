"""Keeps the parts of `up` running until somebody ends it."""

import signal
import time
from collections.abc import Callable
from types import FrameType

from petitions.embedded.parts import Part

Say = Callable[[str], None]

GRACE_SECONDS = 4.0
LAST_GRACE_SECONDS = 0.8
LOOK_SECONDS = 0.2
LOOK_SECONDS_AT_THE_END = 0.02


class Supervisor:
    """Starts, watches and ends the parts, and listens to the signals that mean the end."""

    def __init__(self, say: Say, *, grace: float = GRACE_SECONDS) -> None:
        self._say = say
        self._grace = grace
        self._parts: list[Part] = []
        self._is_ending = False
        self._is_in_a_hurry = False

    def catch_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Whoever started us under nohup has asked that a closed terminal ends nothing.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._end_on_signal)

    def start(self, part: Part) -> None:
        self._parts.append(part)
        part.start()

    def look(self) -> None:
        """Starts again what has died."""
        for part in self._parts:
            if not part.is_alive():
                part.restart()
                self._say(f"The {part.name} died and was started again.")

    def watch(self) -> None:
        """Until a signal ends it, or a part that dies again and again."""
        while True:
            self.look()
            time.sleep(LOOK_SECONDS)

    def end(self) -> None:
        self._is_ending = True
        self._end([part for part in self._parts if not part.ends_last], self._grace)
        self._end([part for part in self._parts if part.ends_last], LAST_GRACE_SECONDS)

    def _end(self, parts: list[Part], grace: float) -> None:
        for part in parts:
            part.ask_to_end()
        limit = time.monotonic() + grace
        while any(part.is_alive() for part in parts) and time.monotonic() < limit and not self._is_in_a_hurry:
            time.sleep(LOOK_SECONDS_AT_THE_END)
        for part in parts:
            part.kill()

    def _end_on_signal(self, number: int, _frame: FrameType | None) -> None:
        """A first signal ends what `up` is doing; a second Ctrl-C ends the waiting for the parts.

        A second SIGTERM changes nothing: make passes one on to us that we may have got already.
        """
        if self._is_ending:
            self._is_in_a_hurry = self._is_in_a_hurry or number == signal.SIGINT
            return
        self._is_ending = True
        raise KeyboardInterrupt
