"""On a real XMPP server the owner's program shows as received what is on Session, and nothing that is only with us."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from bridges.api import Post, Posted, Receipt

from .far import FARS
from .stage import Stage, stage

HELD_BACK = 2.0
"""Seconds for which nothing gets through: more than the relay takes for anything that does."""


def test_a_message_shows_as_received_when_session_has_it_and_not_while_it_cannot_be_reached(
    tmp_path: Path, absent: Callable[[str], NoReturn]
) -> None:
    with stage(FARS["xmpp"], tmp_path, absent) as here:
        here.play(_away_and_back(here))


async def _away_and_back(here: Stage) -> None:
    friend, owner = await here.meet("Mara"), here.far.owner
    await here.world.break_network()
    id = await owner.do(Post(key="k", text="does it come?"))
    with pytest.raises(TimeoutError):
        await owner.saw(Receipt, lambda event: id in event.messages, HELD_BACK)
    await here.world.mend_network()
    await owner.saw(Receipt, lambda event: id in event.messages and not event.read)
    await friend.saw(Posted, lambda event: event.text == "does it come?", 0.1)
