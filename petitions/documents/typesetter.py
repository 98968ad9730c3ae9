"""Typst in a process of its own, which gives back all that it took when it ends.

Run by path, with a job on its input and the paper on its output. Knows nothing of the site, and writes to no file.
"""

import contextlib
import json
import resource
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

SECONDS = 60  # of computing, also when nobody waits for the paper any more


def main(not_set: int) -> None:
    """Ends with `not_set` when Typst refuses what it was given."""
    _know_limits()
    try:
        paper = _compile(json.load(sys.stdin.buffer))
    except typst.TypstError as error:
        sys.stderr.write(str(error))
        sys.exit(not_set)
    sys.stdout.buffer.write(paper)


def _compile(job: dict[str, Any]) -> bytes:
    template = Path(job["template"])
    dated = {"timestamp": datetime.fromisoformat(job["dated"])} if job["dated"] else {}
    options: dict[str, Any] = {"root": template.parent, "sys_inputs": job["inputs"]} | dated | job["way"]
    paper: bytes = typst.compile(template, **options)
    return paper


def _know_limits() -> None:
    """Where memory runs out, this ends before any part of the site does; what it held is not kept on a disk.

    Where a sandbox or another system allows none of it, the paper is made all the same.
    """
    for limit, most in ((resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(limit, (most, most))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    main(int(sys.argv[1]))
