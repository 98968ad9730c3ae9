"""The memory-only sender of codes: a bounded queue and a few threads that keep their SMTP connections open.

A code is never a row, a task or a log line. If the process dies, the code is lost and its asker asks again.
"""

import atexit
import logging
import queue
import threading
import time
from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

CAPACITY = 500
THREADS = 2
BEHIND = 0.05  # seconds until a message is looked at: by then whoever asked has their answer
IDLE_SECONDS = 20  # a connection that rests longer is closed
FAREWELL_SECONDS = 3  # how long a stopping process goes on sending what it holds

log = logging.getLogger(__name__)


class Busy(Exception):
    """More codes wait than we are ready to hold."""


class Sender:
    def __init__(self, threads: int = THREADS, capacity: int = CAPACITY) -> None:
        self._waiting: queue.Queue[tuple[float, EmailMessage | None]] = queue.Queue(capacity)
        self._start = threading.Lock()
        self._threads = threads
        self._is_running = False

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
        connection: BaseEmailBackend | None = None
        while True:
            try:
                due, message = self._waiting.get(timeout=IDLE_SECONDS if connection else None)
            except queue.Empty:
                _close(connection)
                connection = None
                continue
            try:
                time.sleep(max(0.0, due - time.monotonic()))
                connection = _sent(message, connection) if message else connection
            except Exception as error:
                log.warning("A code could not be sent (%s).", type(error).__name__)
                connection = None
            finally:
                self._waiting.task_done()


def _sent(message: EmailMessage, connection: BaseEmailBackend | None) -> BaseEmailBackend | None:
    """Send once, and once more over a new connection: a kept one may have been closed by the server."""
    for kept in (connection, None):
        connection = kept or get_connection()
        try:
            connection.open()  # one that the back end opens by itself it closes after the message
            connection.send_messages([message])
        except (SMTPException, OSError) as error:
            log.warning("A code was not sent (%s).", type(error).__name__)
            _close(connection)
        else:
            return connection
    return None


def _close(connection: BaseEmailBackend | None) -> None:
    if connection is not None:
        try:
            connection.close()
        except (SMTPException, OSError):
            log.info("The mail server was gone before goodbye.")


sender = Sender()
