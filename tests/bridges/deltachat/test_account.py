"""What a real account does beyond the contract: after a kill, with mail that comes back, with links and passwords."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
from pathlib import Path

import msgspec
import pytest

from bridges.api import (
    Delete,
    Edit,
    Failed,
    Joined,
    NotNow,
    Person,
    Post,
    Posted,
    Reference,
    Refused,
    Renamed,
    State,
    Upload,
)
from bridges.contract import Seat
from bridges.contract.world import says
from tests.bridges.deltachat.friend import DeltaChatFriend
from tests.bridges.deltachat.world import DeltaChatWorld, Home, inside, played, somebody
from tests.servers.mail import MailServer

NOOR = Person(id="05" + "cd" * 32, name="Noor")


def database(home: Home) -> sqlite3.Connection:
    [path] = home.folder.glob("account-*.sqlite")
    return sqlite3.connect(path, isolation_level=None)


def test_what_was_sent_just_before_a_kill_is_not_sent_again(home: Home) -> None:
    """Delta Chat's program had it, and we were killed before we could write its number down."""

    async def body(world: DeltaChatWorld) -> None:
        action = Post(key="killed", text="said before the kill")
        async with Seat(world) as seat:
            first = await seat.bridge.send(world.chat, action)
            await world.friend.saw(Posted, says(action.text))
        forgetful = database(home)
        forgetful.execute("UPDATE sent SET id = NULL WHERE key = 'killed'")
        forgetful.close()
        async with Seat(world) as later:
            assert (await later.bridge.send(world.chat, action)).id == first.id
            await later.bridge.send(world.chat, Post(key="after the kill", text="and after it"))
            await world.friend.saw(Posted, says("and after it"))
        with pytest.raises(TimeoutError):
            await world.friend.saw(Posted, says(action.text), 0.2)

    played(home, body)


def test_what_an_earlier_run_said_comes_with_its_key(home: Home) -> None:
    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            await world.friend.do(Post(key="x", text="before"))
            await seat.saw(Posted, says("before"))
            await seat.bridge.send(world.chat, Post(key="mine", text="my own words"))
        async with Seat(world, seat.cursor) as later:
            mine = await later.saw(Posted, says("my own words"))
            assert mine.own
            assert mine.key == "mine"
            assert mine.sender == later.bridge.me

    played(home, body)


def test_a_second_send_of_several_files_goes_on_after_those_that_are_there(home: Home, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(f"file {name}")
    files = tuple(Upload(path=str(tmp_path / name), name=name, type="text/plain", size=6) for name in "ab")

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            missing = msgspec.structs.replace(files[1], path=str(tmp_path / "nothing"))
            with pytest.raises(Refused):
                await seat.bridge.send(world.chat, Post(key="two", text="both", files=(files[0], missing)))
            first = await world.friend.saw(Posted, says("both"))
            sent = await seat.bridge.send(world.chat, Post(key="two", text="both", files=files))
            second = await world.friend.saw(Posted, lambda event: bool(event.files) and event.files[0].name == "b")
            assert len(sent.ids) == 2
            assert await world.friend.bytes_of(first.files[0]) == b"file a"
            assert await world.friend.bytes_of(second.files[0]) == b"file b"
            with pytest.raises(TimeoutError):
                await world.friend.saw(Posted, says("both"), 0.2)

    played(home, body)


@pytest.mark.long
def test_people_who_have_the_program_on_a_phone_are_no_machines(home: Home, server: MailServer, tmp_path: Path) -> None:
    """And their large files, which come in two parts, are told once and whole."""
    content = os.urandom(300_000)
    (tmp_path / "large.bin").write_bytes(content)

    async def body(person: DeltaChatFriend, world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            person.chat = person.ask("secure_join", seat.bridge.me.id)
            came = await seat.saw(Joined)
            assert came.invitation is None
            await person.saw(Joined, lambda _: True)
            await person.do(Post(key="x", text="from a phone"))
            here = await seat.saw(Posted, says("from a phone"))
            assert not here.notice
            assert here.chat.person == came.person.id
            upload = Upload(path=str(tmp_path / "large.bin"), name="large.bin", type="", size=len(content))
            await person.do(Post(key="y", text="look", files=(upload,)))
            large = await seat.saw(Posted, lambda event: bool(event.files))
            assert large.text == "look"
            assert b"".join([piece async for piece in seat.bridge.fetch(large.files[0].ref)]) == content
            told = [event for event in seat.events if isinstance(event, Posted) and event.chat == large.chat]
            assert len(told) == 2

    with somebody(tmp_path / "phone", server, busy=False) as person:
        played(home, lambda world: body(person, world))


@pytest.mark.long
def test_a_message_that_comes_back_is_told(home: Home, server: MailServer, tmp_path: Path) -> None:
    async def body(person: DeltaChatFriend, world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            person.ask("secure_join", seat.bridge.me.id)
            came = await seat.saw(Joined)
            server.put_out(person.box.address)
            sent = await seat.bridge.send(came.chat.id, Post(key="to nobody", text="are you there?"))
            failed = await seat.saw(Failed)
            assert failed.message == sent.id
            assert failed.reason

    with somebody(tmp_path / "phone", server) as person:
        played(home, lambda world: body(person, world))


def test_an_invitation_is_good_for_one_person_even_if_they_come_while_nobody_looks(
    home: Home, server: MailServer, tmp_path: Path
) -> None:
    async def body(second: DeltaChatFriend, world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            invitation = await seat.bridge.invite(NOOR)
            assert (await seat.bridge.invite(NOOR)).link == invitation.link
            assert "Noor" not in invitation.link
        await second.use(invitation.link)  # the bridge is away
        async with Seat(world) as later:
            came = await later.saw(Joined, lambda event: event.invitation == invitation.id)
            assert came.person.name == "Friend"
            link = await inside(later).ask(dict[str, object], "check_qr", invitation.link)
            assert link["kind"] == "reviveVerifyGroup", "the link is worth nothing now"
            room = await inside(later).room(int(invitation.id))
            assert {home.owner, int(came.person.id)} <= set(room.contact_ids)
            assert (await later.bridge.invite(NOOR)).id != invitation.id
        async with Seat(world, "1") as again:  # who reads from before it is told once more
            await again.saw(Joined, lambda event: event.invitation == invitation.id)

    with somebody(tmp_path / "phone", server) as second:
        played(home, lambda world: body(second, world))


@pytest.mark.long
def test_an_invitation_that_was_withdrawn_lets_nobody_in(home: Home, server: MailServer, tmp_path: Path) -> None:
    async def body(second: DeltaChatFriend, world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            invitation = await seat.bridge.invite(Person(id="05" + "ef" * 32))
            await seat.bridge.withdraw(invitation.id)
            await seat.bridge.withdraw(invitation.id)
            await second.use(invitation.link)
            with pytest.raises(TimeoutError):
                await seat.saw(Joined, lambda event: event.invitation == invitation.id, seconds=2)

    with somebody(tmp_path / "phone", server) as second:
        played(home, lambda world: body(second, world))


@pytest.mark.long
def test_a_password_that_is_changed_meanwhile_ends_all_attempts(apart: Home) -> None:
    home, server = apart, apart.server
    assert isinstance(server, MailServer)

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            server.let_in(home.box.address, "another one")
            server.drop(home.box.address)
            await seat.reaches(State.BAD_CREDENTIALS, seconds=30)
            assert "setup" in seat.bridge.health.todo
            assert home.box.password not in f"{seat.bridge.health}"
            with pytest.raises(NotNow):
                await seat.bridge.send(world.chat, Post(key="late", text="late"))
            tried = server.logins(home.box.address)
            await asyncio.sleep(1)
            assert server.logins(home.box.address) == tried <= 10

    played(home, body)


@pytest.mark.long
def test_when_delta_chats_program_is_killed_the_bridge_starts_it_again(home: Home) -> None:
    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            process = inside(seat).core._line.process
            process.send_signal(signal.SIGKILL)
            await seat.reaches(State.INTERRUPTED)
            await world.friend.do(Post(key="x", text="are you back?"))
            await seat.saw(Posted, says("are you back?"))
            await seat.bridge.send(world.chat, Post(key="back", text="I am back"))
            await world.friend.saw(Posted, says("I am back"))
            again = inside(seat).core._line.process
        assert process.poll() is not None
        assert again.poll() == 0, "it ends when the bridge does"

    played(home, body)


@pytest.mark.long
def test_what_is_said_while_the_server_is_away_arrives_later(apart: Home) -> None:
    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            await world.break_network()
            await seat.reaches(State.INTERRUPTED, State.CONNECTING)
            await seat.bridge.send(world.chat, Post(key="void", text="into the void"))
            await world.mend_network()
            await seat.reaches(State.CONNECTED, seconds=60)
            await seat.bridge.send(world.chat, Post(key="then", text="and then"))
            await world.friend.saw(Posted, says("into the void"), 60)
            await world.friend.saw(Posted, says("and then"), 60)

    played(apart, body)


def test_nothing_is_done_to_messages_of_others_or_elsewhere(home: Home) -> None:
    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            await world.friend.do(Post(key="x", text="mine"))
            theirs = await seat.saw(Posted, says("mine"))
            other = await seat.bridge.open_chat("Other", NOOR)
            ours = await seat.bridge.send(other.id, Post(key="elsewhere", text="elsewhere"))
            for id in (theirs.id, ours.id or "", "999999999", "../1", "-1", "9" * 30, "١"):
                for action in (
                    Delete(key="d", message=Reference(id=id)),
                    Edit(key="e", message=Reference(id=id), text="not mine"),
                ):
                    with pytest.raises(Refused):
                        await seat.bridge.send(world.chat, action)
            for chat in ("0", "1", "999999", "x", ""):
                with pytest.raises(Refused):
                    await seat.bridge.send(chat, Post(key="nowhere", text="nowhere"))
            for ref in ("999999", "../../etc/passwd", "picture:999999", "picture:x", world.chat + "0000"):
                with pytest.raises(Refused):
                    [_ async for _ in seat.bridge.fetch(ref)]

    played(home, body)


def test_a_text_of_the_profile_and_a_new_name_are_seen(home: Home) -> None:
    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            await seat.bridge.publish("I have moved: xmpp:robin@example.org")
            await seat.bridge.send(world.chat, Post(key="profile", text="look at my profile"))
            there = await world.friend.saw(Posted, says("look at my profile"))
            shown = world.friend.ask("get_contact", int(there.sender.id))
            assert shown["status"] == "I have moved: xmpp:robin@example.org"
            await world.friend.do(Post(key="x", text="seen"))
            sender = (await seat.saw(Posted, says("seen"))).sender
            await world.friend.rename("Sam")
            await world.friend.do(Post(key="y", text="now Sam"))
            renamed = await seat.saw(Renamed, lambda event: event.person is not None)
            assert renamed.person
            assert (renamed.person.id, renamed.person.name) == (sender.id, "Sam")

    played(home, body)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows what a process was given")
def test_the_programs_of_others_get_nothing_of_our_environment(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECAMP_PASSWORD", "marker-7c1d")

    async def body(world: DeltaChatWorld) -> None:
        async with Seat(world) as seat:
            number = inside(seat).core._line.process.pid
            around = await asyncio.to_thread(Path(f"/proc/{number}/environ").read_bytes)
            assert b"marker-7c1d" not in around
            assert b"DC_ACCOUNTS_PATH" in around

    played(home, body)
