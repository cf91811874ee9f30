"""Requests to a community server: anonymous, or signed by a member. Formats page of communities, sections 4 and 5."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import blake2b
from urllib.parse import quote, unquote_to_bytes

import msgspec

from ...model import Json
from ..v4 import ServerRequest
from .blinding import Member
from .messages import Sealed

NONCE_BYTES = 16
PAGE = 100
"""Messages of one answer: whole, with the longest texts, they stay well below the largest answer."""
MOST_REACTORS = 20


def signed(request: ServerRequest, member: Member, server_key: bytes, *, nonce: bytes, seconds: int) -> ServerRequest:
    """The request in the name of a member. A nonce is good for one request; `seconds` are those of the server."""
    said = server_key + nonce + str(seconds).encode() + request.method.encode() + _signed_path(request.endpoint)
    if request.body:
        said += blake2b(request.body).digest()
    proof = {
        "X-SOGS-Pubkey": member.key_header,
        "X-SOGS-Nonce": encoded(nonce),
        "X-SOGS-Timestamp": str(seconds),
        "X-SOGS-Signature": encoded(member.sign_request(said)),
    }
    return replace(request, headers={**request.headers, **proof})


def capabilities() -> ServerRequest:
    """What the server can do."""
    return ServerRequest("GET", "/capabilities")


def room(token: str) -> ServerRequest:
    """What a room is called, how far it is, and what one may do there."""
    return ServerRequest("GET", f"/room/{token}")


def recent(token: str, limit: int = PAGE) -> ServerRequest:
    """The newest messages, newest first."""
    return ServerRequest("GET", f"/room/{token}/messages/recent?limit={limit}&reactors={MOST_REACTORS}")


def before(token: str, number: int, limit: int = PAGE) -> ServerRequest:
    """The messages before one, newest first."""
    return ServerRequest("GET", f"/room/{token}/messages/before/{number}?limit={limit}&reactors={MOST_REACTORS}")


def since(token: str, seqno: int, limit: int = PAGE) -> ServerRequest:
    """What changed after a point: new messages, edits, deletions, reactions, in the order of the changes."""
    return ServerRequest("GET", f"/room/{token}/messages/since/{seqno}?t=r&limit={limit}&reactors={MOST_REACTORS}")


def message(token: str, number: int) -> ServerRequest:
    """One message; deleted ones are not there."""
    return ServerRequest("GET", f"/room/{token}/message/{number}?reactors={MOST_REACTORS}")


def post(token: str, sealed: Sealed) -> ServerRequest:
    """Post a message, with the files that were left for it."""
    said: dict[str, Json] = {"data": encoded(sealed.data), "signature": encoded(sealed.signature)}
    return _json("POST", f"/room/{token}/message", {**said, **({"files": list(sealed.files)} if sealed.files else {})})


def delete(token: str, number: int) -> ServerRequest:
    """Take back a message: one's own, or as a moderator anybody's."""
    return ServerRequest("DELETE", f"/room/{token}/message/{number}")


def react(token: str, number: int, emoji: str) -> ServerRequest:
    """Put an emoji below a message; once more changes nothing."""
    return _json("PUT", f"/room/{token}/reaction/{number}/{quote(emoji, safe='')}", {})


def unreact(token: str, number: int, emoji: str) -> ServerRequest:
    """Take one's own emoji away again."""
    return ServerRequest("DELETE", f"/room/{token}/reaction/{number}/{quote(emoji, safe='')}")


def upload(token: str, name: str, content: bytes) -> ServerRequest:
    """A file for a post that follows: alone it is gone after an hour."""
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
    }
    return ServerRequest("POST", f"/room/{token}/file", headers, content)


def download(token: str, number: int) -> ServerRequest:
    """A file of the room, as it was left there."""
    return ServerRequest("GET", f"/room/{token}/file/{number}")


def _json(method: str, endpoint: str, said: dict[str, Json]) -> ServerRequest:
    return ServerRequest(method, endpoint, {"Content-Type": "application/json"}, msgspec.json.encode(said))


def _signed_path(endpoint: str) -> bytes:
    """The path as the server reads it, and the query as it is sent: the one decoded, the other not."""
    path, mark, query = endpoint.partition("?")
    return unquote_to_bytes(path) + (mark + query).encode()


def encoded(data: bytes) -> str:
    """Bytes as servers write them."""
    return b64encode(data).decode("ascii")
