"""Finds again what an earlier attempt has left in a room, although nobody told us that it is there.

A homeserver keeps the transaction ids of an application service in memory alone, as it has no device: whoever repeats a
send after a restart of the homeserver says it twice (seen with Synapse 1.163). So each message carries its ticket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .calls import Calls, path
from .ghosts import Ghosts
from .keep import Keep
from .loose import Object, a_text, objects
from .portals import MARK
from .reading import OUR_MARK
from .sending import Voice

TICKET = "decamp.ticket"
"""Where in a message its ticket is. It says nothing to anybody else."""
KINDS = {"m.room.message", "m.reaction"}
PAGE = "100"


class Repeats:
    """Looks into each room once, and again after an attempt that failed. In a room one is sent after the other."""

    def __init__(self, calls: Calls, keep: Keep, ghosts: Ghosts, owner: str) -> None:
        self._calls, self._keep, self._ghosts, self._owner = calls, keep, ghosts, owner
        self._there: dict[str, dict[str, str]] = {}

    async def once(self, room: str, ticket: str, voice: Voice, put: Callable[[], Awaitable[str]]) -> str:
        """The event that is there under a ticket, or the one that is put there now."""
        there = self._there.pop(room, None)
        if there is None:
            there = await self._unanswered(room, voice)
        event = there.pop(ticket, None) or await put()
        self._there[room] = there
        return event

    async def _unanswered(self, room: str, voice: Voice) -> dict[str, str]:
        """Our messages of which we do not know that they were sent: the newest, up to the first that we know."""
        found: dict[str, str] = {}
        query = {**voice.query, "dir": "b", "limit": PAGE}
        while True:
            page = await self._calls.ask("GET", path("rooms", room, "messages"), query=query)
            for event in objects(page, "chunk"):
                if not self._is_ours(event):
                    continue
                ticket = a_text(event, "content", TICKET)
                if not ticket or self._keep.sent_as(ticket) is not None:
                    return found
                found[ticket] = a_text(event, "event_id")
            if not a_text(page, "end"):
                return found
            query["from"] = a_text(page, "end")

    def _is_ours(self, event: Object) -> bool:
        """Whether it is a message of ours that was not taken back: then nothing would be left of its ticket."""
        if event.get("type") not in KINDS or not event.get("content"):
            return False
        sender = a_text(event, "sender")
        return self._ghosts.is_ours(sender) or (sender == self._owner and a_text(event, "content", OUR_MARK) == MARK)
