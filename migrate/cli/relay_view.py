"""How a relay is doing, for people: the same words on the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .ui import plain
from .wording import count, duration, moment, number

if TYPE_CHECKING:
    from bridges.relay.model import Link
    from bridges.relay.status import LinkStatus, SideStatus, Status

SIDES = ("Side", "State", "Last success", "Waiting", "Oldest", "Held back", "Failed")
LINKS = ("Link", "Between", "State", "Taken", "Relayed", "Failed")
NUMBERS = frozenset({"Waiting", "Held back", "Failed", "Taken", "Relayed"})


def side_row(side: SideStatus, now: int, *, running: bool = True) -> tuple[str, ...]:
    """One side, in the columns of `SIDES`."""
    return (
        side.name,
        str(side.state) if running else "not running",
        moment(side.last_success) if side.last_success is not None else "never",
        number(side.waiting),
        age(side, now),
        number(side.held_back),
        number(side.failed),
    )


def link_row(link: LinkStatus) -> tuple[str, ...]:
    """One link, in the columns of `LINKS`."""
    return (
        called(link),
        between(link.ends),
        state_of(link),
        number(link.taken),
        number(sum(link.relayed.values())),
        number(link.failed),
    )


def in_order(status: Status) -> list[LinkStatus]:
    """Links that are not over: those first that need somebody, then by their names."""
    there = [link for link in status.links if not link.over]
    return sorted(there, key=lambda link: (not (link.stopped or link.failed), link.title.casefold(), link.name))


def called(link: Link | LinkStatus) -> str:
    """What people call a link: what they named it; one that a rule made, as the contact is called now.

    Unless its name is what tells it from another with that title.
    """
    return link.name if not link.made or link.name.startswith(link.title) else link.title


def age(side: SideStatus, now: int) -> str:
    """How long the oldest message waits for this side."""
    return duration(max(now - side.oldest_at, 0) / 1000) if side.oldest_at is not None else ""


def state_of(link: LinkStatus) -> str:
    """Whether a link relays, and if not, why."""
    if link.over:
        return "over"
    return f"stopped: {link.stopped}" if link.stopped else "on"


def between(ends: Sequence[str]) -> str:
    """The bridges that a link joins; addresses of chats are for nobody to read."""
    return " ↔ ".join(end.partition(":")[0] for end in ends)


def remarks(status: Status) -> list[str]:
    """What else there is to know."""
    found = [
        f"{side.name}: {plain(f'{side.said} {side.todo}'.strip())}"
        for side in status.sides
        if (side.said or side.todo) and side.state != "connected"
    ]
    found += [f"{plain(rule.name)} stands still, with every chat that it made: {rule.stopped}." for rule in status.rules
              if rule.stopped]  # fmt: skip
    if status.wishes:
        found.append(f"{count(status.wishes, 'chat')} still to be made for contacts.")
    if status.asked:
        verb = "waits" if status.asked == 1 else "wait"
        found.append(f"{count(status.asked, 'stranger')} {verb} to be let in; the management chat says who.")
    found += [f"Went no further: {number(many)}, {why}." for why, many in skipped(status).items()]
    return found


def skipped(status: Status) -> dict[str, int]:
    """What went no further on purpose, by reason."""
    return dict(sorted(status.skipped.items()))
