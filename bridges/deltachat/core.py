"""Delta Chat's own program, which does all that the network needs, as a process of ours.

The library talks to it with three threads, which are no daemons: whoever opens a `Core` closes it. All waiting is done
in threads, and what the program tells comes back into the loop.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from migrate.errors import DecampError

from .native import Happened

PROGRAM = "deltachat-rpc-server"
NEEDED = ("SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
"""All that the program gets of our environment: what somebody keeps there for us is not for others."""
PATIENCE = 10.0  # seconds in which it ends by itself, and after which it is ended

T = TypeVar("T")


class CoreError(DecampError):
    """Delta Chat could not do that."""

    hint = "Look at what it says; `decamp bridge check deltachat` shows whether the account works."


class CoreGone(CoreError):
    """Delta Chat's program has ended."""

    hint = "It is started again by itself."


class NoProgram(CoreError):
    """Delta Chat's program is not installed."""

    exit_code = 2
    hint = "Install what it needs: pipx install 'decamp[deltachat]'."


class _Line:
    """The library's way of talking to the program, with events going straight to us, and into no log."""

    def __init__(self, folder: Path, program: str, tell: Callable[[Happened | None], None]) -> None:
        from deltachat_rpc_client import JsonRpcError, Rpc

        around = {name: os.environ[name] for name in NEEDED if name in os.environ}
        self.failure, self._tell = JsonRpcError, tell
        self.rpc = Rpc(str(folder), program, env={**around, "RUST_LOG": "off"})
        self.rpc.events_loop = self._events  # type: ignore[method-assign]  # what it starts in a thread of its own

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self.rpc.process

    def _events(self) -> None:
        with suppress(self.failure):
            while events := self.rpc.get_next_event_batch():
                for event in events:
                    self._tell(msgspec.convert(event["event"], Happened, strict=False))
        self._tell(None)

    def close(self) -> None:
        """End the program: it stops when nobody can ask it anything any more."""
        rpc, process = self.rpc, self.rpc.process
        assert process.stdin and process.stdout and process.stderr, "it was started with pipes"  # noqa: PT018, S101
        rpc.request_queue.put(None)
        rpc.writer_thread.join(PATIENCE)
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for thread in (rpc.reader_thread, rpc.writer_thread, rpc.events_thread):
            thread.join()
        for pipe in (process.stdout, process.stderr):
            pipe.close()


class Core:
    """The program while it runs. `ask` and `tell` are its methods by name; `news` is what it tells, None at its end."""

    def __init__(self, folder: Path) -> None:
        self.news: asyncio.Queue[Happened | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._line = _Line(folder, _program(), self._hear)

    @classmethod
    async def open(cls, folder: Path) -> Core:
        """Start the program on a folder, which only one may use at a time."""
        core = cls(folder)
        try:
            await asyncio.to_thread(core._line.rpc.start)
        except core._line.failure as error:
            await asyncio.to_thread(core._line.close)
            raise CoreError("Delta Chat's program does not start.", "Does another program use its folder?") from error
        return core

    def _hear(self, event: Happened | None) -> None:
        """In the library's thread."""
        if event is None or event.kind not in {"Info", "Warning", "Error"}:  # those are for a log, and we keep none
            with suppress(RuntimeError):  # nobody waits for them any more
                self._loop.call_soon_threadsafe(self.news.put_nowait, event)

    async def close(self) -> None:
        """End the program and all threads. It may have ended by itself."""
        await asyncio.to_thread(self._line.close)

    async def ask(self, kind: type[T], method: str, *words: object) -> T:
        """Call a method, and return its answer, of which `kind` is the shape."""
        answer = getattr(self._line.rpc, method).future(*words)
        try:
            return msgspec.convert(await asyncio.to_thread(answer), kind, strict=False)
        except self._line.failure as error:
            raise _read(error) from None
        except msgspec.ValidationError as error:
            raise CoreError(f"Delta Chat's program gives another answer than it used to: {error}.") from None

    async def config(self, account: int, name: str) -> str:
        """What an account has for a name; empty where it has nothing."""
        value = await self.ask(object, "get_config", account, name)
        return value if isinstance(value, str) else ""

    async def tell(self, method: str, *words: object) -> None:
        """Call a method whose answer does not matter."""
        await self.ask(object, method, *words)


def _program() -> str:
    """It is installed beside Python, which need not be where the system looks for programs."""
    beside = Path(sys.executable).with_name(f"{PROGRAM}.exe" if os.name == "nt" else PROGRAM)
    found = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if found is None:
        raise NoProgram
    return found


def _read(error: Exception) -> CoreError:
    """What went wrong, in the program's words: one line, without the quotation marks around it."""
    told = error.args[0] if error.args else {}
    said = str(told.get("message", "")) if isinstance(told, dict) else ""
    if said == "RPC server closed":
        return CoreGone()
    words = re.sub(r"\s+", " ", said.removeprefix("Error:")).strip(" “”")
    return CoreError(f"Delta Chat says: {words[:300]}" if words else "")
