"""Watching signatures: never more than the public sees, except a name that waits for a decision."""

from __future__ import annotations

from petitions.flows import batches, signatures
from petitions.flows import receipts as by_receipt
from petitions.flows.signatures import Shown
from petitions.models import Appear, AuditEvent, Mark, Signature, WaitingSignature
from tests.admin.posts import page
from tests.factories import sign, signature_of

LOOKALIKE = "\u0410da Byron"  # a Cyrillic letter among Latin ones


def shown(client, letter, query: str = "") -> str:
    answer = client.get(page("signatures", letter) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_anonymous_signatures_are_a_figure(as_owner, letter):
    sign(letter, "Ada Lovelace", role="Engineer")
    for _ in range(12):
        sign(letter, appear=Appear.ANONYMOUS)
    batches.publish_full(letter)
    sign(letter, appear=Appear.ANONYMOUS)
    page_of_all = shown(as_owner, letter)
    assert page_of_all.count("<tr>") == 2
    assert "13 signatures: 1 named, 12 anonymous." in page_of_all
    hidden = [*Signature.objects.exclude(kind="named"), *WaitingSignature.objects.all(), *Mark.objects.all()]
    assert not any(str(row.pk) in page_of_all for row in hidden)
    assert not any(bytes(row.receipt_hash).hex() in page_of_all for row in Signature.objects.all())


def test_hidden_and_withdrawn_names_are_gone(as_owner, letter):
    first, second = sign(letter, "Ada Lovelace"), sign(letter, "Grace Hopper")
    by_receipt.withdraw(first)
    signatures.hide(signature_of(second))
    page_of_all = shown(as_owner, letter)
    assert "Lovelace" not in page_of_all
    assert "Hopper" not in page_of_all
    assert "No named signature yet." in page_of_all


def test_search_finds_without_accents_and_tells_no_time(as_owner, letter):
    sign(letter, "José Ortega", role="Nurse")
    sign(letter, "Ada Lovelace")
    signed_at = Signature.objects.get(name="José Ortega").signed_at
    found = shown(as_owner, letter, "?q=jose")
    assert "José Ortega" in found
    assert "Ada Lovelace" not in found
    assert f"{signed_at:%H:%M}" not in found
    assert "No name matches." in shown(as_owner, letter, "?q=nobody%00")


def test_pages_of_a_hundred(as_owner, letter):
    for number in range(101):
        sign(letter, f"Person {number:03}x")
    assert shown(as_owner, letter).count("Person ") == 100
    assert shown(as_owner, letter, "?page=2").count("Person ") == 1
    assert shown(as_owner, letter, "?page=abc").count("Person ") == 100


def test_statement_is_shown_and_taken_off(as_owner, letter):
    signature = signature_of(sign(letter, "Ada Lovelace", statement="Nights are long."))
    for show, public in (("yes", "Nights are long."), ("yes", "Nights are long."), ("no", ""), ("", "")):
        as_owner.post(
            page("signature_statement", letter, signature.pk), {"show": show, "seen": signature.words_digest}
        )
        signature.refresh_from_db()
        assert signature.public_statement == public


def test_nothing_else_can_be_done_to_a_signature(as_owner, letter):
    signature = signature_of(sign(letter, "Ada Lovelace"))
    for path in ("delete", "change", "hide", "withdraw"):
        assert as_owner.post(page("signatures", letter) + f"{signature.pk}/{path}/").status_code == 404
    assert as_owner.post(page("signatures", letter)).status_code == 405


def test_words_that_changed_after_reading_are_not_approved(as_owner, letter):
    receipt = sign(letter, "Ada Lovelace", statement="Nights are long.")
    read = signature_of(receipt).words_digest
    by_receipt.change(receipt, Shown(Appear.FULL, "Ada Lovelace", "", "Something nobody read."))

    url = page("signature_statement", letter, signature_of(receipt).pk)
    answer = as_owner.post(url, {"show": "yes", "seen": read}, follow=True)

    assert "this has changed meanwhile" in answer.content.decode()
    assert signature_of(receipt).public_statement == ""


def test_looking_shows_no_statement(as_owner, letter):
    signature = signature_of(sign(letter, "Ada Lovelace", statement="Nights are long."))
    url = page("signature_statement", letter, signature.pk)
    assert as_owner.get(url, {"show": "yes", "seen": signature.words_digest}).status_code == 405
    signature.refresh_from_db()
    assert signature.public_statement == ""


def pin(client, signature: Signature, answer: str = "yes"):
    posted = {"pin": answer, "seen": signature.words_digest}
    return client.post(page("signature_pin", signature.letter, signature.pk), posted, follow=True)


def test_a_name_is_put_above_the_others_and_back(as_owner, letter):
    signature = signature_of(sign(letter, "Ada Lovelace"))

    pin(as_owner, signature)
    assert Signature.objects.get(pk=signature.pk).is_pinned
    assert "Put back" in shown(as_owner, letter)
    pin(as_owner, signature, "no")

    assert not Signature.objects.get(pk=signature.pk).is_pinned
    assert [event.verb for event in AuditEvent.objects.order_by("pk")][-2:] == ["pinned", "unpinned"]


def test_a_name_under_review_stands_above_nobody(as_owner, letter):
    signature = signature_of(sign(letter, LOOKALIKE))

    answer = pin(as_owner, signature)

    assert not Signature.objects.get(pk=signature.pk).is_pinned
    assert "Nothing was done" in answer.content.decode()


def test_at_most_twelve_names_stand_above_the_others(as_owner, letter):
    found = [signature_of(sign(letter, "Ada Lovelace")) for _ in range(13)]

    for signature in found:
        answer = pin(as_owner, signature)

    assert "At most 12 names" in answer.content.decode()
    assert letter.signatures.filter(is_pinned=True).count() == 12
