"""The contact lists for other programs: a table for spreadsheets and vCards for address books."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime

from ..model import Contact, Conversation, Relation
from ..vcard import escaped, folded
from .outputs import Outputs
from .read import Archive
from .writer import Nothing

COLUMNS = (
    "id",
    "display",
    "name",
    "nickname",
    "relation",
    "approved",
    "approved_me",
    "blocked",
    "message_count",
    "first_seen",
    "last_seen",
    "real_id",
    "avatar",
)
# A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ContactTable:
    """Writes `contacts.csv`: UTF-8 with a byte order mark, so that spreadsheets read every script right."""

    name = "csv"

    def __init__(self, archive: Archive, outputs: Outputs) -> None:
        self._archive = archive
        self._outputs = outputs

    def begin(self, n: int, conversation: Conversation) -> Nothing:
        return Nothing()

    def finish(self) -> None:
        self._outputs.write("contacts.csv", self.name, table(self._archive.contacts()))


class ContactCards:
    """Writes `contacts.vcf`: vCard 4.0 (RFC 6350), everybody but acquaintances."""

    name = "vcard"

    def __init__(self, archive: Archive, outputs: Outputs) -> None:
        self._archive = archive
        self._outputs = outputs

    def begin(self, n: int, conversation: Conversation) -> Nothing:
        return Nothing()

    def finish(self) -> None:
        known = (c for c in self._archive.contacts() if c.relation is not Relation.ACQUAINTANCE)
        self._outputs.write("contacts.vcf", self.name, (vcard(contact) for contact in known))


def table(contacts: list[Contact]) -> Iterator[bytes]:
    """The lines of `contacts.csv`; a name that looks like a formula gets an apostrophe in front."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\r\n")
    line.write("\ufeff")
    writer.writerow(COLUMNS)
    for contact in contacts:
        times = {"first_seen": iso(contact.first_seen_at), "last_seen": iso(contact.last_seen_at)}
        writer.writerow([_cell(times[c] if c in times else getattr(contact, c)) for c in COLUMNS])
        if line.tell() > 1 << 16:
            yield line.getvalue().encode("utf-8")
            line.seek(0)
            line.truncate()
    yield line.getvalue().encode("utf-8")


def iso(time: int | None) -> str | None:
    """A time as spreadsheets read it, UTC. None for a time that no calendar has."""
    if time is None:
        return None
    try:
        return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def vcard(contact: Contact) -> bytes:
    """One contact as vCard 4.0. The Session ID stands in IMPP, where address books keep messenger addresses."""
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        f"UID:session:{contact.id}",
        f"FN:{escaped(contact.display)}",
    ]
    if contact.nickname:
        lines.append(f"NICKNAME:{escaped(contact.nickname)}")
    if contact.name and contact.name != contact.display:
        lines.append(f"X-SESSION-NAME:{escaped(contact.name)}")
    lines.append(f"IMPP:session:{contact.real_id or contact.id}")
    notes = ["Blocked in Session."] if contact.blocked else []
    if contact.relation is not Relation.CONTACT:
        notes.append(f"In Session: {str(contact.relation).replace('_', ' ')}.")
    if notes:
        lines.append(f"NOTE:{escaped(' '.join(notes))}")
    lines.append("END:VCARD")
    return "".join(folded(line) for line in lines).encode("utf-8")
