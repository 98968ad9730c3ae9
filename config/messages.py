"""What a page says after it did something, on its way to the next page: in a cookie like that of the session."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookie(CookieStorage):
    """Of an encrypted site no other host can set it."""

    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return "__Host-messages" if settings.IS_HTTPS else "messages"


class Messages(FallbackStorage):
    storage_classes = (HostCookie, SessionStorage)
