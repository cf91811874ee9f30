"""The owner's side: what a relay brings Session to, on its real server, and the owner with a program of their own.

Here is what the tests ask of each network; one file for each says how.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import NoReturn

from bridges.api import AnyEvent, Posted
from bridges.contract.world import Friend
from bridges.relay.model import Mode

from .child import Seated

OWNER = "Robin"
Absent = Callable[[str], NoReturn]
"""Says that something is not on this machine."""
Heard = Callable[[], Awaitable[list[str]]]
"""What somebody got back so far."""


class Far(ABC):
    """One network. `owner` is the person; `shown` is how they find a contact there."""

    title: str
    mode: Mode
    has_pictures = keeps_pictures = True
    has_double_puppets = False
    """Whether what the owner wrote elsewhere shows as their own words."""
    file_limit: int
    """The bytes of the largest file that its server takes."""
    owner: Friend
    seated: Seated

    @property
    def name(self) -> str:
        return self.seated.name

    @abstractmethod
    async def open(self, first: Posted, contact: str) -> None:
        """Go into the chat where a contact wrote for the first time."""

    @abstractmethod
    async def called(self, contact: str) -> str:
        """What that chat is called in the owner's list."""

    async def picture(self, contact: str) -> bytes | None:
        """The picture that it has there."""
        return None

    @abstractmethod
    def seen(self) -> list[AnyEvent]:
        """Everything that the owner has seen."""

    def own_from_elsewhere(self) -> list[AnyEvent]:
        """What shows there as the owner's own words, and was written on another network."""
        return []

    async def reads(self, message: str) -> None:
        """The owner reads a message, where their program has to be told so."""
        return

    def minutes(self, events: Sequence[Posted]) -> list[str]:
        """When each was written, as far as the owner can tell: by what its text begins with, or as its program says."""
        return [event.text[1:17] if event.text.startswith("[") else "" for event in events]

    def returned(self) -> set[str]:
        """The ids of what the owner wrote and got back with an error, as their program shows it."""
        return set()

    def confirmed(self) -> set[str] | None:
        """The ids of what their program shows as received; None where the server keeps what nobody received."""
        return None

    def say_again(self, id: str, text: str) -> None:
        """Have their program send the same message again."""
        raise NotImplementedError

    @abstractmethod
    async def restart(self) -> None:
        """Stop the server, and start it again."""

    @abstractmethod
    def stranger(self, contact: str, text: str) -> AbstractAsyncContextManager[Heard]:
        """Somebody else there who writes to what stands for a contact, and listens what comes back."""

    # -- what the relay logs in with, where there is such a thing ------------------------------------------

    async def shut_out(self) -> None:
        """From now on what the relay logs in with is worth nothing."""
        raise NotImplementedError

    async def let_in(self) -> None:
        """Let it log in as before."""
        raise NotImplementedError

    def attempts(self) -> int:
        """How often it was told that it may not come in."""
        raise NotImplementedError


Fars = Callable[[Path, Absent], AbstractAsyncContextManager[Far]]


@asynccontextmanager
async def xmpp(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """A component of a Prosody: contacts are addresses."""
    _libraries(absent, "slixmpp", "aiohttp")
    from .far_xmpp import home

    async with home(folder, absent) as far:
        yield far


@asynccontextmanager
async def xmpp_rooms(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account on a Prosody: contacts are rooms."""
    _libraries(absent, "slixmpp", "aiohttp")
    from .far_xmpp import rooms

    async with rooms(folder, absent) as far:
        yield far


@asynccontextmanager
async def ejabberd(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """A component of an ejabberd: contacts are addresses."""
    _libraries(absent, "slixmpp", "aiohttp")
    from .far_xmpp import home_on_ejabberd

    async with home_on_ejabberd(folder, absent) as far:
        yield far


@asynccontextmanager
async def ejabberd_rooms(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account on an ejabberd: contacts are rooms."""
    _libraries(absent, "slixmpp", "aiohttp")
    from .far_xmpp import rooms_on_ejabberd

    async with rooms_on_ejabberd(folder, absent) as far:
        yield far


@asynccontextmanager
async def matrix(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An application service of a Synapse: contacts are accounts."""
    _libraries(absent, "nio", "aiohttp")
    from .far_matrix import home

    async with home(folder, absent) as far:
        yield far


@asynccontextmanager
async def deltachat(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account on a mail server: contacts are groups of two."""
    _libraries(absent, "deltachat_rpc_client", "deltachat_rpc_server", "pymap", "aiosmtpd")
    from .far_deltachat import home

    async with home(folder) as far:
        yield far


@asynccontextmanager
async def simplex(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    """An account of the strict double, over the WebSocket of its program: contacts are groups of two."""
    _libraries(absent, "simplex_chat", "aiohttp")
    from .far_simplex import home

    async with home(folder) as far:
        yield far


def _libraries(absent: Absent, *names: str) -> None:
    for name in names:
        if importlib.util.find_spec(name) is None:
            absent(f"{name} is not installed")


FARS: dict[str, Fars] = {"xmpp": xmpp, "matrix": matrix, "deltachat": deltachat, "simplex": simplex}
MORE: dict[str, Fars] = {"xmpp-rooms": xmpp_rooms, "ejabberd": ejabberd, "ejabberd-rooms": ejabberd_rooms}
"""Other ways to be on XMPP, for tests that take their time."""


def seated(name: str, folder: Path, settings: dict[str, str]) -> Seated:
    """A bridge that is told this, and otherwise what is usual."""
    from bridges.registry import load

    place = folder / name
    place.mkdir(mode=0o700)
    usual = {setting.name: setting.default or "" for setting in load(name).about.settings}
    return Seated(name=name, settings=usual | settings, folder=str(place))
