"""Days of a relay in a minute: bad lines, ends and crashes, and afterwards both sides agree and nothing has grown."""

from __future__ import annotations

import asyncio
import gc
import heapq
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from bridges.api import Can, Chat, ChatKind, Desk, Person
from bridges.relay.files import Spool
from bridges.relay.model import Link, Options, Place, Side
from bridges.relay.run import Relay
from bridges.relay.seats import Seat
from bridges.relay.sqlite import SqliteStore
from migrate.errors import DecampError
from tests.relay.far import ABILITIES, Far, FarBridge, Letter
from tests.relay.walk import Walk
from tests.relay.world import TurnedClock, settled

DAY = 86_400
TOUCHED, FORGOTTEN = 12 * 3600, 16 * 3600  # seconds, in which people change things, and networks keep them
OWNER = Person(id="robin@new", name="Robin")
OPTIONS = Options(most=0, most_alike=0, kept_days=1)
EMOJIS = ("👍", "❤️", "😂")


class QuickClock(TurnedClock):
    """Whoever sleeps wakes once, however much time has passed."""

    async def leap(self, seconds: float) -> None:
        self.at += seconds
        while self._sleeping and self._sleeping[0][0] <= self.at:
            _, _, future = heapq.heappop(self._sleeping)
            if not future.done():
                future.set_result(None)
        await settled()


@dataclass(frozen=True, slots=True)
class Sample:
    """How much there is after so many messages: objects in memory, messages in the store, bytes of its file."""

    said: int
    blocks: int
    resident: int
    rows: int
    size: int


class Days:
    """Conversations that go on over a relay which is cut off again and again."""

    def __init__(self, folder: Path, conversations: int, *, seed: int) -> None:
        self.folder, self.chance, self.clock = folder, Random(seed), QuickClock()
        lines = Random(seed + 1)
        self.old = Far("old", lines, self.clock.now, can=ABILITIES | {Can.TIMERS}, tells_own=True)
        self.new = Far("new", lines, self.clock.now)
        self.people: dict[str, list[Person]] = {}
        for number in range(conversations):
            self._open(f"c{number}", is_group=number % 4 == 3)
        self.said, self.crashes, self.lives = 0, 0, 0
        self.samples: list[Sample] = []
        self.disagreements: list[str] = []
        self.walked = 0

    def _open(self, name: str, *, is_group: bool) -> None:
        kind = ChatKind.GROUP if is_group else ChatKind.DIRECT
        self.people[name] = [Person(id=f"05{name}{at}", name=f"{name} {at}") for at in range(3 if is_group else 1)]
        person = None if is_group else self.people[name][0].id
        for far in (self.old, self.new):
            far.open(Chat(id=name, title=name, kind=kind, person=person))

    # -- the relay ---------------------------------------------------------------------------------------

    @asynccontextmanager
    async def living(self, *, crash: bool) -> AsyncIterator[SqliteStore]:
        """One life of the relay, which ends in order, or at once and without what was not committed."""
        owners = {"old": frozenset[str](), "new": frozenset({OWNER.id})}
        sides = {
            far.about.name: Side(name=far.about.name, about=far.about, owners=owners[far.about.name])
            for far in (self.old, self.new)
        }
        store = SqliteStore(self.folder, sides)
        if not store.portals.links:
            self._link(store)
        seats = {
            "old": Seat(lambda: FarBridge(self.old), self._desk), "new": Seat(lambda: FarBridge(self.new), self._desk),
        }  # fmt: skip
        relay = Relay(store, seats, Spool(self.folder / "spool"), self.clock, Random(self.lives))
        self.lives += 1
        running = asyncio.create_task(relay.run())
        try:
            await settled()
            yield store
        finally:
            if crash:
                self.crashes += 1
                store.database.before_commit = lambda: None
                store.database.con.rollback()
                running.cancel()
                with suppress(asyncio.CancelledError, DecampError):
                    await running
                await relay.lanes.close(0)
            else:
                relay.stop()
                await running
            with suppress(DecampError):
                store.close()

    def _desk(self, cursor: str | None) -> Desk:
        return Desk(
            settings={}, folder=self.folder, now=self.clock.now, random=Random(1), random_bytes=bytes, cursor=cursor
        )

    def _link(self, store: SqliteStore) -> None:
        for name, chat in self.old.chats.items():
            private = chat.kind is ChatKind.DIRECT
            store.portals.add(Link(
                name=name, ends=(Place(bridge="old", chat=name), Place(bridge="new", chat=name)), title=name,
                private=private, person=chat.person, options=OPTIONS,
            ))  # fmt: skip
        store.database.commit()

    # -- what happens ------------------------------------------------------------------------------------

    async def pass_by(self, messages: int, days: float, *, lives: int) -> None:
        """Let so many messages be written in so many days, over so many lives of the relay."""
        pause = days * DAY / messages
        for life in range(1, lives + 1):
            last = life == lives
            until = messages * life // lives
            async with self.living(crash=not last and self.chance.random() < 0.5) as store:
                sample_at = self.said
                while self.said < until:
                    await self._beat(min(self.chance.randint(1, 40), until - self.said), pause)
                    if self.said - sample_at >= max(messages // 40, 100) or self.said >= until:
                        sample_at = self.said
                        await self._rest(store)
                        self._sample(store)
                walk = Walk(store, self.old, self.new, OWNER)
                self.disagreements += walk.disagreements()
                self.walked += walk.seen
                for _ in range(5):  # it ends in the middle of something
                    self.say(self.chance.choice(list(self.people)))

    async def _beat(self, messages: int, pause: float) -> None:
        """A moment in which much happens at once; sometimes a line breaks."""
        before = self.said
        while self.said < before + messages:
            self._something()
        if self.chance.random() < 0.06:
            self.chance.choice([self.old, self.new]).breaks(ends=self.chance.random() < 0.4)
        await settled()
        await self.clock.leap(pause * (self.said - before))
        if self.chance.random() < 0.5:
            for far in (self.old, self.new):
                far.mends()

    def _something(self) -> None:
        chat = self.chance.choice(list(self.people))
        dice = self.chance.random()
        if dice < 0.65:
            return self.say(chat, expires=self.chance.choice([30, 600]) if dice < 0.04 else None)
        far = self.chance.choice([self.old, self.new])
        recent = self._recent(far, chat)
        if dice < 0.85 and recent:
            return self._react(far, chat, self.chance.choice(recent))
        own = [letter for letter in recent if not letter.ours]
        if own and dice < 0.94:
            far.edits(chat, letter := self.chance.choice(own), f"{letter.text}!")
        elif own:
            far.takes_back(chat, self.chance.choice(own))
        return None

    def say(self, chat: str, *, expires: int | None = None) -> None:
        """Somebody writes, on the one side or the other; the owner on both, and now and then in answer."""
        far = self.old if expires else self.chance.choice([self.old, self.new])
        who = self.chance.choice([*self.people[chat], self.old.me] if far is self.old else [OWNER])
        # What the owner writes in their old app, while the relay says the same there, cannot be told from it.
        text = "ok" if who != self.old.me and self.chance.random() < 0.03 else f"message {self.said}"
        recent = self._recent(far, chat)
        reply_to = self.chance.choice(recent).id if recent and self.chance.random() < 0.15 else None
        far.says(chat, who, text, reply_to=reply_to, expires=expires)
        self.said += 1

    def _recent(self, far: Far, chat: str) -> list[Letter]:
        """What people still look at."""
        since = self.clock.now() - TOUCHED * 1000
        return [letter for letter in list(far.letters[chat].values())[-20:] if letter.sent_at > since]

    def _react(self, far: Far, chat: str, letter: Letter) -> None:
        who = self.chance.choice(self.people[chat] if far is self.old else [OWNER])
        theirs = sorted(letter.emojis.get(who.id, ()))
        if theirs and self.chance.random() < 0.6:
            far.reacts(chat, who, letter, self.chance.choice(theirs), add=False)
        else:
            far.reacts(chat, who, letter, self.chance.choice(EMOJIS), add=True)

    async def _rest(self, store: SqliteStore) -> None:
        """Wait until everything is there, on good lines."""
        self.old.calm = self.new.calm = True
        quiet = 0
        for _ in range(400):
            for far in (self.old, self.new):
                far.mends()
            before = self.old.acts + self.new.acts + self.old.last + self.new.last
            for far in (self.old, self.new):
                far.fade()
            await self.clock.leap(20)
            is_quiet = self.old.acts + self.new.acts + self.old.last + self.new.last == before
            quiet = quiet + 1 if is_quiet and not store.places_waiting() and self._is_up() else 0
            if quiet == 3:
                break
        else:
            raise AssertionError(f"still waiting: {store.outbox.by_state()}")
        self.old.calm = self.new.calm = False
        before = self.clock.now() - FORGOTTEN * 1000
        for far in (self.old, self.new):
            far.forget(before)

    def _is_up(self) -> bool:
        return self.old.seat is not None and self.new.seat is not None

    def _sample(self, store: SqliteStore) -> None:
        store.database.commit()
        gc.collect()
        (rows,) = store.database.con.execute("SELECT count(*) FROM messages").fetchone()
        pages, page = (
            store.database.con.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size")
        )
        size = pages * page
        self.samples.append(Sample(self.said, sys.getallocatedblocks(), resident(), rows, size))


def resident() -> int:
    """Bytes of memory that this process has now, where the system tells."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096
    except OSError:
        return 0


def slope(values: list[tuple[int, int]]) -> float:
    """How much one grows with the other."""
    middle_x, middle_y = (sum(pair[at] for pair in values) / len(values) for at in (0, 1))
    above = sum((x - middle_x) * (y - middle_y) for x, y in values)
    return above / sum((x - middle_x) ** 2 for x, _ in values)


def check(days: Days, messages: int, length: float) -> None:
    a_day = messages / length
    assert days.disagreements == []
    assert days.walked > messages / 4
    assert days.crashes
    assert all(days.old.faults[kind] + days.new.faults[kind] for kind in days.old.faults), "nothing went wrong"
    later = [sample for sample in days.samples if sample.said > a_day * 1.5]
    assert max(sample.rows for sample in later) < a_day * 1.3, "the store keeps more than a day"
    assert slope([(sample.said, sample.rows) for sample in later]) < 0.05
    assert later[-1].size < 1.2 * later[0].size, "the file of the store grows"
    assert slope([(sample.said, sample.blocks) for sample in later]) < 0.5, "a message leaves something in memory"


def test_two_thousand_messages_over_bad_lines_are_the_same_on_both_sides(tmp_path: Path) -> None:
    days = Days(tmp_path, 20, seed=1)
    asyncio.run(days.pass_by(2_000, 4, lives=6))
    check(days, 2_000, 4)


@pytest.mark.long
def test_a_hundred_thousand_messages_over_bad_lines_leave_nothing_behind(tmp_path: Path) -> None:
    days = Days(tmp_path, 200, seed=2)
    asyncio.run(days.pass_by(100_000, 4, lives=12))
    check(days, 100_000, 4)
    later = [(sample.said, sample.resident) for sample in days.samples if sample.said > 50_000]
    assert slope(later) < 100, "memory grows"  # bytes for each message
