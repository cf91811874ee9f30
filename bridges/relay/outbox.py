"""What waits to go out, place by place and in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ..actions import AnyAction, Post
from .database import Database
from .intents import AnyIntent
from .loops import MARK
from .model import Place
from .orders import Queue
from .store import Entry

WAITS, HELD_BACK, GIVEN_UP = 0, 1, 2
_ENTRY = (
    "number, bridge, chat, link, source_bridge, source_chat, message, intent, created_at, steps, done, doubts, tries,"
    " first_try_at"
)
_Row = tuple[int, str, str, str, str, str, int | None, bytes, int, bytes | None, int, int, int, int | None]
_intents: msgspec.json.Decoder[AnyIntent] = msgspec.json.Decoder(AnyIntent)
_steps: msgspec.json.Decoder[tuple[AnyAction, ...]] = msgspec.json.Decoder(tuple[AnyAction, ...])
_encode = msgspec.json.Encoder().encode


class Outbox:
    """Reads and writes entries. `store` is the name of this store, which is in every key."""

    def __init__(self, database: Database, store: str) -> None:
        self._db, self._store = database, store

    def put(self, order: Queue, message: int | None, now: int, *, held_back: bool) -> None:
        self._db.write(
            "INSERT INTO outbox (bridge, chat, state, link, source_bridge, source_chat, message, intent, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (order.place.bridge, order.place.chat, HELD_BACK if held_back else WAITS, order.link, order.source.bridge,
             order.source.chat, message, _encode(order.intent), now),
        )  # fmt: skip

    def places(self) -> list[Place]:
        rows = self._db.con.execute("SELECT DISTINCT bridge, chat FROM outbox WHERE state = 0")
        return [Place(bridge=bridge, chat=chat) for bridge, chat in rows]

    def waiting(self, place: Place, most: int) -> list[Entry]:
        rows = self._db.con.execute(
            f"SELECT {_ENTRY} FROM outbox WHERE bridge = ? AND chat = ? AND state = 0 ORDER BY number LIMIT ?",
            (place.bridge, place.chat, most),
        )
        return [self._entry(row) for row in rows]

    def _entry(self, row: _Row) -> Entry:
        number, to_bridge, to_chat, link, bridge, chat, message, intent, made, steps, done, doubts, tries, first = row
        return Entry(
            number=number, key=f"{MARK}{self._store}-{number}", place=Place(bridge=to_bridge, chat=to_chat), link=link,
            source=Place(bridge=bridge, chat=chat), message=message, intent=_intents.decode(intent), created_at=made,
            steps=_steps.decode(steps) if steps else None, done=done, doubts=doubts, tries=tries, first_try_at=first,
        )  # fmt: skip

    def going_out(self, place: Place, text: str) -> str | None:
        """The key of a text that is on its way there, and that the network has not said that it took."""
        rows = self._db.con.execute(
            "SELECT steps, done FROM outbox WHERE bridge = ? AND chat = ? AND steps IS NOT NULL ORDER BY number",
            (place.bridge, place.chat),
        )
        for steps, done in rows:
            for step in _steps.decode(steps)[done:] if steps else ():
                if isinstance(step, Post) and step.text == text and text:
                    return step.key
        return None

    def coming(self, message: int, place: Place) -> list[AnyIntent]:
        """What is still to be shown there of a message, oldest first."""
        rows = self._db.con.execute(
            "SELECT intent FROM outbox WHERE message = ? AND bridge = ? AND chat = ? AND state <> 2 ORDER BY number",
            (message, place.bridge, place.chat),
        )
        return [_intents.decode(intent) for (intent,) in rows]

    def supersede(self, entry: Entry, *, whole: bool) -> None:
        """A later text of a message is there: what was given up of earlier ones is not to come after it.

        `whole`: it stands for the message itself too. What was to bring files along stays.
        """
        self._db.write(
            "DELETE FROM outbox WHERE message = ? AND bridge = ? AND chat = ? AND state = ? AND number < ?"
            " AND (json_extract(CAST(intent AS TEXT), '$.intent') = 'correct' OR (?"
            " AND json_extract(CAST(intent AS TEXT), '$.intent') = 'say'"
            " AND coalesce(json_array_length(CAST(intent AS TEXT), '$.files'), 0) = 0))",
            (entry.message, entry.place.bridge, entry.place.chat, GIVEN_UP, entry.number, whole),
        )

    def is_given_up(self, message: int | None, place: Place) -> bool:
        """Whether something of a message waits there for the owner to say that it is tried again."""
        row = self._db.con.execute(
            "SELECT 1 FROM outbox WHERE message = ? AND bridge = ? AND chat = ? AND state = ? LIMIT 1",
            (message, place.bridge, place.chat, GIVEN_UP),
        ).fetchone()
        return row is not None

    def is_coming(self, message: int) -> bool:
        """Whether its words, or a change of them, are still to be shown anywhere, or were given up."""
        query = (
            "SELECT 1 FROM outbox WHERE message = ?"
            " AND json_extract(CAST(intent AS TEXT), '$.intent') IN ('say', 'correct') LIMIT 1"
        )
        return self._db.con.execute(query, (message,)).fetchone() is not None

    def find(self, key: str) -> tuple[Entry, int] | None:
        """What is not all there yet, by the key of one of its steps, and which step that is."""
        number, _, step = key.removeprefix(f"{MARK}{self._store}-").partition("-")
        if not (number.isdecimal() and step.isdecimal()):
            return None
        row = self._db.con.execute(f"SELECT {_ENTRY} FROM outbox WHERE number = ?", (int(number),)).fetchone()
        return (self._entry(row), int(step)) if row else None

    def done(self, number: int) -> int | None:
        """How many steps the network took; None where it took all of them, or nothing is wanted any more."""
        row = self._db.con.execute("SELECT done FROM outbox WHERE number = ?", (number,)).fetchone()
        return row[0] if row else None

    def begin(self, number: int, steps: Sequence[AnyAction], now: int) -> bool:
        """Returns whether it was still there."""
        return self._db.write(
            "UPDATE outbox SET steps = ?, under_way = 1, first_try_at = coalesce(first_try_at, ?) WHERE number = ?",
            (_encode(steps), now, number),
        ).rowcount > 0  # fmt: skip

    def step_taken(self, number: int, done: int) -> None:
        self._db.write("UPDATE outbox SET done = ?, doubts = 0 WHERE number = ?", (done, number))

    def remove(self, number: int) -> bool:
        """Returns whether it was still there."""
        return self._db.write("DELETE FROM outbox WHERE number = ?", (number,)).rowcount > 0

    def put_off(self, number: int, why: str, now: int, *, doubtful: bool) -> None:
        self._db.write(
            "UPDATE outbox SET under_way = 0, why = ?, doubts = doubts + ?, tries = tries + 1,"
            " first_try_at = coalesce(first_try_at, ?) WHERE number = ?",
            (why, doubtful, now, number),
        )

    def give_up(self, number: int, why: str) -> bool:
        """Returns whether it was still there."""
        return self._db.write(
            "UPDATE outbox SET state = ?, under_way = 0, why = ? WHERE number = ?", (GIVEN_UP, why, number)
        ).rowcount > 0  # fmt: skip

    def retry(self, link: str | None, bridge: str | None) -> int:
        """Let what was given up wait again, before what came later: of a link, for a bridge, or all of it."""
        return self._db.write(
            "UPDATE outbox SET state = 0, tries = 0, first_try_at = NULL, doubts = min(doubts, 1) WHERE state = 2"
            " AND (? IS NULL OR link = ?) AND (? IS NULL OR bridge = ?)", (link, link, bridge, bridge)
        ).rowcount  # fmt: skip

    def cut_off(self) -> int:
        """After a crash: whatever was on its way may have arrived or not."""
        return self._db.write("UPDATE outbox SET under_way = 0, doubts = doubts + 1 WHERE under_way = 1").rowcount

    def sort(self, stands: Callable[[str, Place, Place], bool]) -> None:
        """Hold back what stands still now, and let go of what does no longer. `stands`: a link, from where to where."""
        rows = self._db.con.execute(
            "SELECT DISTINCT link, source_bridge, source_chat, bridge, chat, state FROM outbox WHERE state IN (0, 1)"
        ).fetchall()
        for *way, state in rows:
            link, from_bridge, from_chat, bridge, chat = way
            source, target = Place(bridge=from_bridge, chat=from_chat), Place(bridge=bridge, chat=chat)
            wanted = HELD_BACK if stands(link, source, target) else WAITS
            if wanted != state:
                self._db.write(
                    "UPDATE outbox SET state = ? WHERE link = ? AND source_bridge = ? AND source_chat = ?"
                    " AND bridge = ? AND chat = ? AND state = ?",
                    (wanted, *way, state),
                )

    def has_words(self, link: str, place: Place) -> bool:
        """Whether something that somebody wrote waits for a place."""
        row = self._db.con.execute(
            "SELECT 1 FROM outbox WHERE link = ? AND bridge = ? AND chat = ? AND state <> 2"
            " AND json_extract(CAST(intent AS TEXT), '$.intent') IN ('say', 'correct') LIMIT 1",
            (link, place.bridge, place.chat),
        ).fetchone()
        return row is not None

    def move(self, link: str, before: Place, place: Place) -> list[int]:
        """Let what waits of a link wait for another place, in its order. Returns the numbers that it had.

        Each gets another number, and so another key: what a network took of it in the chat before is not here.
        """
        self._db.write(
            "INSERT INTO outbox (bridge, chat, state, link, source_bridge, source_chat, message, intent, created_at,"
            " why) SELECT ?, ?, state, link, source_bridge, source_chat, message, intent, created_at, why FROM outbox"
            " WHERE link = ? AND bridge = ? AND chat = ? ORDER BY number",
            (place.bridge, place.chat, link, before.bridge, before.chat),
        )
        rows = self._db.write(
            "DELETE FROM outbox WHERE link = ? AND bridge = ? AND chat = ? RETURNING number",
            (link, before.bridge, before.chat),
        ).fetchall()
        return [number for (number,) in rows]

    def drop(self, link: str) -> list[str]:
        """Drop all that waits of a link. Returns for which bridge each."""
        return [bridge for (bridge,) in self._db.write("DELETE FROM outbox WHERE link = ? RETURNING bridge", (link,))]

    def wipe(self, message: int) -> list[int]:
        """Drop what is still to be said of a message that is gone, but that it is to be taken back. Returns which.

        What was begun goes on, for it may be there, and only its id tells how to take it back.
        """
        rows = self._db.write(
            "DELETE FROM outbox WHERE message = ? AND (steps IS NULL OR state = 2)"
            " AND json_extract(CAST(intent AS TEXT), '$.intent') <> 'recall' RETURNING number",
            (message,),
        ).fetchall()
        return [number for (number,) in rows]

    def places_of(self, message: int) -> list[Place]:
        """Where something is still to be said of a message."""
        rows = self._db.con.execute("SELECT DISTINCT bridge, chat FROM outbox WHERE message = ?", (message,))
        return [Place(bridge=bridge, chat=chat) for bridge, chat in rows]

    def by_state(self) -> dict[tuple[str, int], tuple[int, int]]:
        """For each bridge and state: how many, and since when the oldest."""
        rows = self._db.con.execute(
            "SELECT bridge, state, count(*), min(created_at) FROM outbox GROUP BY bridge, state"
        )
        return {(bridge, state): (count, oldest) for bridge, state, count, oldest in rows}

    def failures(self, most: int) -> list[tuple[int, str, str]]:
        rows = self._db.con.execute(
            "SELECT number, link, coalesce(why, '') FROM outbox WHERE state = 2 ORDER BY number DESC LIMIT ?", (most,)
        )
        return list(rows)
