"""A broker that was silent for a moment takes no place from a worker."""

from __future__ import annotations

import signal

import pytest
from kombu import Connection
from redis.exceptions import RedisError

from config.broker import Places
from tests import valkey


def test_a_message_that_could_not_be_confirmed_keeps_no_place(tmp_path):
    with valkey.running(tmp_path / "own.sock") as server:
        seconds = {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
        connection = Connection(f"redis+socket://{tmp_path}/own.sock", transport_options=seconds)
        queue = connection.SimpleQueue("places")
        queue.put("one")
        queue.put("two")
        queue.channel.basic_qos(0, 1, False)
        message = queue.get(timeout=5)
        assert isinstance(queue.channel.qos, Places)
        assert not queue.channel.qos.can_consume()

        server.send_signal(signal.SIGSTOP)
        with pytest.raises(RedisError):
            message.ack()
        server.send_signal(signal.SIGCONT)

        assert queue.channel.qos.can_consume()
        second = queue.get(timeout=5)
        assert second.payload == "two"
        second.ack()
        connection.release()
