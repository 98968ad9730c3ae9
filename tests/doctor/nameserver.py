"""A name server on this machine that knows what a test tells it, and nothing else."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

DEAF = "deaf"


@contextlib.contextmanager
def knowing(texts: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """Asked by the product from here on; what it was asked for. A name with no texts exists, another one does not."""
    asked: list[str] = []
    line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    line.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(line, texts, asked), daemon=True)
    thread.start()
    kept = dns.resolver.default_resolver
    dns.resolver.default_resolver = _resolver(line.getsockname()[1])
    try:
        yield asked
    finally:
        dns.resolver.default_resolver = kept
        line.sendto(b"", line.getsockname())
        thread.join(60)
        line.close()


def _resolver(port: int) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], port
    return resolver


def _serve(line: socket.socket, texts: Mapping[str, list[str]], asked: list[str]) -> None:
    """An empty packet ends it."""
    while True:
        packet, whoever = line.recvfrom(4096)
        if not packet:
            return
        question = dns.message.from_wire(packet)
        name = str(question.question[0].name).rstrip(".")
        asked.append(name)
        if DEAF not in texts:
            line.sendto(_answer(question, name, texts).to_wire(), whoever)


def _answer(question: dns.message.Message, name: str, texts: Mapping[str, list[str]]) -> dns.message.Message:
    answer = dns.message.make_response(question)
    answer.flags |= dns.flags.RA
    if texts.get(name):
        quoted = [f'"{text}"' for text in texts[name]]
        answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *quoted))
    elif not any(known == name or known.endswith(f".{name}") for known in texts):
        answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer
