"""One mail server, one friend and one account of the bridge for all tests of a file."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.servers import mail

if TYPE_CHECKING:
    from tests.bridges.deltachat.friend import DeltaChatFriend
    from tests.bridges.deltachat.world import Home


@pytest.fixture(scope="session")
def library(absent: Callable[[str], NoReturn]) -> None:
    """Delta Chat's library and its program."""
    for name in ("deltachat_rpc_client", "deltachat_rpc_server"):
        if importlib.util.find_spec(name) is None:
            absent(f"{name} is not installed")


@pytest.fixture(scope="module")
def server(library: None, absent: Callable[[str], NoReturn]) -> Iterator[mail.MailServer]:
    missing = mail.missing()
    if missing is not None:
        absent(missing)
    with mail.running() as server:
        yield server


@pytest.fixture(scope="module")
def friend(server: mail.MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeltaChatFriend]:
    from tests.bridges.deltachat.world import somebody

    with somebody(tmp_path_factory.mktemp("friend") / "core", server) as friend:
        yield friend


@pytest.fixture(scope="module")
def home(server: mail.MailServer, friend: DeltaChatFriend, tmp_path_factory: pytest.TempPathFactory) -> Home:
    from tests.bridges.deltachat.world import Home

    return Home(tmp_path_factory.mktemp("bridge"), server, friend)


@pytest.fixture
def apart(server: mail.MailServer, tmp_path: Path) -> Iterator[Home]:
    """A home with a server of its own: whoever loses a connection is slow for a while, and should be so alone."""
    from tests.bridges.deltachat.world import Home, somebody

    with mail.running() as own, somebody(tmp_path / "friend", own) as friend:
        (tmp_path / "apart").mkdir()
        yield Home(tmp_path / "apart", own, friend)
