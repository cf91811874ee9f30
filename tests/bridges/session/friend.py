"""A friend on Session without our client: they lay sealed bytes on the shelves of the stand-in, and open what lies
on theirs. Only sealing and opening is shared with the bridge.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from bridges.api import (
    AnyAction,
    AnyEvent,
    Chat,
    ChatKind,
    Delete,
    Deleted,
    Event,
    File,
    MarkRead,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Receipt,
    Reference,
    SetTimer,
    SetTyping,
    Timer,
    Typing,
)
from migrate.session import content as contents
from migrate.session.attachments import open_file, parse_url, seal_legacy
from migrate.session.content import Content, DataMessage, Pointer, Profile, Quote, Reaction, Unsend
from migrate.session.envelope import Incoming, Randomness, open_message, seal
from migrate.session.group_messages import open_in_group, seal_for_group
from migrate.session.group_updates import DeleteMemberContent, GroupUpdate
from migrate.session.keys import AccountKeys
from migrate.session.outgoing import sync_copy, timer_change
from migrate.standin.network import StandIn
from migrate.standin.shelves import Stored, hash_of
from tests.patience import PATIENCE

E = TypeVar("E", bound=Event)
Said = TypeVar("Said", Content, DataMessage)
DAY = 86_400_000
GLANCE = 0.02


def this_moment() -> int:
    return time.time_ns() // 1_000_000


async def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something that the stand-in shows and nobody tells."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  its network is another thread
            await asyncio.sleep(GLANCE)


def put(standin: StandIn, account: str, namespace: int, data: bytes) -> str:
    """Lay something on the shelves, as a device would have."""
    name, now = hash_of(account, namespace, data), this_moment()
    standin.within(lambda: standin.shelves.put(account, Stored(name, namespace, data, now, now + 14 * DAY), now))
    return name


class HandFriend:
    """Writes to one account, or in one group."""

    def __init__(self, standin: StandIn, keys: AccountKeys, to: str, group_key: bytes | None = None) -> None:
        self.standin, self.keys, self.to, self.id = standin, keys, to, keys.session_id
        self.name = "Friend"
        self.events: list[AnyEvent] = []
        self._group_key = group_key
        self._seen: set[str] = set()
        self._taken: set[int] = set()
        self._hashes: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._last = 0

    # -- what they do ---------------------------------------------------------------------------------

    async def do(self, action: AnyAction) -> str:
        match action:
            case Post():
                quote = self._quote(action.reply_to)
                files = tuple(self._uploaded(one.path, one.name, one.type, one.voice) for one in action.files)
                data = DataMessage(body=action.text or None, attachments=files, quote=quote)
                return self.say(data, expires=action.expires)
            case React():
                author, sent_at = _meant(action.message)
                kind = contents.REACT if action.add else contents.REMOVE
                reaction = Reaction(sent_at=sent_at, author=author, emoji=action.emoji, action=kind)
                return self.say(DataMessage(reaction=reaction))
            case Delete():
                return self._take_back(action.message)
            case MarkRead():
                _, read = _meant(action.message)
                return self.store(Content(receipt=contents.Receipt(type=contents.READ, sent_at=(read,))))
            case SetTyping():
                at = self._now()
                kind = contents.TYPING_STARTED if action.typing else contents.TYPING_STOPPED
                return self.store(Content(typing=contents.Typing(sent_at=at, action=kind), sent_at=at))
            case SetTimer():
                after = contents.AFTER_READ if action.after_read else contents.AFTER_SEND
                return self.store(timer_change(self._now(), after=after, seconds=action.seconds))
            case _:
                raise NotImplementedError(type(action).__name__)

    def say(self, data: DataMessage, *, expires: int | None = None) -> str:
        """Something that people see, with the friend's profile on it."""
        named = _replaced(data, profile=Profile(name=self.name, updated=this_moment() // 1000))
        kind = contents.AFTER_SEND if expires else None
        return self.store(Content(data=named, expiry_type=kind, expiry_seconds=expires))

    def store(self, content: Content) -> str:
        """Leave it where the others look; the id is theirs to know it by."""
        if not content.sent_at:
            content = _replaced(content, sent_at=self._now())
        if self._group_key:
            data = seal_for_group(content, self.keys, self.to, self._group_key, Randomness.drawn(os.urandom, 24))
            name = put(self.standin, self.to, 11, data)
        else:
            data = seal(content, self.keys, self.to, Randomness.drawn(os.urandom))
            name = put(self.standin, self.to, 0, data)
        id = f"{content.sent_at}:{self.id}"
        self._hashes[id] = name
        self._ids[name] = id
        self._seen.add(name)
        return id

    def _take_back(self, message: Reference) -> str:
        _, sent_at = _meant(message)
        if self._group_key:
            deletion = DeleteMemberContent(hashes=(self._hashes[message.id],))
            return self.store(Content(data=DataMessage(group_update=GroupUpdate(delete_content=deletion))))
        return self.store(Content(unsend=Unsend(sent_at=sent_at, author=self.id)))

    def _quote(self, reference: Reference | None) -> Quote | None:
        if reference is None:
            return None
        author, sent_at = _meant(reference)
        return Quote(sent_at=sent_at, author=author)

    def _uploaded(self, path: str, name: str, type: str, voice: bool) -> Pointer:
        plain, key = Path(path).read_bytes(), os.urandom(64)
        blob, digest = seal_legacy(plain, key, os.urandom(16))
        answer = self.standin.within(lambda: self.standin.file_server.answer("POST", "/file", blob))
        url = f"http://filev2.getsession.org/file/{json.loads(answer.body)['id']}"
        flags = contents.VOICE if voice else None
        return Pointer(type=type, key=key, size=len(plain), digest=digest, name=name, flags=flags, url=url)

    def _now(self) -> int:
        self._last = max(self._last + 1, this_moment())
        return self._last

    async def rename(self, name: str) -> None:
        self.name = name

    async def use(self, link: str) -> None:
        raise NotImplementedError(link)

    # -- what they see --------------------------------------------------------------------------------

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        async with asyncio.timeout(seconds):
            while True:
                self.look()
                for at, event in enumerate(self.events):
                    if at not in self._taken and isinstance(event, kind) and wanted(event):
                        self._taken.add(at)
                        return event
                await asyncio.sleep(GLANCE)

    def look(self) -> None:
        """Open what is new on their shelf."""
        place, namespace = (self.to, 11) if self._group_key else (self.id, 0)
        shelf = self.standin.within(lambda: list(self.standin.shelves.of(place, this_moment()).values()))
        for stored in shelf:
            if stored.namespace == namespace and stored.hash not in self._seen:
                self._seen.add(stored.hash)
                incoming = self._opened(stored.data)
                self._ids[stored.hash] = f"{incoming.sent_at}:{incoming.sender}"
                self.events += self._understood(incoming)

    def _opened(self, data: bytes) -> Incoming:
        if self._group_key:
            return open_in_group(data, self.to, [self._group_key], self.keys)
        return open_message(data, self.keys)

    def _understood(self, incoming: Incoming) -> Iterator[AnyEvent]:
        content, data = incoming.content, incoming.content.data
        kind = ChatKind.GROUP if self._group_key else ChatKind.DIRECT
        chat, at = Chat(id=incoming.conversation, title="", kind=kind), incoming.sent_at
        name = (data.profile.name or "") if data and data.profile else ""
        sender, id = Person(id=incoming.sender, name=name), f"{at}:{incoming.sender}"
        if content.typing:
            yield Typing(chat=chat, sender=sender, typing=content.typing.action == contents.TYPING_STARTED)
        if content.receipt:
            read = tuple(f"{sent_at}:{self.id}" for sent_at in content.receipt.sent_at)
            yield Receipt(chat=chat, sender=sender, messages=read, read=True)
        if content.unsend:
            yield Deleted(chat=chat, sender=sender, message=f"{content.unsend.sent_at}:{content.unsend.author}")
        if data is None:
            return
        if data.group_update and data.group_update.delete_content:
            for hash in data.group_update.delete_content.hashes:
                yield Deleted(chat=chat, sender=sender, message=self._ids[hash])
        elif data.changes_timer:
            yield Timer(chat=chat, sender=sender, seconds=content.expiry_seconds or 0)
        elif data.reaction:
            change = Reacted.Change.REMOVED if data.reaction.removes else Reacted.Change.ADDED
            about = f"{data.reaction.sent_at}:{data.reaction.author}"
            yield Reacted(
                chat=chat, sender=sender, message=about, emojis=(data.reaction.emoji or "",), change=change, id=id
            )
        else:
            quote = data.quote
            about = f"{quote.sent_at}:{quote.author}" if quote else ""
            files = tuple(_file(pointer) for pointer in data.attachments)
            yield Posted(
                chat=chat, sender=sender, id=id, sent_at=at, text=data.body or "", files=files,
                reply_to=Reference(id=about) if about else None, expires=content.expiry_seconds,
            )  # fmt: skip

    async def bytes_of(self, file: File) -> bytes:
        said = json.loads(file.ref)
        path = f"/file/{parse_url(said['url']).id}"
        answer = self.standin.within(lambda: self.standin.file_server.answer("GET", path, b""))
        key, digest = bytes.fromhex(said["key"]), bytes.fromhex(said["digest"])
        return open_file(Pointer(url=said["url"], key=key, digest=digest, size=file.size), answer.body)


class Phone:
    """Another device of the bridge's own account, which tells its other devices what it wrote."""

    def __init__(self, standin: StandIn, keys: AccountKeys) -> None:
        self.standin, self.keys = standin, keys

    def wrote(self, to: str, text: str) -> str:
        content = Content(data=DataMessage(body=text), sent_at=this_moment())
        copy = sync_copy(content, to)
        assert copy is not None
        own = self.keys.session_id
        put(self.standin, own, 0, seal(copy, self.keys, own, Randomness.drawn(os.urandom)))
        return f"{content.sent_at}:{own}"


def _meant(reference: Reference) -> tuple[str, int]:
    sent_at, _, author = reference.id.partition(":")
    return author, int(sent_at)


def _file(pointer: Pointer) -> File:
    said = {"url": pointer.url, "key": (pointer.key or b"").hex(), "digest": (pointer.digest or b"").hex()}
    return File(
        ref=json.dumps(said), name=pointer.name or "", type=pointer.type or "", size=pointer.size, voice=pointer.voice
    )


def _replaced(struct: Said, **changes: object) -> Said:
    return msgspec.structs.replace(struct, **changes)
