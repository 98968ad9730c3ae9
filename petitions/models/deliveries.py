"""Deliveries: the outbox. One row is one mail to one reader; it holds no text and no address."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, When
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from petitions.models.installations import Installation
from petitions.models.letters import Letter
from petitions.models.milestones import Milestone
from petitions.models.organizers import OrganizerInvitation
from petitions.models.recipients import Recipient
from petitions.models.responses import Publication
from petitions.models.snapshots import Snapshot
from petitions.models.updates import Subscription, Update
from petitions.models.versions import Version


def new_message_id() -> str:
    """Random, the same in every attempt; its domain is the site's, never a person's."""
    return uuid.uuid4().hex


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self) -> DeliveryQuerySet:
        """Rows whose turn it is; a letter waits until its snapshot is frozen."""
        ready = Q(snapshot=None) | ~Q(snapshot__sha256="")
        return self.running().filter(ready, state=Delivery.State.QUEUED, not_before__lte=Now())

    def running(self) -> DeliveryQuerySet:
        """Nobody has paused their letter or the site; a letter's pause keeps no alert back."""
        site_is_paused = Exists(Installation.that_stops(Installation.Switch.MAILS))
        return self.filter(~site_is_paused, Q(letter__is_paused=False) | Q(kind__in=Delivery.REPEATED))

    def sendable(self) -> DeliveryQuerySet:
        """What must still be so when the body goes out; the snapshot is asked by itself."""
        reachable = Q(recipient__opted_out_at=None) & ~Q(recipient__address="")
        return self.running().filter(Q(recipient=None) | reachable)

    def sendable_to_follower(self, installations: QuerySet[Installation]) -> DeliveryQuerySet:
        """The same of a mail that follows a letter, on one of these. Asked for each of many, so no row is joined."""
        goes_on = Exists(installations.filter(is_paused=False))
        letter_goes_on = Exists(Letter.objects.filter(pk=OuterRef("letter"), is_paused=False))
        return self.filter(goes_on, letter_goes_on, recipient=None)

    def unrung(self) -> DeliveryQuerySet:
        """Those that no worker was told of lately; a ring that got lost is repeated. Letters come first."""
        is_letter = Case(When(kind=Delivery.Kind.LETTER, then=0), default=1)
        unrung = self.due().filter(Q(rung_at=None) | Q(rung_at__lt=Now() - Delivery.RING))
        return unrung.order_by(is_letter, "pk")

    def rung(self) -> DeliveryQuerySet:
        """Those that a worker was told of lately and has not come to."""
        return self.filter(state=Delivery.State.QUEUED, rung_at__gte=Now() - Delivery.RING)

    def abandoned(self) -> DeliveryQuerySet:
        """Rows whose sender is gone."""
        return self.filter(state__in=[Delivery.State.LEASED, Delivery.State.IN_DATA], lease_until__lt=Now())

    def letters(self) -> DeliveryQuerySet:
        return self.filter(kind=Delivery.Kind.LETTER)

    def to_followers(self) -> DeliveryQuerySet:
        return self.filter(subscription__isnull=False)

    def to_others(self) -> DeliveryQuerySet:
        return self.filter(subscription=None)

    def unsent(self) -> DeliveryQuerySet:
        """Nothing of them was given away, so they can still be cancelled or held."""
        return self.filter(state__in=Delivery.UNSENT)

    def gone(self) -> DeliveryQuerySet:
        """A mail server got them, and did not say that it refuses them."""
        return self.filter(state__in=Delivery.GONE)

    def unfinished(self) -> DeliveryQuerySet:
        return self.filter(state__in=[*Delivery.UNSENT, Delivery.State.IN_DATA, Delivery.State.UNKNOWN])

    def undecided(self) -> DeliveryQuerySet:
        """Unknown, and only a person may say what is to become of them."""
        return self.filter(UNDECIDED)

    def to_repeat(self) -> DeliveryQuerySet:
        """Alerts that may not have arrived: rather twice than never."""
        lost = self.filter(
            state=Delivery.State.UNKNOWN, kind__in=Delivery.REPEATED, attempts__lt=Delivery.ENOUGH
        )
        return lost.filter(not_before__lte=Now())

    def late(self) -> DeliveryQuerySet:
        """Waiting for longer than a mail server needs to be restarted."""
        return self.running().filter(LATE)

    def troubles(self) -> dict[str, int]:
        """How many are held, late and undecided, in one query."""
        held = Q(state=Delivery.State.HELD)
        return self.aggregate(
            held=Count("pk", filter=held),
            late=Count("pk", filter=LATE),
            undecided=Count("pk", filter=UNDECIDED),
        )

    def refused_lately(self) -> DeliveryQuerySet:
        return self.filter(state=Delivery.State.REFUSED, finished_at__gt=Now() - Delivery.LATELY)


class Delivery(models.Model):
    class Kind(models.TextChoices):
        LETTER = "letter", _("letter")
        MILESTONE = "milestone", _("milestone notice")
        CLOSING = "closing", _("closing notice")
        UPDATE = "update", _("update")
        RESPONSE = "response", _("notice of an answer")
        CORRECTION = "correction", _("correction notice")
        TAKEDOWN = "takedown", _("takedown alert")
        TROUBLE = "trouble", _("alert about deliveries")
        MISMATCH = "mismatch", _("alert about a number")
        BURST = "burst", _("alert about codes")
        REPORT = "report", _("report to the operators")
        FIRST = "first", _("first letter for the operators to look at")
        TEST = "test", _("test mail")
        TRIAL = "trial", _("test of an update")
        ORGANIZER = "organizer", _("invitation to organize")

    class State(models.TextChoices):
        HELD = "held", _("held")
        QUEUED = "queued", _("waiting")
        LEASED = "leased", _("being sent")
        IN_DATA = "in_data", _("handed to the mail server, no answer yet")
        ACCEPTED = "accepted", _("accepted by the mail server")
        REFUSED = "refused", _("refused")
        UNKNOWN = "unknown", _("unknown: it may have arrived")
        BOUNCED = "bounced", _("bounced")
        CANCELLED = "cancelled", _("cancelled")

    class Hold(models.TextChoices):
        RESTORED = "restored", _("the database was restored: it may have been sent before")
        FIRST = "first", _("an operator looks at a new organizer's first letter to other domains")

    class Decision(models.TextChoices):
        SENT = "sent", _("counted as sent by an organizer")
        AGAIN = "again", _("sent again by an organizer")

    UNSENT = (State.HELD, State.QUEUED, State.LEASED)
    GONE = (State.IN_DATA, State.ACCEPTED, State.UNKNOWN, State.BOUNCED)
    # Alerts to organizers and operators: at least once.
    REPEATED = (Kind.TAKEDOWN, Kind.TROUBLE, Kind.MISMATCH, Kind.BURST, Kind.REPORT, Kind.FIRST)
    ENOUGH = 6  # attempts at an alert that nobody answers; half a day
    RING = timedelta(seconds=30)
    LONGEST_WAIT = timedelta(hours=1)
    LATELY = timedelta(days=1)

    # A draft can be deleted with its invitations; a letter that sent anything else cannot.
    letter = models.ForeignKey(Letter, on_delete=models.RESTRICT, related_name="deliveries")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.QUEUED)

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, null=True, related_name="deliveries")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    organizer_invitation = models.ForeignKey(
        OrganizerInvitation, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, null=True, related_name="deliveries")
    milestone = models.ForeignKey(Milestone, on_delete=models.PROTECT, null=True, related_name="deliveries")
    update_told = models.ForeignKey(Update, on_delete=models.PROTECT, null=True, related_name="deliveries")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, null=True, related_name="+")
    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, null=True, related_name="deliveries"
    )

    message_id = models.CharField(max_length=64, unique=True, default=new_message_id)
    not_before = models.DateTimeField(db_default=Now())
    waiting_since = models.DateTimeField(db_default=Now())
    rung_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    body_started_at = models.DateTimeField(null=True)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    smtp_text = models.CharField(_("answer"), max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(_("finished"), null=True)

    is_unwanted = models.BooleanField(
        default=False
    )  # cancelled too late: if the server refuses it, no more is tried
    hold_reason = models.CharField(max_length=8, choices=Hold.choices, blank=True)
    decision = models.CharField(max_length=5, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["body_started_at"], name="deliveries_begun"),
            models.Index(fields=["not_before"], condition=Q(state="queued"), name="deliveries_due"),
            models.Index(
                fields=["lease_until"], condition=Q(state__in=["leased", "in_data"]), name="deliveries_leased"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "held",
                        "queued",
                        "leased",
                        "in_data",
                        "accepted",
                        "refused",
                        "unknown",
                        "bounced",
                        "cancelled",
                    ]
                ),
                name="a_delivery_has_a_known_state",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False, user=None, subscription=None, organizer_invitation=None)
                | Q(recipient=None, user__isnull=False, subscription=None, organizer_invitation=None)
                | Q(recipient=None, user=None, subscription__isnull=False, organizer_invitation=None)
                | Q(recipient=None, user=None, subscription=None, organizer_invitation__isnull=False),
                name="a_delivery_has_one_reader",
            ),
            models.CheckConstraint(
                condition=Q(kind="letter", snapshot__isnull=False, recipient__isnull=False)
                | Q(kind="milestone", snapshot=None)
                | ~Q(kind__in=["letter", "milestone"]) & Q(snapshot=None, recipient=None),
                name="letters_go_to_recipients_who_may_be_told_of_milestones",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["leased", "in_data"], lease_token__isnull=False, lease_until__isnull=False
                )
                | ~Q(state__in=["leased", "in_data"]) & Q(lease_token=None, lease_until=None),
                name="only_a_delivery_being_sent_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(body_started_at__isnull=False) | ~Q(state__in=["in_data", "unknown", "bounced"]),
                name="a_body_that_may_be_out_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["accepted", "refused", "bounced", "cancelled"], finished_at__isnull=False
                )
                | ~Q(state__in=["accepted", "refused", "bounced", "cancelled"]) & Q(finished_at=None),
                name="a_finished_delivery_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state="held", hold_reason__in=["restored", "first"])
                | ~Q(state="held") & Q(hold_reason=""),
                name="a_held_delivery_says_why",
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_at=None)
                | Q(decision__in=["sent", "again"], decided_at__isnull=False),
                name="a_decision_about_an_unknown_delivery_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"

    @property
    def reader(self) -> str:
        """Whom an organizer sees: a recipient by name, another organizer by address, a follower as no one."""
        if self.recipient:
            return str(self.recipient)
        if self.organizer_invitation_id:
            return str(_("an invited organizer"))
        return self.user.email if self.user else str(_("a follower"))

    @property
    def is_cancellable(self) -> bool:
        """As far as this object knows; cancelling itself asks the row."""
        return self.state in self.UNSENT

    @property
    def is_tried_again(self) -> bool:
        """It was tried, and waits for the next time."""
        return self.state == self.State.QUEUED and bool(self.attempts)

    @property
    def is_undecided(self) -> bool:
        return self.state == self.State.UNKNOWN and self.kind not in self.REPEATED

    @property
    def stands(self) -> str:
        """Its state in words, which do not call accepted what an organizer has decided."""
        if self.state == self.State.ACCEPTED and self.decision == self.Decision.SENT:
            return str(self.Decision.SENT.label)
        return self.get_state_display()


UNDECIDED = Q(state=Delivery.State.UNKNOWN) & ~Q(kind__in=Delivery.REPEATED)
LATE = Q(state__in=[Delivery.State.QUEUED, Delivery.State.LEASED]) & Q(
    waiting_since__lt=Now() - Delivery.LONGEST_WAIT
)
