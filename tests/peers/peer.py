"""Somebody on the other side: an independent client of Session as a child process, on the stand-in network.

    with Peer.started("onion", network, "Ada", absent) as ada:
        sent = ada.send(session_id, "hello")
        for heard in ada.poll(): ...

What they can be asked is decided by their faults: the peers page. Numeric file ids for the direct one
(`network.faults.numeric_file_ids`), no replies and no Session ID that begins with 0505 either.
"""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn, TypeVar

import msgspec

from migrate.session.keys import AccountKeys, Seed
from migrate.session.mnemonic import decode, encode
from migrate.standin.network import StandIn
from tests.environments import NotThere, python_with
from tests.patience import PATIENCE

from .talk import File, Heard, Hello, Sent

ROOT = Path(__file__).resolve().parents[2]
"""Seconds for one command. A peer that needs longer is ended."""
Value = TypeVar("Value")


class Upload(NamedTuple):
    """A file to send."""

    data: bytes
    name: str
    type: str = "application/octet-stream"


class PeerError(Exception):
    """A peer said no, or said nothing any more."""


class Peer:
    """An account of an independent client. All that it does, it does before the call returns."""

    def __init__(self, python: Path, kind: str, hello: Hello) -> None:
        """Use `Peer.started`, which also ends it."""
        self.kind, self.name = kind, hello.name
        self.id = AccountKeys.from_seed(decode(hello.words)).session_id
        self._child = subprocess.Popen(
            [python, "-m", f"tests.peers.{kind}_peer"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=plain_environment(),
        )  # fmt: skip
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._said: deque[bytes] = deque(maxlen=30)
        self._ears = [threading.Thread(target=listen, daemon=True) for listen in (self._listen, self._overhear)]
        for ear in self._ears:
            ear.start()
        self._tell(msgspec.json.encode(hello))

    @classmethod
    @contextmanager
    def started(
        cls, kind: str, network: StandIn, name: str, absent: Callable[[str], NoReturn], words: str | None = None
    ) -> Iterator[Peer]:
        """A peer of either kind, direct or onion, for a new account or that of `words`. It ends with the block."""
        hello = Hello(words or new_words(), name, network.plain_port, network.file_server.x25519.hex())
        try:
            python = python_with(Path(__file__).with_name(f"{kind}.txt"))
        except NotThere as why:
            absent(str(why))
        peer = cls(python, kind, hello)
        try:
            yield peer
        finally:
            peer.close()

    def account(self) -> str:
        """The Session ID as the peer finds it from the words."""
        return self._ask(str, "account")

    def send(self, to: str, text: str = "", files: Sequence[Upload] = ()) -> Sent:
        """Write to somebody. Both peers keep a copy for their other devices."""
        return self._ask(Sent, "send", to=to, text=text, files=[file._asdict() for file in files])

    def reply(self, to: str, text: str, message: Heard) -> Sent:
        """Answer a message that was read. The direct peer cannot."""
        quoted = {"sent_at": message.sent_at, "author": message.sender, "text": message.text}
        return self._ask(Sent, "send", to=to, text=text, files=[], reply=quoted)

    def send_for(self, seconds: int, to: str, text: str) -> Sent:
        """Write something that disappears so long after it was sent. The direct peer cannot."""
        return self._ask(Sent, "send", to=to, text=text, files=[], expires=seconds)

    def react(self, author: str, sent_at: int, emoji: str, *, remove: bool = False) -> None:
        """Put an emoji under what `author` wrote to us, or take it away."""
        self._ask(type(None), "react", author=author, sent_at=sent_at, emoji=emoji, remove=remove)

    def typing(self, to: str, *, stopped: bool = False) -> None:
        """Begin or stop to type."""
        self._ask(type(None), "typing", to=to, stopped=stopped)

    def read(self, to: str, *sent_at: int) -> None:
        """Tell somebody that we have read what they wrote at these times."""
        self._ask(type(None), "read", to=to, sent_at=sent_at)

    def accept(self, to: str) -> None:
        """Accept somebody who wrote first."""
        self._ask(type(None), "accept", to=to)

    def unsend(self, to: str, sent: Sent) -> None:
        """Take a message back."""
        self._ask(type(None), "unsend", to=to, sent=sent)

    def poll(self) -> list[Heard]:
        """Everything that came since the last time, one's own copies included, in the order of the node."""
        return self._ask(list[Heard], "poll")

    def fetch(self, file: File) -> bytes:
        """The bytes of a file in a message that was read."""
        return self._ask(bytes, "fetch", file=file)

    def read_room(self, server: str, key: str, room: str) -> list[tuple[str, int, str, str]]:
        """Who wrote what in a community, newest first: id, number, text and name. Only the direct peer can."""
        return self._ask(list[tuple[str, int, str, str]], "read_room", server=server, key=key, room=room)

    def react_in_room(self, server: str, key: str, room: str, number: int, emoji: str) -> bool:
        """Put an emoji below a message there. Only the direct peer can."""
        return self._ask(bool, "react_in_room", server=server, key=key, room=room, number=number, emoji=emoji)

    def wear(self, picture: bytes) -> None:
        """Have a picture from now on. The direct peer shows it only to those whom it accepts."""
        self._ask(type(None), "wear", picture=picture)

    def picture_in(self, heard: Heard) -> bytes:
        """The picture that somebody had when they wrote this."""
        return self._ask(bytes, "picture", url=heard.picture_url, key=heard.picture_key)

    def close(self) -> None:
        """End the child: politely, and if it does not hear, by its handle."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        assert self._child.stderr is not None
        with contextlib.suppress(BrokenPipeError):
            self._child.stdin.close()
        try:
            self._child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        for ear in self._ears:
            ear.join()
        self._child.stdout.close()
        self._child.stderr.close()

    def _ask(self, kind: type[Value], what: str, **how: object) -> Value:
        self._tell(msgspec.json.encode({"do": what, **how}))
        try:
            line = self._answers.get(timeout=PATIENCE)
        except queue.Empty:
            self._child.kill()
            raise PeerError(f"the {self.kind} peer did not {what} within {PATIENCE:.0f} seconds") from None
        if not line:
            last = b"".join(self._said).decode(errors="replace").strip().rpartition("\n")[2]
            raise PeerError(f"the {self.kind} peer ended: {last}")
        answer = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        if "error" in answer:
            raise PeerError(msgspec.json.decode(answer["error"], type=str))
        return msgspec.json.decode(answer["value"], type=kind)

    def _tell(self, line: bytes) -> None:
        assert self._child.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it ended; what it said last is the answer
            self._child.stdin.write(line + b"\n")
            self._child.stdin.flush()

    def _listen(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
            self._answers.put(line)
        self._ears[1].join()
        self._answers.put(b"")

    def _overhear(self) -> None:
        assert self._child.stderr is not None
        self._said.extend(self._child.stderr)


def plain_environment(**more: str) -> dict[str, str]:
    """What a program needs to run from here, and nothing that anybody has set on this machine."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **more}


def new_words() -> str:
    """The words of a new account that both peers can write to: its key does not begin with the byte 05."""
    while True:
        seed = Seed(os.urandom(16))
        if not AccountKeys.from_seed(seed).session_id.startswith("0505"):
            return encode(seed)
