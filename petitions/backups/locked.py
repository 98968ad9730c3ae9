"""Encrypted backups: what is locked here opens with an identity alone, which this machine need not have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from petitions.backups import Refused, identities
from petitions.crypto import age


def is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(age.BEGINS)) == age.BEGINS
    except OSError:
        return False  # whoever reads it as a backup says why it cannot be


@contextmanager
def readable(path: Path, identity: Path | None) -> Iterator[Path]:
    """The backup itself, or for as long as it is needed what was locked in it, proved to its last byte.

    That lies in a folder for its owner alone, below `TMPDIR`. Raises `Refused`.
    """
    if not is_locked(path):
        if identity:
            raise Refused(f"{path} is not encrypted: leave out --identity if that is as it should be.")
        yield path
        return
    if not identity:
        raise Refused(f"{path} is encrypted: name the file that opens it, --identity FILE.")
    with TemporaryDirectory(prefix="undersigned-restore.") as folder:
        inside = Path(folder) / "backup"
        _open(path, identities.read(identity), inside, identity)
        try:
            yield inside
        except Refused as refusal:
            raise Refused(str(refusal).replace(str(inside), str(path))) from None


def _open(path: Path, found: Sequence[age.Identity], inside: Path, identity: Path) -> None:
    inside.touch(mode=0o600)
    try:
        with path.open("rb") as source, inside.open("wb") as target:
            age.open_with(found, source, target)
    except age.NotForThem:
        raise Refused(f"{path} was not encrypted to {identity}, or its beginning is damaged.") from None
    except age.Damaged:
        raise Refused(f"{path} was cut off or changed since it was made.") from None
    except OSError as error:
        raise Refused(f"{inside.parent} cannot hold what is in it: {error.strerror}. Set TMPDIR.") from None
