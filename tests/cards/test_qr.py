"""Each code, in each of its forms, is decoded by an independent decoder and holds what it should, byte for byte."""

from __future__ import annotations

import re

import pytest
import qrcode.util
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from migrate.cards import qr
from migrate.cards.qr import Code, TooLongForCode, code

from .handed import EVERY_NETWORK, card, decoded, opened

TEXTS = [
    *EVERY_NETWORK, "https://matrix.to/#/@alice:example.org", "mailto:%C3%A9@example.org", "x", "茶 ☕ é\u0301",
    "A" * 3391, "b" * 2331,
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: f"{text[:24]}-{len(text)}")
def test_the_picture_is_scanned_back_byte_for_byte(text: str) -> None:
    assert decoded(opened(code(text).png(4))) == [text.encode()]


@pytest.mark.parametrize("place", card().places, ids=lambda place: place.stem)
def test_what_an_app_scans_on_a_card_is_what_the_app_understands(place: object) -> None:
    assert hasattr(place, "code")
    assert hasattr(place, "scanned")
    drawn: Code = place.code
    assert decoded(opened(drawn.png())) == [place.scanned.encode()]


@pytest.mark.parametrize("text", EVERY_NETWORK, ids=lambda text: text[:24])
def test_the_drawing_shows_the_same_squares(text: str) -> None:
    svg = code(text).svg()
    side = int(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    picture = Image.new("L", (side, side), 255)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", svg):
        picture.paste(0, (int(x), int(y), int(x) + int(width), int(y) + 1))
    assert decoded(picture.resize((4 * side, 4 * side), Image.Resampling.NEAREST)) == [text.encode()]


@pytest.mark.parametrize("on_light", [False, True], ids=["dark terminal", "light terminal"])
@pytest.mark.parametrize("text", EVERY_NETWORK, ids=lambda text: text[:24])
def test_a_phone_can_scan_the_terminal(text: str, on_light: bool) -> None:
    lines = code(text).terminal(on_light=on_light)
    assert len({len(line) for line in lines}) == 1
    assert decoded(photographed(lines, on_light)) == [text.encode()]


def photographed(lines: list[str], on_light: bool) -> Image.Image:
    """The terminal as a camera sees it: cells twice as high as wide, and more of its background around."""
    paper, ink = (255, 0) if on_light else (0, 255)
    halves = {" ": (paper, paper), "▀": (ink, paper), "▄": (paper, ink), "█": (ink, ink)}
    cell = 4
    picture = Image.new("L", (cell * (len(lines[0]) + 8), cell * (2 * len(lines) + 8)), paper)
    for y, line in enumerate(lines):
        for x, character in enumerate(line):
            for half, shade in enumerate(halves[character]):
                left, top = cell * (x + 4), cell * (2 * y + half + 4)
                picture.paste(shade, (left, top, left + cell, top + cell))
    return picture


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("05" + "ab" * 32, 5),
        ("xmpp:alice@example.org", 2),
        ("x" * 38, 3),
        ("x" * 108, 7),
        ("x" * 132, 8),
        ("x" * 265, 12),
    ],
)
def test_sizes_are_those_of_level_m_on_the_format_page(text: str, version: int) -> None:
    drawn = code(text)
    assert drawn.version == version
    (found,) = zxingcpp.read_barcodes(opened(drawn.png()))
    assert found.ec_level == "M"
    assert drawn.modules == 17 + 4 * version + 8


def test_a_compact_statement_is_packed_as_tight_as_it_can_be() -> None:
    signed = card(EVERY_NETWORK[:3]).signed
    assert signed is not None
    text = signed.compact()
    assert decoded(opened(code(text).png())) == [text.encode()]
    assert code(text).version < code(text.lower()).version


@pytest.mark.parametrize("text", ["b" * 2332, "A" * 3392, "x" * 4096, "y" * 100_000])
def test_what_does_not_fit_is_said_with_what_to_do(text: str) -> None:
    with pytest.raises(TooLongForCode, match="fits into no QR code") as refused:
        code(text)
    assert "shorter" in refused.value.hint
    assert text[:50] not in str(refused.value)


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300))
def test_any_text_comes_back(text: str) -> None:
    assert decoded(opened(code(text).png(4))) == [text.encode()]


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=20, max_size=200))
def test_the_mask_is_one_that_scanners_like(data: bytes) -> None:
    """Our count of points over all eight masks, against the library's own, which takes much longer."""
    text = data.hex()
    symbol = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    symbol.add_data(qrcode.util.QRData(text.encode(), mode=qrcode.util.MODE_8BIT_BYTE))
    lost = []
    for mask in range(8):
        symbol.mask_pattern = mask
        symbol.make()
        lost.append(qrcode.util.lost_point(symbol.modules))
    ours = [[square == "1" for square in row] for row in code(text).rows]
    assert qrcode.util.lost_point(ours) <= sorted(lost)[3]


def test_the_same_code_is_drawn_once() -> None:
    qr.code.cache_clear()
    assert code("again") is code("again")
