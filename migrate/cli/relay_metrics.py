"""`/metrics` and `/health` of a relay, for programs that watch it. Names of people and chats are in neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from .relay_view import skipped

if TYPE_CHECKING:
    from bridges.relay.status import SideStatus, Status

GRACE = 120.0
"""Seconds for a side to come back before the relay counts as unwell."""
PREFIX = "decamp_relay_"
TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

Row = tuple[str, str, str, int]
"""A link, a bridge, what happened there, how often; as the store counts."""


class Patience:
    """Since when each side is not connected, however often it changes its mind meanwhile."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._away: dict[str, float] = {}

    def unwell(self, status: Status) -> list[str]:
        """Why the relay is not well, side by side. Nobody has to be told before the time of grace is over."""
        now, reasons = self._steady(), []
        for side in status.sides:
            if side.state == "connected":
                self._away.pop(side.name, None)
                continue
            away = now - self._away.setdefault(side.name, now)
            if side.state.is_final or away > GRACE:
                reasons.append(f"{side.name}: {side.state}")
        return reasons


def metrics(status: Status, counts: Iterable[Row], now: int) -> str:
    """Everything that can be counted, as Prometheus reads it."""
    sides = status.sides
    lines: list[str] = []

    def family(name: str, kind: str, about: str, values: Iterable[tuple[Mapping[str, str], float]]) -> None:
        lines.append(f"# HELP {PREFIX}{name} {about}")
        lines.append(f"# TYPE {PREFIX}{name} {kind}")
        for labels, value in values:
            inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            lines.append(f"{PREFIX}{name}{f'{{{inside}}}' if inside else ''} {_number(value)}")

    def each(of: Callable[[SideStatus], float | None]) -> list[tuple[dict[str, str], float]]:
        return [({"bridge": side.name}, value) for side in sides if (value := of(side)) is not None]

    family("connected", "gauge", "Whether a side is connected.", each(lambda side: side.state == "connected"))
    family(
        "messages_total", "counter", "Messages taken from a side (in) and shown on it (out), by what came of them.",
        [({"bridge": bridge, "direction": way, "result": result}, many)
         for (bridge, way, result), many in sorted(_flow(counts, [side.name for side in sides]).items())],
    )  # fmt: skip
    family(
        "outbox_messages", "gauge", "Messages that wait for a side, are held back, or were given up.",
        [({"bridge": side.name, "state": state}, many) for side in sides for state, many in
         (("waiting", side.waiting), ("held_back", side.held_back), ("given_up", side.failed))],
    )  # fmt: skip
    family(
        "oldest_waiting_seconds", "gauge", "How long the oldest message waits for a side; 0 if none does.",
        each(lambda side: max(now - side.oldest_at, 0) / 1000 if side.oldest_at is not None else 0.0),
    )  # fmt: skip
    family("reconnects_total", "counter", "How often a side came back.", each(lambda side: side.reconnects))
    family(
        "last_success_timestamp_seconds", "gauge", "When a side took a message last, in seconds since 1970.",
        each(lambda side: side.last_success // 1000 if side.last_success is not None else None),
    )  # fmt: skip
    family(
        "skipped_total", "counter", "Events that went no further on purpose, by reason.",
        [({"reason": why}, many) for why, many in skipped(status).items()],
    )  # fmt: skip
    family("links", "gauge", "Chats that are linked.", [({}, sum(not link.over for link in status.links))])
    family("links_stopped", "gauge", "Links that stand still.", [({}, sum(bool(one.stopped) for one in status.links))])
    return "\n".join(lines) + "\n"


def _flow(counts: Iterable[Row], names: Iterable[str]) -> Counter[tuple[str, str, str]]:
    """How many, by side, direction and result. All that there may be is there from the start, with 0."""
    results = (("in", "taken"), ("out", "sent"), ("out", "failed"), ("out", "dropped"))
    flow = Counter({(name, *result): 0 for name in names for result in results})
    known = {"in": results[0], "out": results[1], "failed": results[2], "removed": None}
    for link, bridge, what, many in counts:
        if (result := known.get(what, results[3])) is not None and link:
            flow[bridge, *result] += many
    return flow


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.3f}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
