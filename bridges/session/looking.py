"""What one look at the network becomes: events in order, strangers held back, and all of it written down at once.

A look that is written down and was not read by anybody is not lost: whoever starts again with an older cursor hears
of it once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from migrate.account import events as account
from migrate.account.online import OnlineAccount
from migrate.account.polling import Arrived
from migrate.account.standing import is_group

from ..api import AnyEvent, Asked, Chat, Joined, Left, Posted, Renamed, Typing
from . import translate
from .people import People
from .record import Heard, Held, Record

ONE_CALL = 300_000
"""Milliseconds: nodes keep the steps of a call so long (section 3.1), and all of them are one call."""
MOST_SEEN = 10_000
"""People of whom it is known what their messages called them: whoever was heard longest ago goes first."""


class Looker:
    """Turns what arrived into events. `ours` are the names of what this run has sent, the latest last."""

    def __init__(self, record: Record, *, fresh: bool) -> None:
        """`fresh`: there is no cursor, so what lies there already is not news, but who waits to be let in is."""
        self.ours: dict[str, None] = {}
        self.fresh = fresh
        self.seen: dict[str, account.ProfileSeen] = {}
        self._record = record
        self._calls: dict[str, int] = {}
        self._titles: dict[str, Chat] | None = None

    def take(self, online: OnlineAccount, arrived: Arrived, now: int) -> list[AnyEvent]:
        """The events of a look. The last of them has the cursor, if there is any."""
        self._see(event for event in arrived.events if isinstance(event, account.ProfileSeen))
        people = People(online, self.seen)
        with self._record.at_once():
            look = self._record.next_look()
            news = [
                *self._news(arrived, people, look),
                *self._let_in(people, look),
                *self._changed_chats(people),
                *self._sent_away(arrived, people, look),
            ]
            notes = [] if self.fresh else list(_unreadable(arrived, people, now))
            told = [*news, *notes]
            if told or self.fresh:
                self._record.keep_look(look, online.cursors.to_bytes())
        if told:
            told[-1] = replace(told[-1], cursor=str(look))
        return told

    def _see(self, profiles: Iterable[account.ProfileSeen]) -> None:
        for profile in profiles:
            self.seen.pop(profile.sender, None)
            self.seen[profile.sender] = profile
        for sender in list(self.seen)[: max(0, len(self.seen) - MOST_SEEN)]:
            del self.seen[sender]

    # -- what came ------------------------------------------------------------------------------------

    def _news(self, arrived: Arrived, people: People, look: int) -> Iterator[AnyEvent]:
        for event in arrived.events:
            key, is_echo = self._sent_by_us(event)
            if is_echo or self._is_same_call(event):
                continue
            for number, one in enumerate(translate.events(event, people, self._record, key)):
                name = f"{event.hash}:{type(event).__name__}:{number}"
                if people.is_stranger(event.conversation) and not event.mine:
                    self._hold(event.conversation, name, one)
                elif not self.fresh:
                    self._record.let_in(event.conversation, look, name)  # if it waited, it does not any more
                    yield one
            if isinstance(event, account.Wrote):
                unread = not (event.mine or self.fresh or is_group(event.conversation))
                self._record.note_heard([Heard(event.hash, event.conversation, event.sender, event.sent_at, unread)])

    def _sent_by_us(self, event: account.Event) -> tuple[str | None, bool]:
        """The key that an earlier run sent this with; and whether it is nothing but the echo of a send."""
        if not event.mine:
            return None, False
        if event.hash in self.ours:
            return None, True
        mailed = self._record.mailed_as(event.hash)
        if mailed is None:
            return None, False
        # Whoever sent it knows a message by its key. What has none would look like something the owner did by hand.
        return mailed.key, not isinstance(event, account.Wrote)

    def _is_same_call(self, event: account.Event) -> bool:
        """Whether this is one more step of a call that was told already."""
        if not (isinstance(event, account.Noticed) and event.what == "call"):
            return False
        self._calls = {chat: at for chat, at in self._calls.items() if abs(event.sent_at - at) < ONE_CALL}
        if event.conversation in self._calls:
            return True
        self._calls[event.conversation] = event.sent_at
        return False

    # -- strangers ------------------------------------------------------------------------------------

    def _hold(self, chat: str, name: str, event: AnyEvent) -> None:
        if not isinstance(event, Typing | Renamed):  # of the moment, or known anyway once they are let in
            self._record.hold(Held(chat, name, msgspec.json.encode(event)))

    def _let_in(self, people: People, look: int) -> Iterator[AnyEvent]:
        """Ask about each stranger once, and yield what waited of those who are none any more."""
        for chat in self._record.waiting():
            if people.is_blocked(chat):
                self._record.drop_held(chat)
                continue
            if not people.is_stranger(chat):
                waiting = list(self._record.held(chat))
                self._record.let_in(chat, look)
                yield from (_read(held.event) for held in waiting)
            elif self._record.tell(f"asked {chat}", look):
                waited = (_read(held.event) for held in self._record.held(chat))
                text = next((event.text for event in waited if isinstance(event, Posted)), "")
                yield Asked(chat=people.chat(chat), person=people.person(chat), text=text)

    # -- what settings say ----------------------------------------------------------------------------

    def _changed_chats(self, people: People) -> Iterator[AnyEvent]:
        """Groups that we are in now, and chats that are called something else."""
        titles = {chat.id: chat for chat in people.chats()}
        known, self._titles = self._titles, titles
        if known is None:
            return
        for id, chat in titles.items():
            if id in known:
                if known[id] != chat:
                    yield Renamed(chat=chat)
            elif is_group(id):
                self._record.untell(f"left {id}")
                yield Joined(chat=chat, person=people.person(people.me))

    def _sent_away(self, arrived: Arrived, people: People, look: int) -> Iterator[AnyEvent]:
        """Groups that let us in no longer: each is told once, as long as it is so."""
        for group in arrived.removed_from:
            if self._record.tell(f"left {group}", look):
                yield Left(chat=people.chat(group), person=people.person(people.me))


def _read(event: bytes) -> AnyEvent:
    read: AnyEvent = msgspec.json.decode(event, type=AnyEvent)
    return read


def _unreadable(arrived: Arrived, people: People, now: int) -> Iterator[AnyEvent]:
    """Say in each place how much of it did not open, so that nothing is lost silently, and nobody can flood it."""
    for place, count in Counter(one.place for one in arrived.unreadable).items():
        named = next(one for one in arrived.unreadable if one.place == place)
        said = "A message" if count == 1 else f"{count} messages"
        yield Posted(
            chat=people.chat(place),
            sender=people.person(people.me),
            id=named.hash,
            sent_at=now,
            text=f"({said} could not be read: {named.reason})",
            notice=True,
        )
