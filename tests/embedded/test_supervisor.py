import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from petitions.embedded import Refused
from petitions.embedded.parts import Part, python
from petitions.embedded.supervisor import Supervisor
from tests.embedded.stories import LAST_WORDS, OBEDIENT, PARENT, STUBBORN, has_words
from tests.embedded.waiting import is_gone, until


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(said.append, grace=0.5)
    yield supervisor
    supervisor.end()


def make_part(code: str, *arguments: str | Path, **fields) -> Part:
    return Part("part", python("-c", code, *map(str, arguments)), **fields)


def kill(part: Part) -> None:
    assert part.process
    part.process.kill()
    until(lambda: not part.is_alive())


def test_a_dead_part_is_started_again_and_told(supervisor, said, tmp_path):
    part = make_part(OBEDIENT, tmp_path / "words")
    supervisor.start(part)
    until(lambda: has_words(tmp_path / "words", 1))
    supervisor.look()
    assert said == []

    kill(part)
    supervisor.look()

    until(lambda: has_words(tmp_path / "words", 2))
    assert said == ["The part died and was started again."]


def test_what_a_dead_part_started_ends_with_it(supervisor, tmp_path):
    part = make_part(PARENT, tmp_path / "pids")
    supervisor.start(part)
    until(lambda: has_words(tmp_path / "pids", 1))
    orphan = psutil.Process(int((tmp_path / "pids").read_text()))

    kill(part)
    supervisor.look()

    until(lambda: is_gone(orphan))


def test_a_part_that_dies_too_often_ends_everything(supervisor, said, tmp_path):
    part = make_part(OBEDIENT, tmp_path / "words", log="/some/log")
    supervisor.start(part)
    for _time in range(3):
        kill(part)
        supervisor.look()
    kill(part)

    with pytest.raises(Refused) as refusal:
        supervisor.look()

    assert str(refusal.value) == "The part died 4 times within a minute: see /some/log."
    assert len(said) == 3


def test_old_deaths_are_forgotten(supervisor, tmp_path):
    part = make_part(OBEDIENT, tmp_path / "words")
    part.deaths.extend([time.monotonic() - 61] * 3)
    supervisor.start(part)
    kill(part)

    supervisor.look()

    assert len(part.deaths) == 1


def test_a_part_that_others_need_ends_last(supervisor, tmp_path):
    supervisor.start(make_part(LAST_WORDS, tmp_path / "words", "broker", ends_last=True))
    supervisor.start(make_part(LAST_WORDS, tmp_path / "words", "worker"))
    until(lambda: has_words(tmp_path / "words", 2))

    supervisor.end()

    assert (tmp_path / "words").read_text() == "start start worker broker "


def test_a_part_that_does_not_end_is_ended(supervisor, tmp_path):
    part = make_part(STUBBORN, tmp_path / "words")
    supervisor.start(part)
    until(lambda: has_words(tmp_path / "words", 1))

    supervisor.end()

    assert part.process.returncode == -signal.SIGKILL
