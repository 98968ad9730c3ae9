"""Whether the parts beside the web are at work: beat, and whoever serves each queue.

What is stopped is named, and nothing that only waits for it: a worker to whom nothing comes is not called stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from petitions.doctor import services
from petitions.doctor.findings import Wrong
from petitions.models import Heartbeat


def beat() -> str:
    if not _is_heard(Heartbeat.BEAT):
        raise Wrong(_("Nothing was heard of it for %(age)s. Is it running?") % _age(Heartbeat.BEAT))
    return _("Heard %(age)s ago.") % _age(Heartbeat.BEAT)


def worker() -> str:
    return _served("worker", _("No job was taken up for %(age)s. Is a worker running?"))


def sender() -> str:
    sentence = _(
        "No mail was taken up for %(age)s. Is a worker running, or does a slow mail server keep all of them busy?"
    )
    return _served("sender", sentence)


def is_ringing() -> bool:
    """Whether beat reaches the workers; without it nobody is late."""
    return _is_heard(Heartbeat.BEAT) and _is_well(services.broker)


def is_working() -> bool:
    return is_ringing() and all(map(_is_heard, settings.QUEUES))


def _served(part: str, sentence: str) -> str:
    if _is_heard(part):
        return _("Heard %(age)s ago.") % _age(part)
    if not _is_well(services.broker):
        return _("Nothing comes to it: see Broker.")
    if not _is_heard(Heartbeat.BEAT):
        return _("Nothing comes to it: see Beat.")
    raise Wrong(sentence % _age(part))


def _is_well(look: Callable[[], str]) -> bool:
    try:
        look()
    except Wrong:
        return False
    return True


def _is_heard(part: str) -> bool:
    age = Heartbeat.ages().get(part)
    return age is not None and age < timedelta(seconds=settings.HEARTBEAT_SECONDS)


def _age(part: str) -> dict[str, str]:
    age = Heartbeat.ages().get(part)
    if age is None:
        return {"age": _("as long as this database knows")}
    seconds = int(age.total_seconds())
    return {"age": ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}}
