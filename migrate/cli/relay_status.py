"""What there is and how it does: the tables of `decamp relay list` and `decamp relay status`, and links by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import WrongWords
from ..model import short_id
from .relay_setup import Named, NothingLinked, Relaying
from .relay_view import LINKS, NUMBERS, SIDES, called, in_order, link_row, remarks, side_row
from .run import Run
from .ui import Ui
from .wording import count

if TYPE_CHECKING:
    from bridges.relay.model import Link, Place
    from bridges.relay.status import Status

SHOWN = 30
"""Links that the status shows, those first that need somebody; it says when there are more."""
MOST = 40
"""Links that an error lists."""
_WHAT = {"ghosts": "an address for each contact", "chats": "a chat for each contact", "shared": "one chat for all"}


def show_status(run: Run, status: Status, *, running: bool) -> None:
    """How each side and each link is doing."""
    ui, now = run.ui, run.now()
    if not status.sides:
        raise NothingLinked
    ui.table(SIDES, [side_row(side, now, running=running) for side in status.sides], right=sorted(NUMBERS))
    ui.answer()
    links = in_order(status)
    if links:
        ui.table(LINKS, [link_row(link) for link in links[:SHOWN]], right=sorted(NUMBERS))
    if len(links) > SHOWN:
        ui.answer(f"And {count(len(links) - SHOWN, 'more link')}: `decamp relay list` shows all.")
    for said in remarks(status):
        ui.answer(said)
    if not running:
        ui.note("No relay runs at the moment: `decamp relay run` starts it.")


def show_list(run: Run, relaying: Relaying) -> list[dict[str, object]]:
    """Every rule and every link. Returns them as data too."""
    rules = [_rule(relaying, one) for one in relaying.rules]
    store = relaying.store
    links = [_link(relaying, link) for name, link in sorted(store.portals.links.items())
             if name not in store.portals.ended]  # fmt: skip
    if not rules and not links:
        raise NothingLinked
    run.ui.table(("Name", "From", "", "To", "What it is"), [row for row, _ in (*rules, *links)])
    return [data for _, data in (*rules, *links)]


def _rule(relaying: Relaying, one: Named) -> tuple[tuple[str, ...], dict[str, object]]:
    from bridges.relay.model import Place

    rule = one.rule
    target = _name(relaying, Place(bridge=rule.target, chat=rule.chat)) if rule.chat else rule.target
    why = relaying.store.portals.rests.get((rule.source, rule.target))
    what = f"stopped: {why}" if why else _WHAT[rule.mode] + (", groups too" if rule.groups else "")
    return (one.name, rule.source, "↔", target, what), {"kind": "rule", **_data(rule), "name": one.name, "stopped": why}


def _link(relaying: Relaying, link: Link) -> tuple[tuple[str, ...], dict[str, object]]:
    why = relaying.store.portals.why(link)
    others = ", ".join(_name(relaying, end) for end in link.ends[1:])
    arrow = {"out": "→", "back": "←"}.get(link.direction, "↔")
    what = f"stopped: {why}" if why else "made by a rule" if link.made else "a link"
    row = (called(link), f"{link.ends[0].bridge}: {link.title}", arrow, others, what)
    return row, {"kind": "link", **_data(link), "stopped": why}


def _data(noun: object) -> dict[str, object]:
    import msgspec

    found: dict[str, object] = msgspec.to_builtins(noun)
    return found


def _name(relaying: Relaying, place: Place) -> str:
    """A chat as people call it, if the relay has heard its name."""
    chat = relaying.store.chat_of(place)
    return f"{place.bridge}: {chat.title if chat is not None and chat.title else short_id(place.chat)}"


def find(ui: Ui, relaying: Relaying, wanted: str) -> Link | Named:
    """The one link or rule that is meant by a name, or a part of it. Else the person chooses."""
    from bridges.relay.meant import Names

    ended = relaying.store.portals.ended
    links = [link for name, link in sorted(relaying.store.portals.links.items()) if name not in ended]
    everything: list[tuple[str, Link | Named]] = [
        *((one.name, one) for one in relaying.rules),
        *((called(link), link) for link in links),
    ]
    sought = wanted.casefold()
    exact = [one for one in everything if sought in {one[0].casefold(), one[1].name.casefold()}]
    found = exact or [one for one in everything if sought and (sought in one[0].casefold() or _shows(one[1], sought))]
    meant = Names(relaying.store.portals).meant(wanted)  # as the relay calls it in its chat
    found = found or [one for one in everything if one[1] in meant]
    if len(found) == 1:
        return found[0][1]
    if not everything:
        raise NothingLinked
    shown = [_described(relaying, name, one) for name, one in found or everything]
    if ui.interactive:
        question = "Which of them" if found else f"Nothing is called {wanted!r}. Which do you mean"
        return (found or everything)[ui.choose(question, shown)][1]
    more = f"; and {len(shown) - MOST} more" if len(shown) > MOST else ""
    said = f"Several are called like {wanted!r}" if found else f"Nothing is called {wanted!r}"
    raise WrongWords(f"{said}.", f"There are: {'; '.join(shown[:MOST])}{more}.")


def _shows(found: Link | Named, sought: str) -> bool:
    """Whether the first chat of a link is called like that now, whatever the link is named."""
    return not isinstance(found, Named) and sought in found.title.casefold()


def _described(relaying: Relaying, name: str, one: Link | Named) -> str:
    if isinstance(one, Named):
        return f"{name} (every contact of {one.rule.source} on {one.rule.target})"
    return f"{name} ({', '.join(_name(relaying, end) for end in one.ends)})"
