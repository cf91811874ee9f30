"""A contact who stayed, and an owner with an ordinary account: what they see of a relay that makes rooms."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from slixmpp import JID

from bridges.api import Chat, ChatKind, Desk, Person, Post, Posted, React, Reacted, Reference, Renamed
from bridges.contract.world import says
from bridges.relay.clock import SystemClock
from bridges.relay.files import Spool
from bridges.relay.model import Mode, Rule, Side
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from bridges.xmpp.bridge import XmppBridge
from tests.bridges.xmpp.world import XmppWorld, account_settings, someone
from tests.relay.town import Town, TownBridge
from tests.relay.world import until
from tests.servers.prosody import Prosody

MAYA = Person(id="05" + "ab" * 32, name="Maya")
RULE = Rule(source="old", target="xmpp", mode=Mode.CHATS, groups=True)


class Neighbours:
    """An old network in memory, and a new one that is a real server."""

    def __init__(self, folder: Path, far: XmppWorld) -> None:
        self.old, self.far, self._folder = Town("old", tells_own=True), far, folder
        self.old.chats["maya"] = Chat(id="maya", title="Maya", person=MAYA.id)

    @asynccontextmanager
    async def relayed(self) -> AsyncIterator[Relay]:
        sides = {
            "old": Side(name="old", about=self.old.about),
            "xmpp": Side(name="xmpp", about=XmppBridge.about, owners=frozenset({self.far.friend.boundjid.bare})),
        }
        store, clock = SqliteStore(self._folder, sides, rules=[RULE]), SystemClock()
        seats = {
            "old": Seat(lambda: TownBridge(self.old), lambda cursor: self._desk(clock, cursor)),
            "xmpp": Seat(XmppBridge, self.far.desk),
        }
        relay = Relay(store, seats, Spool(self._folder / "spool"), clock, Random(1))
        running = asyncio.create_task(relay.run())
        try:
            yield relay
        finally:
            relay.stop()
            await running
            store.close()

    def _desk(self, clock: SystemClock, cursor: str | None) -> Desk:
        return Desk(
            settings={}, folder=self._folder, now=clock.now, random=Random(1), random_bytes=bytes, cursor=cursor
        )

    def maya(self, text: str, **more: object) -> str:
        return self.old.says("maya", text, MAYA, **more)

    async def owner_reads(self, text: str) -> Posted:
        """And from now on writes in the chat where it came."""
        friend = self.far.friend
        seen = await friend.saw(Posted, says(text))
        friend.other, friend.in_room = JID(seen.chat.id), True
        return seen

    async def old_reads(self, *texts: str, chat: str = "maya") -> None:
        await until(lambda: set(texts) <= set(self.old.texts(chat)))
        assert [text for text in self.old.texts(chat) if text in texts] == list(texts), "each once, and in order"


def play(server: Prosody, folder: Path, body: Callable[[Neighbours], Awaitable[None]]) -> None:
    async def run() -> None:
        ours, owner = server.account("relay"), server.account("owner")
        far = XmppWorld(server, folder, account_settings(server, *ours) | {"owner": owner[0]}, "")
        async with someone(server, *owner) as friend:
            far.friend, friend.other = friend, JID(ours[0])
            await body(Neighbours(folder, far))

    asyncio.run(run())


def test_a_contact_has_a_room_with_their_name_and_gets_the_answer(server: Prosody, tmp_path: Path) -> None:
    async def body(all: Neighbours) -> None:
        async with all.relayed():
            first = all.maya("are you there?")
            seen = await all.owner_reads("are you there?")
            assert seen.sender.name == "Maya (Old)"
            reference = Reference(id=seen.id)
            await all.far.friend.do(Post(key="1", text="I am", reply_to=reference))
            await all.old_reads("I am")
            [answer] = all.old.posts("maya")
            assert answer.reply_to is not None
            assert answer.reply_to.id == first
            await all.far.friend.do(React(key="2", message=reference, emoji="👍"))
            await until(lambda: all.old.actions(React))
            all.old.happens(
                Reacted(
                    chat=all.old.chats["maya"], sender=MAYA, message=all.old.keys[answer.key].ids[0], emojis=("❤️",),
                    change=Reacted.Change.ALL,
                )
            )  # fmt: skip
            await all.far.friend.saw(Reacted, lambda event: event.emojis == ("❤️",))

    play(server, tmp_path, body)


def test_while_relay_or_server_are_away_nothing_is_lost_or_comes_twice(server: Prosody, tmp_path: Path) -> None:
    async def body(all: Neighbours) -> None:
        friend = all.far.friend
        async with all.relayed():
            all.maya("one")
            await all.owner_reads("one")
            await friend.do(Post(key="1", text="first answer"))
            await all.old_reads("first answer")
        all.maya("two")
        await friend.do(Post(key="2", text="while it was off"))
        async with all.relayed():
            await friend.saw(Posted, says("two"))
            await all.old_reads("first answer", "while it was off")
            await all.far.break_network()
            all.maya("three")
            await all.far.mend_network()
            await friend.saw(Posted, says("three"))
            await friend.do(Post(key="3", text="after the server came back"))
            await all.old_reads("first answer", "while it was off", "after the server came back")
        said = {event.id: event.text for event in friend.events if isinstance(event, Posted)}
        assert [text for text in said.values() if text in {"one", "two", "three"}] == ["one", "two", "three"]

    play(server, tmp_path, body)


def test_a_new_name_is_shown_and_a_group_says_who_speaks(server: Prosody, tmp_path: Path) -> None:
    async def body(all: Neighbours) -> None:
        club = Chat(id="club", title="Book club", kind=ChatKind.GROUP)
        all.old.chats["club"] = club
        async with all.relayed():
            all.maya("it is me")
            await all.owner_reads("it is me")
            all.old.happens(Renamed(chat=Chat(id="maya", title="Maya Lin", person=MAYA.id)))
            room = all.far.friend.other
            await all.far.friend.saw_stanza(lambda one: one.xml.get("from") == f"{room}/Maya Lin (Old)")
            all.old.says("club", "chapter two", MAYA)
            seen = await all.owner_reads("Maya: chapter two")
            assert seen.chat.id != str(room)
            assert seen.sender.name == "robin", "in a group the relay speaks, and says for whom"
            await all.far.friend.do(Post(key="1", text="I have read it"))
            await until(lambda: all.old.texts("club"))
            assert all.old.texts("club") == ["I have read it"], "and nothing of when the owner came"

    play(server, tmp_path, body)
