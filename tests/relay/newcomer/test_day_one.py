"""A newcomer types what docs/relay.md says, on real servers, and talks with a friend who stayed."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from . import page
from .places import PLACES
from .scene import Stage, play

QUICK = ("simplex", "xmpp-component")
HELLO, ANSWER, LATER = "Are you still there?", "I am, from elsewhere.", "And now?"


def test_the_page_shows_every_network_in_under_ten_lines() -> None:
    assert set(page.bridges()) == {network.partition(":")[0] for network in PLACES}
    for bridge in PLACES:
        assert 4 <= len(page.lines(bridge)) < 10


async def day_one(stage: Stage) -> None:
    run = await stage.sets_up_and_adds()
    assert run == "decamp relay run"
    with stage.running(run) as relay:
        await stage.is_up(relay)
        await stage.writes(stage.mara, HELLO)
        seen = await stage.owner_reads(HELLO)
        assert (await stage.place.is_called(seen)).startswith("Mara")
        await stage.owner_answers(seen, ANSWER)
        await stage.reads(stage.mara, ANSWER)
        told = await stage.status()
        assert told["running"]
        assert {side["name"]: side["state"] for side in told["status"]["sides"]} == {
            "session": "connected", stage.place.bridge: "connected",
        }  # fmt: skip
        assert await relay.is_stopped(signal.SIGTERM) == 0
    await stage.writes(stage.mara, LATER)
    with stage.running(run) as relay:
        await stage.owner_reads(LATER)
        assert await relay.is_stopped(signal.SIGINT) == 130
    assert stage.world.words not in "".join(stage.desk.screens)


@pytest.mark.parametrize(
    "network", [one if one in QUICK else pytest.param(one, marks=pytest.mark.long) for one in PLACES]
)
def test_a_newcomer_gets_from_nothing_to_a_relay_that_runs(
    network: str, tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    play(network, tmp_path, absent, day_one)
