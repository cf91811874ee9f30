"""Addresses of XMPP: their parts, and how ids and names of elsewhere fit in (recipe for XMPP, section on JIDs)."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

from migrate.model import Handle, Network

from ..api import BadSetting

_ESCAPED = {mark: f"\\{ord(mark):02x}" for mark in " \"&'/:<>@"}
_ESCAPE = re.compile(r"\\(20|22|26|27|2f|3a|3c|3e|40|5c)")
_PLAIN_LOCAL = re.compile(r"[a-z0-9._~!$()*+,=;?#|{}\[\]^`%\\-]{1,200}")
_ADDRESS = re.compile(r"[^\s@/\"&':<>]{1,1023}@[^\s@/\"&'<>]{1,255}")
_DOMAIN = re.compile(r"[^\s@/\"&'<>]{1,255}")


def bare(address: str) -> str:
    """The account or room of an address, without the device or nickname."""
    return address.partition("/")[0]


def resource(address: str) -> str:
    """The device, or in a room the nickname."""
    return address.partition("/")[2]


def domain(address: str) -> str:
    """The server."""
    return bare(address).rpartition("@")[2]


def local(address: str) -> str:
    """The name before the @; empty for a server."""
    return bare(address).rpartition("@")[0]


def account(text: str) -> str:
    """An account as somebody typed it, in its one spelling. Raises `BadSetting`."""
    tidy = bare(text.strip().removeprefix("xmpp:")).lower()
    if not _ADDRESS.fullmatch(tidy):
        raise BadSetting("An XMPP address looks like robin@example.org.")
    return tidy


def server(text: str) -> str:
    """A server as somebody typed it. Raises `BadSetting`."""
    tidy = text.strip().lower().rstrip(".")
    if not _DOMAIN.fullmatch(tidy):
        raise BadSetting("A server of XMPP looks like example.org.")
    return tidy


def ghost(person: str, under: str) -> str:
    """The address of a contact under our component. XEP-0106 for what a name before the @ may not hold.

    What does not fit even so (capitals, which servers fold, other scripts, great length) gets a name of its own that
    is the same each time; `record.py` remembers whose it is.
    """
    escaped = "".join(_ESCAPED.get(mark, mark) for mark in _ESCAPE.sub(r"\\5c\1", person))
    if not _PLAIN_LOCAL.fullmatch(escaped) or escaped.startswith("\\20") or escaped.endswith("\\20"):
        escaped = f"x-{hashlib.sha256(person.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"
    return f"{escaped}@{under}"


def person(ghost_address: str) -> str:
    """Whose address it is, as far as the address itself tells."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), local(ghost_address))


def handle(address: str) -> Handle:
    """The address as a link that any program opens (formats page of contact cards, section 3)."""
    return Handle(network=Network.XMPP, address=f"xmpp:{quote(local(address), safe='!$()*+,=')}@{domain(address)}")


def of_link(link: str) -> str:
    """The account that an `xmpp:` link names."""
    return bare(unquote(link.strip().removeprefix("xmpp:").partition("?")[0])).lower()
