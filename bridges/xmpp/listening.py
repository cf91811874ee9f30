"""The listening half of an account: what is there when it comes, what comes then, and who it is from."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from xml.etree.ElementTree import Element

import msgspec

from ..api import (
    Asked,
    Changed,
    Desk,
    Edited,
    Failed,
    Joined,
    Moved,
    Person,
    Renamed,
)
from . import elements as x
from . import people, rooms, translate
from .addresses import bare, domain, handle, local, resource
from .archive import Kept
from .attending import Attendant
from .contacts import Contacts
from .elements import element, find, name_of
from .letter import Letter, read, unwrap
from .rooms import Room
from .stream import Declined, Stream
from .translate import Place


class Listener(Attendant):
    """Hears everything that reaches an account: direct chats, rooms, and whoever knocks."""

    async def start(self, desk: Desk) -> None:
        self._contacts = Contacts(lambda person: self.feed.add(Renamed(person=person)))
        self._under_way: set[str] = set()
        await super().start(desk)

    @property
    def me(self) -> Person:
        return Person(id=self._who.address, name=self._desk.settings.get("nick") or local(self._who.address))

    # -- a new connection ----------------------------------------------------------------------------------

    async def _arrive(self, stream: Stream) -> None:
        """Find out who and what there is, say that we are here, and catch up. What comes meanwhile waits."""
        known = set(self._kept)
        with suppress(Declined):
            await self._ask("set", None, element(x.CARBONS, "enable"))
        self._contacts.listed.clear()
        self._contacts.note(find(await self._ask("get", None, element(x.ROSTER, "query")), x.ROSTER, "query"))
        await self._depot.find(stream, domain(self._who.address))
        self._caught_up.clear()
        bookmarked = await rooms.bookmarks(stream, self._who.address, self._nick())
        self._rooms = {one.address: one for one in (*bookmarked, *self._own_rooms())}
        stream.tell(element(x.CLIENT, "presence"))
        await self._meet_owner(stream)
        await self._catch_up(stream, self._who.address)
        await self._enter_all(stream)
        if set(self._kept) != known:  # an archive that was never read: the next run goes on from here
            self.feed.add(Changed(health=self.health, cursor=self._cursor()))

    async def _meet_owner(self, stream: Stream) -> None:
        """Ask the owner, once, to have us in their list, as everybody has there whom they write with."""
        if self._owner and self._owner not in self._contacts.listed:
            self._let_in(self._owner)

    # -- what comes ----------------------------------------------------------------------------------------

    async def _hear(self, stanza: Element) -> None:
        if name_of(stanza)[1] == "presence":
            await self._notice(stanza)
            return
        copy = unwrap(stanza, self._who.address)
        letter = read(await self._readable(copy[0] if copy else stanza))
        if copy and letter.type == "groupchat":
            return  # rooms send to each device by themselves
        place = bare(letter.from_) if letter.type == "groupchat" else self._who.address
        if place in self._waiting:
            self._waiting[place].append(stanza)
            return
        if place in self._rooms and self._rooms[place].nick is None:
            return  # it is read when we are in again
        number = letter.number(place)
        if number is None or (place, number) not in self._caught_up:
            await self._understand(letter, place, number, live=True)

    async def _understand(self, letter: Letter, place: str, number: str | None, *, live: bool) -> None:
        """Yield what a message means, once, with the place in the archive up to which all is told then."""
        me, room = self._who.address, self._rooms.get(place)
        in_room = letter.type == "groupchat"
        if in_room and room is None:
            return
        servers = (place, domain(me)) if live else ("", place)
        stamp = letter.stamp(*servers)
        sent_at = stamp or self._desk.now()
        shown_again = False
        if room is not None:
            room.heard_at = self._desk.now()
            if not room.is_archived and number is None and letter.id:
                known = self._record.room_id(place, resource(letter.from_), letter.id)
                number, shown_again = letter.id, stamp is not None and known is not None
        if number:
            self._kept[place] = Kept(last=number, at=sent_at)
        own = self._is_ours(letter, room)
        mailed = self._record.mailed(letter.id) if own else None
        if in_room and number and letter.id:
            self._record.note_room_id(place, resource(letter.from_), letter.id, number)
        if mailed is not None:
            if mailed.native is not None or mailed.id in self._under_way:
                return
            self._record.arrived(mailed.id, number if in_room and number else mailed.id)
        if shown_again:  # because we came in again
            return
        if letter.error is not None:
            self._came_back(letter)
            return
        id = (number if in_room else letter.id) or number or _made_up(letter, sent_at)
        chat = room.chat if room else self._contacts.chat(self._other(letter, own=own))
        found = Place(
            chat=chat, sender=self._sender(letter, room, own=own), id=id, sent_at=sent_at, own=own, live=live,
            key=mailed.key if mailed else None, cursor=self._cursor() if number else None,
        )  # fmt: skip
        if not in_room and not own and self._is_strange(chat.id):
            if letter.body or letter.files:
                self.feed.add(Asked(chat=chat, person=found.sender, text=letter.body, cursor=found.cursor))
            return
        await self._tell(letter, found, room)

    async def _tell(self, letter: Letter, found: Place, room: Room | None) -> None:
        about = letter.replaces or letter.retracts
        if about and not found.own and self._is_not_theirs(found.chat.id, about, room):
            return  # somebody who changes words that are not theirs
        if letter.retracts and room is not None and self._is_anothers(letter, letter.retracts, room):
            return  # no server looks at who takes back what; a moderator does it in the room's own name
        for event in translate.events(letter, found):
            if isinstance(event, Edited) and room is not None:
                name = self._record.room_id(room.address, resource(letter.from_), event.message) or event.message
                event = msgspec.structs.replace(event, message=name)
            await self.feed.put(event)

    def _is_ours(self, letter: Letter, room: Room | None) -> bool:
        if room is not None and room.made is not None:
            mailed, me = self._record.mailed(letter.id), self._who.address
            return (mailed is not None and mailed.chat == room.address) or self._whose(letter, room) == me
        if room is not None:
            return room.nick is not None and resource(letter.from_) == room.nick
        return bare(letter.from_) == self._who.address

    def _is_not_theirs(self, chat: str, id: str, room: Room | None) -> bool:
        own = self._record.mailed(id) is not None or self._record.own_id(chat, id) is not None
        return own if room is None else False

    def _is_anothers(self, letter: Letter, id: str, room: Room) -> bool:
        author, by = self._record.room_author(room.address, id), resource(letter.from_)
        return room.made is None and bool(by) and author is not None and author != by

    def _is_strange(self, chat: str) -> bool:
        who = bare(chat)
        known = (
            who in self._contacts.listed
            or who in {self._who.address, domain(self._who.address), self._owner}
            or who in self._rooms
        )
        return not known and not self._record.wrote_to(chat)

    def _came_back(self, letter: Letter) -> None:
        """A message of ours that could not be delivered after all."""
        mailed = self._record.mailed(letter.id)
        if mailed is not None and bare(letter.from_) == bare(mailed.chat):
            chat = self._rooms[mailed.chat].chat if mailed.chat in self._rooms else self._contacts.chat(mailed.chat)
            self.feed.add(Failed(chat=chat, message=mailed.native or mailed.id, reason=letter.error or "unknown"))

    def _other(self, letter: Letter, *, own: bool) -> str:
        """The other side of a direct chat: an account, or one person in a room who writes to us alone."""
        other = letter.to if own else letter.from_
        return other if bare(other) in self._rooms else bare(other)

    # -- people --------------------------------------------------------------------------------------------

    def _sender(self, letter: Letter, room: Room | None, *, own: bool) -> Person:
        if own:
            return self.me
        if room is not None and room.made is not None and resource(letter.from_):
            return Person(id=self._whose(letter, room), name=resource(letter.from_))
        if room is not None:
            return Person(id=letter.from_, name=resource(letter.from_) or room.title)
        other = self._other(letter, own=False)
        if resource(other):
            return Person(id=other, name=resource(other))
        self._contacts.meet(self._connected_or_coming(), other)
        return self._contacts.person(other, letter.nick)

    async def _notice(self, presence: Element) -> None:
        who, kind = bare(presence.get("from", "")), presence.get("type")
        room = self._rooms.get(who)
        if room is not None:
            await self._notice_in_room(room, presence)
        elif kind == "subscribe":
            await self._asked(presence, who)
        elif kind is None and find(presence, x.VCARD_UPDATE, "x") is not None:
            self._contacts.refresh(self._connected_or_coming(), who)

    async def _asked(self, presence: Element, who: str) -> None:
        """Somebody wants to have us in their list: by an invitation of ours, from another account, or as a stranger."""
        token = find(presence, x.PARS, "preauth")
        old = bare(x.text_of(presence, x.MOVED, "moved", "old-jid").strip()).lower()
        listed = self._contacts.listed.get(who)
        if who == self._owner and who not in self._contacts.listed:
            self._let_in(who)
        if token is not None and self._record.redeem(token.get("token", "")):
            self._let_in(who)
            self.feed.add(
                Joined(chat=self._contacts.chat(who), person=self._contacts.person(who), invitation=token.get("token"))
            )
        elif (listed is not None and listed.seen) or who == self._owner:
            self._connected_or_coming().tell(element(x.CLIENT, "presence", type="subscribed", to=who))
        elif old and (before := self._contacts.listed.get(old)) is not None and before.sees_us:
            if await people.has_moved(self._connected_or_coming(), old, who):
                self.feed.add(Moved(person=self._contacts.person(old), to=handle(who), sure=True))
            self.feed.add(Asked(chat=self._contacts.chat(who), person=self._contacts.person(who)))
        else:
            nick = x.text_of(presence, x.NICK, "nick")
            self.feed.add(Asked(chat=self._contacts.chat(who), person=self._contacts.person(who, nick)))

    def _let_in(self, who: str) -> None:
        stream = self._connected_or_coming()
        stream.tell(element(x.CLIENT, "presence", type="subscribed", to=who))
        stream.tell(element(x.CLIENT, "presence", type="subscribe", to=who))
        self._contacts.listed.setdefault(who, people.Listed(name="", sees_us=True, seen=False))

    def _reply(self, iq: Element) -> Element | None:
        """A change of our list of contacts is noted, and answered by the library; only our server may tell one."""
        roster = find(iq, x.ROSTER, "query")
        if roster is not None and iq.get("type") == "set" and iq.get("from", self._who.address) == self._who.address:
            self._contacts.note(roster)
        return super()._reply(iq)

    async def _serve(self, stream: Stream) -> None:
        try:
            await super()._serve(stream)
        finally:
            self._contacts.rest()


def _made_up(letter: Letter, at: int) -> str:
    """An id for a message without one: the same for the same message."""
    return f"n{hashlib.sha256(f'{letter.from_} {at} {letter.body}'.encode('utf-8', 'replace')).hexdigest()[:24]}"
