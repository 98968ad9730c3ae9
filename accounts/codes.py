"""Signing in by a code, begun by an invitation: the only way in which an account is made for somebody new."""

from urllib.parse import urlencode

from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User


def send(request: HttpRequest, email: str, *, then: str) -> str:
    """Send a code to the address, for its account, made if need be; where to type it.

    The caller has seen that this address was invited. A second step of sign-in is asked for afterwards as always.
    """
    user = User.objects.create_invited(email)
    LoginCodeVerificationProcess.initiate(request=request, user=user, email=email)
    return f"{reverse('account_confirm_login_code')}?{urlencode({'next': then}, safe='/')}"
