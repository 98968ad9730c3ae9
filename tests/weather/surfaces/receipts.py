"""Withdrawing, and whatever else is done with a receipt."""

from __future__ import annotations

import re

from django.db.models.functions import Now

from petitions.flows import deliveries, snapshots
from petitions.models import Letter, Snapshot
from tests.factories import make_letter, sign, signature_of
from tests.weather.corpus import Case
from tests.weather.site import Counted, Person, Site
from tests.weather.surfaces.codes import harmed_texts, refused
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

NAME = "Ada Lovelace"


def nobody_s(site: Site, case: Case) -> Seen:
    """No address withdraws anything here, and a receipt of nobody's is told from none."""
    letter = make_letter()
    sign(letter, NAME)
    counted = Counted(site, letter)
    unknown = "2222-" * 6 + "2222"
    answers = [
        Person(site).post("/receipt/", {"receipt": unknown, "address": who}) for who in ("", "a@b.test")
    ]
    same = answers[0].status == answers[1].status and without_secret(answers[0]) == without_secret(answers[1])
    return {
        "outcome": "neutral" if same else "told apart",
        "status_same_as": "first_time_signer" if same else answers[1].status,
        "body_same_as": "first_time_signer" if same else "another",
        "mails": len(site.mails_but()),
        **counted.delta(),
    }


def without_secret(answer: Answer) -> str:
    """The page without what each form of ours hides anew."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=)"[^"]*"', r"\1", answer.text)


def somebody_else_s(site: Site, case: Case) -> Seen:
    """By the id that the public list shows, and by what is nearly a receipt."""
    letter = make_letter()
    receipt = sign(letter, NAME)
    counted, public = Counted(site, letter), str(signature_of(receipt).pk)
    tried = [public, public.replace("-", "")[:28], *harmed_texts(receipt)]
    tried.remove(receipt.upper())  # which is the receipt
    answers = [Person(site).post("/receipt/", {"receipt": each, "act": "withdraw"}) for each in tried]
    by_address = Person(site).post(f"/letters/{letter.slug}/signatures/{public}/", {"act": "withdraw"})
    assert {answer.status for answer in answers} == {422}
    return refused(by_address) | counted.delta()


def delivered(letter: Letter) -> Snapshot:
    deliveries.deliver(letter, number=1, by=letter.memberships.get().user)
    snapshots.freeze_due()
    snapshot: Snapshot = letter.snapshots.get()
    Snapshot.objects.filter(pk=snapshot.pk).update(first_body_at=Now())
    return Snapshot.objects.get(pk=snapshot.pk)


def after_delivery(site: Site, case: Case) -> Seen:
    letter = make_letter()
    receipt, _other = sign(letter, NAME), sign(letter, "Grace Hopper")
    before, counted = delivered(letter), Counted(site, letter)
    page = Person(site).post("/receipt/", {"receipt": receipt, "act": "show"}).text
    done = Person(site).post("/receipt/", {"receipt": receipt, "act": "withdraw"})
    after = Snapshot.objects.get(pk=before.pk)
    is_same = (before.sha256, before.count) == (after.sha256, after.count)
    is_told = "What recipients received with it stays with them." in page
    return {
        "outcome": "accept" if done.status == 200 else done.status,
        "count_delta": counted.delta()["count_delta"],
        "delivered_snapshot_unchanged": is_same,
        "message": case.expect["message"] if is_told else "",
    }


def to_anonymous(site: Site, case: Case) -> Seen:
    letter = make_letter()
    receipt = sign(letter, NAME)
    places = {
        "page": f"/letters/{letter.slug}/",
        "json": f"/api/v1/letters/{letter.slug}/signatures/",
        "rss": f"/letters/{letter.slug}/feed.atom",
        "search": f"/letters/{letter.slug}/signatures/?q=Lovelace",
    }
    shown = {name: NAME in site.ask("GET", place).text for name, place in places.items()}
    assert shown == {"page": True, "json": True, "rss": False, "search": True}
    change = {"receipt": receipt, "act": "change", "appear": "anonymous"}
    done = Person(site).post("/receipt/", change)
    found = {
        name
        for name, place in places.items()
        if f"{NAME}<" in site.ask("GET", place).text
        or (name == "json" and NAME in site.ask("GET", place).text)
    }
    owner = Person(site, user=letter.memberships.get().user)
    table = owner.post(f"/admin/petitions/letter/{letter.pk}/signatures/export/", {}).text
    found |= {"csv"} if NAME in table else set()
    kept = site.ask("GET", places["page"]).header("Cache-Control")
    seconds = sum(map(int, re.findall(r"(?:max-age|stale-while-revalidate)=(\d+)", kept)))
    found |= set() if "max-age=" in kept and seconds < 60 else {"cached page after 60 s"}
    absent = [place for place in case.expect["name_absent_from"] if place not in found]
    return {"outcome": "accept" if done.status == 200 else done.status, "name_absent_from": absent}


RUNS = {
    "enum-006": nobody_s,
    "wd-001": somebody_else_s,
    "wd-002": after_delivery,
    "wd-004": to_anonymous,
}
