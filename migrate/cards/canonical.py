"""The words of a move statement, and its one canonical text: docs/statement.md, sections 2 to 5.

Whatever this reads, it would have written byte for byte the same; so a signature over the text is a signature over
the nouns. Whether a text can be read never depends on the version of Unicode or on what a network's addresses look
like today: a statement that was good once is good for ever.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from ..errors import DecampError
from ..model import Handle, Noun
from . import handles as addresses

BEGIN = "-----BEGIN MOVE STATEMENT-----"
END = "-----END MOVE STATEMENT-----"
FURTHER_NOTICE = "further notice"
ALL_EARLIER = "all earlier statements"
MOST_LINES, MOST_BYTES = 64, 16 * 1024
EARLIEST_YEAR = 2020
GREATEST_SERIAL = 2**53 - 1

_T = TypeVar("_T")

KNOWN = (
    "Session ID", "Issued", "Valid until", "Serial", "For", "Moved to", "Withdrawn", "Note", "Key", "Signature",
)  # fmt: skip
_FOLDED = frozenset(key.replace(" ", "").lower() for key in KNOWN)

# ASCII, so that no key can look like another one; never "From …", which mailboxes put a ">" before.
_KEY = re.compile(r"(?!From )[A-Za-z][A-Za-z0-9-]*(?: [A-Za-z0-9-]+)*")
_ID = re.compile(r"05[0-9a-f]{64}")
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) UTC")
_SERIAL = re.compile(r"[1-9][0-9]{0,15}")

# Controls, every blank but U+0020, everything that is invisible, turns the direction of reading, has no meaning of
# its own or stands for what could not be read, and all planes above 3. Two joiners and the two selectors that emoji
# and scripts need stay. A list of numbers instead of Unicode properties, because those change: docs/statement.md, 3.
REFUSED = (
    "\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200b\u200e\u200f"
    "\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0d\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe-\U0010ffff"
)
_REFUSED = re.compile(f"[{REFUSED}]")


class BadStatement(DecampError):
    """This is no move statement, or not one in the exact form that can be checked."""

    exit_code = 7
    hint = "Copy it again from where it was published, whole and unchanged, or ask for it as a file or a QR code."


class UnknownHandle(Noun, frozen=True, kw_only=True):
    """A line that says where somebody is, in words that this version does not take for an address."""

    text: str
    reason: str

    def __str__(self) -> str:
        return self.text


class Statement(Noun, frozen=True, kw_only=True):
    """Where the holder of an old account is to be found from now on. Times are whole seconds, in milliseconds."""

    session_id: str
    issued: int
    valid_until: int | None = None
    serial: int
    audience: str | None = None
    handles: tuple[Handle | UnknownHandle, ...] = ()
    notes: tuple[str, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()

    @property
    def withdraws(self) -> bool:
        """True if it names no new place, and only takes back what was said before."""
        return not self.handles


def content(statement: Statement) -> list[str]:
    """The lines between the `Session ID` line and the `Key` line. Nothing is checked here; `statement_of` does that."""
    until = FURTHER_NOTICE if statement.valid_until is None else written_time(statement.valid_until)
    return [
        f"Issued: {written_time(statement.issued)}",
        f"Valid until: {until}",
        f"Serial: {statement.serial}",
        *([] if statement.audience is None else [f"For: {statement.audience}"]),
        *(f"Moved to: {handle}" for handle in statement.handles),
        *([f"Withdrawn: {ALL_EARLIER}"] if statement.withdraws else []),
        *(f"Note: {note}" for note in statement.notes),
        *(f"{key}: {value}" for key, value in statement.unknown),
    ]


def written_time(time: int) -> str:
    """A time as it stands in a statement. Raises `BadStatement` for one that no calendar has."""
    try:
        written = datetime.fromtimestamp(time // 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadStatement("The statement has a time that is in no calendar.") from error
    return f"{written:%Y-%m-%d %H:%M:%S} UTC"


def statement_of(lines: Sequence[str]) -> tuple[Statement, str, str]:
    """The statement in these lines, from the BEGIN line to the END line, and the values of `Key` and `Signature`.

    Raises `BadStatement` for the least deviation from the canonical text.
    """
    if len(lines) > MOST_LINES:
        raise BadStatement(f"The statement has more than {MOST_LINES} lines.")
    for number, line in enumerate(lines, 1):
        _check_characters(number, line)
    if sum(len(line.encode()) + 1 for line in lines) > MOST_BYTES:
        raise BadStatement(f"The statement has more than {MOST_BYTES} bytes.")
    if len(lines) < 2 or lines[0] != BEGIN or lines[-1] != END:
        raise BadStatement("The statement does not begin and end with its two marks.")
    reader = _Reader(lines[1:-1])
    session_id = reader.one("Session ID", _checked_id)
    issued = reader.one("Issued", _read_time)
    until = reader.one("Valid until", lambda text: None if text == FURTHER_NOTICE else _read_time(text))
    serial = reader.one("Serial", _read_serial)
    audience = reader.one("For", _checked_id) if reader.next_is("For") else None
    moved = tuple(reader.all("Moved to"))
    if not moved:
        reader.one("Withdrawn", _checked_withdrawal)
    notes = tuple(reader.all("Note"))
    unknown = tuple(reader.unknown())
    key, signature = reader.one("Key", str), reader.one("Signature", str)
    reader.finish()
    if until is not None and until <= issued:
        raise BadStatement("The statement ends before it begins to be valid.")
    if audience == session_id:
        raise BadStatement("The statement is addressed to the account that it is about.")
    statement = Statement(
        session_id=session_id,
        issued=issued,
        valid_until=until,
        serial=serial,
        audience=audience,
        handles=tuple(_handle(text, audience) for text in moved),
        notes=notes,
        unknown=unknown,
    )
    return statement, key, signature


class _Reader:
    """Takes the lines of a statement in the order in which they have to be."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.pairs = [_pair(number, line) for number, line in enumerate(lines, 2)]
        self.place = 0

    def next_is(self, key: str) -> bool:
        return self.place < len(self.pairs) and self.pairs[self.place][0] == key

    def one(self, key: str, read: Callable[[str], _T]) -> _T:
        if not self.next_is(key):
            raise BadStatement(f'Line {self.place + 2} of the statement should be the "{key}" line.')
        self.place += 1
        try:
            return read(self.pairs[self.place - 1][1])
        except ValueError as error:
            raise BadStatement(f"Line {self.place + 1} of the statement: {error}.") from error

    def all(self, key: str) -> Iterator[str]:
        while self.next_is(key):
            yield self.one(key, str)

    def unknown(self) -> Iterator[tuple[str, str]]:
        """Lines with a key that is not ours, and that nobody could take for one of ours."""
        while self.place < len(self.pairs) and _folded(self.pairs[self.place][0]) not in _FOLDED:
            self.place += 1
            yield self.pairs[self.place - 1]

    def finish(self) -> None:
        if self.place < len(self.pairs):
            raise BadStatement(f"Line {self.place + 2} of the statement should be its end.")


def _folded(key: str) -> str:
    return re.sub("[ -]", "", key).lower()


def _check_characters(number: int, line: str) -> None:
    if _REFUSED.search(line):
        raise BadStatement(f"Line {number} of the statement holds a character that is not allowed in one.")
    if not unicodedata.is_normalized("NFC", line):
        raise BadStatement(f"Line {number} of the statement is not in Unicode normal form C.")
    if line.startswith(" ") or line.endswith(" ") or "  " in line:
        raise BadStatement(f"Line {number} of the statement has a blank too many.")


def _pair(number: int, line: str) -> tuple[str, str]:
    key, colon, value = line.partition(": ")
    if not colon or not value or not _KEY.fullmatch(key):
        raise BadStatement(f'Line {number} of the statement is not of the form "Key: value".')
    return key, value


def _checked_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError("not a Session ID, which is 05 and 64 digits or small letters a to f")
    return text


def _checked_withdrawal(text: str) -> None:
    if text != ALL_EARLIER:
        raise ValueError(f'only "{ALL_EARLIER}" can be withdrawn')


def _read_serial(text: str) -> int:
    if not _SERIAL.fullmatch(text) or int(text) > GREATEST_SERIAL:
        raise ValueError("not a serial number from 1 to 9007199254740991")
    return int(text)


def _read_time(text: str) -> int:
    match = _TIME.fullmatch(text)
    try:
        if match and int(match[1]) >= EARLIEST_YEAR:
            year, month, day, hour, minute, second = map(int, match.groups())
            return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        pass  # the 30th of February, the hour 24
    raise ValueError("not a time like 2026-11-22 14:00:00 UTC")


def _handle(text: str, audience: str | None) -> Handle | UnknownHandle:
    try:
        handle = addresses.parse(text, "public" if audience is None else "one")
    except DecampError as error:
        return UnknownHandle(text=text, reason=str(error))
    if str(handle) != text:
        return UnknownHandle(text=text, reason="It is not written the way decamp writes this address.")
    return handle
