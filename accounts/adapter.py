"""How allauth behaves here: by invitation only, and without knowing where people come from."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """A pseudonym that changes every day: allauth puts this into the cache to count tries."""
        address = super().get_client_ip(request)
        return salted_hmac("client", f"{timezone.now().date()} {address}", algorithm="sha256").hexdigest()
