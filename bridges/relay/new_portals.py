"""Makes portals: the chats that stand for a conversation on another network, when a rule wants one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from logging import getLogger
from typing import TYPE_CHECKING

from msgspec.structs import replace

from migrate.errors import DecampError
from migrate.model import display_name

from ..about import Can
from ..api import Bridge, NotNow
from ..events import Chat, ChatKind, Person, Posted
from . import loops
from .clock import ended
from .dressing import ghost_name
from .engine import follow
from .files import Spool
from .intents import Say, Seen
from .model import Author, Link, Mode, Place, Rule
from .orders import Order, Queue, Wish
from .tidy import tidy, whole

if TYPE_CHECKING:
    from .run import Relay
    from .sqlite import SqliteStore

log = getLogger("decamp.relay")
History = Callable[[Place, int], AsyncIterator[Posted]]
"""The last messages of a chat, oldest first, from wherever they are kept."""
AT_ONCE = 4
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0


class NewPortals:
    """One task for each portal that is being made."""

    def __init__(self, relay: Relay, history: History | None, spool: Spool) -> None:
        self._relay, self._history, self._spool = relay, history, spool
        self._tasks: dict[tuple[Place, str], asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._given: dict[Place, Place] = {}
        """For which conversation each chat was given, also while its link is not there yet."""

    def begin(self) -> None:
        """Go on with those that were wanted before."""
        for wish in self._relay.store.wishes():
            self.want(wish)

    def wake(self, bridge: str) -> None:
        """A bridge is connected: what failed for it is tried again, and it is asked for its chats."""
        if any(rule.source == bridge for rule in self._relay.store.rules):
            self._start((Place(bridge=bridge, chat=""), ""), self._look_around(bridge))
        for wish in self._relay.store.wishes():
            if wish.target == bridge:
                self.want(wish)

    def want(self, wish: Wish) -> None:
        self._start((wish.source, wish.target), self._make(wish))

    def _start(self, key: tuple[Place, str], work: Coroutine[None, None, None]) -> None:
        """Do it in the background, once at a time."""
        if key in self._tasks:
            work.close()
            return
        task = self._tasks[key] = asyncio.create_task(work, name="portal")
        task.add_done_callback(lambda _: self._tasks.pop(key, None))

    async def _look_around(self, bridge: str) -> None:
        """Learn what chats there are, so that the owner can name one."""
        running, store = self._relay.connected(bridge), self._relay.store
        if running is None:
            return
        try:
            async for chat in running.chats():
                chat = whole(chat)
                store.acquaintance.visit(Place(bridge=bridge, chat=chat.id), chat)
        except DecampError as error:
            log.info("%s does not tell its chats now: %s", bridge, error)
        except Exception:  # outermost: other people's code
            log.exception("The bridge %s broke when it was asked for its chats.", bridge)

    async def close(self, seconds: float) -> None:
        await ended(list(self._tasks.values()), seconds)

    async def _make(self, wish: Wish) -> None:
        """Try until it is there. What the network refuses is told, and tried again when the bridge connects anew."""
        pause = FIRST_PAUSE
        relay = self._relay
        while True:
            rule = self._rule(wish)
            if rule is None:
                self._drop(wish)
                return
            if relay.connected(wish.target) is None or (rule.source, rule.target) in relay.store.portals.rests:
                return
            try:
                async with self._turn:
                    await self._one(wish, rule)
            except NotNow as error:
                await relay.clock.sleep(max(error.after or 0.0, pause))
                pause = min(pause * 2, LONGEST_PAUSE)
            except DecampError as error:
                relay.owner.tell(f"No chat could be made for {wish.chat.title} on {wish.target}: {error} {error.hint}")
                return
            except Exception as error:  # outermost: other people's code, which must not stop what else is made
                log.exception("The bridge %s broke while it made a chat.", wish.target)
                what = f"{wish.target} broke: {type(error).__name__}."
                relay.owner.tell(f"No chat could be made for {wish.chat.title}: {what} The log says more.")
                return
            else:
                return

    def _rule(self, wish: Wish) -> Rule | None:
        """The rule that wants this chat, if there still is one: it may be another one than when the wish was made."""
        rules = self._relay.store.rules
        return next((one for one in rules if (one.source, one.target) == (wish.source.bridge, wish.target)), None)

    def _drop(self, wish: Wish) -> None:
        """No rule wants this chat any more. Whatever waits for it would have gone there, and the owner has to know."""
        store = self._relay.store
        waiting = sum(isinstance(event, Posted) for event in store.held(wish.source, wish.target))
        store.forgo(wish)
        self._relay.lanes.wake_bridge(wish.target)
        if waiting:
            count = f"{waiting} messages were" if waiting > 1 else "One message was"
            self._relay.owner.tell(
                f"{wish.chat.title}: {count} not relayed to {wish.target}, since no rule says so now."
            )

    async def _one(self, wish: Wish, rule: Rule) -> None:
        relay, store = self._relay, self._relay.store
        place = await self._place(wish, rule)
        links = store.portals.at(wish.source)
        before = next((end for link in links for end in link.ends[1:] if _is_remade(link, end, wish)), None)
        past = await self._past(wish, rule) if before is None else []
        link = joined(store.portals.at(wish.source), wish, rule, place)
        here = tuple(end for end in link.ends if end.bridge in store.sides)  # a bridge that was removed may come back
        loops.check(replace(link, ends=here), store.portals.links.values(), store.sides)
        # From here on nothing waits: the link, its history and what was held are kept together, or not at all.
        held = list(store.held(wish.source, wish.target))
        for number in store.renew(link, before, place):
            self._spool.drop(number)
        relay.lanes.wake(place)
        known = {event.id for event in held if isinstance(event, Posted)}
        self._pass_on_past(wish, [old for old in past if old.id not in known], place)
        for event in held:
            self._pass_on(wish, follow(event, wish.source.bridge, store, only=wish.target))
        if wish.asked and not held:
            relay.owner.greet(link, place)
        await store.kept()
        relay.people.dress_alike(link)

    def _pass_on_past(self, wish: Wish, past: Sequence[Posted], place: Place) -> None:
        """What was said before, as read already: nobody is notified of it, and nobody told that it was read."""
        store, last = self._relay.store, None
        for old in past:
            self._pass_on(wish, as_past(list(follow(old, wish.source.bridge, store, only=wish.target))))
            last = store.ledger.history(wish.source, old.id) or last
        if last is not None and {Can.OWNER, Can.READ} <= store.sides[place.bridge].about.can:
            seen, link = Seen(author=Author(id="", owner=True)), store.portals.at(wish.source)[-1].name
            self._pass_on(wish, [Queue(place=place, source=wish.source, link=link, intent=seen, message=last)])

    def _pass_on(self, wish: Wish, orders: Iterable[Order]) -> None:
        relay = self._relay
        relay.see_to(relay.store.take(wish.source.bridge, None, list(orders), relay.clock.now()))

    async def _place(self, wish: Wish, rule: Rule) -> Place:
        if rule.mode is Mode.SHARED:
            if rule.chat is None:
                raise loops.BadLink(f"The rule for {rule.target} names no chat.", "Add it again, with a chat.")
            return Place(bridge=rule.target, chat=rule.chat)
        bridge = self._relay.connected(wish.target)
        if bridge is None:
            raise NotNow("The bridge is not connected.")
        person = (
            replace(wish.person, name=display_name(wish.person.id, None, wish.person.name)) if wish.person else None
        )
        whose = f"{wish.source.bridge} {wish.source.chat}"
        for apart in (False, True):  # a bridge may find what was made for a group by its title alone
            chat = whole(await bridge.open_chat(self._title(wish, rule, bridge, apart=apart), person, whose=whose))
            place = Place(bridge=rule.target, chat=chat.id)
            store = self._relay.store
            is_free = place not in store.control and not store.portals.is_of_another(place, wish.source)
            if is_free and self._given.setdefault(place, wish.source) == wish.source:
                return place
        raise loops.BadLink(f"{wish.target} gave a chat that stands for another conversation.", "Rename one of them.")

    def _title(self, wish: Wish, rule: Rule, bridge: Bridge, *, apart: bool) -> str:
        about, most = self._relay.store.sides[wish.source.bridge].about, bridge.limits.name_characters
        named = Person(id=wish.source.chat, name=wish.chat.title)
        return ghost_name(named, about, most, rule.options.ghost_name, apart=apart)

    async def _past(self, wish: Wish, rule: Rule) -> Sequence[Posted]:
        if self._history is None or not rule.options.history:
            return []
        past = [tidy(event) async for event in self._history(wish.source, rule.options.history)]
        # What was to disappear does not come back.
        return [event for event in past if isinstance(event, Posted) and not event.expires]


def asked_for(store: SqliteStore, place: Place, chat: Chat) -> list[Wish]:
    """Wish for the portals of a chat, because the owner wants them now. Returns those that there are not yet."""
    reached = {end.bridge for link in store.portals.at(place) for end in link.lasting}
    person = store.acquaintance.person(place.bridge, chat.person) if chat.person else None
    wishes = [
        Wish(chat=chat, source=place, target=rule.target, person=person or _person(chat), asked=True)
        for rule in store.rules
        if rule.source == place.bridge and rule.target not in reached
    ]
    for wish in wishes:
        store.portals.reopen(place)
        store.portals.wish(wish)
    return wishes


def _is_remade(link: Link, end: Place, wish: Wish) -> bool:
    return link.is_ours_to_make(end) and link.ends[0] == wish.source and end.bridge == wish.target


def _person(chat: Chat) -> Person | None:
    return Person(id=chat.person) if chat.person and chat.kind is ChatKind.DIRECT else None


def joined(links: Sequence[Link], wish: Wish, rule: Rule, place: Place) -> Link:
    """The link of a conversation with one more end; a new one where it had none."""
    here = next(
        (link for link in links if link.made and link.ends[0] == wish.source and link.shared is _shared(rule)), None
    )
    if here is not None:
        others = tuple(end for end in here.ends if end.bridge != place.bridge)
        left = tuple(end for end in here.abandoned if end.bridge != place.bridge)
        return replace(here, ends=(*others, place), abandoned=left)
    name = f"{wish.source.bridge} {wish.source.chat}" + (f" in {place}" if _shared(rule) else "")
    is_direct = wish.chat.kind is ChatKind.DIRECT
    return Link(
        name=name,
        ends=(wish.source, place),
        title=wish.chat.title or wish.source.chat,
        options=rule.options if is_direct else replace(rule.options, notices=True),
        private=is_direct,
        shared=_shared(rule),
        made=True,
        person=(wish.person.id if wish.person else wish.chat.person) if is_direct else None,
    )


def _shared(rule: Rule) -> bool:
    return rule.mode is Mode.SHARED


def as_past(orders: Sequence[Order]) -> Iterator[Order]:
    """The same orders, for messages that are history: with the times they had, and no reason to notify anybody."""
    for order in orders:
        if isinstance(order, Queue) and isinstance(order.intent, Say):
            yield replace(order, intent=replace(order.intent, past=True))
        else:
            yield order
