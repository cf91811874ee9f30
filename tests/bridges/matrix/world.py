"""Worlds of the two bridges: an account or an application service, a homeserver behind a gate, and a friend."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from bridges.api import Bridge, Desk
from bridges.matrix.appservice import AppserviceBridge
from bridges.matrix.bridge import MatrixBridge
from tests.bridges.desks import desk_of
from tests.bridges.matrix.friend import Friend
from tests.patience import PATIENCE
from tests.servers.gate import Gate
from tests.servers.synapse import Service, Synapse, User

V3 = "/_matrix/client/v3"
SEALED = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class MatrixWorld:
    """A room with two people: one is the bridge, one a friend, who is its owner."""

    bridge: type[Bridge] = MatrixBridge
    patience = PATIENCE
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
        return desk_of(self.settings | ({"token": "syt_wrong"} if wrong else {}), self.folder, cursor)

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


class QuickAppservice(AppserviceBridge):
    """Looks more often whether the way is open, so that tests need not wait."""

    looks_every = 0.5


class ServiceWorld:
    """A room with the bot of an application service and a friend, who is its owner."""

    bridge: type[Bridge] = QuickAppservice
    patience = PATIENCE
    has_wrong = has_network = True

    def __init__(self, server: Synapse, folder: Path, friend: Friend, service: Service, gate: Gate) -> None:
        self.server, self.folder, self.friend, self.service, self.gate = server, folder, friend, service, gate
        self.chat = friend.room
        self.secrets = (service.as_token, service.hs_token)
        self.settings = {
            "homeserver": gate.url,
            "server": "localhost",
            "owner": friend.user.id,
            "listen": f"127.0.0.1:{service.port}",
            "prefix": service.prefix,
            "as_token": service.as_token,
            "hs_token": service.hs_token,
            "receipts": "yes",
        }

    def desk(self, cursor: str | None = None, *, wrong: bool = False) -> Desk:
        return desk_of(self.settings | ({"as_token": "0" * 32} if wrong else {}), self.folder, cursor)

    async def break_network(self) -> None:
        await self.gate.close()

    async def mend_network(self) -> None:
        await self.gate.open()


@asynccontextmanager
async def service_world(server: Synapse, folder: Path) -> AsyncIterator[ServiceWorld]:
    service = next(server.services)
    friend = Friend(server.url, server.user(service.owner, exactly=True), folder / "friend", sealed=False)
    bot = f"{service.prefix}bot"
    login: dict[str, object] = {"type": "m.login.application_service", "username": bot, "inhibit_login": True}
    server.call("POST", f"{V3}/register", login, service.as_token)
    async with _someone_at(service.port, f"@{bot}:localhost") as arrived:
        body: dict[str, object] = {"name": "Kitchen 👍", "invite": [f"@{bot}:localhost"], "preset": "private_chat"}
        friend.room = str(server.call("POST", f"{V3}/createRoom", body, friend.user.token)["room_id"])
        server.call("POST", f"{V3}/join/{quote(friend.room)}", {}, service.as_token)
        await asyncio.wait_for(arrived.wait(), PATIENCE)
    await friend.start()
    gate, own = Gate(server.port), folder / "bridge"
    own.mkdir(mode=0o700)
    await gate.open()
    try:
        yield ServiceWorld(server, own, friend, service, gate)
    finally:
        await friend.stop()
        await gate.close()


@asynccontextmanager
async def _someone_at(port: int, bot: str) -> AsyncIterator[asyncio.Event]:
    """Takes what the homeserver brings while the room is made: one that finds nobody comes again only after seconds."""
    arrived = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        for event in (await request.json())["events"]:
            if event.get("state_key") == bot and event["content"].get("membership") == "join":
                arrived.set()
        return web.json_response({})

    app = web.Application()
    app.router.add_put("/_matrix/app/v1/transactions/{id}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield arrived
    finally:
        await runner.cleanup()
