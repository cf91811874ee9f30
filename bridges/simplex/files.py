"""Files on their way: copies under their names until SimpleX has sent them, and what came until it is read.

SimpleX reads and writes files itself, by path, so both lie in the folder of the bridge for a while.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from weakref import WeakValueDictionary

from ..api import NotNow, Refused, Upload
from .wire import Said

KEPT_MS = 7 * 86_400_000
"""Longer than any server of SimpleX keeps a file: 48 hours."""
COMING_SECONDS = 600.0
PIECE = 1 << 16
_REF = re.compile(r"file:([0-9]{1,18}):([0-9]{1,18}):([0-9a-f]{16})")
_FORBIDDEN = re.compile(r"[/\\\x00-\x1f\x7f]")


class Files:
    """The two folders, and who waits for which file."""

    def __init__(self, folder: Path, now: int) -> None:
        whole = folder.resolve()  # SimpleX may be at home elsewhere
        self._out, self._in = whole / "outgoing", whole / "incoming"
        for place in (self._out, self._in):
            place.mkdir(mode=0o700, exist_ok=True)
            _sweep(place, now)
        self._coming: WeakValueDictionary[int, asyncio.Future[bool | None]] = WeakValueDictionary()

    def lay_out(self, upload: Upload, key: str, part: int) -> Path:
        """A copy of a file under the name that the other side is to see. Raises `Refused`."""
        place = self._out / hashlib.sha256(f"{part} {key}".encode()).hexdigest()[:32]
        path = place / safe_name(upload.name)
        try:
            place.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(upload.path, path)
        except OSError:
            raise Refused("The file cannot be read.", "Look whether it is still where it was.") from None
        return path

    def sent(self, path: str) -> None:
        """SimpleX needs its copy no more. Only what we laid out is removed."""
        place = Path(path).parent
        if place.parent == self._out:
            shutil.rmtree(place, ignore_errors=True)

    def note(self, said: Said) -> None:
        """Take note of what SimpleX tells of files."""
        entry = said.chat_item or said.chat_item_
        info = entry.chat_item.file if entry else None
        if info is None:
            return
        if said.type in {"sndFileCompleteXFTP", "sndFileError"} and info.file_source is not None:
            self.sent(info.file_source.file_path)
        elif said.type in {"rcvFileComplete", "rcvFileError", "rcvFileSndCancelled"}:
            coming = self._coming.get(info.file_id)
            if coming is not None and not coming.done():
                coming.set_result(said.type == "rcvFileComplete")

    def lost(self) -> None:
        """Whoever waits for a file has to ask again."""
        for coming in self._coming.values():
            if not coming.done():
                coming.set_result(None)

    def wanted(self, ref: str) -> tuple[int, Path, int]:
        """The number of a file in SimpleX, where it is to lie here, and its size. Raises `Refused`."""
        found = _REF.fullmatch(ref)
        if found is None:
            raise Refused("There is no such file.")
        return int(found[1]), self._in / f"{found[1]}-{found[3]}", int(found[2])

    def expect(self, number: int) -> asyncio.Future[bool | None]:
        """Tells whether the file came, once that is known; None where the connection ended before.

        It is the same for all who wait for a file, and forgotten with the last of them.
        """
        waiting = self._coming.get(number)
        if waiting is None or waiting.done():
            waiting = self._coming[number] = asyncio.get_running_loop().create_future()
        return waiting

    async def arrival(self, coming: asyncio.Future[bool | None]) -> None:
        """Wait for a file. Raises `NotNow` while it is still coming, and `Refused` where it never will."""
        try:
            async with asyncio.timeout(COMING_SECONDS):
                came = await asyncio.shield(coming)
        except TimeoutError:
            raise NotNow("The file is still coming.") from None
        if came is None:
            raise NotNow("The connection to SimpleX was lost.")
        if not came:
            raise Refused("The file did not come.", "Ask for it again: servers of SimpleX keep files for two days.")


async def pieces(path: Path) -> AsyncIterator[bytes]:
    """What lies in a file."""
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


async def picture(ref: str) -> AsyncIterator[bytes]:
    """A picture that a profile has in itself."""
    try:
        yield base64.b64decode(ref.partition(",")[2], validate=True)
    except binascii.Error:
        raise Refused("The picture is damaged.") from None


def safe_name(name: str) -> str:
    """A name that any file system takes: one part, not hidden, not too long. SimpleX shows it to the other side."""
    plain = _FORBIDDEN.sub("_", name).strip().lstrip(".").encode("utf-8", "replace")
    stem, dot, ending = plain.rpartition(b".")
    if len(plain) > 200 and dot and len(ending) < 20:
        plain = stem[: 199 - len(ending)] + dot + ending
    return plain[:200].decode("utf-8", "ignore") or "file"


def _sweep(place: Path, now: int) -> None:
    """Remove what nobody has come for."""
    for one in place.iterdir():
        if one.stat().st_mtime * 1000 < now - KEPT_MS:
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)
