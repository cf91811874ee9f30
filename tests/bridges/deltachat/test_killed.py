"""Killed again and again while it sends, the bridge has said everything, and nothing twice."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bridges.api import Posted
from bridges.contract import Seat
from bridges.contract.world import says
from tests.bridges.deltachat.friend import DeltaChatFriend
from tests.bridges.deltachat.world import Home, world_in
from tests.checks.tree import ROOT
from tests.servers.mail import MailServer


@pytest.mark.parametrize("kills", [1, pytest.param(30, marks=pytest.mark.long)])
def test_a_bridge_that_is_killed_says_everything_once(
    kills: int, server: MailServer, friend: DeltaChatFriend, tmp_path: Path
) -> None:
    rng = random.Random(kills)
    (tmp_path / "bridge").mkdir()
    home = Home(tmp_path / "bridge", server, friend)
    keys = [f"word {number} of {kills}" for number in range(8 * kills)]  # one friend hears those of both

    async def body() -> None:
        async with world_in(home) as world:
            told = {"settings": home.settings(), "folder": str(home.folder), "chat": world.chat}
            done = 0
            for turn in range(kills + 1):
                # Whoever was killed cannot know what the last one that it reported did, so it asks for it again.
                last = turn == kills
                done = await asyncio.to_thread(
                    run, tmp_path, {**told, "keys": keys[max(done - 1, 0) :]}, last, rng, done
                )
            async with Seat(world):  # mail goes slower than it is sent, and what is left goes when the bridge is back
                for key in keys:
                    await friend.saw(Posted, says(key), 90)
            heard = [event.text for event in friend.events if isinstance(event, Posted) and event.text in set(keys)]
            assert sorted(heard) == sorted(keys), "nothing twice"

    asyncio.run(body())


def run(folder: Path, told: dict[str, object], whole: bool, rng: random.Random, done: int) -> int:
    """Run the sender to its end, or kill it at a moment of chance. Returns how many it has reported in all."""
    (folder / "told.json").write_text(json.dumps(told), "utf-8")
    command = [sys.executable, "-m", "tests.bridges.deltachat.sender", str(folder / "told.json")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    start = max(done - 1, 0)
    lines = [process.stdout.readline()]
    if whole:
        lines += process.stdout.readlines()
        assert process.wait(60) == 0
    else:
        time.sleep(rng.uniform(0, 0.12))
        process.kill()
        lines += process.stdout.readlines()
        process.wait(10)
    process.stdout.close()
    return max(done, start + len([line for line in lines if line.endswith("\n")]))
