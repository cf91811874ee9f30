"""Starts the relay of child.py, kills it, and ends it in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import msgspec

from bridges.relay.clock import SystemClock
from bridges.relay.control import obey, parse
from bridges.relay.intents import Say
from bridges.relay.model import Link, Rule
from bridges.relay.sqlite import NAME, SqliteStore
from tests.patience import PATIENCE

from .child import READY, Seated, Told, sides

ROOT = Path(__file__).parents[3]
START, END = PATIENCE, 10.0
"""Seconds for a start, and for an end in order."""


class Process:
    """One relay with one store, in one life after the other."""

    def __init__(
        self, folder: Path, sides: Sequence[Seated], rules: Sequence[Rule] = (), *, links: Sequence[Link] = (),
        past: Path | None = None,
    ) -> None:  # fmt: skip
        self.folder, self._sides, self._rules, self._links = folder, list(sides), list(rules), list(links)
        self._past = str(past or "")
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    @property
    def is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    async def start(self, moment: int = 0, *, ahead: int = 0) -> None:
        """Begin a life, and wait until both sides are connected or it has died already."""
        (self.folder / READY).unlink(missing_ok=True)
        told = Told(
            folder=str(self.folder), sides=self._sides, rules=self._rules, links=self._links, past=self._past,
            ahead=ahead, moment=moment,
        )  # fmt: skip
        self._begin(msgspec.json.encode(told))
        deadline = time.monotonic() + START
        while self.is_alive and not (self.folder / READY).exists():
            assert time.monotonic() < deadline, f"It does not connect:\n{self.log[-3000:]}"
            await asyncio.sleep(0.02)

    def _begin(self, told: bytes) -> None:
        """Secrets are in what it is told, which therefore is no argument."""
        with (self.folder / "log").open("ab") as log:
            command = [sys.executable, "-m", "tests.relay.real.child"]
            self._child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=log, stderr=log)
        assert self._child.stdin is not None
        self._child.stdin.write(told)
        self._child.stdin.close()

    def kill(self) -> None:
        """Without a last word."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()

    @property
    def was_killed(self) -> bool:
        return self._child is not None and self._child.poll() == -signal.SIGKILL

    async def has_died(self, seconds: float) -> None:
        """Wait until its moment has come."""
        deadline = time.monotonic() + seconds
        while self.is_alive:
            assert time.monotonic() < deadline, f"It lives on:\n{self.log[-3000:]}"
            await asyncio.sleep(0.02)
        assert self.was_killed, self.log[-3000:]

    def set_clock_back(self) -> None:
        """By one hour, while it runs."""
        assert self._child is not None
        os.kill(self._child.pid, signal.SIGUSR1)

    def cpu(self) -> float:
        """The seconds of a processor that it took so far in this life."""
        assert self._child is not None
        fields = Path(f"/proc/{self._child.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def obeys(self, words: str) -> str:
        """What its owner says from another process, as `decamp relay` does."""
        with closing(SqliteStore(self.folder, sides(self._sides), rules=self._rules, lock=False)) as store:
            answer = obey(parse(words), store, SystemClock().now())
            store.database.commit()
        return answer

    def starts_again(self, side: str) -> None:
        """Have it start a side that has stopped, as `decamp relay retry` does."""
        with closing(SqliteStore(self.folder, sides(self._sides), rules=self._rules, lock=False)) as store:
            store.ask_again(side)
            store.database.commit()

    def keeps(self) -> bytes:
        """Every byte that it has on its disk, but for what it says."""
        paths = (path for path in self.folder.rglob("*") if path.is_file() and path.name != "log")
        return b"".join(path.read_bytes() for path in paths)

    async def says(self, text: str, seconds: float = PATIENCE) -> None:
        """Wait until its log has a text."""
        deadline = time.monotonic() + seconds
        while text not in self.log:
            assert time.monotonic() < deadline, f"It does not say {text!r}:\n{self.log[-3000:]}"
            await asyncio.sleep(0.02)

    async def has_met(self, person: str) -> None:
        """Wait until its store has the picture of somebody."""
        deadline = time.monotonic() + START
        asked = "SELECT picture FROM people WHERE person = ?"
        with closing(sqlite3.connect(f"file:{self.folder / NAME}?mode=ro", uri=True)) as store:
            while not (row := store.execute(asked, (person,)).fetchone()) or row[0] is None:
                assert time.monotonic() < deadline, f"It learns of no picture:\n{self.log[-3000:]}"
                await asyncio.sleep(0.02)

    def given_up(self) -> set[tuple[str, str]]:
        """The texts about which it asks its owner, and the bridges that were to send them."""
        with closing(sqlite3.connect(f"file:{self.folder / NAME}?mode=ro", uri=True)) as store:
            rows = store.execute("SELECT bridge, intent FROM outbox WHERE state = 2").fetchall()
        return {(bridge, msgspec.json.decode(intent, type=Say).text) for bridge, intent in rows}

    def ask_again(self) -> set[tuple[str, str]]:
        """Say `retry` while it does not run. Returns what it sends again."""
        given_up = self.given_up()
        self.obeys("retry")
        return given_up

    async def end(self) -> None:
        """In order, within the time that is promised for it."""
        if self._child is None or self._child.poll() is not None:
            return
        os.kill(self._child.pid, signal.SIGTERM)
        left = END
        while self._child.poll() is None:
            assert left > 0, f"It does not end:\n{self.log[-3000:]}"
            await asyncio.sleep(0.02)
            left -= 0.02  # so that a moment in which the whole machine stood still does not count
        assert self._child.returncode == 0, self.log[-3000:]


@asynccontextmanager
async def living(process: Process) -> AsyncIterator[Process]:
    """A relay that runs as long as this lasts, and in no case longer."""
    try:
        await process.start()
        yield process
        await process.end()
    finally:
        process.kill()
