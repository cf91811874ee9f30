"""Addresses on every network people leave for: read strictly, written in one form, shown with the server they are on.

    parse("@alice:example.org")      a handle; str() of it is what is printed, signed and read again unchanged
    describe(handle)                 "alice on example.org", to look at before anything is sent

The canonical form is ASCII, at most 4 KiB, and means the same to every version of decamp and of Unicode. Links that
an app of the network makes (SimpleX, Delta Chat) are kept byte for byte. Nothing here opens a link or asks a server.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import unquote

from ..model import Handle, Network
from .networks import deltachat, mail, matrix, session, simplex, web, xmpp
from .networks.address import LONGEST, Address, RefusedHandle
from .networks.characters import scheme_of, trimmed

__all__ = ["Audience", "RefusedHandle", "describe", "is_single_use", "label", "link", "parse", "unknown", "uri_for_qr"]

Audience = Literal["public", "one"]

_LABELS = {
    Network.SESSION: "Session",
    Network.COMMUNITY: "Session community",
    Network.SIMPLEX: "SimpleX",
    Network.XMPP: "XMPP",
    Network.MATRIX: "Matrix",
    Network.DELTACHAT: "Delta Chat",
    Network.EMAIL: "E-mail",
    Network.WEB: "Web page",
}
# Each takes what is its own and leaves the rest; any page that is no network's own is the web's.
_READERS: tuple[Callable[[str], Address | None], ...] = (
    session.read, simplex.read, deltachat.read, matrix.read, xmpp.read, mail.read, web.read,
)  # fmt: skip
_BARE: dict[Network, Callable[[str], Address]] = {Network.XMPP: xmpp.read_bare, Network.EMAIL: mail.read_bare}
_BARE_ADDRESS = re.compile(r"[^@:/?#]+@[^@/?#]+(?:/.*)?")
_LINKED = {"https", "xmpp", "matrix", "mailto", "simplex"}


def parse(text: str, audience: Audience = "public", network: Network | None = None) -> Handle:
    """The handle that a person means. Raises `RefusedHandle` with the reason where there is none.

    `audience="one"` also takes what only one person may get, as a one-time invitation. `network` says what an address
    is that could be of two networks, and refuses one of another network.
    """
    text = trimmed(text)
    if "xid-private" in unquote(text).lower():
        raise RefusedHandle("This address holds a private key.", "Give it to nobody, and make a new one.")
    address = _BARE[network](text) if network in _BARE and _BARE_ADDRESS.fullmatch(text) else _understood(text)
    written = str(address)
    if network is not None and address.network is not network:
        raise RefusedHandle(f"This is an address of {_LABELS[address.network]}, not of {_LABELS[network]}.")
    if len(written) > LONGEST:
        raise RefusedHandle(f"This is longer than {LONGEST} bytes, and no address is.")
    reason = address.only_for_one() if audience == "public" else None
    if reason:
        raise RefusedHandle(reason, "Give it to one person only, and put an address for everybody on the card.")
    return Handle(network=address.network, address=written)


def is_single_use(handle: Handle) -> bool:
    """True if it must not be shown to more than one person: a one-time invitation, a token, a password."""
    return _understood(handle.address).only_for_one() is not None


def label(handle: Handle) -> str:
    """The name of its network, for people."""
    return _LABELS[handle.network]


def describe(handle: Handle) -> str:
    """Who it is and on which server, for people: "alice on example.org". It is plain text and needs escaping."""
    return _understood(handle.address).describe()


def unknown(handle: Handle) -> tuple[str, ...]:
    """The names of the parameters that are kept without being understood."""
    return _understood(handle.address).unknown()


def link(handle: Handle) -> str | None:
    """What a page may put into `href`, after escaping; None where nothing opens such an address."""
    found = _understood(handle.address).link()
    return found if found is not None and scheme_of(found)[0] in _LINKED else None


def uri_for_qr(handle: Handle) -> str:
    """What the network's own app understands when it scans a code."""
    return _understood(handle.address).qr()


def _understood(text: str) -> Address:
    for read in _READERS:
        address = read(text)
        if address is not None:
            return address
    if _BARE_ADDRESS.fullmatch(text):
        raise RefusedHandle(
            "This could be an e-mail address or one of XMPP.", "Write mailto: before it for e-mail, xmpp: for XMPP."
        )
    raise RefusedHandle("This is not an address of a network that decamp knows.")
