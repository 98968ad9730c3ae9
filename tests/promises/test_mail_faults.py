"""P13: each failure of the mail server gives the right state, at most one copy, and only what may be is sent again.

The rows go through the product's own flow to a server on a real socket that misbehaves as its script says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from django.test import Client

from petitions import mailserver, tasks
from petitions.flows import deliveries, snapshots
from petitions.models import Letter
from tests.admin.posts import page
from tests.factories import make_letter, sign
from tests.promises.awkward import CORPUS
from tests.promises.faults import (
    ENDLESS,
    HUGE,
    FaultyServer,
    Script,
    drips,
    drops,
    hangs,
    in_turn,
    refuses,
    resets,
    says,
    takes_its_time,
)
from tests.promises.outbox import connect, delivered_to_one_recipient, let_time_pass, outcome, states, sweep
from tests.promises.sizes import IS_FULL, sized

# What a row says of an answer is the same on both; the quick form sees it on one.
pytestmark = [pytest.mark.django_db, pytest.mark.promise("P13"), *sized([pytest.mark.on("sqlite")], [])]

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
    unknown("taken, 250 too late", {"dot": in_turn(takes_its_time(3 * SHORT), says("250 ok"))}, is_slow=True),
    unknown("taken, no answer", {"dot": hangs}, is_slow=True),
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

AT_AN_ENVELOPE = {"MAIL", "RCPT", "DATA"}
IN_ONE_GO = [  # the same of a server that takes an envelope in one go
    replace(fault, name=f"{fault.name}, in one go", offers=("PIPELINING",))
    for fault in FAULTS
    if AT_AN_ENVELOPE & {*fault.script} and not fault.is_slow and "many" not in fault.name
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


@pytest.mark.parametrize("fault", FAULTS + IN_ONE_GO, ids=str)
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
