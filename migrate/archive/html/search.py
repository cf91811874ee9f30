"""The search inside the pages: an index that a browser reads from the disk piece by piece, without a server.

A page opened from disk cannot fetch, but it can add scripts. So every piece is a script that calls
`decamp(name, data)`. Messages are numbered by conversation, then time. `terms/` holds, in order of the words,
where each word is; `times.js` when each message was sent; `text/` what a hit shows, read only for hits.
"""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from itertools import accumulate
from operator import sub

import msgspec

from ...model import Direction, Message
from ..index import told
from ..outputs import Outputs
from ..read import Archive
from .people import People
from .text import line, named

FORMAT = "html"
BLOCK = 500
_OUT = Direction.OUT
_PIECE = 1 << 16
_PEOPLE = 500
_encode = msgspec.json.Encoder().encode
_numbers = msgspec.json.Decoder(list[int])


def piece(name: str, data: object) -> bytes:
    """A script that hands `data` to the search."""
    return b"decamp(%s,%s)\n" % (_encode(name), _encode(data))


class TextBlocks:
    """What search shows of one conversation's messages, a few hundred to a file."""

    def __init__(self, outputs: Outputs, folder: str, people: People) -> None:
        self._outputs = outputs
        self._folder = folder
        self._people = people
        self._me = people.account.id
        self._senders: dict[str, int] = {}
        self._messages: list[tuple[str, int, int, str] | int] = []
        self._number = 0
        self._holds_text = False
        self.paths: set[str] = set()

    def add(self, message: Message) -> None:
        """The next message; what search cannot find takes its place as 0."""
        words = told(message)
        if words:
            id = self._me if message.direction is _OUT else message.sender
            sender = self._senders.setdefault(id, len(self._senders))
            shown = named(words, self._people.name) if "@" in words else words
            self._messages.append((message.id, message.sent_at // 1000, sender, shown))
            self._holds_text = True
        else:
            self._messages.append(0)
        if len(self._messages) == BLOCK:
            self.finish()

    def finish(self) -> None:
        """Write what is there. A block in which there is nothing to find is not written."""
        if self._holds_text:
            name = f"text/{self._folder}/{self._number}"
            senders = [(id, "You" if id == self._me else self._people.name(id)) for id in self._senders]
            path = f"html/search/{name}.js"
            self._outputs.write(path, FORMAT, [piece(name, [senders, self._messages])])
            self.paths.add(path)
        self._senders, self._messages, self._holds_text = {}, [], False
        self._number += 1


def write(archive: Archive, outputs: Outputs, folders: dict[int, str], page: int) -> set[str]:
    """Write the index over all conversations; returns the paths."""
    con = archive.con
    size = con.execute("SELECT coalesce(max(n), 0) + 1 FROM messages").fetchone()[0]
    place, times = array("I", bytes(4 * size)), array("I")
    counts: dict[int, int] = {}
    for number, (n, conversation, sent_at) in enumerate(
        con.execute("SELECT n, conversation, sent_at FROM messages ORDER BY conversation, sent_at, id")
    ):
        place[n] = number
        times.append(min(max(sent_at // 1000, 0), 0xFFFFFFFF))
        counts[conversation] = counts.get(conversation, 0) + 1
    first_words: list[str] = []
    paths = _write_terms(archive, outputs, place, first_words)
    if sys.byteorder == "big":
        times.byteswap()
    titles = dict(con.execute("SELECT n, title FROM conversations").fetchall())
    firsts = accumulate(counts.values(), initial=0)
    chats = [
        (folders[n], line(titles[n]), first, count) for (n, count), first in zip(counts.items(), firsts, strict=False)
    ]
    start = {"page": page, "block": BLOCK, "chats": chats, "terms": first_words, "people": _people(archive)}
    for name, data in (("start", start), ("times", b64encode(times).decode())):
        path = f"html/search/{name}.js"
        outputs.write(path, FORMAT, [piece(name, data)])
        paths.add(path)
    return paths


def _write_terms(archive: Archive, outputs: Outputs, place: array[int], first_words: list[str]) -> set[str]:
    """Where each word is, cut into pieces between words. The words come in order, so one piece is held at a time."""
    con = archive.con
    con.execute("CREATE VIRTUAL TABLE temp.words_in_order USING fts5vocab(main, messages_fts, 'instance')")
    paths: set[str] = set()
    words: list[str] = []
    lists: list[bytes] = []
    held = 0

    def cut() -> None:
        name = f"terms/{len(first_words)}"
        first_words.append(words[0])
        path = f"html/search/{name}.js"
        outputs.write(path, FORMAT, [b'decamp("%s",[%s,[%s]])\n' % (name.encode(), _encode(words), b",".join(lists))])
        paths.add(path)
        words.clear()
        lists.clear()

    where = place.__getitem__
    for word, rows in con.execute("SELECT term, group_concat(doc) FROM temp.words_in_order GROUP BY term"):
        places = sorted(set(map(where, _numbers.decode(f"[{rows}]"))))
        encoded = _encode([places[0], *map(sub, places[1:], places)])
        words.append(word)
        lists.append(encoded)
        held += len(encoded) + len(word) + 4
        if held > _PIECE:
            cut()
            held = 0
    if words:
        cut()
    con.execute("DROP TABLE temp.words_in_order")
    return paths


def _people(archive: Archive) -> list[tuple[str, str]]:
    """Those to choose among: the owner, then who wrote most, by name."""
    me = archive.account().id
    rows = archive.con.execute(
        "SELECT id, display FROM contacts WHERE message_count > 0 AND id <> ? ORDER BY message_count DESC, id LIMIT ?",
        (me, _PEOPLE),
    ).fetchall()
    return [(me, "You"), *sorted(((id, line(name)) for id, name in rows), key=lambda row: (row[1].casefold(), row[0]))]
