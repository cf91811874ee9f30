"""What a message of a community says, and who vouches for it. Formats page of communities, section 6.

Nothing is encrypted: server and readers see all of it. The signature proves who wrote it, and only the reader checks.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as NotBase64
from urllib.parse import urlsplit

from ...model import Noun
from .. import content as contents
from ..content import Content, Pointer
from ..envelope import ENVELOPE, pad, unpad
from ..errors import BadMessage, TooLarge
from ..wire import entries
from .blinding import Member, has_signed
from .links import BadLink, CommunityLink

LARGEST = 60_000
"""Bytes of one message: far more than any app writes, and small enough that a page of them is one answer."""
_DATA, _WRAPPED = 1, 8
"""Fields that tell content and an envelope around it apart."""
_FILE = re.compile(r"/files?/([0-9]{1,15})(?:/[^/]*)?$", re.ASCII)


class Sealed(Noun, frozen=True, kw_only=True):
    """A message that is ready to be posted. It is the same each time, and its signature is the name of it."""

    data: bytes
    signature: bytes
    files: tuple[int, ...] = ()


def seal(content: Content, member: Member, files: tuple[int, ...] = ()) -> Sealed:
    """Pad and sign. Raises `TooLarge`."""
    data = pad(contents.write(content))
    if len(data) > LARGEST:
        raise TooLarge(f"The message takes {len(data):,} bytes, and a community gets {LARGEST:,} at most.")
    return Sealed(data=data, signature=member.sign_message(data), files=files)


def opened(author: str, data: str, signature: str | None) -> Content:
    """What a message says whose author has signed it. Raises `BadMessage` for one that nobody vouches for."""
    try:
        padded, proof = b64decode(data, validate=True), b64decode(signature or "", validate=True)
    except (NotBase64, ValueError):
        raise BadMessage("malformed", "A message of a community is not base64.") from None
    if not has_signed(author, padded, proof):
        raise BadMessage("signature", "A message of a community is not signed by whom the server names.")
    return read(padded)


def read(padded: bytes) -> Content:
    """What the padded bytes say: plain content, or an envelope around it. Raises `BadMessage`."""
    plain = unpad(padded)
    inside = {number for number, value in entries(plain) if isinstance(value, bytes)}
    if _DATA not in inside and _WRAPPED in inside:
        envelope = ENVELOPE.read(plain)
        plain = unpad(envelope.content or b"") if envelope.sent_at is not None else b""
    content = contents.read(plain)
    if content.data is not None:
        return content
    raise BadMessage("undecodable", "A message of a community says nothing that apps show.")


def file_number(pointer: Pointer, link: CommunityLink) -> int | None:
    """The number of a file on the room's own server. None for one that lies elsewhere: it is never asked for."""
    if pointer.url:
        try:
            parts = urlsplit(pointer.url)
            where = CommunityLink.of(f"{parts.scheme}://{parts.netloc}", link.room, link.key)
        except (ValueError, BadLink):
            return None
        found = _FILE.search(parts.path)
        return int(found[1]) if found and where.place == link.place else None
    return pointer.old_id if pointer.old_id and 0 < pointer.old_id < 1 << 53 else None


def file_url(link: CommunityLink, number: int) -> str:
    """What a message calls a file of its room."""
    return f"{link.server}/room/{link.room}/file/{number}"
