"""Signing with a code on paper: over HTTP, as a browser does."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from petitions import counts
from petitions.crypto import blind, tokens, typed
from petitions.flows import invitations, letters
from petitions.models import Letter, Proof, Signature
from tests.factories import make_invitations, make_letter, make_user, signature_of
from tests.views.signing import FIELDS, ask

pytestmark = pytest.mark.django_db

REFUSED = "This invitation cannot be used."
JSON = {"Accept": "application/json"}


def page(letter: Letter, name: str = "") -> str:
    return f"/letters/{letter.slug}/invitation/{name}"


def use(client: Client, letter: Letter, code: str, **fields: str):
    return client.post(page(letter), FIELDS | read(letter) | {"invitation": code} | fields)


def read(letter: Letter) -> dict[str, str]:
    """What the page holds of the text that it shows."""
    return {"version": letter.version.sha256}


def receipt_on(answer) -> str:
    return re.search(r'translate="no">([-2-9A-Z]{34})<', answer.content.decode())[1].replace("-", "")


def hidden(letter: Letter) -> str:
    key = letter.public_keys.get(proof=Proof.INVITATION)
    return tokens.to_text(blind.blind(blind.load_public(bytes(key.spki)), b"a token")[0])


def test_code_signs_at_once_and_the_receipt_is_shown_once(client):
    letter = make_letter()
    code = typed.grouped(make_invitations(letter)[0]).lower()

    answer = use(client, letter, code, role="Engineer")

    assert (answer.status_code, answer["Location"]) == (303, f"/letters/{letter.slug}/signed/")
    shown = client.get(answer["Location"])
    assert signature_of(receipt_on(shown)).public_line == "Ada Lovelace, Engineer"
    assert "A receipt is shown once" in client.get(answer["Location"]).content.decode()


def test_sealing_cookie_of_an_invitation_asks_for_no_code(client):
    """Whoever goes to the code page instead finds that nothing was asked for."""
    letter = make_letter()
    use(client, letter, make_invitations(letter)[0])

    answer = client.post(f"/letters/{letter.slug}/code/", {"code": "2222-2222"})

    assert answer.status_code == 422
    assert "This browser asked for no code" in answer.content.decode()


def test_receipt_is_shown_to_whoever_waited_for_a_mail_before(client, mails):
    letter = make_letter()
    code = make_invitations(letter)[0]
    ask(client, letter)

    answer = use(client, letter, code, name="Grace Hopper")

    shown = client.get(answer["Location"])
    assert signature_of(receipt_on(shown)).public_line == "Grace Hopper"


def test_anonymous_signer_gives_nothing_but_the_code(client):
    letter = make_letter()

    answer = use(client, letter, make_invitations(letter)[0], appear="anonymous", statement="Why")

    assert answer.status_code == 303
    assert letter.waiting.get().proof == Proof.INVITATION
    assert counts.recount(letter).total == 0


def test_same_page_sent_twice_is_one_signature_with_one_receipt(client):
    letter = make_letter()
    code = make_invitations(letter)[0]
    attempt = re.search(r'name="attempt" value="(\w+)"', client.get(page(letter)).content.decode())[1]

    first = use(client, letter, code, attempt=attempt)
    again = use(Client(), letter, code, attempt=attempt)
    other = use(Client(), letter, code, attempt="of another page")

    assert (first.status_code, again.status_code, other.status_code) == (303, 303, 422)
    assert Signature.objects.count() == 1
    assert client.get(first["Location"]).status_code == 200


def test_each_page_has_an_attempt_of_its_own(client):
    letter = make_letter()
    make_invitations(letter)
    pages = [client.get(page(letter)).content.decode() for _ in range(3)]

    assert len({re.search(r'name="attempt" value="(\w{32})"', each)[1] for each in pages}) == 3


def correct(letter: Letter) -> None:
    letter.text = "Corrected"
    letter.save()
    letters.correct(letter, by=letter.memberships.get().user)


def test_text_that_was_corrected_meanwhile_is_to_be_read_first_and_nothing_typed_is_lost(client):
    letter = make_letter()
    code, before = make_invitations(letter)[0], read(letter)
    correct(letter)
    typed_in = {"name": "Grace Hopper", "role": "Admiral", "statement": "Because", "attempt": "of one page"}

    answer = use(client, letter, code, **typed_in | before)

    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "The text was corrected meanwhile. Nothing was signed" in shown
    assert [value for value in (code, *typed_in.values()) if value not in shown] == []
    assert re.findall(r'name="version" value="(\w+)"', shown) == [letter.version.sha256]
    assert (letter.signatures.count(), letter.invitations.count()) == (0, 10)
    assert use(client, letter, code, **typed_in).status_code == 303


@pytest.mark.parametrize("version", [{}, {"version": ""}, {"version": "ab" * 32}])
def test_whoever_does_not_say_what_they_read_signs_nothing(client, version):
    letter = make_letter()
    fields = {"invitation": make_invitations(letter)[0], "blinded": hidden(letter)} | version

    signing = client.post(page(letter), FIELDS | fields)
    asking = client.post(page(letter, "token/"), fields, headers=JSON)
    pasted = client.post(page(letter, "token/"), fields)

    assert (signing.status_code, asking.status_code, pasted.status_code) == (409, 409, 409)
    assert asking.json()["error"] == "corrected"
    assert [
        value for value in (fields["invitation"], fields["blinded"]) if value not in pasted.content.decode()
    ] == []
    assert letter.invitations.unused().count() == 10


def used(letter: Letter, code: str) -> str:
    use(Client(), letter, code)
    return code


def voided(letter: Letter, code: str) -> str:
    invitations.void(letter, by=make_user())
    return code


@pytest.mark.parametrize("spoil", [lambda letter, code: typed.new_invitation(is_former=False), used, voided])
def test_wrong_used_and_void_codes_get_the_same_answer(client, spoil):
    letter = make_letter()
    code = spoil(letter, make_invitations(letter)[0])
    blinded = hidden(letter)

    signing = use(client, letter, code)
    asking = client.post(
        page(letter, "token/"), read(letter) | {"invitation": code, "blinded": blinded}, headers=JSON
    )

    assert (signing.status_code, asking.status_code) == (422, 422)
    assert REFUSED in signing.content.decode()
    assert asking.json() == {
        "error": "refused",
        "sentence": f"{REFUSED} Please compare it with your paper. Each one works once.",
    }


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"invitation": ""}, "Please type the code of your invitation."),
        ({"invitation": "ABCD-2345"}, "An invitation has four groups of four letters and digits."),
        ({"invitation": "0000-1111-0000-1111"}, "An invitation has four groups of four letters and digits."),
        ({"name": ""}, "Please type your name."),
    ],
)
def test_what_is_missing_is_said_and_uses_nothing_up(client, fields, sentence):
    letter = make_letter()
    code = make_invitations(letter)[0]

    answer = (
        use(client, letter, **{"code": code} | fields)
        if "invitation" not in fields
        else client.post(page(letter), FIELDS | fields)
    )

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert letter.invitations.count() == 10


def test_token_is_given_for_a_code_and_again_for_the_same_hidden_token(client):
    letter = make_letter()
    code, blinded = make_invitations(letter)[0], hidden(letter)
    fields = read(letter) | {"invitation": code, "blinded": blinded}

    answers = [client.post(page(letter, "token/"), fields, headers=JSON).json() for _ in range(2)]
    shown = Client().post(page(letter, "token/"), fields)

    key = letter.public_keys.get(proof=Proof.INVITATION)
    assert answers[0] == answers[1]
    assert (answers[0]["key_id"], answers[0]["few"]) == (key.key_id, True)
    assert answers[0]["blind_signature"] in shown.content.decode()
    other = client.post(page(letter, "token/"), fields | {"blinded": hidden(letter)}, headers=JSON)
    assert (other.status_code, other.json()["error"]) == (422, "refused")


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"blinded": "no"}, "form"), ({"invitation": "short"}, "form"), ({"blinded": "AAAA"}, "no_token")],
)
def test_what_cannot_be_signed_uses_nothing_up(client, fields, error):
    letter = make_letter()
    sent = read(letter) | {"invitation": make_invitations(letter)[0], "blinded": hidden(letter)} | fields

    answer = client.post(page(letter, "token/"), sent, headers=JSON)

    assert (answer.status_code, answer.json()["error"]) == (422, error)
    assert client.post(page(letter, "token/"), sent).status_code == 422
    assert letter.invitations.unused().count() == 10


def test_key_lines_say_for_which_codes_they_are(client):
    letter = make_letter()
    make_invitations(letter)
    one = client.get(page(letter, "token/")).content.decode()
    make_invitations(letter, proof=Proof.FORMER)

    both = client.get(page(letter, "token/")).content.decode()

    assert (one.count("undersigned1-key."), both.count("undersigned1-key.")) == (1, 2)
    assert "begins with F" not in one
    assert "If your code does not begin with F:" in both
    assert "If your code begins with F, for former employees:" in both


def test_closed_letter_takes_no_invitation(client):
    letter = make_letter()
    code, blinded = make_invitations(letter)[0], hidden(letter)
    letters.close(letter)

    assert client.get(page(letter)).status_code == 409
    assert use(client, letter, code).status_code == 409
    asking = client.post(
        page(letter, "token/"), read(letter) | {"invitation": code, "blinded": blinded}, headers=JSON
    )
    assert (asking.status_code, asking.json()["error"]) == (409, "not_open")
    assert Signature.objects.count() == 0


def test_letter_without_invitations_has_no_such_page_and_offers_none(client, mails):
    letter = make_letter()

    assert [client.get(page(letter, name)).status_code for name in ("", "token/")] == [404, 404]
    ask(client, letter)
    for name in ("sign", "code"):
        assert "I have an invitation" not in client.get(f"/letters/{letter.slug}/{name}/").content.decode()


def test_invitations_are_offered_where_a_mail_may_not_come(client, mails):
    letter = make_letter()
    make_invitations(letter)
    ask(client, letter)
    client.post(f"/letters/{letter.slug}/follow/", {"address": "ada@private.test"})
    for name, offered in {"sign": 1, "code": 1, "follow/code": 0}.items():
        answer = client.get(f"/letters/{letter.slug}/{name}/").content.decode()
        assert answer.count(f'href="{page(letter)}"') == offered

    invitations.void(letter, by=make_user())

    assert "I have an invitation" not in client.get(f"/letters/{letter.slug}/sign/").content.decode()
    assert client.get(page(letter)).status_code == 200


def test_looking_uses_nothing_up(client):
    letter = make_letter()
    code = make_invitations(letter)[0]

    for method in (client.get, client.head):
        for name in ("", "token/"):
            answer = method(page(letter, name), FIELDS | {"invitation": code, "blinded": hidden(letter)})
            assert (answer.status_code, code in answer.content.decode()) == (200, False)
            assert "no-store" in answer["Cache-Control"]

    assert letter.invitations.unused().count() == 10


def test_pages_are_counted_and_say_what_the_number_consists_of(client):
    letter = make_letter()
    use(client, letter, make_invitations(letter)[0])

    shown = client.get(letter.get_absolute_url()).content.decode()

    assert "1 distinct invitation that organizers handed out; to whom, this site does not know." in shown
