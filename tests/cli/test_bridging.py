"""What counts as a bridge that is set up, what its questions mean, and how long one is looked at."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from bridges.api import About, Desk, Setting, SettingKind, State
from bridges.memory import MemoryBridge, Room
from bridges.registry import every, load
from bridges.simplex.bridge import SimplexBridge
from migrate.cli import bridging
from migrate.cli.bridging import NotSetUp, desk, is_set_up, keep, running, say_what_leaves, settings_of
from migrate.cli.run import Options, Run
from migrate.cli.talking import Terminal, trouble_with
from migrate.cli.ui import Ui
from migrate.model import Network
from tests.cli.conftest import Decamp, said

KEY = Setting(name="key", help="A key.", example="x", kind=SettingKind.SECRET)
PLACE = Setting(name="place", help="A place.", example="x")
SIZE = Setting(name="size", help="A size.", example="1", default="1")


class Picky(MemoryBridge):
    """One that has to be told something."""

    about: ClassVar[About] = About(
        name="picky", title="Picky", network=Network.WEB, summary="", settings=(PLACE, SIZE, KEY)
    )


class Silent(MemoryBridge):
    """One that is told a secret and nothing else."""

    about: ClassVar[About] = About(name="silent", title="Silent", network=Network.WEB, summary="", settings=(KEY,))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run({"DECAMP_HOME": str(tmp_path)}, Options())


def test_a_bridge_with_defaults_for_everything_is_not_set_up_before_somebody_did_it(run: Run) -> None:
    assert all(setting.default is not None for setting in SimplexBridge.about.settings)
    assert not is_set_up(run, SimplexBridge)
    with pytest.raises(NotSetUp, match="has not been set up"):
        settings_of(run, SimplexBridge)
    keep(run, SimplexBridge, {"name": "Relay", "port": "5225"}, keyring=False)
    assert is_set_up(run, SimplexBridge)
    assert settings_of(run, SimplexBridge)["port"] == "5225"


def test_the_list_of_bridges_says_so_too(decamp: Decamp) -> None:
    listed = {one["name"]: one["set_up"] for one in said(decamp("bridge", "list", "--json"))["bridges"]}
    assert listed["simplex"] is False


def test_what_is_missing_is_named(run: Run) -> None:
    run.settings.set("bridge.picky", "size", "2")
    with pytest.raises(NotSetUp, match="The bridge picky lacks its place and key") as caught:
        settings_of(run, Picky)
    assert caught.value.hint == "Run: decamp bridge setup picky"
    keep(run, Picky, {"place": "here", "size": "2", "key": "k"}, keyring=False)
    assert settings_of(run, Picky) == {"place": "here", "size": "2", "key": "k"}


def test_a_bridge_that_is_told_only_secrets_needs_no_section(run: Run) -> None:
    assert not is_set_up(run, Silent)
    keep(run, Silent, {"key": "k"}, keyring=False)
    assert is_set_up(run, Silent)


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("xmpp", {"address": "robin@example.org", "password": "pw-4"}, "logs in at example.org as robin@example.org."),
        ("xmpp", {"address": "robin@example.org", "host": "192.0.2.7"}, "logs in at 192.0.2.7 as robin@example.org."),
        ("matrix", {"homeserver": "https://me:pw-4@example.org:8448", "token": "pw-4"}, "logs in at example.org:8448."),
        ("deltachat", {"address": "robin@example.org", "imap_server": "imap.example.org", "password": "pw-4"},
         "logs in at imap.example.org as robin@example.org."),
        ("simplex", {"transport": "program", "host": "127.0.0.1"}, "logs in at 127.0.0.1."),
        ("simplex", {"transport": "library", "host": "127.0.0.1", "database_key": "pw-4"}, "connects to SimpleX."),
        ("session", {"words": "pw-4"}, "a seed and the first node on the way see your address"),
        ("session", {"words": "pw-4", "direct": "true"}, "With --direct the nodes"),
    ],
)  # fmt: skip
def test_what_leaves_the_machine_is_said_before_it_does(
    run: Run, name: str, settings: dict[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = load(name)
    say_what_leaves(run, bridge, desk(run, bridge, settings))
    told = " ".join(capsys.readouterr().err.split())
    assert words in told
    assert "pw-4" not in told


def test_whoever_only_presses_enter_gets_what_a_bridge_says_is_usual() -> None:
    for one in every():
        for setting in one.bridge.about.settings if one.bridge else ():
            if setting.default is not None:
                assert trouble_with(setting, setting.default) is None, (one.name, setting.name)


@pytest.mark.usefixtures("somebody_there")
def test_enter_at_a_question_is_what_is_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """At Session's switch it says nothing, so that what stands under [network] counts: it is no "false"."""
    asked = {
        (one.name, setting.name): setting
        for one in every() if one.bridge
        for setting in one.bridge.about.settings if setting.default is not None and not setting.is_secret
    }  # fmt: skip
    assert asked["session", "direct"].default == ""
    for of, setting in asked.items():
        monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
        assert asyncio.run(Terminal(Ui()).ask(setting)) == setting.default, of


@pytest.mark.usefixtures("somebody_there")
def test_a_switch_can_still_be_set_either_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (direct,) = (setting for setting in load("session").about.settings if setting.name == "direct")
    for typed, meant in (("1\n", ""), ("2\n", "false"), ("3\n", "true")):
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        assert asyncio.run(Terminal(Ui()).ask(direct)) == meant
    assert "1  left empty" in capsys.readouterr().err


class Hindered(MemoryBridge):
    """One that cannot connect, says so again and again, and comes through at last if it is to."""

    comes_through: ClassVar[bool] = False

    async def start(self, desk: Desk) -> None:
        await super().start(desk)
        assert self._feed is not None
        self._feed.change(State.INTERRUPTED, "Nothing answers.")
        self._trying = asyncio.create_task(self._try())

    async def _try(self) -> None:
        assert self._feed is not None
        for _ in range(3):
            await asyncio.sleep(0)
            self._feed.change(State.INTERRUPTED, "Nothing answers.")
        if self.comes_through:
            self._feed.change(State.CONNECTED)

    async def stop(self) -> None:
        await self._trying
        await super().stop()


def looked_at(run: Run, bridge: MemoryBridge) -> State:
    """Its state, when there was enough of looking."""
    Room("kitchen")

    async def look() -> State:
        async with running(bridge, desk(run, MemoryBridge, {"room": "kitchen", "name": "Robin"})) as health:
            return health.state

    return asyncio.run(asyncio.wait_for(look(), 60))


def test_whoever_looks_hears_soon_that_nothing_answers(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bridge would go on trying; only the pause before further attempts is waited for, not a minute."""
    monkeypatch.setattr(bridging, "PATIENCE", 3600.0)
    monkeypatch.setattr(bridging, "SECOND_CHANCE", 0.01)
    assert looked_at(run, Hindered()) is State.INTERRUPTED


def test_a_bridge_that_comes_through_at_a_later_attempt_counts_as_connected(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridging, "SECOND_CHANCE", 3600.0)
    monkeypatch.setattr(Hindered, "comes_through", True)
    assert looked_at(run, Hindered()) is State.CONNECTED


def test_what_a_bridge_goes_without_is_said_with_what_to_install(
    decamp: Decamp, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SimpleX works without the libraries for photos and voice notes: nothing is refused, and nobody has to guess."""
    run = Run({"DECAMP_HOME": environ["DECAMP_HOME"]}, Options())
    keep(run, SimplexBridge, {"name": "Relay", "port": "0"}, keyring=False)  # which ends it before it connects
    assert "media" not in decamp("bridge", "check", "simplex").stderr
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tinytag" else found(name))
    for command in ("check", "setup"):
        told = " ".join(decamp("bridge", command, "simplex").stderr.split())
        assert "simplex goes without previews of photos, pictures of chats and the length of voice notes." in told
        assert "pipx install 'decamp[media]'" in told
    assert load("simplex") is SimplexBridge, "it is no trouble"
