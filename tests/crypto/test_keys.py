from __future__ import annotations

import stat
import threading

import pytest

from petitions.crypto import keys


def test_a_key_is_made_once_and_is_private(tmp_path):
    keys.create(tmp_path, "letters/1/sign")
    first = keys.read(tmp_path, "letters/1/sign")

    keys.create(tmp_path, "letters/1/sign")

    assert keys.read(tmp_path, "letters/1/sign") == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "letters/1/sign").stat().st_mode) == 0o600
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


def test_a_destroyed_key_is_gone(tmp_path):
    keys.create(tmp_path, "letters/1/sign")

    keys.destroy(tmp_path, "letters/1/sign")
    keys.destroy(tmp_path, "letters/1/sign")

    with pytest.raises(keys.KeyMissing):
        keys.read(tmp_path, "letters/1/sign")
