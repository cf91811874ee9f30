"""A room of a community on the stand-in network, an account that is in it, and a friend who writes there by hand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from bridges.api import (
    AnyAction,
    AnyEvent,
    Chat,
    ChatKind,
    Delete,
    Deleted,
    Desk,
    Event,
    File,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Reference,
)
from bridges.contract import Seat
from bridges.session.bridge import SessionBridge
from migrate.session.community.blinding import Blinded
from migrate.session.community.links import CommunityLink
from migrate.session.community.messages import file_url, opened, seal
from migrate.session.config.message import Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.content import VOICE, Content, DataMessage, Pointer, Profile, Quote
from migrate.session.keys import AccountKeys
from migrate.standin.community import CommunityServer
from migrate.standin.network import StandIn
from migrate.standin.rooms import Message, Room
from tests.bridges.session.friend import GLANCE, this_moment
from tests.bridges.session.world import SessionWorld
from tests.patience import PATIENCE

E = TypeVar("E", bound=Event)


class RoomFriend:
    """Somebody in a room. They see it as its server keeps it, and call messages by their numbers."""

    def __init__(self, standin: StandIn, server: CommunityServer, room: Room, keys: AccountKeys | None = None) -> None:
        self.standin, self.server, self.room = standin, server, room
        self.link = CommunityLink.parse(server.link(room.token))
        self.member = Blinded(keys or AccountKeys(os.urandom(32)), self.link.server_key)
        self.id, self.name = self.member.id, "Friend"
        self.events: list[AnyEvent] = []
        self._taken: set[int] = set()
        self._told: dict[int, tuple[bool, dict[str, set[str]]]] = {}

    # -- what they do ---------------------------------------------------------------------------------

    async def do(self, action: AnyAction) -> str:
        match action:
            case Post():
                quoted = self._number(action.reply_to) if action.reply_to else None
                files = [self._left(Path(one.path), one.name, one.type, one.voice) for one in action.files]
                return self.say(action.text or None, quoted, [number for number, _ in files], [one for _, one in files])
            case React():
                change = self.room.react if action.add else None
                number, now = self._number(action.message), self.server.now()
                if change is not None:
                    self.standin.within(lambda: self.room.react(number, self.id, action.emoji, now))
                else:
                    self.standin.within(lambda: self.room.unreact(number, self.id, action.emoji))
                return str(number)
            case Delete():
                number = self._number(action.message)
                self.standin.within(lambda: self.room.delete(number, self.id, self.server.now()))
                return str(number)
            case _:
                raise NotImplementedError(type(action).__name__)

    def say(
        self, text: str | None, quoted: int | None = None, numbers: list[int] | None = None,
        files: list[Pointer] | None = None,
    ) -> str:  # fmt: skip
        """Post something, with a name on it; the number of it is theirs to know it by."""
        quote = None
        if quoted is not None:
            answered = self.room.messages[quoted]
            quote = Quote(sent_at=int(answered.posted * 1000), author=answered.author)
        data = DataMessage(body=text, attachments=tuple(files or ()), quote=quote, profile=Profile(name=self.name))
        sealed = seal(Content(data=data, sent_at=this_moment()), self.member, tuple(numbers or ()))
        return str(self.post(sealed.data, sealed.signature).id)

    def post(self, data: bytes, signature: bytes) -> Message:
        """Put bytes there that may be anything: the server does not look."""

        def post() -> Message:
            number = self.server.next_number()
            message = self.room.post(number, self.id, data, signature, self.server.now(), 1_000)
            self._told[number] = (True, {})
            return message

        return self.standin.within(post)

    async def rename(self, name: str) -> None:
        self.name = name

    async def use(self, link: str) -> None:
        raise NotImplementedError

    def _left(self, path: Path, name: str, type: str, voice: bool) -> tuple[int, Pointer]:
        content, number = path.read_bytes(), self.standin.within(self.server.next_number)
        self.server.files[number] = (self.room.token, content)
        flags = VOICE if voice else None
        return number, Pointer(
            old_id=number, type=type, size=len(content), name=name, flags=flags, url=file_url(self.link, number)
        )

    def _number(self, reference: Reference) -> int:
        return int(reference.id)

    # -- what they see --------------------------------------------------------------------------------

    async def saw(self, kind: type[E], wanted: Callable[[E], bool], seconds: float = PATIENCE) -> E:
        async with asyncio.timeout(seconds):
            while True:
                self.events += self.standin.within(lambda: list(self._news()))
                for at, event in enumerate(self.events):
                    if at not in self._taken and isinstance(event, kind) and wanted(event):
                        self._taken.add(at)
                        return event
                await asyncio.sleep(GLANCE)

    def _news(self) -> Iterator[AnyEvent]:
        for message in self.room.messages.values():
            there, felt = self._told.get(message.id, (False, {}))
            if not there and message.data is not None and message.id not in self._told:
                yield self._posted(message)
            if message.data is None and there:
                yield Deleted(chat=self._chat, sender=None, message=str(message.id))
            now = {emoji: set(people) for emoji, people in message.reactions.items()}
            for person in {one for people in (*felt.values(), *now.values()) for one in people} - {self.id}:
                before = {emoji for emoji, people in felt.items() if person in people}
                after = tuple(emoji for emoji, people in now.items() if person in people)
                if before != set(after):
                    yield Reacted(
                        chat=self._chat, sender=Person(id=person), message=str(message.id), emojis=after,
                        change=Reacted.Change.ALL,
                    )  # fmt: skip
            self._told[message.id] = (message.data is not None, now)

    def all_posts(self) -> list[Posted]:
        """Everything that is there, in order, whoever wrote it."""
        return self.standin.within(
            lambda: [self._posted(one) for one in self.room.messages.values() if one.data is not None]
        )

    @property
    def _chat(self) -> Chat:
        return Chat(id=self.link.id, title=self.room.name, kind=ChatKind.COMMUNITY)

    def _posted(self, message: Message) -> Posted:
        listed = message.listed(None, 20)
        said = opened(message.author, str(listed["data"]), str(listed["signature"])).data
        assert said is not None
        about = self._quoted(said.quote)
        return Posted(
            chat=self._chat,
            sender=Person(id=message.author, name=(said.profile.name if said.profile else None) or ""),
            id=str(message.id),
            sent_at=int(message.posted * 1000),
            text=said.body or "",
            files=tuple(
                File(ref=one.url or "", name=one.name or "", type=one.type or "", size=one.size, voice=one.voice)
                for one in said.attachments
            ),
            reply_to=Reference(id=about) if about else None,
        )

    def _quoted(self, quote: Quote | None) -> str:
        if quote is None:
            return ""
        found = [one for one in self.room.messages.values()
                 if (one.author, int(one.posted * 1000)) == (quote.author, quote.sent_at)]  # fmt: skip
        return str(found[0].id) if found else "?"

    async def bytes_of(self, file: File) -> bytes:
        return self.server.files[int(file.ref.rpartition("/")[2])][1]


def in_rooms(world: SessionWorld, *links: str) -> None:
    """Put rooms into the settings of an account, as its phone does."""
    servers: dict[bytes, Tree] = {}
    for link in map(CommunityLink.parse, links):
        server = servers.setdefault(link.server.encode(), {b"#": link.server_key, b"R": {}})
        rooms = server[b"R"]
        assert isinstance(rooms, dict)
        rooms[link.room.lower().encode()] = {b"n": link.room.encode()}
    every: Tree = dict(servers)
    world.knows(Namespace.GROUPS_JOINED, {b"o": every})


class RoomWorld(SessionWorld):
    """An account in a room that somebody wants."""

    def __init__(self, standin: StandIn, folder: Path, token: str = "Lobby", title: str = "The lobby") -> None:
        super().__init__(standin, folder)
        self.server = standin.communities[0]
        self.server.most_posts = 1_000
        self.room = self.server.open_room(token, title)
        self.friend = self.hand = RoomFriend(standin, self.server, self.room)
        self.link = self.hand.link
        self.chat = chat = self.link.id
        self.blinded = Blinded(self.keys, self.link.server_key).id
        in_rooms(self, str(self.link))

        class Following(SessionBridge):
            """A bridge that a relay has told what it wants."""

            async def start(self, desk: Desk) -> None:
                await super().start(desk)
                self.follow([chat])

        self.bridge = Following


@asynccontextmanager
async def in_a_room(folder: Path) -> AsyncIterator[RoomWorld]:
    """Two people in one room."""
    with StandIn(this_moment, os.urandom, communities=1) as standin:
        world = RoomWorld(standin, folder)
        world.knows(Namespace.PROFILE, {b"n": b"Robin"})
        yield world


@asynccontextmanager
async def seated(folder: Path) -> AsyncIterator[tuple[RoomWorld, Seat]]:
    """The same, with a bridge that runs there."""
    async with in_a_room(folder) as world, Seat(world) as seat:
        yield world, seat


def texts(seat: Seat) -> list[str]:
    """What a bridge has told of, in order."""
    return [event.text for event in seat.events if isinstance(event, Posted)]


async def nothing_asked(server: CommunityServer) -> None:
    """Wait until what is under way has come to its end: nothing new in the time of several looks, and again nothing."""
    quiet, asked = 0, -1
    while quiet < 2:
        quiet = quiet + 1 if len(server.asked) == asked else 0
        asked = len(server.asked)
        await asyncio.sleep(0.3)
