"""A community server: rooms for everybody, over plain HTTP or from the end of an onion. Formats page of communities.

It is as strict as the real one, and stricter in one thing: what nobody signed properly it does not take.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote

from .callers import Callers, decoded
from .faults import Faults
from .http import Reply, Request
from .layers import KeyPair, Random
from .refused import Refused
from .rooms import MOST_POSTS, Room
from .sealed import PATH, answered

LARGEST_FILE = 10_000_000
Way = Callable[["CommunityServer", "Asked"], Reply]


class Asked:
    """One request, taken apart: who asks, about which room, and what stood in the place of each `*` of the route."""

    def __init__(self, request: Request, user: str | None, room: Room | None, parts: tuple[str, ...]) -> None:
        self.request, self.user, self._room, self.parts = request, user, room, parts
        self.query = parse_qs(request.path.partition("?")[2])

    @property
    def room(self) -> Room:
        if self._room is None:
            raise Refused(404, "Not Found")
        return self._room

    @property
    def number(self) -> int:
        return int(self.parts[0])

    @property
    def signer(self) -> str:
        if self.user is None:
            raise Refused(401, "X-SOGS-* request authentication required")
        return self.user

    def needs(self, what: str) -> None:
        if not self.room.may(self.user, what):
            raise Refused(403, f"This endpoint requires room message '{what}' permission")

    def amount(self, name: str, usual: int, least: int, most: int) -> int:
        said = self.query.get(name, [str(usual)])[0]
        if not re.fullmatch(r"-?[0-9]{1,6}", said):
            raise Refused(400, f"Invalid {name}")
        return min(max(int(said), least), most)

    @property
    def page(self) -> tuple[int, int]:
        return self.amount("limit", 100, 1, 256), self.amount("reactors", 4, 0, 20)

    def json(self) -> dict[str, object]:
        try:
            said = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "Bad Request") from error
        if not isinstance(said, dict) or self.request.headers.get("content-type") != "application/json":
            raise Refused(400, "Bad Request")
        return said


class CommunityServer:
    """One server with its rooms. `link` of a room is what an account joins by."""

    def __init__(self, index: int, random: Random, clock: Callable[[], int], faults: Faults) -> None:
        self.index = index
        self._pair = KeyPair(random(32))
        self._random, self._clock, self._faults = random, clock, faults
        self.callers = Callers(self._pair.public)
        self.capabilities = ["blind", "reactions", "sogs"]
        self.rooms: dict[str, Room] = {}
        self.files: dict[int, tuple[str, bytes]] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        """Method, path and caller of every request that was understood."""
        self.host, self.port = "", 0
        self.most_posts = MOST_POSTS
        self._last = 0

    @property
    def key(self) -> str:
        return self._pair.public.hex()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def link(self, room: str) -> str:
        return f"{self.url}/{room}?public_key={self.key}"

    def open_room(self, token: str, name: str, *, read: bool = True, write: bool = True) -> Room:
        """Make a room, and say what everybody may do there."""
        self.rooms[token.lower()] = Room(token, name, read=read, write=write, upload=write)
        return self.rooms[token.lower()]

    def now(self) -> float:
        return self._clock() / 1000

    def next_number(self) -> int:
        self._last += 1
        return self._last

    async def handle(self, request: Request) -> Reply | None:
        """A request that came over a connection. None closes it."""
        if self.index in self._faults.communities_down:
            return None
        if request.method == "POST" and request.path == PATH:
            return self.sealed(request.body)
        reply = self.answer(request)
        return None if self._loses(request) else reply

    def sealed(self, frame: bytes) -> Reply:
        """A request from the end of an onion."""
        lost: list[bool] = []

        def answer(request: Request) -> Reply:
            reply = self.answer(request)
            lost.append(self._loses(request))
            return reply

        reply = answered(self._pair, frame, answer, self._random)
        return Reply(504, b"Request to the server timed out", "text/plain") if any(lost) else reply

    def _loses(self, request: Request) -> bool:
        """Whether the answer to a post gets lost after the post was taken."""
        if request.method == "POST" and request.path.endswith("/message") and self._faults.lost_posts:
            self._faults.lost_posts -= 1
            return True
        return False

    def answer(self, request: Request) -> Reply:
        """One request, however it came here."""
        if self.index in self._faults.community_statuses:
            status, headers = self._faults.community_statuses[self.index]
            return Reply(status, b"out of order", "text/html", headers)
        now = self._clock() // 1000 + self._faults.community_clock
        try:
            user = self.callers.who(request, now, blinds="blind" in self.capabilities)
            reply = self._route(request, user)
        except Refused as refusal:
            reply = Reply(refusal.code, str(refusal.body).encode(), "text/plain; charset=utf-8")
        date = format_datetime(datetime.fromtimestamp(now, UTC), usegmt=True)
        return Reply(reply.status, reply.body, reply.kind, {"Date": date, **reply.headers})

    def _route(self, request: Request, user: str | None) -> Reply:
        self.asked.append((request.method, request.path, user))
        path = unquote(request.path.partition("?")[0])
        for method, pattern, way in _ROUTES:
            found = re.fullmatch(pattern, path, re.DOTALL)
            if found and method == request.method:
                parts = found.groupdict()
                room = self.rooms.get(parts.pop("room", "").lower())
                return way(self, Asked(request, user, room, tuple(parts.values())))
        raise Refused(404, "Not Found")


def _json(body: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode())


def _capabilities(server: CommunityServer, asked: Asked) -> Reply:
    return _json({"capabilities": server.capabilities})


def _rooms(server: CommunityServer, asked: Asked) -> Reply:
    return _json([room.listed(asked.user) for room in server.rooms.values()])


def _room(server: CommunityServer, asked: Asked) -> Reply:
    if asked.user in asked.room.banned:
        raise Refused(404, "Not Found")
    return _json(asked.room.listed(asked.user))


def _recent(server: CommunityServer, asked: Asked) -> Reply:
    asked.needs("read")
    return _json(asked.room.before(None, asked.user, *asked.page))


def _before(server: CommunityServer, asked: Asked) -> Reply:
    asked.needs("read")
    return _json(asked.room.before(asked.number, asked.user, *asked.page))


def _since(server: CommunityServer, asked: Asked) -> Reply:
    asked.needs("read")
    limit, reactors = asked.page
    felt = "r" in asked.query.get("t", [""])[0]
    return _json(asked.room.since(asked.number, asked.user, limit, reactors, felt=felt))


def _message(server: CommunityServer, asked: Asked) -> Reply:
    asked.needs("read")
    return _json(asked.room.one(asked.number, asked.user).listed(asked.user, asked.page[1]))


def _post(server: CommunityServer, asked: Asked) -> Reply:
    said, user = asked.json(), asked.signer
    asked.needs("write")
    data, signature = decoded(said.get("data")), decoded(said.get("signature"), 64)
    files = said.get("files", [])
    if not isinstance(files, list) or not all(one in server.files for one in files):
        raise Refused(400, "Bad Request")
    message = asked.room.post(server.next_number(), user, data, signature, server.now(), server.most_posts)
    return _json({**message.listed(user, 4), **({"filtered": True} if message.filtered else {})}, 201)


def _edit(server: CommunityServer, asked: Asked) -> Reply:
    said, user = asked.json(), asked.signer
    asked.needs("write")
    asked.room.edit(asked.number, user, decoded(said.get("data")), decoded(said.get("signature"), 64), server.now())
    return _json({})


def _delete(server: CommunityServer, asked: Asked) -> Reply:
    user = asked.signer
    asked.needs("write")
    asked.room.delete(asked.number, user, server.now())
    return _json({})


def _react(server: CommunityServer, asked: Asked) -> Reply:
    user = asked.signer
    asked.json()
    asked.needs("read")
    added, seqno = asked.room.react(asked.number, user, asked.parts[1], server.now())
    return _json({"added": added, "seqno": seqno})


def _unreact(server: CommunityServer, asked: Asked) -> Reply:
    user = asked.signer
    asked.needs("read")
    removed, seqno = asked.room.unreact(asked.number, user, asked.parts[1])
    return _json({"removed": removed, "seqno": seqno})


def _upload(server: CommunityServer, asked: Asked) -> Reply:
    _ = asked.signer
    asked.needs("upload")
    if len(asked.request.body) > LARGEST_FILE:
        raise Refused(413, "Request Entity Too Large")
    number = server.next_number()
    server.files[number] = (asked.room.token, asked.request.body)
    return _json({"id": number}, 201)


def _download(server: CommunityServer, asked: Asked) -> Reply:
    asked.needs("read")
    room, content = server.files.get(asked.number, ("", b""))
    if room != asked.room.token:
        raise Refused(404, "Not Found")
    return Reply(200, content, "application/octet-stream")


_ROOM = r"/room/(?P<room>[A-Za-z0-9_-]{1,64})"
_ROUTES: tuple[tuple[str, str, Way], ...] = (
    ("GET", "/capabilities", _capabilities),
    ("GET", "/rooms", _rooms),
    ("GET", _ROOM, _room),
    ("GET", _ROOM + r"/messages/recent", _recent),
    ("GET", _ROOM + r"/messages/before/(?P<number>[0-9]{1,15})", _before),
    ("GET", _ROOM + r"/messages/since/(?P<number>[0-9]{1,15})", _since),
    ("GET", _ROOM + r"/message/(?P<number>[0-9]{1,15})", _message),
    ("POST", _ROOM + "/message", _post),
    ("PUT", _ROOM + r"/message/(?P<number>[0-9]{1,15})", _edit),
    ("DELETE", _ROOM + r"/message/(?P<number>[0-9]{1,15})", _delete),
    ("PUT", _ROOM + r"/reaction/(?P<number>[0-9]{1,15})/(?P<emoji>.+)", _react),
    ("DELETE", _ROOM + r"/reaction/(?P<number>[0-9]{1,15})/(?P<emoji>.+)", _unreact),
    ("POST", _ROOM + "/file", _upload),
    ("GET", _ROOM + r"/file/(?P<number>[0-9]{1,15})(?:/[^/]*)?", _download),
)
