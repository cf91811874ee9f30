"""Files: up to the homeserver and down from it, in pieces. In encrypted rooms it holds only what it cannot read.

Facts: Matrix specification, "Sending encrypted attachments"; recipe for Matrix, section 2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

from ..actions import Upload
from ..api import Refused
from .calls import Calls, Denied, Query, path
from .loose import Object, a_number, a_text, an_object

PIECE = 1 << 16
_ADDRESS = re.compile(r"mxc://([A-Za-z0-9.:\[\]_-]{1,255})/([A-Za-z0-9_=-]{1,255})")
_STORE = "/_matrix/media/v3"
_FETCH = "/_matrix/client/v1/media"
UNSTATED = 100 << 20  # bytes that a file may have whose sender did not say how many


class Media:
    """The files of one homeserver."""

    def __init__(self, calls: Calls, folder: Path, random_bytes: Callable[[int], bytes]) -> None:
        self._calls, self._folder, self._random_bytes = calls, folder, random_bytes

    async def largest(self) -> int | None:
        """How large a file may be, in bytes."""
        try:
            told = await self._calls.ask("GET", path("config", base=_FETCH))
        except Denied:
            told = await self._calls.ask("GET", path("config", base=_STORE))
        return a_number(told, "m.upload.size")

    async def store(self, upload: Upload, query: Query, *, sealed: bool) -> Object:
        """Hand over a file. Returns what the message about it has to say."""
        if _size(upload.path) != upload.size:
            raise Refused("The file has changed since it was to be sent.")
        if not sealed:
            return {"url": await self._upload(_pieces(upload), upload.size, upload.type, query)}
        seal = _Seal(self._random_bytes(32), self._random_bytes(8))
        url = await self._upload(seal.close(_pieces(upload)), upload.size, "application/octet-stream", query)
        return {"file": {"url": url, **seal.described()}}

    async def store_picture(self, picture: Path, query: Query) -> str:
        """Hand over a picture of somebody or something."""
        size = _size(str(picture))
        upload = Upload(path=str(picture), name="picture", type=_picture_type(picture), size=size)
        return await self._upload(_pieces(upload), upload.size, upload.type, query)

    async def _upload(self, pieces: AsyncIterator[bytes], size: int, type: str, query: Query) -> str:
        # The name goes into the message, sealed where that is; the homeserver need not know it.
        async with self._calls.open(
            "POST", path("upload", base=_STORE), pieces, seconds=None, type=_safe_type(type), length=size, query=query
        ) as answer:
            url = a_text(await answer.json(), "content_uri")
        if not _ADDRESS.fullmatch(url):
            raise Refused("The homeserver does not say where it put the file.")
        return url

    async def fetch(self, ref: str, largest: int | None) -> AsyncIterator[bytes]:
        """The bytes of a file, or of a picture whose address is all there is. Sealed ones are checked before."""
        try:
            told: object = msgspec.json.decode(ref) if ref.startswith("{") else {"url": ref}
        except msgspec.DecodeError as error:
            raise Refused("This is no file of Matrix.") from error
        stated = a_number(told, "size")
        most = stated if stated is not None and stated >= 0 else largest or UNSTATED
        pieces = self._download(a_text(told, "url"), most)
        if not an_object(told, "key"):
            async for piece in pieces:
                yield piece
            return
        opened = _Opened(an_object(told))
        with tempfile.TemporaryFile(dir=self._folder) as kept:
            async for piece in pieces:
                opened.take(piece)
                kept.write(piece)
            opened.check()
            kept.seek(0)
            while piece := kept.read(PIECE):
                yield opened.open(piece)

    async def _download(self, url: str, most: int) -> AsyncIterator[bytes]:
        """Always by way of our own homeserver: no address in a message is ever asked."""
        found = _ADDRESS.fullmatch(url)
        if not found:
            raise Refused("The message names no file of Matrix.")
        wheres = (path("download", *found.groups(), base=_FETCH), path("download", *found.groups(), base=_STORE))
        for last, where in zip((False, True), wheres, strict=True):
            try:
                async with self._calls.open("GET", where, seconds=None) as answer:
                    size = 0
                    async for piece in answer.content.iter_chunked(PIECE):
                        size += len(piece)
                        if size > most:
                            raise Refused(f"The file is larger than the {most:,} bytes that were announced.")
                        yield piece
                return
            except Denied as error:
                if last or error.code != "M_UNRECOGNIZED":  # a homeserver from before files needed a token
                    raise Refused("The homeserver does not have this file (any more).") from error


def _size(name: str) -> int:
    try:
        return Path(name).stat().st_size
    except OSError as error:
        raise Refused("The file cannot be read.") from error


async def _pieces(upload: Upload) -> AsyncIterator[bytes]:
    """The file as it was announced, or an error: what changed in between is not what was meant."""
    left = upload.size
    try:
        with Path(upload.path).open("rb") as source:  # noqa: ASYNC230  a piece of a local file is there at once
            while piece := source.read(PIECE):
                left -= len(piece)
                if left < 0:
                    break
                yield piece
    except OSError as error:
        raise Refused("The file cannot be read.") from error
    if left:
        raise Refused("The file has changed while it was sent.")


class _Seal:
    """AES in counter mode. The counter starts at zero in the second half of the 16 bytes."""

    def __init__(self, key: bytes, nonce: bytes) -> None:
        from Crypto.Cipher import AES

        self._key, self._nonce, self._hash = key, nonce, hashlib.sha256()
        self._cipher = AES.new(key, AES.MODE_CTR, nonce=nonce)

    async def close(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            sealed = self._cipher.encrypt(piece)
            self._hash.update(sealed)
            yield sealed

    def described(self) -> Object:
        """What somebody needs to open it, once all of it went through `close`."""
        key = base64.urlsafe_b64encode(self._key).decode().rstrip("=")
        return {
            "v": "v2",
            "key": {"kty": "oct", "alg": "A256CTR", "ext": True, "k": key, "key_ops": ["encrypt", "decrypt"]},
            "iv": _unpadded(self._nonce + bytes(8)),
            "hashes": {"sha256": _unpadded(self._hash.digest())},
        }


class _Opened:
    """The other way."""

    def __init__(self, told: Object) -> None:
        from Crypto.Cipher import AES

        key, iv = _bytes(a_text(told, "key", "k")), _bytes(a_text(told, "iv"))
        self._wanted, self._hash = _bytes(a_text(told, "hashes", "sha256")), hashlib.sha256()
        if len(key) != 32 or len(iv) != 16:
            raise Refused("The file's key makes no sense.")
        self._cipher = AES.new(key, AES.MODE_CTR, nonce=iv[:8], initial_value=int.from_bytes(iv[8:]))

    def take(self, piece: bytes) -> None:
        self._hash.update(piece)

    def check(self) -> None:
        if not hmac.compare_digest(self._hash.digest(), self._wanted):
            raise Refused("The file is not the one that was sent.")

    def open(self, piece: bytes) -> bytes:
        return self._cipher.decrypt(piece)


def _unpadded(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    """Both alphabets of base 64, with and without padding: programs write all of them."""
    text = text.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return b""


def _safe_type(type: str) -> str:
    """A media type that may stand in a header."""
    return type if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,60}", type, re.ASCII) else "application/octet-stream"


def _picture_type(picture: Path) -> str:
    """What a picture is, by its first bytes: its name says nothing."""
    with picture.open("rb") as source:
        start = source.read(12)
    known = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif", b"RIFF": "image/webp"}
    return next((type for magic, type in known.items() if start.startswith(magic)), "application/octet-stream")
