"""The recipient's room, from the link in the mail to the answer on the letter's page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from petitions import codes, limits, rooms
from petitions.flows import bursts, letters, pauses, responses
from petitions.models import Challenge, Delivery, Demand, Letter, Publication, Response, ResponseDraft
from tests.factories import make_draft, make_letter, make_user, sign
from tests.views.answering import (
    ask,
    code_of,
    codes_to,
    deliver,
    publish,
    room,
    seen,
    send_all,
    type_code,
    write,
)
from tests.views.test_doors import ONE

pytestmark = pytest.mark.django_db

WORDS = {"status_1": "accepted", "text_1": "We **will**.", "status_2": "refused", "text_2": "Too dear."}


@pytest.fixture
def letter():
    return make_letter()


@pytest.fixture
def recipient(letter):
    """Has a room before the letter is out: only a mail that was sent gives its address away."""
    return letter.recipients.first()


@pytest.fixture
def delivered(recipient, mails):
    """The same, with the letter in the mailbox."""
    return deliver(recipient.letter)


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def link_in(mail) -> str:
    return re.search(r"http://testserver(/answer/\S+/)", mail.get_body(("plain",)).get_content())[1]


def stored():
    return Publication.objects.count(), Response.objects.count()


@pytest.mark.usefixtures("delivered")
def test_each_recipient_s_mail_has_a_link_of_its_own(client, letter, mails):
    sent = [mails.to(each.address)[0] for each in letter.recipients.all()]

    links = [link_in(mail) for mail in sent]

    assert links == [room(each) for each in letter.recipients.all()]
    assert len(set(links)) == 2
    for mail, link in zip(sent, links, strict=True):
        assert f'href="http://testserver{link}"' in mail.get_body(("html",)).get_content()
        assert client.get(link).status_code == 200


def test_the_link_stands_nowhere_in_public(client, letter, recipient, mails):
    publish(client, recipient, mails, **WORDS)
    page = f"/letters/{letter.slug}/"

    for url in (page, f"{page}verify/", f"{page}letter.pdf", "/", f"/api/v1/letters/{letter.slug}/bundle/"):
        content = Client().get(url).getvalue()
        assert b"/answer/" not in content, url
        assert rooms.secret(recipient).encode() not in content, url


def test_the_room_shows_letter_number_and_ways_to_check(client, letter, delivered):
    sign(letter, "Ada Lovelace")

    said = text_of(client.get(room(delivered)))

    assert "We ask for a <em>fair</em> rota." in said
    assert "<strong>1 signature</strong> now, 0 when the letter was delivered to you on" in said
    for part in ("Publish the rota two weeks ahead", "So that people can plan.", "verify/", "letter.pdf"):
        assert part in said
    assert letter.version.sha256 in said
    assert letter.snapshots.get().sha256 in said


def test_a_correction_after_delivery_leaves_what_was_delivered_and_says_so(client, letter, delivered):
    Letter.objects.filter(pk=letter.pk).update(text="Something else.")
    letters.correct(Letter.objects.get(pk=letter.pk), by=make_user())

    said = text_of(client.get(room(delivered)))

    assert "We ask for a <em>fair</em> rota." in said
    assert "It was corrected since" in said


@pytest.mark.parametrize("change", ["cut", "longer", "other", "number", "word", "dot", "accent", "padded"])
def test_every_other_secret_is_the_same_404(client, recipient, change):
    secret = rooms.secret(recipient)
    others = {
        "cut": secret[:-1],
        "longer": f"{secret}AAAA",
        "other": secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        "number": "_" * 40,
        "word": "room",
        "dot": f"{secret[:20]}.{secret[20:]}",
        "accent": "é" * 40,
        "padded": f"{secret}=",
    }

    answer = client.get(f"/answer/{others[change]}/")

    assert answer.status_code == 404
    assert answer.content == client.get("/no/such/page/").content


def test_a_draft_has_no_room_and_a_forgotten_recipient_none(client, recipient):
    drafted = make_draft().recipients.first()
    url = room(recipient)
    recipient.letter.recipients.update(address="")

    assert [client.get(each).status_code for each in (room(drafted), url)] == [404, 404]


def test_nothing_in_the_database_opens_a_room_without_the_key(client, recipient, settings, tmp_path):
    url = room(recipient)
    settings.KEYS_DIR = tmp_path

    assert client.get(url).status_code == 404
    assert room(recipient) != url


def test_a_recipient_ends_the_mails_with_one_click_and_keeps_the_room(recipient):
    """Mail programs post without a cookie; programs that open links end nothing."""
    client, url = Client(enforce_csrf_checks=True), room(recipient, "mail/")

    assert "No more mails from this site?" in text_of(client.get(url))
    recipient.refresh_from_db()
    assert recipient.is_reachable
    assert "No mails any more" in text_of(client.post(url, {"List-Unsubscribe": "One-Click"}))

    recipient.refresh_from_db()
    assert not recipient.is_reachable
    assert "No mails any more" in text_of(client.get(url))
    assert client.get(room(recipient)).status_code == 200
    assert "No more mails from this site?" in text_of(client.post(url, {"again": ""}))
    recipient.refresh_from_db()
    assert recipient.is_reachable
    assert client.post(f"{url[:-9]}xxx/mail/").status_code == 404


def test_no_page_of_the_room_is_kept_found_or_told(client, recipient, mails):
    write(client, recipient, **WORDS)
    ask(client, recipient)

    for page in ("", "preview/", "code/", "published/", "mail/"):
        answer = client.get(room(recipient, page))
        assert "no-store" in answer["Cache-Control"], page
        assert answer["X-Robots-Tag"] == "noindex", page
        assert answer["Referrer-Policy"] == "same-origin", page


def test_opening_it_changes_nothing(client, recipient, mails):
    for page in ("", "preview/", "code/", "published/"):
        client.get(room(recipient, page))
        client.head(room(recipient, page))

    assert (ResponseDraft.objects.count(), stored(), codes_to(mails, recipient)) == (0, (0, 0), [])
    assert client.get(room(recipient, "code/again/")).status_code == 405


def test_a_draft_is_kept_sealed_and_shown_in_its_room_alone(client, letter, recipient):
    assert write(client, recipient, act="draft", **WORDS, text_letter="Dear all").status_code == 303

    mine, others = (text_of(client.get(room(each))) for each in letter.recipients.all())
    assert all(words in mine for words in ("We **will**.", "Too dear.", "Dear all", "A draft was saved here"))
    assert not any(words in others for words in ("We **will**.", "A draft was saved"))
    assert re.search(r'value="refused" checked', mine)
    assert b"dear" not in bytes(ResponseDraft.objects.get().sealed).lower()
    assert stored() == (0, 0)


def test_an_emptied_draft_is_none(client, recipient):
    write(client, recipient, act="draft", **WORDS)

    assert write(client, recipient, act="draft").status_code == 303

    assert ResponseDraft.objects.count() == 0


def test_an_answer_is_published_whole_and_by_demand_after_its_code(client, letter, recipient, mails):
    answer = publish(client, recipient, mails, status_letter="partly", text_letter="Dear *all*", **WORDS)

    assert (answer.status_code, answer["Location"]) == (303, room(recipient, "published/"))
    assert "Your answer is published" in text_of(client.get(answer["Location"]))
    found = letter.responses.values_list("demand__number", "status", "text", "publication_id")
    publication = Publication.objects.get().pk
    assert list(found) == [
        (None, "partly", "Dear *all*", publication),
        (1, "accepted", "We **will**.", publication),
        (2, "refused", "Too dear.", publication),
    ]
    assert list(letter.demands.values_list("status", flat=True)) == ["accepted", "refused"]
    assert ResponseDraft.objects.count() == 0
    said = text_of(Client().get(f"/letters/{letter.slug}/"))
    assert "Dear <em>all</em>" in said
    assert "We <strong>will</strong>." in said
    assert said.count("<strong>Erin Chief, Chief executive</strong> answered on") == 3
    assert said.count("confirmed by a code sent to the mailbox to which the letter went") == 3
    assert "recorded by the organizers" not in said


def test_what_is_previewed_is_what_will_stand(client, recipient):
    write(client, recipient, text_1="<script>x</script> [us](https://company.test/x)", status_1="refused")

    said = text_of(client.get(room(recipient, "preview/")))

    assert "<script>x" not in said
    assert '<a href="https://company.test/x" rel="noreferrer nofollow noopener">us</a>' in said
    assert "Whoever runs a page that it links to can see who opens it." in said
    assert '<p class="status is-refused">Refused</p>' in said


def test_nothing_said_is_refused_and_nothing_typed_is_lost(client, recipient):
    empty = write(client, recipient, text_1="  ")
    broken = write(client, recipient, text_1="Kept\x07", text_2="Kept too")
    long = write(client, recipient, act="draft", text_1="x" * 20_001)

    assert [answer.status_code for answer in (empty, broken, long)] == [422, 422, 422]
    assert "Please answer the whole letter or at least one demand." in text_of(empty)
    assert "Please leave out control characters." in text_of(broken)
    assert "Kept too" in text_of(broken)
    assert 'href="#id_text_' in text_of(broken)
    assert "x" * 20_001 in text_of(long)
    assert ResponseDraft.objects.count() == 0


def test_a_decision_that_is_none_is_refused(client, recipient):
    assert write(client, recipient, status_1="maybe").status_code == 422


def test_a_demand_of_another_letter_is_not_answered(client, recipient, mails):
    other = make_letter().demands.first()
    fields = {f"text_{other.pk}": "Yes", f"status_{other.pk}": "accepted", "text_letter": "x"}
    client.post(room(recipient), {"act": "preview"} | fields)

    ask(client, recipient)
    type_code(client, recipient, code_of(mails, recipient))

    assert Response.objects.get().demand is None
    assert Demand.objects.exclude(status="unanswered").count() == 0


def test_a_wrong_code_publishes_nothing_and_the_right_one_still_does(client, recipient, mails):
    write(client, recipient, **WORDS)
    ask(client, recipient)
    right = code_of(mails, recipient)

    wrong = type_code(client, recipient, "2222-2222")

    assert wrong.status_code == 422
    assert "This is not the code that was sent." in text_of(wrong)
    assert stored() == (0, 0)
    assert type_code(client, recipient, right).status_code == 303
    assert stored() == (1, 2)


def expire():
    Challenge.objects.update(expires_at=timezone.now() - timezone.timedelta(seconds=1))


def guess(client, recipient):
    for _ in range(5):
        type_code(client, recipient, "2222-2222")


@pytest.mark.parametrize("happens", ["time", "tries"])
def test_after_its_time_or_tries_a_new_code_is_needed_and_the_draft_is_there(
    client, recipient, mails, happens
):
    write(client, recipient, **WORDS)
    ask(client, recipient)
    if happens == "time":
        expire()
    else:
        guess(client, recipient)

    spent = type_code(client, recipient, code_of(mails, recipient))
    assert (spent.status_code, stored()) == (422, (0, 0))
    assert "Please ask for a new one below." in text_of(spent)

    assert client.post(room(recipient, "code/again/")).status_code == 303
    assert type_code(client, recipient, code_of(mails, recipient, number=2)).status_code == 303
    assert stored() == (1, 2)


def test_a_burst_of_signers_does_not_silence_a_recipient_of_the_same_domain(client, letter, mails):
    recipient = letter.recipients.create(name="Ida Director", address="ida@example.test")
    bursts.freeze(letter.workplaces.get().domains.get())
    write(client, recipient, **WORDS)

    ask(client, recipient)

    assert type_code(client, recipient, code_of(mails, recipient)).status_code == 303
    assert stored() == (1, 2)


def test_the_code_of_another_browser_or_room_does_nothing(client, letter, recipient, mails):
    other = letter.recipients.last()
    for each in (recipient, other):
        write(client, each, text_letter=each.name)
    ask(client, recipient)
    code, cookie = code_of(mails, recipient), client.cookies["answer"].value
    thief = Client()

    assert type_code(thief, recipient, code).status_code == 422
    thief.cookies["answer"] = cookie
    assert type_code(thief, other, code).status_code == 422
    assert "This browser asked for no code" in text_of(thief.get(room(other, "code/")))
    assert stored() == (0, 0)


def test_the_cookie_stays_with_the_room_and_out_of_scripts(client, recipient):
    write(client, recipient, **WORDS)

    cookie = ask(client, recipient).cookies["answer"]

    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (room(recipient), True, "Strict")


def test_the_code_mail_names_nothing(client, recipient, mails):
    write(client, recipient, **WORDS)
    ask(client, recipient)
    code_of(mails, recipient)

    mail = codes_to(mails, recipient)[0]

    assert mail.get_content_type() == "text/plain"
    assert not re.search(r"letter|answer|http|rota", mail.get_content(), re.I)


def test_a_draft_that_changed_after_the_code_was_asked_for_is_not_published(client, recipient, mails):
    write(client, recipient, **WORDS)
    ask(client, recipient)
    write(Client(), recipient, act="draft", text_letter="Somebody else wrote this.")

    answer = type_code(client, recipient, code_of(mails, recipient))

    assert (answer.status_code, stored()) == (409, (0, 0))
    assert "Nothing was published." in text_of(answer)
    assert "Somebody else wrote this." in text_of(client.get(room(recipient, "preview/")))


def test_what_changed_since_it_was_previewed_is_shown_again(client, recipient, mails):
    write(client, recipient, **WORDS)
    before = seen(client, recipient)
    write(client, recipient, act="draft", text_letter="Changed")

    answer = client.post(room(recipient, "preview/"), {"seen": before})

    assert (answer.status_code, codes_to(mails, recipient)) == (409, [])
    assert "Changed" in text_of(answer)


def test_reloading_the_last_step_publishes_nothing_more(client, recipient, mails):
    write(client, recipient, **WORDS)
    ask(client, recipient)
    cookie, code = client.cookies["answer"].value, code_of(mails, recipient)

    type_code(client, recipient, code)
    client.cookies["answer"] = cookie
    again = type_code(client, recipient, code)

    assert (again.status_code, again["Location"]) == (303, room(recipient, "published/"))
    assert stored() == (1, 2)


def test_a_later_answer_is_shown_as_later_and_the_earlier_stays(client, letter, recipient, mails):
    publish(client, recipient, mails, status_1="refused", text_1="No.")
    publish(client, recipient, mails, status_1="accepted", text_1="Yes, after all.")

    said = text_of(Client().get(f"/letters/{letter.slug}/"))

    assert stored() == (2, 2)
    assert letter.demands.first().status == "accepted"
    assert said.index("An earlier answer of Erin Chief") < said.index("No.") < said.index("Yes, after all.")
    assert said.count("An earlier answer of") == 1


def test_earlier_answers_stand_in_the_room_below_what_they_answer(client, recipient, mails):
    for word in ("First", "Second"):
        publish(client, recipient, mails, text_letter=f"{word} on all.", text_1=f"{word} on one.")

    said = text_of(client.get(room(recipient))).partition('id="mine"')[2].partition('id="answer"')[0]

    words = ["whole letter", "First on all.", "Second on all.", "1. <bdi>", "First on one.", "Second on one."]
    places = [said.index(word) for word in words]
    assert places == sorted(places)
    assert said.count("<h3>") == 2


def test_a_recipient_may_decline_and_it_is_called_that(client, letter, delivered, mails):
    publish(client, delivered, mails, status_letter="declined")

    said = text_of(Client().get(f"/letters/{letter.slug}/"))

    assert "<strong>Erin Chief, Chief executive</strong> declined to answer on" in said
    assert list(letter.demands.values_list("status", flat=True)) == ["unanswered", "unanswered"]
    assert "Pat Person, People</bdi>: delivered today" in said
    letters.close(letter)
    assert "declined to answer" in text_of(Client().get("/"))


def test_an_answer_that_organizers_recorded_is_told_apart(client, letter, recipient):
    letter.responses.create(recipient=recipient, text="By telephone.")

    said = text_of(client.get(f"/letters/{letter.slug}/"))

    assert "It came in another way and was recorded by the organizers." in said
    assert "confirmed by a code" not in said


def test_an_archived_letter_is_read_and_not_answered(client, letter, recipient, mails):
    write(client, recipient, **WORDS)
    ask(client, recipient)
    code = code_of(mails, recipient)
    letters.close(letter)
    Letter.objects.update(state=Letter.State.ARCHIVED)

    shown = client.get(room(recipient))
    assert "It takes no more answers" in text_of(shown)
    assert "<textarea" not in text_of(shown)
    late = write(client, recipient, text_letter="Typed meanwhile")
    assert (late.status_code, "Typed meanwhile" in text_of(late)) == (409, True)
    assert type_code(client, recipient, code).status_code == 409
    assert stored() == (0, 0)


def test_a_closed_letter_is_answered_too_and_so_is_one_without_mails(client, letter, recipient, mails):
    letters.close(letter)
    letter.recipients.update(opted_out_at="2026-01-01T00:00Z")

    assert publish(client, recipient, mails, text_letter="Late, but here.").status_code == 303


def test_who_tries_too_often_loses_nothing(client, recipient, monkeypatch):
    write(client, recipient, **WORDS)
    monkeypatch.setattr(limits, "ASKS", ONE)
    limits.allows(ONE, "client", "127.0.0.1")

    saving = write(client, recipient, text_letter="Typed in haste")
    asking = ask(client, recipient)
    again = client.post(room(recipient, "code/again/"))

    assert [answer.status_code for answer in (saving, asking)] == [429, 429]
    assert [answer["Retry-After"] for answer in (saving, asking)] == ["60", "60"]
    assert "Typed in haste" in text_of(saving)
    assert again.status_code == 422
    assert "We **will**." in text_of(client.get(room(recipient)))


def test_when_no_code_can_be_sent_the_draft_is_kept(client, recipient, monkeypatch):
    monkeypatch.setattr(codes.sender, "_waiting", codes.Sender(capacity=1)._waiting)
    codes.sender._waiting.put_nowait((0.0, None))
    write(client, recipient, **WORDS)

    answer = ask(client, recipient)

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Your draft is saved" in text_of(answer)
    assert ResponseDraft.objects.count() == 1


@pytest.mark.parametrize("number", [1, 3])
def test_it_needs_the_same_queries_for_any_number(
    client, letter, delivered, mails, number, django_assert_num_queries
):
    for index in range(number):
        letter.demands.create(number=3 + index, title="More")
        publish(client, delivered, mails, text_letter=f"Number {index}")
    write(client, delivered, act="draft", **WORDS)

    with django_assert_num_queries(
        8
    ):  # room, demands, draft, its demands, delivery, version, count, own answers
        client.get(room(delivered))


@pytest.mark.parametrize("page", ["", "preview/", "code/", "code/again/"])
def test_what_another_site_forged_is_refused(recipient, page):
    client = Client(enforce_csrf_checks=True)

    answer = client.post(room(recipient, page), {"act": "draft", "text_letter": "Forged"})

    assert (answer.status_code, ResponseDraft.objects.count()) == (403, 0)


def test_everything_that_a_scanner_submits_without_the_code_publishes_nothing(client, recipient, mails):
    """Forms in whatever order, filled in with what it has read in the first mail."""
    for page in ("", "preview/", "code/", "code/again/", "published/"):
        for fields in ({}, {"act": "preview", "text_letter": "x"}, {"code": "x"}, {"code": "ABCD-2345"}):
            client.post(room(recipient, page), fields)

    assert stored() == (0, 0)
    assert Delivery.objects.filter(kind="response").count() == 0


def test_followers_and_organizers_are_told_once_in_text_and_html(client, letter, recipient, mails):
    follower = follow(letter, mails)
    publish(client, recipient, mails, text_letter="Dear [all](https://company.test/)", **WORDS)
    mails.clear()

    send_all()
    send_all()

    owner = letter.memberships.get().user.email
    assert sorted(mail["X-Envelope-To"] for mail in mails.mails) == sorted([follower, owner])
    mail = mails.to(follower)[0]
    assert mail["Subject"] == "An answer to a letter"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    plain = " ".join(mail.get_body(("plain",)).get_content().split())
    html = " ".join(mail.get_body(("html",)).get_content().split())
    for words in ("Erin Chief, Chief executive", "1. Publish the rota two weeks ahead", "Too dear."):
        assert words in plain
        assert escape(words) in html
    assert "Whoever runs a page that it links to can see who opens it." in plain
    assert "/answer/" not in plain + html


def test_notices_wait_while_the_letter_is_paused(client, letter, recipient, mails):
    owner = letter.memberships.get().user
    publish(client, recipient, mails, text_letter="Words")
    pauses.pause(letter, by=owner)
    send_all()
    assert mails.to(owner.email) == []

    pauses.resume(letter, by=owner)
    send_all()

    assert [mail["Subject"] for mail in mails.to(owner.email)] == ["An answer to a letter"]


def follow(letter, mails, address="ada@private.test") -> str:
    client = Client()
    client.post(f"/letters/{letter.slug}/follow/", {"address": address})
    client.post(f"/letters/{letter.slug}/follow/code/", {"code": mails.code(address)})
    return address


def test_words_that_organizers_hide_are_in_no_mail_any_more_and_the_room_says_why(
    client, letter, recipient, mails
):
    follower = follow(letter, mails)
    publish(client, recipient, mails, **WORDS)
    mails.clear()
    answer = letter.responses.get(text="Too dear.")

    responses.hide(answer, reason=Response.Hidden.UNLAWFUL, by=letter.memberships.get().user)
    send_all()

    mail = mails.to(follower)[0]
    for part in ("plain", "html"):
        told = " ".join(mail.get_body((part,)).get_content().split())
        assert "Too dear." not in told
        assert "refused" in told
        assert told.count("The organizers have hidden the words of this answer.") == 1
    said = text_of(client.get(room(recipient)))
    assert "Too dear." not in said
    assert "The organizers have hidden the words of this answer. Their reason: it is against the law." in said
