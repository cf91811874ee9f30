"""Keeps the bytes of attachments: each file once, named by its SHA-256, whatever its sender called it."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path

from .outputs import WORK

FOLDER = "files"


def path_of(digest: str) -> str:
    """Where a file lies in the archive."""
    return f"{FOLDER}/{digest[:2]}/{digest}"


class FileStore:
    """The folder `files/` of an archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._draft = folder / WORK / "file"
        self._made: set[str] = set()

    def put(self, data: bytes) -> str:
        """Keep these bytes and return their SHA-256. A file that is there already is not written again."""
        digest = sha256(data).hexdigest()
        target = self._folder / path_of(digest)
        try:
            if target.stat().st_size == len(data):
                return digest
        except FileNotFoundError:
            self._make_folder(target.parent)
        with open(os.open(self._draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
            out.write(data)
        os.replace(self._draft, target)
        return digest

    def _make_folder(self, folder: Path) -> None:
        if folder.name not in self._made:
            for each in (self._folder / WORK, folder.parent, folder):
                each.mkdir(mode=0o700, exist_ok=True)
            self._made.add(folder.name)
