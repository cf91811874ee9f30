"""Conversations of the demo as they lie on the network: with one person, with oneself, in a group."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

import msgspec

from ...session import content as contents
from ...session.content import Content, DataMessage, Quote, Reaction, Unsend
from ...session.envelope import Randomness, seal
from ...session.group_messages import NONCE_BYTES, seal_for_group
from ...session.group_updates import DeleteMemberContent, GroupUpdate
from ...session.outgoing import MESSAGE_TTL, TO_ACCOUNT, TO_GROUP, sync_copy, timer_change, ttl_of
from .post import File, Friend, Post
from .told import Said

A_MOMENT = 1_500  # milliseconds between a message and a reaction to it


@dataclass(slots=True)
class Turn:
    """One thing that somebody says. `answers` is whoever's last words it answers, `reactions` go below it."""

    who: Friend
    body: str = ""
    answers: Friend | None = None
    reactions: list[tuple[str, Friend]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    timer: tuple[int, int] | None = None
    """From now on messages disappear: after what, and after how many seconds."""
    taken_back: bool = False
    hesitates: bool = False
    """Every reaction is taken away again."""
    tries_again: bool = False
    """The app was not sure that the message had arrived, and stored it a second time."""


class Chat(Protocol):
    """Where turns are taken."""

    @property
    def id(self) -> str: ...

    def store(self, content: Content, who: Friend) -> str:
        """Put what somebody says where the account finds it, and get the name that nodes give to it."""
        ...

    def taking_back(self, said: Said, hash: str) -> Content:
        """What makes something that was said here disappear."""
        ...


@dataclass(frozen=True, slots=True)
class Direct:
    """A conversation with one person, or with oneself: what we write ourselves is there as a copy for our devices."""

    post: Post
    friend: Friend

    @property
    def id(self) -> str:
        return self.friend.id

    def store(self, content: Content, who: Friend) -> str:
        owner = self.post.owner
        if who.keys == owner:
            content = sync_copy(content, self.id) or content
        data = seal(content, who.keys, owner.session_id, Randomness.drawn(self.post.random.randbytes))
        return self.post.store(owner.session_id, TO_ACCOUNT, data, content.sent_at or 0, ttl_of(content))

    def taking_back(self, said: Said, hash: str) -> Content:
        return Content(unsend=Unsend(sent_at=said.sent_at, author=said.sender), sent_at=said.sent_at + A_MOMENT)


@dataclass(frozen=True, slots=True)
class InGroup:
    """A conversation in a group. From the `changed` moment on everybody uses the newer of its keys."""

    post: Post
    id: str
    keys: tuple[bytes, bytes] = field(repr=False)
    changed: int

    def store(self, content: Content, who: Friend) -> str:
        at = content.sent_at or 0
        randomness = Randomness.drawn(self.post.random.randbytes, NONCE_BYTES)
        data = seal_for_group(content, who.keys, self.id, self.keys[at >= self.changed], randomness)
        return self.post.store(self.id, TO_GROUP, data, at, MESSAGE_TTL)

    def taking_back(self, said: Said, hash: str) -> Content:
        update = GroupUpdate(delete_content=DeleteMemberContent(hashes=(hash,)))
        return Content(data=DataMessage(group_update=update), sent_at=said.sent_at + A_MOMENT)


def play(post: Post, chat: Chat, turns: list[Turn], moments: list[int]) -> list[Said]:
    """Let people take their turns, each at its moment, and note down what was said."""
    said: list[Said] = []
    last: dict[str, Said] = {}
    timer: tuple[int, int] | None = None
    for turn, at in zip(turns, moments, strict=True):
        if turn.timer is not None:
            timer = turn.timer if turn.timer[1] else None
            chat.store(timer_change(at, after=turn.timer[0], seconds=turn.timer[1]), turn.who)
            said.append(Said(chat.id, turn.who.id, at, changes_timer=True, expires_after=turn.timer[1] or None))
            continue
        answered = last.get(turn.answers.id) if turn.answers else None
        one = Said(
            chat.id, turn.who.id, at, turn.body,
            answers=(answered.sender, answered.sent_at) if answered else None,
            files=tuple(file.digest for file in turn.files if not file.gone),
            lost_files=sum(file.gone for file in turn.files),
            taken_back=turn.taken_back,
            expires_after=timer[1] if timer else None,
        )  # fmt: skip
        content = _content(post, turn, one, timer)
        hash = chat.store(content, turn.who)
        if turn.tries_again:
            chat.store(content, turn.who)
        _react(chat, turn, one)
        if turn.taken_back:
            chat.store(chat.taking_back(one, hash), turn.who)
        last[one.sender] = one
        said.append(one)
    return said


def _content(post: Post, turn: Turn, said: Said, timer: tuple[int, int] | None) -> Content:
    data = DataMessage(
        body=turn.body or None,
        attachments=tuple(post.attach(file, turn.who.keys) for file in turn.files),
        quote=Quote(author=said.answers[0], sent_at=said.answers[1]) if said.answers else None,
        profile=turn.who.profile(said.sent_at // 1000 // 86_400 * 86_400),
        profile_key=turn.who.profile_key,
    )
    content = Content(data=data, sent_at=said.sent_at)
    return msgspec.structs.replace(content, expiry_type=timer[0], expiry_seconds=timer[1]) if timer else content


def _react(chat: Chat, turn: Turn, said: Said) -> None:
    moments = count(said.sent_at + A_MOMENT, A_MOMENT)
    for emoji, who in turn.reactions:
        for action in (contents.REACT, contents.REMOVE) if turn.hesitates else (contents.REACT,):
            reaction = Reaction(sent_at=said.sent_at, author=said.sender, emoji=emoji, action=action)
            chat.store(Content(data=DataMessage(reaction=reaction), sent_at=next(moments)), who)
        if not turn.hesitates:
            said.reactions.add((emoji, who.id))
