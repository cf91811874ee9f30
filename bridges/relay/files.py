"""Files on their way from one network to another: in a folder of the relay's own, one after the other, for a while."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from migrate.errors import DecampError

from ..about import Can, Limits
from ..actions import Upload
from ..api import CannotDo, NotNow, Refused
from ..events import File
from . import words
from .degrade import Unsent

MOST = 2_000_000_000  # bytes of one file, whatever networks say
ROOM = 4_000_000_000  # bytes of all files together
AGE = 7 * 86_400_000  # milliseconds after which what nobody fetched again is removed
SILENCE = 600.0  # seconds until a file begins to come, after which it does not: some networks fetch it as a whole first
SLOWEST = 1000  # bytes a second; what comes slower is not waited for
PICTURES = 200_000_000  # bytes of all pictures of people; one that is not here is fetched when it is needed
PICTURE_AGE = 90 * 86_400_000  # milliseconds after which a picture is


class Spool:
    """A folder that only its owner reads. Files are named by the entry they are for, never by what others call them."""

    def __init__(self, folder: Path, *, room: int = ROOM) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder, self._room = folder, room
        self.pictures = folder / "pictures"
        self.pictures.mkdir(mode=0o700, exist_ok=True)

    async def take(
        self, entry: int, at: int, file: File, fetch: Callable[[str], AsyncIterator[bytes]], can: frozenset[Can],
        limits: Limits,
    ) -> Upload | Unsent:  # fmt: skip
        """Fetch a file, or say why it does not go along. Raises `NotNow` where it may come later."""
        most = self._most(limits)
        if Can.FILES not in can:
            return Unsent(file.name, file.size, "files cannot be sent there")
        if file.size is not None and file.size > most:
            return _too_large(file, file.size, most)
        path = self._folder / f"{entry}-{at}"
        try:
            size = await self._write(path, _pieces(fetch, file.ref), most)
        except (Refused, CannotDo) as error:
            path.unlink(missing_ok=True)
            return Unsent(file.name, file.size, f"it could not be fetched: {error}")
        except NotNow:
            path.unlink(missing_ok=True)
            raise
        except OSError as error:
            path.unlink(missing_ok=True)
            return Unsent(file.name, file.size, f"it could not be kept here: {error.strerror}")
        if size is None:
            path.unlink(missing_ok=True)
            return _too_large(file, file.size, most)
        return Upload(path=str(path), name=file.name, type=file.type, size=size, voice=file.voice)

    def _most(self, limits: Limits) -> int:
        room = max(self._room - sum(size for size, _, _ in _files(self._folder)), 0)
        return min(MOST, room, MOST if limits.file_bytes is None else limits.file_bytes)

    @staticmethod
    async def _write(path: Path, pieces: AsyncIterator[bytes], most: int) -> int | None:
        """The size of what was written, or None where it was more than may be."""
        size = 0
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:  # noqa: ASYNC230  small pieces
            async for piece in pieces:
                size += len(piece)
                if size > most:
                    return None
                out.write(piece)
        return size

    def is_there(self, uploads: tuple[Upload, ...]) -> bool:
        return all(Path(upload.path).is_file() for upload in uploads)

    def drop(self, entry: int) -> None:
        """Remove the files of an entry."""
        for path in self._folder.glob(f"{entry}-*"):
            path.unlink(missing_ok=True)

    def clean(self, now: int) -> None:
        """Remove what lies here too long, and the oldest pictures where they are too many."""
        for _, written_at, path in _files(self._folder):
            if now - written_at > AGE:
                path.unlink(missing_ok=True)
        room = PICTURES
        for size, written_at, path in sorted(_files(self.pictures), key=lambda file: -file[1]):
            room -= size
            if room < 0 or now - written_at > PICTURE_AGE:
                path.unlink(missing_ok=True)


async def _pieces(fetch: Callable[[str], AsyncIterator[bytes]], ref: str) -> AsyncIterator[bytes]:
    """The pieces of a file as they come in time; every byte is worth some. Raises nothing but what a bridge may."""
    deadline = asyncio.get_running_loop().time() + SILENCE
    try:
        pieces = aiter(fetch(ref))
        while True:
            async with asyncio.timeout_at(deadline):
                piece = bytes(await anext(pieces))
            deadline += len(piece) / SLOWEST
            yield piece
    except StopAsyncIteration:
        return
    except (NotNow, Refused, CannotDo):
        raise
    except TimeoutError:
        raise NotNow("It did not come in time.") from None
    except (DecampError, OSError) as error:
        raise NotNow(str(error)) from error
    except Exception as error:  # outermost: other people's code, which costs a file, and nobody their words
        raise NotNow(f"The bridge broke: {type(error).__name__}.") from error


def _files(folder: Path) -> list[tuple[int, int, Path]]:
    """Each file of a folder: how large it is, when it was written, and where."""
    with os.scandir(folder) as entries:
        return [
            (entry.stat().st_size, entry.stat().st_mtime_ns // 1_000_000, Path(entry.path))
            for entry in entries
            if entry.is_file(follow_symlinks=False)
        ]


def _too_large(file: File, size: int | None, most: int) -> Unsent:
    return Unsent(file.name, size, f"larger than the {words.size(most)} that may be sent there")
