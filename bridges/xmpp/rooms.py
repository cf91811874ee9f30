"""Rooms: which ones the account has kept, being in them, and who else is (XEP-0045, XEP-0402)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from ..api import Chat, ChatKind, NotNow, Refused
from . import elements as x
from .addresses import bare, local, resource
from .elements import element, every, find, name_of, text_of
from .stream import Declined, Stream

_SELF, _RENAMED = "110", "303"


@dataclass(slots=True)
class Room:
    """One room. `nick` is what we are called there while we are in it."""

    address: str
    title: str
    wished: str
    stay: bool = True
    nick: str | None = None
    others: set[str] = field(default_factory=set)

    @property
    def chat(self) -> Chat:
        return Chat(id=self.address, title=self.title, kind=ChatKind.GROUP)


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


async def join(stream: Stream, room: Room, from_: str | None = None) -> None:
    """Go into a room, under another name if ours is taken. Raises `Refused` for a room that does not let us in."""
    for nick in (room.wished, f"{room.wished}_", f"{room.wished}__"):
        history = element(x.MUC, "history", maxstanzas="0")
        presence = element(x.CLIENT, "presence", element(x.MUC, "x", history), to=f"{room.address}/{nick}", from_=from_)
        answer = await stream.expect(_answers(room.address, from_), presence)
        if answer.get("type") != "error":
            room.nick = resource(answer.get("from", "")) or nick
            room.others.discard(room.nick)
            return
        conditions = [name_of(one)[1] for one in (find(answer, x.CLIENT, "error") or ())]
        if "conflict" not in conditions:
            break
    reason = conditions[0] if conditions else "unknown"
    if reason in {"remote-server-timeout", "remote-server-not-found", "service-unavailable", "resource-constraint"}:
        raise NotNow(f"The room {room.address} cannot be reached: {reason}.")
    raise Refused(f"The room {room.address} does not let us in: {reason}.", "Ask somebody in it.")


def _answers(address: str, to: str | None) -> Callable[[Element], bool]:
    def is_answer(stanza: Element) -> bool:
        if name_of(stanza)[1] != "presence" or bare(stanza.get("from", "")) != address:
            return False
        if to is not None and bare(stanza.get("to", "")) != bare(to):
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
    if presence.get("type") == "unavailable":
        room.others.discard(nick)
        if _RENAMED in said:
            new = find(find(presence, x.MUC_USER, "x"), x.MUC_USER, "item")
            name = new.get("nick", "") if new is not None else ""
            room.others.add(name)
            if nick == room.nick:
                room.nick = name
            return None
        if _SELF in said or nick == room.nick:
            room.nick = None
            return "we", nick
        return "left", nick
    if presence.get("type") is not None or nick in room.others or nick == room.nick or _SELF in said:
        return None
    room.others.add(nick)
    return ("came", nick) if room.nick is not None else None
