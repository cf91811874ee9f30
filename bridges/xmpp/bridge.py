"""A normal account as a bridge: how it is set up, and what it can be asked to do. listening.py is the other half."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import msgspec

from migrate.model import Handle, Network

from ..api import (
    Accept,
    AnyAction,
    BadSetting,
    Chat,
    Delete,
    Desk,
    Edit,
    Invitation,
    Limits,
    MarkDelivered,
    MarkRead,
    NotNow,
    Person,
    Post,
    Refused,
    Sent,
    SetTyping,
    Talk,
)
from . import archive, people
from .about import ACCOUNT
from .addresses import account, bare, domain, handle, local, of_link
from .contacts import PICTURE
from .hosting import Host
from .letter import read
from .login import Login
from .record import Mailed
from .rooms import RoomGone
from .stream import Declined, Stream
from .translate import Envelope

if TYPE_CHECKING:
    from .sealing import Sealing

LOST = {"not-acceptable", "item-not-found"}
"""How a room says that we are not in it; the second of a room that ejabberd no longer has."""
DESTROYED = "gone"
"""How a room says that it is no more."""


class XmppBridge(Host):
    """One account of a person, on whatever server."""

    about = ACCOUNT

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import set_up_account

        return await set_up_account(talk)

    async def start(self, desk: Desk) -> None:
        self._sealing: Sealing | None = None
        wish = desk.settings.get("omemo") or "false"
        if wish not in {"true", "false"}:
            raise BadSetting("The setting omemo has to be true or false.")
        if wish == "true" and importlib.util.find_spec("slixmpp_omemo") is None:
            raise BadSetting(
                "The setting omemo is on, and the library for it is not installed.",
                "Install it: pipx install 'decamp[xmpp,omemo]'; or set omemo to false.",
            )
        await super().start(desk)

    def _login(self) -> Login:
        settings = self._desk.settings
        return Login(
            address=account(settings["address"]),
            secret=settings["password"],
            host=settings.get("host", ""),
            port=int(settings.get("port") or 5222),
            encryption=settings.get("encryption", "auto"),
            authority=settings.get("authority", ""),
            device=f"decamp-{self._desk.random_bytes(4).hex()}",
        )

    async def chats(self) -> AsyncIterator[Chat]:
        self._connected()
        for address in sorted({*self._contacts.listed, *([self._owner] if self._owner else ())}):
            yield self._contacts.chat(address)
        for room in self._rooms.values():
            yield room.chat

    async def _picture(self, address: str) -> AsyncIterator[bytes]:
        card = await people.card_of(self._connected(), address)
        if card.picture is None:
            raise Refused("There is no picture any more.")
        yield card.picture

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        return self._picture(ref.removeprefix(PICTURE)) if ref.startswith(PICTURE) else super().fetch(ref)

    # -- encryption ----------------------------------------------------------------------------------------

    @property
    def limits(self) -> Limits:
        """A reaction cannot be encrypted; a line that says it can."""
        limits = super().limits
        return msgspec.structs.replace(limits, reactions=frozenset()) if self._feed and self._encrypts else limits

    async def _serve(self, stream: Stream) -> None:
        if not self._encrypts:
            await super()._serve(stream)
            return
        from .sealing import Sealing

        try:
            async with Sealing.on(stream, self._desk.folder, self._desk.now) as self._sealing:
                await super()._serve(stream)
        finally:
            self._sealing = None

    async def _arrive(self, stream: Stream) -> None:
        await super()._arrive(stream)
        if self._sealing is not None:
            await self._sealing.caught_up()

    async def _readable(self, message: Element) -> Element:
        return message if self._sealing is None else await self._sealing.open(message)

    async def _sealed(self, chat: str, message: Element) -> Element:
        """What goes over the line: never in the clear where encryption is on, whatever the reason."""
        if not self._encrypts:
            return message
        if self._sealing is None:
            raise NotNow("There is no connection to the server.")
        return await self._sealing.close(message, chat)

    # -- what goes -----------------------------------------------------------------------------------------

    async def act(self, chat: str, action: AnyAction) -> Sent:
        if isinstance(action, Accept):
            self._connected()
            self._let_in(bare(chat))
            return Sent()
        room = self._rooms.get(chat)
        if room is None and self._encrypts:
            _refuse_open(action)
        if room is not None and room.nick is None:
            await self._enter(self._connected(), room)
        return await super().act(chat, action)

    def _envelope(self, chat: str, action: AnyAction) -> Envelope:
        if not local(chat) and chat != domain(self._who.address):
            raise Refused("There is no such chat.", "`decamp bridge chats` shows those that there are.")
        return Envelope(to=chat, room=chat in self._rooms)

    async def _mail(self, chat: str, message: Element) -> str:
        stream, id = self._connected(), message.get("id", "")
        if chat not in self._rooms:
            await stream.deliver(await self._sealed(chat, message))
            return id
        room = self._rooms[chat]
        entered_at = room.entered_at
        self._under_way.add(id)
        try:
            back = await stream.expect(lambda one: one.get("id") == id and bare(one.get("from", "")) == chat, message)
        finally:
            self._under_way.discard(id)
        letter = read(back)
        why = letter.error.partition(":")[0] if letter.error is not None else ""
        if why in LOST or why == DESTROYED:
            if room.entered_at == entered_at:  # else we are in again already
                room.nick = None  # it has lost us: the next attempt goes in first
            if why == DESTROYED:  # in this moment: otherwise we would have been told, and not be in it
                raise RoomGone(chat, why)
            raise NotNow("The room has lost us.")
        if letter.error is not None:
            raise Refused(f"The room did not take it: {letter.error}.")
        return letter.number(chat) or id

    async def _is_there(self, mailed: Mailed) -> str | None:
        in_room = mailed.chat in self._rooms
        try:
            number = await archive.find(
                self._connected(), self._who.address, mailed.chat, in_room, mailed.id, mailed.began_at - 3_600_000
            )
        except Declined as error:
            if error.condition in archive.MISSING:
                return None
            raise NotNow(str(error)) from None
        return number if in_room or number is None else mailed.id

    # -- invitations and moving ----------------------------------------------------------------------------

    async def invite(self, contact: Person) -> Invitation:
        """XEP-0379: a token that lets whoever has it into our list unasked, once. Works on every server."""
        token = self._desk.random_bytes(18).hex()
        self._record.invite(token, self._desk.now())
        link = f"{handle(self._who.address).address}?roster;preauth={token}"
        return Invitation(id=token, link=link, one_time=True)

    async def withdraw(self, invitation: str) -> None:
        self._record.redeem(invitation)

    async def publish(self, text: str, moved_to: Sequence[Handle] = ()) -> None:
        stream, me = self._connected(), self._who.address
        await people.describe(stream, me, text)
        elsewhere = next((of_link(one.address) for one in moved_to if one.network is Network.XMPP), None)
        if elsewhere is not None and elsewhere != me:
            await people.say_moved(stream, me, elsewhere)


def _refuse_open(action: AnyAction) -> None:
    """Raises `Refused` for what could only go in the clear."""
    match action:
        case Post(files=()) | Edit() | Delete() | MarkRead() | MarkDelivered() | SetTyping():
            return
        case Post():
            what = "files"
        case _:
            what = "reactions"
    raise Refused(
        f"This chat is encrypted (OMEMO), and {what} cannot be encrypted here.",
        "Nothing was sent. Send it by another program, or set omemo to false.",
    )
