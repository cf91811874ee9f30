"""The sheet to print, as pixels: every code of every card can be scanned, and every name can be read or is replaced."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from PIL import Image

from migrate.cards.card import Card
from migrate.cards.folder import scanned
from migrate.cards.paper.lettering import Drawn, Lettering, reading_order
from migrate.cards.sheet import A4, LETTER, Paper, Sheet, sheet

from .handed import EVERY_NETWORK, HOSTILE, card, decoded
from .signing import BOB, ISSUED

NO_FONTS = Lettering([])


class Alphabet(Lettering):
    """Fonts that draw some letters, whatever this machine has."""

    def __init__(self, letters: str) -> None:
        super().__init__([])
        self._letters = letters

    def draw(self, text: str) -> Drawn | None:
        left_out = "".join(mark for mark in text if mark == "🥾")
        kept = [mark for mark in text if mark not in left_out]
        if not all(mark in self._letters or mark == " " for mark in kept):
            return None
        return Drawn(("0 0 m 0.4 0 l 0.4 0.7 l 0 0.7 l h",), 0.5 * len(kept), left_out)


@pytest.fixture(scope="module")
def poppler(absent: Callable[[str], NoReturn]) -> None:
    if shutil.which("pdftoppm") is None:
        absent("poppler-utils is not installed")


def pages(pdf: bytes, folder: Path, dpi: int = 220) -> list[Image.Image]:
    (folder / "sheet.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-gray", "-r", str(dpi), "sheet.pdf", "page"], cwd=folder, check=True)
    return [Image.open(path) for path in sorted(folder.glob("page*.pgm"))]


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "sheet.pdf").write_bytes(pdf)
    done = subprocess.run(["pdftotext", "-layout", "sheet.pdf", "-"], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode()


def printed(cards: Sequence[Card], paper: Paper = A4, lettering: Lettering = NO_FONTS) -> Sheet:
    return sheet(cards, paper, lettering, ISSUED)


def all_codes(cards: Sequence[Card]) -> Counter[bytes]:
    return Counter(text.encode() for one in cards for text in scanned(one).values())


@pytest.mark.usefixtures("poppler")
@pytest.mark.parametrize("paper", [A4, LETTER], ids=lambda paper: paper.name)
@pytest.mark.parametrize("many", [1, 2, 3, 5, 9])
def test_every_code_on_paper_is_scanned_byte_for_byte(paper: Paper, many: int, tmp_path: Path) -> None:
    one = card(EVERY_NETWORK[:many])
    made = printed([one], paper)
    found = Counter(code for page in pages(made.pdf, tmp_path) for code in decoded(page))
    assert found == Counter({code: count * made.cards for code, count in all_codes([one]).items()})
    assert made.cards >= 1


@pytest.mark.usefixtures("poppler")
def test_cards_for_many_people_are_each_there_once(tmp_path: Path) -> None:
    cards = [card(EVERY_NETWORK[:2], audience=BOB.session_id, recipient=f"Friend {n}", serial=n) for n in range(1, 12)]
    made = printed(cards)
    found = Counter(code for page in pages(made.pdf, tmp_path) for code in decoded(page))
    assert made.cards == 11
    assert found == all_codes(cards)
    text = text_of(made.pdf, tmp_path)
    assert all(f"For Friend {n}" in text for n in range(1, 12))


@pytest.mark.usefixtures("poppler")
def test_a_person_with_fifty_addresses_still_gets_a_card_that_scans(tmp_path: Path) -> None:
    one = card([f"xmpp:alice{n}@example.org" for n in range(50)])
    (page,) = pages(printed([one]).pdf, tmp_path, 300)
    # A phone is held over one code; a decoder that gets all 51 at once gives up on the largest.
    statement = page.crop((0, int(page.height * 0.85), page.width // 3, page.height))
    assert {*decoded(page), *decoded(statement)} == set(all_codes([one]))


@pytest.mark.usefixtures("poppler")
def test_what_a_code_holds_stands_under_it_as_text(tmp_path: Path) -> None:
    text = text_of(printed([card(EVERY_NETWORK[2:3])]).pdf, tmp_path)
    assert "matrix:u/alice:example.org" in text
    assert "Alice Example" in text


@pytest.mark.parametrize("many", [1, 2, 3])
def test_squares_are_large_enough_for_phones(many: int) -> None:
    """0.4 mm for a module at least: formats page of contact cards, section 7."""
    from migrate.cards.paper.pdf import Document
    from migrate.cards.paper.type import Type
    from migrate.cards.sheet import MODULE, _Layout

    one = card(EVERY_NETWORK[:many])
    layout = _Layout(one, 97, Document("", 0), Type(NO_FONTS), codes=3)
    sides = {text: place.code.modules for place in one.places for text in [place.scanned]}
    assert len(layout.drawings) == many + 1
    for (_, _, _, side), modules in zip(layout.drawings, sides.values(), strict=False):
        assert side / modules >= MODULE


# -- names -----------------------------------------------------------------------------------------------


def test_a_name_that_no_font_can_draw_becomes_the_short_id_and_that_is_said() -> None:
    made = printed([card(name="Олеся", audience=BOB.session_id, recipient="მარიამი")])
    assert dict(made.replaced) == {"Олеся": "05aa…aa74", "მარიამი": f"{BOB.session_id[:4]}…{BOB.session_id[-4:]}"}


def test_an_emoji_that_no_font_can_draw_is_left_out_and_that_is_said() -> None:
    assert dict(printed([card(name="Мара 🥾")], lettering=Alphabet("Мара")).replaced) == {"Мара 🥾": "Мара"}


def test_a_name_in_letters_of_western_europe_needs_no_font() -> None:
    assert printed([card(name="Zoë Ångström-Müller")]).replaced == ()


@pytest.mark.usefixtures("poppler")
@pytest.mark.parametrize(
    "name", [*HOSTILE, "(\\)) Tj ET", "W" * 500, "\x00\x1b[31m", "a" + "\u0301" * 300], ids=range(13)
)
def test_a_hostile_name_breaks_no_sheet(name: str, tmp_path: Path) -> None:
    one = card(EVERY_NETWORK[:2], name=name, recipient=name, audience=BOB.session_id, labels=[name, name])
    made = printed([one])
    found = Counter(code for page in pages(made.pdf, tmp_path) for code in decoded(page))
    assert set(found) == set(all_codes([one]))


def test_names_of_every_script_are_drawn_with_the_fonts_of_this_machine(absent: Callable[[str], NoReturn]) -> None:
    fonts = Lettering([Path("/usr/share/fonts")])
    if fonts.draw("Ж") is None:
        absent("there are no fonts on this machine")
    drawn = fonts.draw("Мария")
    assert drawn is not None
    assert drawn.width > 1
    assert drawn.paths[0].endswith("h")


def test_the_same_cards_make_the_same_file() -> None:
    assert printed([card()]).pdf == printed([card()]).pdf


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("Alice", [("Alice", False)]),
        ("שלום", [("שלום", True)]),
        ("שלום Bob", [("Bob", False), ("שלום ", True)]),
        ("Bob שלום 42!", [("Bob ", False), ("42", False), ("שלום ", True), ("!", False)]),
        ("علي (Ali) رضا", [(") رضا", True), ("Ali", False), ("علي (", True)]),
        ("Ali (علي) 7", [("Ali (", False), ("علي", True), (") 7", False)]),
        ("42", [("42", False)]),
        ("", []),
    ],
)
def test_letters_that_run_from_right_to_left_stand_in_the_order_of_reading(
    line: str, seen: list[tuple[str, bool]]
) -> None:
    assert reading_order(line) == seen
