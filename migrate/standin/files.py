"""The file server: formats page of the Session network, sections 4.3 and 7."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from .faults import Faults
from .http import Reply, Request
from .layers import KeyPair, Random
from .sealed import answered

LARGEST_FILE = 10_000_000
LIFETIME = 14 * 86_400.0


class FileServer:
    """Files by id, and nothing known about who left them."""

    def __init__(self, random: Random, clock: Callable[[], int], faults: Faults) -> None:
        self._pair = KeyPair(random(32))
        self._random, self._clock, self._faults = random, clock, faults
        self.files: dict[str, bytes] = {}
        self.host, self.port = "", 0

    @property
    def x25519(self) -> bytes:
        return self._pair.public

    def answer(self, method: str, path: str, body: bytes) -> Reply:
        """One request, however it came here."""
        way = path.partition("?")[0].strip("/").split("/")
        if way[:1] != ["file"]:
            return Reply(404)
        if method == "POST" and len(way) == 1:
            return self._keep(body)
        if method == "POST" and way[2:] == ["extend"]:
            return self._said({"expires": self._now() + LIFETIME}) if way[1] in self.files else Reply(404)
        if method == "GET" and len(way) == 2 and way[1] in self.files:
            return Reply(200, self.files[way[1]], "application/octet-stream")
        return Reply(404)

    def sealed(self, frame: bytes) -> Reply:
        """A request that came through an onion: the answer is sealed for whoever made it."""
        return answered(
            self._pair, frame, lambda asked: self.answer(asked.method, asked.path, asked.body), self._random
        )

    async def handle(self, request: Request) -> Reply | None:
        """A request that came directly."""
        if self._faults.files_down:
            return None
        if request.path == "/oxen/v4/lsrpc":
            return self.sealed(request.body)
        return self.answer(request.method, request.path, request.body)

    def _keep(self, body: bytes) -> Reply:
        if not body or len(body) > LARGEST_FILE:
            return Reply(413 if body else 400)
        if self._faults.numeric_file_ids:
            name = str(1000 + len(self.files))
        else:
            name = base64.urlsafe_b64encode(self._random(33)).decode("ascii")
        self.files[name] = body
        return self._said({"id": name, "uploaded": self._now(), "expires": self._now() + LIFETIME})

    def _said(self, body: dict[str, object]) -> Reply:
        return Reply(200, json.dumps(body).encode())

    def _now(self) -> float:
        return self._clock() / 1000
