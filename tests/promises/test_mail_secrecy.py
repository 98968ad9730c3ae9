"""P13, in secrecy: only the server that was meant hears anything, and what it repeats of our secrets is not kept."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.promises.faults import FaultyServer, in_turn, says
from tests.promises.outbox import connect, delivered_to_one_recipient, outcome, sweep

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P13")]

STARTTLS = {"EMAIL_SECURITY": "starttls"}
LOGIN = {"EMAIL_HOST_USER": "undersigned", "EMAIL_HOST_PASSWORD": "top secret"}


def test_a_password_that_the_server_repeats_is_not_kept(settings):
    script = {"AUTH": says("535 AUTH PLAIN AHVuZGVyc2lnbmVkAHRvcCBzZWNyZXQ= is wrong")}
    with FaultyServer(script, offers=("AUTH PLAIN",)) as server:
        connect(settings, server, **LOGIN)
        row = delivered_to_one_recipient()
        sweep()

        assert (outcome(row, server), row.smtp_text) == (("queued", None, 0, 1), "SMTPAuthenticationError")


@pytest.mark.parametrize(
    ("name", "is_trusted", "state"),
    [
        ("letters.test", False, "queued"),
        ("letters.test", True, "queued"),
        ("127.0.0.1", False, "queued"),
        ("127.0.0.1", True, "accepted"),
    ],
)
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_only_the_server_that_was_meant_hears_anything(
    settings, monkeypatch, tmp_path, name, is_trusted, state, security
):
    context = certified(name, tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with FaultyServer({}, offers=("STARTTLS", "AUTH PLAIN"), context=context) as server:
        server.is_sealed = security == "tls"
        connect(settings, server, EMAIL_SECURITY=security, **LOGIN)
        row = delivered_to_one_recipient()
        sweep()

        assert outcome(row, server)[0] == state
        if state == "queued":
            assert row.smtp_text == "SSLCertVerificationError"
            assert server.heard == ([] if server.is_sealed else ["EHLO", "STARTTLS"])
        assert len(server.taken) == (state == "accepted")


def test_nothing_is_said_in_the_clear_where_tls_is_required(settings):
    with FaultyServer({}, offers=("AUTH PLAIN",)) as server:
        connect(settings, server, **STARTTLS, **LOGIN)
        row = delivered_to_one_recipient()
        sweep()

        assert (outcome(row, server), row.smtp_text) == (("queued", None, 0, 1), "SMTPNotSupportedError")
        assert server.heard == ["EHLO"]


def test_words_put_in_before_tls_are_not_taken_for_the_server_s(settings, monkeypatch, tmp_path):
    """A stranger on the line answers the first question inside TLS before it is asked."""
    context = certified("127.0.0.1", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    put_in = in_turn(says("220 go", "250-hello", "250 AUTH PLAIN"), lambda talk: talk.encrypt())
    with FaultyServer({"STARTTLS": put_in}, offers=("STARTTLS",), context=context) as server:
        connect(settings, server, **STARTTLS, **LOGIN)
        row = delivered_to_one_recipient()
        sweep()

        assert (outcome(row, server), row.smtp_text) == (("queued", None, 0, 1), "SMTPNotSupportedError")
        assert server.heard == ["EHLO", "STARTTLS", "EHLO"]


def certified(name: str, place: Path) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate for this name that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    is_number = name[0].isdigit()
    alternative = x509.IPAddress(IPv4Address(name)) if is_number else x509.DNSName(name)
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (place / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (place / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "certificate.pem", place / "key.pem")
    return context
