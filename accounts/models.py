"""Organizers and operators. Signers have no account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

SECOND_STEPS = ("webauthn", "totp")  # recovery codes alone are none


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, **fields: Any) -> User:
        """An account without a password: its holder signs in by e-mailed code, link or passkey."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_unusable_password()
        user.save()
        return user

    def at(self, email: str) -> models.QuerySet[User]:
        """Whoever has proved to read this mailbox; the address need not be their first one."""
        return self.filter(emailaddress__verified=True, emailaddress__email__iexact=email.strip())

    def create_invited(self, email: str) -> User:
        """The account of this address, made if need be. It may do nothing, and proves its mailbox by a code."""
        found = self.at(email).first() or self.filter(email=email.strip().lower()).first()
        user = found or self.create_user(email)
        if found is None:
            EmailAddress.objects.create(user=user, email=user.email, primary=True)
        return user

    def without_second_step(self) -> models.QuerySet[User]:
        """Whoever gets in with the mailbox alone."""
        return self.exclude(authenticator__type__in=SECOND_STEPS)

    def never_used(self, since: timedelta) -> models.QuerySet[User]:
        """Made for an invitation, and left alone for so long."""
        return self.filter(
            last_login=None,
            is_organizer=False,
            is_superuser=False,
            memberships=None,
            joined_at__lt=Now() - since,
        )

    def create_organizer(self, email: str, *, is_operator: bool = False) -> User:
        """The account of this address, made if need be, that may create letters and sign in by code.

        An operator looks after the whole site as well; whoever is one stays one.
        """
        user = self.filter(email=email.strip().lower()).first() or self.create_user(email)
        user.is_organizer, user.is_superuser = True, is_operator or user.is_superuser
        user.save(update_fields=["is_organizer", "is_superuser"])
        EmailAddress.objects.get_or_create(
            user=user, email=user.email, defaults={"verified": True, "primary": True}
        )
        return user


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail address"), unique=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_organizer = models.BooleanField(_("may create letters"), default=False)
    may_write_to_strangers = models.BooleanField(  # since an operator let a first letter out
        _("may deliver to other domains"), default=False, db_default=False
    )
    joined_at = models.DateTimeField(_("joined"), db_default=Now(), editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_account_for_an_address")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """What Django's admin asks; who may see which letter is decided letter by letter."""
        return self.is_active and (self.is_organizer or self.is_superuser)


class SignInLinkQuerySet(models.QuerySet["SignInLink"]):
    def stale(self) -> SignInLinkQuerySet:
        """Those that sign nobody in any more."""
        return self.filter(Q(made_at__lt=Now() - SignInLink.LIFETIME) | Q(used_at__isnull=False))


class SignInLink(models.Model):
    """A link that `manage.py organizer` prints: works once, for half an hour. Only its hash is kept."""

    LIFETIME = timedelta(minutes=30)

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    secret_hash = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True)

    objects = SignInLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"sign-in link {self.pk}"

    @classmethod
    def issue(cls, user: User) -> str:
        """Make a link for the user and return its secret, which is stored nowhere."""
        secret = secrets.token_urlsafe(24)
        cls.objects.create(user=user, secret_hash=_hash(secret))
        return secret

    @classmethod
    def redeem(cls, secret: str) -> User | None:
        """The user for the one caller who brings an unused, fresh secret; None for everybody else."""
        link = cls.objects.filter(secret_hash=_hash(secret), user__is_active=True)
        fresh = link.filter(used_at=None, made_at__gt=Now() - cls.LIFETIME)
        if not fresh.update(used_at=Now()):
            return None
        return link.select_related("user").get().user


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
