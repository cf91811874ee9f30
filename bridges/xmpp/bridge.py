"""A normal account as a bridge: how it is set up, and what it can be asked to do. listening.py is the other half."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from migrate.model import Handle, Network

from ..api import (
    Accept,
    AnyAction,
    Chat,
    Invitation,
    NotNow,
    Person,
    Refused,
    Sent,
    Talk,
)
from . import archive, people
from .about import ACCOUNT
from .addresses import account, bare, domain, handle, local, of_link
from .contacts import PICTURE
from .letter import read
from .listening import Listener
from .login import Login
from .record import Mailed
from .stream import Declined
from .translate import Envelope


class XmppBridge(Listener):
    """One account of a person, on whatever server."""

    about = ACCOUNT

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import set_up_account

        return await set_up_account(talk)

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
        for address in sorted(self._contacts.listed):
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

    # -- what goes -----------------------------------------------------------------------------------------

    async def act(self, chat: str, action: AnyAction) -> Sent:
        if isinstance(action, Accept):
            self._connected()
            self._let_in(bare(chat))
            return Sent()
        room = self._rooms.get(chat)
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
            await stream.deliver(message)
            return id
        self._under_way.add(id)
        try:
            back = await stream.expect(lambda one: one.get("id") == id and bare(one.get("from", "")) == chat, message)
        finally:
            self._under_way.discard(id)
        letter = read(back)
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
