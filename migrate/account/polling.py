"""Look what came for an account and its groups, open it, and tell what it says, each message once.

Facts: formats page of the Session network, sections 0, 3.1 and 5.2. What cannot be opened is named, and never stops
the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..session import content as contents
from ..session.account import GROUP_SETTINGS, SETTINGS, group_signer
from ..session.config.groups_joined import GroupEntry
from ..session.config.hidden import Hidden
from ..session.envelope import Incoming, open_message
from ..session.errors import BadAnswer, BadMessage, NoAnswer
from ..session.group_messages import open_in_group
from ..session.poll import Marks, Tour, Visitor
from ..session.receive import Inbox, Received
from ..session.signers import AccountSigner, Signer
from ..session.storage import GROUP_MESSAGES, MESSAGES, OF_A_GROUP, OF_AN_ACCOUNT
from .cursors import Cursors
from .errors import CannotSend
from .events import Event, ProfileSeen, TimerSet, Unreadable, Wrote, events_of, profile_in
from .line import Line
from .standing import Standing

ENOUGH = 2
"""Nodes of a swarm that have to give everything, as the app asks two each time: section 3.1."""


@dataclass(slots=True)
class Arrived:
    """What a look brought."""

    events: list[Event] = field(default_factory=list)
    """In the order in which they were sent, as far as that can be known."""
    unreadable: list[Unreadable] = field(default_factory=list)
    blocked: Counter[str] = field(default_factory=Counter)
    """Messages of people who are blocked, which were dropped."""
    troubles: dict[str, str] = field(default_factory=dict)
    """The account or groups that could not be read to the end, and why. The next look goes on from there."""
    removed_from: set[str] = field(default_factory=set)
    """Groups that no longer let this account in."""
    settings_changed: bool = False
    """Whether contacts, groups or the profile are others now, or those of a group."""


class Poller:
    """Reads one account, from where it stopped."""

    def __init__(self, line: Line, standing: Standing, cursors: Cursors) -> None:
        self._line, self._standing, self._cursors = line, standing, cursors
        self._settings_marks: Marks = {}
        self._arrived = Arrived()
        self._is_looking = False

    async def refresh(self) -> dict[str, str]:
        """Read all settings anew, of the account and of its groups. What is wrong with which group is the answer.

        Raises `NoAnswer` if those of the account itself could not be read.
        """
        own = AccountSigner(self._standing.keys)
        self._settings_marks = {}
        try:
            received, tour = await self._look(own, SETTINGS)
        except BadAnswer as error:
            raise NoAnswer(f"The settings of the account could not be read. {error}") from error
        if missing := tour.missing(SETTINGS):
            raise NoAnswer(f"No node gave the settings of the account: {_reasons(missing.values())}.")
        self._standing.take(received, anew=True)
        troubles: dict[str, str] = {}
        for entry in list(self._standing.open_groups()):
            try:
                await self._refresh_group(entry)
            except (NoAnswer, BadAnswer, CannotSend) as error:
                troubles[entry.id] = str(error)
        return troubles

    async def poll(self, places: Sequence[str] = ()) -> Arrived:
        """What came since the last time, for the account and all its groups, or for these `places` only.

        Raises `NoAnswer` or `BadAnswer` if the account itself cannot be reached at all; a group that cannot is named.
        What was found before something was raised, or before the call was cancelled, comes with the next one.
        """
        if self._is_looking:
            raise RuntimeError("an account is looked at once at a time")
        self._is_looking = True
        try:
            await self._poll(places, self._arrived)
        finally:
            self._is_looking = False
        arrived, self._arrived = self._arrived, Arrived()
        self._cursors.forget_old(self._line.clock.time())
        arrived.events.sort(key=lambda event: event.sent_at)
        return arrived

    async def _poll(self, places: Sequence[str], arrived: Arrived) -> None:
        own = self._standing.keys.session_id
        if not places or own in places:
            await self._poll_account(arrived)
        for entry in list(self._standing.open_groups()):
            if not places or entry.id in places:
                try:
                    await self._poll_group(entry, arrived)
                except (NoAnswer, BadAnswer, CannotSend) as error:
                    arrived.troubles[entry.id] = str(error)

    # -- one account, one group ----------------------------------------------------------------------

    async def _poll_account(self, arrived: Arrived) -> None:
        signer = AccountSigner(self._standing.keys)
        received, tour = await self._look(signer, OF_AN_ACCOUNT)
        settings = [one for one in received if one.namespace != MESSAGES]
        if settings:
            self._standing.take(settings)
            arrived.settings_changed = True
        self._open_all((one for one in received if one.namespace == MESSAGES), arrived)
        _note_missing(signer.pubkey, tour, OF_AN_ACCOUNT, arrived)

    async def _poll_group(self, entry: GroupEntry, arrived: Arrived) -> None:
        if entry.id not in self._standing.groups:
            await self._refresh_group(entry)
        signer = self._standing.signer(entry.id)
        received, tour = await self._look(signer, OF_A_GROUP)
        if self._take_settings(entry, received):
            arrived.settings_changed = True
            received += (await self._look(signer, [GROUP_MESSAGES]))[0]
        arrived.settings_changed |= any(_is_settings(one) for one in received)
        self._open_all((one for one in received if one.namespace == GROUP_MESSAGES), arrived)
        if tour.was_removed(OF_A_GROUP):
            arrived.removed_from.add(entry.id)
        else:
            _note_missing(entry.id, tour, OF_A_GROUP, arrived)

    async def _refresh_group(self, entry: GroupEntry) -> None:
        """Read what a group says about itself, from the beginning. Who signs is known from the list of groups."""
        signer = group_signer(entry, self._standing.keys)
        if signer is None:
            raise CannotSend("The account has nothing that lets it into that group.")
        self._settings_marks = {key: hash for key, hash in self._settings_marks.items() if key[1] != entry.id}
        received, tour = await self._look(signer, [one for one in OF_A_GROUP if one != GROUP_MESSAGES])
        self._standing.take_group(entry, received, anew=True)
        if missing := tour.missing(GROUP_SETTINGS):
            raise NoAnswer(f"No node gave the settings of the group: {_reasons(missing.values())}.")

    def _take_settings(self, entry: GroupEntry, received: Sequence[Received]) -> bool:
        """Take what a group says about itself. Whether messages have to be read again that did not open before."""
        settings = [one for one in received if _is_settings(one)]
        new_key = bool(settings) and self._standing.take_group(entry, settings)
        if not new_key or entry.id not in self._cursors.closed.values():
            return False
        self._cursors.read_again(entry.id, GROUP_MESSAGES)
        return True

    async def _look(self, signer: Signer, namespaces: Sequence[int]) -> tuple[list[Received], Tour]:
        """Everything new in some namespaces. Settings are always read whole once in a run, messages never twice."""
        inbox = Inbox(signer.pubkey)
        marks = {**self._cursors.marks, **self._settings_marks}
        visitor = Visitor(signer, namespaces, inbox, self._line.clock, self._line.known, marks)
        tour = await self._line.collect(visitor, enough=ENOUGH)
        for key, hash in visitor.marks.items():
            kept = self._cursors.marks if key[2] in {MESSAGES, GROUP_MESSAGES} else self._settings_marks
            kept[key] = hash
        return [*inbox.fresh(), *inbox.doubtful()], tour

    # -- opening -------------------------------------------------------------------------------------

    def _open_all(self, received: Iterable[Received], arrived: Arrived) -> None:
        for one in received:
            if not self._cursors.has(one.hash):
                self._open(one, arrived)

    def _open(self, received: Received, arrived: Arrived) -> None:
        now = self._line.clock.time()
        try:
            incoming = self._opened(received)
        except BadMessage as error:
            if received.is_itself:
                self._note_closed(received, error, now)
            if self._cursors.is_new(received.hash, "reported", now=now):
                arrived.unreadable.append(Unreadable(
                    place=received.pubkey, hash=received.hash, code=error.code, reason=str(error)
                ))  # fmt: skip
            return
        self._cursors.is_new(received.hash, now=now)
        self._cursors.closed.pop(received.hash, None)
        if self._standing.is_blocked(incoming.sender) and not _promotes(incoming):
            arrived.blocked[incoming.sender] += 1
            return
        arrived.events.extend(self._events(incoming, received, now))

    def _opened(self, received: Received) -> Incoming:
        keys = self._standing.keys
        if received.namespace == MESSAGES:
            return open_message(received.data, keys)
        return open_in_group(received.data, received.pubkey, self._standing.group_keys(received.pubkey), keys)

    def _note_closed(self, received: Received, error: BadMessage, now: int) -> None:
        """What lacks a key of its group is tried again when there is another key; everything else never opens."""
        if received.namespace == GROUP_MESSAGES and error.code == "decrypt":
            self._cursors.closed[received.hash] = received.pubkey
        else:
            self._cursors.is_new(received.hash, now=now)

    def _events(self, incoming: Incoming, received: Received, now: int) -> Iterator[Event]:
        """What an opened message says, unless the same was sent twice in other bytes; and what follows from it.

        Apps give one time to several deletions or changes of a group that they make at once, so those count as the
        same only if they say the same.
        """
        own = self._standing.keys.session_id
        for event in events_of(incoming, received, own):
            said = "wrote" if isinstance(event, Wrote) else contents.write(incoming.content).hex()
            if not self._cursors.is_new(event.conversation, event.sender, event.sent_at, said, now=now):
                continue
            if isinstance(event, TimerSet):
                self._standing.timer_was_set(event.conversation, event.expires, event.sent_at)
            if isinstance(event, Wrote) and incoming.group is None:
                heard = self._standing.wrote_to if event.mine else self._standing.heard_from
                heard(event.conversation, now)
            yield event
        told = profile_in(incoming.content)
        if told is not None and incoming.sender != own and self._standing.is_news(incoming.sender, told[0]):
            profile, key = told
            yield ProfileSeen(
                conversation=incoming.conversation,
                sender=incoming.sender,
                sent_at=incoming.sent_at,
                mine=False,
                hash=received.hash,
                kept_until=received.expires_at,
                name=profile.name,
                avatar_url=profile.avatar_url,
                avatar_key=Hidden(key) if key else None,
                updated=profile.updated,
            )


def _is_settings(received: Received) -> bool:
    return received.namespace not in {MESSAGES, GROUP_MESSAGES}


def _promotes(incoming: Incoming) -> bool:
    """Whether somebody makes us an admin: this counts even if we blocked them, section 5.2."""
    data = incoming.content.data
    return data is not None and data.group_update is not None and data.group_update.promote is not None


def _note_missing(place: str, tour: Tour, namespaces: Sequence[int], arrived: Arrived) -> None:
    if missing := tour.missing(namespaces):
        arrived.troubles[place] = _reasons(missing.values())


def _reasons(troubles: Iterable[Iterable[str]]) -> str:
    return ", ".join(sorted({str(one) for some in troubles for one in some})) or "no node answered"
