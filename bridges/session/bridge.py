"""A Session account as a bridge: looks again and again what came, and sends what it is asked to."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.session.errors import BadAnswer, NoAnswer

from ..api import AnyAction, AnyEvent, Bridge, Changed, Chat, Desk, NotNow, Person, Sent, State, Talk
from ..feed import Feed
from ..state import Health
from .about import ABOUT

if TYPE_CHECKING:
    from migrate.account.cursors import Cursors
    from migrate.account.online import OnlineAccount
    from migrate.session.keys import AccountKeys

LONGEST_PAUSE = 900.0
"""Seconds between two tries to reach a network that is not there."""
GOODBYE = 10.0
"""Seconds in which what is being sent may come to its end."""
ALL_EACH = 20
"""In each so manieth look all groups are asked, in the others those that are used: section 3.1."""
LIVELY = 2 * 86_400_000


def pause_after(failures: int, every: float, random: Random) -> float:
    """Seconds until the next try: twice as long each time, and never the same as everybody else."""
    return min(every * 2.0 ** min(failures, 20), LONGEST_PAUSE) * random.uniform(0.75, 1.25)


class SessionBridge(Bridge):
    """Another device of the owner's account. It changes no settings, and reads as the app does: two nodes each time."""

    about = ABOUT

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._account: OnlineAccount | None = None

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import set_up

        return await set_up(talk)

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return self._me

    # -- start and stop -------------------------------------------------------------------------------

    async def start(self, desk: Desk) -> None:
        from .communities.reading import Communities
        from .communities.sending import RoomSender
        from .looking import Looker
        from .record import Record
        from .sending import Sender
        from .setup import access_of, keys_of, seconds_of

        keys = keys_of(desk.settings)
        self._every, self._access = seconds_of(desk.settings), access_of(desk)
        self._desk, self._me = desk, Person(id=keys.session_id)
        self._record = Record(desk.folder, keys.session_id)
        self._cursors = self._cursors_at(desk.cursor)
        self._looker = Looker(self._record, fresh=desk.cursor is None)
        self._communities = Communities(
            keys, self._record, self._tell, lambda failures: pause_after(failures, self._every, desk.random)
        )
        rooms = RoomSender(self._communities, self._record, lambda: self._account)
        self._sender = Sender(
            keys.session_id, self._record, lambda: self._account, self._looker.ours, desk.now, rooms.do
        )
        self._began, self._troubles = desk.now(), dict[str, str]()
        self._wake, self._leaving = asyncio.Event(), False
        self._feed = Feed(desk.now)
        self._feed.change(State.STARTING)
        self._staying = asyncio.create_task(self._stay(keys))
        self._staying.add_done_callback(self._ended)

    async def stop(self) -> None:
        if self._feed is None or self.health.state is State.STOPPED:
            return
        self._leaving = True
        await self._sender.end(GOODBYE)
        self._staying.cancel()
        await asyncio.wait([self._staying])
        self._feed.change(State.STOPPED)
        self._feed.close()
        self._record.close()

    def _cursors_at(self, cursor: str | None) -> Cursors:
        """What was known at a cursor; and what was sent since, which no look has to tell."""
        from migrate.account.cursors import Cursors
        from migrate.account.errors import BadRecord

        kept = self._record.go_back_to(int(cursor) if cursor and cursor.isascii() and cursor.isdigit() else 0)
        cursors = Cursors()
        if kept is not None:
            with suppress(BadRecord):  # then all that nodes still have comes again, with the same ids
                cursors = Cursors.read(kept)
        cursors.stamped = max(cursors.stamped, self._record.last_sent_at())
        for chat, sent_at in self._record.written_to().items():
            cursors.accepted.setdefault(chat, sent_at)
        return cursors

    def _ended(self, staying: asyncio.Task[None]) -> None:
        """Whatever nobody foresaw ends this bridge alone, and is told."""
        if not staying.cancelled() and (error := staying.exception()) is not None and self._feed:
            self._account = None
            self._feed.change(State.FAILED, f"{type(error).__name__}: {error}", "Start it again, and report this.")

    # -- being there ----------------------------------------------------------------------------------

    async def _stay(self, keys: AccountKeys) -> None:
        """Be connected; after a failure wait, longer each time, and connect anew."""
        assert self._feed is not None  # noqa: S101
        self._failures = 0
        while True:
            try:
                await self._be_connected(keys, self._feed)
            except (NoAnswer, BadAnswer) as error:
                self._feed.change(State.INTERRUPTED, str(error), error.hint)
            await asyncio.sleep(pause_after(self._failures, self._every, self._desk.random))
            self._failures += 1

    async def _be_connected(self, keys: AccountKeys, feed: Feed) -> None:
        """Look again and again what came, over one connection, as long as that works."""
        from migrate.account.online import OnlineAccount
        from migrate.network.network import connect

        desk = self._desk
        feed.change(State.CONNECTING, self.health.said, self.health.todo)
        async with connect(self._access, now=desk.now, random=desk.random, rng=desk.random_bytes) as network:
            account = OnlineAccount(keys, network, desk.now, desk.random_bytes, self._cursors)
            await account.refresh()
            reading: asyncio.Task[None] | None = None
            try:
                for number in itertools.count():
                    whole = number % ALL_EACH == 0
                    await self._look(account, feed, whole=whole)
                    self._account, self._failures = account, 0
                    if reading is None:  # from now on there is a look to go back to
                        await self._communities.begin(account, network)
                        reading = asyncio.create_task(self._communities.read())
                    if reading.done():
                        reading.result()
                    feed.change(State.CONNECTED, self._unread())
                    if whole:
                        await self._sender.finish()
                    await self._nap()
            finally:
                self._account = None
                self._communities.end()
                await self._sender.end(GOODBYE)
                if reading is not None:
                    reading.cancel()
                    await asyncio.wait([reading])

    async def _look(self, account: OnlineAccount, feed: Feed, *, whole: bool) -> None:
        alarm = asyncio.get_running_loop().call_later(self._access.waits.node, self._say_silent, feed)
        places = [] if whole else self._lively(account)
        try:
            arrived = await account.poll(*places)
        finally:
            alarm.cancel()
        left_out = {id: why for id, why in self._troubles.items() if not whole and id not in places}
        self._troubles = left_out | arrived.troubles
        is_empty = not arrived.events and not arrived.unreadable
        if (trouble := arrived.troubles.get(account.id)) is not None and is_empty:
            raise NoAnswer(f"The messages of the account could not be read: {trouble}.")
        await feed.room()
        events = self._looker.take(account, arrived, self._desk.now())
        self._me = Person(id=account.id, name=account.settings.profile.name or "")
        if self._looker.fresh:
            self._looker.fresh = False
            if not events:
                events.append(self._cursor_now())
        for event in events:  # at once: a look at a room may be told before or after it, and not in between
            feed.add(event)

    async def _tell(self, make: Callable[[int], list[AnyEvent]]) -> None:
        """Tell what a look at a room found, and write down that we did."""
        assert self._feed is not None  # noqa: S101
        await self._feed.room()
        with self._record.at_once():
            look = self._record.next_look()
            events = make(look)
            if events:
                self._record.keep_look_elsewhere(look)
        if events:
            events[-1] = replace(events[-1], cursor=str(look))
        for event in events:
            self._feed.add(event)

    def _unread(self) -> str:
        """Which of the groups and communities nobody gives us at the moment; each look tries again."""
        groups = [f"the group {id[:8]}… cannot be read: {why}" for id, why in self._troubles.items()]
        return "; ".join([*groups, *self._communities.troubles.values()])

    def _say_silent(self, feed: Feed) -> None:
        """The network tries long before it gives up, and nobody should believe meanwhile that all is well."""
        if self._account is not None:
            feed.change(State.INTERRUPTED, "The Session network does not answer.", NoAnswer.hint)

    def _lively(self, account: OnlineAccount) -> list[str]:
        """The account, and the groups in which somebody wrote not long ago, as far as we know."""
        heard, since = self._record.last_heard(), self._desk.now() - LIVELY
        return [account.id, *(one.id for one in account.settings.groups if heard.get(one.id, self._began) > since)]

    def _cursor_now(self) -> Changed:
        """Where a first run begins, so that the next one goes on from there even if nobody writes meanwhile."""
        return Changed(health=self.health, cursor=str(self._record.next_look() - 1))

    async def _nap(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._every)
        self._wake.clear()

    # -- what others ask ------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None, "start comes before events"  # noqa: S101
        async for event in self._feed.read():
            yield event
            if event.cursor is not None and not self._leaving:
                self._record.forget_before(int(event.cursor), self._desk.now())

    async def chats(self) -> AsyncIterator[Chat]:
        from .people import People
        from .sending import said_plainly

        account = self._connected()
        for chat in list(People(account, self._looker.seen).chats()):
            yield chat
        with said_plainly():
            async for chat in self._communities.chats(account):
                yield chat

    def follow(self, chats: Collection[str]) -> None:
        if self._feed is not None:
            self._communities.follow(chats)

    async def act(self, chat: str, action: AnyAction) -> Sent:
        if self._leaving:
            raise NotNow("The bridge is stopping.")
        sent = await self._sender.do(chat, action)
        if chat in self._record.waiting():
            self._wake.set()  # who was let in just now need not wait for the next look
        return sent

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        from .pointers import RoomFile, pieces
        from .sending import said_plainly

        account, where = self._connected(), RoomFile.read(ref)
        with said_plainly():
            async for piece in pieces(ref, account) if where is None else self._communities.download(where):
                yield piece

    def _connected(self) -> OnlineAccount:
        if self._account is None:
            raise NotNow("The Session network cannot be reached at the moment.")
        return self._account
