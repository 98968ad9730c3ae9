"""The token of a form, as Django's check takes it: the secret of this browser's cookie under a mask of its own.

Django asks the system for each letter of both by itself. For a new browser those were two fifths of all calls of a
form that is told from memory.
"""

from django.http import HttpRequest
from django.middleware.csrf import CSRF_ALLOWED_CHARS as LETTERS
from django.middleware.csrf import CSRF_SECRET_LENGTH as LENGTH

from petitions.crypto.letters import Alphabet

CHANCE = Alphabet(LETTERS)
NUMBERS = {letter: number for number, letter in enumerate(LETTERS)}
SHIFTED = 2 * LETTERS  # found by the sum of two numbers


def token(request: HttpRequest) -> str:
    """As `get_token` of Django's middleware, which sends the cookie and looks at what comes back."""
    about = request.META
    if "CSRF_COOKIE" not in about:
        about["CSRF_COOKIE"] = CHANCE.drawn(LENGTH)
    about["CSRF_COOKIE_NEEDS_UPDATE"] = True
    mask = CHANCE.drawn(LENGTH)
    return mask + _under(mask, about["CSRF_COOKIE"])


def _under(mask: str, secret: str) -> str:
    pairs = zip(mask, secret, strict=True)
    return "".join([SHIFTED[NUMBERS[one] + NUMBERS[other]] for one, other in pairs])
