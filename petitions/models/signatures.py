"""Signatures: one row for one verified person, and what the public sees of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, product, starmap
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import Count, F, Q, Value
from django.db.models.functions import Now, TruncDate
from django.utils.translation import gettext_lazy as _

from petitions.crypto import typed
from petitions.models import clocks, prepared
from petitions.models.invalidations import Condition, Invalidation
from petitions.models.letters import Letter
from petitions.models.prepared import Asked
from petitions.models.proofs import Proof
from petitions.models.publickeys import PublicKey
from petitions.models.tallies import Grown, Invalid, Tally, grown, tallied
from petitions.models.versions import Version
from petitions.models.words import (
    LISTED,
    SEARCHED,
    SHOWN,
    WORDS,
    Line,
    Words,
    frozen_line,
    line,
    public_line,
    public_words,
    searchable,
)
from petitions.models.workplaces import Workplace


class SignatureQuerySet(models.QuerySet["Signature"]):
    def counted(self) -> SignatureQuerySet:
        return self.filter(state=Signature.State.PUBLISHED)

    def named(self) -> SignatureQuerySet:
        """Those whose public line the list shows."""
        return self.counted().filter(kind=Signature.Kind.NAMED, receipt_hash__isnull=False)

    def frozen_lines(self) -> Iterator[str]:
        """Of each, in no order. A hundred thousand objects would take as long as all the rest of a delivery."""
        rows = self.named().values_list("is_under_review", "name", "role")
        return starmap(frozen_line, rows.iterator())

    def public_lines(self) -> Iterator[str]:
        """Of each named one, in its order. Objects would take four times as long."""
        for words in starmap(public_words, self.values_list(*SHOWN).iterator()):
            yield public_line(words.name, words.role)

    def lines(self) -> list[Line]:
        """What lists show; a hundred whole objects would take longer than to find them."""
        return list(starmap(line, self.values_list(*LISTED)))

    def to_review(self) -> SignatureQuerySet:
        """Those whose words wait for an organizer's look: a name that was held back, or a statement."""
        return self.named().filter(Q(is_under_review=True) | Q(is_statement_waiting=True))

    def telling(self) -> SignatureQuerySet:
        """Those that hold words: shown, or kept while an invalidation may be undone."""
        states = [Signature.State.PUBLISHED, Signature.State.INVALID]
        return self.filter(state__in=states, kind=Signature.Kind.NAMED, receipt_hash__isnull=False)

    def invalid(self) -> SignatureQuerySet:
        return self.filter(state=Signature.State.INVALID)

    def by_reason(self) -> list[Invalid]:
        rows = self.filter(invalidation__isnull=False).order_by("invalidation__number")
        told = rows.values_list("invalidation__number", "invalidation__reason").annotate(Count("pk"))
        return [Invalid(reason, number) for _number, reason, number in told]

    def meeting(self, condition: Condition) -> SignatureQuerySet:
        """The counted ones that a condition is about."""
        found = self.counted().filter(kind__in=condition.kinds)
        if condition.of_the_list:
            found = found.filter(kind=Signature.Kind.NAMED)
        wanted = {
            "proof": condition.proof,
            "workplace": condition.workplace,
            "version": condition.version,
            "signed_on__gte": condition.since,
            "signed_on__lte": condition.until,
            "search__contains": condition.words,
        }
        return found.filter(**{name: value for name, value in wanted.items() if value})

    def to_forget(self) -> SignatureQuerySet:
        """Those that still say who, or open to a receipt. A token's number stays: the recount needs it."""
        return self.filter(receipt_hash__isnull=False).exclude(kind=Signature.Kind.SEALED)

    def latest_first(self) -> SignatureQuerySet:
        return self.order_by("-signed_at", "pk")

    def first_first(self) -> SignatureQuerySet:
        return self.latest_first().reverse()

    def from_workplace(self, workplace: Workplace | None) -> SignatureQuerySet:
        """The named ones from there; from everywhere without one."""
        return self.filter(workplace=workplace) if workplace else self

    def places(self) -> models.QuerySet[Any, Any]:
        """Moment and key of each, which are all that an order goes by."""
        return self.values_list("signed_at", "pk")

    def behind(self, moment: datetime, pk: object) -> SignatureQuerySet:
        """What follows that place in `latest_first`."""
        return self.filter(clocks.behind("signed_at", moment, next_ones=Q(pk__gt=pk)))

    def up_to(self, moment: datetime, pk: object) -> SignatureQuerySet:
        """What precedes that place in `latest_first`, and what stands there."""
        return self.filter(clocks.up_to("signed_at", moment, next_ones=Q(pk__gt=pk)))

    def matching(self, words: str) -> SignatureQuerySet:
        """Those whose line contains each word; names under review are not found by what they hide."""
        found = self.filter(is_under_review=False) if words.strip() else self
        for word in searchable(words).split():
            found = found.filter(search__contains=word)
        return found

    def adding_named(
        self,
        words: dict[str, object],
        *,
        letter: Letter,
        version: Version,
        workplace: Workplace | None,
        **proved: object,
    ) -> Asked:
        """A new one, signed now, that says these words; to be asked together with what it changes."""
        belonging = {
            "letter_id": letter.pk,
            "version_id": version.pk,
            "workplace_id": workplace and workplace.pk,
        }
        return NAMED.given(id=uuid.uuid4(), **belonging, **proved, **words)

    def by_kind(self) -> models.QuerySet[Any, Any]:
        return self.counted().order_by().values_list("kind", "proof").annotate(number=Count("*"))

    def tally(self) -> Tally:
        return tallied(self.by_kind())

    def tallies(self) -> dict[int, Tally]:
        """One for each letter that has signatures, by its key."""
        rows = (
            self.counted()
            .order_by("letter")
            .values_list("letter", "kind", "proof")
            .annotate(number=Count("*"))
        )
        return {letter: tallied(row[1:] for row in own) for letter, own in groupby(rows, itemgetter(0))}

    def of_pair(self, kind: str, proof: str) -> SignatureQuerySet:
        """The counted ones of a kind and a proof. Each pair is asked for by itself: to compare the words of every row
        took the database as long again as to count them."""
        return self.counted().filter(kind=kind, proof=proof).order_by()

    def by_pair_and_day(self) -> models.QuerySet[Any, Any]:
        """Kind, proof, day, and how many."""
        parts = [
            self.of_pair(kind, proof)
            .values_list(Value(kind.value), Value(proof.value), "signed_on")
            .annotate(number=Count("*"))
            for kind, proof in PAIRS
        ]
        return parts[0].union(*parts[1:], all=True)

    def number_of_pair(self, kind: str, proof: str) -> models.Subquery:
        """Not one of a union: of that PostgreSQL counts the pairs beside each other, so that the largest sets the
        time. Several of its processes count a pair that stands by itself."""
        counted = self.of_pair(kind, proof).values(all=Value(1)).annotate(number=Count("*"))
        return models.Subquery(counted.values("number"))

    def in_all(self) -> models.QuerySet[Any, Any]:
        """One row with how many there are of a letter, none where there are none."""
        return self.counted().order_by().values_list("letter").annotate(number=Count("*"))


class Signature(models.Model):
    class Kind(models.TextChoices):
        NAMED = "named", _("named")
        SEALED = "sealed", _("anonymous, sealed")
        BY_POLICY = "by_policy", _("anonymous by policy")

    class State(models.TextChoices):
        PUBLISHED = "published", _("published")
        INVALID = "invalid", _("declared invalid")
        WITHDRAWN = "withdrawn", _("withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="signatures")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="signatures")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    proof = models.CharField(max_length=10, choices=Proof.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PUBLISHED)
    receipt_hash = models.BinaryField(
        max_length=32, unique=True, null=True
    )  # None: forgotten, see flows/purges
    sealed_by = models.ForeignKey(PublicKey, on_delete=models.PROTECT, null=True, related_name="signatures")
    token_signature = models.BinaryField(max_length=384, null=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    role = models.CharField(_("role"), max_length=120, blank=True)
    statement = models.CharField(_("statement"), max_length=280, blank=True)
    search = models.CharField(max_length=SEARCHED, blank=True, editable=False)
    workplace = models.ForeignKey(  # shown where a letter has several; otherwise it is not stored
        Workplace, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("workplace")
    )
    is_pinned = models.BooleanField(_("pinned"), default=False)  # stands above the others
    is_under_review = models.BooleanField(_("under review"), default=False)
    shows_statement = models.BooleanField(_("statement shown"), default=False)
    is_statement_waiting = models.BooleanField(default=False)  # typed, and no organizer has decided on it
    invalidation = models.ForeignKey(  # of a withdrawn one: it may not come back before that is undone
        Invalidation, on_delete=models.PROTECT, null=True, related_name="signatures", db_index=False
    )
    signed_on = models.DateField(_("signed on"), db_default=TruncDate(Now()))
    signed_at = models.DateTimeField(null=True)

    objects = SignatureQuerySet.as_manager()

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        indexes = [
            models.Index(
                fields=["letter", "kind", "proof", "signed_on"],
                condition=Q(state="published"),
                name="signatures_by_kind_and_day",
            ),
            models.Index(
                fields=["letter", "-signed_at", "id"],
                condition=Q(state="published", kind="named", receipt_hash__isnull=False),
                name="signatures_listed",
            ),
            models.Index(
                fields=["letter", "-signed_at", "id"],
                condition=Q(state="published", kind="named", receipt_hash__isnull=False, is_pinned=True),
                name="signatures_pinned",
            ),
            models.Index(
                fields=["letter", "kind", "-signed_at", "id"],
                condition=Q(state="published") & (Q(is_under_review=True) | Q(is_statement_waiting=True)),
                name="signatures_to_review",
            ),
            models.Index(
                fields=["invalidation", "state"],
                condition=Q(invalidation__isnull=False),
                name="signatures_invalidated",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["named", "sealed", "by_policy"]), name="a_signature_has_a_known_kind"
            ),
            models.CheckConstraint(
                condition=Q(proof__in=["mailbox", "invitation", "former"]),
                name="a_signature_has_a_known_proof",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["published", "invalid", "withdrawn"]),
                name="a_signature_has_a_known_state",
            ),
            models.CheckConstraint(
                condition=Q(kind="named", state__in=["published", "invalid"])
                | Q(name="", role="", statement="", search=""),
                name="only_a_named_signature_that_was_not_withdrawn_says_who",
            ),
            models.CheckConstraint(
                condition=Q(kind="named", state__in=["published", "invalid"])
                | Q(workplace=None, is_pinned=False),
                name="only_a_named_signature_that_was_not_withdrawn_says_where",
            ),
            models.CheckConstraint(
                condition=~Q(kind="named", state="published") | ~Q(name="", role="") | Q(receipt_hash=None),
                name="a_named_signature_shows_something",
            ),
            models.CheckConstraint(
                condition=Q(receipt_hash__isnull=False)
                | ~Q(kind="sealed") & Q(name="", role="", statement="", search=""),
                name="a_forgotten_signature_says_nothing",
            ),
            models.CheckConstraint(
                condition=Q(kind="named", signed_at__isnull=False) | ~Q(kind="named") & Q(signed_at=None),
                name="an_anonymous_signature_has_a_day_and_no_time",
            ),
            models.CheckConstraint(
                condition=Q(kind="sealed", sealed_by__isnull=False, token_signature__isnull=False)
                | ~Q(kind="sealed") & Q(sealed_by=None, token_signature=None),
                name="only_a_sealed_signature_has_a_token",
            ),
            models.CheckConstraint(
                condition=~Q(shows_statement=True, statement=""), name="a_shown_statement_is_not_empty"
            ),
            models.CheckConstraint(
                condition=~Q(is_statement_waiting=True, statement=""),
                name="a_waiting_statement_is_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(state="published", invalidation=None)
                | Q(state="invalid", invalidation__isnull=False)
                | Q(state="withdrawn"),
                name="an_invalid_signature_belongs_to_an_invalidation",
            ),
        ]

    def __str__(self) -> str:
        return self.public_line or str(self.get_kind_display())

    @classmethod
    def tally_of(cls, letter: Letter) -> Tally:
        numbers = COUNTED.first(letter=letter.pk)
        return tallied((*pair, number) for pair, number in zip(PAIRS, numbers, strict=True))

    @classmethod
    def grown_of(cls, letter: Letter) -> Grown:
        """Kinds are not told apart by day: a name that was hidden later keeps its day, which says nothing as long
        as it counts as before."""
        return grown(BY_DAY.all(letter=letter.pk))

    @classmethod
    def total_of(cls, letter: Letter) -> int:
        return sum(number for _letter, number in IN_ALL.all(letter=letter.pk))

    @classmethod
    def lines_of(cls, pks: list[uuid.UUID]) -> list[Line]:
        """In this order, of those that are still there."""
        found = {row[0]: line(*row) for row in LINES.all(pks=pks)}
        return [found[pk] for pk in pks if pk in found]

    @property
    def is_named(self) -> bool:
        return self.kind == self.Kind.NAMED

    @property
    def is_withdrawn(self) -> bool:
        return self.state == self.State.WITHDRAWN

    @property
    def is_invalid(self) -> bool:
        return self.state == self.State.INVALID

    @property
    def words_digest(self) -> str:
        """Of what stands here now, so that an organizer decides on what was read and on nothing newer."""
        return typed.digest("\x00".join((self.name, self.role, self.statement))).hex()

    @property
    def public(self) -> Words:
        return public_words(*(getattr(self, column) for column in SHOWN))

    @property
    def public_name(self) -> str:
        return self.public.name

    @property
    def public_role(self) -> str:
        return self.public.role

    @property
    def public_statement(self) -> str:
        return self.public.statement

    @property
    def public_line(self) -> str:
        """As on the pages and in the public PDF: "Ada L., Engineer"."""
        return public_line(self.public_name, self.public_role)

    @property
    def frozen_line(self) -> str:
        """As in lists that have a checksum: the same in whatever language somebody freezes or reads them."""
        return frozen_line(self.is_under_review, self.name, self.role)


LINES = prepared.Rows(lambda pks: Signature.objects.filter(prepared.OneOf(F("pk"), pks)).values_list(*LISTED))
NAMED = prepared.Insert(
    Signature,
    *("letter_id", "version_id", "workplace_id", "proof", "receipt_hash", *WORDS),
    kind=Signature.Kind.NAMED,
    signed_at=Now(),
)
PAIRS = list(product(Signature.Kind, Proof))  # the constraints allow no other


def _numbers(letter: Any) -> models.QuerySet[Any, Any]:
    """One row, with how many there are of each pair."""
    signatures = Signature.objects.filter(letter=letter)
    return Letter.objects.filter(pk=letter).order_by().values_list(*starmap(signatures.number_of_pair, PAIRS))


COUNTED = prepared.Rows(_numbers)
BY_DAY = prepared.Rows(lambda letter: Signature.objects.filter(letter=letter).by_pair_and_day())
IN_ALL = prepared.Rows(lambda letter: Signature.objects.filter(letter=letter).in_all())
