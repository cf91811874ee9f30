"""Puts together what several devices wrote at once, as every Session client does, to the byte.

Formats page of Session config messages, section 5, "Merge of all readable messages".
"""

from __future__ import annotations

from collections.abc import Sequence

from .bencode import Value
from .message import LAG, ConfigMessage, Diff, Id, Tree, members_of

_SET, _REMOVED = b"", b"-"


def standing(messages: Sequence[ConfigMessage]) -> list[ConfigMessage]:
    """The messages that no other one knows already or has left behind, the newest first."""
    newest = max(message.id[0] for message in messages)
    superseded = {id for message in messages for id, _ in message.lagged}
    by_id: dict[Id, ConfigMessage] = {}
    for message in messages:
        if message.id not in superseded and message.id[0] + LAG > newest:
            by_id.setdefault(message.id, message)
    return sorted(by_id.values(), key=lambda message: message.id, reverse=True)


def merge(newest_first: Sequence[ConfigMessage]) -> Tree:
    """One tree with the changes of all: the highest message's data, and every known change replayed in order."""
    data = _copy(newest_first[0].data)
    replay: dict[Id, tuple[Diff, Tree]] = {}
    for message in newest_first:
        for id, diff in ((message.id, message.diff), *message.lagged):
            # The source is what this message ended with, for its old changes too.
            replay.setdefault(id, (diff, message.data))
    for id in sorted(replay):
        _apply(data, *replay[id])
    _prune(data)
    return data


def _apply(data: Tree, diff: Diff, source: Tree) -> None:
    for key, change in diff.items():
        there = source.get(key)
        match change:
            case dict() if isinstance(there, dict):
                below = data.get(key)
                if not isinstance(below, dict):
                    below = data[key] = {}
                _apply(below, change, there)
            case [added, removed] if isinstance(there, frozenset):
                _apply_set(data, key, added, removed)
            case bytes() if change == _SET and isinstance(there, (int, bytes)):
                data[key] = there
            case _:
                # Removed, or by now something of another kind, or gone from the source: all mean the same.
                data.pop(key, None)


def _apply_set(data: Tree, key: bytes, added: Value, removed: Value) -> None:
    have = data.get(key)
    members = have if isinstance(have, frozenset) else frozenset()
    data[key] = (members | members_of(added)) - members_of(removed)


def _copy(tree: Tree) -> Tree:
    return {key: _copy(value) if isinstance(value, dict) else value for key, value in tree.items()}


def _prune(tree: Tree) -> None:
    for key, value in list(tree.items()):
        if isinstance(value, dict):
            _prune(value)
        if isinstance(value, (dict, frozenset)) and not value:
            del tree[key]
