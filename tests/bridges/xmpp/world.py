"""The worlds of the XMPP bridges: a real server, an account of a bridge on it, and a friend with another one."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import Random

from slixmpp import JID

from bridges.api import Bridge, Desk
from bridges.contract import Seat
from bridges.contract.abilities import MAYA
from bridges.xmpp.bridge import XmppBridge
from bridges.xmpp.component import XmppComponentBridge
from tests.bridges.xmpp.friend import XmppFriend
from tests.patience import PATIENCE
from tests.servers.xmpp import XmppServer

_numbers = itertools.count()


class XmppWorld:
    """An account, and a friend of theirs."""

    has_wrong = has_network = True
    patience = PATIENCE
    friend: XmppFriend

    def __init__(self, server: XmppServer, folder: Path, settings: dict[str, str], chat: str) -> None:
        self.server, self.chat, self._settings = server, chat, settings
        self.bridge: type[Bridge] = XmppBridge
        self._folder = folder / f"bridge-{next(_numbers)}"
        self._folder.mkdir()
        self.secret = "password"
        self._random = Random()

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._settings[self.secret],)

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        settings = {setting.name: setting.default or "" for setting in self.bridge.about.settings} | self._settings
        if wrong:
            settings[self.secret] = "not-the-right-one"
        return Desk(
            settings=settings,
            folder=self._folder,
            now=lambda: time.time_ns() // 1_000_000,
            random=self._random,
            random_bytes=os.urandom,
            cursor=cursor,
        )

    async def break_network(self) -> None:
        await asyncio.to_thread(self.server.stop)

    async def mend_network(self) -> None:
        await asyncio.to_thread(self.server.start)


def account_settings(server: XmppServer, address: str, password: str) -> dict[str, str]:
    return {
        "address": address, "password": password, "host": "127.0.0.1", "port": str(server.c2s),
        "encryption": "starttls", "authority": str(server.authority), "nick": "robin",
    }  # fmt: skip


@asynccontextmanager
async def someone(server: XmppServer, address: str, password: str, device: str = "phone") -> AsyncIterator[XmppFriend]:
    """Somebody who is there."""
    friend = XmppFriend(address, password, server.c2s, server.authority, device)
    try:
        await friend.arrive()
        yield friend
    finally:
        await friend.leave()


@asynccontextmanager
async def direct(server: XmppServer, folder: Path) -> AsyncIterator[XmppWorld]:
    """Two people who have each other in their lists."""
    ours, theirs = server.account("robin"), server.account("friend")
    server.befriend(ours[0], theirs[0])
    async with someone(server, *theirs) as friend:
        world = XmppWorld(server, folder, account_settings(server, *ours) | {"owner": theirs[0]}, theirs[0])
        world.friend, friend.other = friend, JID(ours[0])
        yield world


@asynccontextmanager
async def in_a_room(server: XmppServer, folder: Path) -> AsyncIterator[XmppWorld]:
    """Two people in one room, which is all that they know of each other."""
    ours, theirs = server.account("robin"), server.account("friend")
    room = JID(f"room{next(_numbers)}@conference.localhost")
    async with someone(server, *theirs) as friend:
        friend.other, friend.in_room = room, True
        await friend.plugin["xep_0045"].join_muc_wait(room, "friend", timeout=PATIENCE, maxstanzas=0)
        async with someone(server, *ours) as me:
            mark = me.plugin["xep_0402"].stanza.Conference()
            mark["name"], mark["autojoin"], mark["nick"] = "Kitchen", True, "robin"
            pubsub = me.plugin["xep_0060"]
            await pubsub.publish(  # type: ignore[no-untyped-call]  # not typed there
                JID(ours[0]), "urn:xmpp:bookmarks:1", id=str(room), payload=mark
            )
        world = XmppWorld(server, folder, account_settings(server, *ours), str(room))
        world.friend = friend
        yield world


@asynccontextmanager
async def in_their_room(server: XmppServer, folder: Path, rooms: str = "") -> AsyncIterator[XmppWorld]:
    """An account, its owner, and the room that it made for one contact."""
    ours, theirs = server.account("relay"), server.account("owner")
    settings = account_settings(server, *ours) | {"owner": theirs[0], "rooms": rooms}
    world = XmppWorld(server, folder, settings, "")
    async with someone(server, *theirs) as owner:
        world.friend = owner
        async with Seat(world) as seat:
            world.chat = (await seat.bridge.open_chat("Maya (Session)", MAYA)).id
            await owner.saw_stanza(lambda one: one.xml.get("from") == f"{world.chat}/friend")
        owner.other, owner.in_room = JID(world.chat), True
        yield world


def component_settings(server: XmppServer, owner: str) -> dict[str, str]:
    return {
        "domain": "session.localhost", "secret": server.secret, "owner": owner, "port": str(server.component),
    }  # fmt: skip


@asynccontextmanager
async def at_home(server: XmppServer, folder: Path) -> AsyncIterator[XmppWorld]:
    """A component, its owner, and the address of one contact."""
    theirs = server.account("owner")
    world = XmppWorld(server, folder, component_settings(server, theirs[0]), f"{MAYA.id}@session.localhost")
    world.bridge, world.secret = XmppComponentBridge, "secret"
    async with someone(server, *theirs) as owner:
        world.friend, owner.other = owner, JID(world.chat)
        async with Seat(world) as seat:
            await seat.bridge.open_chat(MAYA.name, MAYA)
        yield world


Worlds = Callable[[XmppServer, Path], AbstractAsyncContextManager[XmppWorld]]
