"""Which kind of file system holds a path: SQLite's locks and shared memory do not work over a network."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mounts")  # Linux's; elsewhere nothing is known, and nothing refused
NETWORK = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "lustre", "ncpfs", "nfs", "nfs4"}
    | {"orangefs", "smb2", "smb3", "smbfs"}
)
OVER_FUSE = re.compile(r"fuse\.(sshfs|glusterfs|ceph|rclone|s3fs|davfs|smbnetfs|curlftpfs|goofys|juicefs)")
ESCAPED = re.compile(r"\\([0-7]{3})")


def kind(path: Path, mounts: Path = MOUNTS) -> str:
    """Of the innermost mount above the path, which need not exist yet. Empty where that is not known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    whole = path.absolute().resolve()
    found = [line.split(" ")[1:3] for line in lines]
    above = [(place, kind) for place, kind in found if whole.is_relative_to(_unescaped(place))]
    return max(enumerate(above), key=lambda item: (len(item[1][0]), item[0]))[1][1] if above else ""


def is_on_the_network(kind: str) -> bool:
    return kind in NETWORK or bool(OVER_FUSE.match(kind))


def _unescaped(place: str) -> str:
    return ESCAPED.sub(lambda found: chr(int(found[1], 8)), place)
