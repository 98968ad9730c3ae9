"""What the tests of sealed signatures share: keys, published vectors, and everything that must be refused."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from petitions.crypto import blind, tokens, typed

DATA = Path(__file__).parent / "data"
LETTER = "ask-before-you-watch-us"
VERSION = "5a" * 32
RFC9474 = json.loads((DATA / "rfc9474.json").read_text(encoding="utf-8"))
OTHERS = json.loads((DATA / "blindrsa_ts.json").read_text(encoding="utf-8"))  # see blindrsa_ts.mjs
VECTORS = [
    {"p": int(RFC9474["p"], 16), "q": int(RFC9474["q"], 16), "inv": int(RFC9474["inv"], 16)}
    | {"salt": bytes.fromhex(RFC9474["salt"]), "name": vector["name"]}
    | {name: bytes.fromhex(vector[name]) for name in ("prepared_msg", "blinded_msg", "blind_sig", "sig")}
    for vector in RFC9474["vectors"]
]
RSASSA_PSS = bytes.fromhex("300b06092a864886f70d01010a")  # an AlgorithmIdentifier that browsers refuse


@cache
def make_key(name: str = "ours") -> rsa.RSAPrivateKey:
    """One of two written keys, for a fresh one takes its time: `ours`, `another`."""
    return blind.load_private(tokens.from_text(OTHERS["keys"][["ours", "another"].index(name)]["private"]))


def spki_of(key: rsa.RSAPrivateKey) -> bytes:
    return blind.public_bytes(key.public_key())


def key_line_of(key: rsa.RSAPrivateKey, *, letter: str = LETTER, version: str = VERSION) -> str:
    return tokens.key_line(letter, version, spki_of(key))


def make_token(key: rsa.RSAPrivateKey, receipt: str = "", **parts: str) -> tokens.Token:
    number = tokens.number(receipt or typed.new_receipt())
    fields = {"letter": LETTER, "version": VERSION, "key_id": blind.key_id(spki_of(key)), "number": number}
    return tokens.Token(**fields | parts)


def sign(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    """All four steps, ours."""
    blinded, inverse = blind.blind(key.public_key(), message)
    return blind.finalize(key.public_key(), message, blind.blind_sign(key, blinded), inverse)


def vector_key() -> rsa.RSAPrivateKey:
    return from_primes(VECTORS[0]["p"], VECTORS[0]["q"])


def from_primes(p: int, q: int, **harmed: int) -> rsa.RSAPrivateKey:
    """A key of these primes; with harm, its numbers no longer fit each other, as after a fault in memory."""
    d = pow(blind.EXPONENT, -1, (p - 1) * (q - 1))
    fields: dict[str, Any] = {"p": p, "q": q, "d": d, "dmp1": d % (p - 1), "dmq1": d % (q - 1)}
    fields |= {"iqmp": pow(q, -1, p), "public_numbers": rsa.RSAPublicNumbers(blind.EXPONENT, p * q)}
    return rsa.RSAPrivateNumbers(**fields | harmed).private_key(unsafe_skip_rsa_key_validation=True)


@cache
def bad_public_keys() -> dict[str, bytes]:
    """Public keys that each of the three programs must refuse, by what is wrong with them."""
    good = spki_of(make_key())
    modulus = make_key().public_key().public_numbers().n
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    body = good[19:]  # the bit string, behind the header and the AlgorithmIdentifier
    return {
        "nothing": b"",
        "cut": good[:-1],
        "a byte more": good + b"\x00",
        "another exponent": der(rsa.RSAPublicNumbers(3, modulus).public_key()),
        "another exponent of that length": der(rsa.RSAPublicNumbers(65539, modulus).public_key()),
        "an exponent spelled longer": _longer(good[:-5]) + bytes.fromhex("020400010001"),
        "a length spelled longer": bytes.fromhex("30830001a2") + good[4:],
        "2048 bits": der(rsa.generate_private_key(65537, 2048).public_key()),
        "4096 bits": der(vector_key().public_key()),
        "3071 bits": der(rsa.RSAPublicNumbers(65537, modulus >> 1 | 1).public_key()),
        "3071 bits in the same frame": good[:33] + bytes([good[33] & 0x7F]) + good[34:],
        "an even modulus": even_spki(),
        "the kind that browsers refuse": b"\x30\x82"
        + (len(RSASSA_PSS + body)).to_bytes(2, "big")
        + RSASSA_PSS
        + body,
        "a curve": der(curve),
    }


def even_spki() -> bytes:
    """Every encoded message is even, and shares a factor with this modulus."""
    good = spki_of(make_key())
    return good[:-6] + bytes([good[-6] ^ 1]) + good[-5:]


def _longer(head: bytes) -> bytes:
    """The three lengths around the exponent, one more each."""
    for before, after in (("308201a2", "308201a3"), ("0382018f", "03820190"), ("3082018a", "3082018b")):
        head = head.replace(bytes.fromhex(before), bytes.fromhex(after), 1)
    return head


def der(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def bad_signatures(key: rsa.RSAPrivateKey, message: bytes) -> dict[str, bytes]:
    """What must not pass as this key's signature of this message, by what is wrong with it."""
    good = sign(key, message)
    blinded, _inverse = blind.blind(key.public_key(), message)
    other_hash = padding.PSS(padding.MGF1(hashes.SHA256()), 48)
    return {
        "nothing": b"",
        "cut": good[:-1],
        "a byte more": good + b"\x00",
        "a zero before": b"\x00" + good,
        "one bit": good[:100] + bytes([good[100] ^ 1]) + good[101:],
        "zero": bytes(384),
        "a second spelling": _second_spelling(key, message),
        "another message": sign(key, message + b"0"),
        "another key": sign(make_key("another"), message),
        "still blinded": blind.blind_sign(key, blinded),
        "no salt": salted(key, message, 0),
        "a short salt": salted(key, message, 32),
        "a long salt": salted(key, message, 64),
        "another hash": key.sign(message, other_hash, hashes.SHA256()),
        "another mask": key.sign(message, other_hash, hashes.SHA384()),
        "another padding": key.sign(message, padding.PKCS1v15(), hashes.SHA384()),
        "another trailer": oddly_encoded(key, message, trailer=0xCC),
        "another separator": oddly_encoded(key, message, separator=2),
        "a filled gap": oddly_encoded(key, message, gap=1),
        "the topmost bit": oddly_encoded(key, message, top=0x80),
    }


def oddly_encoded(
    key: rsa.RSAPrivateKey,
    message: bytes,
    *,
    trailer: int = 0xBC,
    separator: int = 1,
    gap: int = 0,
    top: int = 0,
) -> bytes:
    """EMSA-PSS with one thing wrong and the hash right: only whoever looks at every byte finds out."""
    salt = bytes(48)
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = bytes(285) + bytes([gap, separator]) + salt
    mask = b"".join(hashlib.sha384(digest + bytes([0, 0, 0, count])).digest() for count in range(7))
    masked = bytes(a ^ b for a, b in zip(block, mask[: len(block)], strict=True))
    masked = bytes([masked[0] & 0x7F | top]) + masked[1:]
    numbers = key.private_numbers()
    encoded = int.from_bytes(masked + digest + bytes([trailer]), "big")
    return pow(encoded, numbers.d, numbers.public_numbers.n).to_bytes(384, "big")


def salted(key: rsa.RSAPrivateKey, message: bytes, length: int) -> bytes:
    return key.sign(message, padding.PSS(padding.MGF1(hashes.SHA384()), length), hashes.SHA384())


def _second_spelling(key: rsa.RSAPrivateKey, message: bytes) -> bytes:
    """A good signature's number and the modulus, where that still fits: found soon, for the salt changes."""
    modulus = key.public_key().public_numbers().n
    numbers = (int.from_bytes(salted(key, message, 48), "big") + modulus for _ in range(10_000))
    return next(number for number in numbers if number < 1 << 3072).to_bytes(384, "big")
