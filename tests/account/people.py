"""Two people who talk over the stand-in network, and the group that both are in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from migrate.account.cursors import Cursors
from migrate.account.events import Event, ProfileSeen
from migrate.account.online import OnlineAccount
from migrate.account.polling import Arrived
from migrate.account.prepared import Prepared, Sent
from migrate.session.clock import Clock
from migrate.session.config.group_keys import GroupKey
from migrate.session.config.group_writing import group_id_of, write_group_config, write_group_key
from migrate.session.config.hidden import Hidden
from migrate.session.config.message import Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.config.writing import write_config
from migrate.session.keys import AccountKeys
from migrate.standin.network import StandIn
from migrate.standin.shelves import Stored, hash_of
from tests.account.wire import Wire
from tests.standin.clients import NOW

Value = TypeVar("Value")
DAY = 86_400_000
ALICE, BOB, STRANGER = (AccountKeys(bytes([number]) * 32) for number in (1, 2, 3))
GROUP = AccountKeys(bytes([9]) * 32)
GROUP_ID = group_id_of(GROUP)
FIRST_KEY, SECOND_KEY = bytes(range(32)), bytes(range(1, 33))


def wait(call: Coroutine[Any, Any, Value]) -> Value:
    return asyncio.run(call)


class Device:
    """One device of an account."""

    def __init__(
        self,
        standin: StandIn,
        keys: AccountKeys,
        cursors: Cursors | None = None,
        *,
        now: Callable[[], int] = lambda: NOW,
    ) -> None:
        self.standin, self.keys, self.id = standin, keys, keys.session_id
        self.wire = Wire(standin, Clock(now))
        self.account = OnlineAccount(keys, self.wire, now, os.urandom, cursors)
        wait(self.account.refresh())

    def post(self, prepared: Prepared) -> Sent:
        sent = wait(self.account.post(prepared))
        assert sent.is_complete, sent
        return sent

    def arrived(self, *places: str) -> Arrived:
        return wait(self.account.poll(*places))

    def events(self, *places: str) -> list[Event]:
        """What came, apart from names, of which every first message brings one."""
        arrived = self.arrived(*places)
        assert (arrived.unreadable, arrived.troubles) == ([], {})
        return [event for event in arrived.events if not isinstance(event, ProfileSeen)]


def put(standin: StandIn, account: str, namespace: int, data: bytes, at: int = NOW) -> str:
    """Lay something on the shelves, as another device would have."""
    name = hash_of(account, namespace, data)
    standin.shelves.put(account, Stored(name, namespace, data, at, NOW + 14 * DAY), NOW)
    return name


def knows(standin: StandIn, keys: AccountKeys, namespace: Namespace, data: Tree, seqno: int = 1) -> None:
    """Give an account settings."""
    put(standin, keys.session_id, namespace, write_config(namespace, data, keys, seqno), NOW - DAY + seqno)


def keeps_few_nodes(standin: StandIn, *accounts: str) -> None:
    """Let just two nodes keep these accounts, so that every look meets the same ones."""
    standin.faults.moved = dict.fromkeys(accounts, (0, 1))


def is_called(standin: StandIn, keys: AccountKeys, name: str) -> None:
    knows(standin, keys, Namespace.PROFILE, {b"n": name.encode(), b"t": NOW // 1000})


def has_contact(standin: StandIn, keys: AccountKeys, other: AccountKeys, seqno: int = 1, **fields: int | str) -> None:
    """Put somebody into an address book: `a` approved, `A` approved us, `b` blocked, `e` and `E` the timer."""
    entry: Tree = {
        name.encode(): value.encode() if isinstance(value, str) else value for name, value in sorted(fields.items())
    }
    knows(standin, keys, Namespace.CONTACTS, {b"c": {bytes.fromhex(other.session_id): entry}}, seqno)


def member_auth(member: AccountKeys) -> bytes:
    """What an admin gives to a member: a number of the group, and a signature of the token that it makes."""
    start, factor = bytes([3, 3, 0, 0]), bytes([7]) * 31 + b"\0"
    return start + factor + GROUP.sign(start + member.multiplied(factor))


def joins(standin: StandIn, keys: AccountKeys, *, admin: bool = False, seqno: int = 1) -> None:
    """Put the group into somebody's list."""
    entry: Tree = {b"n": b"Hikers", (b"K" if admin else b"s"): bytes([9]) * 32 if admin else member_auth(keys)}
    knows(standin, keys, Namespace.GROUPS_JOINED, {b"g": {bytes.fromhex(GROUP_ID): entry}}, seqno)


def group_begins(standin: StandIn, *members: AccountKeys, timer: int = 0) -> None:
    """Make the group, with a key for each member."""
    hand_key(standin, FIRST_KEY, 0, *members)
    info: Tree = {b"n": b"Hikers", **({b"E": timer} if timer else {})}
    data = write_group_config(Namespace.GROUP_INFO, info, GROUP, FIRST_KEY)
    put(standin, GROUP_ID, Namespace.GROUP_INFO, data)


def hand_key(standin: StandIn, key: bytes, generation: int, *members: AccountKeys) -> None:
    named = GroupKey(generation=generation, timestamp=NOW + generation, key=Hidden(key))
    ids = [member.session_id for member in members]
    data = write_group_key(named, GROUP, ids, bytes([generation]) * 24, os.urandom)
    put(standin, GROUP_ID, Namespace.GROUP_KEYS, data, NOW + generation)
