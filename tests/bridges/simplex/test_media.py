"""Previews of photos and the length of voice notes: made of what can be read, and of nothing that does harm."""

from __future__ import annotations

import asyncio
import base64
import io
import random
import struct
import sys
import wave
import zlib
from pathlib import Path

import pytest
from PIL import Image

from bridges.api import Upload
from bridges.simplex import media
from bridges.simplex.about import ABOUT

RED, BLUE = (200, 30, 30), (30, 30, 200)


def photo(kind: str = "JPEG", size: tuple[int, int] = (800, 600), **more: object) -> bytes:
    """Red above, blue below."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, size[0], size[1]))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def noise(size: tuple[int, int]) -> bytes:
    """The hardest picture to make small."""
    out = io.BytesIO()
    Image.frombytes("RGB", size, random.Random(1).randbytes(size[0] * size[1] * 3)).save(out, "PNG")
    return out.getvalue()


def opened(uri: str | None) -> Image.Image:
    assert uri is not None
    assert uri.startswith("data:image/jpg;base64,")
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2], validate=True)))


def placed(folder: Path, data: bytes, name: str = "upload") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_of_each_kind_gets_a_small_preview(kind: str, tmp_path: Path) -> None:
    made = opened(media.picture(placed(tmp_path, photo(kind)), media.PREVIEW))
    assert (made.format, made.size) == ("JPEG", (256, 192))
    top, bottom = made.getpixel((128, 20)), made.getpixel((128, 170))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 150 > bottom[0]


def test_a_photo_is_turned_as_the_camera_says_and_says_nothing_of_the_camera(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8825] = 6, "marker-9b2e", {1: "N", 2: (52.0, 31.0, 1.0)}
    data = photo(exif=exif, comment="marker-51d7", icc_profile=b"marker-77aa" * 20)
    assert b"marker-9b2e" in data
    assert b"marker-51d7" in data
    made = opened(media.picture(placed(tmp_path, data), media.PREVIEW))
    assert made.size == (192, 256), "it lies on its side"
    assert not made.getexif()
    assert not {"exif", "icc_profile", "comment"} & made.info.keys()


def test_what_can_be_seen_through_lies_on_white(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(media.picture(placed(tmp_path, out.getvalue()), media.PREVIEW)).getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(1, 1), (3_000, 2), (700, 700)])
@pytest.mark.parametrize("most", [media.PICTURE, media.PREVIEW, media.LEAST_PREVIEW])
def test_a_preview_is_never_longer_than_it_may_be(most: int, size: tuple[int, int], tmp_path: Path) -> None:
    made = media.picture(placed(tmp_path, noise(size)), most)
    if size == (1, 1):
        assert made is None, "there is nothing to see in it"
    else:
        assert made is not None
        assert len(made) <= most


def bomb(width: int, height: int) -> bytes:
    """A picture that is so large, of one colour and therefore a small file; the largest only say that they are."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min((width + 15) // 8 * height, 20_000_000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5_000, 4_000), (12_000, 9_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (0, 0)])
def test_a_picture_that_would_fill_the_memory_has_no_preview(size: tuple[int, int], tmp_path: Path) -> None:
    assert media.picture(placed(tmp_path, bomb(*size)), media.PREVIEW) is None
    assert media.picture(placed(tmp_path, bomb(2_000, 1_500)), media.PREVIEW) is not None, "a small one is read"


def test_a_large_photo_has_one_because_it_is_read_at_a_fraction_of_its_size(tmp_path: Path) -> None:
    data = photo(size=(6_000, 4_000), quality=20)
    assert opened(media.picture(placed(tmp_path, data), media.PREVIEW)).size == (256, 171)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"hello", b"<svg onload='x'/>", photo()[:300], photo("PNG")[:80], b"GIF89a" + bytes(20),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"BM" + bytes(60), b"\xff\xd8\xff" + bytes(99),
    ],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_picture_that_we_read_has_no_preview(data: bytes, tmp_path: Path) -> None:
    assert media.picture(placed(tmp_path, data), media.PREVIEW) is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_damaged_picture_never_takes_anything_down(kind: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "camera"
    whole, dice = photo(kind, (64, 48), exif=exif), random.Random(kind)
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 12)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        made = media.picture(placed(tmp_path, bytes(broken[: dice.randint(9, len(broken))])), media.PREVIEW)
        assert made is None or len(made) <= media.PREVIEW


# -- voice notes ---------------------------------------------------------------------------------------------


def wav(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setparams((1, 1, 8_000, 8_000, "NONE", ""))
        made.writeframes(bytes(round(8_000 * seconds)))
    return out.getvalue()


def opus(seconds: float) -> bytes:
    """An Ogg file with a first page that says what it is and a last one that says how long it was."""

    def page(number: int, flags: int, at: int, data: bytes) -> bytes:
        head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, at, 7, number, 0, 1) + bytes([len(data)])
        return head + data

    first = struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 0) + struct.pack("<I", 0)
    return page(0, 2, 0, first) + page(1, 0, 0, tags) + page(2, 4, round(48_000 * seconds), bytes(40))


def aac(seconds: float, rate: int = 4) -> bytes:
    """Bare frames of 1,024 samples, each with its header; 4 is the number of 44,100 Hz."""
    length = 107
    head = bytes([0xFF, 0xF1, 1 << 6 | rate << 2, 1 << 6 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F])
    return (head + b"\xfc" + bytes(100)) * round(seconds * 44_100 / 1_024)


@pytest.mark.parametrize(
    ("data", "seconds"),
    [(wav(3), 3), (wav(0.2), 1), (opus(12), 12), (aac(7), 7), (aac(7, rate=15), None), (aac(1)[:6], None)],
)
def test_a_voice_note_says_how_long_it_is(data: bytes, seconds: int | None, tmp_path: Path) -> None:
    assert media.voice_seconds(placed(tmp_path, data, "session-audio-message")) == seconds


@pytest.mark.parametrize("data", [b"", b"OggS" + bytes(200), b"ID3", b"\xff\xf1", b"hello", wav(0)], ids=range(6))
def test_one_that_does_not_say_so_has_no_length(data: bytes, tmp_path: Path) -> None:
    assert media.voice_seconds(placed(tmp_path, data)) is None


def test_a_length_that_no_voice_note_has_is_none(tmp_path: Path) -> None:
    lying = bytearray(opus(5))
    at = lying.rindex(b"OggS") + 6
    lying[at : at + 8] = struct.pack("<q", 2**62)
    assert media.voice_seconds(placed(tmp_path, bytes(lying))) is None


@pytest.mark.parametrize("whole", [wav(1), opus(3), aac(2)], ids=["wav", "opus", "aac"])
def test_a_damaged_voice_note_never_takes_anything_down(whole: bytes, tmp_path: Path) -> None:
    dice = random.Random(3)
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            broken[dice.randrange(min(len(broken), 200))] = dice.randrange(256)
        seconds = media.voice_seconds(placed(tmp_path, bytes(broken)))
        assert seconds is None or 0 < seconds <= media.LONGEST_VOICE


# -- what a message says -----------------------------------------------------------------------------------------


def upload(path: Path, type: str, *, voice: bool = False) -> Upload:
    return Upload(path=str(path), name=path.name, type=type, size=path.stat().st_size, voice=voice)


def said(folder: Path, data: bytes, type: str, text: str = "", *, voice: bool = False) -> dict[str, object]:
    return asyncio.run(media.content(upload(placed(folder, data), type, voice=voice), text))


def test_a_photo_is_a_photo_only_where_its_type_says_so_and_it_is_one(tmp_path: Path) -> None:
    assert said(tmp_path, photo(), "image/jpeg; x=1")["type"] == "image"
    assert said(tmp_path, photo("PNG"), "IMAGE/JPEG", "look")["text"] == "look"
    assert said(tmp_path, photo(), "application/octet-stream", "look") == {"type": "file", "text": "look"}
    assert said(tmp_path, b"MZ", "image/png") == {"type": "file", "text": ""}
    assert said(tmp_path, photo(), "video/mp4")["type"] == "file"


def test_a_long_text_leaves_less_room_for_the_preview_and_at_last_none(tmp_path: Path) -> None:
    largest = ABOUT.limits.text_bytes or 0
    for length, kind in ((2_000, "image"), (largest - media.LEAST_PREVIEW, "image"), (largest, "file")):
        one = said(tmp_path, noise((200, 200)), "image/png", "x" * length)
        assert one["type"] == kind
        assert len(str(one.get("image", ""))) + length <= largest


def test_a_voice_note_without_a_length_is_a_file(tmp_path: Path) -> None:
    assert said(tmp_path, wav(3), "audio/wav", voice=True) == {"type": "voice", "text": "", "duration": 3}
    assert said(tmp_path, b"?", "audio/ogg", voice=True) == {"type": "file", "text": ""}
    assert said(tmp_path, wav(3), "audio/wav")["type"] == "file"


def test_without_the_libraries_both_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = photo()
    for library in ("PIL", "tinytag"):
        monkeypatch.setitem(sys.modules, library, None)
    assert said(tmp_path, data, "image/jpeg")["type"] == "file"
    assert said(tmp_path, wav(3), "audio/wav", voice=True)["type"] == "file"
