"""Invitations: single-use codes on paper, outside the employer's reach. Who got which, nothing here can tell."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter
from petitions.models.proofs import Proof

PROOFS = (Proof.INVITATION, Proof.FORMER)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def unused(self) -> InvitationQuerySet:
        return self.filter(blinded_hash=None)

    def sealed(self) -> InvitationQuerySet:
        """Those that were given away for a token."""
        return self.exclude(blinded_hash=None)

    def usable_for(self, blinded_hash: bytes) -> InvitationQuerySet:
        """Unused, or used for this very hidden token, whose answer may have been lost."""
        return self.filter(Q(blinded_hash=None) | Q(blinded_hash=blinded_hash))


class Invitation(models.Model):
    """A code that somebody may use once. The code itself is on a sheet of paper and nowhere else.

    No time, no order, no sheet, no person. Signing removes the row; a token leaves the hash of what was signed
    blindly, until the letter closes. No column joins it to a signature.
    """

    PROOFS = PROOFS

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="invitations")
    proof = models.CharField(max_length=10, choices=Proof.choices)
    code_hash = models.BinaryField(max_length=32, unique=True)
    blinded_hash = models.BinaryField(max_length=32, null=True)  # as in `Mark`

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proof__in=PROOFS), name="an_invitation_is_for_current_or_former_employees"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_unused(self) -> bool:
        return self.blinded_hash is None

    def consume(self) -> bool:
        """True for the one caller who uses it up."""
        return bool(Invitation.objects.unused().filter(pk=self.pk).delete()[0])

    def consume_for(self, blinded_hash: bytes) -> bool:
        """True for the one hidden token that it is used for, however often that is asked."""
        usable = Invitation.objects.usable_for(blinded_hash).filter(pk=self.pk)
        return bool(usable.update(blinded_hash=blinded_hash))


class SheetQuerySet(models.QuerySet["Sheet"]):
    def valid(self) -> SheetQuerySet:
        return self.filter(is_void=False)

    def printed(self) -> int:
        """How many codes; never how many are left, which would say who signed right after being handed one."""
        return self.aggregate(printed=Sum("number"))["printed"] or 0


class Sheet(models.Model):
    """That so many codes were printed on one day. Which codes, it does not know."""

    LARGEST = 200
    MOST = 20_000  # codes of valid sheets that a letter can have

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="sheets")
    proof = models.CharField(max_length=10, choices=Proof.choices)
    number = models.PositiveSmallIntegerField(_("number of codes"))
    printed_on = models.DateField(db_default=TruncDate(Now()))
    is_void = models.BooleanField(default=False)

    objects = SheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet of invitations")
        verbose_name_plural = _("sheets of invitations")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=200), name="a_sheet_has_its_codes"),
        ]

    def __str__(self) -> str:
        return f"{self.get_proof_display()}: {self.number}"
