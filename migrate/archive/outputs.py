"""Writes the files beside `archive.sqlite`: whole or not at all, owner-only, and only when they changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite3 import Connection

WORK = ".work"  # private and short-lived: what a killed run leaves here, the next one removes


class Outputs:
    """The files that decamp writes from the archive, known by path, size and hash.

    A file whose bytes would be the same is left alone, with its old time stamp. A file that is no longer
    produced is removed; a file that decamp did not write is never touched.
    """

    def __init__(self, folder: Path, con: Connection) -> None:
        self.folder = folder
        self._con = con
        self._known: dict[str, tuple[str, int, str]] = {
            path: (format, size, digest)
            for path, format, size, digest in con.execute("SELECT path, format, size, sha256 FROM outputs")
        }
        self._work = folder / WORK
        self._drafts = 0
        self.written = 0
        self.unchanged = 0
        self.removed = 0

    def begin(self, path: str, format: str) -> Draft:
        """Start a file at `path` (relative, with `/`); it appears when the draft is finished."""
        return Draft(self, path, format)

    def write(self, path: str, format: str, chunks: Iterable[bytes]) -> None:
        """Write a whole file."""
        draft = self.begin(path, format)
        for chunk in chunks:
            draft.write(chunk)
        draft.finish()

    def draft(self) -> Path:
        """A path for a file that is not finished, on the same disk as the archive."""
        self._work.mkdir(mode=0o700, exist_ok=True)
        self._drafts += 1
        return self._work / f"draft-{self._drafts}"

    def note(self, path: str, format: str, size: int, digest: str) -> None:
        """Remember a file that is in its place now."""
        self._known[path] = (format, size, digest)
        self._con.execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)", (path, format, size, digest))

    def is_same(self, path: str, format: str, size: int, digest: str) -> bool:
        """Whether the file with these bytes lies there already."""
        target = self.folder / path
        return self._known.get(path) == (format, size, digest) and target.is_file() and target.stat().st_size == size

    def paths(self, format: str) -> set[str]:
        """The files of one format that exist by our own account."""
        return {path for path, (of, _, _) in self._known.items() if of == format}

    def remove(self, path: str) -> None:
        """Delete and forget a file that we wrote earlier, and its folder if it was the last one there."""
        target = self.folder / path
        target.unlink(missing_ok=True)
        folder = target.parent
        while folder != self.folder and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
        self._known.pop(path, None)
        self._con.execute("DELETE FROM outputs WHERE path = ?", (path,))
        self.removed += 1

    def entries(self) -> Iterable[tuple[str, int, str]]:
        """Path, size and SHA-256 of every file, by path."""
        return ((path, size, digest) for path, (_, size, digest) in sorted(self._known.items()))


class Draft:
    """A file on its way: written under a name of its own, hashed as it grows, put in place at the end."""

    def __init__(self, outputs: Outputs, path: str, format: str) -> None:
        self._outputs = outputs
        self._path = path
        self._format = format
        self._target = outputs.folder / path
        self._target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._part = outputs.draft()
        self._file = open(os.open(self._part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb", buffering=0)  # noqa: SIM115
        self._digest = sha256()
        self._size = 0

    def write(self, chunk: bytes | bytearray) -> None:
        """Add bytes."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self._size += len(chunk)

    def finish(self) -> None:
        """Put the file in its place, unless the same bytes lie there already."""
        self._file.close()
        digest = self._digest.hexdigest()
        if self._outputs.is_same(self._path, self._format, self._size, digest):
            self._part.unlink()
            self._outputs.unchanged += 1
            return
        os.replace(self._part, self._target)
        self._outputs.note(self._path, self._format, self._size, digest)
        self._outputs.written += 1
