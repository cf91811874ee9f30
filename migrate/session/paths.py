"""Which nodes a request goes through, and which of them are to blame when it does not arrive.

Facts: formats page of the Session network, sections 2.2, 2.5 and 4. A path is a guard, which sees our address, and
two nodes behind it that belong to other people's networks; the node that is asked is never on it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import Enum, auto
from random import Random

from .errors import NoAnswer
from .nodes import Node

FAILURES = 3  # of a node or a path, before it is dropped
HOPS = 2  # behind the guard
PATHS = 2
FEWEST, FEW = 8, 16  # nodes: below the first no path hides anything, below the second it is time for a fresh list

_NOT_FOUND = re.compile(rb"Next node not found: ([0-9a-fA-F]{64})")


class Pool:
    """The nodes that may be used, by their Ed25519 keys, and how often in a row each of them failed."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: dict[bytes, Node] = {}
        self._failures: Counter[bytes] = Counter()
        self.refill(nodes)

    def refill(self, nodes: Iterable[Node]) -> None:
        """Take a fresh list in the place of the old one. What is no longer listed is gone."""
        self.nodes = {node.ed25519: node for node in nodes}
        self._failures.clear()

    def failed(self, node: Node) -> None:
        """Note that a node did not work; the third time in a row it is dropped."""
        self._failures[node.ed25519] += 1
        if self._failures[node.ed25519] >= FAILURES:
            self.drop(node.ed25519)

    def worked(self, node: Node) -> None:
        """Note that a node worked, which makes up for what was before."""
        self._failures.pop(node.ed25519, None)

    def drop(self, key: bytes) -> None:
        """Never use a node again, until a fresh list has it."""
        self.nodes.pop(key, None)
        self._failures.pop(key, None)

    @property
    def is_low(self) -> bool:
        """Whether it is time for a fresh list."""
        return len(self.nodes) < FEW


@dataclass(frozen=True, slots=True)
class Path:
    """The nodes that a request goes through, the guard first."""

    nodes: tuple[Node, ...]

    @property
    def guard(self) -> Node:
        return self.nodes[0]

    def __contains__(self, key: object) -> bool:
        return any(node.ed25519 == key for node in self.nodes)


class Verdict(Enum):
    """What the outer answer of a guard means for the request inside."""

    DELIVERED = auto()
    AGAIN = auto()
    GONE = auto()
    """The network no longer knows the node that was asked."""


class Paths:
    """The paths in use: few, kept while they work, so that few guards ever see our address."""

    def __init__(self, pool: Pool, random: Random, *, spread: bool = True, fewest: int = FEWEST) -> None:
        """Without `spread` all nodes may be neighbours: only a stand-in network on one machine needs that."""
        self._pool, self._random = pool, random
        self._spread, self._fewest = spread, fewest
        self._paths: list[Path] = []
        self._failures: Counter[Path] = Counter()

    def pick(self, destination: Node | None = None) -> Path:
        """A path that does not lead through `destination`. Raises `NoAnswer` when too few nodes are left."""
        self._paths = [path for path in self._paths if all(node.ed25519 in self._pool.nodes for node in path.nodes)]
        avoid = set() if destination is None else {destination.ed25519}
        if len(self._paths) < PATHS:
            self._paths.append(self._apart(avoid))
        free = [path for path in self._paths if destination is None or destination.ed25519 not in path]
        if not free:  # so few nodes that every path leads through this one
            free = [self._build(avoid)]
            self._paths = [*self._paths[1:], *free]
        return self._random.choice(free)

    def judge(self, path: Path, destination: Node | None, status: int, body: bytes) -> Verdict:
        """What the HTTP answer of the guard means, with the blame for it noted. A server is no `destination`.

        A good status praises nobody yet: when the answer opens the path has `worked`, and when not it has `failed`.
        """
        if status == 200:
            return Verdict.DELIVERED
        named = _NOT_FOUND.search(body) if status == 502 else None
        key = bytes.fromhex(named.group(1).decode("ascii")) if named else None
        if key is not None and destination is not None and key == destination.ed25519:
            self._pool.drop(key)
            return Verdict.GONE
        if key is not None and key in path and key != path.guard.ed25519:
            self._lost(key)
        else:
            self.failed(path)
        return Verdict.AGAIN

    def worked(self, path: Path) -> None:
        """Note that an answer came back over a path."""
        self._failures.pop(path, None)
        for node in path.nodes:
            self._pool.worked(node)

    def failed(self, path: Path) -> None:
        """Note that nothing came back. The third time in a row the guard goes, and the path with it."""
        self._failures[path] += 1
        for node in path.nodes[1:]:
            self._pool.failed(node)
        if self._failures[path] >= FAILURES:
            self._failures.pop(path)
            self._pool.drop(path.guard.ed25519)

    def _lost(self, key: bytes) -> None:
        """Drop exactly the node that the one before it does not know; guards stay who they are."""
        self._pool.drop(key)
        for place, path in enumerate(self._paths):
            if key in path and path.guard.ed25519 in self._pool.nodes:
                try:
                    self._paths[place] = self._build(set(), path.guard)
                except NoAnswer:
                    return  # the next `pick` finds the same, and says so

    def _apart(self, avoid: Set[bytes]) -> Path:
        """A path that shares no node with the others, if there are enough nodes for that."""
        used = {node.ed25519 for path in self._paths for node in path.nodes}
        try:
            return self._build(avoid | used)
        except NoAnswer:
            return self._build(avoid)

    def _build(self, avoid: Set[bytes], guard: Node | None = None) -> Path:
        free = [node for key, node in self._pool.nodes.items() if key not in avoid]
        self._random.shuffle(free)
        if len(self._pool.nodes) >= self._fewest and free:
            guard = guard or free[0]
            # One candidate for each /24, so that whoever owns a whole one is drawn no more often than others.
            candidates = {self._place(node): node for node in free if self._place(node) != self._place(guard)}
            if len(candidates) >= HOPS:
                return Path((guard, *self._random.sample(list(candidates.values()), HOPS)))
        raise NoAnswer(f"Only {len(self._pool.nodes)} nodes of the network are known, too few to hide behind.")

    def _place(self, node: Node) -> str:
        return node.neighbourhood if self._spread else node.key
