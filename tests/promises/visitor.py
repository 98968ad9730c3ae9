"""Somebody with a browser and no script: follows redirects, keeps cookies, fills in forms."""

from __future__ import annotations

import http.client
import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from email.message import Message
from functools import partial

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass
class Page:
    status: int
    url: str
    body: bytes
    headers: Message = field(default_factory=Message)

    @property
    def text(self) -> str:
        return self.body.decode()


class From(urllib.request.HTTPHandler):
    """Connects from an address of our own choice; all of 127.0.0.0/8 is this machine."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._connection = partial(http.client.HTTPConnection, source_address=(source, 0))

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, request)


class Visitor:
    def __init__(self, site_url: str, *, source: str = "", headers: dict[str, str] | None = None) -> None:
        self.site_url = site_url
        self._cookies = http.cookiejar.CookieJar()
        keeps = urllib.request.HTTPCookieProcessor(self._cookies)
        self._opener = urllib.request.build_opener(keeps, *([From(source)] if source else []))
        self._opener.addheaders = list((headers or {}).items()) or self._opener.addheaders

    def wants(self, kind: str) -> None:
        """What it accepts from now on."""
        self._opener.addheaders.append(("Accept", kind))

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self._cookies if cookie.name == name), "")

    def get(self, path: str) -> Page:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.site_url, path)))

    def head(self, path: str) -> Page:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.site_url, path), method="HEAD"))

    def post(self, path: str, **fields: str) -> Page:
        """Fill in the form on the page, with what it holds hidden."""
        return self.send(path, **self.hidden(path) | fields)

    def hidden(self, path: str) -> dict[str, str]:
        page = self.get(path)
        found = dict(HIDDEN.findall(page.text))
        assert "csrfmiddlewaretoken" in found, f"no form at {path}: {page.status}"
        return found

    def ticked(self, path: str, name: str) -> list[str]:
        """What a form offers ticked."""
        boxes = re.findall(r"<input[^>]*type=\"checkbox\"[^>]*>", self.get(path).text)
        mine = [box for box in boxes if f'name="{name}"' in box and " checked" in box]
        return [re.findall(r'value="([^"]*)"', box)[0] for box in mine]

    def send(self, path: str, **fields: str | list[str]) -> Page:
        url = urllib.parse.urljoin(self.site_url, path)
        body = urllib.parse.urlencode(fields, doseq=True).encode()
        return self._open(urllib.request.Request(url, body, {"Origin": self.site_url, "Referer": url}))

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                return Page(answer.status, answer.url, answer.read(), answer.headers)
        except urllib.error.HTTPError as answer:
            return Page(answer.code, answer.url, answer.read(), answer.headers)
