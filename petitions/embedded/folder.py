"""The data folder: private, for one `up` at a time, with the secrets of the first start."""

import fcntl
import os
import secrets
import tempfile
import time
from pathlib import Path
from typing import IO

from petitions.embedded import Refused

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
LOCK_SECONDS = 1.0  # what is left of a killed `up` ends sooner
LONGEST_SOCKET_PATH = 100  # the kernel allows 108 bytes on Linux and 104 on macOS
LONGEST_SOCKET_NAME = "/mailbox.sock"


def make(path: Path) -> Path:
    """Makes a folder for this user alone; parents that are missing too."""
    path.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
    return path


def lock(data: Path) -> IO[str]:
    """Holds the folder as long as the file is open, and no longer: the kernel lets go when `up` is killed."""
    file = (data / "lock").open("a")
    limit = time.monotonic() + LOCK_SECONDS
    while not _is_locked(file):
        if time.monotonic() > limit:
            file.close()
            raise Refused(f"Undersigned already runs on {data}: stop it, or choose another folder with DATA.")
        time.sleep(0.05)
    return file


def make_secret(path: Path) -> None:
    """Written beside and renamed, so that a killed first start never leaves half a secret."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def make_socket_folder(data: Path) -> Path:
    """`run` in the data folder, or a temporary folder where that path is too long for a socket."""
    run = make(data / "run")
    run.chmod(PRIVATE_FOLDER)
    if len(os.fsencode(f"{run}{LONGEST_SOCKET_NAME}")) <= LONGEST_SOCKET_PATH:
        return run
    return Path(tempfile.mkdtemp(prefix="undersigned-"))


def _is_locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
