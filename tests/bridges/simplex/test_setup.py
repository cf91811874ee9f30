"""Setting SimpleX up ends in an account with an address, and in knowing who the owner is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridges.api import BadSetting, Chat, Setting
from bridges.contract import Seat
from bridges.simplex.core import Lost
from bridges.simplex.setup import set_up
from bridges.simplex.websocket import WebSocketCore
from tests.bridges.simplex.friend import SimplexFriend
from tests.bridges.simplex.world import KEY, over_the_library, over_the_program
from tests.servers.simplex import Account, Network
from tests.servers.simplex_ways import Program


class Person:
    """Somebody who sets the bridge up, with answers prepared, and a phone."""

    def __init__(
        self, answers: dict[str, list[str]], *, library: bool = False, owner: SimplexFriend | None = None
    ) -> None:
        self.answers, self.library, self.owner = answers, library, owner
        self.wants_groups = owner is not None
        self.told: list[str] = []

    async def ask(self, setting: Setting) -> str:
        given = self.answers.get(setting.name, [])
        return given.pop(0) if given else setting.default or ""

    async def choose(self, question: str, choices: Sequence[str]) -> int:
        return int(self.library)

    async def confirm(self, question: str) -> bool:
        return "group" not in question or self.wants_groups

    def say(self, text: str) -> None:
        self.told.append(text)
        link = re.search(r"https://\S+/i#\S+", text)
        if link and self.owner is not None:
            self.owner.ask(f"/_connect 1 {link[0]}")


def test_a_new_program_gets_an_account_an_address_and_an_owner(tmp_path: Path) -> None:
    async def scene() -> None:
        network = Network()
        account = Account(network)
        program = Program(account)
        await program.start()
        owner = SimplexFriend(Account(network, "Robin"), tmp_path)
        person = Person({"port": ["1", str(program.port)], "name": ["Relay"]}, owner=owner)
        try:
            values = await set_up(person, tmp_path)
            again = await set_up(Person({"port": [str(program.port)]}, owner=owner), tmp_path)
        finally:
            await program.stop()
        assert account.address is not None
        said = "\n".join(person.told)
        assert "Nothing answers at 127.0.0.1:1" in said
        assert f"simplex-chat -p {program.port}" in said
        assert str(account.address["connShortLink"]) in said
        [contact] = account.contacts.values()
        assert values["owner"] == again["owner"] == f"@{contact.id}"
        assert values["name"] == again["name"] == "Relay"
        assert [one for one in account.log if one.startswith("/_connect")] == ["/_connect 1"], "one link is enough"

    asyncio.run(scene())


def test_an_owner_who_does_not_come_can_come_later(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_program(tmp_path) as world:
            person = Person({"port": [world.settings["port"]]})
            person.wants_groups = True
            values = await set_up(person, tmp_path, patience=0.2)
            assert values["owner"] == ""
            assert "run this command again" in person.told[-1]

    asyncio.run(scene())


def test_the_library_asks_for_the_key_until_it_opens(tmp_path: Path) -> None:
    async def scene() -> None:
        async with over_the_library(tmp_path) as world:
            answers = {"database": [world.settings["database"]] * 2, "database_key": ["wrong-5e1c", KEY]}
            person = Person(answers, library=True)
            values = await set_up(person, tmp_path)
            assert not [line for line in person.told if "wrong-5e1c" in line or KEY in line]
            assert any("does not open" in line for line in person.told)
            world.settings = values
            async with Seat(world) as seat:
                chats: list[Chat] = [chat async for chat in seat.bridge.chats()]
                assert chats

    asyncio.run(scene())


def test_a_port_that_is_none_is_said_at_once(tmp_path: Path) -> None:
    async def scene() -> None:
        with pytest.raises(BadSetting):
            await set_up(Person({"port": ["many", "0", "99999"]}), tmp_path)

    asyncio.run(scene())


def test_a_port_that_takes_the_connection_and_says_nothing_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some other program has it, or SimpleX hangs: nobody may wait for it without an end."""
    monkeypatch.setattr("bridges.simplex.websocket.OPENING_SECONDS", 0.2)

    async def scene() -> None:
        held: list[asyncio.StreamWriter] = []
        silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
        port = silent.sockets[0].getsockname()[1]
        try:
            with pytest.raises(Lost, match=f"Nothing answers at 127.0.0.1:{port}"):
                await asyncio.wait_for(WebSocketCore.open("127.0.0.1", port), 60)
        finally:
            for writer in held:
                writer.close()
            silent.close()
            await silent.wait_closed()

    asyncio.run(scene())
