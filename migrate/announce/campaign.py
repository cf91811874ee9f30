"""The nouns of an announcement: what is said, to whom, and how far each notice has come."""

from __future__ import annotations

from enum import StrEnum

from ..cards.book import Entry
from ..model import Noun
from .audience import Known
from .wording import Text


class Step(StrEnum):
    """How far a notice has come. `LEGAL` has every way from one to another."""

    PLANNED = "planned"
    STORED = "stored"
    """Written word for word, with the keys it is sent under: from here on the same is sent, however often."""
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    ARRIVED = "arrived"
    FAILED = "failed"

    @property
    def is_told(self) -> bool:
        """Whether they know."""
        return self in {Step.SENT, Step.DELIVERED, Step.READ, Step.ARRIVED}


LEGAL: dict[Step, frozenset[Step]] = {
    Step.PLANNED: frozenset({Step.STORED, Step.FAILED, Step.ARRIVED}),
    # Somebody may arrive before we have noted that the notice went out: then we were killed in between.
    Step.STORED: frozenset({Step.SENT, Step.FAILED, Step.ARRIVED}),
    Step.SENT: frozenset({Step.DELIVERED, Step.READ, Step.ARRIVED, Step.FAILED}),
    Step.DELIVERED: frozenset({Step.READ, Step.ARRIVED}),
    Step.READ: frozenset({Step.ARRIVED}),
    Step.ARRIVED: frozenset(),
    Step.FAILED: frozenset({Step.PLANNED, Step.STORED, Step.DELIVERED, Step.READ, Step.ARRIVED}),
}


class Addressee(Noun, frozen=True, kw_only=True):
    """Who gets one notice, in which language; `place` is a group or community of the owner's choice."""

    who: Known
    language: str
    place: bool = False

    @property
    def chat(self) -> str:
        """Where to write to them."""
        return self.who.chat or self.who.id


class Campaign(Noun, frozen=True, kw_only=True):
    """All that is decided when an announcement is planned, so that sending it later says what the preview said."""

    via: str
    """The bridge that carries it."""
    account: str | None
    """The Session ID whose key signs the statements; None where nothing is signed."""
    me: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    until: int | None = None
    inviting: tuple[str, ...] = ()
    """Bridges that make an invitation for each."""
    texts: dict[str, dict[str, str]]
    """For each language the text of each kind."""

    def text(self, language: str, kind: Text) -> str:
        """A template of this announcement."""
        return self.texts[language][kind]


class Notice(Noun, frozen=True, kw_only=True):
    """One notice, as the journal has it."""

    campaign: int
    to: Addressee
    step: Step
    code: str
    tries: int = 0
    next_at: int = 0
    reason: str | None = None
    todo: str | None = None
    unsure: bool = False
    """It failed in a moment in which nobody can tell whether it went out."""
    sent_at: int | None = None
    delivered_at: int | None = None
    read_at: int | None = None
    arrived_at: int | None = None

    @property
    def id(self) -> str:
        return self.to.who.id


class Invited(Noun, frozen=True, kw_only=True):
    """An invitation that was made for one person, by a bridge."""

    bridge: str
    label: str
    link: str
    address: str | None = None
    """The same as it is signed; None where it is no address that a statement can hold."""

    def __repr__(self) -> str:
        return f"Invited(bridge={self.bridge!r})"


class Arrival(Noun, frozen=True, kw_only=True):
    """Somebody who came: which contact it is, who they are over there, and how we know."""

    id: str
    name: str
    bridge: str
    person: str
    called: str
    chat: str
    how: str
    """`invitation` or `code`."""
    at: int
    asked: bool = False
    """They wait to be let in."""
    greeted_at: int | None = None
