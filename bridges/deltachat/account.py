"""One account while Delta Chat's program has it open: every method with the account's number said, and its record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from ..api import NotNow, Refused
from .core import Core, CoreError, CoreGone
from .native import PENDING, Contact, Message, Place, Room, Someone
from .record import Begun, Record

T = TypeVar("T")


class Gone(CoreError):
    """Delta Chat has no such message or chat any more."""


@dataclass(frozen=True, slots=True)
class Account:
    """What runs, which of its accounts it is, and what is remembered of it."""

    core: Core
    number: int
    record: Record
    named: dict[int, float] = field(default_factory=dict)
    """When the name of a group was last told to those in it, by the clock of the loop."""

    async def ask(self, kind: type[T], method: str, *words: object) -> T:
        return await self.core.ask(kind, method, self.number, *words)

    async def tell(self, method: str, *words: object) -> None:
        await self.core.tell(method, self.number, *words)

    async def do(self, kind: type[T], method: str, *words: object) -> T:
        """The same for what was asked of the bridge. Raises `NotNow` or `Refused`."""
        try:
            return await self.ask(kind, method, *words)
        except CoreGone as error:
            raise NotNow("Delta Chat's program has just ended.") from error
        except CoreError as error:
            raise Refused(str(error)) from error

    async def message(self, id: int) -> Message:
        """One message. Raises `Gone`."""
        return await self._look(Message, "get_message", id)

    async def place(self, chat: int) -> Place:
        """A chat by its number. Raises `Gone`."""
        return await self._look(Place, "get_basic_chat_info", chat)

    async def room(self, chat: int) -> Room:
        """A chat with everybody in it. Raises `Gone`."""
        return await self._look(Room, "get_full_chat_by_id", chat)

    async def contact(self, id: int) -> Contact:
        """Somebody by their number. Raises `Gone`."""
        return await self._look(Contact, "get_contact", id)

    async def timer(self, chat: int) -> int:
        """The seconds after which messages of a chat disappear. Raises `Gone`."""
        return await self._look(int, "get_chat_ephemeral_timer", chat)

    async def _look(self, kind: type[T], method: str, id: int) -> T:
        try:
            return await self.ask(kind, method, id)
        except CoreGone:
            raise
        except CoreError as error:
            raise Gone from error

    async def link(self) -> str:
        """The link with which people come to this account. Each call of Delta Chat makes another one, so it is kept."""
        link = self.record.kept("link")
        if link is None:
            link = await self.ask(str, "get_chat_securejoin_qr_code", None)
            self.record.keep("link", link)
        return link

    async def settle(self) -> None:
        """Find what an earlier run had sent and was killed before it could write that down.

        Delta Chat writes a message down first, and puts it among those to be sent next. Killed in between, it would
        keep it for ever. Putting it there again does no harm: it goes under the same Message-ID, and is shown once.
        """
        for key, part, begun in self.record.unsettled():
            message = await self._lost(begun)
            if message is None:
                self.record.abandon(key, part)
                continue
            if message.state == PENDING:
                await self.tell("resend_messages", [message.id])
            self.record.done(key, part, message.id)

    async def _lost(self, begun: Begun) -> Message | None:
        """The oldest message of ours that was made after another one, and that has no key."""
        for id in await self.ask(list[int], "get_message_ids", begun.chat, False, False):
            if id > begun.after and self.record.key_of(id) is None:
                message = await self.message(id)
                if message.from_id == Someone.SELF and not message.is_info:
                    return message
        return None
