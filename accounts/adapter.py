"""How allauth behaves here: by invitation only, and without knowing where people come from."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """A pseudonym that changes every day: allauth puts this into the cache to count tries."""
        address = super().get_client_ip(request)
        return salted_hmac("client", f"{timezone.now().date()} {address}", algorithm="sha256").hexdigest()


class SecondStepAdapter(DefaultMFAAdapter):
    def generate_authenticator_name(self, user: User, kind: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user=user, type=kind).count() + 1
        return _("Device %(number)s") % {"number": number}
