"""Pictures of people and groups, which lie on the file server like other files and are sealed in a way of their own.

Facts: formats page of the Session network, section 7.3.
"""

from __future__ import annotations

from .aes import GCM_OVERHEAD, open_gcm, seal_gcm
from .attachments import AVATARS, LARGEST_BLOB, open_stream, parse_url, seal_stream
from .errors import BadFile
from .keys import AccountKeys

KEY_BYTES, IV_BYTES = 32, 12


def open_avatar(url: str, key: bytes, blob: bytes) -> bytes:
    """The picture that a profile points to, from what the server had.

    Raises `BadFile`; its code "damaged" most often means that the person has another picture by now.
    """
    if parse_url(url).deterministic:
        return open_stream(blob, key)
    if len(key) != KEY_BYTES:
        raise BadFile("key", "The key of an avatar has the wrong length.")
    if not GCM_OVERHEAD < len(blob) <= LARGEST_BLOB:
        raise BadFile("cut_off", "An avatar has an impossible size.")
    plain = open_gcm(blob, key)
    if plain is None:
        raise BadFile("damaged", "An avatar is damaged, or its key is another one.")
    return plain


def seal_avatar(plain: bytes, key: bytes, iv: bytes) -> bytes:
    """The blob to upload, as the app does it today. `key` and `iv` are fresh chance."""
    return seal_gcm(plain, key, iv)


def seal_avatar_stream(plain: bytes, account: AccountKeys) -> tuple[bytes, bytes]:
    """The blob to upload and its key in the newer way; its address gets the fragment `#d`."""
    return seal_stream(plain, account, AVATARS)
