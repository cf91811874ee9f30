"""`decamp export --recovery` and `decamp watch`, as a person runs them, against a network on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NoReturn

import pytest

from migrate.demo.online import Size, Told, populate
from migrate.session.content import Content, DataMessage
from migrate.session.envelope import Randomness, seal
from migrate.session.errors import NoAnswer
from migrate.session.keys import AccountKeys, Seed
from migrate.session.mnemonic import Language, encode
from migrate.standin.network import StandIn
from migrate.standin.shelves import Stored, hash_of
from tests.cli.conftest import Decamp
from tests.sources.recovery.restored import CHANGES, KEYS, messages_in

SEED = Seed(bytes(range(16)))


def clock() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[StandIn, Told]]:
    with StandIn(clock, Random(7).randbytes, nodes=9) as network:
        yield network, populate(network, KEYS, Size(), Random(3), clock())


@pytest.fixture
def network(account: tuple[StandIn, Told], environ: dict[str, str], tmp_path: Path) -> StandIn:
    """A network that decamp is told of in its settings."""
    home = Path(environ["DECAMP_HOME"])
    home.mkdir()
    (tmp_path / "way").write_bytes(account[0].way_in())
    (home / "config.toml").write_text(f'[network]\nstandin = "{tmp_path / "way"}"\n')
    (tmp_path / "words").write_text(encode(SEED))
    (tmp_path / "words").chmod(0o600)
    return account[0]


def write_to_us(network: StandIn, body: str) -> None:
    """A new message, from somebody whom the account does not know."""
    friend, now = AccountKeys(os.urandom(32)), clock()
    data = seal(
        Content(data=DataMessage(body=body), sent_at=now), friend, KEYS.session_id, Randomness.drawn(os.urandom)
    )
    name = hash_of(KEYS.session_id, 0, data)
    network.within(lambda: network.shelves.lay(KEYS.session_id, Stored(name, 0, data, now, now + 86_400_000)))


def test_thirteen_words_bring_the_account_back(
    decamp: Decamp, network: StandIn, account: tuple[StandIn, Told], tmp_path: Path
) -> None:
    network.requests.clear()
    done = decamp("export", "--recovery", "--words-file", tmp_path / "words", "--to", tmp_path / "a")
    assert done.exit_code == 0, done.stderr
    assert f"Saved {len(account[1].messages)} messages" in done.stdout
    assert "stand-in network on this machine, and nowhere else" in done.stderr
    asked = {word for seen in network.requests for word in seen.what.replace("(", " ").replace(",", " ").split()}
    assert not {word.strip(")") for word in asked} & CHANGES
    again = decamp("export", "--recovery", "--words-file", tmp_path / "words", "--to", tmp_path / "a")
    assert (again.exit_code, "Nothing is new since the last run." in again.stdout) == (0, True)


def test_words_may_come_from_the_environment_and_in_other_languages(
    decamp: Decamp, network: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECAMP_WORDS", encode(SEED, Language.GERMAN))
    done = decamp("export", "--recovery", "--language", "German", "--to", tmp_path / "a")
    assert done.exit_code == 0, done.stderr
    wrong = decamp("export", "--recovery", "--language", "english", "--to", tmp_path / "b")
    assert wrong.exit_code == 3
    unknown = decamp("export", "--recovery", "--language", "klingon", "--to", tmp_path / "b")
    assert (unknown.exit_code, "german" in unknown.stderr) == (2, True)


def test_words_of_an_account_that_nobody_used_are_not_called_wrong(
    decamp: Decamp, network: StandIn, tmp_path: Path
) -> None:
    (tmp_path / "words").write_text(encode(Seed(b"somebody else..."[:16])))
    done = decamp("export", "--recovery", "--words-file", tmp_path / "words", "--to", tmp_path / "a")
    assert done.exit_code == 4
    assert "It may be new" in done.stderr
    assert not (tmp_path / "a").exists()


def test_an_archive_of_another_account_is_refused_before_anything_is_asked(
    decamp: Decamp, network: StandIn, exported: Path, tmp_path: Path
) -> None:
    network.requests.clear()
    for words in (("export", "--recovery", "--to", exported), ("watch", exported)):
        done = decamp(*words, "--words-file", tmp_path / "words")
        assert (done.exit_code, "another account" in done.stderr) == (2, True)
    assert not network.requests


def test_a_folder_and_the_network_are_not_read_at_once(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    both = decamp("export", profile, "--recovery", "--words-file", tmp_path / "words")
    assert (both.exit_code, "Leave out one" in both.stderr) == (2, True)
    words_alone = decamp("export", profile, "--words-file", tmp_path / "words", "--to", tmp_path / "a")
    assert (words_alone.exit_code, "--recovery" in words_alone.stderr) == (2, True)


def test_without_words_and_terminal_it_says_how_to_give_them(decamp: Decamp, network: StandIn) -> None:
    done = decamp("export", "--recovery")
    assert (done.exit_code, "--words-file" in done.stderr) == (3, True)


def test_no_network_is_said_so(decamp: Decamp, network: StandIn, account: tuple[StandIn, Told], tmp_path: Path) -> None:
    with StandIn(clock, Random(8).randbytes, nodes=9) as gone:
        (tmp_path / "way").write_bytes(gone.way_in())
    done = decamp("export", "--recovery", "--words-file", tmp_path / "words", "--to", tmp_path / "a")
    assert done.exit_code == 5
    assert not (tmp_path / "a").exists()


# -- watching ----------------------------------------------------------------------------------------


def watching(environ: dict[str, str], tmp_path: Path) -> subprocess.Popen[str]:
    words = ["watch", str(tmp_path / "a"), "--every", "5", "--words-file", str(tmp_path / "words")]
    return subprocess.Popen(
        [sys.executable, "-m", "migrate", *words], env=environ, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_what_comes_while_somebody_watches_is_added_and_stopping_is_clean(
    network: StandIn, environ: dict[str, str], tmp_path: Path, stop: signal.Signals
) -> None:
    process = watching(environ, tmp_path)
    too_late = threading.Timer(40, process.kill)
    too_late.start()
    said = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "The archive holds" in line:
                write_to_us(network, f"until {stop}")
            if "1 new message" in line:
                process.send_signal(stop)
    finally:
        process.kill()
        process.communicate()
        too_late.cancel()
    assert process.returncode == 130, said
    assert f"until {stop}" in {one.body for one in messages_in(tmp_path / "a")}
    assert "Traceback" not in "".join(said)
    assert not (tmp_path / "a" / ".work").exists()


def test_a_network_that_fails_is_waited_for_longer_each_time(
    decamp: Decamp, network: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 7:
            raise KeyboardInterrupt

    def connected(*_: object) -> NoReturn:
        raise NoAnswer("Nobody is there.")

    monkeypatch.setattr("migrate.cli.watch.connected", connected)
    monkeypatch.setattr(time, "sleep", sleep)
    done = decamp("watch", tmp_path / "a", "--words-file", tmp_path / "words")
    assert done.exit_code == 130
    assert pauses == [60, 120, 240, 480, 900, 900, 900]
    assert "Nobody is there. Trying again in" in done.stderr
    assert not (tmp_path / "a").exists()
