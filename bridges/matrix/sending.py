"""What an action becomes on Matrix: the same for a normal account and for ghosts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol
from weakref import WeakValueDictionary

from ..actions import RELAYED, AnyAction, Delete, Edit, MarkRead, Post, React, Sent, SetTyping
from ..api import Refused
from . import contents
from .calls import Calls, Denied, path
from .keep import Keep
from .loose import Object, a_text, into, objects
from .media import Media
from .reading import BY_A_RELAY

TYPES_FOR = 30_000  # milliseconds after which somebody who types has stopped, if nobody says so


@dataclass(frozen=True, slots=True)
class Voice:
    """In whose name something is said, and when, if that was another time than now.

    `query` is what a request needs for that, `mark` goes into each message.
    """

    user: str
    query: dict[str, str] = field(default_factory=dict)
    mark: Object = field(default_factory=dict)
    at: int | None = None


class Put(Protocol):
    """Puts an event into a room under a transaction id, and returns its own id."""

    async def __call__(self, room: str, kind: str, content: Object, ticket: str, voice: Voice, /) -> str: ...


class Pen:
    """Carries out actions. `sent` are the tickets of this run, by which its echoes are known."""

    def __init__(self, calls: Calls, media: Media, keep: Keep, tickets: contents.Tickets, *, public: bool) -> None:
        self._calls, self._media, self._keep, self._tickets = calls, media, keep, tickets
        self._receipt = "m.read" if public else "m.read.private"
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self.sent: set[str] = set()
        self.read: dict[tuple[str, str], str] = {}

    async def act(self, room: str, action: AnyAction, voice: Voice, put: Put, *, sealed: bool) -> Sent:
        """Do it. Raises `NotNow` or `Refused`."""
        match action:
            case Post():
                return await self._post(room, action, voice, put, sealed=sealed)
            case Edit():
                content = contents.edit(action.message.id, action.text)
                return Sent(ids=(await self._put(room, content, action.key, 0, voice, put),))
            case Delete():
                await self._take_back(room, action.message.id, action.key, voice)
                return Sent()
            case React(add=True):
                return Sent(ids=(await self._react(room, action, voice, put),))
            case React():
                reaction = action.sent_as or await self._reaction(room, action, voice)
                await self._take_back(room, reaction, action.key, voice)
                return Sent()
            case MarkRead():
                self.read[room, voice.user] = action.message.id
                where = path("rooms", room, "receipt", self._receipt, action.message.id)
                await self._calls.ask("POST", where, {}, query=voice.query)
                return Sent()
            case SetTyping():
                told: Object = {"typing": action.typing, **({"timeout": TYPES_FOR} if action.typing else {})}
                await self._calls.ask("PUT", path("rooms", room, "typing", voice.user), told, query=voice.query)
                return Sent()
            case _:
                raise Refused("Matrix has no such thing.")

    async def _post(self, room: str, post: Post, voice: Voice, put: Put, *, sealed: bool) -> Sent:
        """A text and one file are one message; more files are messages of their own after the text."""
        if not post.text and not post.files:
            raise Refused("There is nothing in this message.")
        caption = post.text if len(post.files) == 1 else ""
        reply, ids = post.reply_to, []
        if post.text and not caption:
            content = contents.text(post.text, notice=post.notice, reply_to=reply)
            ids.append(await self._put(room, content, post.key, 0, voice, put))
            reply = None
        for upload in post.files:
            at = len(ids)
            known = self._keep.sent_as(self._tickets.ticket(post.key, at))
            if known is None:
                stored = await self._media.store(upload, voice.query, sealed=sealed)
                content = contents.file(upload, stored, caption=caption, reply_to=reply)
                known = await self._put(room, content, post.key, at, voice, put)
            ids.append(known)
            reply = None
        return Sent(ids=tuple(ids), sent_at=post.sent_at)

    async def _put(self, room: str, content: Object, key: str, part: int, voice: Voice, put: Put) -> str:
        by_a_relay = {BY_A_RELAY: voice.user} if key.startswith(RELAYED) else {}
        said = {**content, **voice.mark, **by_a_relay}
        return await self._once(room, ("m.room.message", said), self._tickets.ticket(key, part), voice, put)

    async def _once(self, room: str, what: tuple[str, Object], ticket: str, voice: Voice, put: Put) -> str:
        """Put an event there, unless it is known to be there. The homeserver forgets tickets after a day.

        In a room one comes after the other: whoever looks for what is there finds none that is still on its way.
        """
        async with self._turns.setdefault(room, asyncio.Lock()):
            known = self._keep.sent_as(ticket)
            if known is None:
                self.sent.add(ticket)
                known = await put(room, *what, ticket, voice)
                self._keep.note_sent(ticket, known)
            return known

    async def _take_back(self, room: str, event: str, key: str, voice: Voice) -> None:
        ticket = self._tickets.ticket(key)
        self.sent.add(ticket)
        await self._calls.ask("PUT", path("rooms", room, "redact", event, ticket), dict(voice.mark), query=voice.query)

    async def _react(self, room: str, action: React, voice: Voice, put: Put) -> str:
        content = {**contents.reaction(action.message.id, action.emoji), **voice.mark}
        try:
            return await self._once(room, ("m.reaction", content), self._tickets.ticket(action.key), voice, put)
        except Denied as error:
            if error.code != "M_DUPLICATE_ANNOTATION":
                raise
            return await self._reaction(room, action, voice)

    async def _reaction(self, room: str, action: React, voice: Voice) -> str:
        """The id of a reaction that is there."""
        where = path("rooms", room, "relations", action.message.id, "m.annotation", "m.reaction", base=_RELATIONS)
        since: dict[str, str] = {}
        while True:
            page = await self._calls.ask("GET", where, query={**voice.query, **since})
            for event in objects(page, "chunk"):
                mine = event.get("sender") == voice.user
                if mine and into(event, "content", "m.relates_to", "key") == action.emoji:
                    return a_text(event, "event_id")
            if not a_text(page, "next_batch"):
                raise Refused("There is no such reaction (any more).")
            since = {"from": a_text(page, "next_batch")}


_RELATIONS = "/_matrix/client/v1"
