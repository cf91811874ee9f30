"""Rooms of our own, one for the owner and each contact: found or made, closed to everybody else, and given a name.

Where a room lies is made from the contact's id with a key, so that nobody reads the id in it, and the same account
finds the same room again. The key is kept with our account on the server, where nobody else sees it (XEP-0223).
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

from ..api import Refused
from . import elements as x
from . import people, rooms
from .addresses import bare, server
from .elements import element, every, find, text_of
from .rooms import NotLetIn, Room
from .stream import Declined, Stream

TRIES = 5
"""So many addresses are tried for one room, where others have rooms already."""
LONGEST_TITLE = 250
KEY = "urn:decamp:rooms"
CLOSED = {
    "muc#roomconfig_membersonly": "1",
    "muc#roomconfig_publicroom": "0",
    "muc#roomconfig_persistentroom": "1",
    # Where everybody in a closed room sees all addresses programs begin to encrypt by themselves, and here reads a
    # bridge that does not.
    "muc#roomconfig_whois": "moderators",
    "muc#roomconfig_moderatedroom": "0",
    "muc#roomconfig_passwordprotectedroom": "0",
    "muc#roomconfig_allowinvites": "0",
    "muc#roomconfig_changesubject": "0",
    "muc#roomconfig_allowpm": "none",
    "muc#roomconfig_enablelogging": "0",  # on web pages, that is
    "muc#roomconfig_enablearchiving": "1",  # for its members (XEP-0313)
    "mam": "1",
}
"""How a room of ours is configured, as far as the service offers it (XEP-0045, section 15.5.3)."""
MUST = {"muc#roomconfig_membersonly", "muc#roomconfig_persistentroom"}
"""A service without these keeps nobody out, or nothing."""


# -- where -------------------------------------------------------------------------------------------------


async def service(stream: Stream, home: str, named: str) -> str:
    """Where rooms are made: the service that was named, or the first that our server has. Raises `Refused`."""
    if named:
        if not await _is_for_rooms(stream, server(named)):
            raise Refused(f"There are no rooms at {named}.", "Name another service in the setting rooms.")
        return server(named)
    items = element(x.CLIENT, "iq", element(x.DISCO_ITEMS, "query"), type="get", to=home)
    parts = find(await stream.ask(items), x.DISCO_ITEMS, "query")
    for place in (item.get("jid", "") for item in every(parts, x.DISCO_ITEMS, "item")):
        if await _is_for_rooms(stream, place):
            return place
    raise Refused(f"The server {home} has no rooms.", "Name a service that has in the setting rooms.")


async def _is_for_rooms(stream: Stream, place: str) -> bool:
    try:
        about = await _about(stream, place)
    except Refused:  # one part of a server that tells nothing is not the one we look for
        return False
    kinds = {(one.get("category"), one.get("type")) for one in every(about, x.DISCO_INFO, "identity")}
    return ("conference", "text") in kinds and x.MUC in _features(about)


async def _about(stream: Stream, place: str) -> Element | None:
    question = element(x.CLIENT, "iq", element(x.DISCO_INFO, "query"), type="get", to=place)
    return find(await stream.ask(question, 10), x.DISCO_INFO, "query")


def _features(about: Element | None) -> set[str]:
    return {one.get("var", "") for one in every(about, x.DISCO_INFO, "feature")}


def address(key: str, whose: str, number: int, at: str) -> str:
    """Where the room for somebody lies: always the same, and without the key nobody can tell for whom it is."""
    said = hmac.digest(key.encode(), f"{number}:{whose}".encode("utf-8", "surrogatepass"), "sha256")
    return f"{base64.b32encode(said[:20]).decode().lower()}@{at}"


async def key(stream: Stream, account: str, make: Callable[[], str]) -> str:
    """The key that our account has for addresses, made where it has none.

    Where the server keeps nothing for us alone, the key is only with us: rooms are not found again without it.
    """
    items = element(x.PUBSUB, "pubsub", element(x.PUBSUB, "items", node=KEY))
    try:
        answer = await stream.ask(element(x.CLIENT, "iq", items, type="get", to=account))
        kept = text_of(find(answer, x.PUBSUB, "pubsub", "items", "item"), KEY, "key").strip()
    except Declined:
        kept = ""
    if kept:
        return kept
    made = make()
    try:
        if x.PUBLISH_OPTIONS in _features(await _about(stream, account)):
            await stream.ask(element(x.CLIENT, "iq", _note(made), type="set", to=account))
    except Declined:
        return made
    return made


def _note(key: str) -> Element:
    options = x.form_of(x.PUBLISH_OPTIONS, {"pubsub#persist_items": "true", "pubsub#access_model": "whitelist"})
    item = element(x.PUBSUB, "item", element(KEY, "key", key), id="current")
    publish = element(x.PUBSUB, "publish", item, node=KEY)
    return element(x.PUBSUB, "pubsub", publish, element(x.PUBSUB, "publish-options", options))


# -- making ------------------------------------------------------------------------------------------------


async def take(stream: Stream, room: Room) -> bool:
    """Go into a room that is to be ours, which makes it where there is none. Returns whether it is ours.

    Raises `Refused` where the service does not let us make rooms.
    """
    try:
        await rooms.join(stream, room)
    except NotLetIn as error:
        if error.condition in {"not-allowed", "not-acceptable", "resource-constraint"}:
            raise Refused(
                f"The service {room.address.partition('@')[2]} does not let us make rooms ({error.condition}).",
                "Ask whoever runs it, or name another one in the setting rooms.",
            ) from None
        return False  # somebody else has a room there, or had one that was destroyed
    if room.rank != "owner":
        rooms.leave(stream, room)
        return False
    return True


async def close(stream: Stream, room: Room, owner: str) -> bool:
    """Keep everybody out of a room but us and the owner. Returns whether it keeps what is said there.

    Raises `Refused`, and takes the room away, where the service cannot.
    """
    offered = await _configure(stream, room, {**CLOSED, "muc#roomconfig_roomname": room.title})
    features = _features(await _about(stream, room.address))
    if not offered >= MUST or "muc_membersonly" not in features:
        await destroy(stream, room)
        raise Refused(
            f"The service {room.address.partition('@')[2]} has no rooms that are closed to others.",
            "Name another one in the setting rooms.",
        )
    item = element(x.MUC_ADMIN, "item", affiliation="member", jid=owner)
    admit = element(x.MUC_ADMIN, "query", item)
    await stream.ask(element(x.CLIENT, "iq", admit, type="set", to=room.address))
    return x.MAM in features


async def is_closed(stream: Stream, room: Room) -> bool:
    """Whether a room keeps others out. One that was made anew may not yet: we may have been cut off before that."""
    return "muc_membersonly" in _features(await _about(stream, room.address))


async def entitle(stream: Stream, room: Room) -> None:
    """Have a room show its title."""
    await _configure(stream, room, {"muc#roomconfig_roomname": room.title})


async def portray(stream: Stream, room: Room, picture: bytes) -> bool:
    """Give a room a picture. Returns whether the service has pictures for rooms: cards of their own (XEP-0486)."""
    if x.VCARD not in _features(await _about(stream, room.address)):
        return False
    card = people.write_card(room.title, picture)
    await stream.ask(element(x.CLIENT, "iq", card, type="set", to=room.address))
    return True


async def _configure(stream: Stream, room: Room, wanted: Mapping[str, str]) -> set[str]:
    """Fill in the form that the service has for the room. Returns the names of its fields."""
    question = element(x.CLIENT, "iq", element(x.MUC_OWNER, "query"), type="get", to=room.address)
    form = find(await stream.ask(question), x.MUC_OWNER, "query")
    offered = form.find(f"{{{x.DATA}}}x") if form is not None else None
    if offered is None:
        return set()
    query = element(x.MUC_OWNER, "query", x.filled(offered, wanted))
    await stream.ask(element(x.CLIENT, "iq", query, type="set", to=room.address))
    return {one.get("var", "") for one in every(offered, x.DATA, "field")}


async def destroy(stream: Stream, room: Room) -> None:
    """Take a room of ours away."""
    query = element(x.MUC_OWNER, "query", element(x.MUC_OWNER, "destroy"))
    await stream.ask(element(x.CLIENT, "iq", query, type="set", to=room.address))
    room.nick = None


def invite(stream: Stream, room: Room, owner: str) -> None:
    """Ask the owner in, through the room and directly: programs understand the one or the other (XEP-0249)."""
    asked = element(x.MUC_USER, "invite", element(x.MUC_USER, "reason", room.title), to=owner)
    stream.tell(element(x.CLIENT, "message", element(x.MUC_USER, "x", asked), to=room.address))
    direct = element(x.INVITATION, "x", jid=room.address, reason=room.title)
    stream.tell(element(x.CLIENT, "message", direct, to=owner))


def is_there(room: Room, owner: str) -> bool:
    """Whether the owner is in the room now."""
    return any(bare(account) == owner for account in room.others.values())


def title_of(title: str, fallback: str) -> str:
    """What a room can be called: one line, and not without end."""
    return " ".join(x.clean(title).split())[:LONGEST_TITLE] or fallback
