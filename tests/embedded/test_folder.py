import stat
from pathlib import Path

import pytest

from petitions.embedded import Refused, folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_for_its_owner_alone(tmp_path):
    assert mode(folder.make(tmp_path / "var")) == 0o700


def test_a_secret_is_made_once_and_read_by_its_owner_alone(tmp_path):
    path = tmp_path / "secret_key"
    folder.make_secret(path)
    first = path.read_text()

    folder.make_secret(path)

    assert path.read_text() == first
    assert len(first) == 64
    assert mode(path) == 0o600


def test_two_folders_have_two_secrets(tmp_path):
    folder.make_secret(tmp_path / "one")
    folder.make_secret(tmp_path / "two")

    assert (tmp_path / "one").read_text() != (tmp_path / "two").read_text()


def test_what_a_killed_start_left_is_replaced(tmp_path):
    (tmp_path / "secret_key.new").write_text("half")

    folder.make_secret(tmp_path / "secret_key")

    assert len((tmp_path / "secret_key").read_text()) == 64
    assert not (tmp_path / "secret_key.new").exists()


def test_only_one_at_a_time_holds_the_folder(tmp_path):
    with folder.lock(tmp_path), pytest.raises(Refused) as refusal:
        folder.lock(tmp_path)

    assert str(refusal.value).startswith(f"Undersigned already runs on {tmp_path}: ")
    folder.lock(tmp_path).close()


def test_sockets_lie_in_the_data_folder(tmp_path):
    sockets = folder.make_socket_folder(tmp_path)

    assert sockets == tmp_path / "run"
    assert mode(sockets) == 0o700


def test_sockets_leave_a_data_folder_whose_path_is_too_long(tmp_path):
    data = tmp_path / ("long" * 25)

    sockets = folder.make_socket_folder(data)

    assert not sockets.is_relative_to(data)
    assert mode(sockets) == 0o700
    assert len(f"{sockets}{folder.LONGEST_SOCKET_NAME}") <= folder.LONGEST_SOCKET_PATH
    sockets.rmdir()
