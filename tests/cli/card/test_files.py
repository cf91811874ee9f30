"""`decamp card` from the first word to the last file, with secrets that are asked for and never shown."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from migrate.cards.proof import proof_text
from migrate.cards.statement import read
from migrate.session.keys import Seed
from migrate.session.mnemonic import encode
from tests.cards.handed import EVERY_NETWORK, decoded, opened
from tests.cards.signing import ALICE, BOB, SEEDS, SIMPLEX
from tests.cards.test_qr import photographed
from tests.cli.conftest import Decamp, said

from .conftest import ALICES, XMPP, signed_in

ONE_TIME = "https://smp10.simplex.im/i#MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3/MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"


# -- one card --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("handles")
def test_a_card_is_made_in_one_word(decamp: Decamp) -> None:
    result = decamp("card", env=ALICES)
    assert result.exit_code == 0, result.output
    assert "Signed now by" in result.stdout
    assert "Nothing leaves this machine" in result.stdout
    files = {path.name for path in Path("decamp-card").rglob("*") if path.is_file()}
    assert {
        "card.html",
        "verify.html",
        "card.pdf",
        "card.vcf",
        "card-3.vcf",
        "card.gmi",
        "card.txt",
        "card.json",
    } <= files
    statement = signed_in("decamp-card").statement
    assert statement.session_id == ALICE.session_id
    assert [str(handle) for handle in statement.handles] == [SIMPLEX, XMPP]
    assert (statement.serial, statement.valid_until, statement.notes) == (1, None, ())


@pytest.mark.usefixtures("handles")
def test_what_is_written_is_said_before(decamp: Decamp) -> None:
    told = decamp("card", env=ALICES).stdout
    assert told.index("XMPP (Work): alice on example.org") < told.index("card.html")


@pytest.mark.usefixtures("handles")
def test_programs_get_the_card_as_one_object(decamp: Decamp) -> None:
    told = said(decamp("card", "--json", "--note", "Hello", "--valid-until", "2099", env=ALICES))
    assert told["exit_code"] == 0
    assert told["card"]["serial"] == 1
    assert told["card"]["notes"] == ["Hello"]
    assert sorted(told["files"]) == told["files"]
    assert all((Path(told["folder"]) / name).is_file() for name in told["files"])


@pytest.mark.usefixtures("handles")
def test_the_next_card_has_the_next_number_and_the_same_card_keeps_its_own(decamp: Decamp) -> None:
    decamp("card", env=ALICES)
    assert "Signed already" in decamp("card", "--paper", "letter").stdout  # nothing to sign, so no words are needed
    assert signed_in("decamp-card").statement.serial == 1
    decamp("card", "--note", "New", env=ALICES)
    assert signed_in("decamp-card").statement.serial == 2
    assert decamp("card", "--serial", "9", env=ALICES).exit_code == 0
    assert signed_in("decamp-card").statement.serial == 9
    again = decamp("card", "--serial", "9", env=ALICES)
    assert again.exit_code == 2
    assert "Serial number 9 was used already" in again.stderr


@pytest.mark.usefixtures("handles")
def test_a_card_of_another_account_is_not_taken_for_mine(decamp: Decamp) -> None:
    decamp("card", env=ALICES)
    decamp("card", env={"DECAMP_WORDS": encode(Seed(bytes.fromhex(SEEDS["bob"])))})
    assert signed_in("decamp-card").statement.session_id == BOB.session_id


@pytest.mark.usefixtures("handles")
def test_a_name_is_kept_for_the_next_card(decamp: Decamp) -> None:
    decamp("card", "--name", "Alice  Example", env=ALICES)
    decamp("card", "--to", "other", env=ALICES)
    assert json.loads(Path("other/card.json").read_bytes())["name"] == "Alice Example"


@pytest.mark.usefixtures("handles")
def test_a_card_without_words_is_one_that_nobody_can_check(decamp: Decamp) -> None:
    result = decamp("card", "--unsigned")
    assert result.exit_code == 0
    assert "Nobody can check this card" in result.stderr
    assert not Path("decamp-card/statement.txt").exists()
    assert "window.decampVerify = " not in Path("decamp-card/card.html").read_text()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 4, "There is no handle yet"),
        (["--for", "x", "--all-contacts", "y"], 2, "Leave one of them out"),
        (["--with", XMPP], 2, "--with is for one person"),
        (["--unsigned", "--for", "05" + "ab" * 32], 2, "addressed by its signature"),
    ],
)
def test_words_that_make_no_card_are_explained(decamp: Decamp, words: list[str], code: int, sentence: str) -> None:
    result = decamp("card", *words, env=ALICES)
    assert result.exit_code == code
    assert sentence in result.stderr


@pytest.mark.usefixtures("handles")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--paper", "a5"], "There is no paper"),
        (["--valid-until", "2020"], "has passed"),
        (["--valid-until", "soon"], "does not understand"),
        (["--for", "Bob"], "is no Session ID"),
        (["--for", ALICE.session_id], "addressed to the account that it is about"),
        (["--note", "x\u202ey"], "a character that is not allowed"),
        (["--note", "x" * 20_000], "more than"),
        (["--keys", "k", "--profile", "p"], "several keys"),
    ],
)
def test_words_that_make_no_sense_are_refused_and_write_nothing(
    decamp: Decamp, words: list[str], sentence: str
) -> None:
    result = decamp("card", *words, env=ALICES)
    assert result.exit_code == 2, result.output
    assert sentence in result.stderr
    assert not list(Path().glob("decamp-card*"))


@pytest.mark.usefixtures("handles")
def test_a_folder_with_files_of_mine_is_left_alone(decamp: Decamp) -> None:
    Path("here").mkdir()
    Path("here/card.html").write_text("mine")
    result = decamp("card", "--to", "here", env=ALICES)
    assert result.exit_code == 2
    assert "holds something else" in result.stderr
    assert Path("here/card.html").read_text() == "mine"


# -- for one person, for all -----------------------------------------------------------------------------


@pytest.mark.usefixtures("handles")
def test_a_card_for_one_person_names_them_and_may_hold_a_one_time_invitation(decamp: Decamp, exported: Path) -> None:
    result = decamp("card", "--for", "Bob", "--archive", exported, "--with", ONE_TIME, env=ALICES)
    assert result.exit_code == 0, result.output
    (folder,) = Path().glob("decamp-card-for-*")
    told = json.loads((folder / "card.json").read_bytes())
    assert told["recipient"]["name"] == "Bob"
    assert told["recipient"]["id"] == signed_in(folder).statement.audience
    assert [handle["address"] for handle in told["handles"]] == [SIMPLEX, XMPP, ONE_TIME]
    assert "For <bdi>Bob</bdi>" in (folder / "card.html").read_text()


@pytest.mark.usefixtures("handles")
def test_a_card_for_a_session_id_needs_no_archive(decamp: Decamp) -> None:
    assert decamp("card", "--for", BOB.session_id.upper(), "--to", "bob", env=ALICES).exit_code == 0
    assert signed_in("bob").statement.audience == BOB.session_id


@pytest.mark.usefixtures("handles")
def test_each_contact_gets_a_card_of_their_own_and_blocked_ones_none(decamp: Decamp, exported: Path) -> None:
    told = said(decamp("card", "--all-contacts", exported, "--json", env=ALICES))
    assert [card["name"] for card in told["cards"]] == ["Ali", "Bob"]
    assert (told["new"], told["blocked"], told["serial"]) == (2, 1, 1)
    for made in told["cards"]:
        folder = Path("decamp-cards") / made["folder"]
        assert signed_in(folder).statement.audience == made["id"]
        assert f"For {made['name']}" in (folder / "card.txt").read_text()
    assert Path("decamp-cards/cards.pdf").read_bytes().startswith(b"%PDF")
    assert json.loads(Path("decamp-cards/cards.json").read_bytes())["cards"] == told["cards"]


@pytest.mark.usefixtures("handles")
def test_a_run_that_was_stopped_goes_on_with_the_number_that_it_had(decamp: Decamp, exported: Path) -> None:
    first = said(decamp("card", "--all-contacts", exported, "--json", env=ALICES))
    shutil.rmtree(Path("decamp-cards") / first["cards"][0]["folder"])
    Path("decamp-cards/cards.json").unlink()  # as if the run had not come to its end
    for left in ("cards.pdf", "verify.html"):
        Path("decamp-cards", left).unlink()
    kept = signed_in(Path("decamp-cards") / first["cards"][1]["folder"])
    second = said(decamp("card", "--all-contacts", exported, "--json", env=ALICES))
    assert (second["new"], second["serial"]) == (1, first["serial"])
    assert signed_in(Path("decamp-cards") / first["cards"][1]["folder"]) == kept
    assert said(decamp("card", "--all-contacts", exported, "--json", env=ALICES))["new"] == 0


@pytest.mark.usefixtures("handles")
def test_a_new_address_makes_new_cards_for_all(decamp: Decamp, exported: Path) -> None:
    decamp("card", "--all-contacts", exported, env=ALICES)
    decamp("handle", "add", "@alice:example.org")
    told = said(decamp("card", "--all-contacts", exported, "--json", env=ALICES))
    assert (told["new"], told["serial"]) == (2, 2)


# -- afterwards ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("handles")
def test_a_withdrawal_replaces_what_was_said(decamp: Decamp) -> None:
    decamp("card", env=ALICES)
    result = decamp("card", "revoke", "--note", "Lost my keys", env=ALICES)
    assert result.exit_code == 0, result.output
    statement = signed_in("decamp-card-withdrawn").statement
    assert (statement.withdraws, statement.serial, statement.notes) == (True, 2, ("Lost my keys",))
    assert not Path("decamp-card-withdrawn/card.pdf").exists()
    checked = decamp("verify", "decamp-card")
    assert checked.exit_code == 7
    assert "replaced by a later one" in checked.stdout


@pytest.mark.usefixtures("handles")
def test_the_line_for_the_new_accounts_is_shown_with_where_it_goes(decamp: Decamp) -> None:
    assert decamp("card", "proof").exit_code == 2
    decamp("card", env=ALICES)
    shown = decamp("card", "proof").stdout
    assert shown.splitlines()[0] == proof_text(ALICE.session_id)
    assert "SimpleX: your profile's bio" in shown
    assert said(decamp("card", "proof", "--session-id", BOB.session_id, "--json"))["proof"] == proof_text(
        BOB.session_id
    )


@pytest.mark.parametrize("background", ["dark", "light"])
def test_codes_in_the_terminal_can_be_scanned(decamp: Decamp, background: str) -> None:
    for address in EVERY_NETWORK[:5]:
        decamp("handle", "add", address)
    decamp("card", env=ALICES)
    told = said(decamp("card", "show", "--json"))
    for number, code in enumerate(told["codes"], 1):
        shown = decamp("card", "show", number, "--background", background).stdout
        lines = [line for line in shown.splitlines()[1:] if line]
        width = max(map(len, lines))
        picture = photographed([line.ljust(width) for line in lines], background == "light")
        assert decoded(picture) == [code["text"].encode()]


@pytest.mark.usefixtures("handles")
def test_the_statement_is_shown_as_a_code_too(decamp: Decamp) -> None:
    assert decamp("card", "show", "statement").exit_code == 4
    decamp("card", env=ALICES)
    (code,) = said(decamp("card", "show", "statement", "--json"))["codes"]
    assert read(code["text"]) == [signed_in("decamp-card")]
    assert decamp("card", "show", "7").exit_code == 4


def test_the_page_that_checks_is_written_alone(decamp: Decamp) -> None:
    assert decamp("card", "verifier").exit_code == 0
    assert decamp("card", "verifier").exit_code == 0  # the same page: nothing to lose
    assert "decampVerify" in Path("verify.html").read_text()
    Path("verify.html").write_text("mine")
    assert decamp("card", "verifier").exit_code == 2
    assert Path("verify.html").read_text() == "mine"


@pytest.mark.usefixtures("handles")
def test_the_printed_sheet_can_be_scanned(decamp: Decamp, absent: Callable[[str], NoReturn]) -> None:
    if shutil.which("pdftoppm") is None:
        absent("poppler-utils is not installed")
    decamp("card", "--paper", "letter", env=ALICES)
    subprocess.run(["pdftoppm", "-png", "-r", "200", "decamp-card/card.pdf", "page"], check=True)
    codes = set(decoded(opened(Path("page-1.png").read_bytes())))
    assert codes == {SIMPLEX.encode(), XMPP.encode(), signed_in("decamp-card").compact().encode()}
