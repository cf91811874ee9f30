"""An application service at its homeserver: everything that works with its token."""

from __future__ import annotations

from dataclasses import dataclass

from ..about import Can
from ..actions import Accept, AnyAction, MarkDelivered, Post, Sent, SetTimer, SetTyping
from ..api import CannotDo, Desk, Gone, NotNow, Refused
from ..events import Person
from .about import is_on
from .calls import Calls, Denied, path
from .contents import Tickets
from .ghosts import Ghosts
from .keep import Keep, secret_of
from .loose import Object, a_text
from .media import Media
from .missed import Missed
from .place import Place
from .portals import Portals
from .reading import OUR_MARK
from .repeats import TICKET, Repeats
from .rooms import Rooms
from .sending import Pen, Voice
from .trying import Trying


@dataclass(slots=True)
class Service:
    """Its parts."""

    owner: str
    calls: Calls
    media: Media
    rooms: Rooms
    ghosts: Ghosts
    portals: Portals
    pen: Pen
    repeats: Repeats
    missed: Missed
    largest_file: int | None = None
    puppets: bool = False
    """Whether we may write as the owner: the registration names them, if they are of this homeserver."""

    @classmethod
    def opened(cls, desk: Desk, base: str, keep: Keep, trying: Trying) -> Service:
        """Ready to ask the homeserver at `base`, which is not asked anything yet."""
        settings = desk.settings
        owner = settings["owner"]
        calls = Calls(base, settings["as_token"])
        media = Media(calls, desk.folder, desk.random_bytes)
        tickets = Tickets(secret_of(desk.folder, desk.random_bytes))
        pen = Pen(calls, media, keep, tickets, public=is_on(settings["receipts"]))
        ghosts = Ghosts(calls, media, settings["prefix"], settings["server"])
        rooms = Rooms(calls, media)
        portals = Portals(owner, calls, ghosts, rooms, pen, trying)
        repeats = Repeats(calls, keep, ghosts, owner)
        missed = Missed(calls, keep, ghosts, desk.now)
        return cls(owner, calls, media, rooms, ghosts, portals, pen, repeats, missed)

    async def arrive(self, trying: Trying) -> None:
        """Have an account of our own, and learn what the homeserver lets us do."""
        await trying.insist(self.ghosts.make_bot)
        self.largest_file = await trying.insist(self.media.largest)
        self.puppets = await trying.insist(self._may_puppet)

    async def _may_puppet(self) -> bool:
        try:
            await self.calls.ask("GET", path("account", "whoami"), query={"user_id": self.owner})
        except Denied:
            return False
        return True

    async def place(self, chat: str) -> Place:
        """A room in which ghosts can speak. Raises `Gone`, or `Refused` where they cannot."""
        try:
            place = await self.portals.place(chat)
        except Denied as error:
            raise (Gone if error.may_be_out else Refused)("There is no such chat (any more).") from error
        if place.encrypted:
            raise Refused("This room is encrypted, and ghosts have no keys.", "Make a new chat with this contact.")
        return place

    async def act(self, place: Place, action: AnyAction) -> Sent:
        """Carry it out in the name of whom it is meant for."""
        voice = await self._voice(place, action)
        if isinstance(action, SetTyping) and voice.user == self.owner:
            (self.portals.typing_for.add if action.typing else self.portals.typing_for.discard)(place.id)
        sent = await self.pen.act(place.id, action, voice, self._put, sealed=False)
        self.pen.sent.clear()  # what our accounts say is known by who says it
        return sent

    async def _voice(self, place: Place, action: AnyAction) -> Voice:
        """In whose name an action is meant, who is in the room then."""
        if isinstance(action, Accept | SetTimer | MarkDelivered):
            raise Refused("Matrix has no such thing.")
        at = action.sent_at if isinstance(action, Post) else None
        if action.as_owner:
            if not self.puppets:
                raise CannotDo(Can.OWNER)
            return Voice(self.owner, {"user_id": self.owner}, {OUR_MARK: "decamp"}, at)
        if action.persona is None:
            return Voice(self.ghosts.bot, at=at)
        voice = await self.ghosts.voice(action.persona, at)
        if voice.user not in place.people:
            await self.ghosts.bring(voice.user, place.id, voice.query)
            place.people[voice.user] = Person(id=voice.user, name=action.persona.name)
        return voice

    async def _put(self, room: str, kind: str, content: Object, ticket: str, voice: Voice) -> str:
        """An event into a room, at the time when it was said: `ts` only works for application services."""
        when = {} if voice.at is None else {"ts": str(voice.at)}
        where = path("rooms", room, "send", kind, ticket)

        async def put() -> str:
            answer = await self.calls.ask("PUT", where, {**content, TICKET: ticket}, {**voice.query, **when})
            event = a_text(answer, "event_id")
            if not event:
                raise NotNow("The homeserver does not say under which id it has the message.")
            return event

        return await self.repeats.once(room, ticket, voice, put)
