"""One connection to an XMPP server, from its beginning to its end. The only file that knows slixmpp.

A lost stream is never mended: a new one is opened by whoever owns it. The library would go on by itself in some cases
and stay silent in others (recipe for XMPP, section 2). A stanza counts as taken when the server has acknowledged it
(XEP-0198), or, where it cannot, has answered a question that was sent after it: a server reads a stream in order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, tostring

from ..api import NotNow, Refused
from . import elements as x
from .elements import element
from .login import NO_WAY_IN, Login, NoStream, ended, no_account, not_let_in, unreachable, untrusted

if TYPE_CHECKING:
    from slixmpp import ClientXMPP, ComponentXMPP
    from slixmpp.xmlstream import StanzaBase

OPENING, ANSWER, CLOSING, GRACE = 30.0, 30.0, 2.0, 0.1  # seconds
LARGEST = 250_000
"""Bytes of one stanza. Servers close the connection over more than they take; Prosody takes 256 KiB by default."""
_COMPONENT = "jabber:component:accept"

Answerer = Callable[[Element], Element | None]


class Declined(Refused):
    """The server or somebody else answered a question with an error."""

    def __init__(self, condition: str, words: str = "", target: str = "") -> None:
        """`target` is where it went, if the answer says that it is gone."""
        super().__init__(f"The answer was {condition}{f': {words}' if words else ''}.")
        self.condition, self.target = condition, target


class Stream:
    """A connection that is open. `arrived` are messages and presences in their order; `gone` says when it ended."""

    def __init__(self, login: Login, answer: Answerer) -> None:
        self._login, self._answer = login, answer
        self.arrived: asyncio.Queue[Element] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[NoStream] = loop.create_future()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._why: NoStream | None = None
        self._acks: dict[int, asyncio.Future[None]] = {}
        self._collecting: dict[str, list[Element]] = {}
        self._expected: list[tuple[Callable[[Element], bool], asyncio.Future[Element]]] = []
        self._xmpp = _make(login)
        for event, heard in (
            ("session_start", lambda _: self._open()),
            ("disconnected", lambda _: self._lost()),
            ("reconnect_delay", lambda _: self._give_up()),
            ("connection_failed", lambda error: self._blame(unreachable(login, error))),
            ("ssl_invalid_chain", lambda error: self._give_up(untrusted(login, error))),
            ("failed_auth", lambda failure: self._blame(not_let_in(str(failure["condition"])))),
            ("register", self._make_account),
            ("no_auth", lambda _: self._blame(NO_WAY_IN)),
            ("stream_error", lambda error: self._blame(ended(login, str(error["condition"])))),
            ("stanza_acked", lambda stanza: self._acked(id(stanza))),
        ):
            self._xmpp.add_event_handler(event, heard)
        self._xmpp.add_filter("in", self._take)

    @classmethod
    async def open(cls, login: Login, answer: Answerer = lambda _: None) -> Stream:
        """Connect and log in. Raises `NoStream`."""
        stream = cls(login, answer)
        try:
            stream._xmpp.connect(login.host or None, login.port or None)
            await first(OPENING, stream.gone, stream._ready)
            if stream.gone.done():
                raise stream.gone.result()
            if not stream._ready.done():
                raise NoStream(f"{login.host or login.address} did not answer in {OPENING:.0f} seconds.")
        except BaseException:
            await stream.close()
            raise
        return stream

    @property
    def address(self) -> str:
        """Who we are here, with the device that the server knows us by."""
        return str(self._xmpp.boundjid)

    async def deliver(self, stanza: Element) -> None:
        """Send a message and come back when the server has it. Raises `NotNow`, and `Refused` for what is too big."""
        self._fits(stanza)
        message = self._xmpp.Message(xml=self._outwards(stanza))
        if "stream_management" not in getattr(self._xmpp, "features", ()):
            self._xmpp.send(message)
            await self.ping()
            return
        taken = self._acks[id(message)] = asyncio.get_running_loop().create_future()
        try:
            self._xmpp.send(message)
            self._xmpp.send("<r xmlns='urn:xmpp:sm:3'/>")
            await first(ANSWER, taken, self.gone)
            if not taken.done():
                raise NotNow("The server has not said that it took the message.")
        finally:
            del self._acks[id(message)]

    def tell(self, stanza: Element) -> None:
        """Send a presence, or a message that nothing depends on."""
        self._fits(stanza)
        made = self._xmpp.Presence if x.name_of(stanza)[1] == "presence" else self._xmpp.Message
        self._xmpp.send(made(xml=self._outwards(stanza)))

    async def ask(self, question: Element, seconds: float = ANSWER) -> Element:
        """The answer to an iq. Raises `Declined` for an error, and `NotNow` for none."""
        from slixmpp.exceptions import IqError, IqTimeout

        self._check()
        iq = self._xmpp.Iq(xml=self._outwards(question))
        waiting = asyncio.ensure_future(iq.send(timeout=seconds))  # type: ignore[no-untyped-call]  # not typed there
        try:
            await first(None, waiting, self.gone)
            if not waiting.done():
                raise NotNow("The connection was lost before the answer came.")
            return self._inwards(waiting.result().xml)
        except IqError as error:
            raise _declined(self._inwards(error.iq.xml)) from None
        except IqTimeout:
            raise NotNow("The server did not answer in time.") from None
        finally:
            waiting.cancel()

    async def expect(self, wanted: Callable[[Element], bool], stanza: Element) -> Element:
        """Send a message or a presence, and return what comes back because of it. Raises `NotNow` for nothing."""
        coming: asyncio.Future[Element] = asyncio.get_running_loop().create_future()
        self._expected.append((wanted, coming))
        try:
            self.tell(stanza)
            await first(ANSWER, coming, self.gone)
            if not coming.done():
                raise NotNow("The server has not answered.")
            return coming.result()
        finally:
            self._expected = [one for one in self._expected if one[1] is not coming]

    async def ping(self) -> None:
        """Come back when the server has answered; that it does not know the question is an answer too."""
        with suppress(Declined):
            await self.ask(element(x.CLIENT, "iq", element(x.PING, "ping"), type="get", to=self._server))

    def new_query(self) -> str:
        """A name for a question to an archive that nobody can guess."""
        return self._xmpp.new_id()

    async def collect(self, question: Element, query: str) -> tuple[Element, list[Element]]:
        """The answer to a question to an archive, and the messages that it sent before it."""
        self._collecting[query] = []
        try:
            return await self.ask(question), self._collecting[query]
        finally:
            del self._collecting[query]

    async def close(self) -> None:
        """End the stream, and everything that the library does for it."""
        self._xmpp.cancel_connection_attempt()
        if self._xmpp.is_connected():
            await self._xmpp.disconnect(CLOSING, ignore_send_queue=not self._ready.done())
        self._xmpp.abort()
        sender = self._xmpp._run_out_filters  # it has no other way to end this task
        if sender is not None:
            sender.cancel()
            await asyncio.wait({sender}, timeout=CLOSING)
        self._end()

    # -- what the library calls -----------------------------------------------------------------------

    @property
    def _server(self) -> str:
        return self._login.address.rpartition("@")[2]

    def _check(self) -> None:
        if self.gone.done():
            raise NotNow(str(self.gone.result()))

    def _fits(self, stanza: Element) -> None:
        self._check()
        size = len(tostring(stanza))
        if size > LARGEST:
            raise Refused(f"It takes {size} bytes, and servers take {LARGEST} at most.", "Send it in parts.")

    def _open(self) -> None:
        if not self._ready.done():
            self._ready.set_result(None)

    async def _make_account(self, _: object) -> None:
        """The server offers to make an account (XEP-0077), before anybody has logged in."""
        from slixmpp.exceptions import IqError, IqTimeout

        iq = self._xmpp.make_iq_set(ito=self._server)
        iq["register"]["username"] = self._login.address.rpartition("@")[0]
        iq["register"]["password"] = self._login.secret
        try:
            await iq.send(timeout=ANSWER)  # type: ignore[no-untyped-call]  # not typed there
        except IqError as error:
            self._give_up(no_account(str(error.condition), str(error.text or "")))
        except IqTimeout:
            self._give_up()

    def _blame(self, why: NoStream) -> None:
        self._why = why

    def _give_up(self, why: NoStream | None = None) -> None:
        self._why = why or self._why
        self._xmpp.cancel_connection_attempt()
        self._xmpp.abort()
        self._end()

    def _lost(self) -> None:
        """The library says later than that the connection ended why it could not be trusted."""
        if self._why is not None:
            self._end()
        else:
            asyncio.get_running_loop().call_later(GRACE, self._end)

    def _end(self) -> None:
        if not self.gone.done():
            self.gone.set_result(self._why or NoStream(f"The connection to {self._server} was lost."))

    def _acked(self, message: int) -> None:
        taken = self._acks.get(message)
        if taken is not None and not taken.done():
            taken.set_result(None)

    def _take(self, stanza: StanzaBase) -> StanzaBase | None:
        """Keep messages and presences from the library, which would act on some of them; it gets its answers."""
        kind = x.name_of(stanza.xml)[1]
        if kind in {"message", "presence"}:
            inside = self._inwards(stanza.xml)
            result = x.find(inside, x.MAM, "result")
            if result is None:
                for wanted, coming in self._expected:
                    if not coming.done() and wanted(inside):
                        coming.set_result(inside)
                self.arrived.put_nowait(inside)
            elif (result.get("queryid") or "") in self._collecting:
                self._collecting[result.get("queryid", "")].append(inside)
            return None
        if kind == "iq" and stanza.xml.get("type") in {"get", "set"}:
            answer = self._answer(self._inwards(stanza.xml))
            if answer is not None:
                self._xmpp.send(self._xmpp.Iq(xml=self._outwards(answer)))
                return None
        return stanza

    def _inwards(self, stanza: Element) -> Element:
        return _renamed(stanza, _COMPONENT, x.CLIENT)

    def _outwards(self, stanza: Element) -> Element:
        if not self._login.component:
            return deepcopy(stanza)
        copy = _renamed(stanza, x.CLIENT, _COMPONENT)
        copy.set("from", copy.get("from", self._login.address))
        return copy


def _declined(answer: Element) -> Declined:
    """Why it was declined. The library does not see that in what a component is told."""
    error = x.find(answer, x.CLIENT, "error")
    condition = x.condition_of(error)
    return Declined(condition, x.text_of(error, x.STANZAS, "text"), x.text_of(error, x.STANZAS, "gone"))


async def first(seconds: float | None, *futures: asyncio.Future[Any]) -> None:
    """Wait until one of them is done, or the time is over."""
    await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)


def _renamed(stanza: Element, old: str, new: str) -> Element:
    """A copy in the other namespace. What is forwarded is always as a client would see it (XEP-0297)."""
    copy = deepcopy(stanza)
    waiting = [copy]
    while waiting:
        one = waiting.pop()
        if one.tag == f"{{{x.FORWARD}}}forwarded" and new == _COMPONENT:
            continue
        if one.tag.startswith(f"{{{old}}}"):
            one.tag = f"{{{new}}}{one.tag.rpartition('}')[2]}"
        waiting.extend(one)
    return copy


def _make(login: Login) -> ClientXMPP | ComponentXMPP:
    from slixmpp import ClientXMPP, ComponentXMPP

    # It writes every stanza, passwords and texts among them, into its log. What matters of it shows in our errors.
    logging.getLogger("slixmpp").setLevel(logging.CRITICAL + 1)
    if login.component:
        return ComponentXMPP(  # type: ignore[no-untyped-call]  # the library has not typed this one
            login.address, login.secret, login.host, login.port
        )
    client = ClientXMPP(f"{login.address}/{login.device}" if login.device else login.address, login.secret)
    if login.authority:
        client.ca_certs = Path(login.authority)
    client.enable_direct_tls = login.encryption in {"auto", "tls"} and not (login.host and login.encryption == "auto")
    client.enable_starttls = login.encryption in {"auto", "starttls"}
    # Without resumption: what was lost with a stream is found in the archive, by ids that cannot come twice.
    client.register_plugin("xep_0198", {"allow_resume": False, "window": 1000})
    if login.register:
        client.register_plugin("xep_0077")
    client.auto_authorize, client.auto_subscribe = None, False
    return client
