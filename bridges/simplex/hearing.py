"""What comes from SimpleX, each thing once: live, and what its program took in while we were away.

The cursor is `tops`, the highest entry that was yielded of each chat, and `timers`, after how many seconds messages
disappear there, where they do. A chat that is not in it is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ..api import AnyEvent, Asked, Chat, Deleted, Edited, Failed, Joined, Left, Person, Reacted, Renamed, Timer
from . import commands, translate
from .core import Core
from .record import Record
from .wire import Contact, Entry, Group, Info, Item, Listed, Request, Said

FIRST_PAGE = 100
TIMER = "timer "  # before a chat, in the cursor
Yield = Callable[[AnyEvent], None]


class Hearing:
    """The ear of one bridge, over all its connections."""

    def __init__(self, cursor: str | None, record: Record, tell: Yield, now: Callable[[], int]) -> None:
        noted = msgspec.json.decode(cursor, type=dict[str, int]) if cursor else {}
        self._timers = {at.removeprefix(TIMER): value for at, value in noted.items() if at.startswith(TIMER)}
        self._tops = {at: value for at, value in noted.items() if not at.startswith(TIMER)}
        self._is_new = cursor is None
        self._caught: dict[str, int] = {}
        self._record, self._tell, self._now = record, tell, now
        self.highest = max(self._tops.values(), default=0)
        self.me = Person(id="")

    @property
    def cursor(self) -> str:
        timers = {f"{TIMER}{chat}": seconds for chat, seconds in self._timers.items() if seconds}
        return msgspec.json.encode(self._tops | timers).decode()

    # -- what there was while we were away ------------------------------------------------------------------

    async def catch_up(self, core: Core, user: int) -> None:
        """Yield what came since the cursor; the first time of all, only note where it ends."""
        every = await every_chat(core, user)
        requests = (listed.chat_info.contact_request for listed in every)
        self._forget_requests(request for request in requests if request is not None)
        for listed in every:
            if listed.chat_info.contact_request is not None:
                self._asked(listed.chat_info.contact_request)
                continue
            contact, where = listed.chat_info.contact, translate.chat(listed.chat_info)
            if where is None or (contact is not None and not contact.is_here and where.id not in self._tops):
                continue
            last = max((item.meta.item_id for item in listed.chat_items), default=0)
            self.highest = max(self.highest, last)
            if self._is_new:
                self._tops[where.id] = last
            else:
                self._meet(listed.chat_info)
                if last > self._tops[where.id]:
                    for item in await items_after(core, where.id, self._tops[where.id]):
                        self._entry(Entry(chat_info=listed.chat_info, chat_item=item), where)
            self._caught[where.id] = max(last, self._tops[where.id])
        self._is_new = False

    def _forget_requests(self, waiting: Iterable[Request]) -> None:
        """Drop those that were answered: anybody can ask, and all that we know is in every cursor."""
        there = {translate.stranger(request).id for request in waiting}
        self._tops = {at: top for at, top in self._tops.items() if not at.startswith(translate.REQUEST) or at in there}

    # -- what comes -----------------------------------------------------------------------------------------

    def hear(self, said: Said) -> None:
        """Yield what an event means. Those that mean nothing to us are passed over."""
        match said.type:
            case "newChatItems":
                for entry in said.chat_items:
                    self._new(entry)
            case "chatItemUpdated" if said.chat_item is not None:
                self._edited(said.chat_item)
            case "chatItemsDeleted" if not said.timed:
                for one in said.chat_item_deletions:
                    self._deleted(one.deleted_chat_item, by_us=said.by_user)
            case "groupChatItemsDeleted" if said.group_info is not None:
                self._group_deleted(said.group_info, said)
            case "chatItemReaction":
                self._reacted(said)
            case "chatItemsStatusesUpdated":
                for entry in said.chat_items:
                    self._status(entry)
            case "sndFileError" if said.chat_item_ is not None:
                self._not_sent(said.chat_item_)
            case _:
                self._people(said)

    def _people(self, said: Said) -> None:
        """Who came, went, or is called something else."""
        match said.type:
            case "contactConnected" if said.contact is not None:
                self._meet(Info(type="direct", contact=said.contact))
            case "receivedContactRequest" if said.contact_request is not None:
                self._asked(said.contact_request)
            case "contactUpdated" if said.to_contact is not None:
                self._renamed(said.from_contact, said.to_contact)
            case "groupUpdated" if said.to_group is not None:
                if said.from_group is None or said.from_group.title != said.to_group.title:
                    self._yield(Renamed(chat=translate.group(said.to_group)))
            case "contactDeletedByContact" if said.contact is not None:
                self._yield(Left(chat=translate.direct(said.contact), person=translate.person(said.contact)))
            case "joinedGroupMember" if said.group_info is not None and said.member is not None:
                who = translate.member(said.group_info, said.member)
                self._yield(Joined(chat=translate.group(said.group_info), person=who))
            case "leftMember" | "deletedMember" if said.group_info is not None:
                gone = said.deleted_member or said.member
                if gone is not None:
                    who = translate.member(said.group_info, gone)
                    self._yield(Left(chat=translate.group(said.group_info), person=who))
            case _:
                return

    def _new(self, entry: Entry) -> None:
        where = translate.chat(entry.chat_info)
        number = entry.chat_item.meta.item_id
        self.highest = max(self.highest, number)
        if where is None or number <= self._caught.get(where.id, 0):
            return  # what waited for us was found in the chat already
        self._meet(entry.chat_info)
        self._entry(entry, where)

    def _entry(self, entry: Entry, where: Chat) -> None:
        item = entry.chat_item
        timer = translate.timer(entry, where, self.me)
        if timer is not None:
            self._timer(timer, item)
            return
        event = translate.posted(entry, where, self.me, self._now())
        self._tops[where.id] = max(item.meta.item_id, self._tops.get(where.id, 0))
        if event is None:
            return
        if event.own and self._record.recognise(where.id, translate.mark_of(item), item.meta.item_id):
            return  # whoever sent it knows
        self._yield(event)

    def timer_is(self, chat: str, seconds: int) -> None:
        """We have set it ourselves: what holds now is news no more, and what others make of it is."""
        self._timers[chat] = seconds

    def _timer(self, timer: Timer, item: Item) -> None:
        """Yield it where it is news: SimpleX also says what holds whenever somebody comes."""
        where = timer.chat.id
        self._tops[where] = max(item.meta.item_id, self._tops.get(where, 0))
        before, self._timers[where] = self._timers.get(where, 0), timer.seconds
        if before != timer.seconds and not item.chat_dir.is_ours:
            self._yield(timer)

    def _meet(self, info: Info) -> None:
        """Yield that somebody came, once, and by which link of ours (recipe, section 6)."""
        where = translate.chat(info)
        if where is None or where.id in self._tops:
            return
        self._tops[where.id] = 0
        contact = info.contact
        if contact is not None:
            self._yield(Joined(chat=where, person=translate.person(contact), invitation=invitation(contact)))

    def _asked(self, request: Request) -> None:
        who = translate.stranger(request)
        if who.id in self._tops:
            return
        self._tops[who.id] = 0
        if not self._is_new:
            self._yield(Asked(chat=Chat(id=who.id, title=who.name or who.id, person=who.id), person=who))

    def _renamed(self, before: Contact | None, after: Contact) -> None:
        old, new = before and translate.person(before), translate.person(after)
        if old != new:
            self._yield(Renamed(person=new))

    def _edited(self, entry: Entry) -> None:
        where = translate.chat(entry.chat_info)
        if where is None or entry.chat_item.meta.item_id > self._tops.get(where.id, 0):
            return  # it is yet to be yielded, as it is now
        new = translate.posted(entry, where, self.me, self._now())
        if new is not None and not new.notice:
            change = Edited(
                chat=where, sender=new.sender, message=new.id, text=new.text, sent_at=self._now(), own=new.own
            )
            self._yield(change)

    def _deleted(self, entry: Entry, *, by_us: bool) -> None:
        where = translate.chat(entry.chat_info)
        if where is None:
            return
        one = entry.chat_item.chat_dir.group_member
        who = translate.sender(entry.chat_info, one, self.me, ours=by_us or entry.chat_item.chat_dir.is_ours)
        self._yield(Deleted(chat=where, sender=who, message=str(entry.chat_item.meta.item_id), own=by_us))

    def _group_deleted(self, group: Group, said: Said) -> None:
        other = translate.member(group, said.member_) if said.member_ else None
        who = self.me if said.by_user else other
        for number in said.chat_item_ids:
            self._yield(Deleted(chat=translate.group(group), sender=who, message=str(number), own=said.by_user))

    def _reacted(self, said: Said) -> None:
        where = translate.chat(said.reaction.chat_info) if said.reaction else None
        if said.reaction is None or where is None:
            return
        one, info = said.reaction.chat_reaction, said.reaction.chat_info
        ours = one.chat_dir.is_ours
        self._yield(Reacted(
            chat=where, sender=translate.sender(info, one.chat_dir.group_member, self.me, ours=ours),
            message=str(one.chat_item.meta.item_id), emojis=(translate.emoji_in(one.reaction.emoji),),
            change=Reacted.Change.ADDED if said.added else Reacted.Change.REMOVED, own=ours,
        ))  # fmt: skip

    def _not_sent(self, entry: Entry) -> None:
        where = translate.chat(entry.chat_info)
        if where is not None:
            number = str(entry.chat_item.meta.item_id)
            self._yield(Failed(chat=where, message=number, reason="SimpleX could not send the file."))

    def _status(self, entry: Entry) -> None:
        where = translate.chat(entry.chat_info)
        if where is None:
            return
        receipt, reason = translate.receipt(entry, where), translate.failure(entry)
        if receipt is not None:
            self._yield(receipt)
        elif reason is not None:
            self._yield(Failed(chat=where, message=str(entry.chat_item.meta.item_id), reason=reason))

    def _yield(self, event: AnyEvent) -> None:
        self._tell(msgspec.structs.replace(event, cursor=self.cursor))


def invitation(contact: Contact) -> str | None:
    """The id of the invitation that somebody used: the number of its link, which was for one contact of ours."""
    noted = contact.profile.local_alias.startswith(translate.ALIAS) or translate.NOTE in (contact.custom_data or {})
    return str(contact.active_conn.conn_id) if contact.active_conn is not None and noted else None


async def every_chat(core: Core, user: int) -> tuple[Listed, ...]:
    """All chats, each with its last entry: one long answer, because pages of it are not for sure."""
    count = 1000
    while len(listed := (await core.ask(commands.chats(user, count))).chats) >= count:
        count *= 4
    return listed


async def items_after(core: Core, chat: str, after: int) -> list[Item]:
    """The entries of a chat that are newer than one, oldest first."""
    count = FIRST_PAGE
    while True:
        found = (await core.ask(commands.items(chat, count))).chat
        items = sorted(found.chat_items if found else (), key=lambda item: item.meta.item_id)
        if len(items) < count or items[0].meta.item_id <= after:
            return [item for item in items if item.meta.item_id > after]
        count *= 4
