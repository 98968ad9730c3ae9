"""What happened to a letter, newest first: its page and its feed tell the same events under the same names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.documents import text
from petitions.documents.milestones import Height, heights
from petitions.models import Delivery, HandOver, Letter, Response, Snapshot, Update, Version


@dataclass(frozen=True)
class Event:
    """`moment` only sorts: the minute in which a number was reached would say who signed then. `day` is shown."""

    letter: Letter
    kind: str
    moment: datetime
    title: str
    number: int | None = None  # which one of its kind
    html: SafeString = field(default_factory=SafeString)

    @property
    def day(self) -> date:
        return timezone.localdate(self.moment)

    @property
    def anchor(self) -> str:
        return self.kind if self.number is None else f"{self.kind}-{self.number}"

    @property
    def url(self) -> str:
        return f"{self.letter.url}#{self.anchor}"

    @property
    def id(self) -> str:
        return f"{tag(self.letter)}/{self.anchor}"


def tag(letter: Letter) -> str:
    """A name that stays when the address changes (RFC 4151); only for letters that have been opened."""
    opened = timezone.localdate(letter.opened_at)
    return f"tag:{urlsplit(settings.SITE_URL).hostname},{opened:%Y-%m-%d}:{letter.slug}"


def of(letter: Letter, *, preview: Update | None = None) -> list[Event]:
    """In six queries, however much happened. Of one moment, what caused comes before what followed.

    With a `preview`, as it will be once that update is posted.
    """
    told = [*reversed(letter.updates.posted()), *filter(None, [preview])]
    events = [
        *_opened(letter),
        *map(_corrected, letter.versions.exclude(number=1)),
        *_reached(letter),
        *_closed(letter),
        *map(_delivered, delivered(letter)),
        *map(_handed_over, handed_over(letter)),
        *_answered(letter),
        *map(_told, told),
    ]
    return sorted(events, key=lambda event: event.moment)[::-1]


def delivered(letter: Letter) -> QuerySet[Snapshot]:
    """The pictures that at least one recipient's mail server accepted."""
    accepted = letter.deliveries.letters().filter(state=Delivery.State.ACCEPTED).values("snapshot")
    return letter.snapshots.filter(pk__in=accepted)


def handed_over(letter: Letter) -> QuerySet[HandOver]:
    """What organizers wrote down; a number that was taken for it is told once a worker has frozen it."""
    return letter.handovers.exclude(snapshot__sha256="").select_related("letter", "recipient", "snapshot")


def _opened(letter: Letter) -> Iterator[Event]:
    if letter.opened_at is None:
        return
    title = _("Published, open for signatures")
    if letter.opens_at and letter.opens_at > letter.opened_at:
        day = date_format(timezone.localdate(letter.opens_at))
        title = _("Published, to be signed from %(day)s on") % {"day": day}
    yield Event(letter, "opened", letter.opened_at, title)


def _corrected(version: Version) -> Event:
    title = _("Corrected: version %(number)s") % {"number": version.number}
    words = _("Earlier signatures stay with the text that was signed.")
    return Event(
        version.letter, "version", version.made_at, title, version.number, format_html("<p>{}</p>", words)
    )


def _reached(letter: Letter) -> Iterator[Event]:
    for height in heights(letter.milestones.all()):
        if height.reached_at:
            yield Event(
                letter,
                "milestone",
                height.reached_at,
                _milestone_title(height.threshold),
                height.threshold,
                _about(height),
            )


def _milestone_title(threshold: int) -> str:
    title = ngettext(
        "Milestone of %(number)s signature reached", "Milestone of %(number)s signatures reached", threshold
    )
    return title % {"number": intcomma(threshold)}


def _about(height: Height) -> SafeString:
    """What share it is, how many it really was, and the organizers' words."""
    sentences = filter(None, [_of_head_count(height.share), _when_counted(height), *height.texts])
    return format_html_join("", "<p>{}</p>", ((_in_lines(sentence),) for sentence in sentences))


def _in_lines(words: str) -> SafeString:
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in words.splitlines()))


def _of_head_count(share: int | None) -> str:
    return _("As many as %(share)s %% of the head-count.") % {"share": share} if share else ""


def _when_counted(height: Height) -> str:
    """Several signatures can come between two counts."""
    if height.count_seen == height.threshold:
        return ""
    return _("%(number)s when it was counted.") % {"number": intcomma(height.count_seen)}


def _closed(letter: Letter) -> Iterator[Event]:
    if letter.closed_at:
        yield Event(letter, "closed", letter.closed_at, _("Closed for signatures"))


def _delivered(snapshot: Snapshot) -> Event:
    total = (snapshot.count or {})["total"]
    title = ngettext("Delivered with %(number)s signature", "Delivered with %(number)s signatures", total)
    return Event(
        snapshot.letter,
        "delivered",
        snapshot.first_body_at or snapshot.made_at,
        title % {"number": intcomma(total)},
        snapshot.number,
    )


def _handed_over(handover: HandOver) -> Event:
    total = (handover.snapshot.count or {})["total"]
    words = ngettext("%(way)s, with %(number)s signature.", "%(way)s, with %(number)s signatures.", total)
    return Event(
        handover.letter,
        "handed",
        handover.moment,
        _("Handed over to %(recipient)s") % {"recipient": handover.recipient},
        handover.pk,
        format_html(
            "<p>{}</p>",
            words % {"way": capfirst(handover.get_way_display()), "number": intcomma(total)},
        ),
    )


def _told(update: Update) -> Event:
    moment = update.posted_at or timezone.now()
    return Event(update.letter, "update", moment, update.title, update.pk, text.to_html(update.text))


def _answered(letter: Letter) -> Iterator[Event]:
    """What one recipient answered on one day is one event."""
    rows = letter.responses.select_related("recipient", "demand").order_by("recipient", "responded_at", "pk")
    for _who, together in groupby(rows, lambda row: (row.recipient_id, timezone.localdate(row.responded_at))):
        yield _answer(letter, list(together))


def _answer(letter: Letter, responses: list[Response]) -> Event:
    first = responses[0]
    title = _("Answer from %(recipient)s") % {"recipient": first.recipient}
    parts = ((response.demand or _("To the whole letter"), _words_of(response)) for response in responses)
    html = format_html_join("", "<h4>{}</h4>{}", parts)
    return Event(letter, "answer", first.responded_at, title, first.pk, html)


def _words_of(response: Response) -> SafeString:
    if response.hidden_for:
        return format_html("<p>{}</p>", _("The organizers have hidden the words of this answer."))
    return text.to_html(response.public_text)
