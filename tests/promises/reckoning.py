"""A letter's count as the design tells it, in plain Python that knows nothing of the product."""

from __future__ import annotations

from dataclasses import dataclass, field

BATCH = 5


@dataclass
class Person:
    """`place` is named, anonymous, waiting (for a batch) or withdrawn."""

    mailbox: str
    place: str
    receipt: str = ""

    @property
    def is_withdrawn(self) -> bool:
        return self.place == "withdrawn"


@dataclass
class Reckoning:
    """Each method is what somebody does; False says that it must be refused, and then changes nothing."""

    everybody: list[Person] = field(default_factory=list)
    is_open: bool = True
    at_closing: int = 0

    def count(self, *places: str) -> int:
        return sum(person.place in places for person in self.everybody)

    @property
    def total(self) -> int:
        return self.count("named", "anonymous")

    def sign(self, person: Person) -> bool:
        if self.is_open:
            self.everybody.append(person)
        return self.is_open

    def show(self, person: Person) -> bool:
        """A line may always be corrected; none is added to a letter that is over."""
        if self.is_open:
            person.place = "named"
        return self.is_open or person.place == "named"

    def hide(self, person: Person) -> None:
        """A hidden name goes on counting."""
        if person.place == "named":
            person.place = "anonymous"

    def withdraw(self, person: Person) -> None:
        person.place = "withdrawn"

    def come_back(self, person: Person, place: str) -> bool:
        if person.is_withdrawn and self.is_open:
            person.place = place
        return self.is_open or not person.is_withdrawn

    def sweep(self) -> bool:
        """True when what waited was a whole batch."""
        is_whole = self.count("waiting") >= BATCH
        if is_whole:
            self._publish()
        return is_whole

    def close(self) -> None:
        """The rest is published, however few."""
        self._publish()
        self.is_open, self.at_closing = False, self.total

    def _publish(self) -> None:
        for person in self.everybody:
            if person.place == "waiting":
                person.place = "anonymous"
