"""The memory-only sender of codes: a bounded queue and a few threads that keep their SMTP connections open.

A code is never a row, a task or a log line. If the process dies, the code is lost and its asker asks again.

A mail server that lets nobody in is asked again twice a second, with one code by each thread. The others are held as
long, and given up with it when nobody was let in for a second; when the server is back before, they leave.
"""

import atexit
import math
import queue
import threading
import time
from email.utils import parseaddr
from functools import lru_cache
from smtplib import SMTPException

import structlog
from django.core.mail import EmailMessage
from django.core.mail.message import SafeMIMEText

from petitions import undelivered
from petitions.codemail import CodeMail
from petitions.mailserver import left
from petitions.smtp import Answered, Conversation

CAPACITY = 500
THREADS = 2
BEHIND = 0.05  # seconds until a message is looked at: by then whoever asked has their answer
LONGEST_SECONDS = 30  # for all that is tried for one code, whatever is at the other end
PAUSE_SECONDS = 0.5  # until a server that lets nobody in is asked again
HELD_SECONDS = 1  # how long it is asked for one code; what all hold meanwhile fits the queue
IDLE_SECONDS = 20  # a connection that rests longer is closed
FAILING_SECONDS = 120  # how long a failure is told to those who wait for a code
GOODBYE_SECONDS = 3
FAREWELL_SECONDS = 3  # how long a stopping process goes on sending what it holds

log = structlog.stdlib.get_logger(__name__)


class Busy(Exception):
    """More codes wait than we are ready to hold."""


class Unreached(Exception):
    """The mail server did not answer, or puts everybody off."""


class ShutOut(Unreached):
    """It lets nobody in, whoever a code is for."""


class Sender:
    def __init__(self, threads: int = THREADS, capacity: int = CAPACITY) -> None:
        self._waiting: queue.Queue[tuple[float, EmailMessage | None]] = queue.Queue(capacity)
        self._start = threading.Lock()
        self._threads = threads
        self._is_running = False
        self._failed_at: float | None = None
        self._reached_at = 0.0
        self._shut_since = math.inf

    @property
    def is_failing(self) -> bool:
        """The mail server did not answer when it was last asked, lately. Says the same to every mailbox."""
        return self._failed_at is not None and time.monotonic() - self._failed_at < FAILING_SECONDS

    def send(self, message: EmailMessage | None) -> None:
        """Hand over one message and return at once. Raises `Busy`.

        None takes its place where none is to be sent, so that asking costs the same for every mailbox.
        """
        self._run()
        try:
            self._waiting.put_nowait((time.monotonic() + BEHIND, message))
        except queue.Full:
            raise Busy from None

    def require_room(self) -> None:
        """Raises `Busy` when no more can be held, whoever asks."""
        if self._waiting.full():
            raise Busy

    def drain(self, seconds: float) -> None:
        """Wait until everything was tried, or until the time is over."""
        with self._waiting.all_tasks_done:
            self._waiting.all_tasks_done.wait_for(lambda: not self._waiting.unfinished_tasks, seconds)

    def _run(self) -> None:
        with self._start:
            if self._is_running:
                return
            self._is_running = True
            for number in range(self._threads):
                threading.Thread(target=self._work, name=f"codes-{number}", daemon=True).start()
            atexit.register(self.drain, FAREWELL_SECONDS)

    def _work(self) -> None:
        kept: Conversation | None = None
        while True:
            try:
                due, message = self._waiting.get(timeout=IDLE_SECONDS if kept else None)
            except queue.Empty:
                _close(kept)
                kept = None
                continue
            try:
                time.sleep(max(0.0, due - time.monotonic()))
                kept = self._sent(message, kept)
                self._failed_at, self._reached_at, self._shut_since = None, time.monotonic(), math.inf
            except Unreached:
                kept, self._failed_at = None, time.monotonic()
            except Exception as error:
                log.warning("A code could not be sent.", error=type(error).__name__)
                kept = None
            finally:
                self._waiting.task_done()

    def _sent(self, message: EmailMessage | None, kept: Conversation | None) -> Conversation | None:
        """As `_tried`; a server that lets nobody in is asked again for a while."""
        if kept is None and self._shut_since < math.inf:
            time.sleep(PAUSE_SECONDS)
        asked = began = time.monotonic()
        ends = began + LONGEST_SECONDS
        while True:
            try:
                return _tried(message, kept, ends)
            except ShutOut:
                kept = None
                self._note_shut(asked)
                if time.monotonic() >= min(began + HELD_SECONDS, ends - PAUSE_SECONDS):
                    _count(message)
                    raise
            time.sleep(PAUSE_SECONDS)
            asked = time.monotonic()

    def _note_shut(self, asked: float) -> None:
        """Nobody was let in since then, unless over another connection."""
        self._failed_at = time.monotonic()
        if self._reached_at < asked:
            self._shut_since = min(self._shut_since, asked)
            _count(*self._held_too_long())

    def _held_too_long(self) -> list[EmailMessage | None]:
        """Take them: tried one by one they would keep from the server those who come when it is back."""
        held: list[EmailMessage | None] = []
        limit = time.monotonic() - HELD_SECONDS
        with self._waiting.mutex:
            waiting = self._waiting.queue
            while waiting and max(waiting[0][0], self._shut_since) <= limit:
                held.append(waiting.popleft()[1])
        for _ in held:
            self._waiting.task_done()
        return held


def _tried(message: EmailMessage | None, kept: Conversation | None, ends: float) -> Conversation | None:
    """Send once, and once more over a new connection: a kept one may have been closed by the server.

    The connection that took it. One that did not is given up; so is a code when its time is over, when the server
    may have it already, or when the server refuses its reader. Without a message it is asked whether it is there.
    Raises `ShutOut`, after which it can be tried again, and `Unreached`.
    """
    for conversation in (kept or Conversation(), Conversation()):
        try:
            _converse(conversation, message, ends, is_open=conversation is kept)
        except (Answered, SMTPException, OSError) as error:
            log.warning("A code was not sent.", error=type(error).__name__)
            is_lost = conversation.is_in_data or time.monotonic() >= ends
            _close(conversation)
            if isinstance(error, Answered) and error.is_final:
                _count(message)
                return None
            if is_lost:
                break
        else:
            return conversation
    if not conversation.is_let_in:
        raise ShutOut
    _count(message)
    raise Unreached


def _count(*failed: EmailMessage | None) -> None:
    undelivered.note(*(message.to[0] for message in failed if message))


def _converse(
    conversation: Conversation, message: EmailMessage | None, ends: float, *, is_open: bool
) -> None:
    if is_open:
        conversation.prolong(seconds=left(ends))
    else:
        conversation.open(seconds=left(ends))
    if message:
        conversation.offer(_address(message.from_email), message.to[0])
        conversation.hand_over(lines(message))


@lru_cache(maxsize=8)
def _address(sender: str) -> str:
    """Of a sender with or without a name: it is the same in each mail."""
    return parseaddr(sender)[1]


def lines(message: EmailMessage) -> bytes:
    """As it goes over the wire."""
    if isinstance(message, CodeMail):
        return message.lines()
    text = message.message()
    assert isinstance(text, SafeMIMEText)  # a code has no other part
    return text.as_bytes(linesep="\r\n")


def _close(conversation: Conversation | None) -> None:
    """Whatever comes of it: nothing more is to be said here."""
    if conversation is None:
        return
    try:
        conversation.prolong(seconds=GOODBYE_SECONDS)
        conversation.close()
    except (SMTPException, OSError):
        log.info("The mail server was gone before goodbye.")


sender = Sender()
