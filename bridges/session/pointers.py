"""Where a file or a picture lies and what opens it, in one text that means the same after a restart.

Facts: formats page of the Session network, section 7.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import msgspec

from migrate.account.online import OnlineAccount
from migrate.errors import DecampError
from migrate.model import Noun
from migrate.session.content import Pointer
from migrate.session.errors import NoAnswer

from ..api import File, NotNow, Refused

PIECE = 64 << 10
_UNNAMED, _UNTYPED = "file", "application/octet-stream"


class _Where(Noun, frozen=True, kw_only=True, omit_defaults=True):
    url: str
    key: bytes
    digest: bytes | None = None
    size: int | None = None
    is_picture: bool = False


class RoomFile(Noun, frozen=True, kw_only=True):
    """A file that lies open on the server of a room. Without a number it lies elsewhere, where nobody looks."""

    room: str
    number: int | None = None
    size: int | None = None

    @classmethod
    def read(cls, ref: str) -> RoomFile | None:
        """The file of a room that a reference means, if it means one."""
        try:
            return msgspec.json.decode(ref, type=cls)
        except ValueError:  # msgspec's own errors are such, too
            return None


def file_of(pointer: Pointer, where: RoomFile | None = None) -> File:
    """What a message says about a file. All of it is the sender's claim."""
    sealed = _Where(url=pointer.url or "", key=pointer.key or b"", digest=pointer.digest, size=pointer.size)
    return File(
        ref=_written(where or sealed),
        name=pointer.name or _UNNAMED,
        type=pointer.type or _UNTYPED,
        size=pointer.size,
        voice=pointer.voice,
    )


def picture_of(url: str | None, key: bytes | None) -> str | None:
    """The picture of a person; None for one that nobody can open."""
    return _written(_Where(url=url, key=key, is_picture=True)) if url and key else None


async def pieces(ref: str, account: OnlineAccount) -> AsyncIterator[bytes]:
    """The bytes that a reference leads to. They come only from the file server that everybody uses."""
    try:
        where = msgspec.json.decode(ref, type=_Where)
    except ValueError as error:  # msgspec's own errors are such, too
        raise Refused("This is no reference to a file of Session.") from error
    pointer = Pointer(url=where.url, key=where.key, digest=where.digest, size=where.size)
    try:
        fetched = account.fetch_avatar(where.url, where.key) if where.is_picture else account.fetch(pointer)
        plain = await fetched
    except NoAnswer as error:
        raise NotNow(str(error)) from error
    except DecampError as error:
        raise Refused(str(error), error.hint) from error
    for piece in cut(plain):
        yield piece


def cut(plain: bytes) -> Iterator[bytes]:
    """Bytes in pieces, as they are handed on."""
    return (plain[start : start + PIECE] for start in range(0, len(plain), PIECE))


def _written(where: _Where | RoomFile) -> str:
    return msgspec.json.encode(where).decode()
