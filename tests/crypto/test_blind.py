from __future__ import annotations

import math

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from petitions.crypto import blind, tokens
from tests import sealed

MESSAGE = b"undersigned1.a-token"
BITS = 3072


@pytest.fixture
def key() -> rsa.RSAPrivateKey:
    return sealed.make_key()


# --- The vectors of RFC 9474, and another implementation ---------------------------------------------------
@pytest.mark.parametrize("vector", sealed.VECTORS, ids=lambda vector: vector["name"])
def test_every_step_gives_what_the_rfc_says(monkeypatch, vector):
    private = sealed.vector_key()
    factor = pow(vector["inv"], -1, vector["p"] * vector["q"])
    with monkeypatch.context() as drawn:  # the system's random source, for once, draws what the RFC's did
        drawn.setattr(blind.secrets, "token_bytes", lambda length: vector["salt"][:length])
        drawn.setattr(blind.secrets, "randbelow", lambda limit: factor - 1)
        asked = blind.blind(private.public_key(), vector["prepared_msg"])

    assert asked == (vector["blinded_msg"], vector["inv"])
    assert blind.blind_sign(private, vector["blinded_msg"]) == vector["blind_sig"]
    assert (
        blind.finalize(private.public_key(), vector["prepared_msg"], vector["blind_sig"], vector["inv"])
        == vector["sig"]
    )
    assert blind.verify(private.public_key(), vector["prepared_msg"], vector["sig"])


@pytest.mark.parametrize("other", sealed.OTHERS["keys"], ids=["first", "second"])
def test_another_implementation_gives_the_same(other):
    private = blind.load_private(tokens.from_text(other["private"]))
    public = blind.load_public(tokens.from_text(other["public"]))

    assert blind.public_bytes(private.public_key()) == tokens.from_text(other["public"])
    assert len(other["tokens"]) == 2
    for made in other["tokens"]:
        message, signature = made["message"].encode(), tokens.from_text(made["signature"])
        answer = blind.blind_sign(private, tokens.from_text(made["blinded"]))
        inverse = int.from_bytes(tokens.from_text(made["inverse"]), "big")
        assert answer == tokens.from_text(made["blind_signature"])
        assert blind.finalize(public, message, answer, inverse) == signature
        assert blind.verify(public, message, signature)
        assert tokens.Token.parse(made["message"]).key_id == blind.key_id(tokens.from_text(other["public"]))


# --- Signing -----------------------------------------------------------------------------------------------
def test_the_same_question_has_the_same_answer(key):
    blinded, inverse = blind.blind(key.public_key(), MESSAGE)

    answers = {blind.blind_sign(key, blinded) for _ in range(3)}

    assert [len(answer) for answer in answers] == [384]
    assert blind.verify(
        key.public_key(), MESSAGE, blind.finalize(key.public_key(), MESSAGE, *answers, inverse)
    )


def test_the_private_operation_never_sees_the_same_numbers_twice(monkeypatch, key):
    primes, seen = key.private_numbers(), []

    def watched(base, exponent, modulus):
        seen.append((modulus, base, exponent))
        return pow(base, exponent, modulus)

    monkeypatch.setattr(blind, "powmod_sec", watched)
    blinded, _inverse = blind.blind(key.public_key(), MESSAGE)
    for _ in range(3):
        blind.blind_sign(key, blinded)

    for prime, exponent in ((primes.p, primes.dmp1), (primes.q, primes.dmq1)):
        used = [(base, power) for modulus, base, power in seen if modulus == prime]
        bases, powers = {base for base, _ in used}, {power for _, power in used}
        assert (len(used), len(bases), len(powers)) == (3, 3, 3)
        assert int.from_bytes(blinded, "big") % prime not in {base % prime for base in bases}
        assert exponent not in powers


@pytest.mark.parametrize("part", ["dmp1", "dmq1", "iqmp"])
def test_a_fault_in_the_private_operation_is_caught(key, part):
    numbers = key.private_numbers()
    harmed = sealed.from_primes(numbers.p, numbers.q, **{part: getattr(numbers, part) ^ 1 << 700})
    blinded, _inverse = blind.blind(key.public_key(), MESSAGE)

    with pytest.raises(blind.SigningFailed):
        blind.blind_sign(harmed, blinded)


def test_without_that_check_a_fault_would_give_the_key_away(key):
    """The control: from one wrong answer, anybody computes a prime (Boneh, DeMillo, Lipton)."""
    numbers, modulus = key.private_numbers(), key.public_key().public_numbers().n
    harmed = sealed.from_primes(numbers.p, numbers.q, dmp1=numbers.dmp1 ^ 1 << 700).private_numbers()
    value = int.from_bytes(blind.blind(key.public_key(), MESSAGE)[0], "big")

    wrong = blind._root(harmed, value)

    assert math.gcd(pow(wrong, 65537, modulus) - value, modulus) == numbers.q


@pytest.mark.parametrize(
    ("value", "length"),
    [
        (lambda n: 0, 384),
        (lambda n: 1, 384),
        (lambda n: n - 1, 384),
        (lambda n: n, 384),
        (lambda n: n + 2, 384),
        (lambda n: (1 << BITS) - 1, 384),
        (lambda n: 2, 383),
        (lambda n: 2, 385),
        (lambda n: 0, 0),
    ],
)
def test_numbers_and_lengths_that_nobody_needs_are_refused(key, value, length):
    blinded = value(key.public_key().public_numbers().n).to_bytes(length, "big")

    with pytest.raises(blind.BlindedNotUsable):
        blind.blind_sign(key, blinded)


@pytest.mark.parametrize("value", [lambda n: 2, lambda n: n - 2])
def test_the_outermost_numbers_are_signed(key, value):
    numbers = key.public_key().public_numbers()
    blinded = value(numbers.n).to_bytes(384, "big")

    answer = blind.blind_sign(key, blinded)

    assert pow(int.from_bytes(answer, "big"), 65537, numbers.n) == value(numbers.n)


# --- Asking ------------------------------------------------------------------------------------------------
def test_what_was_issued_fits_every_token_equally_well(key):
    """All pairs: for each there is one factor that explains it, and the true ones do not stand out."""
    n, e = key.public_key().public_numbers().n, 65537
    issued, counted = [], []
    for number in range(12):
        message = b"%d" % number
        blinded, inverse = blind.blind(key.public_key(), message)
        answer = blind.blind_sign(key, blinded)
        signature = blind.finalize(key.public_key(), message, answer, inverse)
        issued.append((int.from_bytes(blinded, "big"), int.from_bytes(answer, "big")))
        counted.append(int.from_bytes(signature, "big"))

    factors = {}
    for row, (blinded, answer) in enumerate(issued):
        for column, signature in enumerate(counted):
            factor = factors[row, column] = answer * pow(signature, -1, n) % n
            assert pow(signature, e, n) * pow(factor, e, n) % n == blinded

    assert len(set(factors.values())) == 144
    assert min(factor.bit_length() for factor in factors.values()) > BITS - 64


def test_nothing_is_drawn_twice(key):
    drawn = [blind.blind(key.public_key(), MESSAGE) for _ in range(20)]
    signatures = {blind.finalize(key.public_key(), MESSAGE, blind.blind_sign(key, b), i) for b, i in drawn}

    assert len({blinded for blinded, _ in drawn}) == len({inverse for _, inverse in drawn}) == 20
    assert len(signatures) == 20  # the salts differ


def test_a_factor_without_an_inverse_is_drawn_anew(monkeypatch, key):
    p, n = key.private_numbers().p, key.public_key().public_numbers().n
    draws = iter([p - 1, n - 2, 6])
    monkeypatch.setattr(blind.secrets, "randbelow", lambda limit: next(draws))

    assert blind._factor(n) == (n - 1, n - 1)
    assert blind._factor(n) == (7, pow(7, -1, n))


@pytest.mark.parametrize(
    "harm",
    [
        lambda answer: b"",
        lambda answer: answer[:-1],
        lambda answer: b"\x00" + answer,
        lambda answer: bytes(384),
        lambda answer: answer[:-1] + bytes([answer[-1] ^ 1]),
        lambda answer: answer[::-1],
    ],
)
def test_an_answer_that_is_not_the_signature_is_refused(key, harm):
    blinded, inverse = blind.blind(key.public_key(), MESSAGE)
    answer = harm(blind.blind_sign(key, blinded))

    with pytest.raises(blind.NotSigned):
        blind.finalize(key.public_key(), MESSAGE, answer, inverse)


def test_an_answer_by_another_key_is_refused(key):
    """A key for each person would tell people apart; it does not get past whoever holds the public one."""
    other = sealed.make_key("another")
    blinded, inverse = blind.blind(key.public_key(), MESSAGE)
    fitted = int.from_bytes(blinded, "big") % other.public_key().public_numbers().n

    answer = blind.blind_sign(other, fitted.to_bytes(384, "big"))

    with pytest.raises(blind.NotSigned):
        blind.finalize(key.public_key(), MESSAGE, answer, inverse)


def test_a_modulus_that_shares_a_factor_with_the_message_is_refused():
    even = serialization.load_der_public_key(sealed.even_spki())

    with pytest.raises(blind.KeyNotUsable):
        blind.blind(even, MESSAGE)


# --- Verifying ---------------------------------------------------------------------------------------------
def test_only_the_signature_of_this_message_by_this_key_passes(key):
    wrong = sealed.bad_signatures(key, MESSAGE)

    passed = [name for name, signature in wrong.items() if blind.verify(key.public_key(), MESSAGE, signature)]

    assert blind.verify(key.public_key(), MESSAGE, sealed.sign(key, MESSAGE))
    assert blind.verify(key.public_key(), MESSAGE, sealed.oddly_encoded(key, MESSAGE))  # nothing odd said
    assert passed == []


# --- Keys --------------------------------------------------------------------------------------------------
def test_a_key_comes_back_from_its_bytes(key):
    private, public = blind.private_bytes(key), sealed.spki_of(key)

    assert blind.load_private(private).private_numbers() == key.private_numbers()
    assert blind.load_public(public).public_numbers() == key.public_key().public_numbers()
    assert (len(public), len(blind.key_id(public))) == (422, 64)
    assert public[:4].hex() == "308201a2"
    assert public[-5:].hex() == "0203010001"
    assert blind.key_id(public) != blind.key_id(sealed.spki_of(sealed.make_key("another")))


def test_a_new_key_signs_and_is_like_every_other():
    key = blind.load_private(blind.private_bytes(blind.new_key()))

    assert blind.verify(key.public_key(), MESSAGE, sealed.sign(key, MESSAGE))
    assert blind.load_public(sealed.spki_of(key)).key_size == BITS
    assert sealed.spki_of(key)[:33] == sealed.spki_of(sealed.make_key())[:33]


@pytest.mark.parametrize("wrong", sealed.bad_public_keys())
def test_a_public_key_of_another_form_is_refused(wrong):
    with pytest.raises(blind.KeyNotUsable):
        blind.load_public(sealed.bad_public_keys()[wrong])


def bad_private_keys():
    key = sealed.make_key()
    numbers, good = key.private_numbers(), blind.private_bytes(key)
    locked = serialization.BestAvailableEncryption(b"word")
    fields = (serialization.Encoding.DER, serialization.PrivateFormat.PKCS8)
    return {
        "nothing": b"",
        "cut": good[:-1],
        "a fault": blind.private_bytes(sealed.from_primes(numbers.p, numbers.q, dmp1=numbers.dmp1 ^ 2)),
        "the public half": sealed.spki_of(key),
        "another exponent": blind.private_bytes(rsa.generate_private_key(3, BITS)),
        "2048 bits": blind.private_bytes(rsa.generate_private_key(65537, 2048)),
        "4096 bits": blind.private_bytes(sealed.vector_key()),
        "a curve": ec.generate_private_key(ec.SECP256R1()).private_bytes(
            *fields, serialization.NoEncryption()
        ),
        "behind a password": key.private_bytes(*fields, locked),
    }


def test_a_private_key_of_another_form_is_refused():
    for wrong, data in bad_private_keys().items():
        with pytest.raises(blind.KeyNotUsable):
            pytest.fail(f"loaded: {wrong}, {blind.load_private(data)}")
