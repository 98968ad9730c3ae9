"""Responses: what a recipient answered, to the whole letter or to one demand; published by them or recorded."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.demands import Demand
from petitions.models.letters import Letter
from petitions.models.recipients import Recipient


class Publication(models.Model):
    """What a recipient published at one time, confirmed by a code: one event, told once. It never changes."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="publications")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="publications")
    sha256 = models.CharField(max_length=64)  # of the answers, and of the version that they were written to
    published_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        get_latest_by = "pk"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.recipient}"


class Response(models.Model):
    """Without a publication it came by another way, and organizers recorded it."""

    class Status(models.TextChoices):
        ACCEPTED = "accepted", _("accepted")
        PARTLY = "partly", _("partly accepted")
        REFUSED = "refused", _("refused")
        DECLINED = "declined", _("declined to answer")

    class Hidden(models.TextChoices):
        """Why organizers have taken its words from the public."""

        ABUSE = "abuse", _("insults or threatens somebody")
        PRIVACY = "privacy", _("says private things about somebody")
        UNLAWFUL = "unlawful", _("is against the law")

    class Way(models.TextChoices):
        """How an answer came that was recorded here; one that was published in the room has none."""

        MAIL = "mail", _("by e-mail")
        PAPER = "paper", _("on paper")
        PERSON = "person", _("in person or by telephone")
        PUBLIC = "public", _("in public: a statement, the press, an all-hands")
        OTHER = "other", _("in another way")

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="responses")
    recipient = models.ForeignKey(
        Recipient, on_delete=models.PROTECT, related_name="responses", verbose_name=_("recipient")
    )
    demand = models.ForeignKey(
        Demand,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="responses",
        verbose_name=_("demand"),
        help_text=_("Empty: an answer to the whole letter."),
    )
    status = models.CharField(_("status"), max_length=8, choices=Status.choices, blank=True)
    text = models.TextField(
        _("text"), max_length=50_000, blank=True, help_text=_("Markdown, in the recipient's own words.")
    )
    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, null=True, editable=False, related_name="responses"
    )
    way = models.CharField(max_length=6, choices=Way.choices, blank=True, default="", editable=False)
    responded_at = models.DateTimeField(db_default=Now(), editable=False)
    hidden_for = models.CharField(max_length=8, choices=Hidden.choices, blank=True, editable=False)

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["responded_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["", "accepted", "partly", "refused", "declined"]),
                name="a_response_has_a_known_status",
            ),
            models.CheckConstraint(condition=~Q(text="") | ~Q(status=""), name="a_response_says_something"),
            models.CheckConstraint(
                condition=Q(hidden_for__in=["", "abuse", "privacy", "unlawful"]),
                name="a_response_is_hidden_for_a_known_reason",
            ),
            models.CheckConstraint(
                condition=Q(way="")
                | Q(way__in=["mail", "paper", "person", "public", "other"], publication=None),
                name="only_a_recorded_response_came_by_a_way",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient}"

    @property
    def is_declined(self) -> bool:
        return self.status == self.Status.DECLINED

    @property
    def public_text(self) -> str:
        """Its words, for pages, API, feed and mails alike. Who answered, when and what it decides is never hidden."""
        return "" if self.hidden_for else self.text


class ResponseDraft(models.Model):
    """What a recipient has written and not published, sealed. Gone when it is published."""

    recipient = models.OneToOneField(Recipient, on_delete=models.CASCADE, related_name="draft")
    sealed = models.BinaryField()
    saved_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("draft of a response")
        verbose_name_plural = _("drafts of responses")

    def __str__(self) -> str:
        return str(self.pk)
