"""A server behind the onion network, which opens the innermost layer: formats page of the Session network, 4.3."""

from __future__ import annotations

import json
from collections.abc import Callable

from .http import Reply, Request
from .layers import KeyPair, Random, Sealing, split
from .refused import Refused

PATH = "/oxen/v4/lsrpc"


def answered(own: KeyPair, frame: bytes, answer: Callable[[Request], Reply], random: Random) -> Reply:
    """Open a request that came through an onion, and seal the answer for whoever made it."""
    try:
        closed, said = split(frame)
        sealing = Sealing.between(own, said.get("ephemeral_key"), said.get("enc_type"))
        request = _read(sealing.open(closed))
    except Refused as refusal:
        return Reply(refusal.code, str(refusal.body).encode(), "text/plain")
    reply = answer(request)
    headers = {"content-type": reply.kind, **{name.lower(): value for name, value in reply.headers.items()}}
    about = json.dumps({"code": reply.status, "headers": headers}).encode()
    plain = b"l%d:%b%d:%be" % (len(about), about, len(reply.body), reply.body)
    return Reply(200, sealing.close(plain, random), "application/octet-stream")


def _read(data: bytes) -> Request:
    strings: list[bytes] = []
    rest = data[1:-1]
    while rest:
        digits, _, rest = rest.partition(b":")
        size = int(digits) if digits.isdigit() and len(digits) < 9 else len(rest) + 1
        if size > len(rest):
            raise Refused(400, "Invalid v4 request")
        strings.append(rest[:size])
        rest = rest[size:]
    try:
        meta = json.loads(strings[0])
    except (ValueError, IndexError, RecursionError) as error:
        raise Refused(400, "Invalid v4 request") from error
    if not isinstance(meta, dict) or data[:1] != b"l" or data[-1:] != b"e" or len(strings) > 2:
        raise Refused(400, "Invalid v4 request")
    said = meta.get("headers", {})
    headers = {str(name).lower(): str(value) for name, value in said.items()} if isinstance(said, dict) else {}
    return Request(str(meta.get("method", "GET")), str(meta.get("endpoint", "")), headers, b"".join(strings[1:]))
