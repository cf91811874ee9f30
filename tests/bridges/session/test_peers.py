"""The contract, as far as independent clients of Session can say it: they know nothing of our code."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from bridges.api import (
    AnyAction,
    AnyEvent,
    Chat,
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
    SetTyping,
    Typing,
)
from bridges.contract import CHECKS, Check
from migrate.session.config.namespaces import Namespace
from migrate.standin.network import StandIn
from tests.bridges.session.friend import this_moment
from tests.bridges.session.world import SessionWorld
from tests.patience import PATIENCE
from tests.peers import talk
from tests.peers.peer import Peer, Upload
from tests.peers.talk import Heard

E = TypeVar("E", bound=Event)
pytestmark = [pytest.mark.peers, pytest.mark.usefixtures("hurry")]
BOTH = (
    "connects_and_says_who_it_is", "carries_texts_as_they_are", "keeps_the_order", "knows_nothing_of_its_own_echo",
    "finds_what_came_while_it_was_away", "shows_a_repeated_send_once", "carries_reactions", "carries_files",
    "carries_a_file_with_words", "shows_who_types", "tells_what_was_read", "carries_deletions",
)  # fmt: skip
ONLY_ONION = ("carries_replies",)
"""What the other peer cannot say: the peers page, section 1."""


class PeerFriend:
    """A peer as the friend of a world."""

    def __init__(self, peer: Peer, to: str) -> None:
        self.peer, self.to = peer, to
        self._events: list[AnyEvent] = []
        self._taken: set[int] = set()
        self._files: dict[str, talk.File] = {}
        self._heard: dict[str, Heard] = {}
        self._sent: dict[str, talk.Sent] = {}

    async def do(self, action: AnyAction) -> str:
        return await asyncio.to_thread(self._do, action)

    def _do(self, action: AnyAction) -> str:
        match action:
            case Post():
                files = [Upload(Path(one.path).read_bytes(), one.name, one.type) for one in action.files]
                if action.reply_to is not None:
                    sent = self.peer.reply(self.to, action.text, self._heard[action.reply_to.id])
                else:
                    sent = self.peer.send(self.to, action.text, files)
                id = f"{sent.sent_at}:{self.peer.id}"
                self._sent[id] = sent
                return id
            case React():
                author, sent_at = _meant(action.message)
                self.peer.react(author, sent_at, action.emoji, remove=not action.add)
            case Delete():
                self.peer.unsend(self.to, self._sent[action.message.id])
            case MarkRead():
                self.peer.read(self.to, _meant(action.message)[1])
            case SetTyping():
                self.peer.typing(self.to, stopped=not action.typing)
            case _:
                raise NotImplementedError(type(action).__name__)
        return ""

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        async with asyncio.timeout(seconds):
            while True:
                for at, event in enumerate(self._events):
                    if at not in self._taken and isinstance(event, kind) and wanted(event):
                        self._taken.add(at)
                        return event
                for heard in await asyncio.to_thread(self.peer.poll):
                    if heard.sender == self.to:
                        self._events += self._understood(heard)

    def _understood(self, heard: Heard) -> Iterator[AnyEvent]:
        chat, sender = Chat(id=self.to, title=""), Person(id=heard.sender, name=heard.name)
        id = f"{heard.sent_at}:{heard.sender}"
        about = [f"{sent_at}:{heard.author}" for sent_at in heard.about]
        match heard.kind:
            case "text":
                files = tuple(self._file(file) for file in heard.files)
                self._heard[id] = heard
                yield Posted(
                    chat=chat, sender=sender, id=id, sent_at=heard.sent_at, text=heard.text, files=files,
                    reply_to=Reference(id=about[0]) if about else None,
                )  # fmt: skip
            case "reaction" | "removed":
                change = Reacted.Change.REMOVED if heard.kind == "removed" else Reacted.Change.ADDED
                yield Reacted(chat=chat, sender=sender, message=about[0], emojis=(heard.text,), change=change)
            case "unsend":
                yield Deleted(chat=chat, sender=sender, message=f"{heard.about[0]}:{heard.sender}")
            case "read":
                read = tuple(f"{sent_at}:{self.peer.id}" for sent_at in heard.about)
                yield Receipt(chat=chat, sender=sender, messages=read, read=True)
            case "typing":
                yield Typing(chat=chat, sender=sender, typing=True)

    def _file(self, file: talk.File) -> File:
        self._files[file.url] = file
        return File(ref=file.url, name=file.name, type=file.type, size=file.size)

    async def bytes_of(self, file: File) -> bytes:
        return await asyncio.to_thread(self.peer.fetch, self._files[file.ref])

    async def rename(self, name: str) -> None:
        raise NotImplementedError(name)

    async def use(self, link: str) -> None:
        raise NotImplementedError(link)


def _meant(reference: Reference) -> tuple[str, int]:
    sent_at, _, author = reference.id.partition(":")
    return author, int(sent_at)


@pytest.fixture(scope="module")
def network() -> Iterator[StandIn]:
    with StandIn(this_moment, os.urandom) as running:
        running.faults.numeric_file_ids = True  # the direct peer knows no others
        yield running


@pytest.fixture(scope="module")
def onion(network: StandIn, absent: Callable[[str], NoReturn]) -> Iterator[Peer]:
    with Peer.started("onion", network, "Olaf", absent) as peer:
        yield peer


@pytest.fixture(scope="module")
def direct(network: StandIn, absent: Callable[[str], NoReturn]) -> Iterator[Peer]:
    with Peer.started("direct", network, "Dora", absent) as peer:
        yield peer


@asynccontextmanager
async def with_peer(network: StandIn, peer: Peer, folder: Path) -> AsyncIterator[SessionWorld]:
    world = SessionWorld(network, folder)
    world.chat, world.friend = peer.id, PeerFriend(peer, world.me)
    world.knows(Namespace.PROFILE, {b"n": b"Robin"})
    world.has_contacts(peer.id, n=peer.name, a=1, A=1)
    yield world


@pytest.mark.parametrize("check", [one for one in CHECKS if one.name in (*BOTH, *ONLY_ONION)], ids=str)
def test_the_contract_holds_with_the_onion_peer(check: Check, network: StandIn, onion: Peer, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(with_peer, network, onion, tmp_path)))


@pytest.mark.parametrize("check", [one for one in CHECKS if one.name in BOTH], ids=str)
def test_the_contract_holds_with_the_direct_peer(check: Check, network: StandIn, direct: Peer, tmp_path: Path) -> None:
    asyncio.run(check.run(partial(with_peer, network, direct, tmp_path)))


def test_every_check_named_here_exists() -> None:
    assert {*BOTH, *ONLY_ONION} <= {check.name for check in CHECKS}
