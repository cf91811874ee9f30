"""The settings of a made-up account, as its devices keep them on the network for each other.

Formats page of Session config messages, section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...session.config.fields import Picture
from ...session.config.message import Leaf, Tree
from ...session.config.namespaces import Namespace
from ...session.config.writing import write_config
from ...session.outgoing import DAY
from .post import SETTINGS_TTL, Friend, Post
from .told import Said

SEQNO = 7  # the settings were changed a few times before
AFTER_SEND = 1


def store_settings(
    post: Post, owner: Friend, friends: Iterable[Friend], joined: Tree, said: Iterable[Said], timers: Mapping[str, int]
) -> None:
    """Store profile, address book, groups, and how far each conversation was read."""
    profile: Tree = {b"n": (owner.name or "").encode(), b"t": _seconds(post.now - 40 * DAY), **shown(owner.picture)}
    contacts: Tree = {bytes.fromhex(one.id): _contact(post, one, timers.get(one.id)) for one in friends}
    _store(post, Namespace.PROFILE, profile)
    _store(post, Namespace.CONTACTS, {b"c": contacts})
    _store(post, Namespace.GROUPS_JOINED, joined)
    _store(post, Namespace.CONVERSATIONS, _read_until(said))


def shown(picture: Picture | None) -> dict[bytes, Leaf | Tree]:
    """A picture as every kind of settings has it, if there is one."""
    return {b"p": picture.url.encode(), b"q": bytes(picture.key)} if picture else {}


def _store(post: Post, namespace: Namespace, data: Tree) -> None:
    filled: Tree = {key: value for key, value in data.items() if value != {}}  # nothing empty is ever written
    sealed = write_config(namespace, filled, post.owner, SEQNO)
    post.store(post.owner.session_id, namespace, sealed, post.now - DAY, SETTINGS_TTL)


def _contact(post: Post, friend: Friend, timer: int | None) -> Tree:
    flags = {b"a": friend.approved, b"A": friend.approved_me, b"b": friend.blocked, b"+": friend.pinned}
    names = {b"n": friend.name, b"N": friend.nickname}
    return {
        b"j": _seconds(post.now - 300 * DAY),
        **{key: name.encode() for key, name in names.items() if name},
        **{key: 1 for key, is_set in flags.items() if is_set},
        **({b"e": AFTER_SEND, b"E": timer} if timer else {}),
        **shown(friend.picture),
    }


def _read_until(said: Iterable[Said]) -> Tree:
    """Everything was read but what came last."""
    people: Tree = {}
    groups: Tree = {}
    for one in said:
        place = groups if one.conversation.startswith("03") else people
        place[bytes.fromhex(one.conversation)] = {b"r": one.sent_at - 1}
    return {b"1": people, b"g": groups}


def _seconds(milliseconds: int) -> int:
    return milliseconds // 1000
