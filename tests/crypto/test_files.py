from __future__ import annotations

import stat

import pytest

from petitions.crypto import files


def test_a_replaced_file_is_private_and_whole(tmp_path):
    path = tmp_path / "epoch"

    files.replace(path, b"one")
    files.replace(path, b"two")

    assert path.read_bytes() == b"two"
    assert path.stat().st_mtime > 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_one_that_is_not_dated_says_nothing_of_when(tmp_path):
    files.replace(tmp_path / "2026-11", b"digest", is_dated=False)

    assert (tmp_path / "2026-11").stat().st_mtime == 0


@pytest.mark.parametrize("write", [files.make, files.replace])
def test_where_it_cannot_be_written_everything_is_as_it_was(tmp_path, write, monkeypatch):
    path = tmp_path / "key"
    path.write_bytes(b"first")
    monkeypatch.setattr(files.os, "fsync", _full)

    with pytest.raises(OSError, match="No space left"):
        write(path, b"second")

    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_there_is_not_made_again(tmp_path):
    files.make(tmp_path / "key", b"first")

    with pytest.raises(FileExistsError):
        files.make(tmp_path / "key", b"second")

    assert (tmp_path / "key").read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [tmp_path / "key"]


def _full(_handle: int) -> None:
    raise OSError(28, "No space left on device")
