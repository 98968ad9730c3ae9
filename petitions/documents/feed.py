"""What happened to a letter as a feed (RFC 4287), for people who read letters in a program of their own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language

from petitions.documents import timeline, xml
from petitions.documents.sentences import count_sentences
from petitions.documents.sharing import Sharing
from petitions.documents.timeline import Event
from petitions.models import Letter, Tally


class Feed(Atom1Feed):
    """Django writes summaries; an update is here in full."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item | {"description": None})
        if item["html"]:
            handler.addQuickElement("content", item["html"], {"type": "html"})


def atom(letter: Letter, sharing: Sharing, events: Iterable[Event], tally: Tally) -> str:
    feed = Feed(
        title=xml.allowed(sharing.title),
        link=sharing.url,
        description="",
        subtitle=count_sentences(tally.as_json(), [])[0],
        author_name=xml.allowed(letter.signing_line),
        feed_url=sharing.feed_url,
        feed_guid=timeline.tag(letter),
        language=get_language(),
    )
    for event in events:
        feed.add_item(
            title=xml.allowed(event.title),
            link=event.url,
            description="",
            unique_id=event.id,
            updateddate=datetime.combine(event.day, time(), UTC),  # a day, as on the page
            categories=[event.kind],
            html=xml.allowed(event.html),
        )
    return str(feed.writeString("utf-8"))
