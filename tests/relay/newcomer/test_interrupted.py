"""Ctrl-C in the middle: a newcomer who is not sure yet has changed nothing."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.patience import PATIENCE

from .terminal import Desk

INTERRUPTED = 130


def at(desk: Desk, body: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(2 * PATIENCE):
            await body()

    asyncio.run(limited())


def test_a_setup_that_was_broken_off_keeps_nothing_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")

    async def body() -> None:
        with desk.typed("decamp bridge setup session") as command:
            await command.says("The 13 words")
            await command.hides()
            command.ctrl_c()
            assert await command.ends(10) == INTERRUPTED
            assert command.shows, "what is typed next can be seen again"
        with desk.typed("decamp bridge setup xmpp-component") as command:
            await command.answer("Your own XMPP address", "robin@example.org")
            await command.says("The name of the component")
            command.ctrl_c()
            assert await command.ends(10) == INTERRUPTED
        assert "not set up" in await desk.does("decamp bridge list")

    at(desk, body)
    kept = [path.name for path in desk.home.rglob("*") if path.is_file() and "config" not in path.name]
    assert not [name for name in kept if "words" in name or "secret" in name]


def test_a_relay_that_was_not_added_to_the_end_is_not_there(tmp_path: Path) -> None:
    """The server takes the connection and says nothing, as one behind a broken firewall does."""
    desk = Desk(tmp_path / "home")
    desk.home.mkdir(mode=0o700)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = {"domain": "session.example.org", "owner": "robin@example.org", "port": str(silent.getsockname()[1])}
        lines = [f"{name} = {json.dumps(value)}" for name, value in config.items()]
        (desk.home / "config.toml").write_text("\n".join(["[bridge.session]", "", "[bridge.xmpp-component]", *lines]))
        secrets = desk.home / "secrets"
        secrets.mkdir(mode=0o700)
        for name in ("bridge.session.words", "bridge.xmpp-component.secret"):
            (secrets / name).write_text("never needed")
            (secrets / name).chmod(0o600)

        async def body() -> None:
            with desk.typed("decamp relay add session xmpp-component") as command:
                taken, _ = await asyncio.to_thread(silent.accept)
                with taken:
                    command.ctrl_c()
                    assert await command.ends(10) == INTERRUPTED
            with desk.typed("decamp relay list") as command:
                assert await command.ends() == 2
                assert "Nothing is relayed yet" in command.screen

        at(desk, body)
