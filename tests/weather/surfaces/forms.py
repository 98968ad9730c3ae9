"""Every form that the corpus does not know: each of its fields with everything that breaks programs."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from petitions import rooms
from petitions.models import Letter, Workplace
from tests.admin.posts import ADD, as_stored, new_letter, page
from tests.factories import make_invitations, make_letter, post_update, sign
from tests.weather import markup
from tests.weather.corpus import Case
from tests.weather.own import VALUES
from tests.weather.site import Person, Site
from tests.weather.surfaces.receipts import delivered
from tests.weather.verdict import Seen
from tests.weather.wire import Answer

ALLOWED = {200, 201, 204, 302, 303, 400, 403, 404, 409, 413, 414, 415, 422, 429, 431, 501}
# Where pages are long and forms many: what breaks in kind, and not every spelling of it.
LONG = ("letter_form", "workplaces")
PAGES = ("public_query", "api_query", "sign_in", "report", "room", "token", "invitation")
OF_EACH_KIND = (
    "NUL",
    "half a character",
    "a script",
    "line ends for a header",
    "a huge number",
    "much",
    "nothing",
)
NUMBERS = ("a number beyond the column", "below zero", "not a number")
JSON = ("Accept", "application/json")


@dataclass(frozen=True)
class Form:
    """`fields` are those that are filled with nonsense; `stays` are as a page of ours holds them."""

    path: str
    fields: tuple[str, ...] = ()
    stays: tuple[tuple[str, Any], ...] = ()
    is_read: bool = False  # its fields stand in the address
    headers: tuple[tuple[str, str], ...] = ()


class Place:
    """A letter that was signed and delivered, with one of everything, and its owner."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.letter = make_letter()
        self.receipt = sign(self.letter, "Ada Lovelace", statement="Because.")
        self.signature = self.letter.signatures.get()
        self.owner = self.letter.memberships.get().user
        make_invitations(self.letter)
        self.update = post_update(self.letter)
        self.snapshot = delivered(self.letter)
        self.public = f"/letters/{self.letter.slug}/"
        self.room = f"/answer/{rooms.secret(self.letter.recipients.first())}/"

    def person(self, *, inside: bool) -> Person:
        return Person(self.site, user=self.owner if inside else None)


def forms(place: Place, surface: str) -> Iterator[Form]:
    yield from (IN_PUBLIC.get(surface) or INSIDE[surface])(place)


def _follow(place: Place) -> list[Form]:
    return [Form(f"{place.public}follow/", ("address",)), Form(f"{place.public}follow/code/", ("code",))]


def _receipt(place: Place) -> list[Form]:
    appearance = ("appear", "name", "role", "statement")
    right = (("receipt", place.receipt), ("act", "change"))
    return [
        Form("/receipt/", ("receipt", "act")),
        Form("/receipt/", appearance, right),
        Form("/receipt/", ("act",), right[:1]),
    ]


def _takedown(place: Place) -> list[Form]:
    return [Form(f"{place.public}signatures/{place.signature.pk}/takedown/", ("reason",))]


def _report(place: Place) -> list[Form]:
    return [
        Form("/abuse/", ("letter", "text")),
        Form("/abuse/", ("text",), (("letter", place.letter.slug),)),
        Form("/abuse/", ("letter",), is_read=True),
    ]


def _token(place: Place) -> list[Form]:
    fields = ("code", "blinded")
    return [Form(f"{place.public}token/", fields, headers=kind) for kind in ((), (JSON,))] + [
        Form(f"{place.public}invitation/token/", ("invitation", "blinded", "version"), headers=kind)
        for kind in ((), (JSON,))
    ]


def _redeem(place: Place) -> list[Form]:
    return [Form(f"{place.public}redeem/", ("token", "signature"), headers=kind) for kind in ((), (JSON,))]


def _invitation(place: Place) -> list[Form]:
    shown = ("appear", "name", "role", "statement")
    return [Form(f"{place.public}invitation/", (*shown, "invitation", "version", "attempt"))]


def _room(place: Place) -> list[Form]:
    demands = [demand.pk for demand in place.letter.demands.all()]
    parts = [f"{kind}_{which}" for kind in ("status", "text") for which in ("letter", *demands)]
    return [
        Form(place.room, tuple(parts), (("act", "preview"),)),
        Form(place.room, (*parts, "act")),
        Form(f"{place.room}preview/", ("seen",)),
        Form(f"{place.room}code/", ("code",)),
        Form(f"{place.room}mail/", ("List-Unsubscribe",)),
    ]


def _unsubscribe(place: Place) -> list[Form]:
    return [Form("/unsubscribe/{value}/"), Form("/organize/{value}/"), Form("/answer/{value}/")]


def _sign_in(place: Place) -> list[Form]:
    return [
        Form("/accounts/login/", ("login", "next")),
        Form("/accounts/login/code/confirm/", ("code",)),
        Form("/accounts/link/{value}/"),
        Form("/accounts/login/", ("next",), is_read=True),
        Form("/accounts/2fa/authenticate/", ("code",)),
    ]


def _oembed(place: Place) -> list[Form]:
    asked = (("url", place.letter.url),)
    return [
        Form("/oembed/", ("url", "format", "maxwidth", "maxheight"), is_read=True),
        Form("/oembed/", ("maxwidth", "maxheight"), asked, is_read=True),
        Form("/oembed/", ("format",), asked, is_read=True),
    ]


def _api_query(place: Place) -> list[Form]:
    paths = ("letters/", *(f"letters/{place.letter.slug}/{name}" for name in ("", "signatures/", "history/")))
    asked = [Form(f"/api/v1/{path}", ("cursor", "page", "limit", "q"), is_read=True) for path in paths]
    return [*asked, Form("/api/v1/letters/{value}/"), Form("/api/v1/{value}")]


def _public_query(place: Place) -> list[Form]:
    words = ("q", "page", "workplace", "lang", "text", "number")
    pages = ("", "signatures/", "paper/", "versions/", "embed/", "feed.atom", "sign/")
    of_the_letter = [Form(f"{place.public}{name}", words, is_read=True) for name in pages]
    return [Form("/", words, is_read=True), *of_the_letter, Form("/letters/{value}/"), Form("/{value}")]


def _letter_form(place: Place) -> list[Form]:
    new, stored = new_letter(), as_stored(place.letter)
    managed = ("TOTAL_FORMS", "INITIAL_FORMS")
    return [
        Form(ADD, _words(new), tuple((name, value) for name, value in new.items() if name.endswith(managed))),
        Form(ADD, tuple(name for name in new if name.endswith(managed)), tuple(new.items())),
        Form(
            page("edit", place.letter),
            ("goal", "closes_at_0", "seen", "milestones-0-threshold"),
            tuple(stored.items()),
        ),
    ]


def _words(fields: dict[str, Any]) -> tuple[str, ...]:
    """One row of each kind."""
    return tuple(
        name for name in fields if not name.endswith("_FORMS") and "-1-" not in name and "-2-" not in name
    )


def _correction(place: Place) -> list[Form]:
    parts = [f"demand_{d.pk}_{part}" for d in place.letter.demands.all() for part in ("title", "text")]
    seen = (("seen", place.letter.version.sha256),)
    return [Form(page("correct", place.letter), ("title", "text", *parts), seen)]


def _updates(place: Place) -> list[Form]:
    letter, pk = place.letter, place.update.pk
    return [
        Form(page("update_write", letter), ("title", "text")),
        Form(page("update_rewrite", letter, pk), ("title", "text", "revision")),
        Form(page("update_schedule", letter, pk), ("revision", "at", "at_0", "at_1")),
        Form(page("update_post", letter, pk), ("revision", "number")),
    ]


def _responses(place: Place) -> list[Form]:
    fields = ("recipient", "way", "demand", "status", "text", "came_on")
    return [Form(page("responses", place.letter), fields)]


def _handovers(place: Place) -> list[Form]:
    return [Form(page("handovers", place.letter), ("recipients", "way", "snapshot", "note", "handed_on"))]


def _paper(place: Place) -> list[Form]:
    letter = place.letter
    return [
        Form(page("papers", letter), ("way", "number", "note")),
        Form(page("paper_import", letter), ("way", "note", "pasted", "confirmed")),
        Form(page("paper_import", letter), ("pasted",), (("way", "paper"), ("note", "At the gates"))),
        Form(page("papers", letter), ("page",), is_read=True),
    ]


def _recipients_import(place: Place) -> list[Form]:
    path = page("recipients_import", place.letter)
    return [
        Form(path, ("pasted", "confirmed")),
        Form(path, ("confirmed",), (("pasted", "name,email\na,a@b.test"),)),
    ]


def _sheets(place: Place) -> list[Form]:
    return [Form(page("invitations", place.letter), ("proof", "number"))]


def _organizers(place: Place) -> list[Form]:
    member = place.letter.memberships.get().pk
    return [
        Form(page("organizers", place.letter), ("address", "role")),
        Form(page("organizer", place.letter, member), ("role",)),
    ]


def _invalidations(place: Place) -> list[Form]:
    asked = ("proof", "kinds", "workplace", "since", "until", "words", "reason", "number", "version")
    return [
        Form(page("invalidations", place.letter), asked),
        Form(page("invalidations_begin", place.letter), (*asked, "expected", "sure")),
    ]


def _reviews(place: Place) -> list[Form]:
    letter, pk = place.letter, place.signature.pk
    return [
        Form(page("review", letter), ("tick", "act", "line")),
        Form(page("hide", letter), ("tick", "reason")),
        Form(page("review", letter), ("line", "page"), is_read=True),
        Form(page("hide", letter), ("line",), is_read=True),
        Form(page("signature_statement", letter, pk), ("show", "seen")),
        Form(page("signature_pin", letter, pk), ("pin", "seen")),
        Form(page("signatures", letter), ("q", "page"), is_read=True),
        Form(page("events", letter), ("page", "verb"), is_read=True),
    ]


def _deliver(place: Place) -> list[Form]:
    fields = ("number", "seen", "recipients", "while_open", "again", "title", "asked_on")
    return [
        Form(page("deliver", place.letter), fields),
        Form(page("test_mail", place.letter), ("seen", "number")),
        Form(page("deliveries", place.letter), ("page",), is_read=True),
    ]


def _workplaces(place: Place) -> list[Form]:
    managed = (("domains-TOTAL_FORMS", "1"), ("domains-INITIAL_FORMS", "0"))
    fields = ("name", "head_count", "domains-0-name", "domains-0-ignores_dots", "domains-0-is_meant")
    add = "/admin/petitions/workplace/add/"
    return [Form(add, fields, managed), Form(add, (managed[0][0], managed[1][0]), (("name", "x"),))]


IN_PUBLIC = {
    "follow": _follow,
    "receipt": _receipt,
    "takedown": _takedown,
    "report": _report,
    "token": _token,
    "redeem": _redeem,
    "invitation": _invitation,
    "room": _room,
    "unsubscribe": _unsubscribe,
    "sign_in": _sign_in,
    "oembed": _oembed,
    "api_query": _api_query,
    "public_query": _public_query,
}
INSIDE = {
    "letter_form": _letter_form,
    "correction": _correction,
    "updates": _updates,
    "responses": _responses,
    "handovers": _handovers,
    "paper": _paper,
    "recipients_import": _recipients_import,
    "sheets": _sheets,
    "organizers": _organizers,
    "invalidations": _invalidations,
    "reviews": _reviews,
    "deliver": _deliver,
    "workplaces": _workplaces,
}


def send(person: Person, form: Form, value: str) -> Answer:
    path = form.path.replace("{value}", _in_an_address(value))
    given = dict(form.stays) | dict.fromkeys(form.fields, value)
    if form.is_read or "{value}" in form.path:
        asked = "&".join(f"{quote(name)}={_in_an_address(str(each))}" for name, each in given.items())
        return person.get(f"{path}?{asked}", *form.headers)
    return person.post(path, given, *form.headers)


def _in_an_address(value: str) -> str:
    """As long as an address can be here; with what stands for bytes that are no text."""
    return quote(value[:8_000].encode(errors="surrogatepass"), safe="")


def run(site: Site, case: Case) -> Seen:
    place = Place(site)
    person = place.person(inside=case.surface in INSIDE)
    before = _fingerprint(place)
    wrong, acting = [], []
    for form in forms(place, case.surface):
        for name, value in VALUES.items():
            if name not in _values(case.surface):
                continue
            answer = send(person, form, value)
            if answer.status not in ALLOWED:
                wrong.append(f"{answer.status} for {name} at {form.path}")
            if answer.header("Content-Type").startswith("text/html"):
                acting += [f"{what} for {name} at {form.path}" for what in markup.acting(answer.text)]
    return {
        "outcome": "reject" if not (wrong or acting) else [*wrong, *acting],
        "no_5xx": not wrong,
        "must_not_execute": not acting,
        "nothing_done": _fingerprint(place) == before,
    }


def _values(surface: str) -> Container[str]:
    if surface in LONG:
        return OF_EACH_KIND[:6:2]
    return (*OF_EACH_KIND, *NUMBERS) if surface in INSIDE or surface in PAGES else VALUES


def _fingerprint(place: Place) -> tuple[object, ...]:
    """Of what nobody may change by nonsense: the signed text, the count, the state, what was delivered."""
    letter = Letter.objects.get(pk=place.letter.pk)
    rows = (letter.deliveries.letters().count(), letter.memberships.count(), letter.recipients.count())
    count = letter.signatures.all().tally().total
    return (
        letter.state,
        letter.versions.count(),
        rows,
        count,
        Workplace.objects.filter(letters=letter).count(),
    )
