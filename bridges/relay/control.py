"""What the owner can tell a relay, in the management chat and on the command line: a parser and the answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate import __version__
from migrate.model import short_id

from ..events import Chat, ChatKind
from . import words
from .intents import Admit
from .meant import Names, bare
from .model import Direction, Link, Place, Rule
from .new_portals import asked_for
from .options import CHANGEABLE, BadOption, with_option
from .orders import Queue
from .sqlite import SqliteStore
from .status import snapshot

if TYPE_CHECKING:
    from .run import Relay

HELP = """\
status: how each side is doing, and what waits
list: what is linked
pause NAME, resume NAME: let a link, or a rule with all its links, stand still, and go on
retry [NAME]: try again what did not get through, and start a side that has stopped; NAME is a link or a side
contacts [WORD]: chats that can be relayed
start NAME: make the chat for a contact now
set NAME OPTION VALUE: such as `set Maya receipts on`; `set` shows what there is
sync: ask for all contacts again, and give everybody their name and picture again
unlink NAME: relay it no more; asks you to say so twice
accept NUMBER, block NUMBER: let somebody in who asked, or not
version: which decamp this is"""
MOST = 50  # lines of an answer
PAUSED = "paused by you"
_TERMINAL = re.compile(r"\A(?:decamp\s+)?relay\s+", re.IGNORECASE)
_ARROWS = {Direction.BOTH: " ↔ ", Direction.OUT: " → ", Direction.BACK: " ← "}
_ELSEWHERE = {
    "mute": "Mute the chat in your app. `pause NAME` holds back what they write, until `resume NAME`.",
    "login": "Passwords are no words for a chat: `decamp bridge setup` asks for them at a terminal.",
    "logout": "`unlink NAME` ends one chat; `decamp relay remove` at a terminal a whole rule. Nothing is deleted.",
    "add": "New links begin at a terminal: `decamp relay add`.",
    "doctor": "The doctor looks at the machine that the relay runs on: `decamp relay doctor` there.",
    "export": "Histories are for a terminal: `decamp export`.",
    "run": "It runs: you are talking to it.",
}
"""What people look for here, and where it is."""


@dataclass(frozen=True, slots=True)
class Order:
    """One word, and what it is about."""

    word: str
    about: str = ""


class NotDone(str):
    """An answer that says why nothing came of an order."""

    __slots__ = ()


def parse(text: str) -> Order:
    """What somebody means. A leading / or !, a full stop, and what stands before it at a terminal do no harm."""
    typed = _TERMINAL.sub("", bare(text).lstrip("/!").strip())
    word, about = [*typed.split(None, 1), "", ""][:2]
    return Order(word.lower().rstrip(".,!?:;"), about.strip())


def obey(order: Order, store: SqliteStore, now: int, relay: Relay | None = None) -> str:
    """Do it, and say what came of it. `relay`: the one that runs, if it is this process."""
    answer = _ANSWERS.get(order.word)
    if answer is None:
        return NotDone(_no_such(order.word))
    return answer(_Context(store, now, relay), order.about)


def _no_such(word: str) -> str:
    """What to do instead, without a page of text where one word was mistyped."""
    if word in _ELSEWHERE:
        return _ELSEWHERE[word]
    near = get_close_matches(word, _ANSWERS, 1)
    said = f"There is no command {words.one_line(word, 20) or 'without a word'}."
    return f"{said} Did you mean `{near[0]}`? `help` shows them all." if near else f"{said}\n{HELP}"


def knows(order: Order) -> bool:
    """Whether there is such a command."""
    return order.word in _ANSWERS


@dataclass(frozen=True, slots=True)
class _Context:
    store: SqliteStore
    now: int
    relay: Relay | None

    def find(self, about: str) -> Link | str:
        """The one link that is meant, or what to say instead."""
        names = Names(self.store.portals)
        found = names.meant(about)
        if len(found) == 1:
            return found[0]
        if not found:
            return NotDone(f"There is no link called {words.one_line(bare(about)) or 'nothing'}. `list` shows them.")
        return NotDone("\n".join(["Which of them?", *_some([names.of(link) for link in found])]))

    def called(self, link: Link) -> str:
        """A link in an answer, as one can type it."""
        return Names(self.store.portals).of(link)

    def find_either(self, about: str) -> Link | Rule | str:
        """The same, where a rule may be meant too, by its whole name."""
        return self.rule(about) or self.find(about)

    def rule(self, about: str) -> Rule | None:
        wanted = bare(about).casefold()
        return next((rule for rule in self.store.rules if wanted and wanted == rule.title.casefold()), None)


def _some(lines: Sequence[str]) -> list[str]:
    """As many as one answer holds, and how many there are beside those."""
    return [*lines[:MOST], *([f"and {len(lines) - MOST} more"] if len(lines) > MOST else [])]


def _help(_: _Context, __: str) -> str:
    return HELP


def _version(_: _Context, __: str) -> str:
    return f"decamp {__version__}"


def _status(context: _Context, _: str) -> str:
    found = snapshot(context.store, context.relay.bridges if context.relay else None)
    lines = []
    for side in found.sides:
        age = max(context.now - (side.oldest_at or context.now), 0) // 1000
        oldest = f", the oldest for {words.seconds(age)}" if side.oldest_at else ""
        rest = "".join(
            f", {count} {what}" for count, what in ((side.held_back, "held back"), (side.failed, "failed")) if count
        )
        lines.append(
            f"{side.name}: {side.state}, {side.waiting} waiting{oldest}{rest}. {side.said} {side.todo}".strip()
        )
    stopped = [f"{rule.name}: stopped, {rule.stopped}" for rule in found.rules if rule.stopped]
    portals, names = context.store.portals, Names(context.store.portals)
    alone = {name for name, _ in portals.stops}  # those that stand still with their rule are named with it
    stopped += [
        f"{names.of(portals.links[link.name])}: stopped, {link.stopped}" for link in found.links if link.name in alone
    ]
    count = sum(not link.over for link in found.links)
    return "\n".join([*lines, "1 link" if count == 1 else f"{count} links", *_some(stopped)])


def _list(context: _Context, _: str) -> str:
    found = snapshot(context.store)
    rules = [
        f"{rule.name}: everybody on {rule.source} ↔ {rule.target}{' (stopped)' if rule.stopped else ''}"
        for rule in found.rules
    ]
    portals = context.store.portals
    names = Names(portals)
    shown = [
        f"{names.of(portals.links[link.name])}: "
        f"{_ARROWS[portals.links[link.name].direction].join(end.partition(':')[0] for end in link.ends)}"
        f"{' (stopped)' if link.stopped else ''}{' (over)' if link.over else ''}"
        for link in found.links
    ]
    return "\n".join([*rules, *_some(shown)]) or "Nothing is linked yet."


def _pause(context: _Context, about: str) -> str:
    found = context.find_either(about)
    if isinstance(found, str):
        return found
    if isinstance(found, Rule):
        context.store.rest(found, PAUSED, context.now)
        return f"{found.title} stands still, and every chat that it made. `resume {found.title}` lets it go on."
    context.store.stop(found.name, None, PAUSED, context.now)
    called = context.called(found)
    return f"{called} stands still. What comes is kept; `resume {called}` lets it go on."


def _resume(context: _Context, about: str) -> str:
    found = context.find_either(about)
    if isinstance(found, str):
        return found
    stood = context.store.go_on(found) if isinstance(found, Rule) else context.store.resume(found.name)
    if context.relay is not None:
        for place in context.store.places_waiting():
            context.relay.lanes.wake(place)
        context.relay.new_portals.begin()
    why = context.store.portals.why(found) if isinstance(found, Link) else None
    called = context.called(found) if isinstance(found, Link) else found.title
    if why is not None:
        return f"{called} goes on when its rule does: {why}."
    return f"{called} goes on." if stood else f"{called} did not stand still."


def _retry(context: _Context, about: str) -> str:
    store, relay = context.store, context.relay
    side = about if about in store.sides else None
    link = context.find(about) if about and side is None else None
    if isinstance(link, str):
        return link
    count = store.retry(link.name if link else None, side)
    started: list[str] = []
    if relay is not None:
        started = [name for name in ([side] if side else [] if link else relay.need_person()) if relay.again(name)]
        for place in store.places_waiting():
            relay.lanes.wake(place)
        relay.new_portals.begin()
    said = f"{count} messages are tried again." if count != 1 else "One message is tried again."
    return " ".join([said, *(f"{name} is started again." for name in started)])


def _contacts(context: _Context, about: str) -> str:
    portals, wanted = context.store.portals, bare(about).casefold()
    not_them = {end for link in portals.links.values() if link.made for end in link.ends[1:]} | context.store.control
    not_them |= {one.place for one in context.store.acquaintance.asked()}
    found = [chat for place, chat in portals.chats() if place not in not_them and wanted in chat.title.casefold()]
    return "\n".join(_some(sorted(map(_described, found)))) or NotDone(
        "Nobody like that is known yet." if about else "Nobody is known yet: the relay asks when it is connected."
    )


def _described(chat: Chat) -> str:
    """A chat on one line, with enough to tell it from another of the same name."""
    return f"{words.one_line(chat.title)} ({short_id(chat.person or chat.id)})"


def _start(context: _Context, about: str) -> str:
    about = bare(about)
    wanted = about.casefold()
    known = [
        (place, chat) for place, chat in context.store.portals.chats()
        if wanted and (wanted in _described(chat).casefold() or about in {chat.id, chat.person})
    ]  # fmt: skip
    exact = [(place, chat) for place, chat in known if chat.title.casefold() == wanted] or known
    sources = {rule.source for rule in context.store.rules}
    exact = [(place, chat) for place, chat in exact if place.bridge in sources and chat.kind is not ChatKind.SELF]
    if len(exact) != 1:
        several = "\n".join(["Which of them?", *_some([_described(chat) for _, chat in exact])])
        return NotDone(several if exact else "Nobody like that is known. `contacts` shows who is.")
    place, chat = exact[0]
    wishes = asked_for(context.store, place, chat)
    if context.relay is not None:
        context.relay.new_portals.begin()
    name = words.one_line(chat.title)
    return f"The chat for {name} is being made." if wishes else f"{name} has one already."


def _set(context: _Context, about: str) -> str:
    """The name may have blanks in it, and so may the value: what stands between them is a word that we know."""
    found = re.fullmatch(rf"(.+?)\s+({'|'.join(CHANGEABLE)})\s+(.+)", about)
    if found is None:
        return NotDone(f"It goes like this: set NAME OPTION VALUE. There are: {', '.join(CHANGEABLE)}.")
    name, option, value = found.groups()
    rule = context.rule(name)
    if rule is not None:
        where = f"`decamp relay set {rule.title} {option} {value}` at a terminal changes it, with all that it made."
        return NotDone(f"{rule.title} is a rule, which stands in config.toml: {where}")
    link = context.find(name)
    if isinstance(link, str):
        return link
    try:
        options = with_option(link.options, option, value)
    except BadOption as error:
        return NotDone(f"{error} {error.hint}")
    context.store.portals.change(replace(link, options=options))
    if context.relay is not None and option == "ghost-name":
        context.relay.people.dress(context.store.portals.links[link.name])
    return f"{context.called(link)}: {option} is {value} now."


def _sync(context: _Context, _: str) -> str:
    context.store.acquaintance.undress()
    if context.relay is not None:
        context.relay.look_again()
    return "The contacts are asked for again, and everybody gets their name and picture again."


def _unlink(context: _Context, about: str) -> str:
    sure = about.casefold().endswith(" really")
    link = context.find(about[: -len(" really")].strip() if sure else about)
    if isinstance(link, str):
        return link
    called = context.called(link)
    if link.name in context.store.portals.ended:
        return NotDone(f"{called} is relayed no more already.")
    if not sure:
        return f"{called} would be relayed no more; the chats stay. If you mean it: `unlink {called} really`"
    context.store.portals.end(link.name, context.now)
    return f"{called} is relayed no more. `start {called}` begins again."


def _accept(context: _Context, about: str) -> str:
    return _answer(context, about, accept=True)


def _block(context: _Context, about: str) -> str:
    return _answer(context, about, accept=False)


def _answer(context: _Context, about: str, *, accept: bool) -> str:
    asked, about = context.store.acquaintance.asked(), bare(about).lstrip("#")
    found = [one for one in asked if str(one.number) == about]  # whatever somebody else calls themselves
    found = found or [one for one in asked if one.name == about and not about.isdecimal()]
    if len(found) != 1:
        waiting = _some([f"{one.number}: {words.one_line(one.name)}" for one in found or asked])
        is_open = found or (waiting and not about)
        return NotDone("\n".join(["Which of them?" if is_open else "Nobody with that number waits.", *waiting]))
    one = found[0]
    context.store.acquaintance.answer(one.number, "accepted" if accept else "blocked")
    if accept:
        place: Place = one.place
        queue = Queue(place=place, source=place, link="", intent=Admit())
        context.store.take(place.bridge, None, [queue], context.now)
        if context.relay is not None:
            context.relay.lanes.wake(place)
    return f"{words.one_line(one.name)} {'may write to you now' if accept else 'stays outside'}."


_ANSWERS: dict[str, Callable[[_Context, str], str]] = {
    "help": _help, "status": _status, "list": _list, "pause": _pause, "resume": _resume, "retry": _retry,
    "contacts": _contacts, "start": _start, "unlink": _unlink, "accept": _accept, "block": _block, "version": _version,
    "set": _set, "sync": _sync,
    # as people know them from other bridges
    "search": _contacts, "remove": _unlink, "unbridge": _unlink, "delete-portal": _unlink,
}  # fmt: skip
