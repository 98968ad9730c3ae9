"""Updates to followers: from pressing "post" to the last mail, beside a bare loop over one connection."""

from __future__ import annotations

import os
import smtplib
import time
from collections.abc import Iterator

from benchmarks import seeds
from benchmarks.site import Site
from benchmarks.table import Line
from petitions import mail
from petitions.models import Delivery
from tests.factories import post_update

SHARE = 0.5
QUIET = 30  # seconds without a mail after which it is over
LONGEST = 150  # seconds that are waited for; the rate is that of what came


def sending(site: Site) -> Iterator[Line]:
    letter, number = site.letters[site.form.sizes[0]], site.form.followers
    seeds.follow(letter, number)
    before = site.mails.count()
    began = time.monotonic()
    update = post_update(letter)
    sent, ended = _sent(site, before, number)
    rate = sent / (ended - began)
    rows = update.deliveries.filter(state=Delivery.State.ACCEPTED).count()
    bare = _bare(update.deliveries.first(), min(number, 2_000))
    is_whole = sent == number == rows
    told = f"after {ended - began:.0f} s {sent:,} mails, {rows:,} rows accepted of {number:,}"
    yield Line(
        f"update to {number:,} followers",
        f"{rate:.0f} mails /s",
        f"{bare:.0f} mails /s",
        rate / bare,
        "≥ 0.50",
        rate / bare >= SHARE and is_whole,
        "rows and mails grew by as many" if is_whole else told,
    )


def _sent(site: Site, before: int, number: int) -> tuple[int, float]:
    sent, began = 0, time.monotonic()
    ended = began
    while sent < number and time.monotonic() - ended < QUIET and time.monotonic() - began < LONGEST:
        time.sleep(0.1)
        if (now := site.mails.count() - before) > sent:
            sent, ended = now, time.monotonic()
    return sent, ended


def _bare(delivery: Delivery, number: int) -> float:
    """The same mail, made once, over one kept connection."""
    message = mail.compose(delivery)
    body, sender = message.as_email().as_bytes(), message.envelope_sender
    with smtplib.SMTP(os.environ["EMAIL_HOST"], int(os.environ["EMAIL_PORT"])) as server:
        began = time.monotonic()
        for each in range(number):
            server.sendmail(sender, f"b{each}@home.example", body)
        return number / (time.monotonic() - began)
