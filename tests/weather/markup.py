"""What in a page could act: looked for in the parsed page, not in its words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

SAFE = re.compile(r"(?:https?://|mailto:|/|#|\?|data:text/plain)", re.IGNORECASE)
ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href")
OURS = ("/static/", "/admin/jsi18n/")
NEVER = {"object", "embed", "base", "math", "svg:script", "applet", "frame", "meta:refresh"}


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.acting: list[str] = []
        self.links: list[dict[str, str]] = []
        self.pictures: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.acting += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        self.acting += [f"{tag} {given[name]}" for name in ADDRESSES if not _is_safe(given.get(name, "/"))]
        is_data = given.get("type") == "application/json"
        if tag == "script" and not is_data and not given.get("src", "").startswith(OURS):
            self.acting.append("script")
        if tag in NEVER:
            self.acting.append(tag)
        if tag == "a":
            self.links.append(given)
        if tag in ("img", "source", "image"):
            self.pictures.append(given.get("src", ""))


def _is_safe(address: str) -> bool:
    """Relative ones are; `//host` is not, though it looks like it."""
    plain = re.sub(r"[\x00-\x20]", "", address)
    return not plain.startswith(("//", "\\")) and (
        bool(SAFE.match(plain)) or not re.match(r"[a-z]+:", plain, re.I)
    )


def acting(text: str) -> list[str]:
    return Page(text).acting
