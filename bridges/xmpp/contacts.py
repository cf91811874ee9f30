"""The people whom an account knows: its list of contacts, and the cards of those who wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from xml.etree.ElementTree import Element

from ..api import Chat, NotNow, Person
from . import people
from .addresses import local
from .people import Card, Listed
from .stream import Stream

PICTURE = "picture:"
"""What the name of a picture begins with; the rest is whose it is."""


class Contacts:
    """Everybody we know of. `renamed` hears of whoever turns out to be called otherwise."""

    def __init__(self, renamed: Callable[[Person], None]) -> None:
        self.listed: dict[str, Listed] = {}
        self._cards: dict[str, Card] = {}
        self._looking: dict[str, asyncio.Task[None]] = {}
        self._renamed = renamed

    def note(self, roster: Element | None) -> None:
        """Take in the list, or a change to it."""
        for address, one in people.listed(roster).items():
            self.listed.pop(address, None)
            if one is not None:
                self.listed[address] = one

    def person(self, address: str, nick: str = "") -> Person:
        """Who somebody is: as we call them, as they call themselves, or as they are addressed."""
        listed, card = self.listed.get(address), self._cards.get(address)
        name = (listed.name if listed else "") or (card.name if card else "") or nick or local(address) or address
        return Person(id=address, name=name, picture=f"{PICTURE}{address}" if card and card.picture else None)

    def chat(self, address: str) -> Chat:
        return Chat(id=address, title=self.person(address).name, person=address)

    def meet(self, stream: Stream, address: str) -> None:
        """Look at the card of somebody who wrote, the first time."""
        if address not in self._cards:
            self._cards[address] = Card()
            self.look(stream, address)

    def refresh(self, stream: Stream, address: str) -> None:
        """Look again at the card of somebody whom we have met."""
        if address in self._cards:
            self.look(stream, address)

    def look(self, stream: Stream, address: str) -> None:
        """Look at somebody's card without letting anybody wait. An older look ends: its answer may come later."""
        if address in self._looking:
            self._looking[address].cancel()
        task = self._looking[address] = asyncio.create_task(self._look(stream, address))
        task.add_done_callback(lambda _: self._looking.get(address) is task and self._looking.pop(address))

    async def _look(self, stream: Stream, address: str) -> None:
        with suppress(NotNow):  # they keep the name they had
            card = await people.card_of(stream, address)
            before, self._cards[address] = self.person(address), card
            after = self.person(address)
            if after != before:
                self._renamed(after)

    def rest(self) -> None:
        """Stop looking."""
        for task in self._looking.values():
            task.cancel()
