"""What both bridges of XMPP share: they connect until they are told to stop, and send until the server has it."""

from __future__ import annotations

import asyncio
import sqlite3
from abc import abstractmethod
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import ClassVar
from xml.etree.ElementTree import Element

import msgspec

from migrate.errors import DecampError

from ..api import (
    AnyAction,
    AnyEvent,
    BadSetting,
    Bridge,
    Desk,
    Edit,
    Health,
    Limits,
    NotNow,
    Post,
    Sent,
    SetTyping,
    State,
    Upload,
)
from ..feed import Feed
from . import elements as x
from . import translate
from .elements import element
from .files import Depot
from .login import Login, NoStream
from .record import Mailed, Record
from .stream import Stream, first
from .translate import Envelope

SOONEST, LATEST = 1.0, 300.0
"""Seconds between attempts to connect: doubled from the one to the other, each with up to as much again by chance."""
STEADY_MS = 60_000
"""A connection that lasted as long was a good one: the next pause is short again."""
FEATURES = (
    x.CORRECT, x.CHAT_STATES, x.DISCO_INFO, x.MARKERS, x.OOB, x.PING, x.REACTIONS, x.RECEIPTS, x.REPLY, x.RETRACT,
)  # fmt: skip
"""What programs of others may send to us."""
WATCH = 60.0
"""Seconds between the questions that show that a quiet connection still is one (XEP-0199)."""


class Line(Bridge):
    """One account or component, over as many connections as it takes."""

    identity: ClassVar[tuple[str, str]] = ("client", "bot")
    """What other programs take us for (XEP-0030)."""

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._stream: Stream | None = None
        self._work: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()

    # -- what each of the two says -----------------------------------------------------------------------

    @abstractmethod
    def _login(self) -> Login:
        """Who we are and where to connect. Raises `BadSetting`."""

    @abstractmethod
    async def _arrive(self, stream: Stream) -> None:
        """Do what has to be done on a new connection, before anything is sent."""

    @abstractmethod
    async def _hear(self, stanza: Element) -> None:
        """Make sense of a message or a presence."""

    @abstractmethod
    def _envelope(self, chat: str, action: AnyAction) -> Envelope:
        """To whom and from whom an action goes. Raises `Refused`."""

    @abstractmethod
    async def _mail(self, chat: str, message: Element) -> str:
        """Send a message, and return the id by which the network refers to it once the server has it."""

    @abstractmethod
    async def _is_there(self, mailed: Mailed) -> str | None:
        """The id of a message that may have been sent by an earlier attempt, if it was."""

    # -- the interface -------------------------------------------------------------------------------------

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def limits(self) -> Limits:
        return msgspec.structs.replace(self.about.limits, file_bytes=self._depot.largest if self._feed else None)

    async def start(self, desk: Desk) -> None:
        self._desk = desk
        self._who = self._login()
        try:
            self._record = Record(desk.folder)
        except sqlite3.Error as error:
            raise BadSetting("The folder of the bridge cannot be written to.") from error
        self._depot = Depot(desk.settings.get("file_servers", ""), desk.settings.get("authority", ""))
        self._feed = Feed(desk.now)
        self._feed.change(State.CONNECTING)
        self._work = asyncio.create_task(self._run())

    async def stop(self) -> None:
        work, self._work = self._work, None
        if work is None or self._feed is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(10):  # what is being sent comes to its end
                await self._sending.acquire()
                self._sending.release()
        work.cancel()
        await asyncio.wait({work})
        self._record.close()
        self._feed.change(State.STOPPED)
        self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        return self.feed.read()

    @property
    def feed(self) -> Feed:
        assert self._feed is not None, "start comes before everything else"  # noqa: S101
        return self._feed

    def fetch(self, ref: str) -> AsyncIterator[bytes]:
        return self._depot.fetch(self._connected(), ref)

    async def act(self, chat: str, action: AnyAction) -> Sent:
        async with self._sending:
            stream = self._connected()
            envelope = self._envelope(chat, action)
            if isinstance(action, Post):
                return await self._post(chat, envelope, action)
            now = self._desk.now()
            message = translate.other(envelope, self._as_sent(chat, action))
            if isinstance(action, SetTyping):
                stream.tell(message)
                return Sent(sent_at=now)
            id = translate.message_id(action.key)
            self._record.begin(id, action.key, chat, now)
            native = await self._mail(chat, message)
            self._record.arrived(id, native)
            return Sent(ids=(native,), sent_at=now)

    # -- sending -------------------------------------------------------------------------------------------

    def _as_sent(self, chat: str, action: AnyAction) -> AnyAction:
        """A correction names the id that we gave to the message, whatever a room calls it."""
        if not isinstance(action, Edit):
            return action
        own = self._record.own_id(chat, action.message.id) or action.message.id
        return msgspec.structs.replace(action, message=msgspec.structs.replace(action.message, id=own))

    async def _post(self, chat: str, envelope: Envelope, action: Post) -> Sent:
        """The words, then each file; what the server has from an earlier attempt is not sent again."""
        ids: list[str] = []
        own: list[str] = []
        parts: list[Upload | None] = [None] if action.text or not action.files else []
        for number, part in enumerate([*parts, *action.files]):
            id = translate.message_id(action.key, 0 if part is None else number + 1 - len(parts))
            own.append(id)
            ids.append(await self._once(chat, envelope, action, id, part))
        also = tuple(id for id in own if id not in ids)
        return Sent(ids=tuple(ids), also=also, sent_at=self._desk.now())

    async def _once(self, chat: str, envelope: Envelope, action: Post, id: str, part: Upload | None) -> str:
        known = self._record.mailed(id)
        if known is not None:
            native = known.native or await self._is_there(known)
            if native is not None:
                self._record.arrived(id, native)
                return native
        self._record.begin(id, action.key, chat, self._desk.now())
        if part is None:
            message = translate.text(envelope, action)
        else:
            url = (known.url if known else None) or await self._depot.put(self._connected(), part)
            self._record.uploaded(id, url)
            message = translate.file(envelope, id, url, part, action)
        native = await self._mail(chat, message)
        self._record.arrived(id, native)
        return native

    def _reply(self, iq: Element) -> Element | None:
        """The answer to a question, or None for one that we know nothing of: the library then says so."""
        if iq.get("type") != "get":
            return None
        if x.find(iq, x.PING, "ping") is not None:
            return self._result(iq)
        if x.find(iq, x.DISCO_INFO, "query") is not None:
            features = (element(x.DISCO_INFO, "feature", var=one) for one in FEATURES)
            category, kind = self.identity
            identity = element(x.DISCO_INFO, "identity", category=category, type=kind, name="decamp")
            return self._result(iq, element(x.DISCO_INFO, "query", identity, *features))
        return None

    @staticmethod
    def _result(iq: Element, *inside: Element) -> Element:
        to, from_ = iq.get("from"), iq.get("to")
        return element(x.CLIENT, "iq", *inside, type="result", id=iq.get("id"), to=to, from_=from_)

    # -- being connected -----------------------------------------------------------------------------------

    def _connected(self) -> Stream:
        if self._stream is None or self.health.state is not State.CONNECTED:
            raise NotNow(self.health.said or "There is no connection to the server.")
        return self._stream

    async def _run(self) -> None:
        """Connect, again and again, until stopped or until only a person can help."""
        pause = SOONEST
        while True:
            began = self._desk.now()
            try:
                why = await self._session()
            except NoStream as error:
                why = error
            except sqlite3.Error as error:
                why = NoStream(f"The bridge cannot write down what it does: {error}.", "Free some space.")
            except Exception as error:  # noqa: BLE001  outermost: one bridge takes nothing else down
                why = NoStream(
                    f"Something is wrong in the bridge itself ({type(error).__name__}).",
                    "Start it again, and report it if it stays so.",
                    State.FAILED,
                )
            self.feed.change(why.state, str(why), why.hint)
            if why.state.is_final:
                return
            pause = SOONEST if self._desk.now() - began > STEADY_MS else pause
            await asyncio.sleep(pause * (1 + self._desk.random.random()))
            pause = min(2 * pause, LATEST)

    async def _session(self) -> NoStream:
        """One connection from its beginning to its end, and why it ended."""
        stream = self._stream = await Stream.open(self._who, self._reply)
        tasks = [asyncio.create_task(self._serve(stream)), asyncio.create_task(self._watch(stream))]
        try:
            await first(None, stream.gone, *tasks)
            if stream.gone.done():
                return stream.gone.result()
            for task in tasks:
                if task.done():
                    task.result()
            return NoStream("The connection was lost.")
        except DecampError as error:
            return error if isinstance(error, NoStream) else NoStream(str(error))
        finally:
            self._stream = None
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            await stream.close()

    async def _serve(self, stream: Stream) -> None:
        await self._arrive(stream)
        self.feed.change(State.CONNECTED)
        while True:
            await self._hear(await stream.arrived.get())

    async def _watch(self, stream: Stream) -> None:
        """A connection can die without a word. A question that nobody answers shows it."""
        while True:
            await asyncio.sleep(WATCH)
            await stream.ping()
            await self._look_after(stream)

    async def _look_after(self, stream: Stream) -> None:
        """What else has to be looked at from time to time."""

    async def _ask(self, kind: str, to: str | None, *inside: Element, from_: str | None = None) -> Element:
        """Ask the server or somebody something."""
        stream = self._stream
        if stream is None:
            raise NotNow("There is no connection to the server.")
        return await stream.ask(element(x.CLIENT, "iq", *inside, type=kind, to=to, from_=from_))
