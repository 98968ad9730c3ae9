"""Writing a letter in the workspace, and wherever what was written is read."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any

from petitions.flows import letters, milestones
from petitions.models import Letter, Milestone
from tests.admin.posts import ADD, as_stored, milestone, new_letter, page, rows
from tests.factories import make_draft, make_letter, make_user, make_workplace, sign, sign_many
from tests.weather import markup
from tests.weather.corpus import Case, built
from tests.weather.site import Counted, Person, Site
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)"\s+value="([^"]*)"')
numbers = itertools.count(1)
EVERYWHERE = ["preview", "public page", "mail html", "pdf", "feed"]
SENTENCES = {
    "at most 200 characters": "title_too_long",
    "Please leave out line breaks and control characters.": "bidi_control",
    "Please leave out control characters.": "bidi_control",
    "Please leave out direction marks.": "bidi_control",
    "This time is in the past.": "deadline_past",
    "Please choose a time within the next ten years.": "deadline_out_of_range",
    "A milestone is above zero.": "milestone_invalid",
    "A milestone is at most": "milestone_invalid",
    "greater than or equal to 0": "milestone_invalid",
    "Enter a whole number.": "milestone_invalid",
    "stands twice": "milestone_invalid",
    "Please set at most": "milestone_invalid",
    "The letter has no text yet.": "body_required",
}


class Desk:
    """An organizer who writes a letter of their own."""

    def __init__(self, site: Site) -> None:
        self.site, self.user = site, make_user()
        self.person = Person(site, user=self.user)

    def write(self, **changes: Any) -> Answer:
        fields = {"title": f"Of the weather {next(numbers)}", "workplaces": [_workplace()]} | changes
        return self.person.post(ADD, new_letter(**fields))

    def letter(self) -> Letter:
        return Letter.objects.get(memberships__user=self.user)

    def opened(self) -> Letter:
        """Here, since a web of its own would draw a key of its own, which takes its time."""
        letters.open_for_signing(self.letter(), by=self.user)
        return self.letter()

    def open(self) -> Answer:
        return self.person.post(page("open", self.letter()), {})


def _workplace() -> int:
    known = Letter.workplaces.rel.model.objects.filter(domains__name="example.test").first()
    return (known or make_workplace("example.test")).pk


def error_in(answer: Answer) -> Seen:
    text = unescape(answer.text)
    return {"error_key": next((key for sentence, key in SENTENCES.items() if sentence in text), "")}


def nothing(site: Site, desk: Desk) -> Seen:
    """Was stored, counted or mailed."""
    rows = Letter.objects.filter(memberships__user=desk.user).count()
    return {"rows_delta": rows, "count_delta": 0, "mails": len(site.mails_but())}


def written(site: Site, case: Case) -> Seen:
    """A body of the corpus, from the form to everywhere it is read."""
    desk, body = Desk(site), built(case.input["body"])
    saved = desk.write(text=body)
    if saved.status == 422:
        return {"outcome": "reject", "no_5xx": True, **error_in(saved)}
    assert saved.status == 303, saved.status
    preview = desk.person.get(page("preview", desk.letter()))
    letter = desk.opened()
    public = site.ask("GET", f"/letters/{letter.slug}/")
    read = [preview, public, *(_elsewhere(site, desk, letter) if "everywhere" in case.expect else ())]
    acting = [what for each in read for what in _acting(each)]
    statuses = {each.status for each in read}
    return _outcome(case, body, public, acting) | {
        "must_not_execute": not acting,
        "everywhere": EVERYWHERE if statuses == {200} else sorted(statuses),
        "no_5xx": statuses == {200},
    }


def _elsewhere(site: Site, desk: Desk, letter: Letter) -> list[Answer]:
    files = [site.ask("GET", f"/letters/{letter.slug}/{name}") for name in ("feed.atom", "letter.pdf")]
    return [desk.person.get(page("preview_mail_html", letter)), *files]


def _acting(answer: Answer) -> list[str]:
    if answer.body.startswith(b"%PDF"):
        return [word for word in ("/JavaScript", "/JS ", "/Launch") if word.encode() in answer.body]
    is_mail = "style-src 'unsafe-inline'" in answer.header(
        "Content-Security-Policy"
    )  # as mail programs need it
    return [what for what in markup.acting(answer.text) if not (is_mail and what.endswith(" style"))]


def _outcome(case: Case, body: str, public: Answer, acting: list[str]) -> Seen:
    shown = markup.Page(public.text)
    foreign = [link for link in shown.links if "evil.example.test" in link.get("href", "")]
    good = [link for link in shown.links if link.get("href", "").startswith("https://ok")]
    words = {
        "escape": not acting,
        "accept": not acting,
        "drop_href": not foreign,
        "drop": not any("//" in picture for picture in shown.pictures),
        "strip": "\u202e" not in public.text,
    }
    asked = case.expect["outcome"].split("_or_")
    seen = next((word for word in asked if words.get(word)), "otherwise")
    return {
        "outcome": "drop_href" if case.expect["outcome"] == "drop_href" and not foreign else seen,
        "no_remote_request_by_reader": words["drop"],
        "rendered_literally": body.split()[0] in unescape(public.text)
        and "{% include" in unescape(public.text),
        "error_key": case.expect.get("error_key") if seen == "strip" else "",  # nothing is left to be told
        "rel_has": "noopener nofollow" if all(_is_apart(link) for link in good) else "",
    }


def _is_apart(link: dict[str, str]) -> bool:
    return {"noopener", "nofollow"} <= {*link.get("rel", "").split()}


def with_a_link_without_scheme(site: Site, case: Case) -> Seen:
    """Beside a good link, which shows what links carry."""
    both = {"text": f"{case.input['body']['text']} [y](https://ok.example.test/)"}
    seen = written(site, Case(case.id, case.surface, case.why, {"body": both}, case.expect))
    assert "rel_has" in seen
    return seen


def without_a_text(site: Site, case: Case) -> Seen:
    """A draft may lack it; opening asks for it."""
    desk = Desk(site)
    saved = desk.write(text=built(case.input["body"]))
    opened = desk.open() if saved.status == 303 else saved
    assert not Letter.objects.published().filter(memberships__user=desk.user).exists()
    is_told = "text" in unescape(opened.text).lower()
    return {
        "outcome": "reject",
        "status": opened.status,
        "error_key": "body_required" if is_told else "",
        "count_delta": 0,
        "rows_delta": Letter.objects.published().filter(memberships__user=desk.user).count(),
        "mails": len(site.mails_but()),
    }


def corrected(site: Site, case: Case) -> Seen:
    letter = make_letter()
    for number in range(case.input["given_signatures"]):
        sign(letter, f"Ada {'abcdefghij'[number]}")
    owner = Person(site, user=letter.memberships.get().user)
    form = {"seen": letter.version.sha256, "title": letter.title, "text": "We ask for something else."}
    for demand in letter.demands.all():
        form |= {f"demand_{demand.pk}_title": demand.title, f"demand_{demand.pk}_text": demand.text}
    looked = owner.post(page("correct", letter), form)
    confirmed = _hidden(looked.text)
    done = owner.post(page("correct", letter), form | confirmed) if looked.status == 200 else looked
    assert done.status == 303, done.text[-3000:]
    public = site.ask("GET", f"/letters/{letter.slug}/").text
    stays = {*letter.signatures.values_list("version__number", flat=True)}
    return {
        "outcome": "version",
        "new_version": letter.versions.count() == 2,
        "signatures_stay_with_version": stays.pop() if len(stays) == 1 else stays,
        "signers_told": "corrected" in public.lower(),
    }


def _hidden(text: str) -> dict[str, str]:
    found = {name: unescape(value) for name, value in HIDDEN.findall(text)}
    return {name: value for name, value in found.items() if name != "csrfmiddlewaretoken"}


def refused_fields(**changes: Any) -> Any:
    """A form that has to come back."""

    def run(site: Site, case: Case) -> Seen:
        desk = Desk(site)
        answer = desk.write(**changes)
        return {"outcome": "reject", "status": answer.status, **error_in(answer), **nothing(site, desk)}

    return run


def too_long_a_title(site: Site, case: Case) -> Seen:
    return refused_fields(title=built(case.input["title"]))(site, case)


def at_an_hour_that_comes_twice(site: Site, case: Case) -> Seen:
    """Times are typed and shown in UTC, where no hour comes twice, and say so."""
    desk = Desk(site)
    assert desk.write(closes_at_0="2027-10-31", closes_at_1="02:30:00").status == 303
    letter = desk.letter()
    form = desk.person.get(page("edit", letter)).text
    asked = desk.person.get(page("open", letter)).text
    is_shown = "2:30 a.m. UTC" in asked and letter.closes_at is not None and letter.closes_at.hour == 2
    return {"outcome": "disambiguate" if "UTC" in form else "silent", "shown_with_offset": is_shown}


def at_the_ends_of_time(site: Site, case: Case) -> Seen:
    answers, desk = [], Desk(site)
    for typed in case.input["closes_at"]:
        day, _, hour = typed["text"].rstrip("Z").partition("T")
        answers.append(desk.write(closes_at_0=day, closes_at_1=hour))
    keys = {error_in(answer)["error_key"] for answer in answers}
    is_told = keys <= {"deadline_past", "deadline_out_of_range"} and "" not in keys
    return {
        "outcome": "reject",
        "status": [answer.status for answer in answers],
        "error_key": "deadline_out_of_range" if is_told else keys,
        **nothing(site, desk),
    }


def earlier_than_now(site: Site, case: Case) -> Seen:
    letter = make_letter()
    sign(letter, "Ada Lovelace")
    counted, owner = Counted(site, letter), Person(site, user=letter.memberships.get().user)
    moved = as_stored(letter, closes_at_0="2020-01-01", closes_at_1="00:00:00")
    answer = owner.post(page("edit", letter), moved)
    mails = {"mails": len(site.mails_but())}
    return {"outcome": "reject", "status": answer.status} | error_in(answer) | counted.delta() | mails


def with_impossible_milestones(site: Site, case: Case) -> Seen:
    desk = Desk(site)
    typed = [[value] for value in case.input["thresholds"] if value != 50] + [[50, 50], [*range(1, 1_001)]]
    answers = [
        desk.write(**rows("milestones", *(milestone(threshold=value) for value in values)))
        for values in typed
    ]
    keys = {error_in(answer)["error_key"] for answer in answers if answer.status not in (400, 413)}
    return {
        "outcome": "reject",
        "status": [answer.status for answer in answers],
        "error_key": "milestone_invalid" if keys == {"milestone_invalid"} else keys,
        **nothing(site, desk),
    }


def with_a_milestone_below(site: Site, case: Case) -> Seen:
    letter = make_letter()
    sign_many(letter, case.input["given_count"])
    owner = Person(site, user=letter.memberships.get().user)

    def form(**more: str) -> dict[str, Any]:
        row = milestone(threshold=case.input["thresholds"][0], **more)
        return as_stored(letter) | rows("milestones", row)

    asked = owner.post(page("edit", letter), form())
    done = owner.post(page("edit", letter), form(is_passed="on"))
    assert (asked.status, done.status) == (422, 303), (asked.status, done.status)
    for _ in range(2):
        milestones.check(Letter.objects.get(pk=letter.pk))
    fallen = Milestone.objects.get(letter=letter)
    told = letter.deliveries.filter(kind="milestone").count()
    is_once = fallen.reached_at is not None and told <= 1
    return {"outcome": "accept", "notice": case.expect["notice"] if is_once else told}


def by_two_at_once(site: Site, case: Case) -> Seen:
    letter = make_draft()
    user = letter.memberships.get().user
    forms = [as_stored(letter, text=f"Written by {name}.") for name in "AB"]
    with ThreadPoolExecutor(2) as pool:
        answers = [*pool.map(lambda form: Person(site, user=user).post(page("edit", letter), form), forms)]
    letter.refresh_from_db()
    (lost,) = [form["text"] for form in forms if form["text"] != letter.text]
    (told,) = [answer for answer in answers if answer.status != 303]
    is_told = lost in unescape(told.text) and "changed after you had opened this page" in unescape(told.text)
    return {"outcome": "conflict", "status": 409 if is_told else told.status, "lost_update": not is_told}


RUNS = {
    **{f"md-{number:03}": written for number in (1, 2, 3, 4, 6, 8, 10, 13, 14, 17)},
    "md-005": with_a_link_without_scheme,
    "md-016": without_a_text,
    "md-020": corrected,
    "title-002": too_long_a_title,
    "date-003": at_an_hour_that_comes_twice,
    "date-004": at_the_ends_of_time,
    "date-005": earlier_than_now,
    "ms-001": with_impossible_milestones,
    "ms-002": with_a_milestone_below,
    "race-007": by_two_at_once,
}
