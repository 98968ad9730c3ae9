"""Invitations by mail to organize a letter; who organizes it already is in memberships.py."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter
from petitions.models.memberships import Membership


class OrganizerInvitationQuerySet(models.QuerySet["OrganizerInvitation"]):
    def fresh(self) -> OrganizerInvitationQuerySet:
        return self.filter(invited_at__gt=Now() - OrganizerInvitation.LIFETIME)

    def stale(self) -> OrganizerInvitationQuerySet:
        """Those that give no role any more."""
        return self.filter(invited_at__lte=Now() - OrganizerInvitation.LIFETIME)


class OrganizerInvitation(models.Model):
    """A role that waits for the holder of an address. Address and secret are sealed; the row goes when it is used."""

    LIFETIME = timedelta(days=7)
    MOST = 20  # that wait at the same time, of one letter

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="organizer_invitations")
    role = models.CharField(_("role"), max_length=8, choices=Membership.Role.choices)
    sealed = models.BinaryField()
    secret_hash = models.BinaryField(max_length=32, unique=True)
    invited_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = OrganizerInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation to organize")
        verbose_name_plural = _("invitations to organize")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=["owner", "editor", "reviewer"]),
                name="an_invitation_offers_a_known_role",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation to organize {self.pk}"

    @property
    def is_fresh(self) -> bool:
        return self.invited_at > timezone.now() - self.LIFETIME

    @property
    def context(self) -> str:
        """Where the sealed value belongs; it opens nowhere else."""
        return f"organizer:sealed:{bytes(self.secret_hash).hex()}"
