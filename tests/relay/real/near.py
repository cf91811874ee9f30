"""The Session side: the stand-in network, the owner's account on it, and a friend who stayed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn, TypeVar

from bridges.api import AnyAction, Event, File, Post, Posted
from migrate.session.config.namespaces import Namespace
from migrate.standin.network import StandIn
from tests.bridges.session.friend import this_moment
from tests.bridges.session.test_peers import PeerFriend
from tests.bridges.session.world import SessionWorld
from tests.patience import PATIENCE
from tests.peers.peer import Peer, new_words

from .child import Seated

E = TypeVar("E", bound=Event)
FRIEND, EVERY = "Mara", "0.25"
"""Who stayed; and how many seconds the relay waits between two looks."""


class Stayed:
    """A friend with one account and two independent programs, because neither can do everything (the peers page).

    session-python writes, reacts and sends files; sessionpy answers to a message.
    """

    def __init__(self, direct: Peer, onion: Peer, to: str) -> None:
        self.id, self._direct, self._to = direct.id, direct, to
        self._writes, self._answers = PeerFriend(direct, to), PeerFriend(onion, to)

    def show_face(self, picture: bytes) -> None:
        """Wear a picture, and let the owner see it."""
        self._direct.wear(picture)
        self._direct.accept(self._to)

    async def do(self, action: AnyAction) -> str:
        if not isinstance(action, Post) or action.reply_to is None:
            return await self._writes.do(action)
        about = action.reply_to.id
        await self._answers.saw(Posted, lambda event: event.id == about)
        return await self._answers.do(action)

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        return await self._writes.saw(kind, wanted, seconds)

    async def bytes_of(self, file: File) -> bytes:
        return await self._writes.bytes_of(file)


@contextmanager
def network() -> Iterator[StandIn]:
    """A Session network of this moment."""
    with StandIn(this_moment, os.urandom) as standin:
        standin.faults.numeric_file_ids = True  # session-python knows no others
        yield standin


def knows(world: SessionWorld, friend: str) -> None:
    """Have the owner's account know a friend, and be called what they are called everywhere."""
    world.knows(Namespace.PROFILE, {b"n": b"Robin"})
    world.has_contacts(friend, n=FRIEND, a=1, A=1)


def seated(world: SessionWorld) -> Seated:
    """What the bridge is told of the owner's account."""
    desk = world.desk()
    return Seated(name="session", settings={**desk.settings, "every": EVERY}, folder=str(desk.folder))


@contextmanager
def stayed(standin: StandIn, absent: Callable[[str], NoReturn], to: str) -> Iterator[Stayed]:
    """The friend, who writes to this account and nobody else."""
    words = new_words()
    with (
        Peer.started("direct", standin, FRIEND, absent, words) as direct,
        Peer.started("onion", standin, FRIEND, absent, words) as onion,
    ):
        yield Stayed(direct, onion, to)
