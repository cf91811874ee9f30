"""The bridge for a homeserver of one's own: an application service with one account per contact."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..about import Limits
from ..actions import AnyAction, Sent
from ..api import BadSetting, Bridge, Desk, Gone, NotNow, Refused, Talk
from ..events import AnyEvent, Changed, Chat, Person
from ..feed import Feed
from ..state import Health, State
from .about import APPSERVICE
from .loose import Object
from .trying import Trying, UnderWay

if TYPE_CHECKING:
    from .keep import Keep
    from .portals import Portals
    from .service import Service
    from .watching import Watching

log = logging.getLogger(__name__)
LET_GO = 10.0  # seconds for what is being sent when everything stops
AGAIN = "Compare the registration at the homeserver with that of `decamp bridge setup matrix-appservice`."


class AppserviceBridge(Bridge):
    """One application service. What the homeserver brings lies in a journal until the cursor has passed it."""

    about = APPSERVICE
    looks_every = 15.0
    """Seconds between two looks at whether the way is open in both directions."""
    watches_every = 2.0
    """Seconds between two looks at whether the homeserver is there: it takes longer to be restarted."""

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._service: Service | None = None
        self._task: asyncio.Task[None] | None = None
        self._under_way = UnderWay()
        self._news = asyncio.Event()
        self._cursor: str | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return Person(id=self._service.ghosts.bot if self._service else "")

    @property
    def limits(self) -> Limits:
        return replace(APPSERVICE.limits, file_bytes=self._service.largest_file if self._service else None)

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import application_service

        return await application_service(talk, folder)

    async def start(self, desk: Desk) -> None:
        from .finding import checked_url, checked_user
        from .keep import Keep
        from .service import Service
        from .setup import checked_prefix
        from .watching import Watching

        settings = desk.settings
        base = checked_url(settings["homeserver"])
        checked_user(settings["owner"])
        prefix = checked_prefix(settings["prefix"])
        self._listen = _address(settings["listen"])
        self._desk, self._cursor, self._feed = desk, desk.cursor, Feed(desk.now)
        self._trying = Trying(self._feed, desk.random)
        self._keep = Keep(desk.folder, desk.now)
        service = self._service = Service.opened(desk, base, self._keep, self._trying)
        watching = Watching(service.calls, service.missed, self._trying, desk.random, f"decamp-{prefix}")
        self._feed.change(State.STARTING)
        self._task = asyncio.create_task(self._run(self._feed, self._keep, service, watching))

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is None or self._feed is None or self._service is None:
            return
        await self._under_way.over(LET_GO)
        task.cancel()
        await asyncio.wait([task])
        await self._service.calls.close()
        await self._under_way.over(LET_GO)  # what was cut off ends now, and may still write down what became of it
        self._keep.close()
        self._feed.change(State.STOPPED)
        self._feed.add(Changed(health=self._feed.health, cursor=self._cursor))
        self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None, "start comes before events"  # noqa: S101
        return self._feed.read()

    # -- what happens in the background -----------------------------------------------------------------

    async def _run(self, feed: Feed, keep: Keep, service: Service, watching: Watching) -> None:
        """Live until somebody has to do something."""
        from .calls import TokenRefused
        from .door import Door
        from .watching import WrongKnock

        token, missed = self._desk.settings["hs_token"], service.missed
        door = Door(token, keep, missed, self._news.set, self._fleeting, watching.put_off)
        try:
            await door.open(*self._listen)
            await self._live(feed, keep, service, watching)
        except TokenRefused:
            feed.change(State.BAD_CREDENTIALS, "The homeserver does not know this application service.", AGAIN)
        except WrongKnock as error:
            feed.change(State.BAD_CREDENTIALS, str(error), AGAIN)
        except (Refused, BadSetting) as error:
            feed.change(State.FAILED, str(error), error.hint)
        except Exception as error:  # noqa: BLE001  outermost: a bridge that fails takes nothing else down
            log.error("The Matrix application service stops: %s", type(error).__name__)  # its text may be anybody's
            feed.change(
                State.FAILED, f"Something went wrong ({type(error).__name__}).", "Start it again, and report it."
            )
        finally:
            await door.close()

    async def _live(self, feed: Feed, keep: Keep, service: Service, watching: Watching) -> None:
        self._trying.reached(State.CONNECTING)
        await service.arrive(self._trying)
        await watching.knock()
        self._trying.reached(State.CONNECTED)
        lives = (
            watching.look(self.looks_every),
            watching.watch(self.watches_every),
            service.missed.look(self._trying, self._news.set),
            service.missed.settle(),
            self._read(feed, keep, service.portals),
        )
        tasks = [asyncio.create_task(life) for life in lives]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # often several fail at once

    async def _read(self, feed: Feed, keep: Keep, portals: Portals) -> None:
        """The journal, from the cursor on. The last event of each entry has the cursor."""
        cursor = self._desk.cursor or ""
        number = int(cursor) if cursor.isascii() and cursor.isdigit() else 0
        keep.forget_before(number)
        while True:
            self._news.clear()
            page = list(keep.after(number))
            for number, raw in page:
                events = await portals.said(raw)
                for event in events[:-1]:
                    await feed.put(event)
                for event in events[-1:]:
                    await feed.put(replace(event, cursor=str(number)))
                self._cursor = str(number)
            if self._cursor is None:  # a place to go on from, before anybody has said anything
                self._cursor = str(number)
                feed.add(Changed(health=feed.health, cursor=self._cursor))
            if not page:
                await self._news.wait()

    def _fleeting(self, raw: Object) -> None:
        if self._feed is not None and self._service is not None:
            for event in self._service.portals.fleeting(raw):
                self._feed.add(event)

    # -- what it is asked ---------------------------------------------------------------------------------

    async def chats(self) -> AsyncIterator[Chat]:
        async for place in self._connected.portals.all():
            yield place.chat

    async def act(self, chat: str, action: AnyAction) -> Sent:
        from .calls import Denied

        service = self._connected
        with self._under_way:
            place = await service.place(chat)
            try:
                return await service.act(place, action)
            except Denied as error:
                if error.may_be_out and not await service.rooms.are_in(chat):
                    service.portals.forget(chat)
                    raise Gone("There is no such chat (any more).") from error
                raise

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        service = self._connected
        return service.media.fetch(ref, service.largest_file)

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        from .opening import opened

        service = self._connected
        with self._under_way:
            room = await opened(service, self._desk.settings, title, person, picture, whose)
            return (await service.portals.place(room)).chat

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        with self._under_way:
            await self._connected.rooms.dress(chat, title, picture, {})

    async def dress_person(self, person: Person, picture: Path | None) -> None:
        with self._under_way:
            await self._connected.ghosts.dress(person, picture)

    @property
    def _connected(self) -> Service:
        if self._service is None or self.health.state.is_final or self.health.state is State.STOPPED:
            raise NotNow("Matrix is not connected.")
        return self._service


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadSetting("This is no address to listen on.", "It looks like 127.0.0.1:29333")
    return host.strip("[]"), int(port)
