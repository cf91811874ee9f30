"""Two people with a relay each share a room on Matrix and one on XMPP: their relays do not answer each other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from bridges.api import Post
from bridges.relay.model import Link, Place
from migrate.session.keys import AccountKeys
from tests.bridges.session.friend import HandFriend
from tests.bridges.session.world import SessionWorld

from .far import Absent, seated
from .load import texts
from .near import knows, network
from .near import seated as seated_on_session
from .process import Process
from .waiting import soon

pytest.importorskip("slixmpp")
pytest.importorskip("nio")

from slixmpp import JID

from tests.bridges.matrix.friend import Friend as MatrixFriend
from tests.bridges.matrix.world import V3
from tests.bridges.xmpp.friend import XmppFriend
from tests.bridges.xmpp.world import account_settings, someone
from tests.environments import NotThere, python_with
from tests.patience import PATIENCE
from tests.servers import prosody, synapse

NETWORKS = ("Matrix", "XMPP", "Session")
ROOM = "kitchen@conference.localhost"


@dataclass(slots=True)
class Rooms:
    """Somebody in each room, and the two friends who stayed on Session."""

    matrix: MatrixFriend
    xmpp: XmppFriend
    friends: list[HandFriend]
    relays: list[Process]

    def heard(self) -> list[list[str]]:
        for friend in self.friends:
            friend.look()
        return [texts(self.matrix.events), texts(self.xmpp.events), *(texts(one.events) for one in self.friends)]


@asynccontextmanager
async def rooms(folder: Path, absent: Absent) -> AsyncIterator[Rooms]:
    missing = prosody.missing()
    if missing is not None:
        absent(missing)
    try:
        python_with(Path(synapse.__file__).with_suffix(".txt"))
    except NotThere as why:
        absent(str(why))
    async with AsyncExitStack() as stack:
        for name in ("synapse", "prosody"):
            (folder / name).mkdir()
        standin = stack.enter_context(network())
        homeserver = stack.enter_context(synapse.running(folder / "synapse"))
        server = stack.enter_context(prosody.running(folder / "prosody"))
        matrix = MatrixFriend(homeserver.url, homeserver.user("human"), folder / "human", sealed=False)
        accounts = [homeserver.user(f"relay-{number}") for number in range(2)]
        asked: dict[str, object] = {"name": "Kitchen", "invite": [one.id for one in accounts], "preset": "private_chat"}
        matrix.room = str(homeserver.call("POST", f"{V3}/createRoom", asked, matrix.user.token)["room_id"])
        await matrix.start()
        stack.push_async_callback(matrix.stop)
        xmpp = await stack.enter_async_context(someone(server, *server.account("friend")))
        xmpp.other, xmpp.in_room = JID(ROOM), True
        await xmpp.plugin["xep_0045"].join_muc_wait(xmpp.other, "friend", timeout=PATIENCE, maxstanzas=0)
        here = Rooms(matrix, xmpp, [], [])
        for number, account in enumerate(accounts):
            homeserver.call("POST", f"{V3}/join/{quote(matrix.room)}", {}, account.token)
            place = folder / f"relay-{number}"
            for path in (place, place / "session", place / "store"):
                path.mkdir(mode=0o700)
            world = SessionWorld(standin, place / "session")
            friend = HandFriend(standin, AccountKeys(os.urandom(32)), world.me)
            friend.name = f"Friend {number}"
            knows(world, friend.id)
            ours = server.account("ours")
            await _keep_the_room(server, ours, f"relay-{number}")
            sides = [
                seated_on_session(world),
                seated("matrix", place, {"homeserver": homeserver.url, "token": account.token, "encrypt": "no"}),
                seated("xmpp", place, account_settings(server, *ours) | {"nick": f"relay-{number}"}),
            ]
            chats = {"session": friend.id, "matrix": matrix.room, "xmpp": ROOM}
            link = Link(name="kitchen", ends=tuple(Place(bridge=bridge, chat=chat) for bridge, chat in chats.items()))
            relay = Process(place / "store", sides, links=[link])
            stack.callback(relay.kill)
            here.friends.append(friend)
            here.relays.append(relay)
        for relay in here.relays:
            await relay.start()
        yield here
        for relay in here.relays:
            await relay.end()


async def _keep_the_room(server: prosody.Prosody, account: tuple[str, str], nick: str) -> None:
    """As the owner does with a program of theirs (XEP-0402)."""
    async with someone(server, *account) as me:
        mark = me.plugin["xep_0402"].stanza.Conference()
        mark["name"], mark["autojoin"], mark["nick"] = "Kitchen", True, nick
        pubsub = me.plugin["xep_0060"]
        await pubsub.publish(  # type: ignore[no-untyped-call]  # not typed there
            JID(account[0]), "urn:xmpp:bookmarks:1", id=ROOM, payload=mark
        )


@pytest.mark.long
def test_two_relays_in_the_same_rooms_do_not_answer_each_other(tmp_path: Path, absent: Absent) -> None:
    async def scene() -> None:
        async with rooms(tmp_path, absent) as here:
            await _everybody_hears(here, "all in")  # and both relays are in both rooms
            before = [len(heard) for heard in here.heard()]
            await here.matrix.do(Post(key="m", text="from Matrix"))
            await here.xmpp.do(Post(key="x", text="from XMPP"))
            await here.friends[0].do(Post(key="s", text="from Session"))
            await soon(lambda: all("from Session" in " ".join(heard) for heard in here.heard()[:2]))
            await _everybody_hears(here, "the end")
            found = [heard[count:] for heard, count in zip(here.heard(), before, strict=True)]
            for heard, times in zip(found, ((0, 2, 1), (2, 0, 1), (1, 1, 0), (1, 1, 0)), strict=True):
                counted = [sum(text.endswith(f"from {where}") for text in heard) for where in NETWORKS]
                assert counted == list(times), "each relay brings it once, and none what the other has brought"

    asyncio.run(scene())


async def _everybody_hears(here: Rooms, text: str) -> None:
    """Somebody says it in one room and somebody in the other, until both relays have brought it everywhere."""
    await here.matrix.do(Post(key=text, text=f"{text}, on Matrix"))
    await here.xmpp.do(Post(key=text, text=f"{text}, on XMPP"))
    await soon(lambda: all(" ".join(heard).count(text) >= 2 for heard in here.heard()))
