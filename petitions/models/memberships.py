"""Memberships: who organizes a letter, in which role."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from petitions.models.letters import Letter


class Membership(models.Model):
    """A person's role on a letter."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        EDITOR = "editor", _("editor")
        REVIEWER = "reviewer", _("reviewer")

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=8, choices=Role.choices)

    class Meta:
        verbose_name = _("organizer")
        verbose_name_plural = _("organizers")
        constraints = [
            models.UniqueConstraint(fields=["letter", "user"], name="a_person_has_one_role_on_a_letter"),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "editor", "reviewer"]), name="an_organizer_has_a_known_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()})"
