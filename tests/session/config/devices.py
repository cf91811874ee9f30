"""Devices of one account that write configs at the same time, as the apps write them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from migrate.session.config.bencode import Value
from migrate.session.config.message import Diff, Id, Leaf, Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.config.read import Merged, read_config
from migrate.session.config.stored import StoredMessage
from migrate.session.config.writing import NOTHING_YET, hide, write_message
from migrate.session.keys import AccountKeys

KEYS = AccountKeys(bytes(range(32)))
PLACE = Namespace.CONTACTS


@dataclass(frozen=True)
class State:
    """One state of a config: what a device knows after it wrote, and the message that says so."""

    seqno: int = 0
    data: Tree = field(default_factory=dict)
    lagged: tuple[tuple[Id, Diff], ...] = ()
    id: Id = NOTHING_YET
    diff: Diff = field(default_factory=dict)
    plain: bytes = b""

    def then(self, data: Tree, ahead: int = 1) -> State:
        """The next state of a device that changes to `data`."""
        seqno = self.seqno + ahead
        lagged = tuple(row for row in (*self.lagged, (self.id, self.diff)) if row[0][0] > seqno - 5)
        diff = difference(self.data, data)
        plain = write_message(data, seqno=seqno, diff=diff, lagged=lagged)
        return State(seqno, data, lagged, (seqno, hashlib.blake2b(plain, digest_size=32).digest()), diff, plain)

    @property
    def message(self) -> StoredMessage:
        return put(self.plain)


def put(plain: bytes, place: Namespace = PLACE) -> StoredMessage:
    """A message with this inside, as it would lie on a node."""
    return stored(hide(plain, place.domain, KEYS.config_key))


def stored(data: bytes) -> StoredMessage:
    return StoredMessage(hash=hashlib.blake2b(data, digest_size=8).hexdigest(), timestamp=0, data=data)


def read(*states: State) -> Merged:
    return read_messages([state.message for state in states])


def read_messages(messages: Sequence[StoredMessage]) -> Merged:
    return read_config(PLACE, messages, KEYS)


def difference(old: Tree, new: Tree) -> Diff:
    """What changed from one tree to another, as a message says it."""
    changes = {key: change(old.get(key), new.get(key)) for key in {*old, *new} if old.get(key) != new.get(key)}
    return {key: changes[key] for key in sorted(changes)}


def change(old: Leaf | Tree | None, new: Leaf | Tree | None) -> Value:
    if isinstance(old, dict) and (new is None or isinstance(new, dict)):
        return difference(old, new or {})
    if isinstance(new, dict):
        return difference({}, new)
    if isinstance(old, frozenset) and (new is None or isinstance(new, frozenset)):
        return [members((new or frozenset()) - old), members(old - (new or frozenset()))]
    if isinstance(new, frozenset):
        return [members(new), []]
    return b"-" if new is None else b""


def members(values: frozenset[int | bytes]) -> list[Value]:
    return [*sorted(v for v in values if isinstance(v, int)), *sorted(v for v in values if isinstance(v, bytes))]
