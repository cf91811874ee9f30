"""A person at a terminal of 80 columns, who types one command after the other and reads what it says."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import re
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE

CTRL_C = "\x03"
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[\r\x07]")
_AT_A_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "migrate", *sys.argv[1:]])
"""
"""Passwords are read from, and Ctrl-C comes by, the terminal that a program belongs to."""


class Command:
    """One command that was typed, and the screen in front of it."""

    def __init__(self, line: str, environ: Mapping[str, str], columns: int = 80) -> None:
        program, *words = shlex.split(line)
        assert program == "decamp", line
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-c", _AT_A_TERMINAL, *words], env=dict(environ), stdin=theirs, stdout=theirs,
            stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        self._seen, self._read = bytearray(), 0
        self._over = False
        asyncio.get_running_loop().add_reader(self._ours, self._take)

    def _take(self) -> None:
        try:
            more = os.read(self._ours, 65_536)
        except OSError:  # Linux says so when the other end has closed
            more = b""
        self._seen += more
        if not more:
            self._over = True
            asyncio.get_running_loop().remove_reader(self._ours)

    @property
    def screen(self) -> str:
        """Everything that it has said, and what was typed where that shows."""
        return _STYLE.sub("", self._seen.decode("utf-8", "replace"))

    # -- reading and typing ------------------------------------------------------------------------------

    async def says(self, wanted: str, seconds: float = PATIENCE) -> str:
        """Wait for the next text that fits, wherever its lines were broken. Returns what fits."""
        pattern = re.compile(wanted.replace(" ", r"\s+"))
        deadline = time.monotonic() + seconds
        while (found := pattern.search(self.screen, self._read)) is None:
            assert not self._over, f"It ended, and has not said {wanted!r}:\n{self.screen}"
            assert time.monotonic() < deadline, f"It does not say {wanted!r}:\n{self.screen}"
            await asyncio.sleep(0.01)
        self._read = found.end()
        return found.group()

    async def answer(self, question: str, said: str = "") -> None:
        """Answer a question, as soon as it is asked."""
        await self.says(question)
        await self.says(": ?$")
        self._type(said)
        self._read = len(self.screen)

    async def answer_unseen(self, question: str, said: str) -> None:
        """Answer with something that must not show: wait until the terminal hides it, as a person would by chance."""
        await self.says(question)
        await self.hides()
        self._type(said)

    @property
    def shows(self) -> bool:
        """Whether the terminal shows what is typed."""
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)

    async def hides(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while self.shows:
            assert time.monotonic() < deadline, "It would show what is typed."
            await asyncio.sleep(0.01)

    def _type(self, said: str) -> None:
        os.write(self._ours, f"{said}\n".encode())

    def ctrl_c(self) -> None:
        """Press it: the terminal makes a signal of it."""
        os.write(self._ours, CTRL_C.encode())

    # -- the end -----------------------------------------------------------------------------------------

    async def ends(self, seconds: float = PATIENCE) -> int:
        """Its exit code, once it is over."""
        while self.process.poll() is None or not self._over:
            assert seconds > 0, f"It does not end:\n{self.screen}"
            await asyncio.sleep(0.01)
            seconds -= 0.01  # so that a moment in which the whole machine stood still does not count
        assert "Traceback" not in self.screen, self.screen
        return self.process.returncode

    async def is_stopped(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal, which it has ten seconds to obey."""
        if number == signal.SIGINT:
            self.ctrl_c()
        else:
            self.process.send_signal(number)
        return await self.ends(10)

    def close(self) -> None:
        """End it in any case, and leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        if not self._over:
            asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)


class Desk:
    """Where the person sits: a home in which decamp has never been, and everything that was said there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        self.environ = {
            **kept, "HOME": str(home.parent), "DECAMP_HOME": str(home), "TERM": "xterm", "NO_COLOR": "1",
            "PYTHONPATH": str(Path(__file__).parents[3]), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        }  # fmt: skip
        self.screens: list[str] = []

    @contextmanager
    def typed(self, line: str, columns: int = 80) -> Iterator[Command]:
        """Type a command, and look at it as long as this lasts."""
        command = Command(line, self.environ, columns)
        try:
            yield command
        finally:
            command.close()
            self.screens.append(f"$ {line}\n{command.screen}")

    async def does(self, line: str, columns: int = 80) -> str:
        """A command that asks nothing and works. Returns what it said."""
        with self.typed(line, columns) as command:
            assert await command.ends() == 0, command.screen
            return command.screen
