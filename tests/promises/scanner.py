"""A mail scanner as companies have them: it opens every address that it finds, and some fill in every form."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

from tests.promises.visitor import Page, Visitor

MOST = 200  # pages


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Found(HTMLParser):
    """What a page leads to: addresses of every kind, and forms with what stands in them."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._url = page.url
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.feed(page.body.decode(errors="replace"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self.links += [self._full(given[name]) for name in ("href", "src", "action") if given.get(name)]
        if tag == "form":
            self.forms.append(Form(self._full(given.get("action", "")), given.get("method", "get")))
        elif tag in ("input", "textarea", "button", "select") and given.get("name") and self.forms:
            self.forms[-1].fields.setdefault(given["name"], given.get("value", ""))

    def _full(self, link: str) -> str:
        return urldefrag(urljoin(self._url, link)).url


class Scanner:
    """Keeps cookies of its own, and knows what stood in the mail: the address and the code."""

    def __init__(self, site_url: str, **known: str) -> None:
        self._site, self._known = site_url, known
        self.visitor = Visitor(site_url, headers={"Sec-Purpose": "prefetch", "User-Agent": "SafeLinks"})
        self.opened: list[str] = []
        self.submitted: list[tuple[str, int]] = []

    def open_everything(self, *starts: str) -> list[Form]:
        """By HEAD and by GET, until nothing new is found; all the forms on the way."""
        waiting, forms = [urljoin(self._site, start) for start in starts], dict[str, Form]()
        while waiting and len(self.opened) < MOST:
            url = waiting.pop()
            self.opened.append(url)
            self.visitor.head(url)
            page = Found(self.visitor.get(url))
            forms |= {f"{form.action} {sorted(form.fields)}": form for form in page.forms}
            new = {link for link in page.links if link.startswith(self._site)} - {*self.opened, *waiting}
            waiting += sorted(new)
        return list(forms.values())

    def submit_everything(self, *starts: str) -> None:
        """Each form that it finds, filled in with what it knows; the hidden fields as they are now."""
        for form in self.open_everything(*starts):
            fields = {
                name: self._known.get(name) or value or "something" for name, value in form.fields.items()
            }
            if not self.visitor.cookie("csrf"):  # the page for handing in a token has taken it away
                self.visitor.get(starts[1])
            hidden = {"csrfmiddlewaretoken": self.visitor.cookie("csrf")} if form.method == "post" else {}
            page = self.visitor.send(form.action, **fields | hidden)
            self.submitted.append((form.action, page.status))
