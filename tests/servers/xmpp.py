"""What tests ask of an XMPP server of our own on loopback, whichever program it is."""

from __future__ import annotations

import itertools
import secrets
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.patience import PATIENCE
from tests.servers.ports import free_ports, listens

S = TypeVar("S", bound="XmppServer")


class XmppServer(ABC):
    """One server with a component that anybody with `secret` may be. Its accounts are made as tests need them."""

    log: str
    """The name of the file in which the program writes what happens."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.secret = folder, secrets.token_hex(12)
        self.c2s, self.component, self.http = free_ports(3)
        self.authority = folder / "certs" / "localhost.crt"
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        (folder / "certs").mkdir()
        (folder / "data").mkdir()
        self.certify(30)
        self.configure()

    # -- what each program says ----------------------------------------------------------------------------

    @abstractmethod
    def configure(self) -> None:
        """Write the configuration, with the secret that holds now."""

    @abstractmethod
    def _begin(self) -> subprocess.Popen[bytes]:
        """Start the program in the foreground."""

    @abstractmethod
    def _register(self, user: str, host: str, password: str) -> None:
        """Make an account."""

    @abstractmethod
    def befriend(self, one: str, other: str) -> None:
        """Have two accounts in each other's list of contacts, before anybody logs in."""

    # -- what they share -----------------------------------------------------------------------------------

    def certify(self, days: int) -> None:
        """Make the certificate, which is its own authority. It is expired for days below zero."""
        names = "DNS:localhost,DNS:*.localhost,DNS:lonely.localhost,IP:127.0.0.1"
        subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"]
        key = self.authority.with_suffix(".key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(abs(days)), *subject,
             "-keyout", key, "-out", self.authority], check=True, capture_output=True,
        )  # fmt: skip
        if days < 0:  # a new one cannot be expired, but one that is signed once more can
            again: list[str | Path] = ["openssl", "x509", "-in", self.authority, "-signkey", key, "-days", str(days)]
            expired = subprocess.run(again, check=True, capture_output=True)
            self.authority.write_bytes(expired.stdout)

    def start(self) -> None:
        self._process = self._begin()
        deadline = time.monotonic() + PATIENCE
        for port in (self.c2s, self.component, self.http):
            while not listens(port):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise TimeoutError(self.said()[-2000:])
                time.sleep(0.02)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(PATIENCE)

    def said(self) -> str:
        """What the program has written down so far."""
        path = self.folder / self.log
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def account(self, name: str, host: str = "localhost") -> tuple[str, str]:
        """A new account: its address and password."""
        user, password = f"{name}{next(self._numbers)}", secrets.token_hex(12)
        self._register(user, host, password)
        return f"{user}@{host}", password


@contextmanager
def lasting(server: S) -> Iterator[S]:
    """A server that is there until this ends."""
    try:
        server.start()
        yield server
    finally:
        server.stop()
