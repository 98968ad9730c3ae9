"""A mail server that keeps codes and counts: `python -m benchmarks.sink SMTP-PORT CONTROL-PORT`.

Written for speed, so that what is measured is the sender. Over the control port it is asked one word a line: `code
ADDRESS` waits for the newest code to an address, `subjects ADDRESS`, `count`, `pause SECONDS` before each mail is
taken, `dead` (hangs up on everybody), `alive`.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import suppress

CODE = re.compile(rb"^([0-9A-Z]{4}-[0-9A-Z]{4})\s*$", re.MULTILINE)
SUBJECT = re.compile(rb"^Subject: (.*?)\r\n(?![ \t])", re.MULTILINE | re.DOTALL)
ADDRESS = re.compile(rb"<([^>]*)>")
PATIENCE = 20  # seconds that a code is waited for
READY = b"250 OK\r\n"

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Sink:
    def __init__(self) -> None:
        self.count = 0
        self.pause = 0.0
        self.is_dead = False
        self._codes: dict[str, asyncio.Future[str]] = {}
        self._subjects: dict[str, list[str]] = defaultdict(list)

    async def converse(self, reader: Reader, writer: Writer) -> None:
        """SMTP, as much of it as is spoken here."""
        with suppress(OSError, asyncio.IncompleteReadError):
            writer.write(b"" if self.is_dead else b"220 sink ESMTP\r\n")
            address = ""
            while not self.is_dead and (line := await reader.readline()):
                word = line[:4].upper().strip()
                if word == b"DATA":
                    writer.write(b"354 Go on\r\n")
                    self._keep(address, await reader.readuntil(b"\r\n.\r\n"))
                    await asyncio.sleep(self.pause)
                elif word == b"RCPT":
                    address = ADDRESS.search(line)[1].decode().lower()
                elif word == b"QUIT":
                    break
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n" if word == b"EHLO" else READY)
        writer.close()

    def _keep(self, address: str, mail: bytes) -> None:
        self.count += 1
        if code := CODE.search(mail):
            waiting = self._waiting(address)
            if not waiting.done():
                waiting.set_result(code[1].decode())
        elif subject := SUBJECT.search(mail):
            self._subjects[address].append(subject[1].decode())

    def _waiting(self, address: str) -> asyncio.Future[str]:
        return self._codes.setdefault(address, asyncio.get_running_loop().create_future())

    async def command(self, reader: Reader, writer: Writer) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                word, _space, rest = line.decode().strip().partition(" ")
                writer.write(f"{await self._answers[word](self, rest)}\n".encode())
        writer.close()

    async def _code(self, address: str) -> str:
        """Given out once: each signer has an address of their own."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._waiting(address)), PATIENCE)
        except TimeoutError:
            return ""
        finally:
            self._codes.pop(address, None)

    async def _told(self, address: str) -> str:
        return json.dumps(self._subjects[address])

    async def _counted(self, _rest: str) -> str:
        return str(self.count)

    async def _paused(self, seconds: str) -> str:
        self.pause = float(seconds)
        return seconds

    async def _died(self, _rest: str) -> str:
        self.is_dead = True
        return "dead"

    async def _revived(self, _rest: str) -> str:
        self.is_dead = False
        return "alive"

    _answers: dict[str, Callable[[Sink, str], Awaitable[str]]] = {
        "code": _code,
        "subjects": _told,
        "count": _counted,
        "pause": _paused,
        "dead": _died,
        "alive": _revived,
    }


async def serve(port: int, control: int) -> None:
    sink = Sink()
    await asyncio.start_server(sink.command, "127.0.0.1", control, backlog=500)
    mails = await asyncio.start_server(sink.converse, "127.0.0.1", port, limit=2**24, backlog=500)
    await mails.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
