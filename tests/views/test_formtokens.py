from __future__ import annotations

from django.middleware import csrf
from django.test import RequestFactory

from petitions.views import formtokens


def test_the_token_is_one_that_django_reads_as_the_cookies_secret():
    """Under a mask of its own each time, for a browser with a cookie and for one that gets its first."""
    known = RequestFactory().get("/")
    known.META["CSRF_COOKIE"] = csrf._get_new_csrf_string()
    secrets = set()

    for request in (known, *(RequestFactory().get("/") for _ in range(200))):
        token, again = formtokens.token(request), formtokens.token(request)
        secret = request.META["CSRF_COOKIE"]
        csrf._check_token_format(token)
        csrf._check_token_format(secret)
        assert token != again
        assert [csrf._unmask_cipher_token(each) for each in (token, again)] == [secret] * 2
        assert request.META["CSRF_COOKIE_NEEDS_UPDATE"]
        secrets.add(secret)

    assert len(secrets) == 201
    assert known.META["CSRF_COOKIE"] in secrets
