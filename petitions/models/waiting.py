"""Anonymous signatures before their batch, and how they become published ones."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models import Q

from petitions.models import prepared
from petitions.models.letters import Letter
from petitions.models.proofs import Proof
from petitions.models.publickeys import PublicKey
from petitions.models.signatures import Signature
from petitions.models.versions import Version


class WaitingSignature(models.Model):
    """An anonymous signature before its batch: counted and shown nowhere, without time or order."""

    CARRIED = (
        "letter_id",
        "version_id",
        "kind",
        "proof",
        "receipt_hash",
        "sealed_by_id",
        "token_signature",
    )  # what goes along into the published row

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="waiting")
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=9, choices=Signature.Kind.choices)
    proof = models.CharField(max_length=10, choices=Proof.choices)
    receipt_hash = models.BinaryField(max_length=32, unique=True)
    sealed_by = models.ForeignKey(PublicKey, on_delete=models.PROTECT, null=True, related_name="+")
    token_signature = models.BinaryField(max_length=384, null=True)
    is_scattered = models.BooleanField(default=False)  # as with marks: moved by a sweep, and new no more

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["sealed", "by_policy"]), name="only_anonymous_signatures_wait"
            ),
            models.CheckConstraint(
                condition=Q(kind="sealed", sealed_by__isnull=False, token_signature__isnull=False)
                | ~Q(kind="sealed") & Q(sealed_by=None, token_signature=None),
                name="only_a_waiting_sealed_signature_has_a_token",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def carried(self) -> dict[str, object]:
        return {field: getattr(self, field) for field in self.CARRIED}


def _with_receipt(letter: Any, receipt_hash: Any) -> models.QuerySet[Any, Any]:
    """In one statement: between two, the row can move from one table to the other."""
    published, waiting = (
        model.objects.filter(letter=letter, receipt_hash=receipt_hash).values("pk")
        for model in (Signature, WaitingSignature)
    )
    return published.union(waiting)


WITH_RECEIPT = prepared.Question(_with_receipt)

PUBLISHING = """
WITH taken (old, new) AS (VALUES {pairs})
INSERT INTO {published} (id, {carried}, {others}) SELECT new, {carried}, {values}
FROM taken JOIN {waiting} AS waiting ON waiting.id = old ORDER BY new
"""


def publish(rows: Sequence[uuid.UUID]) -> None:
    """Write waiting rows as published ones, under new keys of chance and in their order.

    By the database alone: ten thousand of them took seconds on their way through Python.
    """
    key = Signature._meta.pk
    pairs = [key.get_db_prep_value(each, connection) for old in rows for each in (old, uuid.uuid4())]
    others = _of_every_new_one()
    uuid_type = "CAST(%s AS uuid)" if connection.vendor == "postgresql" else "%s"
    query = PUBLISHING.format(
        pairs=", ".join([f"({uuid_type}, {uuid_type})"] * len(rows)),
        published=Signature._meta.db_table,
        waiting=WaitingSignature._meta.db_table,
        carried=", ".join(WaitingSignature.CARRIED),
        others=", ".join(others),
        values=", ".join(["%s"] * len(others)),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [*pairs, *others.values()])


def _of_every_new_one() -> dict[str, Any]:
    """Columns that a new row fills and a waiting one does not have; the rest is the database's own default."""
    new, values = Signature(), dict[str, Any]()
    for column in Signature._meta.concrete_fields:
        value = getattr(new, column.attname)
        is_ours = not column.primary_key and column.attname not in WaitingSignature.CARRIED
        if is_ours and value is not None and column.db_default is models.NOT_PROVIDED:
            values[column.attname] = column.get_db_prep_save(value, connection)
    return values
