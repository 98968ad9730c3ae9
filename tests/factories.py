"""Plain functions that make what a test needs, through the product's own flows where there is one."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from petitions.crypto import blind, keys, tokens, typed
from petitions.flows import invitations, letters, signatures, updates
from petitions.flows import tokens as sealed
from petitions.flows.signatures import Shown
from petitions.models import Appear, Letter, Mark, Proof, Signature, Update, Workplace
from tests.sealed import sign as sign_blindly

numbers = itertools.count(1)


def make_user(email: str = "", **fields: Any) -> User:
    return User.objects.create_user(
        email or f"organizer{next(numbers)}@example.org", is_organizer=True, **fields
    )


def make_workplace(*domains: str, name: str = "") -> Workplace:
    workplace = Workplace.objects.create(name=name or f"Workplace {next(numbers)}")
    for domain in domains:
        workplace.domains.create(name=domain)
    return workplace


def make_draft(
    *, owner: User | None = None, domains: tuple[str, ...] = ("example.test",), **fields: Any
) -> Letter:
    """A complete draft: two demands, two recipients, one workplace."""
    number = next(numbers)
    values = {
        "slug": f"letter-{number}",
        "title": f"A fair rota {number}",
        "text": "We ask for a *fair* rota.",
        "signing_line": "Employees of Example",
    }
    letter = letters.create(Letter(**values | fields), by=owner or make_user())
    letter.workplaces.add(_workplace(domains))
    letter.demands.create(number=1, title="Publish the rota two weeks ahead", text="So that people can plan.")
    letter.demands.create(number=2, title="Pay for changes")
    letter.recipients.create(name="Erin Chief", role="Chief executive", address=f"chief{number}@company.test")
    letter.recipients.create(name="Pat Person", role="People", address=f"people{number}@company.test")
    return letter


def _workplace(domains: tuple[str, ...]) -> Workplace:
    known = Workplace.objects.filter(domains__name__in=domains).first()
    return known or make_workplace(*domains)


def make_letter(*, milestones: tuple[int, ...] = (), owner: User | None = None, **fields: Any) -> Letter:
    """An open letter."""
    letter = make_draft(owner=owner, **fields)
    for threshold in milestones:
        letter.milestones.create(threshold=threshold)
    letters.open_for_signing(letter, by=letter.memberships.get().user)
    return letter


def sign(
    letter: Letter, name: str = "", *, appear: str = Appear.FULL, role: str = "", statement: str = ""
) -> str:
    """Store a signature as the flow does after the right code, and return its receipt."""
    receipt = typed.new_receipt()
    shown = Shown(appear, name, role, statement)
    Mark.objects.create(letter=letter, value=typed.digest(receipt))
    signatures.store(letter, shown, receipt_hash=typed.digest(receipt), proof=Proof.MAILBOX)
    return receipt


def sign_many(letter: Letter, number: int) -> None:
    """So many named signatures at once, with their marks, as if they had come through the flow."""
    row = {"letter": letter, "version": letter.version, "kind": "named", "proof": Proof.MAILBOX}
    row |= {"signed_at": timezone.now()} | signatures.words(letter, Shown(Appear.FULL, "Grace Hopper"))
    for begin in range(0, number, 5_000):
        hashes = [secrets.token_bytes(32) for _ in range(begin, min(begin + 5_000, number))]
        Signature.objects.bulk_create(Signature(receipt_hash=value, **row) for value in hashes)
        Mark.objects.bulk_create(Mark(letter=letter, value=value) for value in hashes)


def sign_sealed(letter: Letter) -> str:
    """Hand in a token as its holder does, and return its receipt."""
    key, receipt = letter.public_keys.get(), typed.new_receipt()
    token = tokens.Token(letter.slug, letter.version.sha256, key.key_id, tokens.number(receipt))
    mark, blinded = typed.digest(typed.new_receipt()), typed.digest(typed.new_receipt())
    Mark.objects.create(letter=letter, value=mark, blinded_hash=blinded)
    signature = sign_blindly(
        blind.load_private(keys.read(settings.KEYS_DIR, key.private_name)), token.message()
    )
    sealed.redeem(letter, str(token), tokens.to_text(signature))
    return receipt


def post_update(letter: Letter, *, title: str = "News", text: str = "They *listened*.") -> Update:
    by = letter.memberships.first().user
    update = updates.write(letter, title=title, text=text, by=by)
    updates.post(update, revision=1, by=by)
    update.refresh_from_db()
    return update


def signature_of(receipt: str) -> Signature:
    return Signature.objects.get(receipt_hash=typed.digest(receipt))


def make_invitations(letter: Letter, number: int = 10, *, proof: str = Proof.INVITATION) -> list[str]:
    """Codes of one sheet, as they stand on the paper but without dashes."""
    by = letter.memberships.first().user
    return invitations.print_sheet(letter, proof=proof, number=number, by=by)
