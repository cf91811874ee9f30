"""New chats begin with the last messages of the archive, with the ids and times that the network knows them by."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bridges.events import Posted
from bridges.relay.model import Place
from migrate.archive.read import Archive
from migrate.cli.relay_history import NoArchive, history, set_archive
from migrate.cli.run import Options, Run
from migrate.errors import DecampError
from tests.cli.conftest import Decamp


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run({"DECAMP_HOME": str(tmp_path / "home")}, Options())


def last(run: Run, chat: str, most: int) -> list[Posted]:
    read = history(run)
    assert read is not None

    async def all_of_it() -> list[Posted]:
        return [posted async for posted in read(Place(bridge="session", chat=chat), most)]

    return asyncio.run(all_of_it())


def test_the_last_messages_come_oldest_first_with_their_own_ids_and_times(run: Run, exported: Path) -> None:
    set_archive(run, exported)
    with Archive.at(exported) as archive:
        number, alice = next((n, one) for n, one in archive.numbered_conversations() if one.title == "Ali")
        messages = [message for _, message in archive.messages(number, alice.id)]
    found = last(run, alice.id, 50)
    assert [(one.id, one.sent_at) for one in found] == [(one.id, one.sent_at) for one in messages]
    assert [(one.text, one.own) for one in found] == [
        ("Shall we meet in the garden?", False), ("The garden it is", True)
    ]  # fmt: skip
    assert found[0].sender.name == "Alice"  # what she calls herself, not what the owner calls her
    assert [one.text for one in last(run, alice.id, 1)] == ["The garden it is"]
    assert last(run, "05" + "00" * 32, 5) == []


def test_without_an_archive_there_is_no_history(run: Run, tmp_path: Path, decamp: Decamp) -> None:
    assert history(run) is None
    with pytest.raises(DecampError):
        set_archive(run, tmp_path)
    refused = decamp("relay", "add", "session", "matrix", "--history", "5")
    assert (refused.exit_code, NoArchive.hint in refused.stderr) == (2, True)
