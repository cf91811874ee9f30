"""What SimpleX wants to be told with a file: a preview of a photo, and how long a voice note is.

The libraries for that come with the extra `media`. Without them, and for whatever they cannot read, a photo or a voice
note is a file like any other. Who sent it may have made it to do harm: nothing here trusts a name, a type or a size.
"""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import io
import math
import os
import struct
import threading
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..api import Upload
from .about import ABOUT

if TYPE_CHECKING:
    from PIL import Image

PICTURE = 12_500
"""Characters of a picture in a profile: as many as the apps of SimpleX take, so that a whole profile is one message."""
PREVIEW, LEAST_PREVIEW = 6_000, 1_200
SIDE = 256  # pixels of a preview, at most
MOST_PIXELS, MOST_DECODED = 50_000_000, 9_000_000
"""A large JPEG is decoded at a fraction of its size, other kinds only whole: 150 MB for a moment, as measured."""
LARGEST_VOICE = 64_000_000  # bytes that are looked through for how long they last
LONGEST_VOICE = 86_400
_PHOTOS = {"image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif"}
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITIES = (80, 60, 40)
_URI = "data:image/jpg;base64,"
_AAC_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_BROKEN = (
    OSError, ValueError, TypeError, SyntaxError, LookupError, ArithmeticError, EOFError, AttributeError, struct.error,
    zlib.error,
)  # fmt: skip
"""What Pillow raises for files that are not what they seem; each kind of file has its own."""
_one_at_a_time = threading.Lock()  # so that memory holds one picture, however many are waiting


async def content(upload: Upload, text: str) -> dict[str, object]:
    """What a message with this file says: that it is a photo, a voice note, or a file.

    The words and the preview together are no longer than the longest text, so that an answer to it, which carries both,
    has room for as much.
    """
    said: dict[str, object] = {"type": "file", "text": text}
    if upload.voice:
        seconds = await asyncio.to_thread(voice_seconds, Path(upload.path))
        return said | {"type": "voice", "duration": seconds} if seconds else said
    if upload.type.partition(";")[0].strip().lower() in _PHOTOS:
        room = min(PREVIEW, (ABOUT.limits.text_bytes or 0) - len(text.encode()))
        image = await asyncio.to_thread(picture, Path(upload.path), room) if room >= LEAST_PREVIEW else None
        return said | {"type": "image", "image": image} if image else said
    return said


def can_make_pictures() -> bool:
    """Whether the library for it is there."""
    return importlib.util.find_spec("PIL") is not None


def picture(path: Path, most: int) -> str | None:
    """A small copy of a picture, as an address that has all of it in itself; None for what is none that we read.

    It is turned as the camera says, and has nothing else of what the camera or anybody wrote into the file.
    """
    try:
        from PIL import Image
    except ImportError:
        return None
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is wrong with a file of somebody's is nobody's concern here
        try:
            with Image.open(path, formats=_FORMATS) as opened:
                small = _small(opened)
        except (*_BROKEN, Image.DecompressionBombError):
            return None
        return _fitting(small, most) if small is not None else None


def _small(opened: Image.Image) -> Image.Image | None:
    from PIL import Image, ImageOps

    if opened.width * opened.height > MOST_PIXELS:
        return None
    opened.draft("RGB", (2 * SIDE, 2 * SIDE))
    if opened.width * opened.height > MOST_DECODED:
        return None
    whole = opened if opened.mode in {"L", "RGB", "RGBA"} else opened.convert("RGBA")
    whole.thumbnail((SIDE, SIDE))
    turned = ImageOps.exif_transpose(whole).convert("RGBA")
    plain = Image.new("RGB", turned.size, "white")
    plain.paste(turned, mask=turned)
    return plain


def _fitting(image: Image.Image, most: int) -> str | None:
    """The best that is no longer than that."""
    while max(image.size) >= 8:
        for quality in _QUALITIES:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality, optimize=True)
            made = _URI + base64.b64encode(out.getvalue()).decode()
            if len(made) <= most:
                return made
        image = image.resize((max(image.width * 3 // 4, 1), max(image.height * 3 // 4, 1)))
    return None


def voice_seconds(path: Path) -> int | None:
    """How long a voice note lasts, by what it says itself; None where it does not say."""
    try:
        if path.stat().st_size > LARGEST_VOICE:
            return None
        with path.open("rb") as file:
            seconds = _aac_seconds(file) if _is_aac(file) else _header_seconds(file)
    except OSError:
        return None
    if seconds is None or not math.isfinite(seconds) or not 0 < seconds <= LONGEST_VOICE:
        return None
    return max(1, round(seconds))


def _header_seconds(file: BinaryIO) -> float | None:
    try:
        from tinytag import TinyTag, TinyTagException
    except ImportError:
        return None
    try:
        return TinyTag.get(file_obj=file, tags=False).duration
    except TinyTagException:
        return None


def _is_aac(file: BinaryIO) -> bool:
    """Whether it is bare AAC, in which phones with Android record, and which tinytag takes for MP3."""
    head = file.read(2)
    file.seek(0)
    return len(head) == 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0


def _aac_seconds(file: BinaryIO) -> float | None:
    """The sum of its frames: each says its length and rate, and has 1,024 samples a block (ISO/IEC 13818-7, 6.2)."""
    seconds = 0.0
    while len(head := file.read(7)) == 7 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        length, rate = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5, head[2] >> 2 & 15
        if length < 7 or rate >= len(_AAC_RATES):
            return None
        seconds += 1024 * ((head[6] & 3) + 1) / _AAC_RATES[rate]
        file.seek(length - 7, os.SEEK_CUR)
    return seconds
