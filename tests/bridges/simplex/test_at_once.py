"""What is done at the same moment: nothing undoes what is done beside it, and nothing goes on after the end."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from bridges.api import NotNow, Person, Post, SetTimer, Upload
from bridges.contract import Seat
from bridges.simplex import library
from bridges.simplex.core import Denied, Lost
from bridges.simplex.files import Files
from bridges.simplex.wire import Said
from tests.bridges.simplex.world import SimplexWorld
from tests.servers.simplex import Account

MAYA = Person(id="05" + "ab" * 32, name="Maya")
DAY = 86_400


class Straight:
    """A way to SimpleX on which each answer is there at once, unless the test holds it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.held = ""
        self.waits, self.go, self.closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def ask(self, command: str) -> Said:
        if self.closed.is_set():
            raise Lost("The connection to SimpleX was lost.")
        said = msgspec.convert(self.account.command(command), Said)
        if said.type == "chatCmdError":
            raise Denied(said.chat_error)
        if self.held and command.startswith(self.held):
            self.held = ""
            self.waits.set()
            await self.go.wait()
        return said

    async def hear(self) -> Said:
        await asyncio.Event().wait()
        raise Lost("The connection to SimpleX was lost.")

    async def close(self) -> None:
        self.closed.set()


@asynccontextmanager
async def straight(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SimplexWorld, Seat, Straight]]:
    world = SimplexWorld(folder)
    core = Straight(world.account)

    async def opened(_settings: dict[str, str]) -> Straight:
        return core

    monkeypatch.setattr("bridges.simplex.bridge.open_core", opened)
    async with Seat(world) as seat:
        yield world, seat, core


async def everybody_had_a_turn() -> None:
    """Whoever could go on has done so: no answer takes any time here."""
    for _ in range(50):
        await asyncio.sleep(0)


def test_a_timer_that_is_set_while_the_chat_gets_another_name_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are in the profile of a group, which goes out whole."""

    async def story() -> None:
        async with straight(tmp_path, monkeypatch) as (world, seat, core):
            chat = await seat.bridge.open_chat("Maya", MAYA)
            core.held = f"/_get chat {chat.id} "
            dressing = asyncio.create_task(seat.bridge.dress_chat(chat.id, "Maya Lindgren", None))
            await core.waits.wait()
            setting = asyncio.create_task(seat.bridge.send(chat.id, SetTimer(key="1", seconds=DAY)))
            await everybody_had_a_turn()
            core.go.set()
            await asyncio.gather(dressing, setting)
            profile = world.account.groups[int(chat.id[1:])].room.profile
            assert profile["displayName"] == "Maya Lindgren"
            rules = profile["groupPreferences"]
            assert isinstance(rules, dict)
            assert rules["timedMessages"] == {"enable": "on", "ttl": DAY}

    asyncio.run(story())


def test_a_bridge_that_stops_while_a_file_is_copied_says_so_and_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridges.simplex.bridge.GOODBYE", 0.01)
    copying, copied = threading.Event(), threading.Event()
    lay_out = Files.lay_out

    def slowly(files: Files, upload: Upload, key: str, part: int) -> Path:
        copying.set()
        copied.wait(60)
        return lay_out(files, upload, key, part)

    monkeypatch.setattr(Files, "lay_out", slowly)
    (tmp_path / "x").write_bytes(b"four")

    async def story() -> None:
        async with straight(tmp_path, monkeypatch) as (world, seat, core):
            upload = Upload(path=str(tmp_path / "x"), name="x", type="text/plain", size=4)
            sending = asyncio.create_task(seat.bridge.send(world.chat, Post(key="1", text="look", files=(upload,))))
            await asyncio.to_thread(copying.wait, 60)
            late = asyncio.create_task(seat.bridge.send(world.chat, Post(key="2", text="later")))
            await everybody_had_a_turn()
            stopping = asyncio.create_task(seat.bridge.stop())
            await core.closed.wait()
            await everybody_had_a_turn()
            copied.set()
            for one in (sending, late):
                with pytest.raises(NotNow):
                    await one
            await stopping
            assert not any(command.startswith("/_send") for command in world.account.log)

    asyncio.run(story())


def test_what_is_sent_while_a_bridge_stops_is_put_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with straight(tmp_path, monkeypatch) as (world, seat, core):
            core.held = "/_send"
            first = asyncio.create_task(seat.bridge.send(world.chat, Post(key="1", text="said before the end")))
            await core.waits.wait()
            stopping = asyncio.create_task(seat.bridge.stop())
            await everybody_had_a_turn()
            second = asyncio.create_task(seat.bridge.send(world.chat, Post(key="2", text="too late")))
            await everybody_had_a_turn()
            core.go.set()
            assert (await first).id
            with pytest.raises(NotNow):
                await second
            await stopping
            assert sum(command.startswith("/_send") for command in world.account.log) == 1

    asyncio.run(story())


def test_nothing_is_kept_of_a_file_that_nobody_waits_for_any_more(tmp_path: Path) -> None:
    async def story() -> None:
        files = Files(tmp_path, 0)
        coming = files.expect(1)
        assert files.expect(1) is coming, "two who wait for one file hear the same"
        del coming
        gc.collect()
        assert not files._coming

    asyncio.run(story())


def test_an_answer_that_comes_too_late_to_be_heard_is_nobodys_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "ANSWER_SECONDS", 0.0)
    troubles: list[object] = []

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: troubles.append(what))
        go = asyncio.Event()

        class Api:
            async def send_chat_cmd(self, _command: str) -> object:
                await go.wait()
                raise OSError

        core = library.LibraryCore(Api())  # type: ignore[arg-type]  # all of it that is asked
        with pytest.raises(Lost):
            await core.ask("/user")
        go.set()
        await everybody_had_a_turn()
        assert not core._asking
        gc.collect()

    asyncio.run(story())
    assert not troubles
