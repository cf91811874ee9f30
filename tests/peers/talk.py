"""What a peer and the test that started it say to each other: one JSON object a line, each answered by one.

The peer's side of it needs nothing but Python: a peer lives in an environment of its own, without ours.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, is_dataclass
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit

LONGEST_LIFE = 1_800.0
"""Seconds after which a peer ends itself, whatever became of the test."""
MOST_REQUESTS = 60
"""That a peer may make for one command: one of them asks for ever when a node says no."""
FILE_SERVER = "filev2.getsession.org"


@dataclass(frozen=True)
class Hello:
    """What a peer is told first, and on its standard input: words are never in arguments."""

    words: str
    name: str
    port: int
    """Of the stand-in's seed and file server, which speaks plain HTTP."""
    file_server_key: str


@dataclass(frozen=True)
class Sent:
    """A message that a peer has left on the network, and the copy for its own devices."""

    sent_at: int
    hash: str
    copy_hash: str


@dataclass(frozen=True)
class File:
    """A file in a message that a peer has read: enough to ask the peer for its bytes."""

    url: str
    name: str
    type: str
    size: int
    key: str
    digest: str


@dataclass(frozen=True)
class Heard:
    """One message as a peer has read it. Only what its kind has is there; `about` are the times of other messages."""

    kind: str
    """text, reaction, removed, typing, stopped, read, unsend, accepted, timer, or what the peer calls it."""
    sender: str
    sent_at: int
    hash: str
    text: str = ""
    name: str = ""
    target: str = ""
    """Whom it was written to, if it is the copy of a message of one's own."""
    about: tuple[int, ...] = ()
    author: str = ""
    """Who wrote the message that it is about."""
    files: tuple[File, ...] = ()
    expires: int = 0
    """Seconds until it disappears. The direct peer does not say."""
    picture_url: str = ""
    picture_key: str = ""


def stay_here(http: Any, port: int) -> Callable[[], None]:
    """Let a `requests` session reach this machine and nothing else; what it gives back starts the count anew."""
    http.trust_env = False
    send, count = http.send, 0

    def counted(request: Any, **how: Any) -> Any:
        nonlocal count
        count += 1
        if count > MOST_REQUESTS:
            raise SystemExit(f"the peer asked more than {MOST_REQUESTS} times for one command")
        asked = urlsplit(request.url)
        if asked.hostname == FILE_SERVER:
            request.url = f"http://127.0.0.1:{port}{asked.path}"
        elif not ip_address(asked.hostname or "").is_loopback:
            raise SystemExit(f"the peer wanted to reach {asked.hostname}")
        return send(request, **how)

    def again() -> None:
        nonlocal count
        count = 0

    http.send = counted
    return again


class Client:
    """What every client calls by the same names."""

    _session: Any

    def account(self) -> str:
        return str(self._session.get_session_id())

    def react(self, author: str, sent_at: int, emoji: str, remove: bool) -> None:
        (self._session.remove_reaction if remove else self._session.add_reaction)(sent_at, author, emoji)

    def typing(self, to: str, stopped: bool) -> None:
        (self._session.hide_typing_indicator if stopped else self._session.show_typing_indicator)(to)

    def read(self, to: str, sent_at: list[int]) -> None:
        self._session.mark_messages_as_read(to, sent_at)

    def accept(self, to: str) -> None:
        self._session.accept_conversation_request(to)

    def wear(self, picture: str) -> None:
        self._session.set_avatar(base64.b64decode(picture))


class Served(Protocol):
    """Whoever does what is asked: the methods of `Peer` in peer.py, and `again`, which begins each of them."""

    again: Callable[[], None]


def serve(start: Callable[[Hello], Served]) -> None:
    """Do what is asked on standard input until it ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    limit = threading.Timer(LONGEST_LIFE, os._exit, (1,))
    limit.daemon = True
    limit.start()
    peer = start(Hello(**json.loads(sys.stdin.readline())))
    for line in sys.stdin:
        asked = json.loads(line)
        peer.again()
        try:
            answer = {"value": getattr(peer, asked.pop("do"))(**asked)}
        except Exception as error:  # noqa: BLE001 - whatever a stranger's library raises is the answer
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer, default=_plain) + "\n")
        answers.flush()


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    raise TypeError(type(value).__name__)
