"""The rooms that somebody wants: each is read by itself, so that a silent server holds up nothing but its own rooms.

A room that nobody wants is not asked for, because asking shows its server that somebody is there.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterator
from contextlib import suppress
from functools import lru_cache, partial

from migrate.account.online import OnlineAccount
from migrate.errors import DecampError
from migrate.network.community import Community
from migrate.network.errors import BadAccess, TooMuch
from migrate.network.network import Network
from migrate.session.community.answers import Row, Rows
from migrate.session.community.blinding import candidates, is_on_server
from migrate.session.community.links import BadLink, CommunityLink
from migrate.session.community.requests import PAGE
from migrate.session.errors import BadAnswer, BadMessage, NoAnswer
from migrate.session.keys import AccountKeys

from ...api import AnyEvent, Chat, Person, Posted, Refused, Renamed
from ..pointers import RoomFile, cut
from ..record import Record
from .events import Reader, chat_of
from .record import Post

ASK_ANEW = 100
"""Looks at a room after which we ask again what it is called."""
PATIENCE = 5.0
"""Seconds that somebody waits for servers at most: for the names of rooms, and for where new ones stand."""
Tell = Callable[[Callable[[int], list[AnyEvent]]], Awaitable[None]]
"""Given what makes the events of a look out of its number: writes both down, and hands the events on."""


def is_community(chat: str) -> bool:
    """Whether a chat is a room of a community: it is called by its link."""
    return chat.startswith(("http://", "https://"))


class OpenRoom:
    """A room over a connection. `turn` is for whoever reads or changes what others did there."""

    def __init__(self, community: Community) -> None:
        self.community = community
        self.turn = asyncio.Lock()
        self.looks = 0

    @property
    def link(self) -> CommunityLink:
        return self.community.link


class Communities:
    """All rooms of one account. `pause` says how long to wait after so many failures in a row."""

    def __init__(self, keys: AccountKeys, record: Record, tell: Tell, pause: Callable[[int], float]) -> None:
        self._keys, self._record, self._tell, self._pause = keys, record, tell, pause
        self._wanted: frozenset[str] | None = None
        self._changed = asyncio.Event()
        self._rooms: dict[tuple[str, str, str], OpenRoom] = {}
        self._online: tuple[OnlineAccount, Network] | None = None
        self._asked_names = False
        self.troubles: dict[str, str] = {}

    # -- which there are -------------------------------------------------------------------------------

    def follow(self, chats: Collection[str]) -> None:
        """Read these rooms, and no others."""
        wanted = frozenset(chat for chat in chats if is_community(chat))
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    async def chats(self, account: OnlineAccount) -> AsyncIterator[Chat]:
        """All rooms that the account is in, as their servers call them, as far as they were ever asked."""
        await self._learn_names(account)
        if self._online is None:  # and what is written down may be closed
            raise NoAnswer("The connection ended while communities were asked for their names.")
        titles = self._record.rooms.titles()
        for link in _links(account):
            yield chat_of(link, titles.get(link.id))

    async def _learn_names(self, account: OnlineAccount) -> None:
        """Ask once what rooms are called, as nobody in particular, where onions hide us; never directly."""
        if self._online is None or self._asked_names or self._online[1].is_direct:
            return
        self._asked_names = True
        known = self._record.rooms.titles()
        await _soon([self._learn_name(link) for link in _links(account) if link.id not in known])

    async def _learn_name(self, link: CommunityLink) -> None:
        with suppress(DecampError):  # then it goes by its name in the link
            name = (await self.room(link.id).community.room()).name
            self._record.rooms.entitle(link.id, name)

    def room(self, chat: str) -> OpenRoom:
        """A room that the account is in. Raises `Refused` for any other, and `NoAnswer` while nobody is connected."""
        if self._online is None:
            raise NoAnswer("The Session network cannot be reached at the moment.")
        account, network = self._online
        try:
            wanted = CommunityLink.parse(chat)
        except BadLink as error:
            raise Refused("This is no chat of Session.") from error
        link = next((link for link in _links(account) if link.place == wanted.place), None)
        if link is None:
            raise Refused("This account is not in that community, or no longer.", "Join it in the app.")
        found = self._rooms.get(link.place)
        if found is None or found.link.server != link.server:
            try:
                found = self._rooms[link.place] = OpenRoom(network.community(link, self._keys))
            except BadAccess as error:
                raise Refused(str(error), error.hint) from error
        return found

    async def download(self, where: RoomFile) -> AsyncIterator[bytes]:
        """A file of a room, in pieces."""
        if where.number is None:
            raise Refused("The file lies on a server that its sender chose; it was not asked.")
        content = await self.room(where.room).community.download(where.number)
        for piece in cut(content[: where.size] if where.size else content):
            yield piece

    # -- reading them ----------------------------------------------------------------------------------

    async def begin(self, account: OnlineAccount, network: Network) -> None:
        """Use this connection. In rooms that nobody read before it is noted where they stand, if they say so soon."""
        self._online, self._rooms = (account, network), {}
        new = [chat for chat in self._wanted or () if self._record.rooms.position(chat) is None]
        await _soon([self._begin(chat) for chat in new])

    def end(self) -> None:
        """The connection is about to be gone."""
        self._online = None

    async def _begin(self, chat: str) -> None:
        with suppress(DecampError):  # whoever stays in it tries again, and says why not
            room = self.room(chat)
            async with room.turn:
                await self._ask_about(chat, room)

    async def read(self) -> None:
        """Read what is wanted, as long as the connection lasts."""
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                self._changed.clear()
                wanted = self._wanted or frozenset()
                if self._wanted is not None:  # whoever only looks around leaves all as it is
                    self._record.rooms.leave(*wanted)
                for chat in set(tasks) - wanted:
                    tasks.pop(chat).cancel()
                    self.troubles.pop(chat, None)
                for chat in wanted - set(tasks):
                    tasks[chat] = asyncio.create_task(self._stay(chat), name="community")
                await self._until_changed(tasks.values())
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _until_changed(self, tasks: Collection[asyncio.Task[None]]) -> None:
        """Wait for other wishes. What nobody foresaw in a room is raised here."""
        changed = asyncio.create_task(self._changed.wait())
        try:
            done, _ = await asyncio.wait({changed, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            changed.cancel()

    async def _stay(self, chat: str) -> None:
        """Look at one room again and again; after a failure wait, longer each time."""
        failures = 0
        while True:
            wait = 0.0
            try:
                room = self.room(chat)
                async with room.turn:
                    await self._look(chat, room)
                self.troubles.pop(chat, None)
                failures = -1
            except TooMuch as error:
                self.troubles[chat], wait = str(error), error.after
            except DecampError as error:
                self.troubles[chat] = str(error)
            failures += 1
            await asyncio.sleep(max(wait, self._pause(failures)))

    async def _look(self, chat: str, room: OpenRoom) -> None:
        """Take in everything that is new in a room."""
        if room.looks % ASK_ANEW == 0 or self._record.rooms.position(chat) is None:
            await self._ask_about(chat, room)
        room.looks += 1
        reader = await self._reader(chat, room)
        while True:
            begin = self._record.rooms.position(chat)
            if begin is None:  # nobody wants it any more
                return
            page = await room.community.since(begin)
            if not page.count:
                return
            if page.up_to <= begin:
                raise BadAnswer("community", f"The server of {room.link.room} tells the same again and again.")
            missing = await self._missing(chat, room, page)
            await self._tell(partial(self._take, reader, page, missing))
            if page.count < PAGE:
                return

    async def _ask_about(self, chat: str, room: OpenRoom) -> None:
        """Learn what a room is called, and where it stands: what lies there when we begin is not news."""
        record = self._record.rooms
        begins = record.position(chat) is None
        newest = (await room.community.recent(1)).rows if begins else ()
        about = await room.community.room()
        if begins:
            past = max((row.id for row in newest), default=0)
            record.begin(chat, self._record.next_look() - 1, about.message_sequence, past)
        if about.name and about.name != record.titles().get(chat):
            record.entitle(chat, about.name)
            await self._tell(lambda _: [Renamed(chat=chat_of_id(chat, room.link, about.name))])

    async def _missing(self, chat: str, room: OpenRoom, page: Rows) -> dict[int, Row]:
        """The messages of which a page tells only that somebody reacted, and which nobody told us before."""
        bare = [row.id for row in page.rows if row.data is None and not row.deleted]
        unknown = [number for number in bare if self._record.rooms.post(chat, number) is None]
        found = [await room.community.message(number) for number in unknown]
        return {row.id: row for row in found if row is not None}

    async def _reader(self, chat: str, room: OpenRoom) -> Reader:
        member, key = await room.community.member(), room.link.server_key
        if self._online is None:
            raise NoAnswer("The connection ended while the room was read.")
        account, _ = self._online
        unwanted = _ids_of(account.settings.blocked, key)
        return Reader(
            chat=chat_of_id(chat, room.link, self._record.rooms.titles().get(chat)),
            link=room.link,
            me=Person(id=member.id, name=account.settings.profile.name or ""),
            is_me=lambda id: is_on_server(id, account.id, key),
            is_blocked=lambda id: id in unwanted,
            record=self._record.rooms,
        )

    def _take(self, reader: Reader, page: Rows, missing: dict[int, Row], look: int) -> list[AnyEvent]:
        """The events of a page, in its order. It is written down with them that they were told."""
        told: list[AnyEvent] = []
        unreadable: deque[str] = deque(maxlen=1)
        count = page.unreadable
        for row in page.rows:
            whole = missing.get(row.id, row)
            try:
                told += reader.events(whole, look)
            except BadMessage as error:
                count += 1
                unreadable.append(str(error))
            post = self._record.rooms.post(reader.chat.id, row.id) or _post_of(whole)
            if post is not None:
                told += reader.feelings(whole, post, look)
        if count:
            told.append(_unreadable(reader, page, count, unreadable.pop() if unreadable else "it is no message"))
        self._record.rooms.move(reader.chat.id, look, page.up_to)
        return told


async def _soon(asked: Collection[Coroutine[object, object, None]]) -> None:
    """Do all of it at once, as far as it is done soon."""
    tasks = [asyncio.create_task(one) for one in asked]
    try:
        if tasks:
            await asyncio.wait(tasks, timeout=PATIENCE)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _post_of(row: Row) -> Post | None:
    return Post(row.id, row.session_id, row.posted_at) if row.session_id is not None else None


def _unreadable(reader: Reader, page: Rows, count: int, why: str) -> Posted:
    """Say how much of a page could not be read, so that nothing is lost silently, and nobody can flood us."""
    said = "A message" if count == 1 else f"{count} messages"
    last = max(page.rows, key=lambda row: row.seqno, default=None)
    return Posted(
        chat=reader.chat, sender=reader.me, id=f"unreadable:{page.up_to}", sent_at=last.posted_at if last else 0,
        text=f"({said} could not be read: {why})", notice=True,
    )  # fmt: skip


def chat_of_id(id: str, link: CommunityLink, title: str | None) -> Chat:
    """A room under the id that whoever wants it knows."""
    chat = chat_of(link, title)
    return Chat(id=id, title=chat.title, kind=chat.kind)


def _links(account: OnlineAccount) -> Iterator[CommunityLink]:
    for entry in account.settings.communities:
        with suppress(BadLink):  # settings of other devices: one that leads nowhere is in no list
            yield CommunityLink.of(entry.server, entry.room, entry.server_key)


@lru_cache(maxsize=64)
def _ids_of(people: frozenset[str], server_key: bytes) -> frozenset[str]:
    """Every id that any of them may have on a server."""
    return people.union(*(candidates(person, server_key) for person in people))
