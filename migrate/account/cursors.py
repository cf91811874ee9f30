"""How far an account was read, and what it must not forget between two runs: kept by the caller, as bytes.

Facts: formats page of the Session network, sections 0 and 5.4. Save it together with what was made of the events of a
poll: then a crash brings some of them again, and never loses one.
"""

from __future__ import annotations

import base64
from hashlib import blake2b

import msgspec

from ..model import Expiry, Noun
from ..session.poll import Marks
from .errors import BadRecord

REMEMBERED = 15 * 86_400_000
"""Longer than nodes keep messages: what is older cannot come again."""
MOST_REMEMBERED = 400_000
"""Entries; the oldest go first. An account with more than 200,000 messages in two weeks may see some of them twice."""
MOST_STRANGERS = 10_000
"""People who wrote first, and conversations with a timer of their own: anybody can be as many as they like."""
LATER_THAN_BELIEVABLE = 60_000


class Timer(Noun, frozen=True, kw_only=True):
    """What a message said about the timer of a conversation, which the settings may not know yet."""

    expires: Expiry | None
    since: int


class _Mark(Noun, frozen=True, kw_only=True):
    node: str
    account: str
    namespace: int
    hash: str


class _Saved(Noun, frozen=True, kw_only=True):
    marks: tuple[_Mark, ...]
    seen: dict[str, int]
    closed: dict[str, str]
    timers: dict[str, Timer]
    wrote_first: dict[str, int]
    accepted: dict[str, int]
    stamped: int


class Cursors:
    """Everything that the next run has to know of this one."""

    def __init__(self) -> None:
        self.marks: Marks = {}
        """How far each node was read, for each account or group. Of messages only: settings are read whole."""
        self.seen: dict[str, int] = {}
        """What came already, and when: by hash, and by what people can tell apart."""
        self.closed: dict[str, str] = {}
        """Group messages that did not open yet, by hash, with their group: a key may come later than they."""
        self.timers: dict[str, Timer] = {}
        self.wrote_first: dict[str, int] = {}
        """People who wrote to us and were not approved then, and when they last did."""
        self.accepted: dict[str, int] = {}
        """People to whom we wrote: that approves them, and answers their request."""
        self.stamped = 0
        """The time on the last message of ours."""

    def to_bytes(self) -> bytes:
        """All of it, as JSON."""
        marks = tuple(
            _Mark(node=node.hex(), account=account, namespace=namespace, hash=hash)
            for (node, account, namespace), hash in self.marks.items()
        )
        saved = _Saved(
            marks=marks,
            seen=self.seen,
            closed=self.closed,
            timers=self.timers,
            wrote_first=self.wrote_first,
            accepted=self.accepted,
            stamped=self.stamped,
        )
        return msgspec.json.encode(saved)

    @classmethod
    def read(cls, kept: bytes) -> Cursors:
        """What `to_bytes` gave. Raises `BadRecord`."""
        cursors = cls()
        try:
            saved = msgspec.json.decode(kept, type=_Saved)
            cursors.marks = {(bytes.fromhex(m.node), m.account, m.namespace): m.hash for m in saved.marks}
        except ValueError as error:  # msgspec's own errors are such, too
            raise BadRecord("How far the account was read cannot be read.") from error
        cursors.seen, cursors.closed, cursors.timers = dict(saved.seen), dict(saved.closed), dict(saved.timers)
        cursors.wrote_first, cursors.accepted = dict(saved.wrote_first), dict(saved.accepted)
        cursors.stamped = saved.stamped
        return cursors

    def is_new(self, *names: object, now: int) -> bool:
        """Whether this never came before; from now on it has. `names` together tell it from everything else."""
        key = _short(names)
        if key in self.seen:
            return False
        self.seen[key] = now
        return True

    def has(self, *names: object) -> bool:
        """Whether this came before."""
        return _short(names) in self.seen

    def forget_old(self, now: int) -> None:
        """Drop what cannot come again, and what is over the limit."""
        for key in [key for key, since in self.seen.items() if since < now - REMEMBERED]:
            del self.seen[key]
        for key in list(self.seen)[: max(0, len(self.seen) - MOST_REMEMBERED)]:  # in the order in which they came
            del self.seen[key]
        self.closed = {hash: group for hash, group in self.closed.items() if self.has(hash, "reported")}
        for id in sorted(self.wrote_first, key=self.wrote_first.__getitem__)[:-MOST_STRANGERS]:
            del self.wrote_first[id]
        for id in sorted(self.timers, key=lambda id: (id in self.accepted, self.timers[id].since))[:-MOST_STRANGERS]:
            del self.timers[id]

    def read_again(self, group: str, namespace: int) -> None:
        """Begin anew with the messages of a group, because there is a key that may open what stayed closed."""
        self.marks = {key: hash for key, hash in self.marks.items() if key[1:] != (group, namespace)}
        self.closed = {hash: of for hash, of in self.closed.items() if of != group}

    def stamp(self, now: int, gap: int = 0) -> int:
        """The time for the next message of ours: later than all before, with `gap` milliseconds free in front of it.

        A time that lies ahead of the network's was made with a wrong clock, and is not gone on from.
        """
        free = self.stamped + 1 + gap
        self.stamped = max(now, free) if free <= now + LATER_THAN_BELIEVABLE else now
        return self.stamped


def _short(names: tuple[object, ...]) -> str:
    """A short name for something that has several long ones."""
    said = "\0".join(map(str, names)).encode("utf-8", "surrogatepass")
    return base64.b64encode(blake2b(said, digest_size=12).digest()).decode("ascii")
