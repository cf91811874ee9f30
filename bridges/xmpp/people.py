"""Who people are: the list of contacts, cards with name and picture (XEP-0054), and where somebody moved (XEP-0283)."""

from __future__ import annotations

import base64
import binascii
from xml.etree.ElementTree import Element

from migrate.model import Noun

from ..api import NotNow
from . import elements as x
from .addresses import bare, of_link
from .elements import element, every, find, text_of
from .stream import Declined, Stream

LARGEST_PICTURE = 150_000
"""Bytes. A card is one stanza, and its picture grows by a third on the way."""


class Card(Noun, frozen=True, kw_only=True):
    """What somebody shows of themselves. `picture` are its bytes."""

    name: str = ""
    picture: bytes | None = None


class Listed(Noun, frozen=True, kw_only=True):
    """Somebody in the list of contacts. `sees_us`: they may know when we are there; `seen`: we may know it of them."""

    name: str
    sees_us: bool
    seen: bool


def listed(roster: Element | None) -> dict[str, Listed | None]:
    """The list of contacts, or a change to it; None for somebody who was taken off."""
    found: dict[str, Listed | None] = {}
    for item in every(roster, x.ROSTER, "item"):
        state = item.get("subscription", "none")
        one = Listed(name=item.get("name", ""), sees_us=state in {"from", "both"}, seen=state in {"to", "both"})
        found[bare(item.get("jid", "")).lower()] = None if state == "remove" else one
    return found


async def card_of(stream: Stream, address: str, from_: str | None = None) -> Card:
    """The card of an account; an empty one where there is none to see."""
    question = element(x.CLIENT, "iq", element(x.VCARD, "vCard"), type="get", to=address, from_=from_)
    try:
        return read_card(find(await stream.ask(question), x.VCARD, "vCard"))
    except Declined:
        return Card()


def read_card(card: Element | None) -> Card:
    """What a card shows; a picture that is none counts as none."""
    photo = text_of(card, x.VCARD, "PHOTO", "BINVAL")
    try:
        picture = base64.b64decode("".join(photo.split()), validate=True) or None
    except (binascii.Error, ValueError):
        picture = None
    name = text_of(card, x.VCARD, "NICKNAME").strip() or text_of(card, x.VCARD, "FN").strip()
    return Card(name=name, picture=picture)


def write_card(name: str, picture: bytes | None) -> Element:
    """A card with a name, and a picture if there is one."""
    photo = None
    if picture is not None:
        photo = element(
            x.VCARD, "PHOTO", element(x.VCARD, "TYPE", picture_type(picture)),
            element(x.VCARD, "BINVAL", base64.b64encode(picture).decode("ascii")),
        )  # fmt: skip
    return element(x.VCARD, "vCard", element(x.VCARD, "FN", name), element(x.VCARD, "NICKNAME", name), photo)


def picture_type(picture: bytes) -> str:
    """What sort of picture it is, by its first bytes."""
    for start, name in ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif")):
        if picture.startswith(start):
            return name
    return "image/webp" if picture[8:12] == b"WEBP" else "application/octet-stream"


async def describe(stream: Stream, account: str, text: str) -> None:
    """Put a text on our own card, and leave what else is there."""
    try:
        answer = await stream.ask(element(x.CLIENT, "iq", element(x.VCARD, "vCard"), type="get", to=account))
        card = find(answer, x.VCARD, "vCard")
    except Declined:
        card = None
    card = card if card is not None else element(x.VCARD, "vCard")
    for old in card.findall(f"{{{x.VCARD}}}DESC"):
        card.remove(old)
    if text:
        card.append(element(x.VCARD, "DESC", text))
    await stream.ask(element(x.CLIENT, "iq", card, type="set"))


async def say_moved(stream: Stream, account: str, to: str) -> None:
    """Say at this account that we are at another one now, to everybody who is in our list of contacts."""
    moved = element(x.MOVED, "moved", element(x.MOVED, "new-jid", to))
    item = element(x.PUBSUB, "item", moved, id="current")
    publish = element(x.PUBSUB, "pubsub", element(x.PUBSUB, "publish", item, node=x.MOVED))
    await stream.ask(element(x.CLIENT, "iq", publish, type="set", to=account))


async def has_moved(stream: Stream, old: str, new: str) -> bool:
    """Whether the old account itself says that it moved to the new one: nobody else's word counts."""
    items = element(x.PUBSUB, "items", element(x.PUBSUB, "item", id="current"), node=x.MOVED)
    question = element(x.CLIENT, "iq", element(x.PUBSUB, "pubsub", items), type="get", to=old)
    try:
        item = find(await stream.ask(question), x.PUBSUB, "pubsub", "items", "item")
    except Declined as error:
        return error.condition == "gone" and of_link(error.target) == new
    except NotNow:
        return False
    return bare(text_of(item, x.MOVED, "moved", "new-jid").strip()).lower() == new
