"""How a relay is doing, as data: for `decamp relay status`, a page, `/health`, `/metrics`, the management chat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from migrate.model import Noun

from ..api import Bridge
from ..state import State
from .outbox import GIVEN_UP, HELD_BACK, WAITS
from .sqlite import SqliteStore
from .tidy import whole

WENT = frozenset({"in", "out", "failed"})
"""What is counted beside the reasons why something went no further."""


class SideStatus(Noun, frozen=True, kw_only=True):
    """One bridge. Times are in milliseconds; `oldest_at` is since when the oldest message waits for it."""

    name: str
    state: State
    since: int | None = None
    said: str = ""
    todo: str = ""
    last_success: int | None = None
    reconnects: int = 0
    waiting: int = 0
    held_back: int = 0
    failed: int = 0
    oldest_at: int | None = None


class LinkStatus(Noun, frozen=True, kw_only=True):
    """One link. `made`: by a rule. `relayed` counts what went to each bridge, `stopped` says why it stands still."""

    name: str
    title: str
    ends: tuple[str, ...]
    made: bool = False
    stopped: str | None = None
    over: bool = False
    taken: int = 0
    relayed: Mapping[str, int]
    failed: int = 0


class RuleStatus(Noun, frozen=True, kw_only=True):
    """One rule. `stopped` says why it stands still, with every link that it made."""

    name: str
    source: str
    target: str
    stopped: str | None = None


class Status(Noun, frozen=True, kw_only=True):
    """All of it. `skipped`: what went no further, by reason."""

    sides: tuple[SideStatus, ...]
    links: tuple[LinkStatus, ...]
    rules: tuple[RuleStatus, ...] = ()
    wishes: int = 0
    asked: int = 0
    skipped: Mapping[str, int]

    @property
    def is_well(self) -> bool:
        """Whether every side is connected."""
        return all(side.state is State.CONNECTED for side in self.sides)


def snapshot(store: SqliteStore, bridges: Mapping[str, Bridge] | None = None) -> Status:
    """The relay at this moment. Without its bridges, as from another process, their states are those noted last."""
    counts: dict[tuple[str, str], int] = {}
    relayed: dict[str, dict[str, int]] = {}
    for link, bridge, what, count in store.counts():
        counts[link, what] = counts.get((link, what), 0) + count
        if what == "out":
            relayed.setdefault(link, {})[bridge] = count
    links = tuple(
        LinkStatus(
            name=link.name, title=link.title or link.name, ends=tuple(str(end) for end in link.ends),
            made=link.made, stopped=store.portals.why(link),
            over=link.name in store.portals.ended, taken=counts.get((link.name, "in"), 0),
            relayed=relayed.get(link.name, {}), failed=counts.get((link.name, "failed"), 0),
        )
        for link in sorted(store.portals.links.values(), key=lambda one: one.name)
    )  # fmt: skip
    rests = store.portals.rests
    rules = tuple(
        RuleStatus(
            name=rule.title, source=rule.source, target=rule.target, stopped=rests.get((rule.source, rule.target))
        )
        for rule in store.rules
    )
    skipped: Counter[str] = Counter()
    for (_, what), count in counts.items():
        if what not in WENT:
            skipped[what] += count
    return Status(
        sides=tuple(_side(store, name, (bridges or {}).get(name)) for name in sorted(store.sides)), links=links,
        rules=rules,
        wishes=len(store.portals.wished), asked=len(store.acquaintance.asked()), skipped=skipped,
    )  # fmt: skip


def _side(store: SqliteStore, name: str, bridge: Bridge | None) -> SideStatus:
    row = store.noted_health(name)
    noted, last_success, reconnects = row or (None, None, 0)
    health = whole(bridge.health) if bridge is not None else noted
    depth = store.outbox.by_state()
    oldest = [depth[name, state][1] for state in (WAITS, HELD_BACK) if (name, state) in depth]
    return SideStatus(
        name=name, state=health.state if health else State.STOPPED, since=health.since if health else None,
        said=health.said if health else "", todo=health.todo if health else "", last_success=last_success,
        reconnects=reconnects, waiting=depth.get((name, WAITS), (0, 0))[0],
        held_back=depth.get((name, HELD_BACK), (0, 0))[0], failed=depth.get((name, GIVEN_UP), (0, 0))[0],
        oldest_at=min(oldest, default=None),
    )  # fmt: skip
