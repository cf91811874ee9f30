"""Worlds of the two bridges: an account or an application service, a homeserver behind a gate, and a friend."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from urllib.parse import quote

from bridges.api import Bridge, Desk
from bridges.matrix.bridge import MatrixBridge
from tests.bridges.matrix.friend import Friend
from tests.servers.gate import Gate
from tests.servers.synapse import Synapse, User

V3 = "/_matrix/client/v3"
SEALED = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class MatrixWorld:
    """A room with two people: one is the bridge, one a friend, who is its owner."""

    bridge: type[Bridge] = MatrixBridge
    patience = 10.0
    has_wrong = has_network = True

    def __init__(self, server: Synapse, folder: Path, friend: Friend, me: User, gate: Gate) -> None:
        self.server, self.folder, self.friend, self.account, self.gate = server, folder, friend, me, gate
        self.chat = friend.room
        self.settings = {"homeserver": gate.url, "token": me.token, "owner": friend.user.id, "receipts": "yes"}
        self.settings["encrypt"] = "yes" if friend.sealed else "no"

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.account.token, self.account.password

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        return Desk(
            settings=self.settings | ({"token": "syt_wrong"} if wrong else {}),
            folder=self.folder,
            now=lambda: time.time_ns() // 1_000_000,
            random=Random(1),
            random_bytes=os.urandom,
            cursor=cursor,
        )

    async def break_network(self) -> None:
        await self.gate.close()

    async def mend_network(self) -> None:
        await self.gate.open()


@asynccontextmanager
async def account_world(server: Synapse, folder: Path, *, sealed: bool) -> AsyncIterator[MatrixWorld]:
    me, them = server.user("robin"), server.user("friend")
    friend = Friend(server.url, them, folder / "friend", sealed=sealed)
    state = [SEALED] if sealed else []
    body: dict[str, object] = {
        "name": "Kitchen 👍",
        "invite": [me.id],
        "preset": "private_chat",
        "initial_state": state,
    }
    friend.room = str(server.call("POST", f"{V3}/createRoom", body, them.token)["room_id"])
    server.call("POST", f"{V3}/join/{quote(friend.room)}", {}, me.token)
    await friend.start()
    gate, own = Gate(server.port), folder / "bridge"
    own.mkdir(mode=0o700)
    await gate.open()
    try:
        yield MatrixWorld(server, own, friend, me, gate)
    finally:
        await friend.stop()
        await gate.close()
