"""What the double of SimpleX is made of: the network between accounts, contacts, groups, and refusals."""

from __future__ import annotations

import itertools
import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.servers.simplex_objects import Json

if TYPE_CHECKING:
    from tests.servers.simplex import Account

Part = Callable[..., Json]


class Denied(Exception):
    """A command that is refused, with the error that SimpleX answers."""

    def __init__(self, error: Json) -> None:
        super().__init__(str(error))
        self.error = error


def wrong(message: str) -> Denied:
    return Denied({"type": "error", "errorType": {"type": "commandError", "message": message}})


def refused(kind: str, **more: object) -> Denied:
    return Denied({"type": "error", "errorType": {"type": kind, **more}})


def store(kind: str, **more: object) -> Denied:
    return Denied({"type": "errorStore", "storeError": {"type": kind, **more}})


class Network:
    """What lies between the accounts. Its clock may be set."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.accounts: list[Account] = []
        self.addresses: dict[str, Account] = {}
        self.invitations: dict[str, tuple[Account, int]] = {}
        self.shared = itertools.count(1)
        self.later = 0.0
        self.forbidden: set[str] = set()  # what people have said in their apps that they do not want

    def now(self) -> float:
        return time.time() + self.later

    def link(self, kind: str) -> Json:
        """A link in its two forms; the names of servers are made up."""
        number = next(self.shared)
        return {
            "connFullLink": f"https://simplex.invalid/{'contact' if kind == 'a' else 'invitation'}#/?v=2&smp={number}",
            "connShortLink": f"https://smp.invalid/{kind}#{number:043}",
        }


@dataclass
class Contact:
    """Somebody, as one account sees them. `peer` and `peer_id` are the same contact from the other side."""

    id: int
    local: str
    name: str
    conn: int
    conn_status: str = "requested"
    alias: str = ""
    custom: Json | None = None
    status: str = "active"
    wish: Json = field(default_factory=lambda: {"allow": "yes"})
    """Whether messages may disappear, and after how long, as far as this side is asked."""
    peer: Account = field(init=False)
    peer_id: int = field(init=False)

    @property
    def theirs(self) -> Contact | None:
        return self.peer.contacts.get(self.peer_id)


@dataclass
class Seat:
    """Somebody in a group, as one account sees them."""

    id: int
    account: Account
    role: str
    status: str
    contact: int | None


@dataclass
class Room:
    """A group, as all in it know it. `told` is its history, for whoever comes later."""

    profile: Json
    groups: list[Group] = field(default_factory=list)
    told: list[tuple[Account, str, Json, float]] = field(default_factory=list)


@dataclass
class Group:
    """A group, as one account sees it."""

    id: int
    local: str
    room: Room
    owner: Account
    custom: Json | None = None
    status: str = "creator"
    role: str = "owner"
    seats: dict[int, Seat] = field(default_factory=dict)
    settings: Json = field(default_factory=dict)


def valid_name(name: str) -> str:
    """What SimpleX would make of a name: no control characters, nothing invisible, no # or @ first, no quotes."""
    made = ""
    for c in name:
        category = unicodedata.category(c)
        if c == "'" or not (category[0] in "LNSM" or category[0] == "P" or c.isspace()):
            continue
        if not made and (c.isspace() or c in "#@" or category[0] not in "LNS"):
            continue
        if c.isspace() and made.endswith(" "):
            continue
        made += " " if c.isspace() else c
    return made.rstrip()
