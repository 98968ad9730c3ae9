"""A letter's home: how it stands, what needs a person, and what is to be done before the next step."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from petitions import limits
from petitions.flows import audit, bursts
from petitions.models import Delivery, Letter, Recipient, Signature
from tests.admin.posts import delivering, page
from tests.factories import make_draft, make_letter, sign, sign_many, signature_of


def shown(client, letter: Letter) -> str:
    return " ".join(client.get(page("change", letter)).content.decode().split())


def checklist(client, letter: Letter) -> dict[str, tuple[str, str]]:
    """What each item says of itself, and where it leads."""
    items = re.findall(
        r'<a href="([^"]+)">([^<]+)</a> <span class="badge" ?>([^<]+)</span>', shown(client, letter)
    )
    return {name: (state, url) for url, name, state in items}


def test_home_asks_for_no_field_and_its_form_is_one_click_away(as_owner, draft):
    assert 'name="title"' not in shown(as_owner, draft)
    assert f'href="{page("edit", draft)}"' in shown(as_owner, draft)
    assert 'name="title"' in as_owner.get(page("edit", draft)).content.decode()


def test_checklist_of_an_empty_draft_says_what_is_needed_and_where(as_owner, draft):
    draft.demands.all().delete()
    draft.recipients.all().delete()
    draft.workplaces.clear()
    Letter.objects.filter(pk=draft.pk).update(text=" ", closes_at=timezone.now() - timedelta(days=1))
    edit = page("edit", draft)

    assert checklist(as_owner, draft) == {
        "Text": ("needed", f"{edit}#id_text"),
        "Demands": ("needed", f"{edit}#demands-group"),
        "Recipients": ("needed", f"{edit}#recipients-group"),
        "Workplaces": ("needed", f"{edit}#signing"),
        "Times": ("needed", f"{edit}#signing"),
        "What is kept": ("to do", page("retention", draft)),
        "Test mail": ("to do", page("preview_mail", draft)),
    }
    form = as_owner.get(edit).content.decode()
    for part in ("id_text", "demands-group", "recipients-group", "signing", "answers"):
        assert form.count(f'id="{part}"') == 1


def test_checklist_is_gone_through_to_the_opening(as_owner, draft, owner):
    assert "Go through the rest of the list first" in shown(as_owner, draft)
    assert "better done before" in as_owner.get(page("open", draft)).content.decode()
    assert as_owner.get(page("retention", draft)).status_code == 200
    assert checklist(as_owner, draft)["What is kept"][0] == "to do"

    as_owner.post(page("retention", draft))
    audit.record("test_mail_sent", letter=draft, by=owner)

    assert {state for state, _url in checklist(as_owner, draft).values()} == {"done"}
    assert "Everything is done. Open it for signing." in shown(as_owner, draft)
    assert "better done before" not in as_owner.get(page("open", draft)).content.decode()


def test_brackets_of_a_letter_to_start_from_are_found_and_links_are_none(as_owner, draft):
    Letter.objects.filter(pk=draft.pk).update(text="See [the plan](https://example.org/) and [this][1].")
    assert "Brackets" not in checklist(as_owner, draft)
    draft.demands.filter(number=2).update(text="Stop it by [day].")
    assert checklist(as_owner, draft)["Brackets"] == ("to do", f"{page('edit', draft)}#id_text")
    assert "“[day]” waits for words of your own." in shown(as_owner, draft)


def test_checklist_to_delivering(as_owner, letter, owner):
    Letter.objects.filter(pk=letter.pk).update(is_paused=True)
    letter.recipients.update(opted_out_at=timezone.now())
    assert {name: state for name, (state, _url) in checklist(as_owner, letter).items()} == {
        "Closed": "to do",
        "Signatures": "to do",
        "Names to decide": "done",
        "Recipients": "needed",
        "Address for answers": "to do",
        "Mail": "to do",
        "Test mail": "to do",
    }

    letter.recipients.update(opted_out_at=None)
    Letter.objects.filter(pk=letter.pk).update(is_paused=False, contact_address="answers@union.test")
    audit.record("test_mail_sent", letter=letter, by=owner)
    sign(letter, "Ada Lovelace")
    as_owner.post(page("close", letter))

    assert {state for state, _url in checklist(as_owner, letter).values()} == {"done"}
    letter.refresh_from_db()
    as_owner.post(page("deliver", letter), delivering(letter, 2))
    assert checklist(as_owner, letter) == {}


def test_what_needs_a_person_is_said_and_linked(as_owner, letter, owner):
    assert "Needs you" not in shown(as_owner, letter)
    flagged = signature_of(sign(letter, "Adа Lovelace"))
    told = signature_of(sign(letter, "Grace Hopper", statement="I was there."))
    letter.takedowns.create(signature=told, reason="Not me")
    as_owner.post(page("deliver", letter), delivering(letter, 1, while_open="on"))
    first, second = letter.deliveries.letters()
    now = timezone.now()
    Delivery.objects.filter(pk=first.pk).update(state="unknown", body_started_at=now)
    Delivery.objects.filter(pk=second.pk).update(state="refused", finished_at=now)
    bursts.freeze(letter.workplaces.get().domains.get())

    says = shown(as_owner, letter)

    assert "Once it is closed, you can deliver it again with its final number." in says
    assert flagged.is_under_review
    for sentence, place in {
        "1 mail may have arrived or not. Decide about it.": "deliveries",
        "1 letter was refused by the recipient's mail server.": "deliveries",
        "1 name waits for a look.": "review",
        "1 statement is not shown.": "review",
        "1 request to take a name down waits.": "takedowns",
    }.items():
        assert f'href="{page(place, letter)}" >{sentence}' in says.replace("&#x27;", "'")
    assert "Mailboxes at example.test have got no codes" in says


def test_codes_that_nobody_types_are_told_without_a_number(as_owner, letter):
    domain = letter.workplaces.get().domains.get()
    for number in range(bursts.UNTYPED // 2 + 1):
        assert "Many codes" not in shown(as_owner, letter) if number == bursts.UNTYPED // 2 else True
        limits.counts(*bursts.Asking.of_signer(letter, f"person{number}@{domain.name}").tries)

    says = shown(as_owner, letter)

    assert "Many codes for mailboxes at example.test are asked for and not typed this hour." in says
    assert str(bursts.UNTYPED // 2 + 1) not in says


def test_numbers_growth_milestones_and_answers(as_owner, letter):
    letter.milestones.create(threshold=2).mark_reached(2)
    letter.milestones.create(threshold=5)
    for name in ("Ada Lovelace", "Grace Hopper"):
        sign(letter, name)
    Signature.objects.filter(name="Ada Lovelace").update(signed_on="2026-01-01")
    letter.demands.filter(number=2).update(status="accepted")

    says = shown(as_owner, letter)

    assert "2 signatures: 2 named, 0 anonymous." in says
    assert "2 distinct work mailboxes at example.test, by typed code" in says
    assert "How it grew" in says
    assert "3 more to the milestone of 5" in says
    assert "2: reached" in says
    assert "Pay for changes: <span >accepted</span>" in says


@pytest.mark.parametrize("number", [3, 300])
def test_home_needs_eight_queries_however_much_there_is(as_owner, owner, number, django_assert_num_queries):
    letter = make_letter(owner=owner)
    sign_many(letter, number)
    letter.milestones.bulk_create(
        letter.milestones.model(letter=letter, threshold=n) for n in range(1, number)
    )
    Recipient.objects.bulk_create(
        Recipient(letter=letter, name=f"Person {n}", address=f"p{n}@company.test") for n in range(number)
    )
    for n in range(min(number, 50)):
        letter.demands.create(number=10 + n, title="More")
    as_owner.post(page("deliver", letter), {"number": 1, "while_open": "on"})
    as_owner.get(page("change", letter))
    with django_assert_num_queries(8):
        assert f'<p class="figure">{number}</p>' in as_owner.get(page("change", letter)).content.decode()


def test_draft_of_others_and_its_form_are_not_there(as_owner):
    foreign = make_draft()
    for name in ("change", "edit", "retention"):
        assert as_owner.get(page(name, foreign)).status_code == 404
