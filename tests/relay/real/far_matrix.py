"""Matrix: an application service of a Synapse, and the owner with a program made with matrix-nio."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bridges.api import AnyEvent, Chat, Person, Posted
from bridges.matrix.reading import OUR_MARK
from bridges.relay.model import Mode
from tests.bridges.matrix.friend import Friend
from tests.bridges.matrix.world import V3
from tests.environments import NotThere, python_with
from tests.servers import synapse

from .far import OWNER, Absent, Far, Heard, seated


class Program(Friend):
    """One that shows what the relay wrote in the owner's name, too."""

    def __init__(self, url: str, user: synapse.User, folder: Path) -> None:
        super().__init__(url, user, folder, sealed=False)
        self.own_words: list[AnyEvent] = []
        whole = {"room": {"timeline": {"limit": 2000}}}  # otherwise it hears of the last ten only
        self.client.sync = partial(self.client.sync, sync_filter=whole)

    def _seen(self, room: str, event: Any) -> AnyEvent | None:
        content = event.source["content"]
        if event.sender == self.user.id and OUR_MARK in content and "body" in content:
            self.own_words.append(
                Posted(chat=Chat(id=room, title=""), sender=Person(id=event.sender), id=event.event_id,
                       sent_at=event.server_timestamp, text=content["body"], own=True)
            )  # fmt: skip
        return super()._seen(room, event)


class Matrix(Far):
    """Contacts are accounts."""

    title, mode = "Matrix", Mode.GHOSTS
    has_double_puppets = True
    file_limit = 2 * 1024 * 1024
    owner: Program

    def __init__(self, server: synapse.Synapse, service: synapse.Service, owner: Program) -> None:
        self._server, self._service, self.owner = server, service, owner

    def _ghost(self, contact: str) -> str:
        return f"@{self._service.prefix}{contact}:localhost"

    async def open(self, first: Posted, contact: str) -> None:
        self.owner.room = first.chat.id

    async def called(self, contact: str) -> str:
        return str(self.owner.client.rooms[self.owner.room].display_name)

    async def picture(self, contact: str) -> bytes | None:
        answer = await self.owner.client.get_avatar(self._ghost(contact))
        url = getattr(answer, "avatar_url", None)
        if not url:
            return None
        return bytes((await self.owner.client.download(url)).body)

    def seen(self) -> list[AnyEvent]:
        return self.owner.events

    def own_from_elsewhere(self) -> list[AnyEvent]:
        return self.owner.own_words

    def minutes(self, events: Sequence[Posted]) -> list[str]:
        return [datetime.fromtimestamp(one.sent_at / 1000, UTC).strftime("%Y-%m-%d %H:%M") for one in events]

    async def restart(self) -> None:
        await asyncio.to_thread(self._server.stop)
        await asyncio.to_thread(self._server.start)

    @asynccontextmanager
    async def stranger(self, contact: str, text: str) -> AsyncIterator[Heard]:
        call, user = self._server.call, await asyncio.to_thread(self._server.user, "stranger")
        asked: dict[str, object] = {"invite": [self._ghost(contact)], "is_direct": True}
        asked["preset"] = "trusted_private_chat"
        room = quote(str((await asyncio.to_thread(call, "POST", f"{V3}/createRoom", asked, user.token))["room_id"]))
        said: dict[str, object] = {"msgtype": "m.text", "body": text}
        await asyncio.to_thread(call, "PUT", f"{V3}/rooms/{room}/send/m.room.message/1", said, user.token)

        async def heard() -> list[str]:
            answer = await asyncio.to_thread(
                call, "GET", f"{V3}/rooms/{room}/messages?dir=b&limit=99", None, user.token
            )
            events = answer["chunk"]
            assert isinstance(events, list)
            others = (event for event in events if event["sender"] != user.id)
            return [
                str(one) for one in others if one["content"].get("membership") != "leave"
            ]  # the invitation declined

        yield heard

    async def shut_out(self) -> None:
        await self._change(secrets.token_hex(16))

    async def let_in(self) -> None:
        await self._change(self._service.as_token)

    async def _change(self, token: str) -> None:
        """Another registration, and a log of what is asked of the server from now on."""
        path = self._server.folder / f"service-{self._service.number}.yaml"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"as_token": token}))
        path = self._server.folder / "log.yaml"
        loggers = {"synapse.access": {"level": "INFO"}}
        path.write_text(json.dumps(json.loads(path.read_text()) | {"loggers": loggers}))
        await self.restart()

    def attempts(self) -> int:
        lines = (self._server.folder / "log").read_text("utf-8", "replace").splitlines()
        return sum(" 401 " in line or " 403 " in line for line in lines)


@asynccontextmanager
async def home(folder: Path, absent: Absent) -> AsyncIterator[Far]:
    try:
        python_with(Path(synapse.__file__).with_suffix(".txt"))
    except NotThere as why:
        absent(str(why))
    (folder / "server").mkdir()
    with synapse.running(folder / "server") as server:
        service = next(server.services)
        user = server.user(service.owner, exactly=True)
        server.call("PUT", f"{V3}/profile/{quote(user.id)}/displayname", {"displayname": OWNER}, user.token)
        owner = Program(server.url, user, folder / "owner")
        await owner.start()
        far = Matrix(server, service, owner)
        settings = {
            "homeserver": server.url, "server": "localhost", "owner": user.id, "listen": f"127.0.0.1:{service.port}",
            "prefix": service.prefix, "as_token": service.as_token, "hs_token": service.hs_token, "receipts": "no",
        }  # fmt: skip
        far.seated = seated("matrix-appservice", folder, settings)
        try:
            yield far
        finally:
            await owner.stop()
