"""What people change while `decamp relay run` runs, in another window: it takes all of it up within seconds."""

from __future__ import annotations

import signal
import time

import pytest

from migrate.cli.bridging import held
from migrate.cli.run import Options, Run
from tests.cli.conftest import Decamp, said
from tests.cli.relay_town import Running, Town, until

SOON = 20.0  # seconds, on a machine that does other things too
BEFORE, AFTER = "password-of-yesterday", "password-of-today"


@pytest.fixture
def linked(town: Town, decamp: Decamp) -> Town:
    done = decamp("relay", "add", "folder:kitchen", "shelf:room")
    assert done.exit_code == 0, done.output
    return town


def keep_password(town: Town, password: str) -> None:
    secrets = town.home / "secrets"
    secrets.mkdir(mode=0o700, exist_ok=True)
    (secrets / "bridge.shelf.password").write_text(password)
    (secrets / "bridge.shelf.password").chmod(0o600)


def knocks(town: Town) -> int:
    file = town.folder / "new" / "knocks"
    return len(file.read_text().split()) if file.exists() else 0


def state_of(decamp: Decamp, side: str) -> str:
    sides = said(decamp("relay", "status", "--json"))["status"]["sides"]
    return next(str(one["state"]) for one in sides if one["name"] == side)


def test_a_new_rule_makes_chats_at_once_and_starts_the_bridge_that_it_needs(linked: Town, decamp: Decamp) -> None:
    with Running(linked).is_up() as relay:
        done = decamp("relay", "add", "folder", "hotel", "--groups")
        assert done.exit_code == 0, done.output
        assert "takes it up within seconds" in done.stderr
        until(lambda: "hotel: connected." in relay.log, SOON)
        assert "There is 1 rule now." in relay.log
        linked.says("old/club", "ann", "hello")
        until(lambda: linked.texts("inn/club (Shared folder)") == ["Ann: hello"], SOON)
        linked.says("inn/club (Shared folder)", "robin", "hello Ann")
        until(lambda: linked.texts("old/club") == ["hello Ann"], SOON)
        linked.says("inn/decamp", "robin", "version")
        until(lambda: any("decamp " in text for text in linked.texts("inn/decamp")), SOON)
        assert relay.log.count("folder: connected.") == relay.log.count("shelf: connected.") == 1
        assert relay.end(signal.SIGTERM)[0] == 0


def test_a_rule_that_is_removed_makes_no_further_chats_and_those_it_made_go_on(town: Town, decamp: Decamp) -> None:
    assert decamp("relay", "add", "folder", "hotel", "--groups").exit_code == 0
    with Running(town).is_up() as relay:
        town.says("old/club", "ann", "one")
        until(lambda: town.texts("inn/club (Shared folder)") == ["Ann: one"])
        done = decamp("relay", "remove", "folder-hotel")
        assert done.exit_code == 0, done.output
        until(lambda: "There are 0 rules now." in relay.log, SOON)
        town.says("old/kitchen", "ann", "not for you")
        town.says("old/club", "ann", "two")
        until(lambda: len(town.texts("inn/club (Shared folder)")) == 2)
        assert not (town.folder / "inn" / "kitchen (Shared folder)").exists()


def test_a_rule_that_is_paused_makes_no_chats_and_what_comes_is_kept(town: Town, decamp: Decamp) -> None:
    assert decamp("relay", "add", "folder", "hotel", "--groups").exit_code == 0
    with Running(town).is_up():
        town.says("old/club", "ann", "one")
        until(lambda: town.texts("inn/club (Shared folder)") == ["Ann: one"])
        done = decamp("relay", "pause", "folder-hotel")
        assert "folder-hotel stands still." in done.stdout
        assert "folder-hotel stands still, with every chat that it made: paused by you." in (
            decamp("relay", "status").stdout.replace("\n", " ")
        )
        listed = said(decamp("relay", "list", "--json"))["links"]
        assert [one["stopped"] for one in listed] == ["paused by you", "paused by you"]
        written = 1

        def held_back() -> int:
            """Another letter, and how many are held back: the relay hears of a command within a second."""
            nonlocal written
            written += 1
            town.says("old/club", "ann", f"letter {written}")
            sides = said(decamp("relay", "status", "--json"))["status"]["sides"]
            return sum(int(side["held_back"]) for side in sides)

        until(held_back)
        assert len(town.texts("inn/club (Shared folder)")) < written
        town.says("old/kitchen", "ann", "a new one")
        until(lambda: said(decamp("relay", "status", "--json"))["status"]["wishes"] == 1)
        assert not (town.folder / "inn" / "kitchen (Shared folder)").exists()
        assert "folder-hotel stands still." in decamp("relay", "doctor").stdout
        assert "folder-hotel goes on." in decamp("relay", "resume", "folder-hotel").stdout
        until(lambda: town.texts("inn/kitchen (Shared folder)") == ["Ann: a new one"], SOON)
        until(lambda: len(town.texts("inn/club (Shared folder)")) == written, SOON)
    assert "did not stand still" in decamp("relay", "resume", "folder-hotel").stdout


def test_a_link_to_a_bridge_that_did_not_run_starts_it(linked: Town, decamp: Decamp) -> None:
    (linked.folder / "inn" / "lounge").mkdir()
    with Running(linked).is_up() as relay:
        linked.says("old/club", "ann", "so that the relay knows this chat")
        until(lambda: decamp("relay", "add", "folder:club", "hotel:lounge").exit_code == 0, SOON)
        until(lambda: "hotel: connected." in relay.log, SOON)
        linked.says("old/club", "ann", "hello")
        until(lambda: "Ann: hello" in linked.texts("inn/lounge"), SOON)


def test_settings_that_cannot_be_used_change_nothing_until_they_are_corrected(linked: Town, decamp: Decamp) -> None:
    config = linked.home / "config.toml"
    good = config.read_text()
    with Running(linked).is_up() as relay:
        config.write_text(good + '\n[[portals]]\nname = "x"\nfrom = "folder"\nto = "hotel"\nmode = "cats"\n')
        until(lambda: "Nothing changes: A [[portals]] in config.toml cannot be used" in relay.log, SOON)
        linked.says("old/kitchen", "ann", "tea?")
        until(lambda: linked.texts("new/room") == ["Ann: tea?"])
        config.write_text(good + '\n[[portals]]\nname = "x"\nfrom = "folder"\nto = "hotel"\nmode = "chats"\n')
        until(lambda: "hotel: connected." in relay.log, SOON)
        assert relay.log.count("Nothing changes") == 1
    assert decamp("relay", "list").exit_code == 0


def test_a_bridge_with_a_wrong_password_waits_and_comes_back_with_the_right_one(linked: Town, decamp: Decamp) -> None:
    keep_password(linked, BEFORE)
    (linked.folder / "new" / "lock").write_text(AFTER)
    answers = linked.folder / "answers.toml"
    answers.write_text(f'place = "{linked.folder / "new"}"\nname = "relay"\npause = "0.02"\npassword = "{AFTER}"\n')
    with Running(linked) as relay:
        until(lambda: "shelf: bad credentials." in relay.log and "folder: connected." in relay.log, 30)
        linked.says("old/kitchen", "ann", "tea?")
        started = time.monotonic()
        until(lambda: time.monotonic() - started > 3)  # it has had time to knock again, if it does
        assert knocks(linked) == 1
        assert state_of(decamp, "shelf") == "bad credentials"
        done = decamp("bridge", "setup", "shelf", "--answers", answers)
        assert done.exit_code == 0, done.output
        until(lambda: linked.texts("new/room") == ["Ann: tea?"], SOON)
        assert knocks(linked) == 3, "the first, that of the setup, and that with the right password"
        assert relay.log.count("folder: connected.") == 1
        assert AFTER not in relay.log


def test_retry_starts_what_has_stopped_and_leaves_alone_what_runs(linked: Town, decamp: Decamp) -> None:
    keep_password(linked, BEFORE)
    lock = linked.folder / "new" / "lock"
    lock.write_text(AFTER)
    with Running(linked) as relay:
        until(lambda: "shelf: bad credentials." in relay.log and "folder: connected." in relay.log, 30)
        assert said(decamp("relay", "retry", "folder", "--json"))["started"] == []
        done = decamp("relay", "retry", "shelf")
        assert "shelf is started again." in done.stdout
        until(lambda: knocks(linked) == 2, SOON)
        until(lambda: relay.log.count("shelf: bad credentials.") == 2, SOON)
        lock.write_text(BEFORE)
        assert said(decamp("relay", "retry", "--json"))["started"] == ["shelf"]
        until(lambda: "shelf: connected." in relay.log, SOON)
        assert relay.log.count("folder: connected.") == 1
        assert "0 messages are tried again." in decamp("relay", "retry").stdout
    assert said(decamp("relay", "retry", "--json")) | {"started": []} == said(decamp("relay", "retry", "--json"))


def test_a_bridge_that_something_else_uses_is_waited_for(linked: Town) -> None:
    with held(Run(linked.environ, Options()), "shelf"), Running(linked) as relay:
        until(lambda: "shelf: interrupted. Another decamp uses the bridge shelf" in relay.log, 30)
        until(lambda: "folder: connected." in relay.log)
        linked.says("old/kitchen", "ann", "tea?")
        assert linked.texts("new/room") == []
        assert relay.process.poll() is None
        assert relay.end(signal.SIGTERM)[0] == 0
    with Running(linked) as relay:
        with held(Run(linked.environ, Options(home=linked.folder / "another home")), "shelf"):
            until(lambda: "shelf: connected." in relay.log, 30)
        until(lambda: linked.texts("new/room") == ["Ann: tea?"])
