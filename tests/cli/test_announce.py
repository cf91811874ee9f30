"""`decamp announce` from the plan to the last arrival, over a street of mailboxes and into a garden."""

from __future__ import annotations

import importlib.metadata
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from bridges import registry
from migrate.announce.journal import Journal
from migrate.cards.statement import read
from migrate.settings import Settings
from tests.announce.street import happens, street
from tests.cli.conftest import HOSTILE, Decamp, said

BRIDGES = {"street": "StreetBridge", "garden": "GardenBridge", "forgetful": "ForgetfulBridge", "broken": "BrokenBridge"}
NOTICE = ("announce", "plan")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the street and the garden lie; both are installed."""
    points = [
        importlib.metadata.EntryPoint(name, f"tests.announce.street:{bridge}", registry.GROUP)
        for name, bridge in BRIDGES.items()
    ]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    return tmp_path


@pytest.fixture
def mine(places: Path, decamp: Decamp) -> Callable[..., Result]:
    """decamp of somebody who has moved, with street and garden set up, and mailboxes for Alice, Bob and the hikers."""
    home = Settings(places / "settings")
    for name in ("street", "garden"):
        home.set(f"bridge.{name}", "place", str(places / f"{name}.sqlite"))
    boxes = street(places / "street.sqlite")
    rows = [("alice", "Alice"), ("bob", "Bob"), ("mallory", HOSTILE), ("group 1", "Hikers"), ("me", "Robin")]
    boxes.executemany("INSERT INTO boxes VALUES (?, ?)", rows)
    boxes.close()
    assert decamp("handle", "add", "xmpp:robin@example.org").exit_code == 0
    return decamp


@pytest.fixture
def told(mine: Decamp, exported: Path, profile: Path) -> Decamp:
    """The same, after everybody was told."""
    assert mine(*NOTICE, exported, "--via", "street").exit_code == 0
    done = mine("announce", "send", "--yes", "--pace", "0", "--profile", profile)
    assert done.exit_code == 0, done.output
    return mine


def shown(places: Path) -> dict[str, list[str]]:
    db = street(places / "street.sqlite")
    texts: dict[str, list[str]] = {}
    for box, text in db.execute("SELECT box, text FROM shown ORDER BY number").fetchall():
        texts.setdefault(box, []).append(text)
    db.close()
    return texts


def status(decamp: Decamp) -> dict[str, Any]:
    return said(decamp("announce", "status", "--json"))


# -- planning ----------------------------------------------------------------------------------------


def test_a_plan_shows_who_and_what_and_sends_nothing(mine: Decamp, exported: Path, places: Path) -> None:
    done = mine(*NOTICE, exported, "--via", "street", "--show", "Ali")
    assert done.exit_code == 0, done.output
    assert "Ali gets this:" in done.stdout
    assert "Hi Alice," in done.stdout
    assert "│ Garden: … (made when it is sent)" in done.stdout
    assert "Signature: … (made when it is sent)" in done.stdout
    assert "2 people would be told over Street" in done.stdout
    assert "Nothing has been sent" in done.stdout
    assert "1 (blocked)" in done.stdout
    assert shown(places) == {}


def test_a_program_gets_each_notice_word_for_word(mine: Decamp, exported: Path) -> None:
    told = said(mine(*NOTICE, exported, "--via", "street", "--json"))
    assert {one["name"] for one in told["notices"]} == {"Ali", "Bob"}
    assert all(len(one["messages"]) == 1 and one["code"] in one["messages"][0].replace("-", "")
               for one in told["notices"])  # fmt: skip
    assert {one["why"] for one in told["left_out"]} >= {"blocked"}


def test_leaving_another_network_its_chats_are_told_and_no_name_steers_the_terminal(mine: Decamp) -> None:
    done = mine("announce", "plan", "--via", "street", "--name", "Robin")
    assert done.exit_code == 0, done.output
    assert "3 people would be told over Street" in done.stdout
    assert "1 (it is you)" in done.stdout
    assert "\x1b" not in done.output
    assert "\u202e" not in done.output


def test_filters_and_words_of_ones_own(mine: Decamp, exported: Path, places: Path) -> None:
    (places / "settings" / "announce.toml").write_text(
        'language = "de"\nname = "Rob"\n[tags]\nfamily = ["Ali"]\n[languages]\nfr = ["Bob"]\n'
    )
    one = said(mine(*NOTICE, exported, "--via", "street", "--tag", "family", "--json"))
    assert [(notice["name"], notice["language"]) for notice in one["notices"]] == [("Ali", "de")]
    assert "hier ist Rob." in one["notices"][0]["messages"][0]
    two = said(mine(*NOTICE, exported, "--via", "street", "--except", "Ali", "--json"))
    assert [(notice["name"], notice["language"]) for notice in two["notices"]] == [("Bob", "fr")]
    own = places / "own.txt"
    own.write_text("Ciao {friend}!\n\n{addresses}\n")
    three = said(mine(*NOTICE, exported, "--via", "street", "--template", own, "--only", "Ali", "--json"))
    assert three["notices"][0]["messages"] == ["Ciao Alice!\n\nXMPP: xmpp:robin@example.org"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--only", "Nobody"], "Nobody is called"),
        (["--tag", "family"], "There is no tag"),
        (["--language", "xx"], "There is no notice in 'xx'"),
        (["--template", "nowhere.txt"], "cannot be read"),
        (["--also-post", "Climbers"], "no group or community"),
        (["--invite", "street"], "makes no invitations"),
        (["--valid-until", "2020"], "has passed"),
        (["--active-since", "yesterdayish"], "does not understand"),
        (["--only", "Ali", "--except", "Ali"], "Nobody is left"),
    ],
)
def test_what_makes_no_sense_is_said_with_a_way_out(mine: Decamp, exported: Path, words: list[str], says: str) -> None:
    done = mine(*NOTICE, exported, "--via", "street", *words)
    assert done.exit_code in (2, 4), done.output
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_a_broken_announce_toml_is_named(mine: Decamp, exported: Path, places: Path) -> None:
    (places / "settings" / "announce.toml").write_text("per_minut = 3\n")
    done = mine(*NOTICE, exported, "--via", "street")
    assert done.exit_code == 2
    assert "per_minut" in done.stderr


def test_a_profile_of_desktop_says_who_too(mine: Decamp, profile: Path) -> None:
    told = said(mine(*NOTICE, profile, "--via", "street", "--active-since", "2y", "--json"))
    assert {one["name"] for one in told["notices"]} == {"Ali"}
    assert {one["why"] for one in told["left_out"]} >= {"no message since then", "blocked"}


# -- sending -----------------------------------------------------------------------------------------


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


# -- afterwards --------------------------------------------------------------------------------------


def watched(decamp: Decamp, home: Path, *words: str, arrivals: int, greeted: int = 0) -> Result:
    """`announce watch`, until so many have come, and then stopped as from another terminal."""

    def stop() -> None:
        deadline = time.monotonic() + 20
        with Journal(home) as journal:
            query = "SELECT count(*), count(greeted_at) FROM arrivals"
            while journal.db.execute(query).fetchone() != (arrivals, greeted) and time.monotonic() < deadline:
                time.sleep(0.05)
            journal.ask_to_stop(1)

    waiting = threading.Thread(target=stop)
    waiting.start()
    done = decamp("announce", "watch", *words)
    waiting.join()
    return done


def test_whoever_comes_by_invitation_or_by_code_is_known_and_greeted(told: Decamp, places: Path) -> None:
    garden = places / "garden.sqlite"
    people = {one["name"]: one for one in status(told)["people"]}
    with Journal(places / "settings") as journal:
        codes = {notice.to.who.name: notice.code for notice in journal.notices()}
        ((invitation,),) = journal.db.execute(
            "SELECT invitation FROM invitations WHERE id = ?", [people["Ali"]["id"]]
        ).fetchall()
    happens(garden, "came", "alice@garden.example", "Alice", invitation)
    happens(garden, "said", "b@garden.example", HOSTILE, f"Hello, decamp {codes['Bob']}")
    happens(garden, "asked", "stranger@garden.example", HOSTILE, "")
    happens(places / "street.sqlite", "read", "alice", "Alice", "s1 s2")
    done = watched(told, places / "settings", "--greet", arrivals=2, greeted=2)
    assert done.exit_code == 0, done.output
    assert "Ali has come to garden: Alice (alice@garden.example), by their invitation." in done.stdout
    assert "by their code" in done.stdout
    assert "(stranger@garden.example) asks to be let in on garden." in " ".join(done.stdout.split())
    assert "\x1b" not in done.output
    now = status(told)
    assert (now["arrived"], now["told"], now["read"]) == (2, 2, 1)
    handles = {one["name"]: [handle["handle"] for handle in one["handles"]] for one in now["people"]}
    assert handles == {"Ali": ["alice@garden.example"], "Bob": ["b@garden.example"]}
    db = street(garden)
    greetings = dict(db.execute("SELECT box, text FROM shown").fetchall())
    db.close()
    assert greetings["alice@garden.example"].startswith("Hi Alice, how good to see you here!")
    assert len(greetings) == 2


def test_status_is_a_bar_a_list_and_a_page(told: Decamp, places: Path) -> None:
    page = places / "status.html"
    done = told("announce", "status", "--html", page)
    assert done.exit_code == 0
    assert "2 of 2 told" in done.stdout
    assert "█" in done.stdout
    assert "<h1>2 of 2 told</h1>" in page.read_text("utf-8")
    assert told("announce", "status", "--html", places).exit_code == 2


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


def test_no_secret_stands_where_others_could_find_it(told: Decamp, places: Path) -> None:
    for path in (places / "settings").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path
