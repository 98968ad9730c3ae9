"""Files that are written whole and for their owner alone: keys, and whatever else lies beside them.

Nobody ever reads half of one, and when it is written it is on disk, so a commit may rely on it. Who is killed in
between leaves a draft, whose name begins with a dot and ends at random; nothing reads those.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path


def make(path: Path, content: bytes) -> None:
    """Raises `FileExistsError` for everybody but the first."""
    with _draft(path, content) as draft:
        os.link(draft, path)


def replace(path: Path, content: bytes, *, is_dated: bool = True) -> None:
    """It may be there or not. One that is not dated says nothing of when it was written."""
    with _draft(path, content, is_dated=is_dated) as draft:
        draft.replace(path)


def sync_folder(folder: Path) -> None:
    """Until a name in it is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _draft(path: Path, content: bytes, *, is_dated: bool = True) -> Iterator[Path]:
    """Beside the file and on disk, to be given its name."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            if not is_dated:
                os.utime(draft, (0, 0))
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
