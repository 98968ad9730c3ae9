"""Letters drawn by chance: the system is asked once for all of them, and each is as likely as any other."""

import secrets


class Alphabet:
    """Of ASCII letters."""

    def __init__(self, letters: str) -> None:
        size = len(letters)
        even = 256 // size * size
        self._letters = "".join(letters[byte % size] for byte in range(256)).encode("ascii")
        self._beyond = bytes(range(even, 256))  # the last whole alphabet: these are drawn again

    def drawn(self, length: int) -> str:
        found = b""
        while len(found) < length:
            found += secrets.token_bytes(2 * length).translate(self._letters, self._beyond)
        return found[:length].decode("ascii")
