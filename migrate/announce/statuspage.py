"""One page to look at how an announcement stands. No script, no request; every name in it is somebody else's text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files

from ..cards.card import shown_name
from ..cards.page import asset, sealed
from ..model import short_id
from .campaign import Arrival, Notice, Step
from .standing import Standing

_WORDS = {
    Step.PLANNED: "waits", Step.STORED: "under way", Step.SENT: "told", Step.DELIVERED: "delivered",
    Step.READ: "read", Step.ARRIVED: "arrived", Step.FAILED: "failed",
}  # fmt: skip


def status_page(
    standing: Standing, notices: Sequence[Notice], arrivals: Sequence[Arrival], day: Callable[[int | None], str]
) -> str:
    """The page; `day` writes a time as people read it. What needs somebody comes first, then who has come."""
    came: dict[str, list[Arrival]] = {}
    for arrival in arrivals:
        came.setdefault(arrival.id, []).append(arrival)
    order = {step: place for place, step in enumerate([Step.FAILED, Step.ARRIVED, Step.READ, Step.DELIVERED])}
    rows = sorted(notices, key=lambda one: (order.get(one.step, len(order)), one.to.who.name.casefold(), one.id))
    page = (files(__package__) / "status.html").read_text("utf-8")
    style = asset("palette.css") + (files(__package__) / "status.css").read_text("utf-8")
    body = _head(standing) + "".join(_row(one, came.get(one.id, []), day) for one in rows)
    return sealed(page, style, "").replace("{body}", body, 1)


def _head(standing: Standing) -> str:
    told, people = standing.told, standing.people
    numbers = (("told", told), ("delivered", standing.delivered), ("read", standing.read),
               ("arrived", standing.arrived), ("failed", standing.failed), ("waiting", standing.waiting))  # fmt: skip
    cells = "".join(f"<li class={name}><b>{number:,}</b> {name}</li>" for name, number in numbers)
    return (
        f"<h1>{told:,} of {people:,} told</h1>"
        f'<progress max="{max(people, 1)}" value="{told}">{standing.share:.0%}</progress>'
        f'<ul class="numbers">{cells}</ul><ul class="people">'
    )


def _row(notice: Notice, came: Sequence[Arrival], day: Callable[[int | None], str]) -> str:
    name = shown_name(notice.to.who.name) or short_id(notice.id)
    at = notice.arrived_at or notice.read_at or notice.delivered_at or notice.sent_at
    said = [f"{_WORDS[notice.step]}{f', {day(at)}' if at is not None else ''}"]
    said += [f"as {shown_name(one.person, 200) or ''} on {one.bridge}, by {one.how}" for one in came]
    said += [text for text in (notice.reason, notice.todo) if text and notice.step is Step.FAILED]
    lines = "".join(f"<p>{escape(shown_name(text, 500) or '')}</p>" for text in said)
    return f'<li class="{notice.step}"><h2>{escape(name)}</h2><code>{escape(short_id(notice.id))}</code>{lines}</li>'
