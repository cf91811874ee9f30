"""How the bridge says that it is doing, what it asks of a network that is not there, and what cannot work."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from bridges.api import BadSetting, NotNow, Post, Posted, State
from bridges.contract import Seat
from bridges.contract.world import says
from bridges.session.bridge import SessionBridge, pause_after
from migrate.session.mnemonic import decode
from tests.bridges.session.friend import this_moment, until
from tests.bridges.session.world import direct
from tests.speed import slowness


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"words": "one two three"}, "no recovery password"),
        ({"words": ""}, "no recovery password"),
        ({"every": "often"}, "seconds"),
        ({"every": "0"}, "seconds"),
        ({"proxy": "http://127.0.0.1:1"}, "proxy"),
        ({"standin": "nowhere.json"}, "stand-in"),
    ],
)
def test_what_cannot_work_is_said_at_once_and_without_secrets(
    settings: dict[str, str], said: str, tmp_path: Path
) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            desk = world.desk()
            bridge = SessionBridge()
            with pytest.raises(BadSetting, match=said) as caught:
                await bridge.start(replace(desk, settings={**desk.settings, **settings}))
            words = settings.get("words", "").split()
            assert not [word for word in words if word in str(caught.value).split()]
            assert bridge.health.state is State.STOPPED
            await bridge.stop()

    asyncio.run(story())


def test_a_network_that_is_gone_is_asked_ever_more_rarely(tmp_path: Path) -> None:
    """With the pauses that everybody has: a hundred thousand such programs must not keep it from coming back."""

    async def story() -> None:
        async with direct(tmp_path) as world, Seat(world) as seat:
            await world.break_network()
            began = time.process_time()
            before = world.standin.connections + len(world.standin.requests)
            await seat.reaches(State.INTERRUPTED)
            with pytest.raises(NotNow):
                await seat.bridge.send(world.chat, Post(key="k", text="hello?"))
            asked = world.standin.connections + len(world.standin.requests) - before
            assert asked < 150, f"{asked} connections and requests"
            assert time.process_time() - began < 5 * slowness()
            assert "answer" in seat.bridge.health.said or "reached" in seat.bridge.health.said
            assert seat.bridge.health.todo

    asyncio.run(story())


def test_pauses_grow_up_to_a_quarter_of_an_hour_and_are_never_the_same() -> None:
    pauses = [pause_after(failures, 3, Random(1)) for failures in (0, 1, 2, 5, 8, 100_000)]
    assert pauses == sorted(pauses)
    assert 2 < pauses[0] < 4
    assert 600 < pauses[-1] <= 900 * 1.25
    assert len({pause_after(9, 3, Random(seed)) for seed in range(10)}) == 10


@pytest.mark.usefixtures("hurry")
def test_without_nodes_it_tries_again_and_comes_back_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failures: list[int] = []

    def soon(number: int, every: float, random: Random) -> float:
        failures.append(number)
        return 0.01

    async def story() -> None:
        async with direct(tmp_path) as world:
            await world.break_network()
            monkeypatch.setattr("bridges.session.bridge.pause_after", soon)
            async with Seat(world, until=State.INTERRUPTED) as seat:
                await until(lambda: len(failures) > 3)
                await world.mend_network()
                await seat.reaches(State.CONNECTED)
                assert failures == list(range(len(failures)))
                await world.friend.do(Post(key="1", text="back"))
                await seat.saw(Posted, says("back"))

    asyncio.run(story())


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("hours", [-3, 3])
def test_a_wrong_clock_here_harms_nobody(hours: int, tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            world.clock = lambda: this_moment() + hours * 3_600_000
            async with Seat(world) as seat:
                sent = await seat.bridge.send(world.chat, Post(key="1", text="what time is it?"))
                there = await world.friend.saw(Posted, says("what time is it?"))
                assert sent.sent_at == there.sent_at
                assert abs(there.sent_at - this_moment()) < 60_000

    asyncio.run(story())


def test_something_nobody_foresaw_ends_the_bridge_alone_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async def story() -> None:
        async with direct(tmp_path) as world:
            monkeypatch.setattr("bridges.session.record.Record.keep_look", full)
            async with Seat(world, until=State.FAILED) as seat:
                assert "disk is full" in seat.bridge.health.said
                assert seat.bridge.health.todo

    asyncio.run(story())


def test_what_the_bridge_keeps_is_for_its_owner_and_holds_no_secret(tmp_path: Path) -> None:
    async def story() -> None:
        async with direct(tmp_path) as world:
            async with Seat(world) as seat:
                await seat.bridge.send(world.chat, Post(key="k", text="marker-7d1e"))
            kept = [path for path in (tmp_path / "bridge").iterdir() if path.is_file()]
            assert kept
            for path in kept:
                assert path.stat().st_mode & 0o077 == 0, path.name
                data, seed = path.read_bytes(), bytes(decode(world.words))
                secrets = [b"marker-7d1e", seed, seed.hex().encode(), *map(str.encode, world.secrets)]
                assert not [secret for secret in secrets if secret in data], path.name

    asyncio.run(story())
