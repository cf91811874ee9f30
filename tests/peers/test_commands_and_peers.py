"""What a person gets who types decamp's commands, with two other programs at the far ends of their conversations."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import pytest

from migrate.network.access import Access
from migrate.settings import Settings
from migrate.standin.network import StandIn

from .ours import Ours
from .peer import Peer, Upload, new_words, plain_environment

pytestmark = pytest.mark.peers
Command = Callable[..., Any]
PICTURE = os.urandom(30_001)


@pytest.fixture
def ours(network: StandIn) -> Iterator[Ours]:
    with Ours.started(new_words(), Access.of_standin(network.way_in())) as started:
        started.is_called("Änne from decamp", PICTURE)
        yield started


@pytest.fixture
def decamp(network: StandIn, ours: Ours, tmp_path: Path) -> Command:
    """Run a command as a program of its own, which knows no network but this one: what --json says is the answer."""
    way = tmp_path / "standin.json"
    way.write_bytes(network.way_in())
    settings = Settings(tmp_path / "home")
    settings.create()
    settings.set("network", "standin", str(way))

    def run(*words: object) -> Any:
        said = [sys.executable, "-m", "migrate", "--home", str(tmp_path / "home"), "--json", *map(str, words)]
        environment = plain_environment(DECAMP_WORDS=ours.words, HOME=str(tmp_path), TERM="dumb")
        done = subprocess.run(said, env=environment, cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return run


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def phone(network: StandIn, ours: Ours, absent: Callable[[str], NoReturn]) -> Iterator[Peer]:
    """Another program on the same account."""
    with Peer.started("onion", network, "my old phone", absent, ours.words) as started:
        yield started


def test_recovery_gets_what_other_programs_wrote_to_the_account_and_as_it(
    decamp: Command, ours: Ours, direct: Peer, onion: Peer, phone: Peer, archive: Path
) -> None:
    picture = Upload(PICTURE, "snow.png", "image/png")
    first, second = direct.send(ours.id, "from the direct one"), onion.send(ours.id, "look", [picture])
    mine = ours.say(onion.id, "nice ☃")
    onion.react(ours.id, mine.sent_at, "🎿")
    elsewhere = phone.send(direct.id, "written on my phone")

    decamp("export", "--recovery", "--to", archive)

    found = {one["sent_at"]: one for one in _lines(archive / "messages")}
    assert {time: (one["conversation"], one["sender"], one["body"]) for time, one in found.items()} == {
        first.sent_at: (direct.id, direct.id, "from the direct one"),
        second.sent_at: (onion.id, onion.id, "look"),
        mine.sent_at: (onion.id, ours.id, "nice ☃"),
        elsewhere.sent_at: (direct.id, ours.id, "written on my phone"),
    }
    assert [one["direction"] for one in found.values()] == ["in", "in", "out", "out"]
    assert [(one["emoji"], one["by"]) for one in found[mine.sent_at]["reactions"]] == [("🎿", [onion.id])]
    (file,) = found[second.sent_at]["attachments"]
    assert (file["state"], file["name"], file["sha256"]) == ("kept", picture.name, sha256(PICTURE).hexdigest())
    names = {one["id"]: one["name"] for one in _read(archive / "contacts.jsonl")}
    assert (names[direct.id], names[onion.id]) == (direct.name, onion.name)


@pytest.mark.parametrize("kind", ["direct", "onion"])
def test_send_reaches_other_programs_with_text_file_and_name(
    decamp: Command, ours: Ours, direct: Peer, onion: Peer, kind: str, tmp_path: Path
) -> None:
    peer = {"direct": direct, "onion": onion}[kind]
    picture = tmp_path / "snow & ice.png"
    picture.write_bytes(PICTURE)
    decamp("send", peer.id, "Grüße ☃", "--file", picture)
    (heard,) = [one for one in peer.poll() if one.sender == ours.id]
    assert (heard.kind, heard.text, heard.name) == ("text", "Grüße ☃", "Änne from decamp")
    (file,) = heard.files
    assert (file.name, file.type) == (picture.name, "image/png")
    assert peer.fetch(file) == PICTURE


def _lines(folder: Path) -> list[dict[str, Any]]:
    """Every message of an archive, in the order of their times."""
    return sorted((one for file in folder.iterdir() for one in _read(file)), key=lambda one: int(one["sent_at"]))


def _read(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
