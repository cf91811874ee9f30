"""Reads and decrypts the files below `attachments.noindex`; every path in the database is somebody else's word.

Source: formats page of Session Desktop, sections 7.2 and 7.3.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from nacl import bindings

from ..base import FileProblem, FileRef

_HEADER = 24
_OVERHEAD = _HEADER + 17
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_NOT_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)


class Files:
    """The attachment files of one profile. `key` is None where the profile has lost it."""

    def __init__(self, folder: Path, key: bytes | None) -> None:
        self._folder = folder
        self._key = key

    def read(self, ref: FileRef) -> bytes:
        """The plain bytes of a file. Raises `FileProblem` if it is missing, damaged or not where files belong."""
        sealed = _bytes_of(self._inside(ref.path))
        if self._key is None:
            raise FileProblem("damaged", "The key of the attachments is missing from the profile.")
        return decrypt(sealed, self._key)

    def _inside(self, stored: str) -> Path:
        """Where a stored path leads, provided that this is below the folder of attachments."""
        parts = stored.replace("\\", "/").split("/")  # Windows stores its own separator
        if not stored or "\0" in stored or ".." in parts or not parts[0] or ":" in parts[0]:
            raise FileProblem("refused", "Its path leads out of the folder of attachments.")
        try:
            folder = self._folder.resolve()
            path = folder.joinpath(*parts).resolve()
        except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that no disk can hold
            raise FileProblem("refused", "Its path is none that Session could have made.") from error
        if not path.is_relative_to(folder) or path == folder:
            raise FileProblem("refused", "Its path leads out of the folder of attachments.")
        return path


def decrypt(sealed: bytes, key: bytes) -> bytes:
    """Open one file: a libsodium secretstream of a single, final message."""
    if len(sealed) < _OVERHEAD:
        raise FileProblem("damaged", "The file is cut off.")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    try:
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, sealed[:_HEADER], key)
        plain, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, sealed[_HEADER:], None)
    except RuntimeError as error:
        raise FileProblem("damaged", "The file is damaged: it cannot be decrypted.") from error
    if tag != bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL:
        raise FileProblem("damaged", "The file is cut off.")
    return bytes(plain)


def _bytes_of(path: Path) -> bytes:
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in _NOT_THERE:
            raise FileProblem("missing", "The file is not on this disk any more.") from error
        if path.is_dir():  # Windows opens no folders
            raise FileProblem("refused", "It is not a file.") from error
        raise FileProblem("damaged", f"The file cannot be read: {error.strerror}.") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise FileProblem("refused", "It is not a file.")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read()
    except OSError as error:
        raise FileProblem("damaged", f"The file cannot be read: {error.strerror}.") from error
    finally:
        os.close(descriptor)
