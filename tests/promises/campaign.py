"""A whole campaign over HTTP, by people whose mailboxes, network addresses and browsers nobody may read again."""

from __future__ import annotations

import itertools
import json
import re
import secrets
import urllib.error
from contextlib import suppress
from dataclasses import dataclass, field

from petitions.crypto import blind, tokens, typed
from tests.mailserver import MailServer
from tests.promises.processes import Processes
from tests.promises.visitor import Page, Visitor

OWNER = "organizer@example.org"
READERS = {OWNER, "chief1@company.test", "people1@company.test"}
LETTER = "/letters/fair-rota/"
OPENED = f"""
from petitions.flows import invitations
from tests.factories import make_letter, make_user
owner = make_user("{OWNER}")
fields = dict(slug="fair-rota", title="A fair rota", domains=("example.com",), milestones=(2, 4))
letter = make_letter(owner=owner, **fields)
print(*invitations.print_sheet(letter, proof="invitation", number=2, by=owner))
"""  # and prints the codes of two invitations
RECEIPT = re.compile(r"(?:[2-9A-Z]{4}-){6}[2-9A-Z]{4}")
KEY_LINE = re.compile(r"undersigned1-key\.([-\w]+)\.([0-9a-f]{64})\.([-\w]{563})")


@dataclass
class Person:
    """Every second one comes through the proxy, whose header says where from; one in four by IPv6."""

    number: int
    word: str  # in all that only this run knows, so that nothing of another run is taken for it
    domain: str = "example.com"
    gets_no_code: bool = False
    secrets: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"Quill.{self.word}{self.number}@{self.domain}"

    def visitor(self, site: Processes) -> Visitor:
        """A fresh browser at a fresh network address."""
        here = next(VISITS)
        source, browser = (
            f"127.{100 + self.number}.{200 + here % 50}.{100 + here}",
            f"Agent/{self.word}.{here}",
        )
        headers = {"User-Agent": browser}
        self.secrets += [self.address, source, browser]
        if self.number % 2:
            network = f"2001:db8:{here:x}:{self.number + 4096:x}"
            away = f"{network}::9" if self.number % 4 == 1 else f"198.51.{100 + self.number}.{100 + here}"
            headers["X-Forwarded-For"] = away
            self.secrets += [away, f"{network}::/64"]
        return Visitor(site.url, source=source, headers=headers)


VISITS = itertools.count(1)


class Campaign:
    """Who did what; `secrets` is everything that the site saw of them and must not hold."""

    def __init__(self, site: Processes, mails: MailServer) -> None:
        self.site, self.mails = site, mails
        self.invitations = site.manage("shell", "-v0", "-c", OPENED).split()
        self._word = secrets.token_hex(6)
        self.people: list[Person] = []

    @property
    def secrets(self) -> set[str]:
        return {secret for person in self.people for secret in person.secrets}

    @property
    def mailboxes(self) -> set[str]:
        return {person.address.lower() for person in self.people}

    def somebody(self, domain: str = "example.com", *, gets_no_code: bool = False) -> Person:
        person = Person(len(self.people) + 1, self._word, domain, gets_no_code)
        self.people.append(person)
        return person

    # --- What people do ------------------------------------------------------------------------------------
    def signs(self, person: Person, appear: str, **fields: str) -> Page:
        visitor = person.visitor(self.site)
        self.asks(person, visitor, appear, **fields)
        return visitor.post(f"{LETTER}code/", code=self.code(person))

    def uses(self, person: Person, invitation: str, appear: str, **fields: str) -> Page:
        shown = {"name": "", "role": "", "statement": ""} | fields
        return person.visitor(self.site).post(
            f"{LETTER}invitation/", invitation=invitation, appear=appear, **shown
        )

    def asks(self, person: Person, visitor: Visitor, appear: str, address: str = "", **fields: str) -> Page:
        shown = {"name": "", "role": "", "statement": ""} | fields
        page = visitor.post(f"{LETTER}sign/", address=address or person.address, appear=appear, **shown)
        assert page.url.endswith("/code/"), page.text
        return page

    def code(self, person: Person, number: int = 1) -> str:
        return self.mails.code(person.address, number=number)

    def gets_a_token(self, person: Person) -> tuple[str, str, str]:
        """Hides one on the signer's side, has it signed, reveals it: token, signature and receipt."""
        visitor = person.visitor(self.site)
        self.asks(person, visitor, "anonymous")
        slug, version, spki = KEY_LINE.search(visitor.get(f"{LETTER}token/offline/").text).groups()
        key, receipt = blind.load_public(tokens.from_text(spki)), typed.new_receipt()
        token = tokens.Token(slug, version, blind.key_id(tokens.from_text(spki)), tokens.number(receipt))
        blinded, inverse = blind.blind(key, token.message())
        fields = visitor.hidden(f"{LETTER}token/offline/")
        visitor.wants("application/json")
        answer = visitor.send(
            f"{LETTER}token/", **fields, code=self.code(person), blinded=tokens.to_text(blinded)
        )
        signed = tokens.from_text(json.loads(answer.text)["blind_signature"])
        return str(token), tokens.to_text(blind.finalize(key, token.message(), signed, inverse)), receipt

    def hands_in(self, person: Person, token: str, signature: str) -> Page:
        """From elsewhere, without a cookie."""
        return person.visitor(self.site).send(f"{LETTER}redeem/", token=token, signature=signature)

    def follows(self, person: Person) -> Page:
        visitor = person.visitor(self.site)
        visitor.post(f"{LETTER}follow/", address=person.address)
        return visitor.post(f"{LETTER}follow/code/", code=self.code(person))

    def withdraws(self, person: Person, page: Page) -> Page:
        fields = {"receipt": RECEIPT.search(page.text)[0], "act": "withdraw"}
        return person.visitor(self.site).post("/receipt/", **fields)

    def stumbles(self, person: Person) -> list[int]:
        """Whatever goes wrong on the way, with the address where it should never stand."""
        visitor, address = person.visitor(self.site), person.address
        pages = [
            visitor.get(f"{LETTER}sign/?address={address}"),
            visitor.get(f"/letters/{address}/"),
            visitor.get(f"/{address}"),
            visitor.send(f"{LETTER}sign/", address=address, appear="full", name="No Token"),
            visitor.post(f"{LETTER}sign/", address=address, appear="nonsense", name="\x00"),
            visitor.post("/receipt/", receipt=address),
        ]
        with suppress(urllib.error.URLError):  # the site answers and hangs up before it has read all
            pages.append(visitor.post(f"{LETTER}sign/", address=address, name="x" * 2_600_000))
        return [page.status for page in pages]
