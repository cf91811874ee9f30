"""What happens to the account, as events: each message once, in the order of its number, whatever wakes us up.

The numbers of messages grow. A message whose file is still on its way has its number already, and is told later; the
cursor therefore is the highest number that was looked at, and the few below it that wait: `120-118-97`.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from ..api import AnyEvent, Changed, Chat, Deleted, Desk, Failed, Joined, Person, Receipt, Renamed, State
from ..feed import Feed
from . import groups, translate
from .account import Account, Gone
from .core import CoreGone
from .login import Trouble, connection
from .native import Contact, Happened, Message, ReadBy, Someone
from .record import Invited, Told, digest
from .translate import Setting

GONE_SOON_MS = 60_000  # a message that disappears about now does so by itself, and nobody has taken it back
ALL_DONE = 1000
"""The progress of somebody who has come."""


@dataclass(slots=True)
class Mark:
    """How far we are: `high` was looked at, and so was everything before it but `waiting`. Below 0: nowhere yet."""

    high: int = -1
    waiting: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, cursor: str | None) -> Mark:
        numbers = [int(one) for one in (cursor or "").split("-") if one.isascii() and one.isdigit()]
        return cls(numbers[0], set(numbers[1:])) if numbers else cls()

    def __str__(self) -> str:
        return "-".join(str(one) for one in [self.high, *sorted(self.waiting)])


class Hearing:
    """One account, from the start of Delta Chat's program to its end."""

    def __init__(
        self,
        account: Account,
        desk: Desk,
        feed: Feed,
        mark: Mark,
        *,
        owner: int | None,
        me: Person,
        sending: asyncio.Lock,
    ) -> None:
        self._account, self._record = account, account.record
        self._desk, self._feed, self._mark, self._sending = desk, feed, mark, sending
        self._owner, self._me = owner, me
        self._address = desk.settings["address"].strip()
        self._chats: dict[int, Chat] = {}
        self._people: dict[int, Person] = {}
        self._timers: dict[int, int] = {}
        self._ours_until = 0
        self._may_push = True

    async def begin(self) -> None:
        """Find the place to go on from. Without a cursor it is now."""
        account, mark = self._account, self._mark
        is_first = mark.high < 0
        if is_first:
            mark.high = int(await account.core.config(account.number, "last_msg_id") or 0)
        else:
            await account.tell("set_config", "last_msg_id", str(mark.high))
        there = await account.ask(list[int], "get_next_msgs")
        self._ours_until = max([mark.high, *there])
        if is_first:
            mark.high = self._ours_until
            await account.tell("set_config", "last_msg_id", str(mark.high))
            self._feed.add(Changed(health=self._feed.health, cursor=str(mark)))
        else:
            for invited in self._record.used_since(mark.high):
                with suppress(Gone):
                    await self._came(invited, invited.contact or Someone.INFO)
        for invited, contact in await groups.came_unseen(account, self._owner):
            with suppress(Gone):
                await self._arrived(invited, contact)

    async def listen(self, until: Happened) -> None:
        """Yield all that happens. Raises `Trouble` when only a person can help, `CoreGone` when the program ended."""
        await self._catch_up()
        while (event := await self._account.core.news.get()) is not until:
            if event is None:
                raise CoreGone
            try:
                await self._hear(event)
            except Gone:
                continue  # what it was about has been deleted meanwhile, which is told by itself

    async def _hear(self, event: Happened) -> None:
        match event.kind:
            case "ConnectivityChanged" | "SmtpMessageSent":
                await self._look(sent=event.kind == "SmtpMessageSent")
            case "IncomingMsg" | "EventChannelOverflow":
                await self._catch_up()
            case "MsgsChanged":
                await self._catch_up()
                await self._changed(event.msg_id)
            case "ReactionsChanged" if event.contact_id != Someone.SELF:
                await self._reacted(event)
            case "MsgDeleted":
                await self._deleted(event.msg_id)
            case "MsgFailed":
                await self._failed(event)
            case "MsgRead":
                await self._was_read(event)
            case "ChatModified":
                self._chats.pop(event.chat_id, None)
            case "ChatEphemeralTimerModified":
                self._timers.pop(event.chat_id, None)
            case "ContactsChanged":
                await self._renamed(event.contact_id)
            case "SecurejoinInviterProgress" if event.progress == ALL_DONE:
                await self._joined(event)

    # -- messages ------------------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        """Everything that we have not looked at, oldest first."""
        there = await self._account.ask(list[int], "get_next_msgs")
        news = [id for id in there if id > self._mark.high]  # its own mark goes back where one is marked read meanwhile
        for id in [*sorted(self._mark.waiting), *news]:
            self._mark.high = max(self._mark.high, id)
            self._mark.waiting.discard(id)
            with suppress(Gone):  # deleted meanwhile, with its chat or without
                message = await self._account.message(id)
                if not message.is_whole:
                    self._mark.waiting.add(id)
                elif (event := await self._event(message)) is not None:
                    await self._feed.put(event)
        if there:
            await self._account.tell("set_config", "last_msg_id", str(self._mark.high))

    async def _event(self, message: Message) -> AnyEvent | None:
        if message.chat_id <= Someone.LAST_SPECIAL or message.from_id == Someone.DEVICE:
            return None
        own, key = message.from_id == Someone.SELF, None
        if own:
            async with self._sending:  # what is being sent has its number written down then
                key = self._record.key_of(message.id)
            if key is not None and message.id > self._ours_until:
                return None
        at = await self._setting(message, key)
        event = translate.event(message, at)
        if event is not None and not own and not message.is_info:
            self._tell(message, at)
        return event

    async def _setting(self, message: Message, key: str | None = None) -> Setting:
        chat = await self._chat(message.chat_id)
        sender = self._me
        if message.from_id != Someone.SELF:
            await self._meet(message.sender)
            sender = translate.person(message.sender, message.override_sender_name)
        about = None
        if message.is_info and message.info_contact_id is not None and message.info_contact_id != Someone.SELF:
            about = await self._person(message.info_contact_id)
        return Setting(
            chat=chat, sender=sender, cursor=str(self._mark), key=key, about=about,
            expires=await self._timer(message.chat_id),
        )  # fmt: skip

    def _tell(self, message: Message, at: Setting) -> None:
        gone_at = self._desk.now() + at.expires * 1000 if at.expires else None
        told = digest(message.text)
        self._record.tell(
            Told(id=message.id, chat=message.chat_id, sender=message.from_id, digest=told, gone_at=gone_at)
        )

    async def _changed(self, id: int) -> None:
        """An edit is told more than once, and as one of many reasons why a message may have changed."""
        told = self._record.told(id)
        if told is None:
            return
        message = await self._account.message(id)
        if message.is_edited and digest(message.text) != told.digest:
            at = await self._setting(message)
            self._tell(message, at)
            await self._feed.put(translate.edited(message, at, self._desk.now()))

    async def _deleted(self, id: int) -> None:
        told = self._record.told(id)
        if told is None:
            return  # one of ours, or one that nobody here has seen
        self._record.forget(id)
        if told.gone_at is None or self._desk.now() < told.gone_at - GONE_SOON_MS:
            sender = await self._person(told.sender)
            await self._feed.put(Deleted(chat=await self._chat(told.chat), sender=sender, message=str(id)))

    async def _reacted(self, event: Happened) -> None:
        message = await self._account.message(event.msg_id)
        at = Setting(chat=await self._chat(event.chat_id), sender=await self._person(event.contact_id), cursor="")
        await self._feed.put(translate.reacted(message, event.contact_id, at))

    async def _failed(self, event: Happened) -> None:
        message = await self._account.message(event.msg_id)
        if not message.is_info:
            reason = message.error or "The mail server did not take it."
            await self._feed.put(Failed(chat=await self._chat(event.chat_id), message=str(event.msg_id), reason=reason))

    async def _was_read(self, event: Happened) -> None:
        readers = await self._account.ask(list[ReadBy], "get_message_read_receipts", event.msg_id)
        if readers:
            reader, chat = await self._person(readers[-1].contact_id), await self._chat(event.chat_id)
            await self._feed.put(Receipt(chat=chat, sender=reader, messages=(str(event.msg_id),), read=True))

    # -- people and places ---------------------------------------------------------------------------------

    async def _chat(self, id: int) -> Chat:
        if id not in self._chats:
            room = await self._account.room(id)
            self._chats[id] = translate.chat(room, room.contact_ids)
        return self._chats[id]

    async def _timer(self, chat: int) -> int:
        if chat not in self._timers:
            self._timers[chat] = await self._account.timer(chat)
        return self._timers[chat]

    async def _person(self, id: int) -> Person:
        if id not in self._people:
            self._people[id] = translate.person(await self._account.contact(id))
        return self._people[id]

    async def _renamed(self, id: int) -> None:
        """Somebody may have another name or picture now. Those of whom we have told nothing do not matter."""
        if id in self._people:
            await self._meet(await self._account.contact(id))

    async def _meet(self, contact: Contact) -> None:
        """A message may show a new name before Delta Chat says that there is one."""
        before, now = self._people.get(contact.id), translate.person(contact)
        self._people[contact.id] = now
        if before is not None and before != now:
            await self._feed.put(Renamed(person=now))

    async def _joined(self, event: Happened) -> None:
        """Somebody came by a link of ours: the chat tells which one it was."""
        invited = self._record.invitation(event.chat_id)
        if invited is not None and invited.state == "open":
            await self._arrived(invited, event.contact_id)
        else:
            person = await self._person(event.contact_id)
            await self._feed.put(Joined(chat=await self._chat(event.chat_id), person=person))

    async def _arrived(self, invited: Invited, contact: int) -> None:
        async with self._sending:  # it may be withdrawn just now
            await groups.arrived(self._account, invited, contact, self._owner, self._mark.high)
        await self._came(invited, contact)

    async def _came(self, invited: Invited, contact: int) -> None:
        chat, person = await self._chat(invited.chat), await self._person(contact)
        await self._feed.put(Joined(chat=chat, person=person, invitation=str(invited.chat)))

    # -- the connection ------------------------------------------------------------------------------------

    async def _look(self, *, sent: bool) -> None:
        """How it is connected now. A server that lets nobody in is asked no more."""
        incoming, outgoing = await connection(self._account.core, self._account.number, self._address)
        if isinstance(incoming, Trouble):
            if incoming.state.is_final:
                raise incoming
            self._feed.change(incoming.state, str(incoming), incoming.hint)
        elif incoming is State.CONNECTED:
            self._may_push |= sent or self._feed.health.state is not State.CONNECTED
            self._feed.change(State.CONNECTED)
            if outgoing:
                await self._push()
        elif self._feed.health.state is State.CONNECTED:
            self._feed.change(State.CONNECTING, "It connects to the mail server again.")

    async def _push(self) -> None:
        """Have what could not be sent tried again at once, since the server is there.

        Delta Chat sends over a connection that the server may have closed since, for one after a restart; then it waits
        for half a minute, and after each failure longer, without an end. It gives a message up at the seventh attempt:
        so this is done once after each success, and whenever the server was away.
        """
        if self._may_push:
            self._may_push = False
            await self._account.core.tell("maybe_network")
