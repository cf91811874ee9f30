"""Watches over the bridges: how each is doing, what the owner has to know of it, and those that only seem to work."""

from __future__ import annotations

import asyncio
from logging import getLogger
from typing import TYPE_CHECKING

from migrate.errors import DecampError

from ..state import Health, State
from .tidy import whole

if TYPE_CHECKING:
    from .run import Relay

log = getLogger("decamp.relay")
EVERY = 30.0
QUIET = 300.0  # seconds of a send without an answer, or of silence, after which a connected bridge is looked at
PATIENCE = 60.0  # seconds for it to answer when it is
LONG = 600.0  # seconds of an interruption, after which the owner is told


class Watch:
    """One look at all bridges now and then."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._health: dict[str, Health] = {}
        self._since: dict[str, float] = {}
        self._heard: dict[str, float] = {}
        self._told: set[str] = set()
        self.reconnects: dict[str, int] = {}

    def heard(self, name: str) -> None:
        """Something came from a bridge, or it answered."""
        self._heard[name] = self._relay.clock.steady()

    def forget(self, name: str) -> None:
        """Somebody wants to know anew how it is: what was said of it is said again."""
        self._health.pop(name, None)

    def note(self, name: str, health: Health) -> bool:
        """Note how a bridge is. What passes is told only when it lasts; what needs a person, at once.

        Returns whether it is news.
        """
        relay, before, health = self._relay, self._health.get(name), whole(health)
        if before is not None and (before.state, before.said, before.todo) == (health.state, health.said, health.todo):
            return False
        self._health[name] = health
        log.info("%s: %s. %s", name, health.state, health.said)
        if health.state is State.CONNECTED:
            self.heard(name)
            self._since.pop(name, None)
            self.reconnects[name] = self.reconnects.get(name, -1) + 1
            if name in self._told:
                self._told.discard(name)
                relay.owner.tell(f"{name} is connected again.")
        elif health.state is not State.STOPPED:
            self._since.setdefault(name, relay.clock.steady())
            if health.state.is_final:
                self._told.add(name)
                said = f"{name} has stopped: {health.state}. {health.said} {health.todo}".strip()
                relay.owner.tell(f"{said} `retry {name}` starts it again.")
        self._write(name)
        return True

    async def run(self) -> None:
        while True:
            await self._relay.clock.sleep(EVERY)
            self._relay.follow()
            for name in list(self._since):
                self._tell_what_lasts(name)
            for name in list(self._relay.bridges):
                await self._look(name)

    def _tell_what_lasts(self, name: str) -> None:
        gone, health = self._relay.clock.steady() - self._since[name], self._health[name]
        if gone > LONG and name not in self._told:
            self._told.add(name)
            said = f"{name} is not connected for {int(gone / 60)} minutes. {health.said} {health.todo}"
            self._relay.owner.tell(said.strip())

    async def _look(self, name: str) -> None:
        """Start a bridge again that says that it is connected, and neither takes, says, nor answers anything."""
        relay, steady = self._relay, self._relay.clock.steady()
        if relay.connected(name) is None:
            return
        self._write(name)
        hangs = steady - relay.lanes.under_way.get(name, steady) > QUIET
        is_quiet = steady - max(self._heard.get(name, steady), relay.lanes.answered.get(name, 0.0)) > QUIET
        if hangs or (is_quiet and not await self._answers(name)):
            log.warning("%s says that it is connected, and does not answer: it is started again.", name)
            relay.restart(name)

    def _write(self, name: str) -> None:
        """For the status, which another process may ask for."""
        relay = self._relay
        relay.store.note_health(
            name, self._health[name], relay.lanes.last_success.get(name), self.reconnects.get(name, 0)
        )

    async def _answers(self, name: str) -> bool:
        """Whether a bridge still says something when asked for its chats."""
        bridge = self._relay.bridges[name]
        try:
            async with asyncio.timeout(PATIENCE):
                async for _ in bridge.chats():
                    break
        except (TimeoutError, DecampError, OSError):
            return False
        except Exception:  # outermost: other people's code, which must not take the other bridges down
            log.exception("The bridge %s broke when it was asked for its chats.", name)
            return False
        self.heard(name)
        return True
