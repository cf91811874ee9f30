"""The bridge for a homeserver of one's own: an application service with one account per contact."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..about import Can, Limits
from ..actions import Accept, AnyAction, MarkDelivered, Post, Sent, SetTimer, SetTyping
from ..api import BadSetting, Bridge, CannotDo, Desk, Gone, NotNow, Refused, Talk
from ..events import AnyEvent, Changed, Chat, Person
from ..feed import Feed
from ..state import Health, State
from .about import APPSERVICE, is_on
from .loose import Object, a_text
from .reading import OUR_MARK
from .sending import Voice
from .trying import Trying, UnderWay

if TYPE_CHECKING:
    from .calls import Calls
    from .ghosts import Ghosts
    from .keep import Keep
    from .media import Media
    from .missed import Missed
    from .place import Place
    from .portals import Portals
    from .repeats import Repeats
    from .rooms import Rooms
    from .sending import Pen

log = logging.getLogger(__name__)
LET_GO = 10.0  # seconds for what is being sent when everything stops
SOON = 0.2  # seconds after which a homeserver has understood that it was put off
AGAIN = "Compare the registration at the homeserver with that of `decamp bridge setup matrix-appservice`."


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that works with the token of the application service."""

    calls: Calls
    media: Media
    rooms: Rooms
    ghosts: Ghosts
    portals: Portals
    pen: Pen
    repeats: Repeats
    missed: Missed


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
        self._largest: int | None = None
        self._puppets = False
        self._under_way = UnderWay()
        self._news, self._hurry = asyncio.Event(), asyncio.Event()
        self._cursor: str | None = None

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return Person(id=self._service.ghosts.bot if self._service else "")

    @property
    def limits(self) -> Limits:
        return replace(APPSERVICE.limits, file_bytes=self._largest)

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import application_service

        return await application_service(talk, folder)

    async def start(self, desk: Desk) -> None:
        from .calls import Calls
        from .contents import Tickets
        from .finding import checked_url, checked_user
        from .ghosts import Ghosts
        from .keep import Keep, secret_of
        from .media import Media
        from .missed import Missed
        from .portals import Portals
        from .repeats import Repeats
        from .rooms import Rooms
        from .sending import Pen
        from .setup import checked_prefix

        settings = desk.settings
        base, owner = checked_url(settings["homeserver"]), checked_user(settings["owner"])
        prefix = checked_prefix(settings["prefix"])
        self._listen = _address(settings["listen"])
        self._desk, self._cursor, self._feed = desk, desk.cursor, Feed(desk.now)
        self._trying = Trying(self._feed, desk.random)
        self._keep = Keep(desk.folder, desk.now)
        calls = Calls(base, settings["as_token"])
        media = Media(calls, desk.folder, desk.random_bytes)
        tickets = Tickets(secret_of(desk.folder, desk.random_bytes))
        pen = Pen(calls, media, self._keep, tickets, public=is_on(settings["receipts"]))
        ghosts = Ghosts(calls, media, prefix, settings["server"])
        rooms = Rooms(calls, media)
        portals = Portals(owner, calls, ghosts, rooms, pen, self._trying)
        repeats = Repeats(calls, self._keep, ghosts, owner)
        missed = Missed(calls, self._keep, ghosts, desk.now)
        self._service = Service(calls, media, rooms, ghosts, portals, pen, repeats, missed)
        self._feed.change(State.STARTING)
        self._task = asyncio.create_task(self._run(self._feed, self._keep, self._service))

    async def stop(self) -> None:
        task, self._task = self._task, None
        if task is None or self._feed is None or self._service is None:
            return
        await self._under_way.over(LET_GO)
        task.cancel()
        await asyncio.wait([task])
        await self._service.calls.close()
        self._keep.close()
        self._feed.change(State.STOPPED)
        self._feed.add(Changed(health=self._feed.health, cursor=self._cursor))
        self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        assert self._feed is not None, "start comes before events"  # noqa: S101
        return self._feed.read()

    # -- what happens in the background -----------------------------------------------------------------

    async def _run(self, feed: Feed, keep: Keep, service: Service) -> None:
        """Live until somebody has to do something."""
        from .calls import TokenRefused
        from .door import Door

        token, missed = self._desk.settings["hs_token"], service.missed
        door = Door(token, keep, missed, self._news.set, self._fleeting, self._look_soon)
        try:
            await door.open(*self._listen)
            await self._live(feed, keep, service)
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

    async def _live(self, feed: Feed, keep: Keep, service: Service) -> None:
        self._trying.reached(State.CONNECTING)
        await self._trying.insist(service.ghosts.make_bot)
        self._largest = await self._trying.insist(service.media.largest)
        self._puppets = await self._trying.insist(self._may_puppet)
        await self._trying.insist(self._ping)
        self._trying.reached(State.CONNECTED)
        lives = (
            self._look(service.missed),
            self._watch(),
            service.missed.look(self._trying, self._news.set),
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
            await asyncio.wait(tasks)

    async def _look(self, missed: Missed) -> None:
        """See again and again whether both of us are there."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self.looks_every * self._desk.random.uniform(0.8, 1.2))
            self._hurry.clear()
            await self._trying.insist(self._ping)
            missed.notice()

    async def _watch(self) -> None:
        """Ask often whether the homeserver is there: no restart may go unnoticed, as it forgets things then."""
        from .calls import Denied

        while True:
            await asyncio.sleep(self.watches_every * self._desk.random.uniform(0.8, 1.2))
            try:
                with suppress(Denied):
                    await self._calls.ask("GET", "/_matrix/client/versions")
            except NotNow:
                self._hurry.set()

    def _look_soon(self) -> None:
        """A homeserver that was put off waits for seconds, unless it is asked to knock."""
        asyncio.get_running_loop().call_later(SOON, self._hurry.set)

    async def _ping(self) -> None:
        """Ask the homeserver to knock at our door. It says what came of it."""
        from .calls import Denied, Trouble, path

        id = f"decamp-{self._desk.settings['prefix']}"
        try:
            await self._calls.ask("POST", path("appservice", id, "ping", base="/_matrix/client/v1"), {})
        except Trouble as error:
            if error.code == "M_BAD_STATUS":
                raise WrongKnock("The homeserver knocks with another token than ours.") from error
            if error.code in {"M_CONNECTION_FAILED", "M_CONNECTION_TIMED_OUT"}:
                raise NotNow("The homeserver does not reach decamp where the registration says.") from error
            raise
        except Denied as error:
            if error.status != 404:  # an older homeserver, which cannot be asked
                raise

    async def _may_puppet(self) -> bool:
        """Whether we may write as the owner: the registration names them, if they are of this homeserver."""
        from .calls import Denied, path

        try:
            await self._calls.ask("GET", path("account", "whoami"), query={"user_id": self._desk.settings["owner"]})
        except Denied:
            return False
        return True

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
            place = await self._place(service, chat)
            try:
                return await self._done(service, place, action)
            except Denied as error:
                if error.may_be_out and not await service.rooms.are_in(chat):
                    service.portals.forget(chat)
                    raise Gone("There is no such chat (any more).") from error
                raise

    async def _done(self, service: Service, place: Place, action: AnyAction) -> Sent:
        voice = await self._voice(service, place, action)
        if isinstance(action, SetTyping) and voice.user == self._owner:
            (service.portals.typing_for.add if action.typing else service.portals.typing_for.discard)(place.id)
        sent = await service.pen.act(place.id, action, voice, self._put, sealed=False)
        service.pen.sent.clear()  # what our accounts say is known by who says it
        return sent

    async def _place(self, service: Service, chat: str) -> Place:
        from .calls import Denied

        try:
            place = await service.portals.place(chat)
        except Denied as error:
            raise (Gone if error.may_be_out else Refused)("There is no such chat (any more).") from error
        if place.encrypted:
            raise Refused("This room is encrypted, and ghosts have no keys.", "Make a new chat with this contact.")
        return place

    async def _voice(self, service: Service, place: Place, action: AnyAction) -> Voice:
        """In whose name an action is meant, who is in the room then."""
        if isinstance(action, Accept | SetTimer | MarkDelivered):
            raise Refused("Matrix has no such thing.")
        at = action.sent_at if isinstance(action, Post) else None
        if action.as_owner:
            if not self._puppets:
                raise CannotDo(Can.OWNER)
            return Voice(self._owner, {"user_id": self._owner}, {OUR_MARK: "decamp"}, at)
        if action.persona is None:
            return Voice(service.ghosts.bot, at=at)
        voice = await service.ghosts.voice(action.persona, at)
        if voice.user not in place.people:
            await service.ghosts.bring(voice.user, place.id, voice.query)
            place.people[voice.user] = Person(id=voice.user, name=action.persona.name)
        return voice

    async def _put(self, room: str, kind: str, content: Object, ticket: str, voice: Voice) -> str:
        """An event into a room, at the time when it was said: `ts` only works for application services."""
        from .calls import path
        from .repeats import TICKET

        when = {} if voice.at is None else {"ts": str(voice.at)}
        where = path("rooms", room, "send", kind, ticket)

        async def put() -> str:
            answer = await self._calls.ask("PUT", where, {**content, TICKET: ticket}, {**voice.query, **when})
            event = a_text(answer, "event_id")
            if not event:
                raise NotNow("The homeserver does not say under which id it has the message.")
            return event

        return await self._connected.repeats.once(room, ticket, voice, put)

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        return self._connected.media.fetch(ref, self._largest)

    async def open_chat(self, title: str, person: Person | None = None, picture: Path | None = None) -> Chat:
        from .opening import opened

        service = self._connected
        with self._under_way:
            room = await opened(service, self._desk.settings, title, person, picture, puppets=self._puppets)
            return (await service.portals.place(room)).chat

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        with self._under_way:
            await self._connected.rooms.dress(chat, title, picture, {})

    async def dress_person(self, person: Person, picture: Path | None) -> None:
        with self._under_way:
            await self._connected.ghosts.dress(person, picture)

    @property
    def _owner(self) -> str:
        return self._desk.settings["owner"]

    @property
    def _calls(self) -> Calls:
        assert self._service is not None  # noqa: S101
        return self._service.calls

    @property
    def _connected(self) -> Service:
        if self._service is None or self.health.state.is_final or self.health.state is State.STOPPED:
            raise NotNow("Matrix is not connected.")
        return self._service


class WrongKnock(Refused):
    """The homeserver shows a token at our door that is not the one we know."""


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadSetting("This is no address to listen on.", "It looks like 127.0.0.1:29333")
    return host.strip("[]"), int(port)
