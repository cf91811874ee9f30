"""Who has come: what happens on the networks one moved to, laid beside what each contact was given.

An invitation that was made for one person tells who came by it; a short code that they send does the same. Receipts
of the network that carries the notices say what was delivered and read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from bridges.about import Can
from bridges.actions import Accept, Post
from bridges.api import Bridge, NotNow, Refused
from bridges.events import AnyEvent, Asked, Chat, ChatKind, Failed, Joined, Person, Posted, Receipt

from .campaign import LEGAL, Arrival, Notice, Step
from .codes import code_in
from .journal import Journal
from .plan import greeting


class Arrivals:
    """Takes the events of one bridge after the other, and knows what they mean for an announcement."""

    def __init__(self, journal: Journal, now: Callable[[], int]) -> None:
        self._journal, self._now = journal, now

    # -- taking events --------------------------------------------------------------------------------

    def cursor(self, bridge: str) -> str | None:
        """Where reading this bridge goes on."""
        row = self._journal.db.execute("SELECT cursor FROM cursors WHERE bridge = ?", [bridge]).fetchone()
        return str(row[0]) if row else None

    def take(self, bridge: str, event: AnyEvent) -> Arrival | None:
        """Note what an event says, together with its cursor; the arrival, if it is one that nobody knew of."""
        with self._journal.at_once():
            arrival = self._noted(bridge, event)
            if event.cursor is not None:
                self._journal.db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", [bridge, event.cursor])
        return arrival

    def _noted(self, bridge: str, event: AnyEvent) -> Arrival | None:
        match event:
            case Receipt() if not event.own:
                self._receipt(bridge, event)
            case Failed():
                self._failed(bridge, event)
            case Joined() if event.invitation is not None:
                id = self._invited(bridge, event.invitation)
                return self._arrived(id, bridge, event.person, event.chat, "invitation") if id else None
            case Posted() if not event.own and event.chat.kind is not ChatKind.SELF:
                return self._by_code(bridge, event.sender, event.chat, event.text, asked=False)
            case Asked():
                return self._by_code(bridge, event.person, event.chat, event.text, asked=True)
        return None

    # -- arrivals -------------------------------------------------------------------------------------

    def _invited(self, bridge: str, invitation: str) -> str | None:
        db = self._journal.db
        row = db.execute("SELECT id FROM invitations WHERE bridge = ? AND invitation = ?", [bridge, invitation])
        found = row.fetchone()
        db.execute(
            "UPDATE invitations SET used_at = COALESCE(used_at, ?) WHERE bridge = ? AND invitation = ?",
            [self._now(), bridge, invitation],
        )
        return str(found[0]) if found else None

    def _by_code(self, bridge: str, person: Person, chat: Chat, text: str, *, asked: bool) -> Arrival | None:
        code = code_in(text)
        row = code and self._journal.db.execute("SELECT id FROM codes WHERE code = ?", [code]).fetchone()
        # On the network that carried the notice a code is a quotation of it, and nobody has moved.
        if not row or any(self._journal.campaign(one.campaign).via == bridge for one in self._of(str(row[0]))):
            return None
        return self._arrived(str(row[0]), bridge, person, chat, "code", asked=asked)

    def _arrived(
        self, id: str, bridge: str, person: Person, chat: Chat, how: str, *, asked: bool = False
    ) -> Arrival | None:
        """Link who they are over there to the contact. Somebody who came before is no news."""
        notices, now = list(self._of(id)), self._now()
        if not notices:
            return None
        known = self._journal.db.execute(
            "INSERT OR IGNORE INTO arrivals (id, bridge, person, called, chat, how, at, asked)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [id, bridge, person.id, person.name, chat.id, how, now, asked],
        )
        if not known.rowcount:
            return None
        self._advance(notices[-1], Step.ARRIVED, now)
        return next(one for one in self.arrivals() if (one.id, one.bridge, one.person) == (id, bridge, person.id))

    def arrivals(self) -> Iterator[Arrival]:
        """Everybody who has come, in the order in which they came."""
        rows = self._journal.db.execute(
            "SELECT id, bridge, person, called, chat, how, at, asked, greeted_at FROM arrivals ORDER BY at, id, bridge"
        )
        for id, bridge, person, called, chat, how, at, asked, greeted_at in rows.fetchall():
            yield Arrival(
                id=id, name=self._called(id), bridge=bridge, person=person, called=called, chat=chat, how=how, at=at,
                asked=bool(asked), greeted_at=greeted_at,
            )  # fmt: skip

    def chats(self, bridge: str) -> dict[str, str]:
        """In which chat each contact is found there: that of whoever came first, whoever else has their code by now."""
        found: dict[str, str] = {}
        for one in self.arrivals():
            if one.bridge == bridge:
                found.setdefault(one.id, one.chat)
        return found

    def _called(self, id: str) -> str:
        return next((one.to.who.name for one in self._of(id)), id)

    def _of(self, id: str) -> Iterator[Notice]:
        """The notices of one person, the newest last."""
        rows = self._journal.db.execute("SELECT campaign FROM notices WHERE id = ? ORDER BY campaign", [id])
        return (self._journal.notice(campaign, id) for (campaign,) in rows.fetchall())

    # -- receipts -------------------------------------------------------------------------------------

    def _receipt(self, bridge: str, event: Receipt) -> None:
        for notice in self._named(bridge, event.chat, event.messages):
            self._advance(notice, Step.READ if event.read else Step.DELIVERED, self._now())

    def _failed(self, bridge: str, event: Failed) -> None:
        for notice in self._named(bridge, event.chat, (event.message,)):
            if Step.FAILED in LEGAL[notice.step]:
                self._journal.fail(notice, event.reason, "Try again: decamp announce retry")

    def _named(self, bridge: str, chat: Chat, messages: tuple[str, ...]) -> Iterator[Notice]:
        """The notices that are meant by ids of the network; in a group everybody sends receipts, and none counts."""
        for sent_id in messages:
            row = self._journal.db.execute(
                "SELECT campaign, id FROM sent_ids WHERE bridge = ? AND chat = ? AND sent_id = ?",
                [bridge, chat.id, sent_id],
            ).fetchone()
            if row and not (notice := self._journal.notice(*row)).to.place:
                yield notice

    def _advance(self, notice: Notice, step: Step, now: int) -> None:
        """Note when it came so far, and take the step unless it is further already."""
        column = {Step.DELIVERED: "delivered_at", Step.READ: "read_at", Step.ARRIVED: "arrived_at"}[step]
        key = [notice.campaign, notice.id]
        self._journal.db.execute(
            f"UPDATE notices SET {column} = COALESCE({column}, ?) WHERE campaign = ? AND id = ?", [now, *key]
        )
        if step in LEGAL[notice.step]:
            self._journal.db.execute("UPDATE notices SET step = ? WHERE campaign = ? AND id = ?", [step, *key])

    # -- greeting -------------------------------------------------------------------------------------

    async def greet(self, bridge: Bridge, rng: Callable[[int], bytes]) -> int:
        """Let in and greet everybody who came over this bridge and was not greeted yet, each once. How many it were."""
        name, greeted = bridge.about.name, 0
        rows = self._journal.db.execute(
            "SELECT id, person, chat, asked, begun, greeting FROM arrivals"
            " WHERE bridge = ? AND greeted_at IS NULL AND greeting_failed IS NULL ORDER BY at",
            [name],
        )
        for id, person, chat, asked, begun, stored in rows.fetchall():
            if begun and Can.IDEMPOTENT not in bridge.about.can:
                self._note_greeting(id, name, person, failed="decamp was stopped while this was being sent")
                continue
            post = msgspec.json.decode(stored, type=Post) if stored else self._greeting(id, name, person, rng)
            try:
                if asked and Can.REQUESTS in bridge.about.can:
                    await bridge.send(chat, Accept(key=f"{post.key}-accept"))
                self._journal.db.execute(
                    "UPDATE arrivals SET begun = 1 WHERE id = ? AND bridge = ? AND person = ?", [id, name, person]
                )
                await bridge.send(chat, post)
            except NotNow:
                self._journal.db.execute(
                    "UPDATE arrivals SET begun = 0 WHERE id = ? AND bridge = ? AND person = ?", [id, name, person]
                )
                continue
            except Refused as error:
                self._note_greeting(id, name, person, failed=str(error))
                continue
            self._note_greeting(id, name, person, failed=None)
            greeted += 1
        return greeted

    def _greeting(self, id: str, bridge: str, person: str, rng: Callable[[int], bytes]) -> Post:
        """The words and the key, written down before they leave."""
        *_, notice = self._of(id)
        post = Post(key=f"greeting-{rng(12).hex()}", text=greeting(self._journal.campaign(notice.campaign), notice.to))
        self._journal.db.execute(
            "UPDATE arrivals SET greeting = ? WHERE id = ? AND bridge = ? AND person = ?",
            [msgspec.json.encode(post), id, bridge, person],
        )
        return post

    def _note_greeting(self, id: str, bridge: str, person: str, *, failed: str | None) -> None:
        at = None if failed else self._now()
        self._journal.db.execute(
            "UPDATE arrivals SET greeted_at = ?, greeting_failed = ? WHERE id = ? AND bridge = ? AND person = ?",
            [at, failed, id, bridge, person],
        )
