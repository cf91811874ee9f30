"""Everything that nodes keep for an account: all pages of all namespaces, from one node, from some, or from every one.

Facts: formats page of the Session network, sections 2.5 and 3. These flows are read-only by their type: what they
yield cannot be a request that stores, deletes or moves an expiry. Every loop has an end that no node can move.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .clock import Clock
from .errors import BadAnswer, NoAnswer
from .flow import Ask, Part, Reading
from .nodes import Node
from .receive import Inbox, Page, read_page
from .signers import Signer
from .storage import GROUP_REVOKED, Looking, Together, info, page_sizes, retrieve
from .swarm import Swarm, read_swarm, swarm_of

TRIES = 3  # of one request, before a node is left alone
MOST_ASKS = 500  # of one node: two thousand megabytes, in a network that forgets after two weeks
MOST_VISITS = 60

Marks = dict[tuple[bytes, str, int], str]
"""The last hash that was read, for each node, account and namespace: nodes order messages differently."""


class Trouble(StrEnum):
    """Why a node did not give everything. The value is what a report calls it."""

    UNREACHABLE = "it could not be reached"
    GONE = "the network no longer knows it"
    BUSY = "it was not ready"
    NONSENSE = "it answered nonsense"
    CLOCK = "it did not accept the time"
    REFUSED = "it did not accept the signature"
    WRONG_SWARM = "it does not keep this account"
    BAD_REQUEST = "it did not accept the request"
    REPEATS = "it gave the same page again and again"
    TOO_MUCH = "it never came to an end"


@dataclass(slots=True)
class Visit:
    """What came of asking one node."""

    node: Node
    waiting: dict[int, str]
    """Namespaces that have more, and the hash after which it begins."""
    done: set[int] = field(default_factory=set)
    troubles: dict[int, Trouble] = field(default_factory=dict)
    """Namespaces that this node did not give to the end."""
    moved: Swarm | None = None
    """The swarm that the node named instead, perhaps an empty one."""
    marks: dict[int, str] = field(default_factory=dict)
    asks: int = 0
    failures: int = 0
    """How often in a row the node was asked in vain."""
    clock_was_set: bool = False
    _given: dict[int, set[str]] = field(default_factory=dict)
    _again: Counter[int] = field(default_factory=Counter)

    def end(self, trouble: Trouble, namespace: int | None = None) -> None:
        """Ask no more, for one namespace or for all that are left."""
        for one in [*self.waiting] if namespace is None else [namespace]:
            del self.waiting[one]
            self.troubles[one] = trouble

    def fail(self, trouble: Trouble) -> None:
        """Ask again, but not for ever."""
        self.failures += 1
        if self.failures >= TRIES:
            self.end(trouble)

    def take(self, namespace: int, page: Page) -> None:
        """Note how far the node was read, and whether it goes on."""
        before, given = self.waiting[namespace], self._given.setdefault(namespace, set())
        if page.hashes:
            self.marks[namespace] = page.hashes[-1]
        if not page.more:
            del self.waiting[namespace]
            self.done.add(namespace)
        elif not page.hashes or page.hashes[-1] == before or not self._comes_on(namespace, given, page):
            self.end(Trouble.REPEATS, namespace)
        else:
            self.waiting[namespace] = page.hashes[-1]
        given.update(page.hashes)

    def _comes_on(self, namespace: int, given: set[str], page: Page) -> bool:
        """Whether it is worth to go on after a page.

        When the message after which we ask has expired, the node begins again, so pages that we know may come once
        more: as many as messages that it gave, and a few. More than that is a node that goes round in circles.
        """
        if not given.issuperset(page.hashes):
            return True
        self._again[namespace] += len(page.hashes)
        return self._again[namespace] <= len(given)


@dataclass(slots=True)
class Visitor:
    """Who asks, for what, and where it all goes: the same for every node of a swarm."""

    signer: Signer
    namespaces: Sequence[int]
    inbox: Inbox
    clock: Clock
    known: Mapping[bytes, Node]
    """The nodes of the whole network, by their Ed25519 keys: an answer cannot send us anywhere else."""
    marks: Marks = field(default_factory=dict)

    def visit(self, node: Node) -> Reading[Visit]:
        """Read one node to its end, or as far as it goes."""
        pubkey = self.signer.pubkey
        visit = Visit(node, {one: self.marks.get((node.ed25519, pubkey, one), "") for one in self.namespaces})
        while visit.waiting:
            if visit.asks >= MOST_ASKS or self.inbox.is_full:
                visit.end(Trouble.TOO_MUCH)
                break
            yield from self._page(visit)
        self.marks.update({(node.ed25519, pubkey, one): mark for one, mark in visit.marks.items()})
        return visit

    def _page(self, visit: Visit) -> Reading[None]:
        """Ask once for the next page of every namespace that has one."""
        asked = list(visit.waiting)
        sizes, now = page_sizes(asked), self.clock.time(visit.node)
        call: Looking = Together(
            tuple(retrieve(self.signer, one, now, visit.waiting[one], sizes[one]) for one in asked)
        )
        visit.asks += 1
        try:
            answer = yield Ask(visit.node, call, visit.failures + 1)
            parts = answer.parts(len(asked))
        except NoAnswer as error:
            return visit.end(Trouble.GONE) if error.gone else visit.fail(Trouble.UNREACHABLE)
        except BadAnswer:
            return visit.fail(Trouble.NONSENSE)
        again = [trouble for one, part in zip(asked, parts, strict=True) if (trouble := self._part(visit, one, part))]
        if Trouble.CLOCK in again:
            yield from self._set_clock(visit)  # also when a signature grew old while somebody waited for a path
        elif again:
            visit.fail(again[0])
        else:
            visit.failures, visit.clock_was_set = 0, False
        return None

    def _part(self, visit: Visit, namespace: int, part: Part) -> Trouble | None:
        """Take one namespace's answer. What is returned is worth asking again for, section 2.5."""
        self.clock.learn(visit.node, part.body.get("t"))
        match part.code:
            case 200:
                try:
                    page = read_page(part.body, self.signer.pubkey, namespace)
                except BadAnswer:
                    return Trouble.NONSENSE
                self.inbox.take(page)
                visit.take(namespace, page)
            case 401:
                visit.end(Trouble.REFUSED, namespace)
            case 406 | 425:
                return Trouble.CLOCK
            case 421:
                visit.moved = read_swarm(part.body, self.known)
                visit.end(Trouble.WRONG_SWARM, namespace)
            case code if 400 <= code < 500 and code != 429:
                visit.end(Trouble.BAD_REQUEST, namespace)
            case _:
                return Trouble.BUSY
        return None

    def _set_clock(self, visit: Visit) -> Reading[None]:
        """Ask the node for its time, once; whoever refuses that time too is left alone."""
        if visit.clock_was_set:
            return visit.end(Trouble.CLOCK)
        visit.clock_was_set = True
        visit.asks += 1
        try:
            call: Looking = info()
            answer = yield Ask(visit.node, call)
            body = answer.json() if answer.status == 200 else {}
        except (NoAnswer, BadAnswer):
            return visit.fail(Trouble.CLOCK)
        if not any([self.clock.learn(visit.node, body.get("t")), self.clock.learn(visit.node, body.get("timestamp"))]):
            visit.fail(Trouble.CLOCK)
        return None


class Tour:
    """Which nodes of a swarm are still to be asked, and what came of those that were.

    A program that can ask several nodes at once takes `next` as often as it likes and brings each visit to `add`.
    """

    def __init__(self, swarm: Swarm, enough: int | None = None) -> None:
        """With `enough`, the tour ends when so many nodes gave everything: two, for a client that comes back soon."""
        self.swarm = swarm
        self.visits: list[Visit] = []
        self._waiting = list(swarm.nodes)
        self._met = {node.ed25519 for node in swarm.nodes}
        self._enough = enough

    def next(self) -> Node | None:
        """The next node to ask, none of them twice."""
        whole = sum(not visit.troubles for visit in self.visits)
        if not self._waiting or len(self.visits) >= MOST_VISITS or (self._enough is not None and whole >= self._enough):
            return None
        return self._waiting.pop(0)

    def add(self, visit: Visit) -> None:
        """Note a visit. Nodes of a swarm that the visited one named instead are asked too.

        Those of the old one are asked all the same: they say themselves that they are the wrong ones, and a single
        node cannot talk us out of asking the others.
        """
        self.visits.append(visit)
        if visit.moved is not None and visit.moved.nodes:
            self.swarm = visit.moved
            self.more(visit.moved)
        elif visit.moved is not None or Trouble.GONE in visit.troubles.values():
            self.swarm = self.swarm.without(visit.node)

    def more(self, swarm: Swarm) -> None:
        """Ask these nodes too, unless they were met."""
        new = [node for node in swarm.nodes if node.ed25519 not in self._met]
        self._met |= {node.ed25519 for node in new}
        self._waiting += new

    @property
    def asks(self) -> int:
        """How many requests it took."""
        return sum(visit.asks for visit in self.visits)

    def complete(self, namespace: int) -> bool:
        """Whether at least one node gave everything of a namespace."""
        return any(namespace in visit.done for visit in self.visits)

    def missing(self, namespaces: Iterable[int]) -> dict[int, set[Trouble]]:
        """The namespaces that no node gave to the end, and why."""
        return {
            one: {visit.troubles[one] for visit in self.visits if one in visit.troubles}
            for one in namespaces
            if not self.complete(one)
        }

    def was_removed(self, namespaces: Iterable[int]) -> bool:
        """Whether a group no longer lets us in: what even a removed member may read is there, the rest is refused."""
        closed = [self.missing([one]).get(one, set()) for one in namespaces if one != GROUP_REVOKED]
        return self.complete(GROUP_REVOKED) and bool(closed) and all(Trouble.REFUSED in why for why in closed)


def every_node(visitor: Visitor, tour: Tour) -> Reading[Tour]:
    """Visit the nodes of a tour, one after the other."""
    while (node := tour.next()) is not None:
        tour.add((yield from visitor.visit(node)))
    return tour


def collect(visitor: Visitor, ask: Sequence[Node]) -> Reading[Tour]:
    """Find the swarm by asking some of the nodes in `ask` (any, in any order), and read every node of it.

    If none of them gave everything, the swarm is looked up once more: it may have been what one node made up.
    """
    pubkey = visitor.signer.pubkey
    first, others = ask[: len(ask) // 2 + 1], ask[len(ask) // 2 + 1 :]
    tour = Tour((yield from swarm_of(pubkey, first, visitor.known, visitor.clock)))
    yield from every_node(visitor, tour)
    if tour.missing(visitor.namespaces) and others:
        try:
            tour.more((yield from swarm_of(pubkey, others, visitor.known, visitor.clock)))
        except (NoAnswer, BadAnswer):
            return tour
        yield from every_node(visitor, tour)
    return tour
