import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from petitions.embedded import broker
from petitions.embedded.parts import Part


@pytest.fixture
def part(short_path: Path) -> Iterator[Part]:
    part = broker.part(short_path / "valkey.sock", short_path)
    part.start()
    broker.wait(short_path / "valkey.sock", short_path)
    yield part
    part.kill()


@pytest.fixture
def client(part: Part, short_path: Path) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=str(short_path / "valkey.sock"), decode_responses=True) as client:
        yield client


def test_it_listens_on_a_private_socket_alone(client, short_path):
    assert client.config_get("port") == {"port": "0"}
    assert stat.S_IMODE((short_path / "valkey.sock").stat().st_mode) == 0o700


def test_it_never_drops_work_to_make_room(client):
    assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_what_it_held_is_in_no_file(part, client, short_path):
    """It remembers papers for ten minutes, with all names. What waited is in the database."""
    client.rpush("undersigned", "doorbell")

    part.ask_to_end()
    part.process.wait()
    files = [path for path in (short_path / "broker").rglob("*") if path.is_file()]

    assert [path.name for path in files] == ["valkey.log"]
    assert "doorbell" not in files[0].read_text()


def test_it_comes_back_on_the_same_socket_after_a_kill(part, client, short_path):
    part.kill()
    part.restart()
    broker.wait(short_path / "valkey.sock", short_path)

    assert client.ping()


def test_it_prints_nothing(part, client, capfd):
    part.ask_to_end()
    part.process.wait()

    assert capfd.readouterr() == ("", "")


def test_what_it_holds_stays_open_until_it_ends(short_path):
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    part = broker.part(short_path / "valkey.sock", short_path, holds=[writer])
    part.start()
    os.close(writer)
    with pytest.raises(BlockingIOError):
        os.read(reader, 1)

    part.kill()

    assert os.read(reader, 1) == b""
