"""Drops what nobody asks for any more, so that a store is as large as what is going on, and not as what ever was.

What was relayed goes by when it was relayed, whatever the clock of its sender says. Of people, chats, names that were
given, commands and what was told once, only the last time they were seen is known, to the hour: what was written or
seen since the last sweep has no time yet, and gets the present one here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .model import Link, Options

if TYPE_CHECKING:
    from .sqlite import SqliteStore

SOME = 200  # messages in one transaction
DAY = 86_400_000  # milliseconds
_SEEN = ("people", "chats", "dressed", "told_once", "commands")


def sweep(store: SqliteStore, now: int) -> None:
    """One sweep. Links say how long they keep which message is which; all else is kept as long as that by default."""
    _prune(store, now)
    before = now - Options().kept_days * DAY
    _touch(store)
    for table in _SEEN:
        # A time to come is from a clock that was wrong: it begins anew, or it would be kept for ever.
        store.database.write(f"DELETE FROM {table} WHERE seen_at > 0 AND seen_at < ?", (before,))
        store.database.write(f"UPDATE {table} SET seen_at = ? WHERE seen_at = 0 OR seen_at > ?", (now, now))
    store.acquaintance.look_anew()
    store.database.commit()


def _prune(store: SqliteStore, now: int) -> None:
    """Forget which message is which, where nobody asks any more."""
    ledger, links = store.ledger, store.portals.kept()
    ledger.stamp(now)
    for days, names in links.items():
        while ledger.prune(now - days * DAY, names, SOME) == SOME:
            store.database.commit()
    every = [name for names in links.values() for name in names]
    while ledger.prune(now - Options().kept_days * DAY, every, SOME, but=True) == SOME:
        store.database.commit()


def _touch(store: SqliteStore) -> None:
    """Whoever and whatever a link, a rule or a management chat is about is needed, however long it was silent."""
    links = [link for name, link in store.portals.links.items() if name not in store.portals.ended]
    chats = {(end.bridge, end.chat) for link in links for end in link.ends}
    chats |= {(place.bridge, place.chat) for place in store.control}
    chats |= {(rule.target, rule.chat) for rule in store.rules if rule.chat is not None}
    chats |= {(source.bridge, source.chat) for source, _ in store.portals.wished}
    people = {(link.ends[0].bridge, link.person) for link in links if link.person is not None}
    _keep(store, "people", "person", people)
    _keep(store, "chats", "chat", chats)
    _keep(store, "dressed", "what", {name for link in links for name in _dressed(link)})


def _dressed(link: Link) -> set[tuple[str, str]]:
    """Under which names it is noted how the ends of a link were dressed."""
    return {(end.bridge, what) for end in link.ends[1:] for what in (f"person {link.person}", f"chat {end.chat}")}


def _keep(store: SqliteStore, table: str, column: str, keys: set[tuple[str, str]]) -> None:
    rows = "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)"
    store.database.write(
        f"UPDATE {table} SET seen_at = 0 WHERE (bridge, {column}) IN ({rows})",
        (msgspec.json.encode(sorted(keys)).decode(),),
    )
