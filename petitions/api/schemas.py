"""What the API answers, field by field: the OpenAPI document and the page for people are made of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

State = Literal["open", "closed", "archived"]
Status = Literal["unanswered", "accepted", "partly", "refused"]


class Shape(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid")


class Problem(Shape):
    """Why there is no answer (RFC 9457)."""

    title: str
    status: int
    detail: str


class Anonymous(Shape):
    sealed: int
    """The site signed their tokens without seeing them."""
    by_policy: int
    """That they cannot be linked is a promise of the site."""


class Count(Shape):
    """What the number consists of: today's published signatures. Anonymous ones are published in batches."""

    total: int
    named: int
    anonymous: Anonymous
    by_proof: dict[str, int]
    """By mailbox (a code sent to a work mailbox), invitation and former (codes that organizers handed out)."""


class Summary(Shape):
    slug: str
    title: str
    state: State
    count: Count


class Letters(Shape):
    """Public letters that have been opened, newest first. Letters by link only are in no list."""

    letters: list[Summary]
    next: str | None
    """The address of the next page, if there is one."""


class Recipient(Shape):
    name: str
    role: str


class Version(Shape):
    number: int
    sha256: str
    """Of title, text and demands as canonical JSON (RFC 8785)."""


class Demand(Shape):
    number: int
    title: str
    text: str
    """Markdown."""
    status: Status


class Milestone(Shape):
    threshold: int
    reached_on: date | None


class Response(Shape):
    """What a recipient answered, to one demand or to the whole letter."""

    name: str
    role: str
    demand: int | None
    """The number of the demand."""
    status: str
    """What it decides: accepted, partly, refused or declined; empty for words alone."""
    text_html: str
    """Empty for a decision alone, and where organizers have hidden the words."""
    responded_on: date


class Update(Shape):
    """What organizers told afterwards."""

    title: str
    text_html: str
    posted_on: date


class PaperEntry(Shape):
    way: Literal["paper", "earlier"]
    number: int
    note: str
    """Where they come from and who checked them, in the organizers' words."""


class OnPaper(Shape):
    """Signatures that were collected elsewhere, as the organizers entered them. Never part of the count."""

    number: int
    entries: list[PaperEntry]


class Letter(Shape):
    """The text in force, and today's count."""

    slug: str
    title: str
    state: State
    workplaces: list[str]
    """Whose people may sign."""
    addressed_to: list[Recipient]
    text_html: str
    """Clean HTML without styles, scripts or images."""
    version: Version
    demands: list[Demand]
    count: Count
    on_paper: OnPaper
    """Beside the count, not in it."""
    goal: int | None
    milestones: list[Milestone]
    """Once reached they stay reached."""
    opens_at: datetime
    closes_at: datetime | None
    delivered_at: datetime | None
    """When the first copy to a recipient was sent, if its mail server accepted it, or handed over."""
    responses: list[Response]
    updates: list[Update]


class Signature(Shape):
    """As the public sees it. Names are as typed, not checked."""

    name: str
    """Empty where only a role is shown."""
    role: str
    statement: str
    signed_on: date
    version: int
    """The number of the text that was signed."""


class Signatures(Shape):
    """Named signatures, latest first. Anonymous ones are numbers only: see the letter's count."""

    signatures: list[Signature]
    next: str | None
    """The address of the next page, if there is one."""


class Day(Shape):
    day: date
    signatures: int


class History(Shape):
    """Today's signatures by the day of signing; anonymous ones by the day on which their batch was published."""

    days: list[Day]
    """Oldest first. Days without a signature are left out."""
    total: int


class SealedSignature(Shape):
    number: str
    version: str
    key_id: str
    signature: str


class FrozenDemand(Shape):
    number: int
    title: str
    text: str


class FrozenVersion(Shape):
    number: int
    sha256: str
    title: str
    text: str
    demands: list[FrozenDemand]


class PublicKey(Shape):
    proof: str
    key_id: str
    spki: str
    issued: int


class Snapshot(Shape):
    number: int
    reason: Literal["closing", "delivery", "handover"]
    version: str
    count: Count
    sha256: str
    is_todays_list: bool


class Bundle(Shape):
    """What the verifier needs to count again."""

    format: Literal["undersigned1-bundle"]
    letter: str
    sealed: list[SealedSignature]
    named: list[str]
    count: Count
    versions: list[FrozenVersion]
    public_keys: list[PublicKey]
    snapshots: list[Snapshot]
