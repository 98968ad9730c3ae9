"""Files locked to a public key: in little memory, and believed only when they were read to their end."""

from __future__ import annotations

import io

import pytest

from petitions.crypto import age

SIZE = 32_000_000
MOST_HELD = 1_000_000


class Zeros:
    """A large file that nobody holds."""

    def __init__(self) -> None:
        self.left = SIZE

    def read(self, size: int) -> bytes:
        size = min(size, self.left)
        self.left -= size
        return bytes(size)


class Counting:
    """What is written, counted and let go; and how much was read by then and not written."""

    def __init__(self, source: Zeros) -> None:
        self.source, self.written, self.most_held = source, 0, 0

    def write(self, data: bytes) -> int:
        self.written += len(data)
        self.most_held = max(self.most_held, SIZE - self.source.left - self.written)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""


def test_a_large_file_is_never_held():
    source = Zeros()
    target = Counting(source)

    age.lock(source, target, [age.new_identity()[1]])

    assert (target.written > SIZE, target.most_held < MOST_HELD) == (True, True)


def locked(*public_keys: str) -> bytes:
    target = io.BytesIO()
    age.lock(io.BytesIO(b"Ada Lovelace" * 20_000), target, public_keys)
    return target.getvalue()


def test_whoever_holds_one_of_the_identities_opens_it():
    (first, one), (second, two), (stranger, _key) = (age.new_identity() for _ in range(3))
    content = locked(one, two)

    for secret in (first, second):
        target = io.BytesIO()
        age.open_with(age.identities(f"# mine\n\n{secret}\n"), io.BytesIO(content), target)
        assert target.getvalue() == b"Ada Lovelace" * 20_000
    with pytest.raises(age.NotForThem):
        age.open_with(age.identities(stranger), io.BytesIO(content), io.BytesIO())
    assert b"Ada Lovelace" not in content


class Stops:
    def __init__(self, failure: BaseException) -> None:
        self.failure = failure

    def read(self, _size: int) -> bytes:
        raise self.failure

    write = read

    def flush(self) -> None:
        """Nothing waits."""


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_a_stream_says_is_what_is_heard(failure):
    """The library makes a sentence of it, so that a full disk would look like a damaged file."""
    secret, public = age.new_identity()
    content, identities = locked(public), age.identities(secret)

    for act in (
        lambda: age.lock(Stops(failure), io.BytesIO(), [public]),
        lambda: age.lock(io.BytesIO(bytes(200_000)), Stops(failure), [public]),
        lambda: age.open_with(identities, Stops(failure), io.BytesIO()),
        lambda: age.open_with(identities, io.BytesIO(content), Stops(failure)),
    ):
        with pytest.raises(type(failure)) as heard:
            act()
        assert heard.value is failure


@pytest.mark.parametrize("text", ["", "# nothing", "age1v6symerd5wf8v", "AGE-SECRET-KEY-1QQQ"])
def test_what_is_no_identity_is_none(text):
    with pytest.raises(age.NoIdentity):
        age.identities(text)
