"""Random histories: chats on three networks, links between them, what people do, what goes wrong, and what must follow.

The model is what each person meant, told without any of the relay's words: who wrote what, what it says now, whether it
was taken back, who has which reaction on it. `expected.py` says what each place has to show of that.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from bridges.api import AnyAction, Can, Chat, ChatKind, Desk, NotNow, Person, Post, Refused, Sent
from bridges.relay.files import Spool
from bridges.relay.model import Direction, Link, Mode, Options, Place, Rule, Side
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from migrate.errors import DecampError
from tests.relay.far import Far, FarBridge, Letter
from tests.relay.test_endurance import QuickClock
from tests.relay.world import settled

NETWORKS = ("a", "b", "c")
OWNER = Person(id="robin", name="Robin")
STRANGER = Person(id="stranger", name="Sam")
EMOJIS = ("👍", "🎉")
OPTIONS = Options(most=0, most_alike=0)
TOKEN = re.compile(r"<(\d+)\.(\d+)>")
QUOTE = re.compile(r"^(?:\([^)]*\) |\[[^\]]*\] )*> [^\n]*\n", re.MULTILINE)


@dataclass(slots=True)
class Meant:
    """One message as its author meant it. `letter` is it where it was written."""

    number: int
    place: Place
    letter: str
    author: Person
    answers: int | None = None
    version: int = 0
    gone: bool = False
    fades: bool = False

    @property
    def text(self) -> str:
        return f"words <{self.number}.{self.version}> of {self.author.name}"


class Net(Far):
    """A network that may not know what it has been sent already, makes chats, and refuses what it is told to."""

    def __init__(self, name: str, chance: Random, clock: QuickClock, can: frozenset[Can], *, tells_own: bool) -> None:
        super().__init__(name, chance, clock.now, can=can | {Can.MAKE_CHATS}, tells_own=tells_own)
        self.dice = chance
        self.refusing = 0
        self.late = 0
        self.refused: set[int] = set()

    def answer(self, chat: str, action: AnyAction) -> Sent:
        """The same as over any bad line, but that only a network with keys may be asked again as if nothing were."""
        dice = 1.0 if self.calm else self.dice.random()
        if self.refusing and isinstance(action, Post) and action.key not in self._keys:
            self.refusing -= 1
            self.refused |= {int(number) for number, _ in TOKEN.findall(QUOTE.sub("", action.text))}
            raise Refused("It is not wanted.")
        if dice < 0.05:
            raise NotNow("Slow down.", after=self.dice.choice([None, 2.0, 30.0]))
        repeatable = Can.IDEMPOTENT in self.about.can
        if not repeatable:
            self._keys.pop(action.key, None)
        try:
            sent = self.obeys(chat, action)
        except Refused:
            if repeatable or isinstance(action, Post):
                raise
            return Sent()  # it was done before, which such a network does not say
        if dice < 0.1:
            raise NotNow("The line broke.") if repeatable and dice < 0.075 else TimeoutError
        return sent


class NetBridge(FarBridge):
    """Makes chats too, some of them late."""

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        net = self.far
        assert isinstance(net, Net)
        if net.late and not net.calm:
            net.late -= 1
            raise NotNow("Not yet.")
        chat = Chat(id=f"portal of {person.id if person else title}", title=title)
        if chat.id not in net.chats:
            net.open(chat)
        return chat

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What a world is made of. `chats`: for each the kind, the ends, which way, and whether a rule makes its portal."""

    seed: int
    can: tuple[frozenset[Can], ...]
    chats: tuple[tuple[bool, tuple[str, ...], Direction, bool], ...]


@dataclass
class History:
    """A world, what happened in it, and the relay that has to follow."""

    folder: Path
    plan: Plan
    meant: list[Meant] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock, chance = QuickClock(), Random(self.plan.seed)
        self.nets = {
            name: Net(name, chance, self.clock, can, tells_own=name == "a")
            for name, can in zip(NETWORKS, self.plan.can, strict=True)
        }
        self.links: dict[str, Link] = {}
        self.rules: list[Rule] = []
        for number, (is_group, ends, direction, by_rule) in enumerate(self.plan.chats):
            self._chat(f"c{number}", ends, direction, is_group=is_group, by_rule=by_rule)

    def _chat(self, name: str, ends: Sequence[str], direction: Direction, *, is_group: bool, by_rule: bool) -> None:
        person = Person(id=f"05{name}", name=f"Friend {name}")
        kind = ChatKind.GROUP if is_group else ChatKind.DIRECT
        for end in ends[:1] if by_rule else ends:
            self.nets[end].open(
                Chat(id=f"{name} on {end}", title=name, kind=kind, person=None if is_group else person.id)
            )
        if by_rule:
            places = [Place(bridge=ends[0], chat=f"{name} on {ends[0]}")]
            places += [Place(bridge=end, chat=f"portal of {person.id}") for end in ends[1:]]
            direction, is_group = Direction.BOTH, False
        else:
            places = [Place(bridge=end, chat=f"{name} on {end}") for end in ends]
        self.links[name] = Link(
            name=name, ends=tuple(places), title=name, private=not is_group, direction=direction, options=OPTIONS,
            person=None if is_group else person.id,
        )  # fmt: skip
        for end in ends[1:] if by_rule else ():
            rule = Rule(source=ends[0], target=end, mode=Mode.CHATS, options=OPTIONS)
            if rule not in self.rules:
                self.rules.append(rule)
        self.by_rule = {*getattr(self, "by_rule", ()), *([name] if by_rule else [])}

    # -- the relay ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        sides = {
            name: Side(name=name, about=net.about, owners=frozenset() if name == "a" else frozenset({OWNER.id}))
            for name, net in self.nets.items()
        }
        self.store = SqliteStore(self.folder, sides, rules=self.rules)
        for name, link in self.links.items():
            if name not in self.by_rule and name not in self.store.portals.links:
                self.store.portals.add(link)
        self.store.database.commit()
        seats = {name: Seat(self._maker(net), self._desk) for name, net in self.nets.items()}
        self.relay = Relay(self.store, seats, Spool(self.folder / "spool"), self.clock, Random(self.plan.seed))
        self._running = asyncio.create_task(self.relay.run())
        await settled()

    async def end(self, *, crash: bool) -> None:
        """In order, or at once and without what was not committed."""
        if crash:
            self.store.database.before_commit = lambda: None
            self.store.database.con.rollback()
            self.store.database.con.execute("PRAGMA query_only = 1")  # whoever is dead writes nothing any more
            self._running.cancel()
            with suppress(asyncio.CancelledError, DecampError):
                await self._running
            await self.relay.lanes.close(0)
        else:
            self.relay.stop()
            await self._running
        with suppress(DecampError):
            self.store.close()

    @staticmethod
    def _maker(net: Net) -> Callable[[], NetBridge]:
        return lambda: NetBridge(net)

    def _desk(self, cursor: str | None) -> Desk:
        return Desk(
            settings={}, folder=self.folder, now=self.clock.now, random=Random(1), random_bytes=bytes, cursor=cursor
        )

    # -- what people do ----------------------------------------------------------------------------------

    def places(self) -> list[tuple[Link, Place]]:
        """Where somebody can write now."""
        made = {frozenset(link.ends) for link in self.store.portals.links.values()}
        return [
            (link, end) for link in self.links.values() for end in link.ends
            if end == link.ends[0] or frozenset(link.ends) in made
        ]  # fmt: skip

    def people(self, link: Link, place: Place) -> list[Person]:
        if place == link.ends[0] and link.private:
            return [Person(id=link.person or "", name=f"Friend {link.name}"), self._owner(place)]
        return [self._owner(place), STRANGER]

    def _owner(self, place: Place) -> Person:
        return self.nets["a"].me if place.bridge == "a" else OWNER

    def says(self, where: int, who: int, answers: int, *, fades: bool) -> None:
        places = self.places()
        link, place = places[where % len(places)]
        net = self.nets[place.bridge]
        people = self.people(link, place)
        letters = list(net.letters[place.chat].values())
        reply = letters[-1 - answers % len(letters)] if letters and answers else None
        one = Meant(len(self.meant), place, "", people[who % len(people)], fades=fades)
        one.answers = self.number_of(reply) if reply else None
        one.letter = net.says(
            place.chat, one.author, one.text, reply_to=reply.id if reply else None, expires=60 if fades else None
        )
        self.meant.append(one)

    def mine(self, which: int) -> Meant | None:
        there = [one for one in self.meant if not one.gone and self.letter(one) is not None]
        return there[-1 - which % len(there)] if there else None

    def letter(self, one: Meant) -> Letter | None:
        return self.nets[one.place.bridge].letters[one.place.chat].get(one.letter)

    def edits(self, which: int) -> None:
        one = self.mine(which)
        if one is not None and (letter := self.letter(one)) is not None:
            one.version += 1
            self.nets[one.place.bridge].edits(one.place.chat, letter, one.text)

    def takes_back(self, which: int) -> None:
        one = self.mine(which)
        if one is not None and (letter := self.letter(one)) is not None:
            one.gone = True
            self.nets[one.place.bridge].takes_back(one.place.chat, letter)

    def reacts(self, where: int, which: int, emoji: int, *, add: bool) -> None:
        """Somebody other than the account of the bridge; the owner only in one place, as they are one person."""
        places = self.places()
        link, place = places[where % len(places)]
        net = self.nets[place.bridge]
        letters = [letter for letter in net.letters[place.chat].values() if self.is_known(place, letter)]
        who = next(one for one in self.people(link, place) if one != net.me)
        if not letters or (who == OWNER and place != next((end for end in link.ends if end.bridge != "a"), None)):
            return
        letter, one = letters[-1 - which % len(letters)], EMOJIS[emoji % len(EMOJIS)]
        if (one in letter.emojis.get(who.id, ())) is not add:
            net.reacts(place.chat, who, letter, one, add=add)

    def is_known(self, place: Place, letter: Letter) -> bool:
        """A copy whose id was lost with an answer is a stranger to the relay, and what is said of it as well."""
        return self.number_of(letter) is not None and (not letter.ours or bool(self.store.told(place, letter.id)))

    def number_of(self, letter: Letter) -> int | None:
        """Which message a letter shows."""
        found = TOKEN.search(QUOTE.sub("", letter.text))
        return int(found[1]) if found else None

    # -- what goes wrong ---------------------------------------------------------------------------------

    def goes_wrong(self, fault: str, name: str, *, ends: bool) -> None:
        """A line breaks, a message is refused, or a chat cannot be made yet."""
        net = self.nets[name]
        match fault:
            case "breaks":
                net.breaks(ends=ends)
            case "refuses":
                net.refusing += 1
            case "late":
                net.late += 3

    def holds(self, which: int, *, still: bool) -> None:
        """The owner lets a link stand still, or go on."""
        name = list(self.links)[which % len(self.links)]
        if still:
            self.store.stop(name, None, "paused", 0)
        else:
            self.store.resume(name)
            for end in self.links[name].ends:
                self.relay.lanes.wake(end)

    async def waits(self, seconds: float) -> None:
        """Time passes, and lines mend."""
        await self.clock.leap(seconds)
        for net in self.nets.values():
            net.mends()

    # -- what must follow --------------------------------------------------------------------------------

    async def rest(self) -> None:
        """Let everything come to its end on good lines, and try again what was given up."""
        for net in self.nets.values():
            net.calm, net.refusing = True, 0
        for link in self.links:
            self.store.resume(link)
        quiet = 0
        for _ in range(120):
            for net in self.nets.values():
                net.mends()
            before = [net.acts + net.last for net in self.nets.values()]
            await self.clock.leap(40)
            for net in self.nets.values():
                net.fade()
            given_up = self.store.retry()
            for name in self.nets:
                self.relay.lanes.wake_bridge(name)
            waits = given_up or self.store.places_waiting() or self.store.wishes()
            is_quiet = [net.acts + net.last for net in self.nets.values()] == before and not waits
            quiet = quiet + 1 if is_quiet else 0
            if quiet == 3:
                return
        raise AssertionError(f"still waiting: {self.store.outbox.by_state()} {self.store.wishes()}")
