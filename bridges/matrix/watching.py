"""Whether the homeserver reaches us and we reach it, looked at again and again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from random import Random

from ..api import NotNow, Refused
from .calls import Calls, Denied, Trouble, path
from .missed import Missed
from .trying import Trying

SOON = 0.2  # seconds after which a homeserver has understood that it was put off


class WrongKnock(Refused):
    """The homeserver shows a token at our door that is not the one we know."""


class Watching:
    """Looks at the way between an application service, by the `id` in its registration, and its homeserver."""

    def __init__(self, calls: Calls, missed: Missed, trying: Trying, random: Random, id: str) -> None:
        self._calls, self._missed, self._trying, self._random, self._id = calls, missed, trying, random, id
        self._hurry = asyncio.Event()

    async def knock(self) -> None:
        """Wait until the homeserver has knocked at our door. Raises `WrongKnock`."""
        await self._trying.insist(self._ping)

    async def look(self, every: float) -> None:
        """See again and again whether both of us are there."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), every * self._random.uniform(0.8, 1.2))
            self._hurry.clear()
            await self.knock()
            self._missed.notice()

    async def watch(self, every: float) -> None:
        """Ask often whether the homeserver is there: no restart may go unnoticed, as it forgets things then."""
        while True:
            await asyncio.sleep(every * self._random.uniform(0.8, 1.2))
            try:
                with suppress(Denied):
                    await self._calls.ask("GET", "/_matrix/client/versions")
            except NotNow:
                self._hurry.set()

    def put_off(self) -> None:
        """The homeserver was told to come again. It waits for seconds, unless it is asked to knock."""
        self._missed.put_off()
        asyncio.get_running_loop().call_later(SOON, self._hurry.set)

    async def _ping(self) -> None:
        """Ask the homeserver to knock at our door. It says what came of it."""
        try:
            await self._calls.ask("POST", path("appservice", self._id, "ping", base="/_matrix/client/v1"), {})
        except Trouble as error:
            if error.code == "M_BAD_STATUS":
                raise WrongKnock("The homeserver knocks with another token than ours.") from error
            if error.code in {"M_CONNECTION_FAILED", "M_CONNECTION_TIMED_OUT"}:
                raise NotNow("The homeserver does not reach decamp where the registration says.") from error
            raise
        except Denied as error:
            if error.status != 404:  # an older homeserver, which cannot be asked
                raise
