"""Blind signatures: RSABSSA-SHA384-PSS-Deterministic (RFC 9474) under RSA keys of 3072 bits.

Somebody hides a message behind a random factor, the server signs what it cannot read, and removing the factor
leaves an ordinary RSA-PSS signature that fits every time the key was asked equally well.

`cryptography` makes and writes keys, and verifies. It has no raw private operation, so that one is here, by GMP's
`powmod_sec`, whose time and memory accesses do not depend on exponent or value. The time of the little arithmetic
around it does, which is GMP's too: Python's takes ten times as long. RFC 9474 (7.1) asks for a countermeasure:
number and exponents are masked with fresh random numbers at every call, which is the known answer to somebody who
measures replies. It is none to somebody who watches the processor from the same machine.

All numbers are big-endian bytes, as long as the modulus: 384 bytes.
"""

import hashlib
import math
import secrets
from contextlib import suppress

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from gmpy2 import context, invert, mpz, powmod, powmod_sec

BITS = 3072
EXPONENT = 65537
SALT = 48  # bytes; said as a number everywhere, for "whatever is found" would let a salt carry a message
DIGEST = 48  # bytes of SHA-384
MASK = 64  # bits by which an exponent is moved
PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA384()), salt_length=SALT)


class KeyNotUsable(Exception):
    """Not a key of ours: another kind, size or exponent, damaged, or written in another way."""


class BlindedNotUsable(Exception):
    """Not 384 bytes, or a number outside 2 … n - 2: nothing that `blind` gives."""


class SigningFailed(Exception):
    """The private operation came out wrong; its result would have given the key away."""


class NotSigned(Exception):
    """What came back is not this key's signature of what was blinded."""


# --- Keys --------------------------------------------------------------------------------------------------
def new_key() -> rsa.RSAPrivateKey:
    """A fresh key, for one letter and one proof and nothing else (RFC 9474, 6.2). Takes up to a second."""
    return rsa.generate_private_key(public_exponent=EXPONENT, key_size=BITS)


def private_bytes(key: rsa.RSAPrivateKey) -> bytes:
    """Unencrypted PKCS #8 in DER, for a file in `KEYS_DIR`: about 1,800 bytes."""
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_private(data: bytes) -> rsa.RSAPrivateKey:
    """What `private_bytes` wrote, its numbers checked against each other. Raises `KeyNotUsable`.

    Whether its primes are primes was seen when it was made: to see it again takes thirty times as long as to sign.
    """
    try:
        key = serialization.load_der_private_key(data, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyNotUsable from None
    if not isinstance(key, rsa.RSAPrivateKey) or not _is_ours(key.public_key()) or not _fits(key):
        raise KeyNotUsable
    return key


def _fits(key: rsa.RSAPrivateKey) -> bool:
    """As RFC 8017 (3.2) relates the numbers of a key with two primes."""
    numbers = key.private_numbers()
    p, q, exponent = numbers.p, numbers.q, numbers.public_numbers.e
    return (
        p * q == numbers.public_numbers.n
        and numbers.dmp1 == numbers.d % (p - 1)
        and numbers.dmq1 == numbers.d % (q - 1)
        and exponent * numbers.dmp1 % (p - 1) == exponent * numbers.dmq1 % (q - 1) == 1
        and numbers.iqmp * q % p == 1
    )


def public_bytes(key: rsa.RSAPublicKey) -> bytes:
    """SubjectPublicKeyInfo in DER, 422 bytes, with the OID rsaEncryption: browsers refuse the one of RSASSA-PSS."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def load_public(spki: bytes) -> rsa.RSAPublicKey:
    """What `public_bytes` wrote, in exactly these bytes, so that a key has one id. Raises `KeyNotUsable`."""
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyNotUsable from None
    if not isinstance(key, rsa.RSAPublicKey) or not _is_ours(key) or public_bytes(key) != spki:
        raise KeyNotUsable
    return key


def key_id(spki: bytes) -> str:
    """SHA-256 of the public key's bytes in 64 hexadecimal digits: the fingerprint that people compare."""
    return hashlib.sha256(spki).hexdigest()


def _is_ours(key: rsa.RSAPublicKey) -> bool:
    numbers = key.public_numbers()
    return numbers.n.bit_length() == BITS and numbers.n % 2 == 1 and numbers.e == EXPONENT


# --- The server's side -------------------------------------------------------------------------------------
def blind_sign(key: rsa.RSAPrivateKey, blinded: bytes) -> bytes:
    """BlindSign (RFC 9474, 4.3): 384 bytes for 384 bytes, the same for the same.

    Raises `BlindedNotUsable`, and `SigningFailed` when raising the result by the public exponent does not lead
    back: a fault in one half of the calculation would otherwise tell a prime.
    """
    numbers = key.private_numbers()
    public = numbers.public_numbers
    value = _number(blinded, public.n)
    root = _root(numbers, value)
    if powmod(root, public.e, public.n) != value:
        raise SigningFailed
    return root.to_bytes(len(blinded), "big")


def require_usable(key: rsa.RSAPrivateKey, blinded: bytes) -> None:
    """For whoever has to know it before they use something up. Raises `BlindedNotUsable`."""
    _number(blinded, key.private_numbers().public_numbers.n)


def verify(key: rsa.RSAPublicKey, message: bytes, signature: bytes) -> bool:
    """Whether these 384 bytes are this key's signature of the message (RFC 9474, 4.5; RFC 8017, 8.1.2)."""
    try:
        key.verify(signature, message, PSS, hashes.SHA384())
    except InvalidSignature:
        return False
    return True


def _number(blinded: bytes, modulus: int) -> int:
    """0, 1 and n - 1 are their own roots, n and more are second spellings: no honest `blind` gives them."""
    value = int.from_bytes(blinded, "big")
    if len(blinded) != _size(modulus) or not 1 < value < modulus - 1:
        raise BlindedNotUsable
    return value


def _root(numbers: rsa.RSAPrivateNumbers, value: int) -> int:
    """RSASP1 by the two primes (RFC 8017, 5.1.2), on the value times a random power that is taken off again."""
    modulus, p, q = mpz(numbers.public_numbers.n), mpz(numbers.p), mpz(numbers.q)
    factor, inverse = _factor(numbers.public_numbers.n)
    hidden = value * powmod(factor, numbers.public_numbers.e, modulus) % modulus
    first = _masked_power(hidden, numbers.dmp1, p)
    second = _masked_power(hidden, numbers.dmq1, q)
    height = (first - second) * numbers.iqmp % p
    return int((second + height * q) * inverse % modulus)


def _masked_power(value: mpz, exponent: int, prime: mpz) -> mpz:
    """The same power, by an exponent that is another one each time (Fermat)."""
    masked = exponent + secrets.randbits(MASK) * (prime - 1)
    with context(allow_release_gil=True):  # for this alone: what is shorter would wait longer to get it back
        return powmod_sec(value % prime, masked, prime)


# --- The asker's side: reference for the browser module and the offline tool, and used by tests ------------
def blind(key: rsa.RSAPublicKey, message: bytes) -> tuple[bytes, int]:
    """Blind (RFC 9474, 4.2): what the server may see, 384 bytes, and the secret number that `finalize` needs.

    The message must hold at least 128 bits that nobody can guess: preparation is the identity (4.1, 7.3). Salt and
    factor are drawn here and are no parameters, so that nothing can be smuggled in them (7.4). Raises
    `KeyNotUsable` for a modulus that shares a factor with the message.
    """
    numbers = key.public_numbers()
    value = int.from_bytes(_encoded(message, numbers.n.bit_length() - 1), "big")
    if math.gcd(value, numbers.n) != 1:
        raise KeyNotUsable
    factor, inverse = _factor(numbers.n)
    blinded = int(value * powmod(factor, numbers.e, numbers.n) % numbers.n)
    return blinded.to_bytes(_size(numbers.n), "big"), inverse


def finalize(key: rsa.RSAPublicKey, message: bytes, blind_signature: bytes, inverse: int) -> bytes:
    """Finalize (RFC 9474, 4.4): the signature, 384 bytes, once it was verified. Raises `NotSigned`."""
    modulus = key.public_numbers().n
    if len(blind_signature) != _size(modulus):
        raise NotSigned
    number = int.from_bytes(blind_signature, "big") * inverse % modulus
    signature = number.to_bytes(_size(modulus), "big")
    if not verify(key, message, signature):
        raise NotSigned
    return signature


def _factor(modulus: int) -> tuple[int, int]:
    """A number drawn evenly from those that have an inverse, and the inverse."""
    while True:
        factor = secrets.randbelow(modulus - 1) + 1
        with suppress(ZeroDivisionError):  # it has none
            return factor, int(invert(factor, modulus))


def _size(modulus: int) -> int:
    return (modulus.bit_length() + 7) // 8


def _encoded(message: bytes, bits: int) -> bytes:
    """EMSA-PSS (RFC 8017, 9.1.1) with SHA-384, MGF1 and a fresh salt: a number of at most so many bits."""
    size = (bits + 7) // 8
    salt = secrets.token_bytes(SALT)
    digest = hashlib.sha384(bytes(8) + hashlib.sha384(message).digest() + salt).digest()
    block = (b"\x01" + salt).rjust(size - DIGEST - 1, b"\x00")
    masked = int.from_bytes(block, "big") ^ int.from_bytes(_mask(digest, len(block)), "big")
    masked &= (1 << bits - 8 * (DIGEST + 1)) - 1
    return masked.to_bytes(len(block), "big") + digest + b"\xbc"


def _mask(seed: bytes, length: int) -> bytes:
    """MGF1 (RFC 8017, B.2.1)."""
    counts = range(-(-length // DIGEST))
    return b"".join(hashlib.sha384(seed + count.to_bytes(4, "big")).digest() for count in counts)[:length]
