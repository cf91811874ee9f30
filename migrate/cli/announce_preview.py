"""Shows what was planned: who, how many, who not, and what somebody gets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .run import Result, Run
from .ui import plain
from .wording import count, day, duration, number

if TYPE_CHECKING:
    from bridges.about import Limits

    from ..announce.audience import Audience, Known
    from ..announce.campaign import Addressee, Campaign, Notice
    from ..announce.journal import Journal
    from .announce_people import Preferences

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Planned:
    """An announcement that was just planned."""

    journal: Journal
    number: int
    audience: Audience
    limits: Limits


def report_plan(run: Run, planned: Planned, liking: Preferences, show: str | None) -> Result:
    """Say all of it; for programs, each notice word for word."""
    from ..announce.plan import preview

    journal, limits, now = planned.journal, planned.limits, run.now()
    content, notices = journal.campaign(planned.number), list(journal.notices(planned.number))

    def texts(notice: Notice) -> tuple[str, ...]:
        return preview(content, notice.to, labels(content, notice.to), notice.code, limits, now)

    shown = _shown(notices, show)
    _report_people(run, notices)
    report_left_out(run, planned.audience)
    _report_words(run, shown, texts(shown))
    _report_numbers(run, content, notices, liking)
    people = [one for one in notices if not one.to.place]
    return Result(
        {
            "campaign": planned.number,
            "via": content.via,
            "people": len(people),
            "places": len(notices) - len(people),
            "notices": [
                {**_object(one.to.who), "language": one.to.language, "place": one.to.place, "code": one.code,
                 "messages": texts(one)}
                for one in notices
            ],
            "left_out": [{**_object(person), "why": why} for person, why in planned.audience.left_out],
        }
    )  # fmt: skip


def labels(content: Campaign, to: Addressee) -> list[str]:
    """The networks from which somebody gets an invitation of their own."""
    from bridges.registry import load

    return [] if to.place else [load(name).about.title for name in content.inviting]


def _report_people(run: Run, notices: list[Notice]) -> None:
    run.ui.table(
        ("Name", "Language", "Messages", "Last", "Id"),
        [_row(one.to) for one in notices[:SHOWN]],
        right=("Messages",),
    )
    if len(notices) > SHOWN:
        run.ui.report(f"… and {number(len(notices) - SHOWN)} more; --json lists everybody.")


def _report_words(run: Run, notice: Notice, texts: tuple[str, ...]) -> None:
    run.ui.report()
    run.ui.report(f"{plain(notice.to.who.name)} gets this:")
    for text in texts:
        run.ui.report()
        for line in text.splitlines():
            run.ui.report(f"  │ {plain(line)}", wrap=False)
    run.ui.report()


def _report_numbers(run: Run, content: Campaign, notices: list[Notice], liking: Preferences) -> None:
    from bridges.registry import load

    from ..announce.sending import Pace
    from .bridging import is_set_up

    places = sum(one.to.place for one in notices)
    pace = Pace(liking.per_minute, liking.rest_after, liking.rest_minutes * 60)
    people = count(len(notices) - places, "person", "people")
    also = f" and {count(places, 'group')}" if places else ""
    run.ui.report(
        f"{people}{also} would be told over {load(content.via).about.title}. "
        f"At {liking.per_minute:g} a minute this takes about {duration(pace.seconds(len(notices)))}."
    )
    if not is_set_up(run, load(content.via)):
        run.ui.note(f"Before it can be sent, say how to reach {content.via}: decamp bridge setup {content.via}")
    run.ui.report("Nothing has been sent. Change your mind with another plan, or send it: decamp announce send")


def _row(to: Addressee) -> tuple[str, ...]:
    from ..model import short_id

    who = to.who
    last = "" if who.last_at is None else day(who.last_at) if who.last_at else "never"
    messages = "" if who.messages is None else number(who.messages)
    return (who.name, to.language, messages, "in a group" if to.place else last, short_id(who.id))


def _object(person: Known) -> dict[str, object]:
    return {"id": person.id, "name": person.name}


def report_left_out(run: Run, audience: Audience) -> None:
    """How many get nothing, and why."""
    reasons = Counter(why for _, why in audience.left_out)
    if reasons:
        said = ", ".join(f"{number(many)} ({why})" for why, many in reasons.most_common())
        run.ui.report(f"Left out: {said}.")


def _shown(notices: list[Notice], name: str | None) -> Notice:
    from ..announce.audience import Names

    if name is None:
        return notices[0]
    one = Names(notice.to.who for notice in notices).one(name)
    return next(notice for notice in notices if notice.id == one.id)
