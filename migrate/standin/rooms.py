"""The rooms of a community server, as its database keeps them. Formats page of communities, sections 5 and 7.3.

Written from that page and from the routes of the real server, and from nothing of ours.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from .refused import Refused

LONGEST_REACTION = 12
MOST_POSTS, IN_SECONDS = 5, 16.0


@dataclass(slots=True)
class Message:
    """One post. Each change of it takes the next number of the room; reactions are by emoji and person, with times."""

    id: int
    author: str
    posted: float
    data: bytes | None
    signature: bytes
    seqno: int
    created: int
    seqno_data: int
    seqno_reactions: int = 0
    edited: float | None = None
    reactions: dict[str, dict[str, float]] = field(default_factory=dict)
    whisper_to: str | None = None
    filtered: bool = False

    def listed(self, user: str | None, reactors: int) -> dict[str, object]:
        """The whole of it, or what is left after it was deleted."""
        said: dict[str, object] = {
            "id": self.id, "session_id": self.author, "posted": self.posted, "seqno": self.seqno
        }  # fmt: skip
        if self.edited is not None:
            said["edited"] = self.edited
        if self.data is None:
            return {**said, "data": None, "deleted": True}
        if self.whisper_to is not None:
            said |= {"whisper": True, "whisper_mods": False, "whisper_to": self.whisper_to}
        said |= {"data": _base64(self.data), "signature": _base64(self.signature)}
        return {**said, "reactions": self.felt(user, reactors)}

    def felt(self, user: str | None, reactors: int) -> dict[str, object]:
        said: dict[str, object] = {}
        for index, (emoji, people) in enumerate(self.reactions.items()):
            one: dict[str, object] = {"index": index, "count": len(people)}
            if reactors:
                one["reactors"] = list(people)[:reactors]
            said[emoji] = {**one, **({"you": True} if user in people else {})}
        return said


@dataclass(slots=True)
class Room:
    """A room, who may do what in it, and all that was said. `deaf` makes its filter swallow what holds this word."""

    token: str
    name: str
    read: bool = True
    write: bool = True
    upload: bool = True
    admins: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)
    members: set[str] = field(default_factory=set)
    """Who may do all of it whatever holds for others."""
    messages: dict[int, Message] = field(default_factory=dict)
    sequence: int = 0
    info_updates: int = 0
    filter: bytes | None = None

    def may(self, user: str | None, what: str) -> bool:
        if user is not None and user in self.admins:
            return True
        if user is not None and user in self.banned:
            return False
        return (user is not None and user in self.members) or bool(getattr(self, what))

    def listed(self, user: str | None) -> dict[str, object]:
        return {
            "token": self.token, "name": self.name, "message_sequence": self.sequence, "created": 1.5,
            "info_updates": self.info_updates, "active_users": 0, "active_users_cutoff": 604800,
            "admins": sorted(self.admins), "moderators": [],
            **{what: self.may(user, what) for what in ("read", "write", "upload")},
        }  # fmt: skip

    # -- reading -----------------------------------------------------------------------------------------

    def visible(self, user: str | None) -> list[Message]:
        return [
            one for one in self.messages.values()
            if not one.filtered and (one.whisper_to is None or one.whisper_to == user)
        ]  # fmt: skip

    def since(self, seqno: int, user: str | None, limit: int, reactors: int, *, felt: bool) -> list[dict[str, object]]:
        """Changes in their order. What only got reactions is told as that, and only to whoever asked for them."""
        rows: list[dict[str, object]] = []
        for one in sorted(self.visible(user), key=lambda one: one.seqno):
            if one.seqno <= seqno or (one.data is None and one.created > seqno):
                continue
            if not felt and one.seqno_data <= seqno:
                continue
            if seqno and one.seqno_reactions > seqno >= one.seqno_data:
                rows.append({"id": one.id, "seqno": one.seqno, "reactions": one.felt(user, reactors)})
            else:
                rows.append(one.listed(user, reactors))
        return rows[:limit]

    def before(self, number: int | None, user: str | None, limit: int, reactors: int) -> list[dict[str, object]]:
        """What is still there, newest first."""
        known = [one for one in self.visible(user) if one.data is not None and (number is None or one.id < number)]
        return [one.listed(user, reactors) for one in sorted(known, key=lambda one: -one.id)[:limit]]

    def one(self, number: int, user: str | None) -> Message:
        found = self.messages.get(number)
        if found is None or found.data is None or found not in self.visible(user):
            raise Refused(404, "Not Found")
        return found

    # -- changing ----------------------------------------------------------------------------------------

    def next(self) -> int:
        self.sequence += 1
        return self.sequence

    def post(self, number: int, author: str, data: bytes, signature: bytes, now: float, most: int) -> Message:
        """Take a post, unless its author posts too often: the server's only limit."""
        lately = [one for one in self.messages.values() if one.author == author and one.posted >= now - IN_SECONDS]
        if author not in self.admins and len(lately) >= most:
            raise Refused(429, "Rate limited")
        last = max((one.posted for one in self.messages.values()), default=0.0)
        seqno = self.next()
        posted = max(now, last + 0.001)
        message = Message(number, author, posted, data, signature, seqno, seqno, seqno)
        message.filtered = self.filter is not None and self.filter in data
        self.messages[number] = message
        return message

    def delete(self, number: int, user: str, now: float) -> None:
        found = self.messages.get(number)
        if found is None or found.data is None:
            raise Refused(404, "Not Found")
        if found.author != user and user not in self.admins:
            raise Refused(403, "Permission denied")
        found.data, found.edited, found.reactions = None, now, {}
        found.seqno = found.seqno_data = self.next()

    def edit(self, number: int, user: str, data: bytes, signature: bytes, now: float) -> None:
        found = self.one(number, user)
        if found.author != user:
            raise Refused(403, "Permission denied")
        found.data, found.signature, found.edited = data, signature, now
        found.seqno = found.seqno_data = self.next()

    def react(self, number: int, user: str, emoji: str, now: float) -> tuple[bool, int]:
        found = self._reacted(number, user, emoji)
        people = found.reactions.setdefault(emoji, {})
        added = user not in people
        if added:
            people[user] = now
            found.seqno = found.seqno_reactions = self.next()
        return added, found.seqno

    def unreact(self, number: int, user: str, emoji: str) -> tuple[bool, int]:
        found = self._reacted(number, user, emoji)
        removed = found.reactions.get(emoji, {}).pop(user, None) is not None
        if removed:
            if not found.reactions[emoji]:
                del found.reactions[emoji]
            found.seqno = found.seqno_reactions = self.next()
        return removed, found.seqno

    def _reacted(self, number: int, user: str, emoji: str) -> Message:
        if not 0 < len(emoji) <= LONGEST_REACTION:
            raise Refused(400, "Invalid reaction")
        found = self.one(number, user)
        if found.whisper_to is not None:
            raise Refused(404, "Not Found")
        return found


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
