"""Files on their way out and in: sealed and uploaded, downloaded and opened.

Facts: formats page of the Session network, section 7. How large a file is, is looked at before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..session.attachments import (
    IV_BYTES,
    LARGEST_UPLOAD,
    LEGACY_KEY_BYTES,
    MAC_BYTES,
    open_file,
    padded_size,
    seal_legacy,
)
from ..session.avatars import open_avatar
from ..session.content import VOICE, Pointer
from ..session.errors import BadFile, TooLarge
from .errors import CannotSend
from .line import Line

MOST_FILES = 32
"""In one message: receivers drop a message with more, section 5.2."""
_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file to send: its bytes, or where on this machine they lie. `name` and `type` are what the others see."""

    content: bytes | Path = field(repr=False)
    name: str
    type: str = "application/octet-stream"
    voice: bool = False
    """Whether it was spoken: the apps show it as a voice message."""

    def read(self) -> bytes:
        """The bytes. Raises `TooLarge` before more than the network takes are in memory, and `OSError`."""
        if isinstance(self.content, bytes):
            return _small_enough(self.content, self.name)
        with self.content.open("rb") as file:
            return _small_enough(file.read(LARGEST_UPLOAD + 1), self.name)


def check(files: Sequence[Outgoing]) -> None:
    """Raise `TooLarge` or `CannotSend` if one of the files will not go, before any of them is uploaded."""
    if not 0 < len(files) <= MOST_FILES:
        raise CannotSend(f"One message has 1 to {MOST_FILES} files, and not {len(files)}.", "Send them in several.")
    for file in files:
        size = len(file.content) if isinstance(file.content, bytes) else file.content.stat().st_size
        if size == 0:
            raise CannotSend(f"{file.name} is empty.", "Send a file that has something in it.")
        _check_size(size, file.name)


async def upload(file: Outgoing, line: Line, rng: Callable[[int], bytes]) -> Pointer:
    """Seal a file and leave it with the file server; what a message says about it is the answer."""
    plain = file.read()
    key = rng(LEGACY_KEY_BYTES)
    blob, digest = seal_legacy(plain, key, rng(IV_BYTES))
    return Pointer(
        type=file.type,
        key=key,
        size=len(plain),
        digest=digest,
        name=file.name,
        flags=VOICE if file.voice else None,
        url=await line.upload(blob),
    )


async def fetch(pointer: Pointer, line: Line, limit: int = LARGEST_UPLOAD) -> bytes:
    """The file that a message points to. Raises `BadFile`, or what `Line.download` raises."""
    if (pointer.size or 0) > limit:
        raise BadFile("too_large", f"A file of {pointer.size} bytes is larger than the {limit} that are wanted.")
    plain = open_file(pointer, await line.download(pointer.url or ""))
    if len(plain) > limit:
        raise BadFile("too_large", f"A file of {len(plain)} bytes is larger than the {limit} that are wanted.")
    return plain


async def fetch_avatar(url: str, key: bytes, line: Line) -> bytes:
    """The picture that a profile points to. Raises as `fetch` does."""
    return open_avatar(url, key, await line.download(url))


def sealed_size(size: int) -> int:
    """How many bytes a file of `size` takes on the server."""
    return IV_BYTES + (padded_size(size) // _BLOCK + 1) * _BLOCK + MAC_BYTES


def _small_enough(content: bytes, name: str) -> bytes:
    _check_size(len(content), name)
    return content


def _check_size(size: int, name: str) -> None:
    if size > LARGEST_UPLOAD or sealed_size(size) > LARGEST_UPLOAD:
        raise TooLarge(
            f"{name} has {size:,} bytes, and sealed it would be larger than the {LARGEST_UPLOAD:,} of the file server.",
            "Send a smaller file, or a link to it.",
        )
