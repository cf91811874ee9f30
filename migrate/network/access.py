"""How the network is to be reached: where one begins to ask, through what, and how long one waits.

Facts: formats page of the Session network, sections 2.1, 7 and 8.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..model import Json
from ..session.answers import items, mapping, number, read_json, text
from ..session.attachments import FileUrl
from ..session.errors import BadAnswer
from ..session.onion import Server
from .errors import BadAccess
from .report import Found

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Seed:
    """A server that knows all nodes, and the SHA-256 of the certificate that it must show."""

    host: str
    port: int
    fingerprint: bytes = field(repr=False)


SEEDS = tuple(
    Seed(f"seed{place}.getsession.org", 4443, bytes.fromhex(fingerprint))
    for place, fingerprint in enumerate(
        (
            "36ea0b253537988551ee856e4fd20d55011e9c8b27eaa2f34b8f32a0bdf04f2d",
            "c5908dd4139acd96aedd1e45576597650809c8a5ea02af556d4853d45396e0e7",
            "8a0af2c712342f22ce00e53c1601410ef8d84156aee0a9809c32f6f7efbe556e",
        ),
        start=1,
    )
)


@dataclass(frozen=True, slots=True)
class FileServer:
    """Where files lie: what messages call it, where it listens, and the keys that it is known by."""

    x25519: bytes = field(repr=False)
    ed25519: bytes | None = field(default=None, repr=False)
    name: str = "filev2.getsession.org"
    host: str = "filev2.getsession.org"
    port: int = 80

    def has(self, url: FileUrl) -> bool:
        """Whether an address leads here. Any other server would be one that the sender chose."""
        here = url.host in (self.name, self.host)
        return here and (url.server_key is None or url.server_key == self.ed25519)

    def url_of(self, id: str) -> str:
        """What a message calls a file that was left here."""
        return f"http://{self.name}/file/{id}"

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"

    @property
    def behind_onions(self) -> Server:
        """The same server as the last node of a path is told of it: by its name."""
        return Server(self.name, self.x25519, 80)


FILE_SERVER = FileServer(
    bytes.fromhex("09324794aa9c11948189762d198c618148e9136ac9582068180661208927ef34"),
    bytes.fromhex("b8eef9821445ae16e2e97ef8aa6fe782fd11ad5253cd6723b281341dba22e371"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A list of nodes that somebody has kept: what people call it, and how to read it when its turn comes."""

    name: str
    read: Callable[[int], Found] = field(repr=False)
    """Given the time. Raises a `DecampError` when there is nothing to be had."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds until something counts as failed."""

    connect: float = 6.0
    seed: float = 5.0
    node: float = 10.0
    file: float = 40.0

    @classmethod
    def through_a_proxy(cls) -> Patience:
        """Tor needs longer for everything: section 8."""
        return cls(connect=30.0, seed=30.0, node=45.0, file=120.0)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A SOCKS5 proxy, which looks up host names itself."""

    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def read(cls, url: str) -> Proxy:
        """The proxy in `socks5h://127.0.0.1:9050`. With `socks5` host names are looked up there too."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if host is None or not port or parts.scheme not in ("socks5", "socks5h") or parts.path.strip("/"):
            raise BadAccess("The proxy is written like socks5h://127.0.0.1:9050, with its port.")
        user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
        return cls(host, port, user, password)


@dataclass(frozen=True, slots=True)
class Access:
    """Everything that `connect` has to know before the first byte leaves."""

    seeds: tuple[Seed, ...] = SEEDS
    file_server: FileServer = FILE_SERVER
    cache: Path | None = None
    """Where the last list of nodes is kept."""
    named: Place | None = None
    """A list that the user named just now, for when no seed answers."""
    places: tuple[Place, ...] = ()
    """Lists to fall back on after all others, in their order."""
    direct: bool = False
    """Ask nodes without onions: they see our address, and which account we ask for."""
    proxy: Proxy | None = None
    local: bool = False
    """A stand-in network on this machine: its nodes are few, and neighbours."""
    patience: Patience | None = None

    @property
    def waits(self) -> Patience:
        """How long to wait: longer through a proxy, unless somebody said how long."""
        return self.patience or (Patience.through_a_proxy() if self.proxy else Patience())

    @classmethod
    def of_standin(cls, said: bytes, cache: Path | None = None) -> Access:
        """The way to a stand-in network from what it says of itself, and to nothing else: loopback addresses only."""
        try:
            answer = read_json(said)
            server = mapping(answer.get("file_server"))
            host, port = _loopback(server)
            seeds = tuple(_seed(mapping(seed)) for seed in items(answer.get("seeds")))
            x25519 = _bytes(server, "x25519")
        except (BadAnswer, ValueError) as error:
            raise BadAccess("The file of the stand-in network is none.") from error
        return cls(seeds, FileServer(x25519, host=host, port=port), cache, local=True)


def _seed(said: Mapping[str, Json]) -> Seed:
    return Seed(*_loopback(said), _bytes(said, "fingerprint"))


def _loopback(said: Mapping[str, Json]) -> tuple[str, int]:
    host, port = text(said.get("host")) or "", number(said.get("port")) or 0
    if not ipaddress.ip_address(host).is_loopback or not 0 < port < 1 << 16:
        raise ValueError("an address of this machine")
    return host, port


def _bytes(said: Mapping[str, Json], name: str) -> bytes:
    value = bytes.fromhex(text(said.get(name)) or "")
    if len(value) != KEY_BYTES:
        raise ValueError("32 bytes")
    return value
