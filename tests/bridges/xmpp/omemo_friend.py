"""Somebody with an encrypting chat program: slixmpp with slixmpp-omemo, and nothing of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

from omemo.storage import Just, Maybe, Nothing, Storage
from omemo.types import JSONType
from slixmpp import JID, ClientXMPP, Message
from slixmpp.plugins.base import register_plugin
from slixmpp_omemo import XEP_0384

from tests.patience import PATIENCE

NAMESPACE = "eu.siacs.conversations.axolotl"
PLUGINS = (
    "xep_0030", "xep_0060", "xep_0163", "xep_0184", "xep_0280", "xep_0308", "xep_0313", "xep_0334", "xep_0380",
    "xep_0424", "xep_0428", "xep_0461",
)  # fmt: skip


class InMemory(Storage):
    def __init__(self) -> None:
        super().__init__()
        self._values: dict[str, JSONType] = {}

    async def _load(self, key: str) -> Maybe[JSONType]:
        return Just(self._values[key]) if key in self._values else Nothing()

    async def _store(self, key: str, value: JSONType) -> None:
        self._values[key] = value

    async def _delete(self, key: str) -> None:
        self._values.pop(key, None)


class Omemo(XEP_0384):
    default_config = {**XEP_0384.default_config, "kept": None}  # noqa: RUF012  as the library has it

    @property
    def storage(self) -> Storage:
        assert isinstance(self.kept, Storage)
        return self.kept

    @property
    def _btbv_enabled(self) -> bool:
        return True

    async def _prompt_manual_trust(self, manually_trusted: object, identifier: str | None) -> None:
        raise AssertionError(manually_trusted)


register_plugin(Omemo)


class OmemoFriend(ClientXMPP):
    """`heard` is what was opened, `locked` the same messages as they came."""

    def __init__(self, address: str, password: str, port: int, authority: Path, kept: InMemory) -> None:
        super().__init__(f"{address}/laptop", password)
        self.ca_certs, self.enable_direct_tls, self._port = authority, False, port
        for name in PLUGINS:
            self.register_plugin(name)
        self.register_plugin("xep_0384", {"kept": kept})
        self.omemo: Omemo = cast("Any", self.plugin)["xep_0384"]
        self.heard: list[Message] = []
        self.locked: list[Message] = []
        self._news, self._ready = asyncio.Event(), asyncio.Event()
        self.add_event_handler("session_start", self._on_start)
        self.add_event_handler("omemo_initialized", lambda _: self._ready.set())
        self.add_event_handler("message", self._on_message)

    async def arrive(self) -> None:
        self.connect("127.0.0.1", self._port)
        async with asyncio.timeout(PATIENCE):
            await self._ready.wait()

    async def leave(self) -> None:
        await self.disconnect(1)
        self.cancel_connection_attempt()
        manager = await self.omemo.get_session_manager()
        await manager.shutdown()
        if self._run_out_filters is not None:
            self._run_out_filters.cancel()

    async def _on_start(self, _: object) -> None:
        await self.get_roster()
        self.send_presence()

    async def _on_message(self, message: Message) -> None:
        if self.omemo.is_encrypted(message):
            opened, _ = await self.omemo.decrypt_message(message)
            self.locked.append(message)
            self.heard.append(opened)
            self._news.set()

    async def say(self, to: str, text: str, **parts: Any) -> str:
        """Encrypt for all that they have. `parts` are stanzas of plugins, which stand beside the words."""
        message = self.make_message(mto=JID(to), mbody=text, mtype="chat")
        message.set_from(self.boundjid)
        await self.omemo.refresh_device_lists({JID(to)}, force_download=True)  # else it waits for the server to tell
        locked, errors = await self.omemo.encrypt_message(message, {JID(to)})
        assert locked is not None
        assert not errors
        locked["eme"]["namespace"] = NAMESPACE
        for name, value in parts.items():
            locked[name]["id"] = value
        locked.send()
        return str(locked["id"])

    async def hears(self, wanted: Callable[[Message], bool]) -> Message:
        async with asyncio.timeout(PATIENCE):
            while True:
                for one in self.heard:
                    if wanted(one):
                        return one
                self._news.clear()
                await self._news.wait()

    async def devices_of(self, account: str) -> set[int]:
        manager = await self.omemo.get_session_manager()
        await manager.refresh_device_list(NAMESPACE, account)
        return {one.device_id for one in await manager.get_device_information(account)}


@asynccontextmanager
async def somebody(
    address: str, password: str, port: int, authority: Path, kept: InMemory | None = None
) -> AsyncIterator[OmemoFriend]:
    friend = OmemoFriend(address, password, port, authority, kept or InMemory())
    try:
        await friend.arrive()
        yield friend
    finally:
        await friend.leave()
