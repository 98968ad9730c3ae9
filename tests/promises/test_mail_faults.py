"""P13: each failure of the mail server gives the right state, at most one copy, and only what may be is sent again.

The rows go through the product's own flow to a server on a real socket that misbehaves as its script says.
"""

from __future__ import annotations

import contextlib
import ssl
import time
import tracemalloc
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client
from django.utils import timezone

from petitions import mailserver, tasks
from petitions.flows import deliveries, sending, snapshots
from petitions.models import Delivery, Lease, Letter
from petitions.models.leases import take_back_abandoned
from petitions.smtp import Conversation
from tests.admin.posts import page
from tests.factories import make_letter, sign
from tests.promises.awkward import CORPUS
from tests.promises.faults import (
    FaultyServer,
    Script,
    drips,
    drops,
    hangs,
    in_turn,
    never_ends,
    refuses,
    resets,
    says,
    takes_its_time,
)
from tests.promises.sizes import IS_FULL, sized

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P13")]

SHORT = 0.5  # seconds, for a server whose fault is that it takes its time
STARTTLS = {"EMAIL_SECURITY": "starttls"}
LOGIN = {"EMAIL_HOST_USER": "undersigned", "EMAIL_HOST_PASSWORD": "top secret"}


@dataclass(frozen=True)
class Fault:
    """What the server does, and what has to become of the row, in how many copies."""

    name: str
    script: Script
    state: str
    code: int | None = None
    copies: int = 0
    offers: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    is_slow: bool = False

    def __str__(self) -> str:
        return self.name


def before(name: str, script: Script, code: int | None = None, **more) -> Fault:
    """Nothing was given away: it is tried again."""
    return Fault(name, script, "queued", code, **more)


def refused(name: str, script: Script, code: int, **more) -> Fault:
    return Fault(name, script, "refused", code, **more)


def unknown(name: str, script: Script, *, copies: int = 1, **more) -> Fault:
    """Only a person decides."""
    return Fault(name, script, "unknown", copies=copies, **more)


def accepted(name: str, script: Script, code: int = 250, **more) -> Fault:
    return Fault(name, script, "accepted", code, copies=1, **more)


ENDLESS = never_ends(b"250-and another thing\r\n")
HUGE = never_ends(b"x" * 80)
FAULTS = [
    before("421 at connect", {"connect": says("421 busy")}, 421),
    before("554 at connect is about us", {"connect": says("554 no service for you")}, 554),
    before("hang at connect", {"connect": hangs}, is_slow=True),
    before("drop at connect", {"connect": drops}),
    before("drip at connect", {"connect": drips("220")}, is_slow=True),
    before("no SMTP at all", {"connect": says("SSH-2.0-OpenSSH_9.2")}),
    before("a code that is none", {"connect": says("99 hello")}),
    before("endless greeting", {"connect": ENDLESS}),
    before("huge line", {"EHLO": HUGE}),
    before("421 at EHLO", {"EHLO": says("421 too many of you"), "HELO": says("421 too many of you")}, 421),
    before("550 at EHLO is about us", {"EHLO": says("550 no"), "HELO": says("550 bad name")}, 550),
    before("no STARTTLS while required", {}, settings=STARTTLS),
    before(
        "STARTTLS refused", {"STARTTLS": says("454 not now")}, 454, offers=("STARTTLS",), settings=STARTTLS
    ),
    before(
        "hang in the TLS handshake",
        {"STARTTLS": in_turn(says("220 go"), hangs)},
        offers=("STARTTLS",),
        settings=STARTTLS,
        is_slow=True,
    ),
    before("no login while required", {}, settings=LOGIN),
    before(
        "password refused",
        {"AUTH": says("535 unrecognized AUTH PLAIN dG9w")},
        offers=("AUTH PLAIN LOGIN",),
        settings=LOGIN,
    ),
    before("a challenge that is none", {"AUTH": says("334 x")}, offers=("AUTH LOGIN",), settings=LOGIN),
    before("421 at MAIL", {"MAIL": says("421 closing")}, 421),
    before("451 at MAIL", {"MAIL": says("451 busy")}, 451),
    before("550 at MAIL is about us", {"MAIL": says("550 we take nothing from you")}, 550),
    before("421 at RCPT", {"RCPT": says("421 closing")}, 421),
    before("451 at RCPT", {"RCPT": says("451 greylisted")}, 451),
    before("530 at RCPT is about us", {"RCPT": says("530 authenticate first")}, 530),
    refused("550 at RCPT", {"RCPT": says("550 no such mailbox")}, 550),
    refused("many lines of 550 at RCPT", {"RCPT": says("550-no such", "550 mailbox")}, 550),
    refused("control characters and HTML at RCPT", {"RCPT": says(b"550 <b>no</b>\x00\x1b[2J\r\n")}, 550),
    before("drop at RCPT", {"RCPT": drops}),
    before("drip at RCPT", {"RCPT": drips("250")}, is_slow=True),
    before("half a line at RCPT", {"RCPT": in_turn(says(b"550 no such"), drops)}),
    before("451 at DATA", {"DATA": says("451 busy")}, 451),
    refused("554 at DATA", {"DATA": says("554 no valid recipients")}, 554),
    before("250 at DATA", {"DATA": says("250 ok")}),
    before("an answer ahead of the body", {"DATA": says("354 go", "250 taken")}),
    unknown("drop in the middle of the body", {"body": drops}, copies=0),
    unknown("hang in the middle of the body", {"body": hangs}, copies=0, is_slow=True),
    before("451 after the body", {"dot": refuses("451 try later")}, 451),
    before("421 after the body", {"dot": refuses("421 closing")}, 421),
    refused("554 after the body", {"dot": refuses("554 spam")}, 554),
    unknown("taken, then dropped", {"dot": drops}),
    unknown("taken, then torn off", {"dot": resets}),
    unknown("taken, 250 too late", {"dot": hangs}, is_slow=True),
    unknown("taken, 250 in drips", {"dot": drips("250")}, is_slow=True),
    unknown("taken, 250 without end", {"dot": ENDLESS}),
    unknown("taken, a huge line", {"dot": HUGE}),
    unknown("taken, half an answer", {"dot": in_turn(says(b"250"), drops)}),
    unknown("taken, no code", {"dot": says("fine with me")}),
    unknown("taken, neither yes nor no", {"dot": says("354 go on")}),
    accepted("251 after the body", {"dot": says("251 forwarded")}, 251),
    accepted("control characters in the 250", {"dot": says(b"250 ok \x00\x1b[2J\xff\xe2\x80\xae\r\n")}),
    accepted("250 and a goodbye at once", {"dot": says("250 taken", "421 closing")}),
    accepted("reset at QUIT", {"QUIT": resets}),
    accepted("hang at QUIT", {"QUIT": hangs}, is_slow=True),
    accepted("drip at QUIT", {"QUIT": drips("221")}, is_slow=True),
    accepted("endless goodbye", {"QUIT": ENDLESS}),
]

# Cases of the corpus and the fault that is each; one of two recipients refused cannot happen, each has a mail.
BEHAVIOURS = {
    "rcpt:451": "451 at RCPT",
    "rcpt:550": "550 at RCPT",
    "data:451": "451 after the body",
    "data:554": "554 after the body",
    "drop_mid_data": "drop in the middle of the body",
    "accept_then_drop": "taken, then dropped",
    "accept_then_late_250": "taken, 250 too late",
    "reset_at_quit": "reset at QUIT",
    "hang_at_quit": "hang at QUIT",
    "421_connect": "421 at connect",
    "no_starttls": "no STARTTLS while required",
    "reply_html": "control characters and HTML at RCPT",
}
STATES = {"deferred": "queued", "rejected": "refused", "unknown": "unknown", "accepted": "accepted"}


def test_the_corpus_asks_for_the_same_states():
    faults = {fault.name: fault.state for fault in FAULTS}
    asked = {
        case["input"]["behaviour"]: case["expect"].get("state")
        for case in CORPUS["cases"]
        if case["surface"] == "smtp_peer"
    }

    assert asked.pop("partial_rcpt") is None
    assert {name: STATES[state] for name, state in asked.items()} == {
        name: faults[BEHAVIOURS[name]] for name in asked
    }


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_the_row_says_what_is_so_and_only_what_may_be_is_sent_again(fault, settings, monkeypatch):
    if fault.is_slow:
        monkeypatch.setattr(mailserver, "COMMAND_SECONDS", SHORT)
        monkeypatch.setattr(mailserver, "ANSWER_SECONDS", SHORT)
    with FaultyServer(fault.script, offers=fault.offers) as server:
        connect(settings, server, **fault.settings)
        row = delivered_to_one_recipient()
        sweep()
        assert outcome(row, server) == (fault.state, fault.code, fault.copies, 1)
        sweep()
        assert outcome(row, server) == (fault.state, fault.code, fault.copies, 1)

        server.heal()
        connect(settings, server)
        let_time_pass()
        sweep()
        was_sent_again = ("accepted", 250, 1, 2)
        stays = (fault.state, fault.code, fault.copies, 1)
        assert outcome(row, server) == (was_sent_again if fault.state == "queued" else stays)


def connect(settings, server: FaultyServer, **more: str) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_SECURITY, settings.EMAIL_HOST_USER = "none", ""
    for name, value in more.items():
        setattr(settings, name, value)


def delivered_to_one_recipient() -> Delivery:
    letter = make_letter()
    letter.recipients.last().delete()
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    return letter.deliveries.get()


def sweep() -> None:
    """What beat rings for, one row after the other."""
    take_back_abandoned()
    snapshots.freeze_due()
    for pk in Delivery.objects.due().values_list("pk", flat=True):
        sending.send(pk)


def let_time_pass() -> None:
    """So much that everything that waits is due, and every lease is over."""
    Delivery.objects.update(not_before=timezone.now() - timedelta(minutes=1))
    Delivery.objects.exclude(lease_until=None).update(lease_until=timezone.now() - timedelta(seconds=1))


def outcome(row: Delivery, server: FaultyServer) -> tuple[str, int | None, int, int]:
    row.refresh_from_db()
    return row.state, row.smtp_code, len(server.taken), server.connections


def test_a_server_that_is_slow_in_everything_has_one_limit_for_all_of_it(settings, monkeypatch):
    """Each of its replies is in time, and so is each byte."""
    monkeypatch.setattr(mailserver, "CONVERSATION_SECONDS", SHORT)
    slow = takes_its_time(SHORT / 3)
    script = {
        verb: in_turn(slow, says(f"{code} at last"))
        for verb, code in {"connect": 220, "EHLO": 250, "MAIL": 250, "RCPT": 250, "DATA": 451}.items()
    }
    with FaultyServer(script) as server:
        connect(settings, server)
        row = delivered_to_one_recipient()
        sweep()

        assert outcome(row, server) == ("queued", None, 0, 1)
        assert row.smtp_text == "TimeoutError"


def test_nobody_waits_for_an_answer_longer_than_for_all_of_it(settings, monkeypatch):
    monkeypatch.setattr(mailserver, "CONVERSATION_SECONDS", SHORT)
    with FaultyServer({"dot": hangs}) as server:
        connect(settings, server)
        row = delivered_to_one_recipient()
        sweep()

        assert outcome(row, server) == ("unknown", None, 1, 1)


def test_a_server_that_takes_in_nothing_does_not_hold_its_sender(settings, monkeypatch):
    """More than all buffers on the way can hold."""
    monkeypatch.setattr(mailserver, "CONVERSATION_SECONDS", SHORT)
    with FaultyServer({"body": hangs}) as server:
        connect(settings, server)
        begun = time.monotonic()
        with pytest.raises(OSError):
            converse(b"hello\r\n" + b"x" * 50_000_000)

    assert time.monotonic() - begun < SHORT + 5


def converse(body: bytes) -> None:
    with Conversation() as conversation:
        conversation.offer("us@letters.test", "boss@company.test")
        conversation.hand_over(body)


@pytest.mark.parametrize("step", ["connect", "EHLO", "dot", "QUIT"])
def test_a_reply_without_end_takes_no_memory(settings, step):
    with FaultyServer({step: ENDLESS}) as server:
        connect(settings, server)
        tracemalloc.start()
        with contextlib.suppress(OSError):
            converse(b"hello\r\n")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < 2_000_000


def test_the_limits_leave_room_for_the_answer_and_end_before_the_task_does():
    asked = mailserver.COMMAND_SECONDS + mailserver.ANSWER_SECONDS
    stopped = tasks.send_delivery.soft_time_limit

    assert asked < mailserver.CONVERSATION_SECONDS < stopped < Lease.LASTS.total_seconds()


def test_hostile_words_are_shown_as_one_line_of_plain_text(settings, caplog):
    caplog.set_level("DEBUG")
    said = (
        b"550-<script>alert(1)</script>\r\n550 \x1b[31m\x00 \xe2\x80\xaereversed\t\xff <b>no</b>\r"
        + b"x" * 3000
    )
    with FaultyServer({"RCPT": says(said + b"\r\n")}) as server:
        connect(settings, server)
        row = delivered_to_one_recipient()
        sweep()

        assert outcome(row, server) == ("refused", 550, 0, 1)
    client = Client()
    client.force_login(row.letter.memberships.get().user)
    shown = client.get(page("deliveries", row.letter)).content.decode()
    start = "&lt;script&gt;alert(1)&lt;/script&gt; [31m reversed � &lt;b&gt;no&lt;/b&gt; xxx"
    (line,) = [line for line in shown.splitlines() if "alert(1)" in line]
    assert line.strip().removeprefix('<td data-label="Answer">550 ').startswith(start)
    assert len(row.smtp_text) == 500
    assert "alert(1)" not in caplog.text


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


TAR_PITS = {"drip": drips("220"), "hang": hangs}


@pytest.mark.processes
@pytest.mark.parametrize("fault", sized(["drip"], ["drip", "hang"]))
def test_a_tar_pit_holds_up_nothing_but_the_mail(parts, fault):
    """Both senders, threads that nobody can stop, are stuck; milestones and closings go on beside them."""
    stuck, other = make_letter(), make_letter(milestones=(1,))
    deliveries.deliver(stuck, number=1, by=stuck.memberships.get().user)
    snapshots.freeze_due()
    with FaultyServer({"connect": TAR_PITS[fault]}) as server:
        parts.environment["EMAIL_PORT"] = str(server.port)
        parts.start_worker("others", queues="undersigned")
        parts.start_worker("senders", queues="deliveries", options=("-P", "threads"))
        tasks.drain_outbox.delay()
        parts.wait(lambda: server.connections == 2)

        sign(other, "Ada Lovelace")
        Letter.objects.filter(pk=other.pk).update(opens_at="2020-01-01T00:00Z", closes_at="2020-01-02T00:00Z")
        tasks.close_letters.delay()
        parts.wait(lambda: Letter.objects.get(pk=other.pk).is_closed)
        assert (other.milestones.get().count_seen, states(stuck)) == (1, ["leased", "leased"])

        if IS_FULL:
            parts.wait(lambda: states(stuck) == ["queued", "queued"], seconds=mailserver.COMMAND_SECONDS + 10)
        parts.kill("senders")


def states(letter: Letter) -> list[str]:
    return sorted(letter.deliveries.letters().values_list("state", flat=True))
