"""A group of processes that the kernel keeps within so much memory, and what processes hold."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

GROUPS = Path("/sys/fs/cgroup")
ENTER = 'echo $$ > "$0" && exec "$@"'


@dataclass(frozen=True)
class Bounds:
    """Whoever takes more is killed."""

    folder: Path | None

    @property
    def within(self) -> list[str]:
        """A command that runs another one in it, from its first instruction on."""
        return ["sh", "-c", ENTER, str(self.folder / "cgroup.procs")] if self.folder else []

    @property
    def killed(self) -> int:
        """How many were."""
        if not self.folder:
            return 0
        told = "".join(self.folder.joinpath(name).read_text() for name in self._told() if self.folder)
        return int(re.findall(r"oom_kill (\d+)", told)[0])

    def _told(self) -> list[str]:
        assert self.folder
        return [name for name in ("memory.events", "memory.oom_control") if (self.folder / name).exists()]


@contextlib.contextmanager
def bounded(size: int) -> Iterator[Bounds]:
    """Where this machine does not let us make a group, without one: then only the sum is looked at."""
    folder = _group(size)
    try:
        yield Bounds(folder)
    finally:
        if folder:
            folder.rmdir()


def _group(size: int) -> Path | None:
    for parent, limits in (
        (GROUPS / "memory", ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")),
        (GROUPS, ("memory.max",)),
    ):
        folder = parent / f"undersigned-{secrets.token_hex(4)}"
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            for limit in limits:
                (folder / limit).write_text(str(size))
        except OSError:
            folder.rmdir()
            continue
        return folder
    return None


def held(processes: Iterable[psutil.Process]) -> int:
    """Bytes; what several share counts once."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):  # ended meanwhile
            rolled = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            total += sum(int(size) * 1024 for size in re.findall(r"^Pss: +(\d+) kB$", rolled, re.MULTILINE))
    return total
