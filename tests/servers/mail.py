"""Mail servers of our own on loopback: accounts as tests need them, gone without a trace.

The one in memory is there in a second and speaks no TLS. `dovecot.py` has a real one that does.
"""

from __future__ import annotations

import importlib.util
import itertools
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
BOTH = "smtp imap"
"""The doors of a server: where mail is brought, and where it is read."""


class Mailbox(NamedTuple):
    """An account on a mail server."""

    address: str
    password: str


class Office:
    """The process that takes mail, and keeps it too unless `lmtp` says who does. It is ended by its own handle."""

    def __init__(self, lmtp: int | None = None) -> None:
        command = [sys.executable, "-m", "tests.servers.mail_process", *([str(lmtp)] if lmtp else [])]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports: list[int] = []
        self.tried = 0

    def ask(self, do: str, **words: str) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **words}) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The mail server ended with {self._process.wait()}.")
        answered = json.loads(answer)
        self.ports, self.tried = answered["ports"], answered["tried"]

    def end(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()
        self._process.terminate()
        self._process.wait(10)


class MailServer:
    """A server with its mailboxes in memory. Closed, it refuses and drops every connection, and forgets no mail."""

    security = "plain"

    def __init__(self) -> None:
        self._office = Office()
        self._office.ask("open")
        self._numbers = itertools.count()

    @property
    def smtp(self) -> int:
        return self._office.ports[0]

    @property
    def imap(self) -> int:
        return self._office.ports[1]

    def account(self, name: str) -> Mailbox:
        box = Mailbox(f"{name}{next(self._numbers)}@example.org", f"pw-{secrets.token_hex(12)}")
        self.let_in(box.address, box.password)
        return box

    def let_in(self, address: str, password: str) -> None:
        """Make an account, or give it another password."""
        self._office.ask("account", address=address, password=password)

    def put_out(self, address: str) -> None:
        """From now on nobody of that name lives here."""
        self._office.ask("gone", address=address)

    def drop(self, address: str, doors: str = BOTH) -> None:
        """Cut the connections of one account; they may be made again."""
        self._office.ask("drop", address=address, doors=doors)

    def logins(self, address: str) -> int:
        """How often somebody has tried to read that mail."""
        self._office.ask("logins", address=address)
        return self._office.tried

    def stop(self, doors: str = BOTH) -> None:
        self._office.ask("close", doors=doors)

    def start(self, doors: str = BOTH) -> None:
        self._office.ask("open", doors=doors)

    def end(self) -> None:
        self._office.end()


def missing() -> str | None:
    """What is not there that the server needs."""
    absent = [name for name in ("pymap", "aiosmtpd") if importlib.util.find_spec(name) is None]
    return f"{' and '.join(absent)} is not installed" if absent else None


@contextmanager
def running() -> Iterator[MailServer]:
    server = MailServer()
    try:
        yield server
    finally:
        server.end()
