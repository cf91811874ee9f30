"""A part of one's own server as a bridge (XEP-0114): each contact has an address, and only the owner is answered.

Where the server allows it (XEP-0356) contacts stand in the owner's list without being asked for, and what the owner
wrote elsewhere shows as theirs. Messages that the owner writes while the component is away come back to them with an
error from the server: it keeps none for a component.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree.ElementTree import Element

from ..api import (
    AnyAction,
    Can,
    CannotDo,
    Chat,
    Desk,
    Failed,
    Person,
    Refused,
    Talk,
)
from . import elements as x
from . import people, translate
from .about import COMPONENT
from .addresses import account, bare, domain, ghost, local, person
from .elements import element, every, find, name_of
from .letter import Letter, read
from .line import Line
from .login import Login
from .record import Ghost, Mailed
from .setup import component_login
from .stream import Declined, Stream
from .translate import Envelope, Place

GROUP = "Session"
"""Where the owner's program shows the contacts."""


class XmppComponentBridge(Line):
    """One component and its owner."""

    about = COMPONENT
    identity = ("gateway", "session")

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import set_up_component

        return await set_up_component(talk)

    def _login(self) -> Login:
        return component_login(dict(self._desk.settings))

    async def start(self, desk: Desk) -> None:
        self._owner = account(desk.settings["owner"])
        self._pictures = desk.folder / "pictures"
        self._granted: dict[str, str] = {}
        self._shows_own_words = True
        self._dressing = asyncio.Lock()
        await super().start(desk)

    @property
    def me(self) -> Person:
        return Person(id=self._who.address, name=self._who.address)

    async def chats(self) -> AsyncIterator[Chat]:
        self._connected()
        for one in self._record.ghosts():
            yield _chat(one)

    async def _arrive(self, stream: Stream) -> None:
        self._granted.clear()
        await self._depot.find(stream, domain(self._owner))
        self._shows_own_words = not await self._is_ejabberd(stream)
        for one in self._record.ghosts():
            self._show(stream, one)

    async def _is_ejabberd(self, stream: Stream) -> bool:
        """Whether the server is one that brings what we write as the owner to us alone, where nobody would ever see it:
        ejabberd, in every version that we have looked at, neither keeps it for them nor tells their programs.
        """
        question = element(x.CLIENT, "iq", element(x.DISCO_INFO, "query"), type="get", to=domain(self._owner))
        try:
            about = find(await stream.ask(question), x.DISCO_INFO, "query")
        except Declined:
            return False
        return any(one.get("name") == "ejabberd" for one in every(about, x.DISCO_INFO, "identity"))

    # -- ghosts --------------------------------------------------------------------------------------------

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        """The address of a contact. There is none for several people: rooms are another bridge's."""
        if person is None:
            raise CannotDo(Can.GROUPS)
        address = ghost(person.id, self._who.address)
        known = self._record.ghost(address)
        if known is None or picture is not None:
            known = await self._dress(address, person.id, title, picture)
        return _chat(known)

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        known = self._known(chat)
        await self._dress(chat, known.person, title, picture)

    async def dress_person(self, person: Person, picture: Path | None) -> None:
        await self._dress(ghost(person.id, self._who.address), person.id, person.name, picture)

    async def _dress(self, address: str, whose: str | None, name: str, picture: Path | None) -> Ghost:
        """Give an address a name and a picture; without a picture it keeps the one it has. One after the other: what
        was asked for last holds, also where an earlier picture takes longer to be read.
        """
        async with self._dressing:
            before = self._record.ghost(address)
            kept = before.picture if before else None
            if picture is not None:
                kept = await asyncio.to_thread(self._keep, picture)
            one = Ghost(address=address, person=whose, name=_shown(name, address), picture=kept)
            self._record.keep_ghost(one)
            stream = self._connected()
            await self._enlist(stream, one)
            self._show(stream, one)
            return one

    def _keep(self, picture: Path) -> str:
        """Copy a picture into our folder, under the hash by which XMPP knows it (XEP-0153)."""
        size = picture.stat().st_size
        if size > people.LARGEST_PICTURE:
            raise Refused(f"The picture has {size} bytes, and {people.LARGEST_PICTURE} fit on a card.", "Shrink it.")
        content = picture.read_bytes()
        name = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        self._pictures.mkdir(mode=0o700, exist_ok=True)
        (self._pictures / name).write_bytes(content)
        return name

    def _known(self, address: str) -> Ghost:
        known = self._record.ghost(address)
        if known is None:
            raise Refused("There is no such chat.", "`decamp bridge chats` shows those that there are.")
        return known

    async def _enlist(self, stream: Stream, one: Ghost) -> None:
        """Put a contact into the owner's list, or ask the owner to: also where the server fails at what it allowed, as
        ejabberd 23.01 does, which Debian has.
        """
        if self._granted.get("roster") in {"set", "both"}:
            group = element(x.ROSTER, "group", GROUP)
            item = element(x.ROSTER, "item", group, jid=one.address, name=one.name, subscription="both")
            query = element(x.ROSTER, "query", item)
            try:
                await stream.ask(element(x.CLIENT, "iq", query, type="set", to=self._owner))
            except Declined:
                self._granted.pop("roster", None)
            else:
                return
        nick = element(x.NICK, "nick", one.name)
        stream.tell(element(x.CLIENT, "presence", nick, type="subscribe", from_=one.address, to=self._owner))

    def _show(self, stream: Stream, one: Ghost) -> None:
        """Let the owner's program know that a contact is there, and which picture they have."""
        photo = element(x.VCARD_UPDATE, "photo", one.picture or "")
        nick = element(x.NICK, "nick", one.name)
        update = element(x.VCARD_UPDATE, "x", photo)
        stream.tell(element(x.CLIENT, "presence", nick, update, from_=one.address, to=self._owner))

    def _reply(self, iq: Element) -> Element | None:
        """Answer the owner, our server and ourselves, nobody else: not even that there is something here."""
        asker = bare(iq.get("from", ""))
        if asker not in {self._owner, domain(self._owner), self._who.address}:
            error = element(x.CLIENT, "error", element(x.STANZAS, "service-unavailable"), type="cancel")
            answer = self._result(iq, error)
            answer.set("type", "error")
            return answer
        one = self._record.ghost(bare(iq.get("to", "")))
        if iq.get("type") == "get" and one is not None and find(iq, x.VCARD, "vCard") is not None:
            return self._result(iq, people.write_card(one.name, self._picture(one)))
        return super()._reply(iq)

    def _picture(self, one: Ghost) -> bytes | None:
        path = self._pictures / (one.picture or "none")
        return path.read_bytes() if one.picture and path.is_file() else None

    # -- what comes ----------------------------------------------------------------------------------------

    async def _hear(self, stanza: Element) -> None:
        privilege = find(stanza, x.PRIVILEGE, "privilege")
        if privilege is not None and stanza.get("from") == domain(self._owner):
            await self._take_grants(privilege)
        elif bare(stanza.get("from", "")) == self._owner:
            if name_of(stanza)[1] == "presence":
                self._notice(stanza)
            else:
                await self._understand(read(stanza))

    async def _take_grants(self, privilege: Element) -> None:
        """The server says what we may do for its people. Then all contacts can go into the owner's list."""
        for grant in every(privilege, x.PRIVILEGE, "perm"):
            self._granted[grant.get("access", "")] = grant.get("type", "")
        stream = self._stream
        if stream is None or self._granted.get("roster") != "both":
            return
        async with self._dressing:  # or an older name could come after a newer one
            try:
                question = element(x.CLIENT, "iq", element(x.ROSTER, "query"), type="get", to=self._owner)
                there = people.listed(find(await stream.ask(question), x.ROSTER, "query"))
            except Declined:
                self._granted.pop("roster", None)
                return
            for one in self._record.ghosts():
                listed = there.get(one.address)
                if listed is None or listed.name != one.name:
                    await self._enlist(stream, one)

    def _notice(self, presence: Element) -> None:
        """The owner asks for somebody's presence, or comes online: contacts that we know are there."""
        stream, to = self._stream, bare(presence.get("to", ""))
        one = self._record.ghost(to)
        if stream is None or one is None:
            return
        if presence.get("type") == "subscribe":
            stream.tell(element(x.CLIENT, "presence", type="subscribed", from_=to, to=self._owner))
        if presence.get("type") in {"subscribe", "probe"}:
            self._show(stream, one)

    async def _understand(self, letter: Letter) -> None:
        address = bare(letter.to)
        mailed = self._record.mailed(letter.id)
        if not local(address):
            return
        one = self._record.ghost(address) or Ghost(address=address, person=person(address), name=local(address))
        if mailed is not None:
            if letter.error is not None:
                self.feed.add(Failed(chat=_chat(one), message=mailed.id, reason=letter.error))
            return  # else: what we wrote as the owner comes back to us as if they had typed it
        if letter.error is not None or letter.type == "groupchat":
            return
        at = letter.stamp(domain(self._owner), self._owner) or self._desk.now()
        id = letter.id or f"n{self._desk.random_bytes(12).hex()}"
        owner = Person(id=self._owner, name=local(self._owner))
        for event in translate.events(letter, Place(chat=_chat(one), sender=owner, id=id, sent_at=at)):
            await self.feed.put(event)

    # -- what goes -----------------------------------------------------------------------------------------

    def _envelope(self, chat: str, action: AnyAction) -> Envelope:
        one = self._known(chat)
        if getattr(action, "as_owner", False):
            if self._granted.get("message") != "outgoing" or not self._shows_own_words:
                raise Refused(
                    "The server does not let us write as the owner.",
                    "Allow it in the configuration of the server: docs/networks/xmpp.md has the lines.",
                )
            return Envelope(to=chat, from_=self._owner)
        persona: Person | None = getattr(action, "persona", None)
        if persona is not None and ghost(persona.id, self._who.address) != chat:
            raise Refused("In this chat only the one whose address it is can write.", "Open a chat for them.")
        return Envelope(to=self._owner, from_=chat, nick=one.name)

    async def _mail(self, chat: str, message: Element) -> str:
        if message.get("from") == self._owner:
            wrapped = element(x.PRIVILEGE, "privilege", element(x.FORWARD, "forwarded", message))
            message_id = message.get("id", "")
            await self._connected().deliver(
                element(x.CLIENT, "message", wrapped, to=domain(self._owner), from_=self._who.address)
            )
            return message_id
        await self._connected().deliver(message)
        return message.get("id", "")

    async def _is_there(self, mailed: Mailed) -> str | None:
        """Nobody can tell. It is sent again under the same id, by which programs know it for the same."""
        return None


def _chat(one: Ghost) -> Chat:
    return Chat(id=one.address, title=one.name, person=one.person)


def _shown(name: str, address: str) -> str:
    """A name that lists can show: one line, and not longer than a stanza takes; the address where nothing is left."""
    tidy = " ".join(x.clean(name).split())[:1000]
    return tidy or local(address)[:12]
