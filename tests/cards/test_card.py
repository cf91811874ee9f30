"""A card on disk: all its files, none of somebody else's, the same again when nothing has changed."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from migrate.cards import folder
from migrate.cards.card import Card, shown_name
from migrate.cards.face import card_page
from migrate.cards.serials import BrokenSerials, Serials
from migrate.cards.statement import Statement, read, sign

from .handed import EVERY_NETWORK, HOSTILE, card, decoded, opened
from .signing import ALICE, BOB, ISSUED, NOW

WITHDRAWN = Card(
    entries=(), name="Alice", signed=sign(Statement(session_id=ALICE.session_id, issued=ISSUED, serial=9), ALICE)
)


def put(path: Path, one: Card) -> dict[str, bytes]:
    made = folder.files(one)
    folder.put(path, made, folder.record(one))
    return made


def test_there_is_a_code_for_each_network_and_one_for_the_statement() -> None:
    one = card()
    made = folder.files(one)
    assert one.signed is not None
    wanted = {f"qr/{place.stem}": place.scanned for place in one.places} | {"qr/statement": one.signed.compact()}
    for stem, text in wanted.items():
        assert decoded(opened(made[f"{stem}.png"])) == [text.encode()]
        assert made[f"{stem}.svg"].startswith(b"<svg ")
    assert len([name for name in made if name.startswith("qr/")]) == 2 * (len(EVERY_NETWORK) + 1)


@pytest.mark.parametrize("name", ["card.html", "card.txt", "card.gmi", "card.vcf", "card-3.vcf", "statement.txt"])
def test_the_statement_can_be_checked_out_of_every_file_that_has_it(name: str) -> None:
    one = card(notes=['Tea & <biscuits>; {both}, all of "them"'])
    assert read(folder.files(one)[name]) == [one.signed]


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    put(tmp_path / "card", card())
    files = [path for path in (tmp_path / "card").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert not list((tmp_path / "card").rglob("*.part"))


def test_a_later_card_takes_away_what_only_the_earlier_one_had(tmp_path: Path) -> None:
    put(tmp_path, card())
    (tmp_path / "qr" / "mine.png").write_bytes(b"mine")
    made = put(tmp_path, card(EVERY_NETWORK[:1]))
    there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert there == {*made, "card.json", "qr/mine.png"}


def test_files_of_somebody_else_are_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "card.html").write_text("my own page")
    with pytest.raises(folder.FolderInUse, match=r"card\.html"):
        put(tmp_path, card())
    assert [path.name for path in tmp_path.iterdir()] == ["card.html"]
    assert (tmp_path / "card.html").read_text() == "my own page"


@pytest.mark.parametrize("name", ["../outside.txt", "/etc/passwd", "qr/../../outside.txt", ".hidden", "a/b.txt"])
def test_an_index_that_names_files_elsewhere_removes_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "outside.txt").write_text("mine")
    here = tmp_path / "card"
    (here / "a").mkdir(parents=True)
    (here / "a" / "b.txt").write_text("mine")
    (here / ".hidden").write_text("mine")
    (here / "card.json").write_text(json.dumps({"format": 1, "files": [name]}))
    put(here, card())
    for kept in (tmp_path / "outside.txt", here / "a" / "b.txt", here / ".hidden"):
        assert kept.read_text() == "mine"


@pytest.mark.parametrize("index", ["", "[]", '{"format": 2, "files": ["card.html"]}', '{"files": 3}', "\xff"])
def test_a_broken_index_counts_as_none(tmp_path: Path, index: str) -> None:
    (tmp_path / "card.json").write_text(index, "latin-1")
    assert not folder.is_there(tmp_path, folder.record(card()))
    assert folder.statement_in(tmp_path) is None


def test_a_card_that_is_there_is_known_by_all_that_it_says(tmp_path: Path) -> None:
    one = card()
    assert not folder.is_there(tmp_path, folder.record(one))
    put(tmp_path, one)
    assert folder.is_there(tmp_path, folder.record(one))
    assert not folder.is_there(tmp_path, folder.record(card(name="Other")))
    assert folder.statement_in(tmp_path) == one.signed


def test_a_statement_that_was_changed_on_disk_is_not_taken_over(tmp_path: Path) -> None:
    put(tmp_path, card())
    path = tmp_path / "statement.txt"
    path.write_text(path.read_text().replace("Serial: 3", "Serial: 4"))
    assert folder.statement_in(tmp_path) is None


def test_programs_read_all_of_it(tmp_path: Path) -> None:
    one = card(audience=BOB.session_id, recipient="Bob", notes=["Hello"])
    put(tmp_path, one)
    told = json.loads((tmp_path / "card.json").read_bytes())
    assert [handle["address"] for handle in told["handles"]] == list(EVERY_NETWORK)
    assert told["recipient"] == {"id": BOB.session_id, "name": "Bob"}
    assert (told["serial"], told["withdrawn"], told["notes"]) == (3, False, ["Hello"])
    assert read(told["statement"]) == read(told["compact"]) == [one.signed]
    assert told["proof"] == f"decamp-proof: {ALICE.session_id}"


def test_a_withdrawal_names_no_place_and_asks_for_no_proof() -> None:
    made = folder.files(WITHDRAWN)
    assert "card.html" in made
    assert b"take back" in made["card.txt"]
    assert folder.record(WITHDRAWN)["proof"] is None


# -- the page, as text; tests/browser opens it -----------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_the_markup_of_the_page_is_ours_alone(text: str) -> None:
    tame = card(EVERY_NETWORK, recipient="Bob", labels=["Label"] * 9, notes=["Note"])
    wild = card(EVERY_NETWORK, name=text, recipient=text, labels=[text] * 9, notes=["<i>{script}"])
    assert card_page(wild).count("<") == card_page(tame).count("<")
    assert card_page(wild).count("{") == card_page(tame).count("{")


def test_the_page_says_who_it_is_in_the_words_of_the_web() -> None:
    page = card_page(card(EVERY_NETWORK[:6]))
    assert '<main class="h-card">' in page
    assert '<h1 class="p-name">Alice Example</h1>' in page
    assert 'class="open u-impp" rel="me noopener noreferrer" href="xmpp:alice@example.org?' in page
    assert 'class="open u-email" rel="me noopener noreferrer" href="mailto:alice@example.org"' in page
    assert 'class="open u-url" rel="me noopener noreferrer" href="https://example.org/~alice"' in page


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("  Alice\n Example ", "Alice Example"),
        ("\u202eevil\x07", "evil"),
        ("\u200b \u2066", None),
        ("", None),
        ("é", "é"),
    ],
)
def test_a_name_is_one_line_that_shows_what_it_holds(text: str, name: str | None) -> None:
    assert shown_name(text) == name


# -- serial numbers --------------------------------------------------------------------------------------


def test_serial_numbers_only_go_up(tmp_path: Path) -> None:
    numbers = Serials(tmp_path / "home" / "statements.db")
    assert numbers.last(ALICE.session_id) == 0
    assert not (tmp_path / "home").exists()
    numbers.use(ALICE.session_id, 7)
    numbers.use(ALICE.session_id, 3)
    numbers.use(BOB.session_id, 1)
    assert Serials(tmp_path / "home" / "statements.db").last(ALICE.session_id) == 7
    assert numbers.accounts() == sorted([ALICE.session_id, BOB.session_id])


def test_a_damaged_list_of_numbers_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "statements.db").write_bytes(b"not a database" * 100)
    numbers = Serials(tmp_path / "statements.db")
    with pytest.raises(BrokenSerials, match="cannot be used") as refused:
        numbers.last(ALICE.session_id)
    assert "--serial" in refused.value.hint
    with pytest.raises(BrokenSerials):
        numbers.use(ALICE.session_id, 1)


def test_the_newest_statement_for_each_audience_is_remembered(tmp_path: Path) -> None:
    numbers = Serials(tmp_path / "statements.db")
    old, new = card(serial=2).signed, card(serial=5).signed
    mine = card(serial=4, audience=BOB.session_id).signed
    assert old is not None
    assert new is not None
    assert mine is not None
    for signed in (new, old, mine):
        numbers.remember([signed], NOW)
    assert {(signed, when) for signed, when in numbers.seen(ALICE.session_id)} == {(new, NOW), (mine, NOW)}
    assert numbers.last(ALICE.session_id) == 5
