"""Requests to a server behind the onion network (the file server, a community) and their answers, version 4.

Facts: formats page of the Session network, section 4.3. A bencoded list of two strings: what is asked, in JSON, and
the body, which may hold any bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from .answers import mapping, number, read_json
from .errors import BadAnswer

_DIGITS = 8  # of a length: more than any answer may have


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """One HTTP request, as the server will see it. The endpoint begins with a slash and keeps its query."""

    method: str
    endpoint: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.endpoint.startswith("/"):
            raise ValueError("an endpoint begins with a slash")

    def encode(self) -> bytes:
        meta = {"method": self.method, "endpoint": self.endpoint, "headers": self.headers}
        parts = [msgspec.json.encode(meta), *([] if self.body is None else [self.body])]
        return b"l" + b"".join(b"%d:%b" % (len(part), part) for part in parts) + b"e"


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What the server answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def read_server_answer(data: bytes) -> ServerAnswer:
    """The answer in the innermost layer. Raises `BadAnswer` for anything else."""
    if data[:1] != b"l" or data[-1:] != b"e":
        raise BadAnswer("v4", "A server's answer is not written as version 4 wants it.")
    meta, end = _string(data, 1)
    body, end = _string(data, end) if end < len(data) - 1 else (b"", end)
    if end != len(data) - 1:
        raise BadAnswer("v4", "A server's answer goes on after its end.")
    said = read_json(meta)
    status = number(said.get("code"))
    if status is None or not 100 <= status <= 599:
        raise BadAnswer("v4", "A server's answer has no status.")
    headers = {name.lower(): value for name, value in mapping(said.get("headers")).items() if isinstance(value, str)}
    return ServerAnswer(status, headers, body)


def _string(data: bytes, start: int) -> tuple[bytes, int]:
    """The string that begins at `start`, and where it ends."""
    colon = data.find(b":", start, start + _DIGITS + 1)
    digits = data[start:colon] if colon > start else b""
    if not digits.isdigit():
        raise BadAnswer("v4", "A server's answer has no length where one belongs.")
    end = colon + 1 + int(digits)
    if end > len(data) - 1:
        raise BadAnswer("v4", "A server's answer is shorter than it says.")
    return data[colon + 1 : end], end
