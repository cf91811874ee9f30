"""Where a room is: its server, its name there, and the key that proves the server.

Facts: formats page of communities, section 2. The key identifies a server, and not its address: without it
a link is of no use.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from ...errors import WrongWords
from ...model import Noun
from ..onion import Server

_PORTS = {"http": 80, "https": 443}
_ROOM = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]{2,45}\]", re.ASCII)


class BadLink(WrongWords):
    """This is no link to a community."""

    hint = "It goes like this: https://host/room?public_key= and 64 hex digits. Copy it again from the app."


class CommunityLink(Noun, frozen=True, kw_only=True):
    """A room. `server` is canonical: scheme, host and, where it is not the usual one, port, in lower case."""

    server: str
    room: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The room that a link leads to; the web pages' `/r/room` too. Raises `BadLink`."""
        said = text.strip()
        try:
            parts = urlsplit(said if re.match(r"https?://", said, re.IGNORECASE) else f"http://{said}")
            keys = parse_qs(parts.query, max_num_fields=20).get("public_key", [])
        except ValueError as error:
            raise BadLink("This is no address.") from error
        path = parts.path.strip("/").split("/")
        if len(path) == 2 and path[0] == "r":
            path = path[1:]
        if len(path) != 1 or len(keys) != 1:
            raise BadLink("This link names no room, or no key of a server.")
        return cls.of(f"{parts.scheme}://{parts.netloc}", path[0], keys[0])

    @classmethod
    def of(cls, server: str, room: str, key: str) -> Self:
        """The same from its three parts. Raises `BadLink`."""
        if not _ROOM.fullmatch(room):
            raise BadLink("A room has up to 64 letters, digits, - and _.")
        if not _KEY.fullmatch(key):
            raise BadLink("The key of a server has 64 hex digits.")
        return cls(server=_canonical(server), room=room, key=key.lower())

    def __str__(self) -> str:
        """What others need to join."""
        return f"{self.server}/{self.room}?public_key={self.key}"

    @property
    def id(self) -> str:
        """The same text for every way to write it: servers do not tell capital letters of a room from small ones."""
        return f"{self.server}/{self.room.lower()}?public_key={self.key}"

    @property
    def place(self) -> tuple[str, str, str]:
        """What two links have in common that lead to one room: http and https are two doors of one server."""
        return self.server.partition("://")[2], self.room.lower(), self.key

    @property
    def server_key(self) -> bytes:
        """The X25519 key of the server."""
        return bytes.fromhex(self.key)

    @property
    def behind_onions(self) -> Server:
        """The server as the last node of a path is told of it."""
        parts = urlsplit(self.server)
        host = parts.netloc if parts.port is None else parts.netloc.rpartition(":")[0]
        return Server(host, self.server_key, parts.port or _PORTS[parts.scheme], parts.scheme)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, by its number or as `localhost`."""
        host = (urlsplit(self.server).hostname or "").rstrip(".")
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def _canonical(server: str) -> str:
    """Scheme and host in lower case, the usual port left out, and nothing else: no names, passwords or paths."""
    try:
        parts = urlsplit(server)
        host, port = _host_of(parts), parts.port
    except ValueError as error:
        raise BadLink("This is no address of a server.") from error
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query:
        raise BadLink("This is no address of a server.")
    if port == 0:
        raise BadLink("There is no port 0.")
    return f"{parts.scheme}://{host}" + (f":{port}" if port is not None and port != _PORTS[parts.scheme] else "")


def _host_of(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.username is not None or parts.fragment:
        raise BadLink("An address of a server has no name of a user in it.")
    return f"[{host}]" if ":" in host else host
