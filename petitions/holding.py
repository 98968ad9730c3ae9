"""Pages that are held after a restore: until what was erased since is erased again, or somebody has decided.

Files below `KEYS_DIR` say so, which every part sees at once and no copy of the database has.
"""

from __future__ import annotations

import os
from enum import StrEnum

from django.conf import settings

from petitions.crypto import files


class Held(StrEnum):
    """What, by the name of the file that says so."""

    EVERYTHING = "held-pages"  # while a restore is at it
    PUBLIC = (
        "held-public-pages"  # what was erased since the backup is not known here: an operator has the word
    )


NAMED = [(f"/{held}", held) for held in Held]  # in their folder
SAYS = {
    None: "All pages are shown.",
    Held.EVERYTHING: "All pages are held: a restore is at work, or was killed. Then run it again.",
    Held.PUBLIC: (
        "Public pages are held: a restored database may show what was erased since, and what that was is not known "
        "here. Look first, then run: manage.py erasures --show-pages"
    ),
}


def what() -> Held | None:
    """The more, if both. Asked twice for each page: to make paths, or an error where there is nothing, takes longer
    than to look."""
    folder = str(settings.KEYS_DIR)
    for name, held in NAMED:
        if os.access(folder + name, os.F_OK):
            return held
    return None


def sentence() -> str:
    """For whoever runs the site."""
    return SAYS[what()]


def hold(held: Held) -> None:
    """On disk when it returns."""
    settings.KEYS_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(settings.KEYS_DIR / held, os.O_WRONLY | os.O_CREAT, 0o600))
    files.sync_folder(settings.KEYS_DIR)


def show(*held: Held) -> None:
    for each in held:
        (settings.KEYS_DIR / each).unlink(missing_ok=True)
