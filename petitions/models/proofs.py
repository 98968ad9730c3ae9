"""What proves employment, without an address: challenges and marks."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models import prepared
from petitions.models.letters import Letter
from petitions.models.prepared import Asked


class Proof(models.TextChoices):
    """How employment was shown; counted apart."""

    MAILBOX = "mailbox", _("work mailbox, by typed code")
    INVITATION = "invitation", _("invitation")
    FORMER = "former", _("invitation of a former employee")


class ChallengeQuerySet(models.QuerySet["Challenge"]):
    def fresh(self) -> ChallengeQuerySet:
        return self.filter(expires_at__gt=Now())

    def untired(self) -> ChallengeQuerySet:
        return self.fresh().filter(tries__lt=Challenge.TRIES)

    def younger_than(self, age: timedelta) -> ChallengeQuerySet:
        return self.filter(expires_at__gt=Now() + Challenge.LIFETIME - age)

    def stale(self) -> ChallengeQuerySet:
        return self.filter(expires_at__lt=Now() - Challenge.KEPT)


class Challenge(models.Model):
    """A code that somebody may type. Holds no address, no name and no letter: those are in the asker's cookie."""

    TRIES = 5
    LIFETIME = timedelta(minutes=15)
    KEPT = timedelta(hours=1)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tries = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(db_default=Now() + timedelta(minutes=15))

    objects = ChallengeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tries__lte=5), name="a_code_has_five_tries"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def begin(cls) -> uuid.UUID:
        """The key of a new one."""
        key = uuid.uuid4()
        BEGINNING(id=key)
        return key

    def spend_try(self) -> bool:
        """True while a try is left. Counted before comparing, so that parallel guesses cannot share one."""
        return bool(TRYING(pk=self.pk))

    def consume(self) -> bool:
        """True for the one caller who uses it up. The row goes: it would say when somebody signed."""
        return bool(USING(pk=self.pk))

    @classmethod
    def taking(cls, key: uuid.UUID) -> Asked:
        """Both at once, to be asked together with what follows. Tells 1 to the one caller who uses it up.

        Whoever asks for it knows the code; of those who guess beside them five are counted.
        """
        return TAKING.given(pk=key)


BEGINNING = prepared.Insert(Challenge)
TRYING = prepared.Update(lambda pk: Challenge.objects.untired().filter(pk=pk), tries=F("tries") + 1)
TAKING = prepared.Delete(lambda pk: Challenge.objects.untired().filter(pk=pk))
USING = prepared.Delete(lambda pk: Challenge.objects.fresh().filter(pk=pk))


class Mark(models.Model):
    """A mailbox that has signed this letter. No column joins it to a signature."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="marks")
    value = models.BinaryField(max_length=32)
    blinded_hash = models.BinaryField(
        max_length=32, null=True
    )  # of what was signed blindly; says nothing more
    is_scattered = models.BooleanField(default=False)  # moved by a sweep, and new no more

    class Meta:
        indexes = [
            models.Index(fields=["letter"], condition=Q(is_scattered=False), name="marks_to_be_scattered"),
            models.Index(fields=["letter"], condition=Q(blinded_hash__isnull=False), name="marks_of_tokens"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["letter", "value"], name="one_mailbox_signs_a_letter_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def leaving(cls, letter: Letter, value: str, *, blinded_hash: bytes | None = None) -> Asked:
        """Tells 1 to the first one. Not asked for beforehand: hardly anybody signs twice."""
        row = {"letter_id": letter.pk, "value": bytes.fromhex(value), "blinded_hash": blinded_hash}
        return LEAVING.given(id=uuid.uuid4(), **row)


LEAVING = prepared.InsertOnce(Mark, "letter_id", "value", "blinded_hash")
