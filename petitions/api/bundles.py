"""The bundle: what a stranger needs to count a letter again. `docs/verify.md` says what each part is for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db.models import F

from petitions.crypto import tokens
from petitions.documents.pictures import digest
from petitions.models import Letter, PublicKey, Signature, Snapshot, Tally, Version

FORMAT = "undersigned1-bundle"
ROWS = 200  # in one piece


def pieces(letter: Letter) -> Iterator[str]:
    """One JSON object, a signature on a line.

    Keys and versions are read after the signatures: a batch between the two would otherwise look like more tokens
    counted than issued.
    """
    published = Published(letter)
    yield f'{{"format": {_json(FORMAT)},\n"letter": {_json(letter.slug)},\n"sealed": '
    yield from _array(published.sealed())
    yield ',\n"named": '
    names = sorted(published.names)
    yield from _array(names)
    yield f',\n"count": {_json(published.tally().as_json())},\n"versions": '
    yield from _array(map(_version, letter.versions.all()))
    yield ',\n"public_keys": '
    yield from _array(map(_key, letter.public_keys.all()))
    yield ',\n"snapshots": '
    pictures = letter.snapshots.all().told().select_related("letter", "version")
    yield from _array(_snapshot(picture, names) for picture in pictures)
    yield "}\n"


class Published:
    """The published signatures, read by one statement, so that both lists and the count are of one moment."""

    def __init__(self, letter: Letter) -> None:
        self.letter = letter
        self.names: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.proofs: Counter[str] = Counter()

    def sealed(self) -> Iterator[dict[str, object]]:
        """Those that prove themselves, by number, which says nothing. The others are counted on the way."""
        rows = self.letter.signatures.all().counted().order_by("receipt_hash")
        named = rows.annotate(text_hash=F("version__sha256"), key_id=F("sealed_by__key_id"))
        for row in named.iterator():
            self.kinds[row.kind] += 1
            self.proofs[row.proof] += 1
            if row.kind == Signature.Kind.SEALED:
                yield {
                    "number": bytes(row.receipt_hash or b"").hex(),
                    "version": row.text_hash,
                    "key_id": row.key_id,
                    "signature": tokens.to_text(bytes(row.token_signature or b"")),
                }
            elif row.is_named:
                self.names.append(row.frozen_line)

    def tally(self) -> Tally:
        """Once all were read."""
        return Tally(**self.kinds, by_proof=dict(self.proofs))


def _version(version: Version) -> dict[str, object]:
    return {
        "number": version.number,
        "sha256": version.sha256,
        "title": version.title,
        "text": version.text,
        "demands": version.demands,
    }


def _key(key: PublicKey) -> dict[str, object]:
    return {
        "proof": key.proof,
        "key_id": key.key_id,
        "spki": tokens.to_text(bytes(key.spki)),
        "issued": key.issued,
    }


def _snapshot(snapshot: Snapshot, names: list[str]) -> dict[str, object]:
    """Never with its own list: whoever has withdrawn since stands in it. What is told is whether it is today's."""
    count = snapshot.count or {}
    is_as_long = count["named"] == len(names)
    return {
        "number": snapshot.number,
        "reason": snapshot.reason,
        "version": snapshot.version.sha256,
        "count": count,
        "sha256": snapshot.sha256,
        "is_todays_list": is_as_long and digest(snapshot, count, names) == snapshot.sha256,
    }


def _array(values: Iterable[object]) -> Iterator[str]:
    """In pieces that are worth sending."""
    rest, before = iter(values), "[\n"
    while piece := list(islice(rest, ROWS)):
        yield before + ",\n".join(map(_json, piece))
        before = ",\n"
    yield "[]" if before == "[\n" else "\n]"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
