"""The manifest: what an archive holds, the hash of each file, and everything that was lost. Writes and checks it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import IO

import msgspec

from .. import __version__
from ..errors import ArchiveError
from ..model import Account, Json
from ..progress import Progress, Silent
from . import database
from .files import path_of
from .outputs import WORK, Outputs
from .read import Archive

NAME = "manifest.json"


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an archive."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`manifest.json`; docs/formats.md describes the keys."""

    format: str
    format_version: int
    decamp: str
    written_at: int
    account: Account
    counts: dict[str, int]
    sources: list[dict[str, Json]]
    lost: list[dict[str, Json]]
    files: dict[str, FileEntry]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not as the manifest says."""

    path: str
    what: str


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of an archive found."""

    ok: bool
    problems: list[Problem]
    files: int
    bytes: int
    messages: int
    strangers: list[str]


def counts(archive: Archive) -> dict[str, int]:
    """How much an archive holds."""
    row = archive.con.execute(
        "SELECT (SELECT count(*) FROM contacts WHERE relation <> 'acquaintance') AS contacts,"
        " (SELECT count(*) FROM contacts WHERE relation = 'acquaintance') AS acquaintances,"
        " (SELECT count(*) FROM conversations) AS conversations,"
        " (SELECT count(*) FROM conversations WHERE message_count > 0) AS conversations_with_messages,"
        " (SELECT coalesce(sum(message_count), 0) FROM conversations) AS messages,"
        " (SELECT count(*) FROM files) AS files,"
        " (SELECT coalesce(sum(size), 0) FROM files) AS bytes,"
        " (SELECT count(*) FROM losses WHERE severity = 'lost') AS lost,"
        " (SELECT count(*) FROM losses WHERE severity = 'gap') AS gaps"
    )
    return dict(zip((column[0] for column in row.description), row.fetchone(), strict=True))


def write(folder: Path, now: int) -> None:
    """Write the manifest of a finished archive. `now` in milliseconds."""
    with Archive.at(folder) as archive:
        sources = archive.con.execute("SELECT kind, label, details FROM sources ORDER BY n").fetchall()
        head = {
            "format": "decamp archive",
            "format_version": database.FORMAT_VERSION,
            "decamp": __version__,
            "written_at": now,
            "account": archive.account(),
            "counts": counts(archive),
            "sources": [
                {"kind": kind, "label": label, "details": msgspec.json.decode(details)}
                for kind, label, details in sources
            ],
            "lost": [
                {
                    "severity": loss.severity,
                    "kind": loss.kind,
                    "conversation": loss.conversation,
                    "subject": loss.subject,
                    "name": loss.name or None,
                    "reason": loss.reason,
                    "source": label,
                }
                for label, loss in archive.losses()
            ],
        }
        work = folder / WORK
        work.mkdir(mode=0o700, exist_ok=True)
        draft = work / NAME
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
            _write_json(out, head, _entries(archive))
    os.replace(draft, folder / NAME)


def _entries(archive: Archive) -> Iterator[tuple[str, FileEntry]]:
    path = archive.folder / database.NAME
    yield database.NAME, FileEntry(size=path.stat().st_size, sha256=_sha256(path))
    for digest, size in archive.con.execute("SELECT sha256, size FROM files ORDER BY sha256"):
        yield path_of(digest), FileEntry(size=size, sha256=digest)
    for path_text, size, digest in Outputs(archive.folder, archive.con).entries():
        yield path_text, FileEntry(size=size, sha256=digest)


def _write_json(out: IO[bytes], head: dict[str, object], files: Iterator[tuple[str, FileEntry]]) -> None:
    """One key a line and one file a line, so that two manifests can be compared by eye."""
    encode = msgspec.json.encode
    out.write(b"{\n")
    for key, value in head.items():
        if isinstance(value, list) and value:
            body = b"[\n  " + b",\n  ".join(encode(item) for item in value) + b"\n ]"
        else:
            body = encode(value)
        out.write(b" " + encode(key) + b": " + body + b",\n")
    out.write(b' "files": {')
    for place, (path, entry) in enumerate(files):
        out.write((b",\n  " if place else b"\n  ") + encode(path) + b": " + encode(entry))
    out.write(b"\n }\n}\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def load(folder: Path) -> Manifest:
    """Read a manifest. Raises `ArchiveError` if there is none or it is broken."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Manifest)
    except FileNotFoundError as error:
        raise ArchiveError(
            f"{folder} has no manifest, so its last export was not finished.", "Run `decamp export` again to finish it."
        ) from error
    except msgspec.DecodeError as error:
        raise ArchiveError(
            f"The manifest in {folder} is damaged.", "Run `decamp render` on the archive to write it again."
        ) from error


def check(folder: Path, progress: Progress | None = None) -> CheckReport:
    """Check that nothing in an archive was lost or changed since it was written."""
    progress = progress or Silent()
    manifest = load(folder)
    problems = []
    progress.stage("Checking files", sum(entry.size for entry in manifest.files.values()), "bytes")
    for name, entry in manifest.files.items():
        what = _file_problem(folder, name, entry)
        if what:
            problems.append(Problem(path=name, what=what))
        progress.advance(entry.size)
    messages = 0
    if not any(problem.path == database.NAME for problem in problems):
        with Archive.at(folder) as archive:
            messages = counts(archive)["messages"]
            problems += _database_problems(archive, manifest)
    return CheckReport(
        ok=not problems,
        problems=problems,
        files=len(manifest.files),
        bytes=sum(entry.size for entry in manifest.files.values()),
        messages=messages,
        strangers=_strangers(folder, manifest),
    )


def _file_problem(folder: Path, name: str, entry: FileEntry) -> str | None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        return "The manifest names a file outside of the archive."
    if not path.is_file():
        return "The file is gone."
    if path.stat().st_size != entry.size:
        return f"The file has {path.stat().st_size} bytes instead of {entry.size}."
    if _sha256(path) != entry.sha256:
        return "The file was changed."
    return None


def _database_problems(archive: Archive, manifest: Manifest) -> Iterator[Problem]:
    for (line,) in archive.con.execute("PRAGMA quick_check(10)"):
        if line != "ok":
            yield Problem(path=database.NAME, what=f"The database is damaged: {line}.")
    if counts(archive) != manifest.counts:
        yield Problem(path=NAME, what="The counts in the manifest are not those of the database.")
    held = dict(archive.con.execute("SELECT conversation, count(*) FROM messages GROUP BY conversation"))
    for n, conversation in archive.numbered_conversations():
        there = held.get(n, 0)
        if there != conversation.message_count:
            yield Problem(path=database.NAME, what=f"{conversation.id} holds {there} messages, not as counted.")
        if conversation.file and conversation.file in manifest.files:
            lines = _lines(archive.folder / conversation.file)
            if lines is not None and lines != there:
                yield Problem(path=conversation.file, what=f"The file has {lines} messages instead of {there}.")
    missing = archive.con.execute(
        "SELECT count(*) FROM messages, json_each(attachments) WHERE attachments IS NOT NULL AND"
        " json_extract(value, '$.state') = 'kept' AND json_extract(value, '$.sha256') NOT IN (SELECT sha256 FROM files)"
    ).fetchone()[0]
    if missing:
        yield Problem(path=database.NAME, what=f"{missing} attachments are marked as kept but have no file.")


def _lines(path: Path) -> int | None:
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def _strangers(folder: Path, manifest: Manifest) -> list[str]:
    """Files that decamp did not write: no fault, but good to know."""
    return sorted(
        name
        for path in folder.rglob("*")
        if path.is_file() and (name := path.relative_to(folder).as_posix()) not in manifest.files and name != NAME
    )
