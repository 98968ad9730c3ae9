"""The file that opens encrypted backups. It belongs to a person, and is on this machine only while they restore."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from django.utils import timezone

from petitions.backups import Refused
from petitions.crypto import age

OTHERS = 0o077  # what group and everybody may do


def make(path: Path) -> str:
    """A new one, for its owner alone, as `age-keygen` writes it; its public key. Raises `FileExistsError`."""
    secret, public = age.new_identity()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"# created: {timezone.now().date()}\n# public key: {public}\n{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    return public


def read(path: Path) -> Sequence[age.Identity]:
    """Raises `Refused`."""
    try:
        with path.open("rb") as file:
            mode, text = os.fstat(file.fileno()).st_mode, file.read(100_000)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    if mode & OTHERS:
        raise Refused(f"{path} can be read by others than you. Run: chmod 600 {path}")
    if text.startswith((age.BEGINS, b"-----BEGIN AGE")):
        raise Refused(f"{path} is encrypted itself: age -d shows what is in it.")
    try:
        return age.identities(text.decode(errors="replace"))
    except age.NoIdentity:
        raise Refused(f"{path} holds no identity. It is the file with the line {age.SECRET}…") from None
