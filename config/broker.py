"""Kombu's Redis, with one thing put right: a broker that was silent for a moment does not end a worker's work.

Kombu keeps the place of a message whose acknowledgement was not answered. With few places a worker then takes up
nothing more, for ever, and looks alive.
"""

from __future__ import annotations

from kombu.transport import redis
from redis.exceptions import RedisError


class Places(redis.QoS):
    def ack(self, delivery_tag: str) -> None:
        """The message comes again after a while, as every task here may."""
        try:
            super().ack(delivery_tag)
        except (RedisError, OSError):
            self._quick_ack(delivery_tag)
            raise


def put_right() -> None:
    redis.Channel.QoS = Places
