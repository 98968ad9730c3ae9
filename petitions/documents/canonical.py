"""Canonical JSON after RFC 8785 (JSON Canonicalization Scheme), for everything we hash.

Keys are sorted by UTF-16 code units, there is no white space, text is UTF-8 and kept as it is. Fractions are
refused: we have none, and their canonical form is the one difficult part of the RFC.
"""

import hashlib
import json

LARGEST = 2**53 - 1  # beyond this, JSON numbers of other programs are no longer exact (I-JSON, RFC 7493)


def canonical(value: object) -> bytes:
    """Bytes that are the same wherever this value is written down. Half a character is a ValueError."""
    return _json(value).encode()


def sha256_hex(value: object) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _json(value: object) -> str:
    match value:
        case None | bool() | str():
            return json.dumps(value, ensure_ascii=False)  # escapes exactly what the RFC escapes
        case int():
            return _number(value)
        case list():
            return "[" + ",".join(map(_json, value)) + "]"
        case dict():
            return "{" + ",".join(f"{_json(key)}:{_json(value[key])}" for key in _sorted(value)) + "}"
    raise TypeError(f"{type(value).__name__} has no canonical form here")


def _number(value: int) -> str:
    if abs(value) > LARGEST:
        raise ValueError("integers beyond 2**53 - 1 are not exact in JSON; write them as text")
    return str(int(value))


def _sorted(value: dict[object, object]) -> list[str]:
    keys = [key for key in value if isinstance(key, str)]
    if len(keys) < len(value):
        raise TypeError("keys are text")
    return sorted(keys, key=lambda key: key.encode("utf-16-be"))
