"""The bridge for one normal Matrix account."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..about import Limits
from ..actions import Accept, AnyAction, Sent
from ..api import BadSetting, Bridge, Desk, Gone, NotNow, Refused, Talk
from ..events import AnyEvent, Changed, Chat, Person
from ..feed import Feed
from ..state import Health, State
from .about import MATRIX, is_on
from .loose import a_text
from .sending import Voice
from .trying import Trying, UnderWay

if TYPE_CHECKING:
    from .account import Account
    from .keep import Keep
    from .place import Place

log = logging.getLogger(__name__)
LET_GO = 10.0  # seconds for what is being sent when everything stops
APPEARS = 15.0  # seconds within which a room that was just made or entered comes with a sync
QUIET_BATCHES = 100  # after so many that said nothing, the cursor is told anyway
AGAIN = "Log in again: run `decamp bridge setup matrix`."
NO_CHAT = "There is no such chat (any more)."
NOT_TOLD = "The homeserver has not told of this chat yet."


class MatrixBridge(Bridge):
    """One account. Each sync is dealt with whole, one after the other, and leaves a cursor with its last event."""

    about = MATRIX
    waits = 30.0
    """Seconds for which the homeserver holds a request when there is no news."""

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._account: Account | None = None
        self._task: asyncio.Task[None] | None = None
        self._under_way = UnderWay()
        self._appeared = asyncio.Event()
        self._expected: set[str] = set()
        self._cursor: str | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return self._account.me if self._account else Person(id="")

    @property
    def limits(self) -> Limits:
        return replace(MATRIX.limits, file_bytes=self._account.largest_file if self._account else None)

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import account

        return await account(talk, cls.about)

    async def start(self, desk: Desk) -> None:
        from .finding import checked_url, checked_user
        from .keep import Keep

        if "://" in desk.settings["homeserver"]:
            checked_url(desk.settings["homeserver"])
        if desk.settings["owner"]:
            checked_user(desk.settings["owner"])
        if not desk.settings["token"]:
            raise BadSetting("There is no access token.", AGAIN)
        self._desk, self._cursor, self._feed = desk, desk.cursor, Feed(desk.now)
        self._trying = Trying(self._feed, desk.random)
        self._keep = Keep(desk.folder, desk.now)
        self._feed.change(State.STARTING)
        self._task = asyncio.create_task(self._run(self._feed, self._keep))

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is None or self._feed is None:
            return
        await self._under_way.over(LET_GO)
        task.cancel()
        await asyncio.wait([task])
        if self._account:
            await self._account.close()
        await self._under_way.over(LET_GO)  # what was cut off ends now, and may still write down what became of it
        self._keep.close()
        self._feed.change(State.STOPPED)
        self._feed.add(Changed(health=self._feed.health, cursor=self._cursor))
        self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None, "start comes before events"  # noqa: S101
        return self._feed.read()

    # -- what happens in the background -----------------------------------------------------------------

    async def _run(self, feed: Feed, keep: Keep) -> None:
        """Live until somebody has to do something."""
        from .calls import TokenRefused
        from .device import LostKeys

        try:
            await self._live(feed, keep)
        except TokenRefused:
            if keep.fact("token") == _mark(self._desk.settings["token"]):
                feed.change(State.LOGGED_OUT, "The homeserver has ended this login.", AGAIN)
            else:
                feed.change(State.BAD_CREDENTIALS, "The homeserver does not know this access token.", AGAIN)
        except LostKeys as error:
            feed.change(State.LOGGED_OUT, str(error), AGAIN)
        except (Refused, BadSetting) as error:
            feed.change(State.FAILED, str(error), error.hint)
        except Exception as error:  # noqa: BLE001  outermost: a bridge that fails takes nothing else down
            # The outermost loop of a bridge. What is in the error may be what somebody wrote, so it is not told.
            log.error("The Matrix bridge stops: %s", type(error).__name__)
            feed.change(
                State.FAILED, f"Something went wrong ({type(error).__name__}).", "Start it again, and report it."
            )

    async def _live(self, feed: Feed, keep: Keep) -> None:
        from .account import Account

        self._trying.reached(State.CONNECTING)
        account = await Account.opened(self._desk, keep, self._trying)
        keep.learn("token", _mark(self._desk.settings["token"]))
        self._account = account
        number, since = _read_cursor(self._desk.cursor)
        now = await account.hearing.arrive(str(self._desk.now()))
        await self._trying.insist(account.device.keep_up)
        keep.settle(number)
        self._trying.reached(State.CONNECTED)
        if since is None:  # from now on; what was said before was not said to us
            since, self._cursor = now, _cursor(number, now)
            feed.add(Changed(health=feed.health, cursor=self._cursor))
        await self._listen(feed, account, number, since)

    async def _listen(self, feed: Feed, account: Account, number: int, since: str) -> None:
        """One sync after the other. The last event of each has the cursor."""
        hearing, first = account.hearing, True
        while True:
            batch = await self._trying.insist(partial(hearing.batch, since, 0.0 if first else self.waits))
            number, following = number + 1, a_text(batch, "next_batch")
            held: AnyEvent | None = None
            async for event in hearing.events(batch, since, number, first=first):
                if held is not None:
                    await feed.put(held)
                held = event
            since, cursor = following, _cursor(number, following)
            if held is not None:
                await feed.put(replace(held, cursor=cursor))
            elif number % QUIET_BATCHES == 0:
                feed.add(Changed(health=feed.health, cursor=cursor))
            self._cursor, first = cursor, False
            self._appeared.set()
            await self._trying.insist(account.device.keep_up)

    # -- what it is asked ---------------------------------------------------------------------------------

    async def chats(self) -> AsyncIterator[Chat]:
        for place in list(self._connected.hearing.places.values()):
            yield place.chat

    async def act(self, chat: str, action: AnyAction) -> Sent:
        from .calls import Denied

        account = self._connected
        with self._under_way:
            if isinstance(action, Accept):
                return await self._accept(account, chat)
            place = await self._place(account, chat)
            sealed = account.is_sealed(place)
            try:
                return await account.pen.act(chat, action, Voice(account.me.id), account.put, sealed=sealed)
            except Denied as error:
                if error.may_be_out and not await account.rooms.are_in(chat):
                    raise Gone(NO_CHAT) from error
                raise

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        return self._connected.media.fetch(ref, self.limits.file_bytes)

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        account, owner = self._connected, self._desk.settings["owner"]
        if not owner:
            raise Refused("Nobody is there to make a chat for.", f"Name yourself as the owner. {AGAIN}")
        key = person.id if person else whose
        with self._under_way:
            room, is_new = await account.rooms.make(
                title,
                f"decamp_{account.tickets.name(key)}" if key else None,
                [owner],
                server=account.me.id.partition(":")[2],
                direct=True,
                sealed=is_on(self._desk.settings["encrypt"]),
                query={},
            )
            if not is_new:
                await account.rooms.invite(room, owner, {})
                await account.device.renew(room)
            # Also where it is not new: an earlier attempt may have been cut off before it came to this.
            await account.rooms.mark_direct(account.me.id, room, owner, {})
            self._expected.add(room)
            place = await self._place(account, room)
            if is_new and picture is not None:
                await account.rooms.dress(room, title, picture, {})
        return place.chat

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        with self._under_way:
            await self._connected.rooms.dress(chat, title, picture, {})

    async def _accept(self, account: Account, room: str) -> Sent:
        if room not in account.hearing.invited and room not in account.hearing.places:
            raise Refused("Nobody has asked for this chat (any more).")
        if room in account.hearing.invited:
            await account.hearing.accept(room)
            self._expected.add(room)
        return Sent()

    async def _place(self, account: Account, room: str) -> Place:
        place = account.hearing.places.get(room) or await self._appearing(account, room)
        self._expected.discard(room)  # when it is not there any more, we are out of it
        return place

    async def _appearing(self, account: Account, room: str) -> Place:
        """A room that we are in, though no sync has said so yet."""
        if room not in self._expected:
            if await account.rooms.are_in(room):
                raise NotNow(NOT_TOLD)
            raise Gone(NO_CHAT)
        try:
            async with asyncio.timeout(APPEARS):
                while (place := account.hearing.places.get(room)) is None:
                    self._appeared.clear()
                    await self._appeared.wait()
        except TimeoutError:
            if not await account.rooms.are_in(room):
                self._expected.discard(room)
                raise Gone(NO_CHAT) from None
            raise NotNow(NOT_TOLD) from None
        return place

    @property
    def _connected(self) -> Account:
        if self._account is None or self.health.state.is_final:
            raise NotNow("Matrix is not connected.")
        return self._account


def _mark(token: str) -> str:
    """By which a token is known again, without being kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def _cursor(number: int, since: str) -> str:
    return f"{number} {since}"


def _read_cursor(cursor: str | None) -> tuple[int, str | None]:
    number, _, since = (cursor or "").partition(" ")
    return (int(number), since) if number.isascii() and number.isdigit() and since else (0, None)
