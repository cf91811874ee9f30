"""A newcomer types what docs/relay.md says, on real servers, and talks with a friend who stayed."""

from __future__ import annotations

import asyncio
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from prometheus_client.parser import text_string_to_metric_families

from tests.patience import PATIENCE

from . import page
from .places import PLACES, everywhere
from .scene import Stage, play

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
        assert states(told) == {"session": "connected", stage.place.bridge: "connected"}
        assert relayed(told) == {"session": 1, stage.place.bridge: 1}
        assert "connected" in await stage.desk.does("decamp relay status")
        assert await relay.is_stopped(signal.SIGTERM) == 0
    assert not (await stage.status())["running"]
    await stage.writes(stage.mara, LATER)
    with stage.running(f"{run} --status-port 0") as relay:
        page = await relay.says(r"http://127\.0\.0\.1:\d+")
        await stage.owner_reads(LATER)
        await stage.is_up(relay)
        await comes_to(page, {"session": (1, 1), stage.place.bridge: (1, 2)})
        code, health = await asyncio.to_thread(asked, f"{page}/health")
        assert code == 200, health
        assert await relay.is_stopped(signal.SIGINT) == 130
    assert stage.world.words not in "".join(stage.desk.screens)


def states(told: dict[str, Any]) -> dict[str, str]:
    return {side["name"]: side["state"] for side in told["status"]["sides"]}


def relayed(told: dict[str, Any]) -> dict[str, int]:
    """How many messages went out to each side."""
    [link] = told["status"]["links"]
    return dict(link["relayed"])


async def comes_to(page: str, wanted: dict[str, tuple[int, int]]) -> None:
    """The owner may read a message before the relay is told that it arrived."""
    async with asyncio.timeout(PATIENCE):
        while await asyncio.to_thread(measured, page) != wanted:  # noqa: ASYNC110  it is in another process
            await asyncio.sleep(0.05)


def asked(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return answer.status, answer.read().decode()


def measured(page: str) -> dict[str, tuple[int, int]]:
    """Whether each side is connected, and what went out to it, as the parser of Prometheus itself reads it."""
    _, text = asked(f"{page}/metrics")
    found = {family.name: family for family in text_string_to_metric_families(text)}
    connected = {one.labels["bridge"]: int(one.value) for one in found["decamp_relay_connected"].samples}
    sent = {"direction": "out", "result": "sent"}
    out = {
        one.labels["bridge"]: int(one.value)
        for one in found["decamp_relay_messages"].samples
        if one.labels.items() >= sent.items()
    }
    return {bridge: (connected[bridge], out[bridge]) for bridge in connected}


@everywhere(quick="simplex")
def test_a_newcomer_gets_from_nothing_to_a_relay_that_runs(
    network: str, tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    play(network, tmp_path, absent, day_one)
