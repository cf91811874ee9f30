"""What nodes keep for an account, page by page, brought together from nodes that order it differently.

Facts: formats page of the Session network, sections 0 and 3. Nothing here is opened yet: messages stay as closed as
they lie on the nodes, and the node that gave one is not believed about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..model import Json
from .answers import decoded, items, mapping, number, text
from .errors import BadAnswer
from .storage import HASH_LENGTH, hash_of

# What may wait to be taken out. Whoever takes messages out between two asks never comes near it.
LARGEST_INBOX = 256 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it lies on a node, still closed."""

    pubkey: str = field(repr=False)
    namespace: int
    hash: str
    stored_at: int | None
    """When it was stored, as whoever stored it claimed."""
    expires_at: int | None
    data: bytes = field(repr=False)

    @property
    def is_itself(self) -> bool:
        """Whether the hash is the one of these bytes: then any node would have given the same."""
        return hash_of(self.pubkey, self.namespace, self.data) == self.hash


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the messages of one namespace, in the order of the node that gave them."""

    messages: tuple[Received, ...]
    more: bool
    hashes: tuple[str, ...]
    """Those of all entries. After the last one the next page begins, on this node and no other."""
    damaged: int
    """How many entries were no messages."""


def read_page(body: Mapping[str, Json], pubkey: str, namespace: int) -> Page:
    """The page in the answer to `retrieve`. Entries that are no messages are counted and cost only themselves."""
    if not isinstance(body.get("messages"), list):
        raise BadAnswer("no page", "A node answered a request for messages with something else.")
    entries = items(body.get("messages"))
    found = [_message(mapping(entry), pubkey, namespace) for entry in entries]
    hashes = tuple(known for entry in entries if (known := _hash(mapping(entry).get("hash"))))
    messages = tuple(message for message in found if message is not None)
    return Page(messages, body.get("more") is True, hashes, len(found) - len(messages))


def _message(entry: Mapping[str, Json], pubkey: str, namespace: int) -> Received | None:
    name, data = _hash(entry.get("hash")), decoded(entry.get("data"))
    if name is None or data is None:
        return None
    return Received(pubkey, namespace, name, number(entry.get("timestamp")), number(entry.get("expiration")), data)


def _hash(value: Json) -> str | None:
    """A hash as nodes write it. Anything else would be refused as `last_hash`, with everything else in the request."""
    known = text(value)
    return known if known is not None and len(known) == HASH_LENGTH and known.isascii() else None


class Inbox:
    """Every message of one account or group once, whichever nodes gave it, how often, and in which order."""

    def __init__(self, pubkey: str) -> None:
        self.pubkey = pubkey
        self.duplicates = 0
        self.damaged = 0
        self._seen: set[tuple[int, str]] = set()
        self._fresh: list[Received] = []
        self._doubtful: dict[tuple[int, str], Received] = {}
        self._weight = 0

    def take(self, page: Page) -> None:
        """Add the messages of a page that no node gave before."""
        self.damaged += page.damaged
        for message in page.messages:
            key = (message.namespace, message.hash)
            if key in self._seen:
                self.duplicates += 1
            elif message.is_itself:
                self._seen.add(key)
                self._doubtful.pop(key, None)
                self._keep(message)
            elif key not in self._doubtful:
                self._doubtful[key] = message
                self._weight += len(message.data)

    def fresh(self) -> Iterator[Received]:
        """Take out what came since the last time, so that it need not be held twice."""
        taken, self._fresh = self._fresh, []
        self._weight = sum(len(message.data) for message in self._doubtful.values())
        yield from taken

    def doubtful(self) -> tuple[Received, ...]:
        """What no node gave with the bytes that belong to its hash. To be tried last, and to be reported."""
        return tuple(self._doubtful.values())

    @property
    def is_full(self) -> bool:
        """Whether so much waits to be taken out that no more may come."""
        return self._weight > LARGEST_INBOX

    def __len__(self) -> int:
        return len(self._seen)

    def _keep(self, message: Received) -> None:
        self._fresh.append(message)
        self._weight += len(message.data)
