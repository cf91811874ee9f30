"""Sends what is planned over one bridge, one after the other, at a pace that no network takes for a flood.

What is going to be sent is in the journal, with its key, before it leaves; whoever is killed sends the same again under
the same key, and a network that can tell shows it once. On a network that cannot, a notice that was under way at such a
moment is not sent again by itself: nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Protocol

from bridges.about import Can
from bridges.actions import Post
from bridges.api import Bridge, NotNow, Refused
from bridges.events import Person
from bridges.state import State

from ..cards.card import shown_name
from ..cards.statement import CannotSign, SignedStatement, Statement
from ..errors import DecampError
from .campaign import Campaign, Invited, Notice, Step
from .journal import Journal
from .plan import TooLong, messages, signable, statement_for

TRIES = 5
"""How often a network may say "not now" to one notice before it waits for `retry`."""
BACKOFF = (10.0, 30.0, 120.0, 600.0)  # seconds after the first, second, … of these
PATIENCE = 900.0
"""Seconds that we wait for a network that cannot be reached, before the run ends."""
NAP = 1.0  # seconds; so soon a wish to stop is heard


class ChannelGone(DecampError):
    """The network that carries the notices cannot be reached any more."""

    exit_code = 5
    hint = "Nothing is lost: `decamp announce send` goes on from there."


class _PutOff(Exception):
    """A bridge said "not now": which one, and in which words."""

    def __init__(self, bridge: Bridge, error: NotNow) -> None:
        super().__init__(str(error))
        self.bridge, self.error = bridge, error


class Sign(Protocol):
    """Puts the signature of the account below a statement."""

    def __call__(self, statement: Statement) -> SignedStatement: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast: so many a minute, never at even times, and a rest after so many. 0 a minute is: without waiting."""

    per_minute: float = 6.0
    rest_after: int = 50
    rest_seconds: float = 300.0

    def gap(self, sent: int, random: Random) -> float:
        """Seconds to wait after so many notices."""
        if self.per_minute <= 0:
            return 0.0
        rest = self.rest_seconds if self.rest_after and sent % self.rest_after == 0 else 0.0
        return (rest + 60.0 / self.per_minute) * random.uniform(0.5, 1.5)

    def seconds(self, notices: int) -> float:
        """About how long so many take."""
        if self.per_minute <= 0:
            return 0.0
        rests = (notices - 1) // self.rest_after if self.rest_after else 0
        return notices * 60.0 / self.per_minute + rests * self.rest_seconds


@dataclass(frozen=True, slots=True)
class Outside:
    """What sending needs of the world: the clock in milliseconds, chance, and a way to wait."""

    now: Callable[[], int]
    random: Random
    rng: Callable[[int], bytes]
    sleep: Callable[[float], Awaitable[None]]
    pace: Pace = Pace()


@dataclass(slots=True)
class Tally:
    """What came of one run."""

    sent: int = 0
    failed: int = 0
    stopped: bool = False


class Sender:
    """Sends over one bridge that is connected. `inviting` are the bridges that make invitations, by name."""

    def __init__(
        self, journal: Journal, bridge: Bridge, inviting: Mapping[str, Bridge], sign: Sign | None, outside: Outside
    ) -> None:
        self._journal, self._bridge, self._inviting, self._sign = journal, bridge, inviting, sign
        self._outside, self._now = outside, outside.now

    async def run(self, told: Callable[[Notice], None]) -> Tally:
        """Send until nothing is left, or somebody says stop. `told` hears of each notice that came to an end."""
        tally = Tally()
        while not self._journal.is_to_stop():
            notice = self._journal.due(self._now())
            if notice is None:
                at = self._journal.next_at()
                if at is None:
                    return tally
                await self._wait((at - self._now()) / 1000)
                continue
            after = await self._one(notice)
            if after.step.is_told or after.step is Step.FAILED:
                tally.sent += after.step.is_told
                tally.failed += after.step is Step.FAILED
                told(after)
            if after.step.is_told and self._journal.next_at() is not None:
                await self._wait(self._outside.pace.gap(tally.sent, self._outside.random))
        tally.stopped = True
        return tally

    # -- one notice -----------------------------------------------------------------------------------

    async def _one(self, notice: Notice) -> Notice:
        """Bring one notice as far as it comes now."""
        try:
            if notice.step is Step.PLANNED:
                notice = await self._stored(notice)
            await self._post(notice)
        except _PutOff as put_off:
            await self._put_off(notice, put_off.bridge, put_off.error)
        except (Refused, TooLong, CannotSign) as error:
            self._journal.fail(notice, str(error), error.hint)
        return self._journal.notice(notice.campaign, notice.id)

    async def _stored(self, notice: Notice) -> Notice:
        """Make what is this person's own, and write all of it down before anything leaves."""
        journal, campaign = self._journal, self._journal.campaign(notice.campaign)
        invited = [] if notice.to.place else [
            one for name in campaign.inviting if (one := await self._invitation(notice, name)) is not None
        ]  # fmt: skip
        texts = messages(campaign, notice.to, invited, notice.code, self._signed(campaign, notice, invited),
                         self._bridge.limits)  # fmt: skip
        posts = [Post(key=f"announce-{self._outside.rng(12).hex()}", text=text) for text in texts]
        return journal.store(notice, posts)

    async def _invitation(self, notice: Notice, name: str) -> Invited | None:
        """The invitation that this person has, or a new one, kept before it is used.

        One that was made in the moment before a kill, and not kept, is in nobody's hands.
        """
        known = self._journal.invitation(notice.id, name)
        if known is not None:
            return known
        bridge = self._inviting[name]
        try:
            made = await bridge.invite(Person(id=notice.id, name=shown_name(notice.to.who.name) or ""))
        except NotNow as error:
            raise _PutOff(bridge, error) from error
        except Refused:
            return None  # the other ways in are still there
        about = bridge.about
        invited = Invited(bridge=name, label=about.title, link=made.link, address=signable(made.link, about.network))
        self._journal.keep_invitation(notice.id, made.id, invited, self._now())
        return invited

    def _signed(self, campaign: Campaign, notice: Notice, invited: list[Invited]) -> SignedStatement | None:
        if campaign.account is None:
            return None
        serial = self._journal.serial(notice.campaign)
        if self._sign is None or serial is None:
            raise ChannelGone("The statements of this announcement are to be signed, and there is no key.")
        statement = statement_for(campaign, notice.to, invited, serial, self._now())
        # A statement without any place would say that all earlier ones are withdrawn.
        return self._sign(statement) if statement is not None and statement.handles else None

    async def _post(self, notice: Notice) -> None:
        for number, post, begun in self._journal.unsent(notice):
            if begun and Can.IDEMPOTENT not in self._bridge.about.can:
                self._journal.fail(
                    notice,
                    "decamp was stopped while this was being sent, and the network does not tell whether it arrived.",
                    f"Look into the chat. If it is not there: decamp announce retry --only {notice.id}",
                    unsure=True,
                )
                return
            self._journal.begin(notice, number)
            try:
                sent = await self._bridge.send(notice.to.chat, post)
            except NotNow as error:
                self._journal.begin(notice, number, begun=False)
                raise _PutOff(self._bridge, error) from error
            except Refused:
                self._journal.begin(notice, number, begun=False)
                raise
            self._journal.note_sent(notice, number, sent, self._bridge.about.name, self._now())

    async def _put_off(self, notice: Notice, bridge: Bridge, error: NotNow) -> None:
        """Try later. That a network cannot be reached at all is waited for, and not counted against the person."""
        if bridge.health.state is not State.CONNECTED:
            await self._reach(bridge)
            return
        if notice.tries + 1 >= TRIES:
            self._journal.fail(notice, str(error), "Try again later: decamp announce retry")
            return
        pause = error.after or BACKOFF[min(notice.tries, len(BACKOFF) - 1)]
        at = self._now() + round(pause * 1000 * self._outside.random.uniform(1.0, 1.3))
        self._journal.later(notice, at, str(error))

    async def _reach(self, bridge: Bridge) -> None:
        """Wait until a bridge is connected again. Raises `ChannelGone` where that takes a person, or too long."""
        until = self._now() + round(PATIENCE * 1000)
        while bridge.health.state is not State.CONNECTED and not self._journal.is_to_stop():
            health = bridge.health
            if health.state.is_final or self._now() > until:
                said = health.said or f"it is {health.state}"
                raise ChannelGone(f"The bridge {bridge.about.name} cannot send: {said}", health.todo or None)
            await self._outside.sleep(NAP)

    async def _wait(self, seconds: float) -> None:
        """Wait, but not for somebody who says stop."""
        until = self._now() + round(seconds * 1000)
        while (left := (until - self._now()) / 1000) > 0 and not self._journal.is_to_stop():
            await self._outside.sleep(min(left, NAP))
