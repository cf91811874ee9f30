"""Groups of the demo: their keys for every member, what they say about themselves, and how the account is in them.

Formats pages of the Session network, section 6.1, and of Session config messages, sections 6.4 and 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nacl import bindings as sodium

from ...session.config.group_keys import NONCE_BYTES, GroupKey
from ...session.config.group_writing import group_id_of, write_group_config, write_group_key
from ...session.config.hidden import Hidden
from ...session.config.message import Tree
from ...session.config.namespaces import Namespace
from ...session.keys import AccountKeys
from ...session.outgoing import DAY
from .chats import InGroup
from .post import SETTINGS_TTL, Friend, Post
from .settings import shown
from .told import Joined

MAY_READ_AND_WRITE = bytes([3, 3, 0, 0])
REMOVED = 1


@dataclass(frozen=True, slots=True)
class Circle:
    """Who is in a group, what it is called, and whether the account is one of its admins."""

    name: str
    about: str
    people: Sequence[Friend]
    ours: bool = False


def found_group(post: Post, owner: Friend, circle: Circle, face: bytes | None = None) -> tuple[InGroup, Joined, Tree]:
    """Store a group: the conversation in it, what there is to find, and the entry in the list of groups.

    It had one key until five days ago, and another one since, as when somebody was removed.
    """
    seed = post.random.randbytes(32)
    group, members = AccountKeys(seed), [owner, *circle.people]
    ids = [one.id for one in members]
    admins = [owner.id] if circle.ours else [circle.people[0].id]
    id, changed = group_id_of(group), post.now - 5 * DAY
    keys = (post.random.randbytes(32), post.random.randbytes(32))
    for generation, (key, at) in enumerate(zip(keys, (post.now - 14 * DAY, changed), strict=True)):
        handed_out = GroupKey(generation=generation, timestamp=at, key=Hidden(key))
        nonce = post.random.randbytes(NONCE_BYTES)
        sealed = write_group_key(handed_out, group, ids, nonce, post.random.randbytes)
        post.store(id, Namespace.GROUP_KEYS, sealed, at, SETTINGS_TTL)
    picture = post.picture(face) if face else None
    info: Tree = {b"n": circle.name.encode(), b"o": circle.about.encode(), b"c": (post.now - 200 * DAY) // 1000}
    people: Tree = {bytes.fromhex(one.id): _member(one, one.id in admins) for one in members}
    settings: dict[Namespace, Tree] = {
        Namespace.GROUP_INFO: {**info, **shown(picture)},
        Namespace.GROUP_MEMBERS: {b"m": people},
    }
    for namespace, data in settings.items():
        post.store(id, namespace, write_group_config(namespace, data, group, keys[-1]), changed, SETTINGS_TTL)
    entry: Tree = {b"K": seed} if circle.ours else {b"s": _let_in(post, group, owner)}
    entry |= {b"n": circle.name.encode(), b"j": (post.now - 190 * DAY) // 1000}
    return InGroup(post, id, keys, changed), Joined(circle.name, tuple(ids), tuple(admins), circle.ours), entry


def removed_entry(post: Post, name: str) -> tuple[str, Tree]:
    """The id and the entry of a group that the account was removed from: nothing else is left of it."""
    return group_id_of(AccountKeys(post.random.randbytes(32))), {b"n": name.encode(), b"r": REMOVED}


def _member(friend: Friend, admin: bool) -> Tree:
    return {b"n": (friend.name or "").encode(), **({b"A": 1} if admin else {}), **shown(friend.picture)}


def _let_in(post: Post, group: AccountKeys, member: Friend) -> bytes:
    """The 100 bytes with which a member may ask for what the group keeps."""
    factor = sodium.crypto_core_ed25519_scalar_reduce(post.random.randbytes(64))
    token = MAY_READ_AND_WRITE + member.keys.multiplied(factor)
    return MAY_READ_AND_WRITE + factor + group.sign(token)
