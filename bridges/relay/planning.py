"""Finds out what an entry becomes: it asks the store for ids, fetches files, and lets `degrade.py` decide."""

from __future__ import annotations

from ..about import Can
from ..actions import Upload
from ..api import Bridge, NotNow
from ..events import Person
from . import degrade, words
from .clock import Clock
from .degrade import Plan, Unsent, View
from .feelings import person_key
from .files import Spool
from .intents import Admit, AnyIntent, Correct, Delivered, Feel, Recall, Say
from .model import Link, Place
from .seats import Sides
from .sqlite import SqliteStore
from .store import Entry

FILE_PATIENCE = 60_000  # milliseconds that a text waits for its files
FILE_TRIES = 5


class Planning:
    """What it takes to plan."""

    def __init__(self, store: SqliteStore, sides: Sides, spool: Spool, clock: Clock) -> None:
        self._store, self._sides, self._spool, self._clock = store, sides, spool, clock

    async def plan(self, entry: Entry, bridge: Bridge, lacking: frozenset[Can] = frozenset()) -> Plan:
        """The actions for an entry, on a network that may lack more than it says. `NotNow`: a file is not there yet."""
        intent, store, place = entry.intent, self._store, entry.place
        link, side, me = store.link(entry.link), store.sides[place.bridge], bridge.me.id
        is_shared = link is not None and link.shared
        lacking |= {Can.TIMERS} if is_shared else set()  # one person's timer is not everybody's
        can = bridge.about.can - lacking
        files: tuple[Upload | Unsent, ...] = ()
        if isinstance(intent, Say) and intent.files:
            files = await self._fetch(entry, intent, bridge)
        about = entry.message if not isinstance(intent, Say) else None
        reply = intent.reply if isinstance(intent, Say) else None
        view = View(
            can=can, limits=bridge.limits, now=self._clock.now(), me=me, owner_here=side.is_owner,
            plain=link is not None and link.private and not is_shared and not side.is_owner,
            reaction_notices=link is not None and link.options.reaction_notices,
            reply=store.reference(reply, place, me) if reply is not None else None,
            target=store.reference(about, place, me) if about is not None else None,
            namesake=link is not None and self._has_namesake(intent, link, place),
            foreign=about is not None and self._is_foreign(about, place, can),
            copies=tuple(store.copies(about, place)) if isinstance(intent, Correct | Recall) and about else (),
            files=files,
            all=self._all(entry, intent, can) if isinstance(intent, Feel) else (),
            sent_as=self._shown(entry, intent, can) if isinstance(intent, Feel) else None,
        )  # fmt: skip
        return degrade.plan(intent, entry.key, view)

    def _has_namesake(self, intent: AnyIntent, link: Link, place: Place) -> bool:
        """Whether somebody else in a chat is called the same, by chance or so as to be taken for them."""
        if isinstance(intent, Admit | Delivered):
            return False
        if not link.shared:
            author = intent.author
            person = Person(id=author.id, name=author.name)
            return (
                not link.private and not author.owner and self._store.acquaintance.has_namesake(author.bridge, person)
            )
        name = intent.author.shown.casefold()
        others = (other for other in self._store.links_at(place) if other.name != link.name)
        return any(words.name(other.title).casefold() == name for other in others)

    def _is_foreign(self, message: int, place: Place, can: frozenset[Can]) -> bool:
        """Whether a message was written there by somebody for whom we cannot speak: the owner, in their own app."""
        told = self._store.ledger.message(message)
        return (
            told is not None
            and told.place == place
            and not (self._store.sides[place.bridge].is_owner or (told.owner and Can.OWNER in can))
        )

    def _all(self, entry: Entry, intent: Feel, can: frozenset[Can]) -> tuple[str, ...]:
        """What whoever reacts there has on the message: one person, or everybody for whom our account stands.

        Who reacted there themselves is not one of those: what they have says nothing about what our account has.
        """
        assert entry.message is not None  # noqa: S101  a reaction is always about a message
        author = intent.author
        alone = (author.owner and Can.OWNER in can) or (not author.owner and Can.PERSONAS in can)
        if alone:
            return self._store.emojis(entry.message, person_key(author))
        side = self._store.sides[entry.place.bridge]
        return self._store.ledger.emojis_elsewhere(entry.message, entry.place, owner=side.is_owner)

    def _shown(self, entry: Entry, intent: Feel, can: frozenset[Can]) -> str | None:
        author = intent.author
        identity = "owner" if author.owner and Can.OWNER in can else ""
        if not author.owner and Can.PERSONAS in can:
            identity = author.id
        side = self._store.sides[entry.place.bridge]
        if author.owner and side.is_owner:
            identity = ""
        emoji = degrade.mapped(intent.emoji, None)
        return self._store.shown(entry.message or 0, entry.place, emoji or "", identity)

    async def _fetch(self, entry: Entry, intent: Say, bridge: Bridge) -> tuple[Upload | Unsent, ...]:
        """The files of a message; one that does not come in time is named in the text instead."""
        source = self._sides.running(entry.source.bridge)
        found: list[Upload | Unsent] = []
        for at, file in enumerate(intent.files):
            try:
                if source is None:
                    raise NotNow("The bridge it comes from is not connected.")
                taken = await self._spool.take(entry.number, at, file, source.fetch, bridge.about.can, bridge.limits)
            except NotNow as error:
                since = entry.first_try_at or self._clock.now()
                if self._clock.now() - since < FILE_PATIENCE and entry.tries < FILE_TRIES:
                    raise
                taken = Unsent(file.name, file.size, f"it could not be fetched: {error}")
            found.append(taken)
        return tuple(found)
