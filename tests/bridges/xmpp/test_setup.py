"""Setting up: a conversation that ends in a login that works."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridges.api import BadSetting, Setting, State
from bridges.contract import Seat
from bridges.xmpp.bridge import XmppBridge
from bridges.xmpp.component import XmppComponentBridge
from tests.bridges.xmpp.world import XmppWorld
from tests.servers.prosody import Prosody


class Person:
    """Somebody who answers questions by their names, and keeps what was said."""

    def __init__(self, answers: dict[str, str | list[str]], choice: int = 0) -> None:
        self._choice, self._answers = choice, answers
        self.said: list[str] = []

    async def ask(self, setting: Setting) -> str:
        answer = self._answers.get(setting.name, setting.default or "")
        return answer if isinstance(answer, str) else answer.pop(0)

    async def choose(self, question: str, choices: Sequence[str]) -> int:
        return self._choice

    async def confirm(self, question: str) -> bool:
        return True

    def say(self, text: str) -> None:
        self.said.append(text)


def where(server: Prosody) -> dict[str, str | list[str]]:
    return {
        "host": "127.0.0.1", "port": str(server.c2s), "encryption": "starttls", "authority": str(server.authority),
    }  # fmt: skip


def test_an_account_that_is_there_is_tried_and_taken(server: Prosody, tmp_path: Path) -> None:
    address, password = server.account("robin")
    person = Person({"address": address.upper(), "password": password, "nick": "Robin 👍", **where(server)})
    values = asyncio.run(XmppBridge.set_up(person, tmp_path))
    assert set(values) == {setting.name for setting in XmppBridge.about.settings}
    assert values["address"] == address
    assert "let you in" in person.said[-1]
    assert not [text for text in person.said if password in text]


def test_a_wrong_password_is_asked_for_again(server: Prosody, tmp_path: Path) -> None:
    address, password = server.account("robin")
    person = Person({"address": address, "password": ["wrong", password], **where(server)})
    assert asyncio.run(XmppBridge.set_up(person, tmp_path))["password"] == password


def test_after_three_wrong_passwords_it_ends_with_a_sentence(server: Prosody, tmp_path: Path) -> None:
    address, _ = server.account("robin")
    person = Person({"address": address, "password": "wrong", **where(server)})
    with pytest.raises(BadSetting):
        asyncio.run(XmppBridge.set_up(person, tmp_path))


def test_an_account_is_made_on_a_server_that_makes_them(server: Prosody, tmp_path: Path) -> None:
    taken = server.account("taken")[0].partition("@")[0]
    name = f"new-{taken}"
    person = Person({"server": "localhost", "name": [taken, name], "password": "a long one", **where(server)}, 1)
    values = asyncio.run(XmppBridge.set_up(person, tmp_path))
    assert values["address"] == f"{name}@localhost"
    assert [text for text in person.said if "this name already" in text]

    async def logs_in() -> None:
        world = XmppWorld(server, tmp_path, values, "localhost")
        async with Seat(world) as seat:
            assert seat.bridge.health.state is State.CONNECTED

    asyncio.run(logs_in())


def test_a_component_is_tried_and_its_lines_are_shown(server: Prosody, tmp_path: Path) -> None:
    person = Person({
        "domain": "session.localhost", "secret": ["wrong", server.secret], "owner": "robin@localhost",
        "host": "127.0.0.1", "port": str(server.component),
    })  # fmt: skip
    values = asyncio.run(XmppComponentBridge.set_up(person, tmp_path))
    assert values["secret"] == server.secret
    assert any('Component "session.localhost"' in text for text in person.said)
    assert not [text for text in person.said if server.secret in text]
