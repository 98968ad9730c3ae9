from __future__ import annotations

import re
import threading
from datetime import timedelta
from html import unescape
from urllib.parse import unquote

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.utils import timezone
from limits import RateLimitItemPerDay

from petitions import codes, counts, limits, pending
from petitions.flows import letters, proofs
from petitions.models import Challenge, Mark, Signature, WaitingSignature
from tests.factories import make_draft, make_letter
from tests.views.signing import ask, sign, type_code

pytestmark = pytest.mark.django_db


def shown(client, letter, address="/"):
    return client.get(f"/letters/{letter.slug}{address}").content.decode()


def test_a_named_signature_appears_and_counts_at_once(client, mails):
    letter = make_letter()

    answer = sign(client, letter, mails, name="Ada Lovelace", role="Engineer")

    assert (answer.status_code, answer["Location"]) == (303, f"/letters/{letter.slug}/signed/")
    assert Signature.objects.get().public_line == "Ada Lovelace, Engineer"
    assert "Ada Lovelace" in shown(client, letter)


def test_a_text_that_was_corrected_while_it_was_read_is_to_be_read_first(client, mails):
    letter = make_letter()
    read = re.search(r'name="version" value="(\w{64})"', shown(client, letter, "/sign/"))[1]
    letter.text = "Corrected"
    letter.save()
    letters.correct(letter, by=letter.memberships.get().user)

    answer = ask(client, letter, role="Engineer", version=read)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The text was corrected meanwhile. Nothing was signed" in page
    assert [
        typed for typed in ("Ada Lovelace", "Engineer", "ada@example.test") if f'value="{typed}"' not in page
    ] == []
    assert re.findall(r'name="version" value="(\w+)"', page) == [letter.version.sha256]
    assert ("sign" in client.cookies, mails.to("ada@example.test"), Challenge.objects.count()) == (
        False,
        [],
        0,
    )
    assert sign(client, letter, mails, version=letter.version.sha256).status_code == 303
    assert Signature.objects.get().version == letter.version


def test_the_receipt_is_shown_once(client, mails):
    letter = make_letter()
    sign(client, letter, mails)

    receipt = re.compile(r"(?:[2-9A-Z]{4}-){6}[2-9A-Z]{4}")

    assert len(set(receipt.findall(shown(client, letter, "/signed/")))) == 1
    assert receipt.findall(shown(client, letter, "/signed/")) == []


def test_nothing_is_stored_before_the_code(client, mails):
    letter = make_letter()

    ask(client, letter, name="Ada Lovelace")
    mails.code("ada@example.test")

    assert (Signature.objects.count(), Mark.objects.count(), Challenge.objects.count()) == (0, 0, 1)


def test_the_code_mail_says_nothing_else(client, mails):
    letter = make_letter(title="Stop the cameras")
    ask(client, letter)
    mails.code("ada@example.test")

    (mail,) = mails.to("ada@example.test")

    whole = mail.as_string().lower()
    assert mail.get_content_type() == "text/plain"
    assert not [
        word
        for word in ("camera", "letter", "example test", "http", "sign")
        if word in mail.get_content().lower()
    ]
    assert "list-" not in whole
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@plain.test>")


@pytest.mark.parametrize("address", ["ADA@Example.TEST", "ada+rota@example.test", "Ada+2@EXAMPLE.test"])
def test_a_second_signature_of_a_mailbox_is_refused_only_after_the_code(client, mails, address):
    letter = make_letter()
    sign(Client(), letter, mails)

    first = ask(Client(), letter, "grace@example.test")
    second = ask(client, letter, address)
    assert (second.status_code, second["Location"]) == (first.status_code, first["Location"])

    local, domain = address.split("@")
    answer = type_code(client, letter, mails.code(f"{local}@{domain.lower()}"))

    assert answer.status_code == 422
    assert "already signed" in answer.content.decode()
    assert counts.recount(letter).total == 1


def test_signing_anonymously_waits_for_its_batch(client, mails):
    letter = make_letter()

    answer = sign(client, letter, mails, appear="anonymous", name="Ada Lovelace", role="Engineer")

    assert answer.status_code == 303
    assert (Signature.objects.count(), WaitingSignature.objects.count()) == (0, 1)
    assert counts.recount(letter).total == 0


def test_first_name_and_initial_stores_nothing_more(client, mails):
    letter = make_letter()

    sign(client, letter, mails, appear="initial", name="Ada Byron Lovelace")

    assert Signature.objects.get().name == "Ada L."


def test_role_only_stores_no_name(client, mails):
    letter = make_letter()

    sign(client, letter, mails, appear="role", name="Ada Lovelace", role="Engineer")

    row = Signature.objects.get()
    assert (row.name, row.public_line) == ("", "Engineer")


def test_five_wrong_codes_kill_the_challenge(client, mails):
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")

    for _ in range(5):
        assert type_code(client, letter, "2222-2222").status_code == 422

    assert type_code(client, letter, code).status_code == 422
    assert Signature.objects.count() == 0


def test_a_code_typed_in_another_browser_does_nothing(client, mails):
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")

    assert type_code(Client(), letter, code).status_code == 422
    assert (Signature.objects.count(), Challenge.objects.get().tries) == (0, 0)

    assert type_code(client, letter, code).status_code == 303


@pytest.mark.parametrize("typed", ["{0}{1}", "{0}-{1}", "{0} {1}", " {0} - {1} "])
def test_a_code_is_taken_however_it_is_typed(client, mails, typed):
    letter = make_letter()
    ask(client, letter)
    first, second = mails.code("ada@example.test").lower().split("-")

    assert type_code(client, letter, typed.format(first, second)).status_code == 303


def test_an_expired_code_is_refused_and_a_new_one_keeps_what_was_typed(client, mails):
    letter = make_letter()
    ask(client, letter, name="Ada Lovelace")
    code = mails.code("ada@example.test")
    Challenge.objects.update(expires_at="2020-01-01T00:00Z")

    answer = type_code(client, letter, code)
    assert answer.status_code == 422

    again = client.post(f"/letters/{letter.slug}/code/again/")
    assert again.status_code == 303
    assert type_code(client, letter, mails.code("ada@example.test", number=2)).status_code == 303
    assert Signature.objects.get().name == "Ada Lovelace"


def test_the_same_code_pressed_twice_gives_the_same_answer(client, mails):
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")

    answers = [type_code(client, letter, code) for _ in range(2)]

    assert [answer["Location"] for answer in answers] == [f"/letters/{letter.slug}/signed/"] * 2
    assert Signature.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_of_one_right_code_make_one_signature(client, mails):
    letter = make_letter()
    ask(client, letter)
    code, cookies = mails.code("ada@example.test"), client.cookies
    barrier, statuses = threading.Barrier(50), []

    def post():
        browser = Client()
        browser.cookies = cookies.copy()
        barrier.wait()
        statuses.append(type_code(browser, letter, code).status_code)

    together(post, 50)

    assert Signature.objects.count() == 1
    assert set(statuses) <= {303, 422}
    assert 303 in statuses


def together(work, times):
    def closing():
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=closing) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_new_code_after_a_lost_answer_shows_the_same_receipt(client, mails):
    letter = make_letter()
    ask(client, letter)
    before = client.cookies["sign"].value
    type_code(client, letter, mails.code("ada@example.test"))
    client.cookies["sign"] = before
    client.post(f"/letters/{letter.slug}/code/again/")

    answer = type_code(client, letter, mails.code("ada@example.test", number=2))

    assert (answer.status_code, answer["Location"]) == (303, f"/letters/{letter.slug}/signed/")
    assert Signature.objects.count() == 1


@pytest.mark.parametrize(
    "typed", ["user@ex\U0001f130mple.test", "user@EXAMPLE.test", "user@ex\uff41mple.test"]
)
def test_the_code_goes_to_the_very_domain_that_was_checked(client, mails, typed):
    ask(client, make_letter(), typed)

    mails.wait(lambda: mails.mails)
    assert [mail["X-Envelope-To"] for mail in mails.mails] == ["user@example.test"]


def test_dots_do_not_make_more_codes_where_a_domain_ignores_them(client, mails, monkeypatch):
    monkeypatch.setattr(limits, "CODES", RateLimitItemPerDay(1, 1, "single"))
    letter = make_letter()
    letter.workplaces.get().domains.update(ignores_dots=True)
    for address in ("ada@example.test", "a.da@example.test", "a.d.a@example.test"):
        ask(Client(), letter, address)
    ask(Client(), letter, "grace@example.test")
    codes.sender.drain(60)

    assert len(mails.mails) == 2


def test_a_letter_closed_meanwhile_takes_nothing(client, mails):
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")
    letters.close(letter)

    answer = type_code(client, letter, code)

    assert answer.status_code == 409
    assert Signature.objects.count() == 0


def test_a_letter_past_its_time_takes_nothing_though_no_sweep_ran(client, mails):
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")
    type(letter).objects.update(opens_at="2020-01-01T00:00Z", closes_at="2020-01-02T00:00Z")

    assert type_code(client, letter, code).status_code == 409
    assert ask(client, letter, "grace@example.test").status_code == 409


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("page", ["sign", "code", "signed", "code/again"])
def test_opening_a_page_changes_nothing(client, mails, method, page):
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")

    getattr(client, method)(f"/letters/{letter.slug}/{page}/", {"code": code})

    assert (Signature.objects.count(), Challenge.objects.get().tries) == (0, 0)
    assert type_code(client, letter, code).status_code == 303


def test_drafts_and_unknown_letters_are_the_same(client):
    draft = make_draft()

    answers = [client.get(f"/letters/{slug}/") for slug in (draft.slug, "unknown")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_the_cookie_fits_a_browser_with_the_longest_words():
    letter = make_letter()
    widest = pending.Pending(
        purpose="sign",
        challenge="f" * 32,
        code_hash="f" * 64,
        mark="f" * 64,
        receipt="Z" * 28,
        address="a" * 242 + "@example.test",
        appear="full",
        name="\U00020000" * 120,
        role="\U00020000" * 120,
        statement="\U00020000" * 280,
    )

    cookie = pending.seal(letter, widest)

    assert len(cookie) <= pending.LARGEST
    assert pending.unseal(letter, "sign", cookie) == widest


@pytest.mark.parametrize(
    "harm", [lambda c: c[:-8], lambda c: "B" + c[1:], lambda c: c[:40] + "AAAA" + c[44:], lambda c: "é"]
)
def test_a_harmed_cookie_is_no_cookie(client, mails, harm):
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")
    name = pending.cookie_name("sign")
    client.cookies[name] = harm(client.cookies[name].value)

    assert type_code(client, letter, code).status_code == 422
    assert Signature.objects.count() == 0


def test_a_cookie_of_one_letter_opens_no_other(client, mails):
    letter, other = make_letter(), make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")
    client.cookies["sign"]["path"] = "/"

    assert type_code(client, other, code).status_code == 422
    assert Signature.objects.count() == 0


def test_who_asks_too_often_is_told_when_to_come_back(client, mails, monkeypatch):
    monkeypatch.setattr(limits, "ASKS", RateLimitItemPerDay(1, 1, "one"))
    letter = make_letter()
    ask(client, letter)

    answer = ask(client, letter)

    assert (answer.status_code, answer["Retry-After"]) == (429, "60")


def test_when_too_many_codes_wait_nothing_typed_is_lost(client, monkeypatch):
    full = codes.Sender(threads=0, capacity=1)
    full.send(EmailMessage("Your code", "", "codes@plain.test", ["first@example.test"]))
    monkeypatch.setattr(proofs, "sender", full)

    answer = ask(client, make_letter(), name="Ada Lovelace")

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert 'value="Ada Lovelace"' in answer.content.decode()
    assert "Nothing is lost" in answer.content.decode()


def test_signing_goes_on_without_redis(client, mails, settings, monkeypatch):
    monkeypatch.setattr(limits, "_shared", lambda: limits.storage_from_string("redis+unix:///nowhere.sock"))
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere.sock"}
    }
    settings.COUNT_SECONDS = 2
    letter = make_letter()

    assert sign(client, letter, mails).status_code == 303
    assert "Ada Lovelace" in shown(client, letter)


def test_a_mailbox_that_had_its_codes_gets_no_more_and_nobody_is_told(client, mails, monkeypatch):
    monkeypatch.setattr(limits, "CODES", RateLimitItemPerDay(2, 1, "few"))
    letter = make_letter()

    answers = [ask(Client(), letter) for _ in range(3)] + [ask(Client(), letter, "grace@example.test")]
    codes.sender.drain(60)

    assert [answer.status_code for answer in answers] == [303] * 4
    assert len(mails.to("ada@example.test")) == 2


@pytest.mark.parametrize(
    ("typed", "meant"), [("ada@exmaple.test", "ada@example.test"), ("ada@example.tset", "ada@example.test")]
)
def test_a_mistyped_domain_is_answered_with_what_was_probably_meant(client, typed, meant):
    answer = ask(client, make_letter(), typed)

    assert answer.status_code == 422
    assert f"Did you mean {meant}?" in answer.content.decode()
    assert f'value="{typed}"' in answer.content.decode()


def test_another_domain_is_no_mistyped_one(client):
    answer = ask(client, make_letter(), "ada@elsewhere.org")

    assert "Did you mean" not in answer.content.decode()
    assert "Only mailboxes at example.test can sign" in answer.content.decode()


def test_a_new_code_is_not_sent_while_the_last_one_may_be_on_its_way(client, mails, settings):
    settings.CODE_WAIT_SECONDS = 30
    letter = make_letter()
    ask(client, letter)
    code = mails.code("ada@example.test")

    answer = client.post(f"/letters/{letter.slug}/code/again/")

    assert (answer.status_code, answer["Retry-After"]) == (429, "30")
    Challenge.objects.update(expires_at=Challenge.objects.get().expires_at - timedelta(seconds=31))
    assert type_code(client, letter, code).status_code == 303  # the first one was not used up
    client.post(f"/letters/{letter.slug}/code/again/")
    mails.code("ada@example.test", number=2)


def test_whoever_is_told_to_ask_for_a_new_code_waits_only_for_a_young_one(client, mails, settings):
    settings.CODE_WAIT_SECONDS = 30
    letter = make_letter()
    ask(client, letter)
    young = type_code(client, letter, "2222-2222").content.decode()
    Challenge.objects.update(expires_at=timezone.now() - timedelta(minutes=1))

    spent = type_code(client, letter, mails.code("ada@example.test")).content.decode()

    assert ('data-wait="30"' in young, 'data-wait="0"' in spent) == (True, True)
    assert "Please ask for a new one below." in spent


def test_whoever_waits_for_a_code_is_told_that_the_mail_server_is_gone(client, mails, settings):
    letter, port = make_letter(), settings.EMAIL_PORT
    settings.EMAIL_PORT = 1
    mails.hang_up()  # a connection that is kept is still a server

    ask(client, letter)
    codes.sender.drain(10)
    told = client.get(f"/letters/{letter.slug}/code/").content.decode()

    settings.EMAIL_PORT = port
    client.post(f"/letters/{letter.slug}/code/again/")
    mails.code("ada@example.test")
    codes.sender.drain(10)
    assert "Our mail server takes no mail at this moment" in told
    assert "Our mail server" not in client.get(f"/letters/{letter.slug}/code/").content.decode()


def test_a_receipt_can_be_saved_as_a_file_that_names_no_letter(client, mails):
    letter = make_letter()
    sign(client, letter, mails)

    text = client.get(f"/letters/{letter.slug}/signed/").content.decode()

    link = unescape(re.search(r'href="(data:text/plain[^"]*)"', text)[1])
    kept = unquote(link.partition(",")[2])
    receipt = re.search(r"<code translate=.no.>([^<]*)</code>", text)[1]
    assert receipt in kept.splitlines()
    assert "/receipt/" in kept
    assert letter.slug not in kept
    assert letter.title not in kept
