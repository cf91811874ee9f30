"""The worlds of the Session bridge: a network on this machine, an account, and a friend with whom it talks."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from bridges.api import Desk
from bridges.contract.world import Friend
from bridges.session.bridge import SessionBridge
from migrate.session.config.group_keys import NONCE_BYTES, GroupKey
from migrate.session.config.group_writing import group_id_of, write_group_config, write_group_key
from migrate.session.config.hidden import Hidden
from migrate.session.config.message import Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.config.writing import write_config
from migrate.session.keys import AccountKeys
from migrate.session.mnemonic import decode
from migrate.standin.network import StandIn
from tests.bridges.session.friend import HandFriend, put, this_moment
from tests.patience import PATIENCE
from tests.peers.peer import new_words


class SessionWorld:
    """An account of a bridge, and a friend of theirs."""

    bridge: type[SessionBridge] = SessionBridge
    has_wrong = has_network = True
    patience = PATIENCE
    friend: Friend

    def __init__(self, standin: StandIn, folder: Path) -> None:
        self.standin, self.folder = standin, folder
        self.words = new_words()
        self.keys = AccountKeys.from_seed(decode(self.words))
        self.me, self.chat = self.keys.session_id, ""
        (folder / "stand-in.json").write_bytes(standin.way_in())
        (folder / "bridge").mkdir()
        self.clock: Callable[[], int] = this_moment
        self._random, self._seqno = Random(), 0

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.words, " ".join(self.words.split()[:3]))

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        settings = {setting.name: setting.default or "" for setting in self.bridge.about.settings}
        settings |= {"words": self.words, "standin": str(self.folder / "stand-in.json"), "every": "0.2"}
        if wrong:
            settings["words"] = self.words.rpartition(" ")[0]  # twelve of thirteen
        return Desk(
            settings=settings,
            folder=self.folder / "bridge",
            now=self.clock,
            random=self._random,
            random_bytes=os.urandom,
            cursor=cursor,
        )

    async def break_network(self) -> None:
        self.standin.faults.seeds_down = True
        self.standin.faults.down = set(range(len(self.standin.nodes)))

    async def mend_network(self) -> None:
        self.standin.faults.seeds_down = False
        self.standin.faults.down = set()

    # -- what the account's phone keeps on the network --------------------------------------------------

    def knows(self, namespace: Namespace, data: Tree) -> None:
        self._seqno += 1
        put(self.standin, self.me, namespace, write_config(namespace, data, self.keys, self._seqno))

    def has_contacts(self, *people: str, **fields: int | str) -> None:
        """Have these people in the address book: `a` approved, `A` approved us, `b` blocked, `n` name, `N` nickname."""
        self.has_contacts_of(dict.fromkeys(people, fields))

    def has_contacts_of(self, people: Mapping[str, Mapping[str, int | str]]) -> None:
        book: Tree = {bytes.fromhex(id): _entry(fields) for id, fields in people.items()}
        self.knows(Namespace.CONTACTS, {b"c": book})


def _entry(fields: Mapping[str, int | str]) -> Tree:
    return {
        name.encode(): value.encode() if isinstance(value, str) else value for name, value in sorted(fields.items())
    }


class Circle:
    """A group that an account and a friend are in."""

    def __init__(self, standin: StandIn, *members: AccountKeys, timer: int = 0) -> None:
        self.standin, self.members = standin, members
        self.seed, self.key = os.urandom(32), os.urandom(32)
        self.group = AccountKeys(self.seed)
        self.id = group_id_of(self.group)
        named = GroupKey(generation=0, timestamp=this_moment(), key=Hidden(self.key))
        ids = [member.session_id for member in members]
        sealed = write_group_key(named, self.group, ids, os.urandom(NONCE_BYTES), os.urandom)
        put(standin, self.id, Namespace.GROUP_KEYS, sealed)
        info: Tree = {b"n": b"Hikers", **({b"E": timer} if timer else {})}
        put(
            standin, self.id, Namespace.GROUP_INFO, write_group_config(Namespace.GROUP_INFO, info, self.group, self.key)
        )

    def welcomes(self, world: SessionWorld, *, admin: bool = False) -> None:
        """Put the group into the list of the account."""
        way_in = {b"K": self.seed} if admin else {b"s": self.token(world.keys)}
        entry: Tree = {b"n": b"Hikers", **way_in}
        world.knows(Namespace.GROUPS_JOINED, {b"g": {bytes.fromhex(self.id): entry}})

    def token(self, member: AccountKeys) -> bytes:
        """What an admin gives to a member: formats page of the Session network, section 6.1."""
        start, factor = bytes([3, 3, 0, 0]), bytes([7]) * 31 + b"\0"
        return start + factor + self.group.sign(start + member.multiplied(factor))


@asynccontextmanager
async def direct(folder: Path) -> AsyncIterator[SessionWorld]:
    """Two people who know each other."""
    with StandIn(this_moment, os.urandom) as standin:
        world = SessionWorld(standin, folder)
        friend = HandFriend(standin, AccountKeys(os.urandom(32)), world.me)
        world.chat, world.friend = friend.id, friend
        world.knows(Namespace.PROFILE, {b"n": b"Robin"})
        world.has_contacts(friend.id, n="Friend", a=1, A=1)
        yield world


@asynccontextmanager
async def in_a_group(folder: Path) -> AsyncIterator[SessionWorld]:
    """Two people in one group, which is all that they know of each other."""
    with StandIn(this_moment, os.urandom) as standin:
        world = SessionWorld(standin, folder)
        keys = AccountKeys(os.urandom(32))
        circle = Circle(standin, world.keys, keys)
        circle.welcomes(world)
        world.chat, world.friend = circle.id, HandFriend(standin, keys, circle.id, circle.key)
        yield world
