"""Ports for servers that are stopped and started again."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

LOWEST, ABOVE = 10_000, 32_000


def free_ports(count: int) -> list[int]:
    """Ports below those that systems give away by themselves, so that they stay free while the server is down."""
    found: set[int] = set()
    while len(found) < count:
        port = LOWEST + secrets.randbelow(ABOVE - LOWEST)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)


def free_port() -> int:
    return free_ports(1)[0]


def listens(port: int) -> bool:
    """Whether somebody is there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
