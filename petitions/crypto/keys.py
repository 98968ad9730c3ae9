"""Keys as files, apart from the database: one for each letter and purpose, and a few for the whole site.

A key that was never in the database or a backup can be destroyed. Keys of marks, cookies and limits are 32 random
bytes; a letter's private keys for blind signing are PKCS #8.
"""

import os
import secrets
from pathlib import Path

from petitions.crypto import files

SIZE = 32
LARGEST = 8_192  # bytes; a private key for blind signing takes a quarter of it


class KeyMissing(Exception):
    """The key was destroyed, or was never made."""


def create(folder: Path, name: str, key: bytes | None = None) -> None:
    """Make the key unless it is there: this one, or 32 random bytes.

    On return the file is on disk, so a commit may rely on it.
    """
    path = folder / name
    _make_private(path.parent)
    try:
        files.make(path, key or secrets.token_bytes(SIZE))
    except FileExistsError:
        return


def _make_private(folder: Path) -> None:
    """With all that is missing above it: by itself Python would let everybody into those."""
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def read(folder: Path, name: str) -> bytes:
    """The key. Raises `KeyMissing`.

    Threads take turns in Python at each call of the system, of which a file object makes seven.
    """
    try:
        handle = os.open(f"{folder}/{name}", os.O_RDONLY)
    except FileNotFoundError:
        raise KeyMissing(name) from None
    try:
        return os.read(handle, LARGEST)
    finally:
        os.close(handle)


def read_or_create(folder: Path, name: str) -> bytes:
    """The key, made when it is asked for the first time; afterwards nothing is written."""
    try:
        return read(folder, name)
    except KeyMissing:
        create(folder, name)
        return read(folder, name)


def destroy(folder: Path, name: str) -> None:
    """Remove the key; harmless to repeat."""
    path = folder / name
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        files.sync_folder(path.parent)
