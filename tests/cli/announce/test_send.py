"""`decamp announce send` and `retry`: each gets their own notice, once, and what failed is said."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from migrate.announce.journal import Journal
from migrate.cards.statement import read
from migrate.settings import Settings
from tests.announce.street import street
from tests.cli.announce.conftest import NOTICE, shown, status
from tests.cli.conftest import Decamp, said


def test_each_gets_one_notice_that_checks_out(told: Decamp, places: Path) -> None:
    notices = shown(places)
    assert sorted(notices) == ["alice", "bob"]
    for (text,) in notices.values():
        (signed,) = read(text)
        assert signed.why_not() is None
        assert signed.statement.audience is not None
        assert str(signed.statement.handles[0]).startswith("xmpp:robin@garden.example?roster;preauth=token")
    now = status(told)
    assert (now["total"], now["told"], now["failed"]) == (2, 2, 0)


def test_nobody_is_told_twice_unless_somebody_says_so(told: Decamp, exported: Path, profile: Path) -> None:
    done = told(*NOTICE, exported, "--via", "street")
    assert done.exit_code == 4
    assert "2 (told already)" in done.stdout
    assert "Nobody is left to be told" in told("announce", "send", "--yes").stdout
    assert told(*NOTICE, exported, "--via", "street", "--again", "--only", "Ali").exit_code == 0
    done = told("announce", "send", "--yes", "--pace", "0", "--profile", profile, "--json")
    assert (said(done)["sent"], said(done)["total"]) == (1, 2)


def test_sending_asks_once_with_numbers(
    mine: Decamp, exported: Path, profile: Path, places: Path, somebody_there: None
) -> None:
    assert mine(*NOTICE, exported, "--via", "street").exit_code == 0
    done = mine("announce", "send", "--profile", profile, typed="2\n")
    assert done.exit_code == 0
    assert "Tell 2 people?" in done.stderr
    assert "What leaves this machine" in done.stderr
    assert shown(places) == {}
    done = mine("announce", "send", "--pace", "0", "--profile", profile, typed="1\n")
    assert done.exit_code == 0, done.output
    assert len(shown(places)) == 2


def test_without_a_terminal_nothing_is_sent_unasked(mine: Decamp, exported: Path, profile: Path, places: Path) -> None:
    mine(*NOTICE, exported, "--via", "street")
    done = mine("announce", "send", "--profile", profile)
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert shown(places) == {}


def test_the_words_of_another_account_sign_nothing(mine: Decamp, exported: Path, places: Path) -> None:
    mine(*NOTICE, exported, "--via", "street")
    keys = places / "keys.json"
    keys.write_text('{"seed_hex": "00112233445566778899aabbccddeeff"}')
    keys.chmod(0o600)
    done = mine("announce", "send", "--yes", "--keys", keys)
    assert done.exit_code == 2
    assert "The key is that of" in done.stderr
    assert shown(places) == {}


def test_a_group_of_ones_choice_gets_it_too(mine: Decamp, exported: Path, profile: Path, places: Path) -> None:
    assert mine(*NOTICE, exported, "--via", "street", "--also-post", "hikers").exit_code == 0
    assert mine("announce", "send", "--yes", "--pace", "0", "--profile", profile).exit_code == 0
    (text,) = shown(places)["group 1"]
    assert text.startswith("Hi everybody,")
    assert read(text)[0].statement.audience is None
    assert "preauth" not in text


def test_what_failed_is_listed_with_what_to_do_and_tried_again(
    mine: Decamp, exported: Path, profile: Path, places: Path
) -> None:
    db = street(places / "street.sqlite")
    db.execute("UPDATE boxes SET id = 'refused 1' WHERE name = 'Bob'")
    mine(*NOTICE, exported, "--via", "street")
    done = mine("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    assert done.exit_code == 6
    assert "Bob: The box is nailed up." in done.stderr
    assert status(mine)["failed"] == 1
    assert mine("announce", "retry", "--yes", "--only", "Nobody").exit_code == 2
    db.close()
    done = mine("announce", "retry", "--yes", "--pace", "0", "--profile", profile)
    assert done.exit_code == 6
    assert "1 notice of 1 that failed will be tried again" in done.stdout


def test_what_failed_on_one_network_is_never_sent_over_another(
    mine: Decamp, exported: Path, profile: Path, places: Path
) -> None:
    Settings(places / "settings").set("bridge.forgetful", "place", str(places / "street.sqlite"))
    db = street(places / "street.sqlite")
    db.execute("UPDATE boxes SET id = 'refused 1' WHERE name = 'Bob'")
    db.close()
    send = ("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    mine(*NOTICE, exported, "--via", "street", "--only", "Bob")
    assert mine(*send).exit_code == 6
    mine(*NOTICE, exported, "--via", "forgetful", "--only", "Ali", "--no-invitations", "--unsigned")
    done = mine("announce", "retry", "--yes", "--profile", profile)
    assert done.exit_code == 2
    assert "several networks: forgetful, street" in done.stderr
    assert mine(*send).exit_code == 6, "somebody still does not know"
    assert list(shown(places)) == ["alice"]
    assert "1 notice of 1" in mine("announce", "retry", "--yes", "--pace", "0", "--profile", profile).stdout


def test_a_bridge_that_falls_over_is_named_and_takes_nothing_else_down(
    mine: Decamp, exported: Path, profile: Path, places: Path
) -> None:
    Settings(places / "settings").set("bridge.broken", "place", "anywhere")
    mine(*NOTICE, exported, "--via", "street")
    done = mine("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    assert done.exit_code == 0, done.output
    assert "The bridge broken is left out. ZeroDivisionError" in done.stderr
    assert len(shown(places)) == 2


def test_a_bridge_that_is_needed_and_in_use_elsewhere_stops_it_with_words(
    mine: Decamp, exported: Path, profile: Path, places: Path
) -> None:
    mine(*NOTICE, exported, "--via", "street")
    settings = places / "settings" / "bridges" / "garden"
    settings.mkdir(parents=True)
    lock = sqlite3.connect(settings / "in-use", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    done = mine("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    lock.close()
    assert done.exit_code == 2
    assert "Another decamp uses the bridge garden" in done.stderr
    assert shown(places) == {}


def test_a_bridge_that_is_not_set_up_is_named_before_anybody_is_asked_for_words(
    places: Path, decamp: Decamp, exported: Path
) -> None:
    decamp("handle", "add", "xmpp:robin@example.org")
    Settings(places / "settings").set("bridge.street", "place", str(places / "street.sqlite"))
    street(places / "street.sqlite").execute("INSERT INTO boxes VALUES ('alice', 'Alice')").connection.close()
    assert decamp(*NOTICE, exported, "--via", "street").exit_code == 0
    (places / "settings" / "config.toml").write_text("")
    done = decamp("announce", "send", "--yes")
    assert done.exit_code == 2
    assert "decamp bridge setup street" in done.stderr


def test_ctrl_c_is_safe_and_the_next_run_goes_on(
    mine: Decamp, exported: Path, profile: Path, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine(*NOTICE, exported, "--via", "street")
    noted: list[Any] = []
    note_sent = Journal.note_sent

    def interrupted(journal: Journal, *given: Any) -> None:
        if not noted:
            noted.append(given)
            raise KeyboardInterrupt  # after the network has taken it, before we have noted that
        note_sent(journal, *given)

    monkeypatch.setattr(Journal, "note_sent", interrupted)
    done = mine("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    assert done.exit_code == 130
    assert "the next run goes on from there" in done.stderr
    assert len(shown(places)) == 1
    done = mine("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    assert done.exit_code == 0, done.output
    assert {box: len(texts) for box, texts in shown(places).items()} == {"alice": 1, "bob": 1}
