"""Becomes one part of `up`, after asking the kernel to end it when `up` ends, even by SIGKILL.

A file of its own, run before the part: code between fork and exec is not safe beside threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    end_with_parent()
    if os.getppid() == parent:  # otherwise `up` ended before the kernel was asked
        os.execv(command[0], command)  # noqa: S606


def end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
