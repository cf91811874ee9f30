"""`decamp verify` of a statement: told apart from an archive by looking, wherever it was found."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from migrate.cards.folder import files, put, record
from migrate.cards.statement import Statement, sign
from migrate.demo.profile import ProfileBuilder

from ..cards.handed import HOSTILE, card
from ..cards.signing import ALICE, BOB, ISSUED
from .conftest import Decamp, said

ONE = card(notes=["See you there"], until=None)
assert ONE.signed is not None
SIGNED = ONE.signed
FORGED = SIGNED.text().replace("alice@example.org?", "mallory@example.org?")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Everything a card is made into."""
    put(tmp_path / "card", files(ONE), record(ONE))
    return tmp_path / "card"


@pytest.fixture(scope="module")
def knows_alice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in which somebody has the Session ID of the statement."""
    from typer.testing import CliRunner

    from migrate.cli.app import app

    place = tmp_path_factory.mktemp("alice")
    with ProfileBuilder(place / "Session", name="Robin") as profile:
        profile.person("Alice of old", id=ALICE.session_id)
        profile.person("Bob")
    env = {"DECAMP_HOME": str(place / "settings")}
    done = CliRunner().invoke(app, ["export", str(place / "Session"), "--to", str(place / "archive")], env=env)
    assert done.exit_code == 0, done.output
    return place / "archive"


@pytest.mark.parametrize(
    "name",
    [
        "statement.txt",
        "card.html",
        "card.txt",
        "card.gmi",
        "card.vcf",
        "card-3.vcf",
        "qr/statement.png",
        ".",
    ],
)
def test_a_statement_is_checked_out_of_whatever_holds_it(decamp: Decamp, folder: Path, name: str) -> None:
    result = decamp("verify", folder / name)
    assert result.exit_code == 0, result.output
    assert "Genuine: 05aa…aa74 says where to be found" in result.stdout
    assert "xmpp:alice@example.org?omemo" in result.stdout
    assert "Note: See you there" in result.stdout
    assert "What it does not prove" in result.stdout


@pytest.mark.parametrize("text", [SIGNED.text(), SIGNED.compact(), f"Hi!\n\n> {SIGNED.compact()}".replace("> ", "")])
def test_a_statement_may_be_given_by_itself(decamp: Decamp, text: str) -> None:
    assert decamp("verify", text).exit_code == 0
    assert decamp("verify", "-", typed=text).exit_code == 0


def test_a_forged_one_is_refused_and_its_addresses_are_not_shown(decamp: Decamp) -> None:
    result = decamp("verify", FORGED)
    assert result.exit_code == 7
    assert "Not genuine" in result.stdout
    assert "mallory" not in result.output


def test_a_picture_of_a_card_is_scanned(decamp: Decamp, folder: Path) -> None:
    result = decamp("verify", folder / "qr" / "statement.png", "--json")
    assert said(result)["statements"][0]["state"] == "valid"
    nothing = decamp("verify", folder / "qr" / "1-simplex.png")
    assert nothing.exit_code == 7
    assert "no move statement" in nothing.stderr


def test_without_the_scanner_a_picture_is_explained(
    decamp: Decamp, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    result = decamp("verify", folder / "qr" / "statement.png")
    assert result.exit_code == 4
    assert "not installed" in result.stderr
    assert "paste the text" in result.stderr


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\nbroken", "damaged"),
        (b"", "no move statement"),
        (bytes(range(256)) * 40, "no move statement"),
    ],
)
def test_what_holds_no_statement_is_said(decamp: Decamp, tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "thing").write_bytes(data)
    result = decamp("verify", tmp_path / "thing")
    assert result.exit_code in {4, 7}
    assert sentence in result.stderr


@pytest.mark.parametrize("what", ["nowhere.txt", "x" * 5000, "a\0b"])
def test_a_name_of_nothing_is_said(decamp: Decamp, what: str) -> None:
    assert decamp("verify", what).exit_code == 4


def test_the_session_id_that_was_known_decides(decamp: Decamp) -> None:
    assert decamp("verify", SIGNED.text(), "--session-id", ALICE.session_id.upper()).exit_code == 0
    other = decamp("verify", SIGNED.text(), "--session-id", BOB.session_id)
    assert other.exit_code == 7
    assert "not the account you knew" in other.stdout
    assert decamp("verify", SIGNED.text(), "--session-id", "alice").exit_code == 2


def test_an_archive_tells_who_it_is(decamp: Decamp, knows_alice: Path, exported: Path) -> None:
    result = decamp("verify", SIGNED.text(), "--archive", knows_alice)
    assert result.exit_code == 0, result.output
    assert "This is Alice of old, whom you knew as 05aa…aa74." in result.stdout
    assert "Compare the Session ID" not in result.stdout
    stranger = decamp("verify", SIGNED.text(), "--archive", exported)
    assert stranger.exit_code == 7
    assert "Nobody in this archive has this Session ID" in stranger.stderr


def test_both_directions_meet_or_they_do_not(decamp: Decamp, tmp_path: Path) -> None:
    line = f"Hello, I am here. decamp-proof: {ALICE.session_id}"
    (tmp_path / "bio.txt").write_text(line)
    for proof in (line, tmp_path / "bio.txt"):
        result = decamp("verify", SIGNED.text(), "--proof", proof)
        assert result.exit_code == 0
        assert "Both directions meet" in result.stdout
    other = decamp("verify", SIGNED.text(), "--proof", f"decamp-proof: {BOB.session_id}")
    assert other.exit_code == 7
    assert "does not name this old account" in other.stdout


def test_an_old_statement_is_known_as_such_once_a_later_one_was_seen(decamp: Decamp) -> None:
    later = card(serial=4).signed
    assert later is not None
    assert decamp("verify", SIGNED.text()).exit_code == 0
    assert decamp("verify", later.compact()).exit_code == 0
    old = decamp("verify", SIGNED.text())
    assert old.exit_code == 7
    assert "replaced by a later one" in old.stdout
    assert "A later one was checked here on" in old.stdout
    assert "Do not rely on these addresses" in old.stdout


def test_two_with_the_same_number_contradict_each_other_also_on_different_days(decamp: Decamp) -> None:
    other = card(notes=["Something else"], until=None).signed
    assert other is not None
    assert decamp("verify", SIGNED.text()).exit_code == 0
    result = decamp("verify", other.text(), "--json")
    assert result.exit_code == 7
    assert said(result)["statements"][0]["state"] == "contradicted"


def test_a_forged_one_is_never_remembered(decamp: Decamp) -> None:
    later = card(serial=9).signed
    assert later is not None
    decamp("verify", later.text().replace("Note", "Nope").replace("Serial: 9", "Serial: 10"))
    assert decamp("verify", SIGNED.text()).exit_code == 0


def test_a_statement_for_somebody_else_does_not_count_for_the_owner_of_the_archive(
    decamp: Decamp, knows_alice: Path
) -> None:
    for_bob = card(audience=BOB.session_id).signed
    assert for_bob is not None
    result = decamp("verify", for_bob.text(), "--archive", knows_alice, "--json")
    assert said(result)["statements"][0]["state"] == "for somebody else"


def test_a_withdrawal_is_genuine_and_nothing_to_go_by(decamp: Decamp) -> None:
    withdrawal = sign(Statement(session_id=ALICE.session_id, issued=ISSUED, serial=9), ALICE)
    result = decamp("verify", withdrawal.text())
    assert result.exit_code == 7
    assert "takes back all earlier statements" in result.stdout


def test_programs_get_all_of_it(decamp: Decamp) -> None:
    told = said(decamp("verify", f"{SIGNED.text()}\n{FORGED}", "--json"))
    assert told["ok"] is False
    assert [one["state"] for one in told["statements"]] == ["valid", "forged"]
    assert told["statements"][0]["text"] == SIGNED.text()


def test_a_home_that_cannot_be_written_is_no_reason_not_to_check(decamp: Decamp, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert decamp("verify", SIGNED.text(), "--home", tmp_path / "file").exit_code == 0


def test_what_a_statement_says_cannot_steer_the_terminal(decamp: Decamp) -> None:
    for number, text in enumerate(HOSTILE, 20):
        note = " ".join("".join(c for c in text if c.isprintable()).split())
        signed = card(notes=[note], serial=number).signed
        assert signed is not None
        output = decamp("verify", signed.text()).output
        assert "\x1b" not in output
        assert "\u202e" not in output


def test_an_archive_is_still_an_archive(decamp: Decamp, exported: Path, absent: Callable[[str], NoReturn]) -> None:
    assert "The archive is whole" in decamp("verify", exported).stdout
