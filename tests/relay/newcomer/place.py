"""What a newcomer does on any network, with a program of their own, and what somebody else does there."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NoReturn

from bridges.api import Post, Posted
from bridges.contract.world import Friend
from tests.patience import PATIENCE

from .terminal import Command

OWNER = "Robin"
WITH_RELAY = "decamp"
"""What the chat with the relay is called, where it is made."""
Absent = Callable[[str], NoReturn]


class Place(ABC):
    """One network, as the newcomer who owns the relay and as somebody else there sees it."""

    bridge: str
    shared = False
    """Whether all contacts are in one chat, in which answers are replies."""
    owner: Friend
    stranger: Friend

    @abstractmethod
    async def set_up(self, command: Command) -> None:
        """Answer what `decamp bridge setup` asks."""

    @abstractmethod
    async def go_to(self, chat: str) -> None:
        """Have the owner's program open a chat by its id there."""

    @abstractmethod
    async def go_to_relay(self) -> None:
        """Have it open the chat with the relay itself."""

    async def is_called(self, seen: Posted) -> str:
        """Who wrote a message, as the owner's program shows it."""
        return seen.sender.name

    @abstractmethod
    async def strange_words(self, text: str) -> None:
        """Have somebody else write to the relay."""

    @abstractmethod
    def heard_by_stranger(self) -> list[str]:
        """Everything that this ever brought them."""

    async def says(self, text: str) -> None:
        """The owner writes in the chat that is open."""
        await self.owner.do(Post(key=text, text=text))


def needs(absent: Absent, *libraries: str) -> None:
    for name in libraries:
        if importlib.util.find_spec(name) is None:
            absent(f"{name} is not installed")


async def known(look: Callable[[], object], seconds: float = PATIENCE) -> str:
    """What is looked for, once the owner's program has heard of it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "It does not appear."
        await asyncio.sleep(0.02)
    return str(found)
