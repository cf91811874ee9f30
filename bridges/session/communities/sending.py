"""From an action to a post in a room, exactly once for each key.

A server takes the same post twice. So it is written down before it is posted, and after a try of which nobody knows
what became of it, it is looked for by its signature before it is posted again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from migrate.account.files import Outgoing, check
from migrate.account.online import OnlineAccount
from migrate.network.errors import CommunityRefused
from migrate.session.community.blinding import is_on_server
from migrate.session.community.messages import Sealed, file_url, seal
from migrate.session.content import VOICE, Content, DataMessage, Pointer, Profile, Quote

from ...api import (
    Accept,
    AnyAction,
    Can,
    CannotDo,
    Delete,
    Edit,
    MarkRead,
    Post,
    React,
    Reference,
    Refused,
    Sent,
    SetTimer,
    SetTyping,
)  # fmt: skip
from ..record import Record
from .reading import Communities, OpenRoom
from .record import Post as Known

UNATTACHED = 50 * 60_000
"""Milliseconds after which a file that was left for a post may be gone, which is an hour: section 8."""


class RoomSender:
    """Posts in rooms for one account."""

    def __init__(self, communities: Communities, record: Record, online: Callable[[], OnlineAccount | None]) -> None:
        self._communities, self._record, self._online = communities, record, online

    async def do(self, chat: str, action: AnyAction) -> Sent:
        """Do something in a room. Raises `Refused`, `CannotDo`, and what the network raises."""
        _check(action)
        room = self._communities.room(chat)
        match action:
            case Post():
                return await self._post(room, chat, action)
            case React():
                return await self._react(room, chat, action)
            case Delete():
                return await self._delete(room, action)
        raise CannotDo(Can.EDITS)

    # -- posts -----------------------------------------------------------------------------------------

    async def _post(self, room: OpenRoom, chat: str, action: Post) -> Sent:
        """Post it, unless it is there; a file that was left for it is left again if it may be gone."""
        record, member = self._record.rooms, await room.community.member()
        mailed = record.mailed(chat, action.key)
        if mailed is not None and mailed.post is not None:
            return _sent(mailed.post)
        sealed, row = mailed.sealed if mailed else None, None
        if mailed is not None and sealed is not None:
            row = await room.community.find(sealed, mailed.sent_at)
            if row is None and sealed.files and room.community.now() - mailed.sent_at > UNATTACHED:
                sealed = None
        if sealed is None:
            sealed = await self._prepare(room, chat, action)
        row = row or await room.community.post(sealed)
        if row.filtered:
            raise Refused(f"The filter of the community {room.link.room} took it, and shows it to nobody.")
        post = Known(row.id, member.id, row.posted_at)
        record.was_posted(chat, sealed.signature, post)
        return _sent(post)

    async def _prepare(self, room: OpenRoom, chat: str, action: Post) -> Sealed:
        """Leave the files with the server, write the message, and write it down."""
        files = [Outgoing(Path(one.path), one.name, one.type, one.voice) for one in action.files]
        if files:
            check(files)
        quote = _quote(action.reply_to)
        numbers = [await room.community.upload(file.name, file.read()) for file in files]
        pointers = [_pointer(room, file, number) for file, number in zip(files, numbers, strict=True)]
        online = self._online()
        profile = _profile(online) if online is not None else Profile()
        data = DataMessage(body=action.text or None, attachments=tuple(pointers), quote=quote, profile=profile)
        member = await room.community.member()  # before the time is looked up, which nobody else is to get
        sent_at = max(room.community.now(), self._record.rooms.last_sent_at() + 1)
        sealed = seal(Content(data=data, sent_at=sent_at), member, tuple(numbers))
        self._record.rooms.mail(chat, action.key, sent_at, sealed)
        return sealed

    # -- what is about a message -----------------------------------------------------------------------

    async def _react(self, room: OpenRoom, chat: str, action: React) -> Sent:
        if not await room.community.can_react():
            raise CannotDo(Can.REACTIONS)
        post = _meant(action.message)
        rooms = self._record.rooms
        async with room.turn:  # whoever reads meanwhile would take it for the owner's own
            before = rooms.touched(chat, post.number).get(action.emoji)
            rooms.touch(chat, post.number, action.emoji, there=action.add)  # what is cut off may be there all the same
            try:
                await room.community.react(post.number, action.emoji, remove=not action.add)
            except CommunityRefused:
                rooms.touch(chat, post.number, action.emoji, there=before)
                raise
        return Sent()

    async def _delete(self, room: OpenRoom, action: Delete) -> Sent:
        post, online = _meant(action.message), self._online()
        if online is None or not is_on_server(post.author, online.id, room.link.server_key):
            raise Refused("On Session only whoever wrote a message can take it back.")
        await room.community.delete(post.number)
        return Sent()


def _check(action: AnyAction) -> None:
    """What rooms do not have is refused by its name. What is in them stays until somebody takes it away."""
    match action:
        case MarkRead():
            raise CannotDo(Can.READ)
        case SetTyping():
            raise CannotDo(Can.TYPING)
        case SetTimer():
            raise CannotDo(Can.TIMERS)
        case Post() if action.expires is not None:
            raise CannotDo(Can.TIMERS)
        case Accept():
            raise CannotDo(Can.REQUESTS)
        case Edit():
            raise CannotDo(Can.EDITS)


def _sent(post: Known) -> Sent:
    return Sent(ids=(post.id,), also=(post.known_as,), sent_at=post.posted)


def _meant(reference: Reference) -> Known:
    post = Known.read(reference.id)
    if post is None:
        raise Refused("This action is about a message that is none of this community.")
    return post


def _quote(reference: Reference | None) -> Quote | None:
    if reference is None:
        return None
    post = _meant(reference)
    return Quote(sent_at=post.posted, author=post.author)


def _profile(online: OnlineAccount) -> Profile:
    """Our name as it rides on every message. The picture stays away: rooms are read by anybody."""
    return Profile(name=online.settings.profile.name)


def _pointer(room: OpenRoom, file: Outgoing, number: int) -> Pointer:
    size = len(file.content) if isinstance(file.content, bytes) else file.content.stat().st_size
    return Pointer(
        old_id=number, type=file.type, size=size, name=file.name, flags=VOICE if file.voice else None,
        url=file_url(room.link, number),
    )  # fmt: skip
