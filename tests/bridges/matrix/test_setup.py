"""Setting up ends in a login that works, or says what is wrong, and keeps no password."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from bridges.about import Setting
from bridges.api import BadSetting, Desk, State
from bridges.matrix.about import is_on
from bridges.matrix.appservice import AppserviceBridge
from bridges.matrix.bridge import MatrixBridge
from bridges.matrix.finding import checked_user
from bridges.matrix.finding import homeserver as found
from tests.servers.synapse import Synapse


class Answers:
    """A person with answers to each question, in order."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self._answers = {name: iter(said) for name, said in answers.items()}
        self.heard: list[str] = []

    async def ask(self, setting: Setting) -> str:
        return next(self._answers.get(setting.name, iter(())), setting.default or "")

    async def choose(self, question: str, choices: Sequence[str]) -> int:
        raise AssertionError(question)

    async def confirm(self, question: str) -> bool:
        self.heard.append(question)
        return True

    def say(self, text: str) -> None:
        self.heard.append(text)


def test_a_password_ends_in_a_login_that_connects(homeserver: Synapse, tmp_path: Path) -> None:
    user = homeserver.user("setter")
    talk = Answers(
        homeserver=[homeserver.url],
        user=[user.id, user.id],
        password=["not it", user.password],
        owner=["@me:localhost"],
    )

    async def story() -> None:
        values = await MatrixBridge.set_up(talk, tmp_path)
        assert set(values) == {setting.name for setting in MatrixBridge.about.settings}
        assert user.password not in str(values)
        assert user.password not in str(talk.heard)
        bridge = MatrixBridge()
        now, folder = (lambda: time.time_ns() // 1_000_000), tmp_path
        await bridge.start(Desk(values, folder, now, Random(1), os.urandom))
        async for _ in bridge.events():
            if bridge.health.state is State.CONNECTED:
                break
        assert bridge.me.id == user.id
        await bridge.stop()

    asyncio.run(story())
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in kept if user.password.encode() in path.read_bytes()]
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_a_wrong_password_is_asked_for_three_times_and_then_no_more(homeserver: Synapse, tmp_path: Path) -> None:
    user = homeserver.user("setter")
    talk = Answers(homeserver=[homeserver.url], user=[user.id] * 3, password=["a", "b", "c"])
    with pytest.raises(BadSetting, match="did not work"):
        asyncio.run(MatrixBridge.set_up(talk, tmp_path))
    assert len(talk.heard) == 3


def test_the_registration_is_written_for_its_owner_only(tmp_path: Path) -> None:
    answers = {
        "homeserver": ["http://127.0.0.1:8008"], "server": ["example.org"], "owner": ["@me:example.org"],
        "listen": ["127.0.0.1:29333"], "prefix": ["session_"],
    }  # fmt: skip
    talk = Answers(**answers)
    values = asyncio.run(AppserviceBridge.set_up(talk, tmp_path))
    assert set(values) == {setting.name for setting in AppserviceBridge.about.settings}
    assert values["as_token"] != values["hs_token"]
    file = tmp_path / "registration.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert values["hs_token"] in file.read_text()
    assert values["as_token"] not in str(talk.heard)
    assert "restarted" in talk.heard[-1], "what comes next works only then"
    again = asyncio.run(AppserviceBridge.set_up(Answers(**answers), tmp_path))
    assert again["as_token"] == values["as_token"], "the homeserver may have the file already"


@pytest.mark.parametrize(("said", "on"), [("true", True), ("yes", True), ("false", False), ("no", False)])
def test_a_switch_is_on_or_off_as_people_say(said: str, *, on: bool) -> None:
    assert is_on(said) is on


@pytest.mark.parametrize(
    "named", ["http://example.org", "ftp://example.org", "https://", "https://a:b@example.org", "a b", "exa/mple"]
)
def test_a_token_is_sent_to_nothing_that_is_no_homeserver(named: str) -> None:
    with pytest.raises(BadSetting):
        asyncio.run(found(named))


def test_a_name_leads_to_where_the_server_says(homeserver: Synapse) -> None:
    assert asyncio.run(found(f"127.0.0.1:{homeserver.port}")) == homeserver.url


@pytest.mark.parametrize("user", ["alice", "@alice", "alice:example.org", "@a b:example.org", "@" + "a" * 300 + ":b"])
def test_half_an_address_is_not_taken_for_a_whole_one(user: str) -> None:
    with pytest.raises(BadSetting):
        checked_user(user)
