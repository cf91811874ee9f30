"""Who has been told: the file `announce.db`, written down before anything leaves, so that nobody is told twice.

A notice goes from planned over stored, word for word with its keys, to sent. Killed at any moment, the next run finds
the same words under the same keys. Every change is on the disk when the call returns.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from bridges.actions import Post, Sent

from ..errors import DecampError
from .campaign import LEGAL, Addressee, Campaign, Invited, Notice, Step
from .codes import new_code

NAME = "announce.db"
VERSION = 1
UNDER_WAY = "under way"
_NOTICES = (
    "SELECT n.campaign, n.addressee, n.step, c.code, n.tries, n.next_at, n.reason, n.todo, n.unsure, n.sent_at,"
    " n.delivered_at, n.read_at, n.arrived_at FROM notices n JOIN codes c ON c.id = n.id"
)


class BrokenJournal(DecampError):
    """The journal of announcements cannot be read or written."""

    hint = "Check who may write to it, and whether the disk is full. Do not delete it: it knows who has been told."


class Unfinished(DecampError):
    """An earlier announcement has to come to its end first."""

    exit_code = 2
    hint = "Finish it first: decamp announce send"


class IllegalStep(DecampError):
    """A notice cannot go from where it is to there."""


class Journal:
    """All announcements of one app folder. Several programs may have it open; each change is whole.

    `patience`: how many seconds to wait for another one that writes.
    """

    def __init__(self, folder: Path, *, patience: float = 30) -> None:
        self.path = folder / NAME
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self.path.touch(mode=0o600)
            self.db = sqlite3.connect(self.path, timeout=patience, isolation_level=None)
            self._open()
        except (sqlite3.Error, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise BrokenJournal(f"The journal {self.path} cannot be used: {why}.") from error

    def _open(self) -> None:
        self.db.execute("PRAGMA journal_mode = WAL")
        self.db.execute("PRAGMA synchronous = FULL")  # what was sent is known even after a power cut
        with self.at_once():
            (version,) = self.db.execute("PRAGMA user_version").fetchone()
            if version > VERSION:
                raise BrokenJournal(f"The journal {self.path} is of a newer decamp.", "Use that one.")
            if version == 0:
                for statement in (files(__package__) / "schema.sql").read_text("utf-8").split(";\n"):
                    self.db.execute(statement)
                self.db.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """All of it, or nothing; inside another one, together with that."""
        if self.db.in_transaction:
            yield
            return
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # -- planning -------------------------------------------------------------------------------------

    def plan(self, campaign: Campaign, people: Sequence[Addressee], now: int, rng: Callable[[int], bytes]) -> int:
        """Write down an announcement, in the place of all notices that were planned and never begun."""
        with self.at_once():
            self._refuse_two_channels(campaign.via)
            self.db.execute("DELETE FROM notices WHERE step = ?", [Step.PLANNED])
            self.db.execute("DELETE FROM campaigns WHERE number NOT IN (SELECT campaign FROM notices)")
            number = self._next_number()
            content = msgspec.json.encode(campaign)
            self.db.execute("INSERT INTO campaigns VALUES (?, ?, ?, NULL)", [number, now, content])
            for place, to in enumerate(people):
                self._give_code(to.who.id, rng)
                self.db.execute(
                    "INSERT INTO notices (campaign, id, place, addressee, step) VALUES (?, ?, ?, ?, ?)",
                    [number, to.who.id, place, msgspec.json.encode(to), Step.PLANNED],
                )
        return number

    def _refuse_two_channels(self, via: str) -> None:
        """What was begun over one network is not left lying while another one is begun."""
        rows = self.db.execute("SELECT DISTINCT campaign FROM notices WHERE step = ?", [Step.STORED]).fetchall()
        for (number,) in rows:
            if (other := self.campaign(number).via) != via:
                raise Unfinished(f"Some notices are under way over {other} and not sent yet.")

    def _next_number(self) -> int:
        (last,) = self.db.execute("SELECT COALESCE(MAX(number), 0) FROM campaigns").fetchone()
        return int(last) + 1

    def _give_code(self, id: str, rng: Callable[[int], bytes]) -> None:
        known = self.db.execute("SELECT 1 FROM codes WHERE id = ?", [id]).fetchone()
        while known is None:
            row = self.db.execute("INSERT OR IGNORE INTO codes VALUES (?, ?)", [id, new_code(rng)])
            known = row.rowcount or None

    def campaign(self, number: int) -> Campaign:
        """What was decided when it was planned."""
        row = self.db.execute("SELECT content FROM campaigns WHERE number = ?", [number]).fetchone()
        return msgspec.json.decode(row[0], type=Campaign)

    def campaigns(self) -> list[int]:
        """The numbers of all announcements, in order."""
        return [number for (number,) in self.db.execute("SELECT number FROM campaigns ORDER BY number")]

    def made_at(self, number: int) -> int:
        row = self.db.execute("SELECT made_at FROM campaigns WHERE number = ?", [number]).fetchone()
        return int(row[0])

    def serial(self, number: int) -> int | None:
        """The serial number of its statements, once one was given out."""
        row = self.db.execute("SELECT serial FROM campaigns WHERE number = ?", [number]).fetchone()
        return row[0] if row else None

    def keep_serial(self, number: int, serial: int) -> None:
        self.db.execute("UPDATE campaigns SET serial = ? WHERE number = ?", [serial, number])

    # -- looking --------------------------------------------------------------------------------------

    def notices(self, campaign: int | None = None) -> Iterator[Notice]:
        """Each person's newest notice, or all those of one announcement, in the order of the plan."""
        if campaign is None:
            newest = "n.campaign = (SELECT MAX(campaign) FROM notices o WHERE o.id = n.id)"
            rows = self.db.execute(f"{_NOTICES} WHERE {newest} ORDER BY n.campaign, n.place")
        else:
            rows = self.db.execute(f"{_NOTICES} WHERE n.campaign = ? ORDER BY n.place", [campaign])
        yield from map(_notice, rows.fetchall())

    def notice(self, campaign: int, id: str) -> Notice:
        """One notice as it is now."""
        row = self.db.execute(f"{_NOTICES} WHERE n.campaign = ? AND n.id = ?", [campaign, id]).fetchone()
        return _notice(row)

    def due(self, now: int) -> Notice | None:
        """The notice whose turn it is. What was begun comes before what was only planned."""
        row = self.db.execute(
            f"{_NOTICES} WHERE n.step IN (?, ?) AND n.next_at <= ? ORDER BY n.step = ?, n.next_at, n.campaign, n.place",
            [Step.STORED, Step.PLANNED, now, Step.PLANNED],
        ).fetchone()
        return _notice(row) if row else None

    def knowing(self) -> dict[str, str]:
        """Who is not told again, and why, in words: whoever has the notice, or may have it."""
        may_have_it = "EXISTS (SELECT 1 FROM posts p WHERE p.campaign = n.campaign AND p.id = n.id AND p.sent_at)"
        rows = self.db.execute(
            f"SELECT n.id, n.step, n.unsure, {may_have_it} FROM notices n WHERE n.step != ? ORDER BY n.campaign",
            [Step.PLANNED],
        )
        return {
            id: "told already" if Step(step).is_told else UNDER_WAY if step == Step.STORED else "may know already"
            for id, step, unsure, partly in rows
            if step != Step.FAILED or unsure or partly
        }

    def next_at(self) -> int | None:
        """When the next notice is due; None when nothing is left to be sent."""
        row = self.db.execute(
            "SELECT MIN(next_at) FROM notices WHERE step IN (?, ?)", [Step.STORED, Step.PLANNED]
        ).fetchone()
        return None if row[0] is None else int(row[0])

    # -- one notice -----------------------------------------------------------------------------------

    def store(self, notice: Notice, posts: Sequence[Post]) -> Notice:
        """Write down word for word what is going to be sent, and under which keys."""
        with self.at_once():
            self._go(notice, Step.STORED)
            self.db.executemany(
                "INSERT INTO posts (campaign, id, number, action) VALUES (?, ?, ?, ?)",
                [(notice.campaign, notice.id, number, msgspec.json.encode(post)) for number, post in enumerate(posts)],
            )
        return self.notice(notice.campaign, notice.id)

    def unsent(self, notice: Notice) -> list[tuple[int, Post, bool]]:
        """What is still to be sent of a notice: number, post, and whether it was begun before."""
        rows = self.db.execute(
            "SELECT number, action, begun FROM posts WHERE campaign = ? AND id = ? AND sent_at IS NULL ORDER BY number",
            [notice.campaign, notice.id],
        )
        return [(number, msgspec.json.decode(action, type=Post), bool(begun)) for number, action, begun in rows]

    def begin(self, notice: Notice, number: int, *, begun: bool = True) -> None:
        """Note that a post is handed over now, or that the network has said that it did not take it."""
        self.db.execute(
            "UPDATE posts SET begun = ? WHERE campaign = ? AND id = ? AND number = ?",
            [begun, notice.campaign, notice.id, number],
        )

    def note_sent(self, notice: Notice, number: int, sent: Sent, bridge: str, now: int) -> None:
        """Note that the network has taken a post. With the last one the notice is sent."""
        campaign, id = notice.campaign, notice.id
        taken_at = sent.sent_at or now
        with self.at_once():
            self.db.execute(
                "UPDATE posts SET sent_at = ?, begun = 0 WHERE campaign = ? AND id = ? AND number = ?",
                [taken_at, campaign, id, number],
            )
            self.db.executemany(
                "INSERT OR IGNORE INTO sent_ids VALUES (?, ?, ?, ?, ?)",
                [(bridge, notice.to.chat, sent_id, campaign, id) for sent_id in (*sent.ids, *sent.also) if sent_id],
            )
            as_it_is = self.notice(campaign, id)  # they may have arrived meanwhile
            if as_it_is.step is Step.STORED and not self.unsent(notice):
                self._go(as_it_is, Step.SENT)
                self.db.execute(
                    "UPDATE notices SET sent_at = ?, reason = NULL, todo = NULL WHERE campaign = ? AND id = ?",
                    [taken_at, campaign, id],
                )

    def later(self, notice: Notice, at: int, reason: str) -> None:
        """Note that the network did not take it, why, and when to try again."""
        self.db.execute(
            "UPDATE notices SET next_at = ?, reason = ?, tries = tries + 1 WHERE campaign = ? AND id = ?",
            [at, reason, notice.campaign, notice.id],
        )

    def fail(self, notice: Notice, reason: str, todo: str, *, unsure: bool = False) -> None:
        """Note that it will not be tried again by itself, why, and what to do."""
        with self.at_once():
            self._go(self.notice(notice.campaign, notice.id), Step.FAILED)
            self.db.execute(
                "UPDATE notices SET reason = ?, todo = ?, unsure = ? WHERE campaign = ? AND id = ?",
                [reason, todo, unsure, notice.campaign, notice.id],
            )

    def put_back(self, notice: Notice) -> None:
        """Have a failed notice tried again: word for word, if it was written already."""
        with self.at_once():
            stored = self.db.execute(
                "SELECT 1 FROM posts WHERE campaign = ? AND id = ?", [notice.campaign, notice.id]
            ).fetchone()
            self._go(notice, Step.STORED if stored else Step.PLANNED)
            self.db.execute(
                "UPDATE notices SET tries = 0, next_at = 0, reason = NULL, todo = NULL, unsure = 0"
                " WHERE campaign = ? AND id = ?",
                [notice.campaign, notice.id],
            )
            self.db.execute("UPDATE posts SET begun = 0 WHERE campaign = ? AND id = ?", [notice.campaign, notice.id])

    def _go(self, notice: Notice, step: Step) -> None:
        if step not in LEGAL[notice.step]:
            raise IllegalStep(f"A notice that is {notice.step} cannot become {step}.")
        self.db.execute("UPDATE notices SET step = ? WHERE campaign = ? AND id = ?", [step, notice.campaign, notice.id])

    # -- invitations ----------------------------------------------------------------------------------

    def invitation(self, id: str, bridge: str) -> Invited | None:
        """The invitation that was made for somebody and not used yet."""
        row = self.db.execute(
            "SELECT content FROM invitations WHERE id = ? AND bridge = ? AND used_at IS NULL ORDER BY made_at",
            [id, bridge],
        ).fetchone()
        return msgspec.json.decode(row[0], type=Invited) if row else None

    def keep_invitation(self, id: str, invitation: str, invited: Invited, now: int) -> None:
        """Write an invitation down before anybody hears of it."""
        self.db.execute(
            "INSERT OR IGNORE INTO invitations VALUES (?, ?, ?, ?, ?, NULL)",
            [id, invited.bridge, invitation, msgspec.json.encode(invited), now],
        )

    # -- stopping -------------------------------------------------------------------------------------

    def ask_to_stop(self, now: int) -> None:
        """Let whoever sends or watches stop before the next notice."""
        self.db.execute("INSERT INTO stops VALUES (?)", [now])

    def is_to_stop(self) -> bool:
        return self.db.execute("SELECT 1 FROM stops").fetchone() is not None

    def go_on(self) -> None:
        """Forget that somebody said stop."""
        self.db.execute("DELETE FROM stops")


def _notice(row: tuple[Any, ...]) -> Notice:
    campaign, addressee, step, code, tries, next_at, reason, todo, unsure, *times = row
    sent_at, delivered_at, read_at, arrived_at = times
    return Notice(
        campaign=campaign,
        to=msgspec.json.decode(addressee, type=Addressee),
        step=Step(step),
        code=code,
        tries=tries,
        next_at=next_at,
        reason=reason,
        todo=todo,
        unsure=bool(unsure),
        sent_at=sent_at,
        delivered_at=delivered_at,
        read_at=read_at,
        arrived_at=arrived_at,
    )
