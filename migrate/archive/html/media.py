"""Decides what a browser may show of a file, by its first bytes and never by what its sender called it.

Browsers guess the type of a local file without an extension. Only files that begin like a picture, a sound or
a video, and can therefore never be guessed to be a page, are linked by their place in `files/`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal

from ..files import path_of

Medium = Literal["image", "video", "audio", "pdf", "other"]
_HEAD = 4096
_SHA256 = re.compile("[0-9a-f]{64}")
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
_SOUNDS = (b"ID3", b"fLaC", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2", b"\xff\xf1", b"\xff\xf9")
# Brands of ISO base media files (the MP4 registration authority's list).
_BRANDS: dict[bytes, Medium] = {
    b"avif": "image", b"avis": "image", b"M4A ": "audio", b"M4B ": "audio", b"qt  ": "video", b"isom": "video",
    b"iso2": "video", b"iso4": "video", b"iso5": "video", b"iso6": "video", b"mp41": "video", b"mp42": "video",
    b"avc1": "video", b"M4V ": "video", b"M4VH": "video", b"MSNV": "video", b"dash": "video", b"3gp4": "video",
    b"3gp5": "video", b"3gp6": "video",
}  # fmt: skip


def medium_of(head: bytes) -> Medium:
    """What a file is, going by its first few hundred bytes."""
    if head.startswith(_PICTURES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    if head.startswith(_SOUNDS) or (head[:4] == b"RIFF" and head[8:12] == b"WAVE"):
        return "audio"
    # The first byte is the top of a length; were it free, `<!--ftyp` would be a page to a browser.
    if head[:1] == b"\x00" and head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "other")
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video"
    if head.startswith(b"OggS\x00"):
        return "video" if b"theora" in head[:512] else "audio"
    return "pdf" if head.startswith(b"%PDF-") else "other"


class Media:
    """The files of an archive, as far as pages need to know them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.medium = lru_cache(4096)(self._medium)

    def path(self, sha256: str) -> str:
        """Where a file lies in the archive."""
        return path_of(sha256)

    def _medium(self, sha256: str) -> Medium | None:
        """What a file is; None if it is not there."""
        if not _SHA256.fullmatch(sha256):
            return None
        try:
            with open(self.folder / path_of(sha256), "rb") as file:
                return medium_of(file.read(_HEAD))
        except OSError:
            return None
