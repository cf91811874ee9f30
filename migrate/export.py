"""Moves history from a source into an archive: the one place where the two meet.

A run may be killed at any line. What was committed stays, what was half done is done again, and the result
is the same as that of a run that nothing disturbed.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec
from msgspec.structs import replace

from .archive import database, manifest
from .archive.files import FileStore, path_of
from .archive.index import finish
from .archive.intake import Entry, Intake
from .archive.outputs import WORK
from .archive.read import Archive
from .archive.render import check_formats, clear_work, write_stale
from .archive.store import Store
from .errors import ArchiveError
from .model import Account, Attachment, AttachmentState, Loss, Message
from .progress import Progress, Silent
from .selection import Chosen, Selection, choose
from .sources.base import AttachmentRefs, FileProblem, FileRef, Found, Row, Source

BATCHES = 20  # batches of rows in one transaction: each commit waits for the disk


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What an export did, what the archive holds now, and everything that was lost on the way."""

    folder: str
    account: Account
    new_messages: int
    updated_messages: int
    unchanged_messages: int
    new_files: int
    written: int
    counts: dict[str, int]
    first_message_at: int | None
    last_message_at: int | None
    losses: list[Loss]
    warnings: list[str]

    @property
    def ok(self) -> bool:
        """Whether everything that the source had is in the archive."""
        return not any(loss.severity == "lost" for loss in self.losses)


def export(
    source: Source,
    folder: Path,
    *,
    selection: Selection | None = None,
    formats: Collection[str] | None = None,
    progress: Progress | None = None,
    now: int,
) -> Report:
    """Bring an archive up to date with a source. Makes the archive if there is none; `now` in milliseconds.

    Raises `WrongKey`, `SourceBusy`, `ArchiveBusy`, `ArchiveError` (not an archive, or another account's) and
    `WrongWords` (no such chat or format); the archive is then as it was.
    """
    chosen_formats = check_formats(formats)
    selection = selection or Selection()
    state = msgspec.json.encode([source.state(), selection]).decode()
    if _nothing_to_do(folder, state, chosen_formats):
        return _report(folder, Work(), 0)
    made_folder, made_archive = _prepare(folder)
    store = Store(folder, before_change=lambda: (folder / manifest.NAME).unlink(missing_ok=True))
    work = Work()
    try:
        clear_work(folder)
        with _few_collections(), source:
            work.warnings = list(source.warnings)
            _Reading(source, store, selection, progress or Silent(), work).run(state)
        with _few_collections():
            finish(store)
            written = write_stale(store, chosen_formats, progress or Silent()).written
        done = not store.changed and (folder / manifest.NAME).is_file()
    finally:
        store.close()
        clear_work(folder)
        if made_archive and not store.changed:
            (folder / database.NAME).unlink()
            if made_folder:
                folder.rmdir()
    if not done:
        manifest.write(folder, now)
        clear_work(folder)
    return _report(folder, work, written)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Look for garbage less often: a message is no garbage, and a hundred thousand pass by (4 % of an export)."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@dataclass(slots=True)
class Work:
    """What a run counts while it goes."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    files: int = 0
    warnings: list[str] | None = None


def _prepare(folder: Path) -> tuple[bool, bool]:
    """Make the folder, or refuse one that holds something else. Says whether folder and archive are new."""
    if folder.exists() and not folder.is_dir():
        raise ArchiveError(f"{folder} is a file.")
    made_folder, made_archive = not folder.exists(), not (folder / database.NAME).exists()
    if not made_folder and made_archive and any(folder.iterdir()):
        raise ArchiveError(f"{folder} is not empty, and not an archive.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made_folder, made_archive


def _nothing_to_do(folder: Path, state: str, formats: list[str]) -> bool:
    """Whether the last run already saw everything there is. Looks, and changes nothing.

    What a killed run left is something to do: it may hold a private copy of the source, keys and all.
    """
    if (folder / WORK).exists() or (folder / database.JOURNAL).exists():
        return False
    if not (folder / database.NAME).is_file() or not (folder / manifest.NAME).is_file():
        return False
    with Archive.at(folder) as archive:
        known = archive.con.execute("SELECT count(*) FROM sources WHERE state = ?", (state,)).fetchone()[0]
        stale = {format for (format,) in archive.con.execute("SELECT DISTINCT format FROM stale")}
    return known > 0 and stale.isdisjoint(formats)


def _report(folder: Path, work: Work, written: int) -> Report:
    with Archive.at(folder) as archive:
        counts = manifest.counts(archive)
        first, last = archive.con.execute(
            "SELECT min(first_message_at), max(last_message_at) FROM conversations"
        ).fetchone()
        return Report(
            folder=str(folder),
            account=archive.account(),
            new_messages=work.new,
            updated_messages=work.updated,
            unchanged_messages=counts["messages"] - work.new - work.updated,
            new_files=work.files,
            written=written,
            counts=counts,
            first_message_at=first,
            last_message_at=last,
            losses=[loss for _, loss in archive.losses()],
            warnings=work.warnings or [],
        )


class _Reading:
    """One pass over a source: people and places, then every message that is new or changed."""

    def __init__(self, source: Source, store: Store, selection: Selection, progress: Progress, work: Work) -> None:
        self._source = source
        self._store = store
        self._selection = selection
        self._progress = progress
        self._work = work
        self._files = FileStore(store.folder)

    def run(self, state: str) -> None:
        source, store = self._source, self._store
        with store.transaction():
            account = source.account()
            store.set_account(account)
            n = store.source(source.kind, source.fingerprint, source.label, source.details)
            losses = list(source.losses())
            chosen = choose(self._selection, [p.contact for p in source.contacts()],
                            [t.conversation for t in source.conversations()])  # fmt: skip
            losses += self._places(account, chosen)
        intake = Intake(store, n)
        self._progress.stage("Reading messages", source.count(), "messages")
        batches = source.rows()
        more = True
        while more:
            with store.transaction():
                more = False
                for batch in islice(batches, BATCHES):
                    more = True
                    self._batch(intake, batch, chosen)
        with store.transaction():
            losses += self._people(chosen)
            losses += [loss for loss in source.losses() if loss not in losses]
            store.put_losses(n, losses)
            store.set_state(n, state)
        self._work.new, self._work.updated = intake.new, intake.updated

    def _places(self, account: Account, chosen: Chosen) -> Iterator[Loss]:
        picture = self._source.account_avatar()
        if picture is not None:
            avatar, losses = self._picture(picture, account.id)
            yield from losses
            self._store.set_account(replace(account, avatar=avatar))
        for thread in self._source.conversations():
            if chosen.takes_conversation(thread.conversation.id):
                avatar, losses = self._picture(thread.avatar, thread.conversation.id)
                yield from losses
                self._store.put_conversation(replace(thread.conversation, avatar=avatar), hearsay=thread.hearsay)

    def _people(self, chosen: Chosen) -> Iterator[Loss]:
        for person in self._source.contacts():
            if chosen.takes_person(person.contact.id):
                avatar, losses = self._picture(person.avatar, person.contact.id)
                yield from losses
                self._store.put_contact(replace(person.contact, avatar=avatar), hearsay=person.hearsay)

    def _batch(self, intake: Intake, batch: list[Row], chosen: Chosen) -> None:
        entries = []
        for row in batch:
            if not intake.is_known(row.digest):
                found = self._source.read(row)
                if chosen.takes(found.message):
                    entries.append(self._entry(row, found))
        if entries:
            intake.add(entries)
        self._progress.advance(len(batch))

    def _entry(self, row: Row, found: Found) -> Entry:
        if not found.refs and found.preview_image is None:
            return Entry(row.native_id, row.digest, found.message, found.losses)
        if not self._selection.attachments:
            return Entry(row.native_id, None, _without_files(found.message), found.losses)
        message, lost = self._fetch(found)
        return Entry(row.native_id, None if lost else row.digest, message, (*found.losses, *lost))

    def _fetch(self, found: Found) -> tuple[Message, list[Loss]]:
        """The message with its files in the archive, and the files that could not be had."""
        message = found.message
        losses: list[Loss] = []
        attachments = tuple(
            self._attachment(message, attachment, refs, losses)
            for attachment, refs in zip(message.attachments, found.refs, strict=True)
        )
        preview = message.preview
        if preview is not None and found.preview_image is not None:
            image, lost = self._picture(found.preview_image, message.origin.native_id, "preview image")
            losses += [replace(loss, conversation=message.conversation) for loss in lost]
            preview = replace(preview, image=image)
        return replace(message, attachments=attachments, preview=preview), losses

    def _attachment(
        self, message: Message, attachment: Attachment, refs: AttachmentRefs, losses: list[Loss]
    ) -> Attachment:
        thumbnail = self._quietly(refs.thumbnail)
        if refs.file is None:
            return replace(attachment, thumbnail=thumbnail)
        try:
            data = self._source.file(refs.file)
        except FileProblem as problem:
            losses.append(
                Loss(
                    subject=message.origin.native_id,
                    kind="attachment",
                    reason=str(problem),
                    conversation=message.conversation,
                    name=attachment.name or "",
                )
            )
            return replace(attachment, state=AttachmentState(problem.state), thumbnail=thumbnail)
        digest = self._keep(data)
        return replace(
            attachment,
            state=AttachmentState.KEPT,
            sha256=digest,
            size=len(data),
            file=path_of(digest),
            thumbnail=thumbnail,
        )

    def _picture(self, ref: FileRef | None, subject: str, kind: str = "avatar") -> tuple[str | None, list[Loss]]:
        """The SHA-256 of an avatar or preview picture, or why there is none."""
        if ref is None or not self._selection.attachments:
            return None, []
        try:
            return self._keep(self._source.file(ref)), []
        except FileProblem as problem:
            return None, [Loss(subject=subject, kind=kind, reason=str(problem))]

    def _quietly(self, ref: FileRef | None) -> str | None:
        """A thumbnail: a copy in small of what is kept anyway, so one that cannot be had is no loss."""
        if ref is None:
            return None
        try:
            return self._keep(self._source.file(ref))
        except FileProblem:
            return None

    def _keep(self, data: bytes) -> str:
        digest = self._files.put(data)
        self._work.files += self._store.put_file(digest, len(data))
        return digest


def _without_files(message: Message) -> Message:
    """A message whose files were left out on request; a later run without that request fetches them."""
    left_out = tuple(
        replace(a, state=AttachmentState.NOT_DOWNLOADED) if a.state is AttachmentState.KEPT else a
        for a in message.attachments
    )
    return replace(message, attachments=left_out)
