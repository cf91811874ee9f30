"""The chats that a person means: chosen by name from those there are, never by an address found by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import DecampError, WrongWords
from ..model import short_id
from .bridging import BridgeBusy, desk, exit_code, held, running
from .relay_setup import Relaying
from .run import Run
from .ui import Ui, plain

if TYPE_CHECKING:
    from bridges.api import Bridge, Chat, Limits, Person

MOST = 60
"""Chats that an error lists; a question lists all of them."""


class NoSuchChat(DecampError):
    """There is no chat with this name."""

    exit_code = 2


class NotConnected(DecampError):
    """A bridge could not be asked for its chats."""

    def __init__(self, name: str, said: str, hint: str, code: int) -> None:
        super().__init__(f"The bridge {name} does not connect. {said}".strip(), hint or "Run `decamp bridge check`.")
        self.exit_code = code


@dataclass(frozen=True, slots=True)
class Word:
    """`matrix` means a bridge, `matrix:#books` a chat there; `matrix:` one that is chosen from a list."""

    bridge: str
    chat: str | None = None

    @staticmethod
    def read(text: str) -> Word:
        """What somebody typed."""
        bridge, colon, chat = text.partition(":")
        if not bridge:
            raise WrongWords(f"{text!r} names no bridge.", 'It goes like this: matrix, or matrix:"Book club".')
        return Word(bridge.strip(), chat.strip() if colon else None)


class Line:
    """A bridge to choose a chat on: connected, or known only by what a running relay has seen there."""

    def __init__(self, name: str, bridge: Bridge | None, chats: Sequence[Chat]) -> None:
        self.name, self._bridge, self.chats = name, bridge, list(chats)

    @property
    def limits(self) -> Limits:
        """What its server allows."""
        from bridges.api import Limits

        return self._bridge.limits if self._bridge is not None else Limits()

    async def no_chats(self) -> DecampError | None:
        """Why its server does not let us make chats; None where it does, or where only the relay can ask it."""
        from bridges.api import Refused

        try:
            if self._bridge is not None:
                await self._bridge.try_chats()
        except Refused as error:
            return error
        return None

    async def make(self, title: str, person: Person | None, whose: str) -> Chat:
        """A new chat, named after what it stands for, or the one that was made for it before."""
        if self._bridge is None:
            raise BridgeBusy(f"The relay runs, and no chat can be made on {self.name} meanwhile.")
        return await self._bridge.open_chat(title, person, whose=whose)


@asynccontextmanager
async def line(run: Run, relaying: Relaying, name: str) -> AsyncIterator[Line]:
    """Connect to a bridge for as long as it takes to choose. Raises what keeps it from connecting."""
    seat = relaying.seat(run, name)
    bridge = seat.ready()
    with ExitStack() as stack:
        try:
            stack.enter_context(held(run, name))
        except BridgeBusy:
            known = [chat for place, chat in relaying.store.portals.chats() if place.bridge == name]
            if not known:
                raise
            run.ui.note(f"Something else uses {name} now: only chats that the relay has seen there can be chosen.")
            yield Line(name, None, known)
            return
        one = bridge()
        # With the cursor of the relay: what comes meanwhile still comes when the relay runs.
        async with running(one, desk(run, bridge, seat.values, relaying.store.cursor(name))) as health:
            if code := exit_code(health):
                raise NotConnected(name, health.said, health.todo, code)
            yield Line(name, one, [chat async for chat in one.chats()])


def pick(ui: Ui, at: Line, wanted: str) -> Chat:
    """The chat with this name: its whole name, or a part of it that no other has. Else the person chooses."""
    chats = sorted(at.chats, key=lambda chat: (chat.title.casefold(), chat.id))
    sought = wanted.casefold()
    found = [chat for chat in chats if chat.title.casefold() == sought or chat.id == wanted]
    found = found or [chat for chat in chats if sought in chat.title.casefold()]
    if len(found) == 1:
        return found[0]
    if not chats:
        raise NoSuchChat(f"There is no chat on {at.name} yet.", "Write to somebody there first, or join a room.")
    if ui.interactive:
        question = f"Which chat on {at.name}" if found else f"No chat on {at.name} is called so. Which do you mean"
        return (found or chats)[ui.choose(question, [described(chat) for chat in found or chats])]
    listed = "; ".join(described(chat) for chat in (found or chats)[:MOST])
    more = f"; and {len(found or chats) - MOST} more" if len(found or chats) > MOST else ""
    if found and wanted:
        raise NoSuchChat(f"Several chats on {at.name} are called like {wanted!r}: {listed}{more}.", _HOW)
    raise NoSuchChat(f"No chat on {at.name} is called {wanted!r}." if wanted else f"Which chat on {at.name}?",
                     f"There are: {listed}{more}.")  # fmt: skip


_HOW = "Write more of the name, or run the command at a terminal and choose from the list."


def described(chat: Chat) -> str:
    """A chat in a list: enough to tell two with one name apart."""
    return f"{plain(chat.title)} ({chat.kind}, {plain(short_id(chat.person or chat.id))})"
