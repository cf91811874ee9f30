"""Writes everything that lies beside `archive.sqlite`, from `archive.sqlite` alone, and only what has to be."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import msgspec

from ..errors import NothingFound, WrongWords
from ..model import Conversation
from ..progress import Progress, Silent
from . import database, manifest, readme
from .outputs import WORK, Outputs
from .read import Archive
from .store import FORMATS, Store
from .writer import ConversationWriter, FormatWriter

MESSAGES_A_COMMIT = 5000


class RenderReport(msgspec.Struct, frozen=True, kw_only=True):
    """How many files were written again, found to be right already, and removed."""

    written: int
    unchanged: int
    removed: int


def render(
    folder: Path, formats: Collection[str] | None = None, progress: Progress | None = None, *, now: int
) -> RenderReport:
    """Write the pages, tables and lists of an archive again. All formats unless some are named."""
    if not (folder / database.NAME).is_file():
        raise NothingFound(f"There is no archive in {folder}.", "Name the folder that `decamp export` made.")
    chosen = check_formats(formats)
    store = Store(folder)
    try:
        clear_work(folder)
        with store.transaction():
            for format in chosen:
                store.mark_all_stale(format)
        report = write_stale(store, chosen, progress or Silent())
    finally:
        store.close()
    manifest.write(folder, now)
    clear_work(folder)
    return report


def check_formats(formats: Collection[str] | None) -> list[str]:
    """The formats to write, in the order they are written. Raises `WrongWords` for one we do not know."""
    for format in formats or ():
        if format not in FORMATS:
            raise WrongWords(f"There is no format {format!r}.", f"Choose among {', '.join(FORMATS)}.")
    return [format for format in FORMATS if formats is None or format in formats]


def clear_work(folder: Path) -> None:
    """Remove what this run, or one that was killed, left half done."""
    shutil.rmtree(folder / WORK, ignore_errors=True)


def write_stale(store: Store, formats: Collection[str], progress: Progress) -> RenderReport:
    """Write what changed since each format was last written. Conversation by conversation, each repeatable."""
    archive = Archive(store.folder, store.con)
    outputs = Outputs(store.folder, store.con)
    stale: dict[int, list[str]] = {}
    for format, n in store.con.execute("SELECT format, conversation FROM stale"):
        if format in formats:
            stale.setdefault(n, []).append(format)
    if not stale:
        return RenderReport(written=0, unchanged=0, removed=0)
    writers = {format: _writer(format)(archive, outputs) for format in formats}
    conversations = [(n, c) for n, c in archive.numbered_conversations() if n in stale]
    progress.stage("Writing pages", sum(c.message_count for _, c in conversations), "messages")
    for group in _groups(conversations):
        with store.transaction():
            for n, conversation in group:
                parts = [writers[format].begin(n, conversation) for format in stale[n]]
                _write_conversation(archive, n, conversation, parts, progress)
                store.mark_written(n, stale[n])
    progress.stage("Writing lists and search", len(writers), "formats")
    with store.transaction():
        for format in [format for format in formats if format in stale.get(0, ())]:
            writers[format].finish()
            store.mark_written(0, [format])
            progress.advance(1)
        readme.write(archive, outputs)
    return RenderReport(written=outputs.written, unchanged=outputs.unchanged, removed=outputs.removed)


def _groups(conversations: list[tuple[int, Conversation]]) -> Iterator[list[tuple[int, Conversation]]]:
    """Conversations to commit together: many small ones, or a large one. Each commit waits for the disk."""
    group: list[tuple[int, Conversation]] = []
    for n, conversation in conversations:
        group.append((n, conversation))
        if sum(c.message_count for _, c in group) >= MESSAGES_A_COMMIT:
            yield group
            group = []
    if group:
        yield group


def _write_conversation(
    archive: Archive, n: int, conversation: Conversation, parts: list[ConversationWriter], progress: Progress
) -> None:
    place = 0
    for place, (number, message) in enumerate(archive.messages(n, conversation.id), 1):
        for part in parts:
            part.add(number, message)
        if place % 1000 == 0:
            progress.advance(1000)
    progress.advance(place % 1000)
    for part in parts:
        part.finish()


def _writer(format: str) -> Callable[[Archive, Outputs], FormatWriter]:
    if format == "jsonl":
        from .jsonl import JsonLines

        return JsonLines
    if format == "html":
        from .html import Pages

        return Pages
    from .people import ContactCards, ContactTable

    return ContactTable if format == "csv" else ContactCards
