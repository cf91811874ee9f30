"""What a row of a room means, in the words of every bridge. No network in here.

Formats page of communities, sections 5 and 6. Whispers are for one reader, and go no further. Edits exist, though
the apps make none.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from migrate.session.community.answers import Row
from migrate.session.community.links import CommunityLink
from migrate.session.community.messages import file_number, opened
from migrate.session.content import DataMessage, Pointer

from ...api import AnyEvent, Chat, ChatKind, Deleted, Edited, File, Person, Posted, Reacted, Reference
from ..pointers import RoomFile, file_of, picture_of
from ..translate import invited
from .record import Felt, Post, RoomRecord

_MENTION = re.compile(r"@((?:05|15|25)[0-9a-f]{64})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reader:
    """What it takes to read the rows of one room. `is_me` and `is_blocked` recognise ids of its server."""

    chat: Chat
    link: CommunityLink
    me: Person
    is_me: Callable[[str], bool]
    is_blocked: Callable[[str], bool]
    record: RoomRecord

    # -- messages --------------------------------------------------------------------------------------

    def events(self, row: Row, look: int) -> Iterator[AnyEvent]:
        """What a row tells. Raises `BadMessage` for a message that cannot be read; it is known all the same."""
        if row.whisper or row.filtered or row.session_id is None:
            return
        post, known = Post(row.id, row.session_id, row.posted_at), self.record.post(self.chat.id, row.id)
        if row.deleted:
            yield Deleted(chat=self.chat, sender=None, message=post.id)
        elif row.data is not None and not self.is_blocked(post.author):
            is_past = known is not None or post.number <= self.record.past(self.chat.id)
            if not is_past and self._is_echo(post, row.signature or ""):
                return
            if not is_past:
                self.record.note(self.chat.id, post, look)
            if not is_past or row.edited is not None:
                yield self._said(row, row.data, post, anew=not is_past)

    def _is_echo(self, post: Post, signature: str) -> bool:
        """Whether this is what we posted, of which nobody told us yet that it is there."""
        try:
            name = b64decode(signature, validate=True)
        except ValueError:
            return False
        return self.is_me(post.author) and self.record.was_posted(self.chat.id, name, post)

    def _said(self, row: Row, data: str, post: Post, *, anew: bool) -> AnyEvent:
        said = opened(post.author, data, row.signature).data
        assert said is not None  # noqa: S101  `opened` refuses what says nothing
        own = self.is_me(post.author)
        sender = self._sender(said, post)
        text = self._named(invited(said.invitation, said.body or "") if said.invitation else said.body or "")
        if not anew:
            at = int((row.edited or 0) * 1000)
            return Edited(chat=self.chat, sender=sender, message=post.id, text=text, sent_at=at, own=own)
        return Posted(
            chat=self.chat, sender=sender, id=post.id, sent_at=post.posted, text=text,
            files=tuple(self._file(pointer) for pointer in said.attachments),
            reply_to=self._answered(said), also=(post.known_as,), own=own, notice=said.invitation is not None,
        )  # fmt: skip

    def _sender(self, said: DataMessage, post: Post) -> Person:
        name = (said.profile.name if said.profile else None) or ""
        if name:
            self.record.name(self.chat.id, post.number, name)
        picture = picture_of(said.profile.avatar_url if said.profile else None, said.profile_key)
        return Person(id=post.author, name=name, picture=picture)

    def _file(self, pointer: Pointer) -> File:
        """What a message says about a file. It is fetched from the room's own server, or not at all."""
        where = RoomFile(room=self.chat.id, number=file_number(pointer, self.link), size=pointer.size)
        return file_of(pointer, where)

    def _answered(self, said: DataMessage) -> Reference | None:
        quote = said.quote
        if quote is None or quote.author is None or quote.sent_at is None:
            return None
        found = self.record.quoted(self.chat.id, quote.author, quote.sent_at)
        id = found.id if found else Post(0, quote.author, quote.sent_at).known_as
        return Reference(id=id, author=quote.author, sent_at=quote.sent_at)

    def _named(self, text: str) -> str:
        """A text with names in the place of the ids of everybody whose name is known."""

        def name(found: re.Match[str]) -> str:
            return f"@{self.called(found[1])}" if self.called(found[1]) else found[0]

        return _MENTION.sub(name, text)

    def called(self, id: str) -> str:
        """What somebody is called in this room; empty where nobody knows."""
        return self.me.name if self.is_me(id) else self.record.name_of(self.chat.id, id)

    # -- reactions -------------------------------------------------------------------------------------

    def feelings(self, row: Row, post: Post, look: int) -> Iterator[AnyEvent]:
        """Who changed what below a message: all that others have now, and what the owner put there or took away."""
        if row.reactions is None or row.deleted:
            return
        before = self.record.felt(self.chat.id, post.number)
        now = felt_now(row, before)
        if now == before:
            return
        self.record.feel(self.chat.id, post.number, look, now)
        for person in dict.fromkeys([*before, *now]):
            old, new = before.get(person, ()), now.get(person, ())
            if old == new or self.is_blocked(person):
                continue
            if self.is_me(person):
                yield from self._own(post, set(old), set(new))
            else:
                yield self._reacted(post, person, new, Reacted.Change.ALL)

    def _own(self, post: Post, before: set[str], now: set[str]) -> Iterator[AnyEvent]:
        """What the owner did elsewhere. What we did in the name of others is not theirs, though it looks the same."""
        touched = self.record.touched(self.chat.id, post.number)
        expected = (before - set(touched)) | {emoji for emoji, there in touched.items() if there}
        for emoji in sorted(now - expected):
            yield self._reacted(post, self.me.id, (emoji,), Reacted.Change.ADDED)
        for emoji in sorted(expected - now):
            yield self._reacted(post, self.me.id, (emoji,), Reacted.Change.REMOVED)
        for emoji in (now ^ expected) & set(touched):
            self.record.touch(self.chat.id, post.number, emoji, there=emoji in now)

    def _reacted(self, post: Post, person: str, emojis: tuple[str, ...], change: Reacted.Change) -> Reacted:
        sender = self.me if person == self.me.id else Person(id=person, name=self.called(person))
        own = person == self.me.id
        return Reacted(chat=self.chat, sender=sender, message=post.id, emojis=emojis, change=change, own=own)


def felt_now(row: Row, before: Felt) -> Felt:
    """Who has what now. A server names the first twenty: who is not among them keeps what they had."""
    found: dict[str, list[str]] = {}
    for emoji, one in row.feelings:
        people = dict.fromkeys(one.reactors)
        if not one.is_complete:
            people |= dict.fromkeys(person for person, had in before.items() if emoji in had)
        for person in people:
            found.setdefault(person, []).append(emoji)
    return {person: tuple(emojis) for person, emojis in found.items()}


def chat_of(link: CommunityLink, title: str | None) -> Chat:
    """A room as one chooses it: by what its server calls it, or else by its name in the link."""
    return Chat(id=link.id, title=title or link.room, kind=ChatKind.COMMUNITY)
