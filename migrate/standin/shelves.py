"""What is stored: one set of shelves for all nodes, and the order in which each node got hold of it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b

LARGEST_PAGE = 7_800_000


@dataclass(slots=True)
class Stored:
    """One message on a shelf."""

    hash: str
    namespace: int
    data: bytes = field(repr=False)
    timestamp: int
    expiry: int

    @property
    def size(self) -> int:
        """What it costs of a page."""
        return len(self.data) * 4 // 3 + 100

    def listed(self) -> dict[str, object]:
        data = base64.b64encode(self.data).decode("ascii")
        return {"hash": self.hash, "timestamp": self.timestamp, "expiration": self.expiry, "data": data}


def hash_of(pubkey: str, namespace: int, data: bytes) -> str:
    """The name of a message: formats page of the Session network, section 3."""
    place = b"" if namespace == 0 else b"%d" % namespace
    digest = blake2b(bytes.fromhex(pubkey) + place + data, digest_size=32).digest()
    return base64.b64encode(digest).decode("ascii")[:43]


class Shelves:
    """Messages by account, oldest first."""

    def __init__(self) -> None:
        self.accounts: dict[str, dict[str, Stored]] = {}
        self.revoked: dict[str, set[bytes]] = {}
        self._orders: dict[tuple[int, str, int], list[str]] = {}

    def of(self, pubkey: str, now: int) -> dict[str, Stored]:
        """All that is kept for an account; what has expired is thrown away first."""
        shelf = self.accounts.setdefault(pubkey, {})
        for name in [name for name, one in shelf.items() if one.expiry <= now]:
            del shelf[name]
        return shelf

    def put(self, pubkey: str, message: Stored, now: int) -> bool:
        """Keep a message; whether it was there already. The longer of two expiries counts."""
        shelf = self.of(pubkey, now)
        if message.hash in shelf:
            shelf[message.hash].expiry = max(shelf[message.hash].expiry, message.expiry)
            return True
        if message.namespace < 0 and -message.namespace % 20 == 1:  # an outbox holds one message
            self.drop(pubkey, [one.hash for one in shelf.values() if one.namespace == message.namespace])
        shelf[message.hash] = message
        return False

    def lay(self, pubkey: str, message: Stored) -> None:
        """Put a message there that was stored some time ago, with the times that it has."""
        self.accounts.setdefault(pubkey, {})[message.hash] = message

    def drop(self, pubkey: str, hashes: Iterable[str]) -> list[str]:
        """Throw messages away, and say which of them were there, sorted."""
        shelf = self.accounts.get(pubkey, {})
        return sorted(name for name in set(hashes) if shelf.pop(name, None) is not None)

    def page(
        self, node: int, pubkey: str, namespace: int, last_hash: str, *, room: int, most: int, now: int, backwards: bool
    ) -> tuple[list[Stored], bool]:
        """Messages after `last_hash` as one node orders them, as many as fit, at least one; and whether more follow.

        What a node has listed stays where it was. `backwards` turns round only what it had not listed before.
        """
        shelf = {name: one for name, one in self.of(pubkey, now).items() if one.namespace == namespace}
        order = self._orders.setdefault((node, pubkey, namespace), [])
        known = set(order)
        new = [name for name in shelf if name not in known]
        order.extend(reversed(new) if backwards else new)
        here = [name for name in order if name in shelf]
        start = here.index(last_hash) + 1 if last_hash in here else 0
        page: list[Stored] = []
        for name in here[start:]:
            room -= shelf[name].size
            if page and (room < 0 or len(page) >= most):
                return page, True
            page.append(shelf[name])
        return page, False
