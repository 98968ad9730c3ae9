from __future__ import annotations

import multiprocessing
import os
import stat
import threading
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from petitions.crypto import keys


def test_a_key_is_made_once_and_is_private(tmp_path):
    keys.create(tmp_path, "letters/1/sign")
    first = keys.read(tmp_path, "letters/1/sign")

    keys.create(tmp_path, "letters/1/sign")

    assert keys.read(tmp_path, "letters/1/sign") == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "letters/1/sign").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "letters/1").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "letters").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "letters/1").iterdir()] == ["sign"]


def test_many_who_make_it_at_once_read_the_same(tmp_path):
    barrier, seen = threading.Barrier(16), set()

    def make():
        barrier.wait()
        seen.add(keys.read_or_create(tmp_path, "cookies.key"))

    threads = [threading.Thread(target=make) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 1


PROCESSES = 8


def test_many_processes_that_make_it_at_once_read_the_same(tmp_path):
    spawned = multiprocessing.get_context("spawn")
    together, read = spawned.Barrier(PROCESSES), spawned.SimpleQueue()
    makers = [spawned.Process(target=make_in, args=(tmp_path, together, read)) for _ in range(PROCESSES)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(60)

    assert [maker.exitcode for maker in makers] == [0] * PROCESSES
    assert {read.get() for _ in makers} == {(tmp_path / "cookies.key").read_bytes()}
    assert [path.name for path in tmp_path.iterdir()] == ["cookies.key"]


def make_in(folder: Path, together: Barrier, read) -> None:
    together.wait(60)
    read.put(keys.read_or_create(folder, "cookies.key"))


def test_a_key_that_is_there_is_read_and_nothing_is_written(tmp_path):
    first = keys.read_or_create(tmp_path, "cookies.key")
    os.utime(tmp_path, (0, 0))

    assert [keys.read_or_create(tmp_path, "cookies.key") for _ in range(3)] == [first] * 3
    assert tmp_path.stat().st_mtime == 0  # no draft came and went


def test_a_destroyed_key_is_gone(tmp_path):
    keys.create(tmp_path, "letters/1/sign")

    keys.destroy(tmp_path, "letters/1/sign")
    keys.destroy(tmp_path, "letters/1/sign")

    with pytest.raises(keys.KeyMissing):
        keys.read(tmp_path, "letters/1/sign")
