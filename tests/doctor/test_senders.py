"""Senders' domains as mail servers elsewhere see them, asked of a real name server; and test mails."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from petitions.doctor import findings, senders, trials
from tests.doctor import nameserver

SPF, KEY, DMARC = "v=spf1 mx -all", "v=DKIM1; p=abc", "v=DMARC1; p=reject"
WHOLE = {"letters.test": [SPF], "k1._domainkey.letters.test": [KEY], "_dmarc.letters.test": [DMARC]}


@pytest.fixture(autouse=True)
def in_production(settings):
    settings.SITE_URL, settings.EMAIL_HOST = "https://www.letters.test", "127.0.0.1"
    settings.DEFAULT_FROM_EMAIL, settings.CODE_FROM_EMAIL = "Letters <a@letters.test>", "b@plain.test"


def found(texts, look=senders.of_letters) -> findings.Finding:
    with nameserver.knowing(texts):
        (finding,) = findings.examine([findings.Check("Sender", look)])
    return finding


def test_a_sender_with_all_three_is_well_and_no_other_name_is_asked_for():
    with nameserver.knowing(WHOLE) as asked:
        assert senders.of_letters().startswith("letters.test has SPF, DMARC and some key of DKIM.")

    assert set(asked) == {"letters.test", "_domainkey.letters.test", "_dmarc.letters.test"}


def test_each_sender_is_looked_at():
    assert found(WHOLE, senders.of_codes).sentence == "plain.test is no domain that name servers know."
    assert found(WHOLE | {"plain.test": []}, senders.of_codes).sentence.startswith("plain.test: No SPF: ")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"letters.test": ["something else"]}, "No SPF"),
        ({"letters.test": [SPF, "v=spf1 -all"]}, "Two entries of SPF count as none"),
        ({"letters.test": ["v=spf1 mx +all"]}, "lets everybody send"),
        ({"letters.test": ["v=spf1 all"]}, "lets everybody send"),
        ({"k1._domainkey.letters.test": None}, "No key of DKIM"),
        ({"_dmarc.letters.test": ["v=DMARC1"]}, "No DMARC"),
        ({"_dmarc.letters.test": None}, "No DMARC"),
    ],
)
def test_what_is_missing_is_told(change, sentence):
    finding = found({name: texts for name, texts in (WHOLE | change).items() if texts})

    assert (finding.is_well, finding.is_known) == (False, True)
    assert (
        finding.sentence.startswith(f"letters.test: {sentence}") or f"Its SPF {sentence}" in finding.sentence
    )


def test_a_policy_of_the_domain_above_will_do(settings):
    settings.DEFAULT_FROM_EMAIL = "a@mail.letters.test"
    below = {
        "mail.letters.test": [SPF],
        "k1._domainkey.mail.letters.test": [KEY],
        "_dmarc.letters.test": [DMARC],
    }

    assert found(below).is_well


def test_without_an_answer_nothing_is_called_well(monkeypatch):
    monkeypatch.setattr(senders, "SECONDS", 0.3)
    finding = found({nameserver.DEAF: []})

    assert (finding.is_well, finding.is_known) == (False, False)
    assert finding.sentence == "Could not look: no name server told of letters.test (LifetimeTimeout)."


@pytest.mark.parametrize(("name", "value"), [("SITE_URL", "http://localhost:8000"), ("EMAIL_HOST", "")])
def test_a_site_for_this_machine_asks_nobody(settings, name, value):
    setattr(settings, name, value)
    with nameserver.knowing({}) as asked:
        assert senders.of_letters() == "Not asked: this site is for this machine alone."

    assert asked == []


def test_a_test_mail_leaves_from_each_sender(mails):
    told = list(trials.of_mail("operator@example.org"))

    assert [finding.is_well for finding in told] == [True, True]
    assert "taken with: 250 " in told[0].sentence
    assert {(mail["From"], mail["To"]) for mail in mails.mails} == {
        ("Letters <a@letters.test>", "operator@example.org"),
        ("b@plain.test", "operator@example.org"),
    }


def test_a_mail_server_that_refuses_a_test_mail_is_quoted(mails):
    mails.refusals["operator@example.org"] = ["550 not you"]

    first, second = trials.of_mail("operator@example.org")

    assert (first.is_well, first.sentence) == (False, "The mail server says: 550 not you")
    assert second.is_well


@pytest.mark.django_db
def test_the_command_says_what_it_could_not_look_at(settings, monkeypatch, mails):
    monkeypatch.setattr(senders, "SECONDS", 0.2)
    out = StringIO()
    with nameserver.knowing({nameserver.DEAF: []}), pytest.raises(SystemExit) as ended:
        call_command("doctor", mail="operator@example.org", stdout=out)

    assert ended.value.code == 1
    assert "?      Sender of letters: Could not look: " in out.getvalue()
    assert "ok     Test mail as a code: From b@plain.test, taken with: 250 " in out.getvalue()
    with pytest.raises(CommandError, match="nobody is no e-mail address"):
        call_command("doctor", mail="nobody", stdout=StringIO())
