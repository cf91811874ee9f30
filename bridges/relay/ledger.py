"""The map between sides: which message has which ids where, and who reacted to it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..actions import Sent
from ..events import Reference
from .database import Database
from .model import Place
from .orders import Feeling, Remember
from .store import Copy, Emotion, Told

_TOLD = "number, link, bridge, chat, author, name, owner, sent_at, text, revised, deleted, read"
_encode = msgspec.json.Encoder().encode
_Row = tuple[int, str, str, str, str, str, int, int, str | None, int, int, int]


class Ledger:
    """Reads and writes messages, copies and reactions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    # -- messages ----------------------------------------------------------------------------------------

    def remember(self, order: Remember, now: int) -> tuple[int, bool]:
        """The number of a message, and whether it is new. Each id of it is known from now on.

        One that is to disappear does not stay longer because it says that it comes from the future.
        """
        place = order.place
        found = self._db.con.execute(
            "SELECT message FROM copies WHERE bridge = ? AND chat = ? AND id = ?", (place.bridge, place.chat, order.id)
        ).fetchone()
        if found is not None:
            return found[0], False
        author = order.author
        fades_at = None if order.fades_at is None else min(order.fades_at, now + (order.expires or 0) * 1000)
        number = self._db.write(
            "INSERT INTO messages"
            " (link, bridge, chat, author, name, owner, sent_at, text, expires, fades_at, relayed_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (order.link, place.bridge, place.chat, author.id, author.shown, author.owner, order.sent_at, order.text,
             order.expires, fades_at, now),
        ).lastrowid  # fmt: skip
        assert number is not None  # noqa: S101
        self._copy(number, place, order.id, 0, is_text=True, sent_at=order.sent_at)
        for id in order.also:
            self._copy(number, place, id, -1, is_text=False, sent_at=None)
        return number, True

    def ours(self, place: Place, link: str, now: int) -> int:
        """A message for what the relay says itself, so that it is known when it comes back."""
        number = self._db.write(
            "INSERT INTO messages (link, bridge, chat, author, name, owner, sent_at, relayed_at)"
            " VALUES (?, ?, ?, '', 'decamp', 0, ?, ?)",
            (link, place.bridge, place.chat, now, now),
        ).lastrowid
        assert number is not None  # noqa: S101
        return number

    def history(self, place: Place, id: str) -> int | None:
        """The number of a message that is history: nobody is told that it was read."""
        told = self.told(place, id)
        if told is not None:
            self._db.write("UPDATE messages SET read = 3 WHERE number = ?", (told.number,))
        return told.number if told else None

    def told(self, place: Place, id: str) -> Told | None:
        row = self._db.con.execute(
            f"SELECT {_TOLD} FROM messages WHERE number ="
            " (SELECT message FROM copies WHERE bridge = ? AND chat = ? AND id = ?)",
            (place.bridge, place.chat, id),
        ).fetchone()
        return _told(row) if row else None

    def message(self, number: int) -> Told | None:
        row = self._db.con.execute(f"SELECT {_TOLD} FROM messages WHERE number = ?", (number,)).fetchone()
        return _told(row) if row else None

    def revise(self, number: int, text: str, digest: int, change: int) -> None:
        row = (text, digest, number)
        self._db.write("UPDATE messages SET text = ?, revised = ? WHERE number = ? AND NOT deleted", row)
        self._db.write("INSERT OR IGNORE INTO revisions VALUES (?, ?)", (number, change))

    def is_revised(self, number: int, change: int) -> bool:
        row = (number, change)
        return (
            self._db.con.execute("SELECT 1 FROM revisions WHERE message = ? AND digest = ?", row).fetchone() is not None
        )

    def forget(self, number: int) -> None:
        """Wipe the words of a message; its ids stay, so that it never comes again."""
        self._db.has_wiped = True
        self._db.write("UPDATE messages SET text = NULL, deleted = 1, fades_at = NULL WHERE number = ?", (number,))

    def arm(self, number: int, by: int, now: int) -> None:
        self._db.write(
            "UPDATE messages SET read = read | ?, fades_at = CASE WHEN fades_at IS NULL AND expires IS NOT NULL"
            " AND NOT deleted THEN ? + expires * 1000 ELSE fades_at END WHERE number = ? AND read & ? = 0",
            (by, now, number, by),
        )

    def arm_before(self, number: int, place: Place, by: int, now: int) -> None:
        """The same for what came before a message at a place, and is to disappear after it was read."""
        rows = self._db.con.execute(
            "SELECT number FROM messages WHERE expires IS NOT NULL AND fades_at IS NULL AND NOT deleted AND number < ?"
            " AND number IN (SELECT message FROM copies WHERE bridge = ? AND chat = ?)",
            (number, place.bridge, place.chat),
        ).fetchall()
        for (earlier,) in rows:
            self.arm(earlier, by, now)

    def fading(self, until: int, most: int) -> list[Told]:
        """Messages whose time is over, those first that should have gone first."""
        rows = self._db.con.execute(
            f"SELECT {_TOLD} FROM messages WHERE fades_at <= ? ORDER BY fades_at LIMIT ?", (until, most)
        )
        return [_told(row) for row in rows]

    def next_fading(self) -> int | None:
        at: int | None = self._db.con.execute(
            "SELECT min(fades_at) FROM messages WHERE fades_at IS NOT NULL"
        ).fetchone()[0]
        return at

    def stamp(self, now: int) -> None:
        """What has no time, or one to come, from a clock that was wrong, was relayed now as far as anybody knows."""
        self._db.write("UPDATE messages SET relayed_at = ? WHERE relayed_at = 0 OR relayed_at > ?", (now, now))

    def prune(self, before: int, links: Sequence[str], most: int, *, but: bool = False) -> int:
        """Drop what was relayed before anybody refers to it now, some at a time: of these links, or of all but these.

        What still waits to go out stays, and what is still to disappear.
        """
        return self._db.write(
            "DELETE FROM messages WHERE number IN (SELECT number FROM messages WHERE relayed_at < ?"
            f" AND fades_at IS NULL AND link {'NOT IN' if but else 'IN'} (SELECT value FROM json_each(?))"
            " AND number NOT IN (SELECT message FROM outbox WHERE message IS NOT NULL) LIMIT ?)",
            (before, _encode(links).decode(), most),
        ).rowcount

    # -- copies ------------------------------------------------------------------------------------------

    def copied(self, number: int, place: Place, sent: Sent, *, has_text: bool, lasts: bool = False) -> None:
        """Note the ids that a network gave to what was sent for a message. `lasts`: it went out without a timer."""
        (count,) = self._db.con.execute(
            "SELECT count(*) FROM copies WHERE message = ? AND bridge = ? AND chat = ? AND part >= 0",
            (number, place.bridge, place.chat),
        ).fetchone()
        for at, id in enumerate(sent.ids):
            if id:
                is_text = has_text and at == 0
                self._copy(number, place, id, count + at, is_text=is_text, sent_at=sent.sent_at, lasts=lasts)
        for id in sent.also:
            self._copy(number, place, id, -1, is_text=False, sent_at=None)

    def also(self, number: int, place: Place, sent: Sent) -> None:
        """Note the ids of what is known already by another: it came back before the answer to sending it did."""
        if self.message(number) is None:
            return
        first = next(iter(sent.ids), "")
        known = {id for id in (first, *sent.also) if (told := self.told(place, id)) and told.number == number}
        self.copied(number, place, sent, has_text=False) if known else self._renamed(number, place, sent)

    def _renamed(self, number: int, place: Place, sent: Sent) -> None:
        first, *files = sent.ids or ("",)
        self.copied(number, place, Sent(ids=tuple(files), also=(*filter(None, (first,)), *sent.also)), has_text=False)

    def places(self, message: int) -> dict[Place, bool]:
        """Where a message is: where it was written, and where copies of it are. Whether one there has no timer."""
        rows = self._db.con.execute(
            "SELECT bridge, chat, max(lasts) FROM copies WHERE message = ? GROUP BY bridge, chat", (message,)
        )
        return {Place(bridge=bridge, chat=chat): bool(lasts) for bridge, chat, lasts in rows}

    def is_elsewhere(self, message: int, place: Place) -> bool:
        """Whether a message that was not taken back is anywhere but where it was written."""
        row = (message, place.bridge, place.chat)
        query = (
            "SELECT 1 FROM copies JOIN messages ON messages.number = copies.message WHERE copies.message = ?"
            " AND NOT messages.deleted AND NOT (copies.bridge = ? AND copies.chat = ?) LIMIT 1"
        )
        return self._db.con.execute(query, row).fetchone() is not None

    def copies(self, message: int, place: Place) -> list[Copy]:
        rows = self._db.con.execute(
            "SELECT id, part, is_text, sent_at FROM copies WHERE message = ? AND bridge = ? AND chat = ? AND part >= 0"
            " ORDER BY part", (message, place.bridge, place.chat)
        )  # fmt: skip
        return [Copy(id=id, part=part, is_text=bool(is_text), sent_at=sent_at) for id, part, is_text, sent_at in rows]

    def reference(self, message: int, place: Place, me: str) -> Reference | None:
        told, copies = self.message(message), self.copies(message, place)
        if told is None or not copies:
            return None
        here = told.place == place
        return Reference(
            id=copies[0].id, author=told.author if here else me, sent_at=copies[0].sent_at, text=told.text or None
        )

    def _copy(
        self, number: int, place: Place, id: str, part: int, *, is_text: bool, sent_at: int | None, lasts: bool = False
    ) -> None:
        self._db.write(
            "INSERT OR IGNORE INTO copies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (place.bridge, place.chat, id, number, part, is_text, sent_at, lasts),
        )

    # -- reactions ---------------------------------------------------------------------------------------

    def feel(self, order: Feeling, now: int) -> None:
        if order.add:
            self._db.write(
                "INSERT OR IGNORE INTO reactions VALUES (?, ?, ?, ?, ?, ?, ?)",
                (order.message, order.person, order.emoji, order.place.bridge, order.place.chat, order.id, now),
            )
        else:
            self._db.write(
                "DELETE FROM reactions WHERE message = ? AND person = ? AND emoji = ?",
                (order.message, order.person, order.emoji),
            )

    def emotion(self, place: Place, id: str) -> Emotion | None:
        row = self._db.con.execute(
            "SELECT message, person, emoji FROM reactions WHERE bridge = ? AND chat = ? AND id = ?",
            (place.bridge, place.chat, id),
        ).fetchone()
        return Emotion(message=row[0], place=place, person=row[1], emoji=row[2]) if row else None

    def emojis(self, message: int, person: str | None) -> tuple[str, ...]:
        """What somebody, or anybody, has on a message, oldest first."""
        rows = self._db.con.execute(
            "SELECT emoji FROM reactions WHERE message = ? AND (? IS NULL OR person = ?) GROUP BY emoji"
            " ORDER BY min(since), emoji",
            (message, person, person),
        )
        return tuple(emoji for (emoji,) in rows)

    def emojis_elsewhere(self, message: int, place: Place, *, owner: bool) -> tuple[str, ...]:
        """What our account at a place stands for: reactions made elsewhere, and the owner's where it is theirs."""
        rows = self._db.con.execute(
            "SELECT emoji FROM reactions WHERE message = ? AND (bridge <> ? OR chat <> ? OR (? AND person = 'owner'))"
            " GROUP BY emoji ORDER BY min(since), emoji",
            (message, place.bridge, place.chat, owner),
        )
        return tuple(emoji for (emoji,) in rows)

    def shown(self, message: int, place: Place, emoji: str, person: str) -> str | None:
        row = self._db.con.execute(
            "SELECT id FROM reactions_shown WHERE message = ? AND bridge = ? AND chat = ? AND person = ? AND emoji = ?",
            (message, place.bridge, place.chat, person, emoji),
        ).fetchone()
        return row[0] if row else None

    def is_shown(self, message: int, place: Place, emoji: str) -> bool:
        """Whether our account has this emoji on a message there already, whoever it stands for."""
        row = self._db.con.execute(
            "SELECT 1 FROM reactions_shown WHERE message = ? AND bridge = ? AND chat = ? AND person = '' AND emoji = ?",
            (message, place.bridge, place.chat, emoji),
        ).fetchone()
        return row is not None

    def show(self, message: int, place: Place, emoji: str, person: str, id: str | None, *, add: bool) -> None:
        key = (message, place.bridge, place.chat, person, emoji)
        if add:
            self._db.write("INSERT OR REPLACE INTO reactions_shown VALUES (?, ?, ?, ?, ?, ?)", (*key, id))
        else:
            self._db.write(
                "DELETE FROM reactions_shown"
                " WHERE message = ? AND bridge = ? AND chat = ? AND person = ? AND emoji = ?",
                key,
            )


def _told(row: _Row) -> Told:
    number, link, bridge, chat, author, name, owner, sent_at, text, revised, deleted, read = row
    return Told(
        number=number, link=link, place=Place(bridge=bridge, chat=chat), author=author, name=name, owner=bool(owner),
        sent_at=sent_at, text=text, revised=revised, deleted=bool(deleted), read=read,
    )  # fmt: skip
