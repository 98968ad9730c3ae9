"""Where mail goes when no mail server is set: into memory, never to a disk, never further.

One thread with one event loop does it all, so nothing here needs a lock.
"""

import asyncio
import json
import signal
import socket
import sys
from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from petitions.embedded import messages
from petitions.embedded.messages import Mail

KEPT = 500
LARGEST = 64_000_000  # bytes of all attachments
ENDS = {signal.SIGINT, signal.SIGTERM}


class Sink:
    """Takes mail on `listener` and answers the mailbox page on the private socket at `path`."""

    def __init__(self, listener: socket.socket, path: Path) -> None:
        self._listener = listener
        self._path = path
        self._mails: deque[Mail] = deque(maxlen=KEPT)
        self._running: Future[asyncio.AbstractEventLoop] = Future()
        self._ended = asyncio.Event()
        self._thread = Thread(target=lambda: asyncio.run(self._serve()), name="mail sink", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._running.result()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._running.result().call_soon_threadsafe(self._ended.set)
            self._thread.join()
        self._path.unlink(missing_ok=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)  # aiosmtpd gives text only when told to decode
        for address in envelope.rcpt_tos:
            self._keep(messages.read(address, content))
        return "250 OK"

    def _keep(self, mail: Mail) -> None:
        """A letter's PDF comes with each of its mails, and is held once."""
        known = self._contents()
        shared = (
            replace(each, content=known.setdefault(each.content, each.content)) for each in mail.attachments
        )
        self._mails.appendleft(replace(mail, attachments=tuple(shared)))
        while sum(map(len, self._contents())) > LARGEST:
            self._mails.pop()

    def _contents(self) -> dict[bytes, bytes]:
        return {each.content: each.content for mail in self._mails for each in mail.attachments}

    async def _serve(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            # A host name of its own, because looking one up can take seconds on a laptop without network.
            session = partial(SMTP, self, hostname="localhost", enable_SMTPUTF8=True, loop=loop)
            smtp = await loop.create_server(session, sock=self._listener)
            self._path.unlink(missing_ok=True)
            answers = await asyncio.start_unix_server(self._answer, self._path)
        except BaseException as error:
            self._running.set_exception(error)
            return
        self._running.set_result(loop)
        await self._ended.wait()
        smtp.close()  # without waiting: the sender in the web process keeps its connections open
        answers.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One line asks: empty for all mails, or the key of the one wanted whole."""
        key = (await reader.readline()).decode("ascii", "replace").strip()
        answer = self._whole(key) if key else [mail.summary() for mail in self._mails]
        writer.write(json.dumps(answer).encode())
        writer.close()
        await writer.wait_closed()

    def _whole(self, key: str) -> dict[str, Any] | None:
        return next((mail.whole() for mail in self._mails if mail.key == key), None)


def main(listener: int, path: Path) -> None:
    """Until a signal ends it. Its own thread must not get that, and inherits what is blocked here."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    sink = Sink(socket.socket(fileno=listener), path)
    sink.start()
    signal.sigwait(ENDS)
    sink.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
