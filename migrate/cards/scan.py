"""Reads QR codes out of pictures, with a library that only those who scan need: the extra `scan`."""

from __future__ import annotations

import io

from ..errors import DecampError

LARGEST = 100_000_000  # pixels: more is no photo of a card, but a trap that fills the memory
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"BM", b"II*\0", b"MM\0*")


class CannotScan(DecampError):
    """This picture cannot be read."""

    exit_code = 4
    hint = "Try a sharper picture, or scan the code with a phone and paste the text that it holds."


class NoScanner(CannotScan):
    """Pictures are read with two libraries that are not installed."""

    hint = "Install them with `pipx inject decamp pillow zxing-cpp`, or scan the code with a phone and paste the text."


def is_picture(data: bytes) -> bool:
    """Whether these bytes begin like a picture of a kind that can be read."""
    return data.startswith(_MAGIC) or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")


def texts_in(data: bytes) -> list[str]:
    """What the QR codes in a picture hold. Raises `CannotScan` for a picture that cannot be read."""
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError as error:
        raise NoScanner from error
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > LARGEST:
                raise CannotScan("The picture is too large.", "Make it smaller, or cut out the code.")
            grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise CannotScan("The picture is damaged, or of a kind that cannot be read.") from error
    codes = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [bytes(found.bytes).decode("utf-8", "replace") for found in codes]
