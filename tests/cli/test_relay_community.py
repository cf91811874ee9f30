"""A community from the command line: found by the name of its room, linked, and relayed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate.standin.network import StandIn
from tests.bridges.session.friend import this_moment
from tests.bridges.session.room import RoomWorld
from tests.cli.conftest import Decamp, said
from tests.cli.relay_town import Running, Town, until

pytestmark = pytest.mark.usefixtures("hurry")


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses after failures are short."""
    monkeypatch.setattr("migrate.network.pace.FIRST", 0.01)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RoomWorld]:
    with StandIn(this_moment, os.urandom, communities=1) as standin:
        (tmp_path / "session").mkdir()
        yield RoomWorld(standin, tmp_path / "session", "news-room", "The daily news")


def test_a_community_is_chosen_by_the_name_of_its_room_and_relayed(
    world: RoomWorld, town: Town, decamp: Decamp, tmp_path: Path
) -> None:
    answers = tmp_path / "answers.toml"
    answers.write_text(f'words = "{world.words}"\n')
    with (town.home / "config.toml").open("a") as config:
        config.write(f'\n[network]\nstandin = "{world.folder / "stand-in.json"}"\n')
    done = decamp("bridge", "setup", "session", "--answers", answers)
    assert done.exit_code == 0, done.output
    assert not world.server.asked, "setting up asks no community"
    (chat,) = [one for one in said(decamp("bridge", "chats", "session", "--json"))["chats"]
               if one["kind"] == "community"]  # fmt: skip
    assert (chat["title"], chat["id"]) == ("The daily news", world.chat)
    added = decamp("relay", "add", "session:daily news", "shelf:room", "--one-way", "--json")
    assert added.exit_code == 0, added.output
    assert [end["chat"] for end in said(added)["added"]["ends"]] == [world.chat, "room"]
    with Running(town) as relay:
        relay.is_up()
        until(lambda: any("/since/" in path for _, path, _ in world.server.asked))
        world.hand.say("it rains")
        until(lambda: town.texts("new/room"))
    assert town.texts("new/room") == ["Friend: it rains"]
