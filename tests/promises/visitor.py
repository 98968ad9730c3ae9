"""Somebody with a browser and no script: follows redirects, keeps cookies, fills in forms."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass
class Page:
    status: int
    url: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Visitor:
    def __init__(self, site_url: str) -> None:
        self.site_url = site_url
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def get(self, path: str) -> Page:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.site_url, path)))

    def post(self, path: str, **fields: str) -> Page:
        """Fill in the form on the page, with what it holds hidden."""
        return self.send(path, **self.hidden(path) | fields)

    def hidden(self, path: str) -> dict[str, str]:
        page = self.get(path)
        found = dict(HIDDEN.findall(page.text))
        assert "csrfmiddlewaretoken" in found, f"no form at {path}: {page.status}"
        return found

    def send(self, path: str, **fields: str) -> Page:
        url = urllib.parse.urljoin(self.site_url, path)
        body = urllib.parse.urlencode(fields).encode()
        return self._open(urllib.request.Request(url, body, {"Origin": self.site_url, "Referer": url}))

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Page(answer.status, answer.url, answer.read())
        except urllib.error.HTTPError as answer:
            return Page(answer.code, answer.url, answer.read())
