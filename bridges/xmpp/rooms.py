"""Rooms: which ones the account has kept, being in them, and who else is (XEP-0045, XEP-0402)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from migrate.model import short_id

from ..api import Chat, ChatKind, Gone, NotNow, Refused
from . import elements as x
from .addresses import bare, local, resource
from .archive import Kept
from .elements import element, every, find, name_of, text_of
from .letter import stamped
from .record import Made
from .stream import Declined, Stream

CREATED = "201"
_SELF, _RENAMED = "110", "303"
_MARGIN_MS = 60_000
"""By so much our clock may differ from that of a server."""


class NotLetIn(Refused):
    """A room that does not let us in. `condition` is how it says so."""

    hint = "Ask somebody in it."

    def __init__(self, address: str, condition: str) -> None:
        if condition == "gone":
            super().__init__(f"The room {address} is gone.", "Have a new one made.")
        else:
            super().__init__(f"The room {address} does not let us in: {condition}.")
        self.condition = condition


class RoomGone(NotLetIn, Gone):
    """A room that was destroyed, or that we were banned from: it never lets us in again."""


def _locked(address: str, condition: str) -> NotLetIn:
    return RoomGone(address, condition) if condition in {"gone", "forbidden"} else NotLetIn(address, condition)


@dataclass(slots=True)
class Room:
    """One room. `nick` is what we are called there while we are in it.

    `others` are who else is there: by their names, the accounts as far as the room tells. `settled`: we have heard of
    all who were there when we came. `made`: it is one of our own; `rank` is what we are in it.
    """

    address: str
    title: str
    wished: str
    stay: bool = True
    nick: str | None = None
    others: dict[str, str] = field(default_factory=dict)
    settled: bool = False
    made: Made | None = None
    rank: str = ""
    heard_at: int = 0
    entered_at: int = 0

    @property
    def chat(self) -> Chat:
        return Chat(id=self.address, title=self.title, kind=ChatKind.GROUP)

    @property
    def is_archived(self) -> bool:
        """Whether what was said there can be read again at any time."""
        return self.made is None or self.made.archived

    @property
    def start(self) -> Kept | None:
        """Where to begin to read in a room of ours, if nobody has read in it yet."""
        return None if self.made is None else Kept(last=self.made.last, at=self.made.made_at)


def own(made: Made, nick: str) -> Room:
    """A room that we made. Whoever it is for gives us their name there, so that programs show who speaks."""
    wished = named_after(made.title, made.person) if made.person else nick
    return Room(address=made.address, title=made.title, wished=wished, made=made)


def named_after(title: str, person: str) -> str:
    """The name of a contact in their room. One that is made of nothing but signs gets a short form of the address."""
    tidy, short = nickname(title, ""), nickname(short_id(person), "contact")
    has_name = any(mark.isalnum() for mark in tidy.partition("(")[0])
    return tidy if has_name else f"{short} {tidy}".strip()


def nickname(name: str, fallback: str) -> str:
    """A name as it can stand in a room. The library knows what may: Unicode 3.2, so no new emoji (the recipe)."""
    from slixmpp import JID, InvalidJID

    def fits(mark: str) -> bool:
        try:
            return bool(JID(f"a@b/x{mark}x").resource)
        except InvalidJID:
            return False

    tidy = " ".join("".join(mark if fits(mark) else " " for mark in name[:60]).split())
    try:
        return str(JID(f"a@b/{tidy}").resource) or fallback
    except InvalidJID:
        return fallback


async def bookmarks(stream: Stream, account: str, nick: str) -> list[Room]:
    """The rooms that the account has kept; none where the server keeps no such list."""
    items = element(x.PUBSUB, "pubsub", element(x.PUBSUB, "items", node=x.BOOKMARKS))
    try:
        answer = await stream.ask(element(x.CLIENT, "iq", items, type="get", to=account))
    except Declined:
        return []
    kept = find(answer, x.PUBSUB, "pubsub", "items")
    rooms = []
    for item in every(kept, x.PUBSUB, "item"):
        about, address = find(item, x.BOOKMARKS, "conference"), bare(item.get("id", ""))
        if about is not None and local(address):
            rooms.append(Room(
                address=address, title=about.get("name") or local(address),
                wished=nickname(text_of(about, x.BOOKMARKS, "nick"), "") or nick,
                stay=about.get("autojoin") in {"1", "true"},
            ))  # fmt: skip
    return rooms


async def join(stream: Stream, room: Room, since: int | None = None) -> set[str]:
    """Go into a room, under another name if ours is taken. `since`: show what was said from then on.

    Returns what the room says of it. Raises `NotLetIn`, and `NotNow` for a room that cannot be reached.
    """
    seen = {"since": stamped(since - _MARGIN_MS)} if since is not None else {"maxstanzas": "0"}
    room.others.clear()
    room.settled = False
    for nick in (room.wished, f"{room.wished}_", f"{room.wished}__"):
        inside = element(x.MUC, "x", element(x.MUC, "history", **seen))
        presence = element(x.CLIENT, "presence", inside, to=f"{room.address}/{nick}")
        answer = await stream.expect(_answers(room.address), presence)
        if answer.get("type") != "error":
            room.nick = resource(answer.get("from", "")) or nick
            item = find(answer, x.MUC_USER, "x", "item")
            room.rank = item.get("affiliation", "") if item is not None else ""
            return codes(answer)
        conditions = [name_of(one)[1] for one in (find(answer, x.CLIENT, "error") or ())]
        if "conflict" not in conditions:
            break
    reason = conditions[0] if conditions else "unknown"
    if reason in {"remote-server-timeout", "remote-server-not-found", "service-unavailable", "resource-constraint"}:
        raise NotNow(f"The room {room.address} cannot be reached: {reason}.")
    raise _locked(room.address, reason)


async def rename(stream: Stream, room: Room) -> None:
    """Be called there as we wish. Where somebody else is called so we keep the name we have."""
    if room.nick not in {None, room.wished}:
        presence = element(x.CLIENT, "presence", to=f"{room.address}/{room.wished}")
        answer = await stream.expect(_answers(room.address), presence)
        if answer.get("type") != "error":
            room.nick = resource(answer.get("from", "")) or room.wished


def leave(stream: Stream, room: Room) -> None:
    """Go out of a room."""
    stream.tell(element(x.CLIENT, "presence", to=f"{room.address}/{room.nick}", type="unavailable"))
    room.nick = None


def _answers(address: str) -> Callable[[Element], bool]:
    def is_answer(stanza: Element) -> bool:
        if name_of(stanza)[1] != "presence" or bare(stanza.get("from", "")) != address:
            return False
        return stanza.get("type") == "error" or (stanza.get("type") is None and _SELF in codes(stanza))

    return is_answer


async def is_in(stream: Stream, room: Room) -> bool:
    """Whether the room still has us: it hands a question on to ourselves only if it does (XEP-0410)."""
    question = element(x.CLIENT, "iq", element(x.PING, "ping"), type="get", to=f"{room.address}/{room.nick}")
    try:
        await stream.ask(question)
    except Declined as error:
        return error.condition != "not-acceptable"
    except NotNow:
        return True  # nobody knows; the next round asks again
    return True


def codes(presence: Element) -> set[str]:
    """What a room says with a presence."""
    return {one.get("code", "") for one in every(find(presence, x.MUC_USER, "x"), x.MUC_USER, "status")}


def heard(room: Room, presence: Element) -> tuple[str, str] | None:
    """What a presence from a room means for us: somebody `came`, `left` or is `called` otherwise, or `we` are out.

    None for nothing new. The first ones, of those who were there when we came, are nothing new either.
    """
    nick, said = resource(presence.get("from", "")), codes(presence)
    if not nick:
        return None  # of the room itself, such as that it has another picture
    item = find(presence, x.MUC_USER, "x", "item")
    account = bare(item.get("jid", "")).lower() if item is not None else ""
    if presence.get("type") == "unavailable":
        known = room.others.pop(nick, None)
        if _RENAMED in said:
            name = item.get("nick", "") if item is not None else ""
            if known is not None:
                room.others[name] = known
            if nick == room.nick:
                room.nick = name
            return None
        if _SELF in said or nick == room.nick:
            room.nick = None
            return "we", nick
        return "left", nick
    if presence.get("type") is not None:
        return None
    if _SELF in said:
        room.settled = True
        return None
    is_new = nick not in room.others and nick != room.nick
    room.others[nick] = account
    return ("came", nick) if is_new and room.settled else None
