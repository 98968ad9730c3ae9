"""Letters: who is asked for what, who may sign, and where it stands."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from petitions.models import clocks, locks, prepared
from petitions.models.installations import Installation
from petitions.models.prepared import Asked
from petitions.models.workplaces import Domain, Workplace

if TYPE_CHECKING:
    from accounts.models import User
    from petitions.models.versions import Version


class LetterQuerySet(models.QuerySet["Letter"]):
    def of(self, user: User) -> LetterQuerySet:
        """Letters that the user organizes, in whatever role."""
        return self.filter(memberships__user=user.pk)

    def published(self) -> LetterQuerySet:
        """Letters that whoever knows the address may read."""
        return self.exclude(state=Letter.State.DRAFT)

    def listed(self) -> LetterQuerySet:
        return self.published().filter(is_listed=True)

    def latest_first(self) -> LetterQuerySet:
        return self.order_by("-opened_at", "-pk")

    def behind(self, moment: datetime, pk: str) -> LetterQuerySet:
        """What follows that place in `latest_first`."""
        return self.filter(clocks.behind("opened_at", moment, next_ones=Q(pk__lt=pk)))

    def signable(self) -> LetterQuerySet:
        """Letters that can be signed at this moment, by the database's clock, whatever sweeps have run."""
        return self.filter(_is_signable())

    def with_pause(self) -> LetterQuerySet:
        """Each knows whether an operator has paused signing for the whole site."""
        return self.annotate(is_signing_paused=Exists(Installation.that_stops(Installation.Switch.SIGNING)))

    def with_signing(self) -> LetterQuerySet:
        """Each knows whether it can be signed at this moment, and of that pause."""
        answer = ExpressionWrapper(_is_signable(), output_field=models.BooleanField())
        return self.annotate(is_signable=answer).with_pause()

    def closed_for(self, time: timedelta) -> LetterQuerySet:
        return self.filter(closed_at__lt=Now() - time)

    def overdue(self) -> LetterQuerySet:
        return self.filter(state=Letter.State.OPEN, closes_at__lte=Now())


def _is_signable() -> Q:
    not_over = Q(closes_at=None) | Q(closes_at__gt=Now())
    return Q(not_over, state=Letter.State.OPEN, opens_at__lte=Now())


@lru_cache(maxsize=1_000)
def _address(page: str, slug: str) -> str:
    """Asked for several times for each signer."""
    return reverse(page, args=[slug])


def random_slug() -> str:
    """128 random bits: the address of a letter that only its link opens."""
    return secrets.token_hex(16)


class Letter(models.Model):
    is_signable = is_signing_paused = False  # told by `with_signing` and `with_pause`

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        ARCHIVED = "archived", _("archived")

    class Accent(models.TextChoices):
        """Colours of the stylesheet, each legible on paper and on black (WCAG 2.2, contrast AA)."""

        NAVY = "navy", _("navy")
        FOREST = "forest", _("forest green")
        TEAL = "teal", _("teal")
        PLUM = "plum", _("plum")
        WINE = "wine", _("wine red")
        EARTH = "earth", _("earth brown")

    SMALLEST_BATCH = 5

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"), max_length=200_000, help_text=_("Markdown: **bold**, lists, links."))
    language = models.CharField(_("language of the text"), max_length=8, blank=True)  # empty: the site's own
    signing_line = models.CharField(
        _("signed by"), max_length=120, help_text=_("How signers are named together: “Employees of Example”.")
    )
    contact_address = models.EmailField(
        _("address for answers"),
        blank=True,
        help_text=_(
            "Recipients reply to it and the public can read it. Best one made for this letter alone."
        ),
    )
    workplaces = models.ManyToManyField(
        Workplace,
        related_name="letters",
        verbose_name=_("workplaces"),
        help_text=_("Whose mailboxes may sign."),
    )
    lifted_domains = models.ManyToManyField(
        Domain, related_name="lifted_for", editable=False
    )  # frozen, and an owner has let codes leave for this letter again; see flows/bursts
    is_listed = models.BooleanField(
        _("public"),
        default=True,
        help_text=_("Listed on the home page. Otherwise only those with the link find it."),
    )
    accent = models.CharField(
        _("accent colour"),
        max_length=6,
        choices=Accent.choices,
        default=Accent.NAVY,
        help_text=_("Of buttons, rules and numbers on the letter's pages."),
    )
    goal = models.PositiveIntegerField(_("goal"), null=True, blank=True)
    batch_size = models.PositiveSmallIntegerField(
        _("batch size"),
        default=10,
        help_text=_("Anonymous signatures appear in groups of at least this many."),
    )
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.DRAFT, editable=False
    )
    is_paused = models.BooleanField(_("paused"), default=False, editable=False)  # nothing leaves meanwhile
    opens_at = models.DateTimeField(
        _("opens"), null=True, blank=True, help_text=_("Empty: as soon as you open it.")
    )
    closes_at = models.DateTimeField(
        _("closes"), null=True, blank=True, help_text=_("Empty: when you close it.")
    )
    opened_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "open", "closed", "archived"]),
                name="a_letter_has_a_known_state",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", opened_at=None) | ~Q(state="draft") & Q(opened_at__isnull=False),
                name="a_letter_was_opened_unless_it_is_a_draft",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "open"], closed_at=None)
                | Q(state__in=["closed", "archived"], closed_at__isnull=False),
                name="a_letter_was_closed_when_it_says_so",
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(opens_at__isnull=False),
                name="an_opened_letter_says_since_when",
            ),
            models.CheckConstraint(
                condition=Q(opens_at=None) | Q(closes_at=None) | Q(closes_at__gt=F("opens_at")),
                name="a_letter_closes_after_it_opens",
            ),
            models.CheckConstraint(condition=Q(batch_size__gte=5), name="a_batch_hides_each_of_its_signers"),
            models.CheckConstraint(condition=Q(goal=None) | Q(goal__gt=0), name="a_goal_is_above_zero"),
            models.CheckConstraint(
                condition=Q(accent__in=["navy", "forest", "teal", "plum", "wine", "earth"]),
                name="a_letter_has_a_known_accent",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return self.address_of("letter")

    def address_of(self, page: str) -> str:
        """Of one of its pages, by the name in `urls`."""
        return _address(page, self.slug)

    @classmethod
    def find(cls, slug: str) -> Letter | None:
        """What whoever knows its address may read, and what is known of its signing at this moment."""
        return FINDING.first(slug=slug)

    @property
    def url(self) -> str:
        """The public address, built from the configured site and never from a request."""
        return settings.SITE_URL + self.get_absolute_url()

    @property
    def verify_url(self) -> str:
        """Where it says how to count again."""
        return settings.SITE_URL + reverse("verify", args=[self.slug])

    @property
    def text_language(self) -> str:
        """Of its title, text and demands, whatever language the page around them speaks."""
        return self.language or settings.LANGUAGE_CODE

    @property
    def text_direction(self) -> str:
        """For `dir`: as its language is written; where none is named, each text's first letter decides."""
        if not self.language:
            return "auto"
        return "rtl" if get_language_info(self.language)["bidi"] else "ltr"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_closed(self) -> bool:
        return self.state in (self.State.CLOSED, self.State.ARCHIVED)

    @property
    def version(self) -> Version:
        """The text in force. Raises `Version.DoesNotExist` for a draft."""
        return self.versions.latest()

    def domain(self, name: str) -> Domain | None:
        """The domain of this letter's workplaces with exactly this ASCII name."""
        return DOMAIN.first(name=name, letter=self.pk)

    @property
    def head_count(self) -> int | None:
        """Of all its workplaces together; None while one of them does not say."""
        each = list(self.workplaces.values_list("head_count", flat=True))
        return sum(filter(None, each)) if each and all(each) else None

    @property
    def listed_workplaces(self) -> list[Workplace]:
        return LISTED_WORKPLACES.all(letter=self.pk)

    @property
    def has_several_workplaces(self) -> bool:
        return len(WORKPLACES.all(letter=self.pk)) > 1

    def can_be_signed(self) -> bool:
        """At this moment, by the database's clock."""
        return SIGNABLE(pk=self.pk)

    def key_name(self, purpose: str) -> str:
        """Where the letter's key for this purpose lies below `KEYS_DIR`."""
        return f"letters/{self.public_id}/{purpose}"

    def share_lock(self) -> None:
        """Signers hold it together until they commit; who closes waits for them."""
        locks.share("letter", self.pk)

    def sharing_lock(self) -> Asked:
        """The same, to be asked together with what follows it."""
        return locks.sharing("letter", self.pk)

    def hold_lock(self) -> None:
        """Keeps every signer out until commit."""
        locks.hold("letter", self.pk)

    def hold_row(self) -> Letter:
        """The letter as it is now, until commit: whoever else asks for it, or changes it, waits. Signers do not.

        SQLite, which knows no locks of rows, lets one write at a time from the first line of a transaction on.
        """
        return Letter.objects.select_for_update(no_key=True).get(pk=self.pk)


FINDING = prepared.Objects[Letter](lambda slug: Letter.objects.published().with_signing().filter(slug=slug))
SIGNABLE = prepared.Question(lambda pk: Letter.objects.signable().filter(pk=pk))
DOMAIN = prepared.Objects[Domain](
    lambda name, letter: Domain.objects.filter(name=name, workplace__letters=letter)
)
LISTED_WORKPLACES = prepared.Objects[Workplace](lambda letter: Workplace.objects.filter(letters=letter))
WORKPLACES = prepared.Rows(
    lambda letter: Workplace.objects.filter(letters=letter).order_by().values_list("pk")[:2]
)
