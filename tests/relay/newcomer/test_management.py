"""The chat that a newcomer has with the relay, on each real network: it answers its owner, and nobody else at all."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from bridges.api import Posted
from migrate import __version__

from .places import everywhere
from .scene import Stage, play

FIRST, HELD_BACK, STRANGE = "Ana, I moved.", "While it stood still.", "It is me, from the choir."


async def management(stage: Stage) -> None:
    run = await stage.sets_up_and_adds()
    place = stage.place
    with stage.running(run) as relay:
        await stage.is_up(relay)
        await stage.relay_says("help", "status: how each side is doing")
        await stage.relay_says("version", f"decamp {__version__}")
        await place.strange_words("version")
        await stage.relay_says("status", f"{place.bridge}: connected")
        assert "Mara" not in await stage.relay_says("contacts an", "Ana")
        assert "Ana" not in await stage.relay_says("list", "everybody on session")
        await place.strange_words("start Mara")
        # somebody who has not written
        await stage.relay_says("start Ana", "is being made")
        first = await place.owner.saw(Posted, lambda event: "on Session." in event.text)
        await stage.owner_answers(first, FIRST)
        assert (await stage.reads(stage.ana, FIRST)).reply_to is None, "they have not seen what it answers"
        await stage.relay_says("list", "Ana:")
        # one link stands still
        await stage.relay_says("pause Ana", "stands still")
        await place.strange_words("resume Ana")
        await stage.writes(stage.ana, HELD_BACK)
        await stage.holds_back(1)
        await stage.relay_says("status", "1 held back")
        await stage.relay_says("resume Ana", "goes on")
        await stage.owner_reads(HELD_BACK)
        # somebody on Session whom the owner does not know
        await stage.writes(stage.zoe, STRANGE)
        asked = await place.owner.saw(Posted, lambda event: f"would like to write to you: {STRANGE}" in event.text)
        accept = re.findall(r"accept \d+", asked.text)[0]
        await place.strange_words(accept)
        await stage.relay_says(accept, "may write to you now")
        await stage.owner_reads(STRANGE)
        assert await relay.is_stopped(signal.SIGTERM) == 0
    assert place.heard_by_stranger() == []
    assert [stage.heard(one) for one in (stage.mara, stage.ana, stage.zoe)] == [[], [FIRST], []]


@everywhere(quick="xmpp-component")
def test_the_relay_answers_its_owner_and_nobody_else(
    network: str, tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    play(network, tmp_path, absent, management)
