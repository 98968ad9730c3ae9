import smtplib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from petitions.embedded import addresses
from petitions.embedded.sink import Sink


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    with TemporaryDirectory(prefix="u-") as path:
        yield Path(path)


@pytest.fixture
def smtp(short_path: Path, settings) -> Iterator[smtplib.SMTP]:
    """A connection to a mail sink of its own, which the mailbox asks."""
    listener = addresses.listen()
    sink = Sink(listener, short_path / "mailbox.sock")
    settings.MAILBOX_SOCKET = str(short_path / "mailbox.sock")
    sink.start()
    with smtplib.SMTP("127.0.0.1", listener.getsockname()[1]) as connection:
        yield connection
    sink.stop()


@pytest.fixture
def sent_here(smtp, settings) -> None:
    """Django sends by real SMTP to the sink that the pages ask."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = smtp.sock.getpeername()[0]
    settings.EMAIL_PORT = smtp.sock.getpeername()[1]
