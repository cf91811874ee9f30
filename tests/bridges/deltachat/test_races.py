"""Two things at once. Delta Chat's program reads a chat, works, and writes it whole: one may undo the other."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from bridges.api import Edit, Joined, MarkRead, Person, Post, Posted, React, Reference, SetTimer
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.deltachat import groups
from bridges.deltachat.bridge import DeltaChatBridge
from tests.bridges.deltachat.friend import DeltaChatFriend
from tests.bridges.deltachat.world import DeltaChatWorld, Home, inside, played, somebody
from tests.servers.mail import MailServer


def test_all_that_is_done_to_a_new_chat_at_once_is_there_in_the_end(home: Home, tmp_path: Path) -> None:
    """As when a contact writes for the first time: messages, name, picture and timer come from different places."""
    from PIL import Image

    Image.effect_noise((1200, 1200), 90).save(tmp_path / "large.png")

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            bridge, contact = seat.bridge, Person(id="05" + "44" * 32, name="Busy")
            chats = await asyncio.gather(*(bridge.open_chat("Busy (Session)", contact) for _ in range(3)))
            [chat] = {chat.id for chat in chats}
            first = asyncio.create_task(bridge.send(chat, Post(key="busy", text="the first")))
            await asyncio.gather(
                bridge.dress_chat(chat, "Busy again (Session)", tmp_path / "large.png"),
                first,
                bridge.send(chat, SetTimer(key="timer", seconds=3600)),
                *(bridge.send(chat, Post(key=f"busy {n}", text=f"busy {n}")) for n in range(5)),
                bridge.publish("at work"),
            )
            about = Reference(id=(await first).id or "")
            await asyncio.gather(
                bridge.send(chat, Edit(key="edit", message=about, text="the first, edited")),
                bridge.send(chat, React(key="react", message=about, emoji="👍")),
                bridge.dress_chat(chat, "Busy, as always (Session)", None),
                bridge.send(chat, Post(key="last", text="the last")),
            )
            for text in [f"busy {n}" for n in range(5)]:
                await world.friend.saw(Posted, says(text))
            there = int((await world.friend.saw(Posted, says("the last"))).chat.id)
            async with asyncio.timeout(10):
                while not is_all_there(world.friend, there):  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.05)

    played(home, body)


def is_all_there(friend: DeltaChatFriend, chat: int) -> bool:
    shown = friend.ask("get_full_chat_by_id", chat)
    messages = [friend.ask("get_message", id) for id in friend.ask("get_message_ids", chat, False, False)]
    return bool(
        shown["name"] == "Busy, as always (Session)"
        and shown["profileImage"]
        and shown["ephemeralTimer"] == 3600
        and [one["text"] for one in messages if one["isEdited"]] == ["the first, edited"]
    )


def test_nothing_is_told_twice_where_messages_are_marked_read_as_they_come(home: Home) -> None:
    """Delta Chat keeps how far its reader is, and marking one as read may set that back behind what came meanwhile."""

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            await world.friend.do(Post(key="1", text="one"))
            one = await seat.saw(Posted, says("one"))
            await world.friend.do(Post(key="2", text="two"))
            two = await seat.saw(Posted, says("two"))
            account = inside(seat)
            async with asyncio.timeout(10):
                while await account.core.config(account.number, "last_msg_id") != two.id:  # noqa: ASYNC110  nobody tells
                    await asyncio.sleep(0.02)
            await account.tell("set_config", "last_msg_id", str(int(one.id) - 1))
            await world.friend.do(Post(key="3", text="three"))
            await seat.saw(Posted, says("three"))
            reading: list[asyncio.Task[object]] = []
            for number in range(20):
                await world.friend.do(Post(key=f"n{number}", text=f"number {number}"))
                here = await seat.saw(Posted, says(f"number {number}"))
                action = MarkRead(key=f"r{number}", message=Reference(id=here.id))
                reading.append(asyncio.create_task(seat.bridge.send(world.chat, action)))
            await asyncio.gather(*reading)
            told = [event.text for event in seat.events if isinstance(event, Posted) and event.chat.id == world.chat]
            assert told == ["one", "two", "three", *(f"number {number}" for number in range(20))]

    played(home, body)


def test_who_comes_while_their_invitation_is_withdrawn_keeps_their_chat(
    home: Home, server: MailServer, tmp_path: Path
) -> None:
    async def body(second: DeltaChatFriend, world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            assert isinstance(seat.bridge, DeltaChatBridge)
            invitation = await seat.bridge.invite(Person(id="05" + "55" * 32))
            async with seat.bridge._sending:  # they are in, and nobody here has heard of it
                await second.use(invitation.link)
                async with asyncio.timeout(15):
                    while len((await inside(seat).room(int(invitation.id))).contact_ids) < 2:  # noqa: ASYNC110  nobody tells
                        await asyncio.sleep(0.02)
                await groups.withdraw(inside(seat), int(invitation.id))
            came = await seat.saw(Joined, lambda event: event.invitation == invitation.id)
            await seat.bridge.withdraw(invitation.id)
            await seat.bridge.send(came.chat.id, Post(key="stay", text="stay with us"))
            await second.saw(Posted, says("stay with us"))
            assert await worth(seat, invitation.link) == "nothing"

    with somebody(tmp_path / "phone", server) as second:
        played(home, lambda world: body(second, world))


def test_a_link_that_was_used_just_before_a_kill_lets_nobody_else_in(
    home: Home, server: MailServer, tmp_path: Path
) -> None:
    """It was withdrawn, and we were killed before we wrote that down: doing so again would make it good again."""

    async def body(second: DeltaChatFriend, world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            invitation = await seat.bridge.invite(Person(id="05" + "66" * 32))
            await second.use(invitation.link)
            await seat.saw(Joined, lambda event: event.invitation == invitation.id)
        [path] = home.folder.glob("account-*.sqlite")
        forgetful = sqlite3.connect(path, isolation_level=None)
        forgetful.execute("UPDATE invitations SET state = 'open', contact = NULL WHERE chat = ?", [invitation.id])
        forgetful.close()
        async with Seat(world) as later:
            await later.saw(Joined, lambda event: event.invitation == invitation.id)
            assert await worth(later, invitation.link) == "nothing"

    with somebody(tmp_path / "phone", server) as second:
        played(home, lambda world: body(second, world))


async def worth(seat: Seat, link: str) -> str:
    """What one of our own links is worth. Delta Chat says what could be done with it."""
    said = await inside(seat).ask(dict[str, object], "check_qr", link)
    return {"reviveVerifyGroup": "nothing", "withdrawVerifyGroup": "a place"}[str(said["kind"])]
