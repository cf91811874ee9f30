"""A card for address books: vCard 4 (RFC 6350, 9554), and vCard 3 (RFC 2426, 4770) for those that read no newer one.

Facts: formats page of contact cards, section 8. Programs drop what they do not know, so every handle stands in the
note once more, and so does the statement.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import unquote

from ..model import Handle, Network
from ..vcard import escaped, folded
from . import handles
from .card import Card
from .plain import handle_lines

# Our own namespace, made from our own name: the same account is the same entry in an address book.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "decamp:card")
_PRIVATE = {
    Network.SESSION: "X-SESSION",
    Network.COMMUNITY: "X-SESSION-COMMUNITY",
    Network.SIMPLEX: "X-SIMPLEX",
    Network.XMPP: "X-JABBER",
    Network.MATRIX: "X-MATRIX",
    Network.DELTACHAT: "X-DELTACHAT",
}


def version_4(card: Card) -> bytes:
    """`card.vcf`, for everything of today."""
    lines = ["BEGIN:VCARD", "VERSION:4.0", *_who(card), *_each(card, _handle_4), *_about(card), "END:VCARD"]
    return "".join(map(folded, lines)).encode()


def version_3(card: Card) -> bytes:
    """`card-3.vcf`, for address books of before."""
    family, given = _names(card.title)
    name = f"N:{escaped(family)};{escaped(given)};;;"
    lines = ["BEGIN:VCARD", "VERSION:3.0", name, *_who(card), *_each(card, _handle_3), *_about(card), "END:VCARD"]
    return "".join(map(folded, lines)).encode()


def _who(card: Card) -> Iterator[str]:
    if card.session_id:
        yield f"UID:urn:uuid:{uuid.uuid5(_NAMESPACE, card.session_id)}"
    yield f"FN:{escaped(_one_line(card.title))}"


def _names(title: str) -> tuple[str, str]:
    """What vCard 3 wants for a family name and for a given one."""
    given, _, family = _one_line(title).rpartition(" ")
    return (family, given) if given else ("", family)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _each(card: Card, lines_of: Callable[[Handle, bool], Iterator[str]]) -> Iterator[str]:
    for number, entry in enumerate(card.entries):
        yield from lines_of(entry.handle, number == 0)


def _handle_4(handle: Handle, preferred: bool) -> Iterator[str]:
    """One handle in the property that is made for it. Values that are links are not escaped."""
    address, link = str(handle), handles.link(handle)
    first = ";PREF=1" if preferred else ""
    match handle.network:
        case Network.XMPP | Network.MATRIX:
            yield f"IMPP{first}:{address}"
        case Network.SIMPLEX | Network.DELTACHAT:
            yield f'SOCIALPROFILE{first};SERVICE-TYPE="{handles.label(handle)}":{link or address}'
        case Network.EMAIL:
            yield f"EMAIL{first}:{escaped(_bare(address))}"
        case Network.WEB | Network.COMMUNITY:
            yield f"URL{first}:{address}"
        case Network.SESSION:
            pass
    if handle.network is not Network.XMPP and handle.network in _PRIVATE:
        yield f"{_PRIVATE[handle.network]}:{escaped(address)}"


def _handle_3(handle: Handle, preferred: bool) -> Iterator[str]:
    """The same in the words of old address books, with the names that became a habit."""
    address, link = str(handle), handles.link(handle)
    first = ";TYPE=pref" if preferred else ""
    match handle.network:
        case Network.XMPP:
            yield f"IMPP;X-SERVICE-TYPE=Jabber{first}:{address}"
            yield f"X-JABBER{first}:{escaped(_bare(address))}"
            return
        case Network.EMAIL:
            yield f"EMAIL;TYPE=INTERNET{first}:{escaped(_bare(address))}"
        case _:
            if link is not None:
                yield f"URL;TYPE={handle.network}:{link}"
    if handle.network in _PRIVATE:
        yield f"{_PRIVATE[handle.network]}:{escaped(address)}"


def _bare(address: str) -> str:
    """`alice@example.org`, as address books want it."""
    return unquote(address.partition(":")[2].partition("?")[0])


def _about(card: Card) -> Iterator[str]:
    if card.session_id and all(entry.handle.network is not Network.SESSION for entry in card.entries):
        yield f"X-SESSION:{card.session_id}"
    parts = [card.opening, *handle_lines(card)]
    if card.session_id:
        parts += ["", f"Session ID until now: {card.session_id}"]
    if card.signed is not None:
        parts += ["", card.signed.text().rstrip("\n")]
    note = "\n".join(parts)
    yield f"NOTE:{escaped(note)}"
    if card.statement is not None:
        yield f"REV:{datetime.fromtimestamp(card.statement.issued / 1000, UTC):%Y%m%dT%H%M%SZ}"
