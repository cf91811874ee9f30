"""Writes the files beside `archive.sqlite`: whole or not at all, owner-only, and only when they changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlcipher3.dbapi2 import Connection


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

    def write(self, path: str, format: str, chunks: Iterable[bytes]) -> None:
        """Write one file at `path` (relative, with `/`) from `chunks`; it appears only when it is complete."""
        target = self.folder / path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = target.with_name(target.name + ".part")
        digest, size = sha256(), 0
        with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
            for chunk in chunks:
                out.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        now = (format, size, digest.hexdigest())
        if self._known.get(path) == now and target.is_file() and target.stat().st_size == size:
            draft.unlink()
            return
        os.replace(draft, target)
        self._known[path] = now
        self._con.execute("INSERT OR REPLACE INTO outputs VALUES (?, ?, ?, ?)", (path, *now))

    def paths(self, format: str) -> set[str]:
        """The files of one format that exist by our own account."""
        return {path for path, (of, _, _) in self._known.items() if of == format}

    def remove(self, path: str) -> None:
        """Forget and delete a file that we wrote earlier."""
        (self.folder / path).unlink(missing_ok=True)
        self._known.pop(path, None)
        self._con.execute("DELETE FROM outputs WHERE path = ?", (path,))

    def entries(self) -> Iterable[tuple[str, int, str]]:
        """Path, size and SHA-256 of every file, by path."""
        return ((path, size, digest) for path, (_, size, digest) in sorted(self._known.items()))
