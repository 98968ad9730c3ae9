"""Opt-outs: mailboxes to which letters were addressed, and that want no mail of this site."""

from __future__ import annotations

from django.db import models


class OptOut(models.Model):
    """A keyed one-way value of the mailbox: it outlives the letter, whose recipients' addresses are erased.

    One row, the first, is of no mailbox: it tells whether a key is the one that made the others.
    """

    KEY = "opt-outs.key"  # below `KEYS_DIR`

    mark = models.BinaryField(max_length=32, unique=True)

    def __str__(self) -> str:
        return f"opt-out {self.pk}"
