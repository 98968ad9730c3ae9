"""What happens to the parts when somebody ends or kills the process that supervises them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from petitions.embedded import child
from petitions.embedded.parts import python
from tests.embedded.stories import OBEDIENT, STUBBORN, has_words
from tests.embedded.waiting import is_gone, until

MAIN = """
import sys
from django.conf import settings
settings.configure(BASE_DIR=".")
from petitions.embedded.parts import Part, python
from petitions.embedded.supervisor import Supervisor
supervisor = Supervisor(lambda line: print(line, flush=True), grace=float(sys.argv[2]))
supervisor.catch_signals()
try:
    supervisor.start(Part("part", python("-c", sys.argv[3], sys.argv[1])))
    supervisor.watch()
except KeyboardInterrupt:
    print("ending", flush=True)
finally:
    supervisor.end()
"""


HURRIED = """
import os, signal
from django.conf import settings
settings.configure(BASE_DIR=".")
from petitions.embedded.parts import Part, module
from petitions.embedded.supervisor import Supervisor
supervisor = Supervisor(print, grace=60)
supervisor.catch_signals()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
os.kill(os.getpid(), signal.SIGTERM)
part = Part("part", module("http.server", "--bind", "127.0.0.1", "0"), is_chatty=True, is_ours=True)
try:
    supervisor.start(part)
except KeyboardInterrupt:
    print(part.process.pid)
finally:
    supervisor.end()
"""


def start_main(words: Path, *, code: str, grace: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAIN, str(words), str(grace), code]
    main = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    until(lambda: has_words(words, 1))
    return main


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_cleanly(number, tmp_path):
    main = start_main(tmp_path / "words", code=OBEDIENT, grace=4)
    (part,) = psutil.Process(main.pid).children()

    main.send_signal(number)

    assert main.communicate(timeout=60) == ("ending\n", None)
    assert main.returncode == 0
    assert is_gone(part)


def test_a_second_ctrl_c_does_not_wait(tmp_path):
    main = start_main(tmp_path / "words", code=STUBBORN, grace=300)
    main.send_signal(signal.SIGINT)
    assert main.stdout.readline() == "ending\n"

    main.send_signal(signal.SIGINT)

    assert main.wait(timeout=60) == 0


def test_a_second_sigterm_still_waits(tmp_path):
    main = start_main(tmp_path / "words", code=STUBBORN, grace=1)
    start = time.monotonic()
    main.send_signal(signal.SIGTERM)
    assert main.stdout.readline() == "ending\n"

    main.send_signal(signal.SIGTERM)

    assert main.wait(timeout=60) == 0
    assert time.monotonic() - start >= 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux makes parts as copies")
def test_a_copy_that_is_just_being_made_is_ended_too():
    done = subprocess.run(
        [sys.executable, "-c", HURRIED], stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )

    assert not psutil.pid_exists(int(done.stdout))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_no_part_outlives_a_killed_parent(tmp_path):
    main = start_main(tmp_path / "words", code=OBEDIENT, grace=4)
    (part,) = psutil.Process(main.pid).children()

    main.kill()
    main.wait()

    until(lambda: is_gone(part))


def test_a_part_does_not_start_after_its_parent_has_died():
    late = python(child.__file__, str(os.getpid() + 1), *python("-c", "print('started')"))

    assert subprocess.run(late, stdout=subprocess.PIPE, check=True).stdout == b""
