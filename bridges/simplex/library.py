"""The way to SimpleX over the official `simplex-chat` package, which is AGPL-3.0-only (recipe, sections 1 and 3).

This is the only module that loads it, and only where the setting `transport` asks for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from ..api import BadSetting, State
from . import commands
from .core import ANSWER_SECONDS, Denied, Lost, Shut
from .wire import Said, Trouble

if TYPE_CHECKING:
    from simplex_chat.api import ChatApi

LOOK = 200_000  # microseconds that a look for an event holds a thread
_INSTALL = "Install it: pipx install 'decamp[simplex]'."
_FETCH = "Its core is fetched once from the release page of its makers: `python -m simplex_chat install`."
_log = logging.getLogger(__name__)


class LibraryCore:
    """The core of SimpleX in this process. Only one process may have its database open."""

    def __init__(self, api: ChatApi) -> None:
        self._api = api
        self._looking: asyncio.Task[Said] | None = None
        self._asking: set[asyncio.Task[Said]] = set()

    @classmethod
    async def open(cls, database: str, key: str) -> LibraryCore:
        """Open the database, or make it. Raises `BadSetting`, `Shut` and `Lost`."""
        try:
            from simplex_chat.api import ChatApi, SqliteDb
            from simplex_chat.core import ChatInitError
        except ImportError:
            raise BadSetting("The library of SimpleX is not installed.", _INSTALL) from None
        try:
            return cls(await ChatApi.init(SqliteDb(file_prefix=database, encryption_key=key or None)))
        except ChatInitError as error:
            if "notadatabase" in str(error.db_migration_error.get("type", "")).lower():
                raise Shut(State.BAD_CREDENTIALS, "The key does not open the database of SimpleX.",
                           "Run `decamp bridge setup simplex` again, with the right key.") from None  # fmt: skip
            raise Shut(State.FAILED, "The database of SimpleX cannot be opened.",
                       "Look whether another program has it open, or restore a copy of it.") from None  # fmt: skip
        except (OSError, RuntimeError):
            raise Lost("The library of SimpleX could not be loaded.", _FETCH) from None

    async def ask(self, command: str) -> Said:
        """A command that was begun is always finished, because a thread cannot be stopped: only we go away."""
        asking = asyncio.create_task(self._in_our_words(self._api.send_chat_cmd(command)))
        self._asking.add(asking)
        asking.add_done_callback(self._asked)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await asyncio.shield(asking)
        except TimeoutError:
            raise Lost("SimpleX did not answer in time.") from None

    def _asked(self, asking: asyncio.Task[Said]) -> None:
        self._asking.discard(asking)
        if not asking.cancelled():
            asking.exception()  # perhaps nobody waits for it any more: then it is nobody's trouble

    async def hear(self) -> Said:
        while True:
            try:
                said = await self._look()
            except Denied:
                continue  # an error that belongs to no command: the events that matter say it again
            if said.type:
                return said

    async def _look(self) -> Said:
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._in_our_words(self._api.recv_chat_event(LOOK)))
        return await asyncio.shield(self._looking)

    async def close(self) -> None:
        for task in (*self._asking, *([self._looking] if self._looking else [])):
            with suppress(Denied, Lost, TimeoutError):
                await asyncio.wait_for(task, ANSWER_SECONDS)
        with suppress(Denied, Lost):
            await self.ask(commands.STOP)
        with suppress(RuntimeError):
            await self._api.close()

    async def _in_our_words(self, said: Awaitable[object]) -> Said:
        from simplex_chat.core import ChatAPIError

        try:
            return msgspec.convert(await said or {}, Said)
        except ChatAPIError as error:
            raise Denied(_trouble(error.chat_error)) from None
        except msgspec.ValidationError:
            _log.warning("SimpleX sent something that this version of decamp cannot read.")
            return Said()
        except (OSError, RuntimeError):
            raise Lost("The library of SimpleX has stopped.") from None


def _trouble(error: object) -> Trouble | None:
    try:
        return msgspec.convert(error, Trouble)
    except msgspec.ValidationError:
        return None
