"""The handles that a person wants on every card, in the order of preference, as `[[handle]]` tables of `config.toml`.

The file is theirs to edit; so it is read with the same suspicion as anything else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from ..errors import NothingFound, WrongWords
from ..model import Handle, Noun
from . import handles

TABLE = "handle"
LONGEST_LABEL, LONGEST_NOTE = 60, 300
_JOINERS = "\u200c\u200d"  # emoji and Persian need them


class Shelf(Protocol):
    """Where the tables lie: `migrate.settings.Settings`."""

    def tables(self, name: str) -> list[dict[str, object]]:
        """All tables of one name."""

    def set_tables(self, name: str, tables: Sequence[Mapping[str, object]]) -> None:
        """Other tables in their place."""


class Entry(Noun, frozen=True, kw_only=True):
    """One handle of the owner, with the label and the note that they gave it."""

    handle: Handle
    label: str | None = None
    note: str | None = None

    @property
    def title(self) -> str:
        """What stands above it: the label, or else the name of the network."""
        return self.label or handles.label(self.handle)


class _Table(msgspec.Struct, forbid_unknown_fields=True):
    address: str
    label: str | None = None
    note: str | None = None


class BadHandleTable(WrongWords):
    """A handle in config.toml cannot be used as it is."""

    hint = "Correct it in config.toml, or remove it there and add it again with `decamp handle add`."


def entries(shelf: Shelf) -> list[Entry]:
    """All handles, the preferred one first. Raises `BadHandleTable` with the number of the one that is wrong."""
    found: list[Entry] = []
    for number, table in enumerate(shelf.tables(TABLE), 1):
        try:
            stored = msgspec.convert(table, _Table)
            entry = entry_of(handles.parse(stored.address), stored.label, stored.note)
        except (msgspec.ValidationError, WrongWords) as error:
            raise BadHandleTable(f"Handle {number} in config.toml: {error}") from error
        if entry.handle in [other.handle for other in found]:
            raise BadHandleTable(f"Handle {number} in config.toml is there twice.")
        found.append(entry)
    return found


def entry_of(handle: Handle, label: str | None = None, note: str | None = None) -> Entry:
    """An entry whose label and note are one line each, and show what they hold."""
    label = _line(label, "The label", LONGEST_LABEL)
    return Entry(handle=handle, label=label, note=_line(note, "The note", LONGEST_NOTE))


def add(shelf: Shelf, entry: Entry, place: int | None = None) -> list[Entry]:
    """Keep a handle at a place (1 is the preferred one), or else at the end. One that was there is changed and moved.

    What it had for a label and a note stays where the new entry has none, and so does its place.
    """
    kept = entries(shelf)
    old = next((number for number, other in enumerate(kept) if other.handle == entry.handle), None)
    if old is not None:
        was = kept.pop(old)
        entry = entry_of(entry.handle, entry.label or was.label, entry.note or was.note)
    index = place - 1 if place is not None else old if old is not None else len(kept)
    if not 0 <= index <= len(kept):
        raise WrongWords(f"There is no place {place} in a list of {len(kept) + 1}.", "1 is the first place.")
    kept.insert(index, entry)
    _write(shelf, kept)
    return kept


def remove(shelf: Shelf, which: str) -> Entry:
    """Take out the handle that is meant by its number, its address or its label, and say which it was."""
    kept = entries(shelf)
    found = [number for number, entry in enumerate(kept, 1) if which == str(number)] or [
        number
        for number, entry in enumerate(kept, 1)
        if which in {entry.title, str(entry.handle), _address(which, entry)}
    ]
    if len(found) != 1:
        why = "No handle is" if not found else f"{len(found)} handles are"
        raise NothingFound(f"{why} meant by this.", "`decamp handle list` shows the number of each; give that.")
    gone = kept.pop(found[0] - 1)
    _write(shelf, kept)
    return gone


def _address(text: str, entry: Entry) -> str:
    """The address as it would be written, or nothing: `@alice:example.org` means `matrix:u/alice:example.org`."""
    try:
        return text if handles.parse(text, "one", entry.handle.network) == entry.handle else ""
    except handles.RefusedHandle:
        return ""


def _write(shelf: Shelf, kept: Sequence[Entry]) -> None:
    named = [{"address": str(entry.handle), "label": entry.label, "note": entry.note} for entry in kept]
    shelf.set_tables(TABLE, [{name: value for name, value in table.items() if value is not None} for table in named])


def _line(text: str | None, what: str, longest: int) -> str | None:
    """A text of a person as one line of a card; nothing for a text of blanks."""
    line = unicodedata.normalize("NFC", " ".join((text or "").split()))
    for mark in line:
        if unicodedata.category(mark)[0] == "C" and mark not in _JOINERS:
            raise WrongWords(f"{what} holds a character that cannot be shown (U+{ord(mark):04X}).", "Leave it out.")
    if len(line) > longest:
        raise WrongWords(f"{what} has more than {longest} characters.", "Make it shorter.")
    return line or None
