"""Public keys: what a letter's tokens are checked with. They stay when the private keys are destroyed at closing."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from petitions.crypto import tokens
from petitions.models import prepared
from petitions.models.invitations import Invitation
from petitions.models.letters import Letter
from petitions.models.proofs import Proof


class PublicKey(models.Model):
    """One for each letter and proof, the same for everybody."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="public_keys")
    proof = models.CharField(max_length=10, choices=Proof.choices)
    spki = models.BinaryField(max_length=422)
    key_id = models.CharField(max_length=64)
    issued = models.PositiveIntegerField(default=0)  # as of the last batch: a live number would say when

    class Meta:
        verbose_name = _("public key")
        verbose_name_plural = _("public keys")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "proof"], name="a_letter_has_one_key_for_a_proof"),
        ]

    def __str__(self) -> str:
        return self.key_id

    @property
    def line(self) -> str:
        """All that is needed to make a token for the text in force."""
        return tokens.key_line(self.letter.slug, self.letter.version.sha256, bytes(self.spki))

    def given(self) -> int:
        """How many tokens it has signed until now; told as `issued`, with the next batch."""
        if self.proof in Invitation.PROOFS:
            return self.letter.invitations.sealed().filter(proof=self.proof).count()
        return self.letter.marks.filter(blinded_hash__isnull=False).count()

    @property
    def private_name(self) -> str:
        """Where the private key lies below `KEYS_DIR` while the letter is open."""
        return self.letter.key_name(f"seal-{self.proof}")


OF_PROOF = prepared.Objects[PublicKey](
    lambda letter, proof: PublicKey.objects.filter(letter=letter, proof=proof)
)
