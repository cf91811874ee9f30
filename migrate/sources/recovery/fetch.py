"""Asks every node of an account's swarm, and of its groups', for all that they keep, and lays it into the spool.

Facts: formats page of the Session network, sections 0 and 3. What is asked here can change nothing on the network:
`Visitor` makes requests that only look, and there is no other one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from ...model import Loss
from ...network.several import several
from ...progress import Progress, Silent
from ...session.account import AccountSettings, group_signer, read_account
from ...session.clock import Clock
from ...session.errors import BadAnswer, NoAnswer
from ...session.keys import AccountKeys
from ...session.nodes import Node
from ...session.poll import Marks, Tour, Trouble, Visitor
from ...session.receive import Inbox
from ...session.signers import AccountSigner, Signer
from ...session.storage import OF_A_GROUP, OF_AN_ACCOUNT
from .spool import HOLDS_MESSAGES, Spool

GROUPS_AT_ONCE = 3
ROUNDS = 50  # of 256 MiB each, with what came before taken out in between
NAMES = {
    0: "the messages", 2: "the profile", 3: "the contacts", 4: "how far conversations were read",
    5: "the list of groups and communities", 11: "the messages", 12: "the keys", 13: "the name", 14: "the members",
    -11: "the notices for those who left",
}  # fmt: skip


class Line(Protocol):
    """As much of `migrate.network` as is needed to read."""

    clock: Clock

    @property
    def known(self) -> Mapping[bytes, Node]: ...

    async def collect(self, visitor: Visitor, *, enough: int | None = None) -> Tour: ...


@dataclass(slots=True)
class Fetched:
    """What a round of asking brought. `removed_from` are groups that no longer let the account in."""

    new: int = 0
    asks: int = 0
    nodes: int = 0
    duplicates: int = 0
    losses: list[Loss] = field(default_factory=list)
    removed_from: set[str] = field(default_factory=set)


class Fetcher:
    """Reads one account and its groups into a spool, as often as one likes; a second time asks for what is new."""

    def __init__(self, keys: AccountKeys, spool: Spool, line: Line) -> None:
        self._keys, self._spool, self._line = keys, spool, line
        self._marks: Marks = spool.marks()
        """Of messages those of earlier runs too; settings are read whole once in a run."""

    async def fetch(self, *, enough: int | None = None, progress: Progress | None = None) -> Fetched:
        """Ask all nodes, or `enough` of them, which will do for who comes back soon.

        Raises `NoAnswer` if nobody gave anything of the account; a group that could not be had is
        named in the result.
        """
        progress, fetched = progress or Silent(), Fetched()
        progress.stage("Asking the network", None, "places")
        try:
            await self._place(AccountSigner(self._keys), OF_AN_ACCOUNT, fetched, enough)
        except BadAnswer as error:
            raise NoAnswer(str(error)) from error
        groups = [signer for entry in self.settings().groups if (signer := group_signer(entry, self._keys))]
        progress.stage("Asking the network", 1 + len(groups), "places")
        progress.advance(1)

        async def one(signer: Signer) -> None:
            try:
                await self._place(signer, OF_A_GROUP, fetched, enough)
            except (NoAnswer, BadAnswer) as error:
                fetched.losses.append(_loss(signer.pubkey, f"The group could not be reached: {error}"))
            progress.advance(1)

        await several([partial(one, signer) for signer in groups], GROUPS_AT_ONCE)
        self._spool.forget_old(self._line.clock.time())
        return fetched

    def settings(self) -> AccountSettings:
        """The account's settings as far as they have come."""
        return read_account(self._keys, self._spool.settings(self._keys.session_id))

    async def _place(self, signer: Signer, namespaces: Sequence[int], fetched: Fetched, enough: int | None) -> None:
        """Everything of one account or group, in as many rounds as it takes."""
        for _ in range(ROUNDS):
            inbox = Inbox(signer.pubkey)
            visitor = Visitor(signer, namespaces, inbox, self._line.clock, self._line.known, dict(self._marks))
            tour = await self._line.collect(visitor, enough=enough)
            anew = {one for one in namespaces if one not in HOLDS_MESSAGES and self._is_first(signer.pubkey, one)}
            found = [*inbox.fresh(), *inbox.doubtful()]
            new = self._spool.add(found, visitor.marks, anew={one for one in anew if tour.complete(one)})
            self._marks |= visitor.marks
            fetched.new += new
            fetched.asks += tour.asks
            fetched.nodes += len(tour.visits)
            fetched.duplicates += inbox.duplicates
            if not new or not any(Trouble.TOO_MUCH in visit.troubles.values() for visit in tour.visits):
                break
        if not tour.visits or not any(visit.done for visit in tour.visits):
            if tour.visits and any(Trouble.REFUSED in visit.troubles.values() for visit in tour.visits):
                fetched.removed_from.add(signer.pubkey)
                return
            why = _reasons(tour.missing(namespaces))
            raise NoAnswer(f"No node gave what it keeps: {why}.")
        self._note(signer.pubkey, namespaces, tour, inbox, fetched)

    def _is_first(self, pubkey: str, namespace: int) -> bool:
        """Whether a namespace has not been read yet in this run."""
        return not any(key[1:] == (pubkey, namespace) for key in self._marks)

    def _note(self, place: str, namespaces: Sequence[int], tour: Tour, inbox: Inbox, fetched: Fetched) -> None:
        """What no node gave, in words."""
        if tour.was_removed(namespaces):
            fetched.removed_from.add(place)
            return
        for namespace, why in tour.missing(namespaces).items():
            fetched.losses.append(
                _loss(place, f"No node gave all of {NAMES[namespace]}: {_reasons({namespace: why})}.", NAMES[namespace])
            )
        if inbox.damaged:
            fetched.losses.append(_loss(place, "A node gave entries that were no messages.", str(inbox.damaged)))


def _reasons(missing: Mapping[int, set[Trouble]]) -> str:
    return ", ".join(sorted({str(one) for why in missing.values() for one in why})) or "no node answered"


def _loss(place: str, reason: str, name: str = "") -> Loss:
    return Loss(subject=place, kind="network", reason=reason, conversation=place, name=name)
