"""Workplaces: employers whose people may sign, known by their mail domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from petitions.models.letters import Letter


class Workplace(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    head_count = models.PositiveIntegerField(_("head-count"), null=True, blank=True)

    class Meta:
        verbose_name = _("workplace")
        verbose_name_plural = _("workplaces")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class DomainQuerySet(models.QuerySet["Domain"]):
    def frozen(self) -> DomainQuerySet:
        return self.filter(frozen_at__isnull=False)

    def frozen_for(self, letter: Letter) -> DomainQuerySet:
        """Those of its workplaces whose mailboxes get no codes for this letter."""
        return self.frozen().filter(workplace__letters=letter).exclude(lifted_for=letter)


class Domain(models.Model):
    workplace = models.ForeignKey(Workplace, on_delete=models.CASCADE, related_name="domains")
    name = models.CharField(
        _("mail domain"),
        max_length=253,
        unique=True,
        help_text=_("What stands after the @, exactly: no subdomains."),
    )
    ignores_dots = models.BooleanField(
        _("ignores dots"), default=False, help_text=_("Mail for a.b@ and ab@ reaches the same mailbox.")
    )

    frozen_at = models.DateTimeField(
        null=True, editable=False
    )  # since then it gets no codes; see flows/bursts

    objects = DomainQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="a_domain_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
