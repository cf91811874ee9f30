"""Communities in configs: servers by their address, and below each its rooms."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .fields import KEY_BYTES, Fields, text_of

# Canonical addresses have a scheme, a host, perhaps a port, and nothing else (section 6.4).
_SERVER = re.compile(r"https?://[^\s/?#@\x00-\x1f\x7f]+")


def servers(fields: Fields) -> Iterator[tuple[str, str, Fields]]:
    """Each server with an address and a key (in hex), and what is kept below it."""
    for address, server in fields.entries():
        url, key = text_of(address), server.blob(b"#", KEY_BYTES)
        if key and _SERVER.fullmatch(url):
            yield url, key.hex(), server.below(b"R")


def rooms(fields: Fields) -> Iterator[tuple[str, str, str, Fields]]:
    """Each room: the address and key of its server, its token in lower case, and what is kept about it."""
    for url, key, below in servers(fields):
        for token, room in below.entries():
            yield url, key, text_of(token), room
