"""Where `up` may listen."""

import errno
import ipaddress
import socket

from petitions.embedded import Refused

LOOPBACK = "127.0.0.1"


def is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback


def require_free(host: str, port: int) -> None:
    # Browsers try ::1 first for "localhost": a stranger there would be shown in our place.
    for address in [host, "::1"] if is_loopback(host) else [host]:
        error = _error_of_listening(address, port)
        if error and error.errno == errno.EADDRINUSE:
            raise Refused(f"Port {port} is taken: stop what uses it, or choose another one with PORT=8001.")
        if error and address == host:
            raise Refused(f"Cannot listen on {host}, port {port}: {error.strerror}.")


def listen() -> socket.socket:
    """A listening socket on a free port of loopback, taken now so that nobody else gets it."""
    return socket.create_server((LOOPBACK, 0))


def _error_of_listening(address: str, port: int) -> OSError | None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.create_server((address, port), family=family):
            return None
    except OSError as error:
        return error
