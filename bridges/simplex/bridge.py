"""An account of SimpleX as a bridge: contacts, groups, one link for each who is to come, and nothing missed."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..api import (
    AnyEvent,
    BadSetting,
    Changed,
    Chat,
    Desk,
    Health,
    Invitation,
    NotNow,
    Person,
    Refused,
    State,
    Talk,
)
from ..feed import Feed
from . import commands, translate
from .about import ABOUT
from .core import Core, Denied, Lost, Shut, refusal
from .files import Files, picture, pieces
from .groups import Groups
from .hearing import Hearing, every_chat
from .record import Record
from .ways import checked, open_core
from .wire import Said, User

SOONEST, LATEST = 0.5, 30.0
"""Seconds between attempts to connect: doubled from the one to the other, each with up to as much again by chance."""
STEADY_MS = 60_000
"""A connection that lasted as long was a good one: the next pause is short again."""
GOODBYE = 10.0
"""Seconds in which what is being sent may come to its end."""
WATCH = 60.0
"""Seconds between the questions that show that a quiet program still answers."""
_log = logging.getLogger(__name__)


class SimplexBridge(Groups):
    """One account, over as many connections as it takes."""

    about = ABOUT

    def __init__(self) -> None:
        super().__init__()
        self._feed: Feed | None = None
        self._work: asyncio.Task[None] | None = None

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import set_up

        return await set_up(talk, folder)

    # -- the interface ---------------------------------------------------------------------------------------

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return self._hearing.me

    async def start(self, desk: Desk) -> None:
        self._desk, self._settings = desk, checked(dict(desk.settings), desk.folder)
        try:
            self._record, self._files = Record(desk.folder), Files(desk.folder, desk.now())
        except (sqlite3.Error, OSError):
            raise BadSetting("The folder of the bridge cannot be written to.") from None
        self._feed = Feed(desk.now)
        try:
            # Never waits for the reader: what they wait for, such as a file, comes the same way as the events.
            self._hearing = Hearing(desk.cursor, self._record, self._feed.add, desk.now)
        except msgspec.MsgspecError:
            self._record.close()
            raise BadSetting("The place where the last run ended cannot be read.") from None
        self._feed.change(State.CONNECTING)
        self._work = asyncio.create_task(self._run())

    async def stop(self) -> None:
        work, self._work = self._work, None
        if work is None or self._feed is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE), self._sending:
                self._core = None  # so that nothing else begins
        work.cancel()
        await asyncio.wait({work})
        async with self._sending:  # what was cut off is written down before it ends
            self._record.close()
        self._feed.change(State.STOPPED)
        self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        return self._told.read()

    @property
    def _told(self) -> Feed:
        assert self._feed is not None, "start comes before everything else"  # noqa: S101
        return self._feed

    async def chats(self) -> AsyncIterator[Chat]:
        for listed in await self._asking(every_chat(self._connected(), self._user)):
            contact, group = listed.chat_info.contact, listed.chat_info.group_info
            where = translate.chat(listed.chat_info)
            if where is not None and (contact is None or contact.is_here) and not (group and group.membership.is_gone):
                yield where

    # -- connecting ------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Connect until we are stopped, or a person has to do something."""
        pause = SOONEST
        while True:
            began = self._desk.now()
            try:
                core = await open_core(self._settings)
                try:
                    await self._serve(core)
                finally:
                    self._core = None
                    self._files.lost()
                    await core.close()
            except Shut as shut:
                self._told.change(shut.state, str(shut), shut.hint)
                return
            except BadSetting as error:
                self._told.change(State.FAILED, str(error), error.hint)
                return
            except Lost as lost:
                self._told.change(State.INTERRUPTED, str(lost), lost.hint)
            except Denied as denied:
                self._told.change(State.INTERRUPTED, str(denied), denied.hint)
            except Exception as error:  # noqa: BLE001  outermost: whatever SimpleX may say, this bridge goes on
                kind = type(error).__name__
                _log.error("The bridge of SimpleX has stumbled (%s) and starts again.", kind)
                self._told.change(State.INTERRUPTED, f"SimpleX said something unexpected ({kind}).",
                                  "It is tried again by itself. If it stays, report it.")  # fmt: skip
            if self._desk.now() - began > STEADY_MS:
                pause = SOONEST
            await asyncio.sleep(pause + self._desk.random.random() * pause)
            pause = min(2 * pause, LATEST)

    async def _serve(self, core: Core) -> None:
        """Find out who we are, catch up, and listen until the connection ends."""
        user = await _user(core)
        await core.ask(commands.START)
        self._user = user.user_id
        name = user.profile.display_name or user.local_display_name
        self._hearing.me = Person(id=await _address(core, user.user_id) or name, name=name)
        await self._hearing.catch_up(core, user.user_id)
        self._core = core
        feed = self._told
        feed.health = Health(state=State.CONNECTED, since=self._desk.now())
        feed.add(Changed(health=feed.health, cursor=self._hearing.cursor))
        watch = asyncio.create_task(_watch(core))
        listen = asyncio.create_task(self._listen(core))
        try:
            ended, _ = await asyncio.wait({watch, listen}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (watch, listen):
                task.cancel()
            await asyncio.gather(watch, listen, return_exceptions=True)  # often both fail at once
        for task in ended:
            task.result()

    async def _listen(self, core: Core) -> None:
        while True:
            said = await core.hear()
            if said.user is not None and said.user.user_id != self._user:
                continue  # another account of the same program
            self._files.note(said)
            self._hearing.hear(said)
            await self._tend(core, said)

    async def _tend(self, core: Core, said: Said) -> None:
        """What is to be done about an event: note who came, and follow our owner into groups."""
        with suppress(Denied):
            contact = said.contact
            if contact is None:
                return
            who = contact.profile.local_alias
            if said.type == "contactConnected" and who.startswith(translate.ALIAS) and not contact.custom_data:
                data = {translate.NOTE: who.removeprefix(translate.ALIAS)}
                await core.ask(commands.note(f"@{contact.contact_id}", data))
            is_owner = f"@{contact.contact_id}" == self._settings.get("owner")
            if said.type == "receivedGroupInvitation" and said.group_info is not None and is_owner:
                await core.ask(commands.join(said.group_info.group_id))

    # -- files and invitations ----------------------------------------------------------------------------------

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        if ref.startswith("data:"):
            async for piece in picture(ref):
                yield piece
            return
        number, path, size = self._files.wanted(ref)
        if not (path.is_file() and path.stat().st_size == size):
            coming = self._files.expect(number)  # before it is asked for: it may come before the answer does
            try:
                await self._connected().ask(commands.receive(number, str(path)))
            except Denied as denied:
                if denied.kind != "fileAlreadyReceiving":
                    raise refusal(denied) from None
            except Lost as lost:
                raise NotNow(str(lost)) from None
            await self._files.arrival(coming)
            if not path.is_file():
                raise Refused("The file was fetched in the SimpleX program itself.", "Look into its folder of files.")
        async for piece in pieces(path):
            yield piece

    async def invite(self, contact: Person) -> Invitation:
        core = self._connected()
        said = await self._asking(core.ask(commands.make_link(self._user)))
        if said.connection is None or said.conn_link_invitation is None:
            raise Refused("SimpleX made no link.")
        number = said.connection.pcc_conn_id
        await self._asking(core.ask(commands.name_link(number, translate.alias(contact.id))))
        return Invitation(id=str(number), link=said.conn_link_invitation.best, one_time=True)

    async def withdraw(self, invitation: str) -> None:
        if not invitation.isdecimal():
            raise Refused("There is no such invitation.")
        try:
            await self._asking(self._connected().ask(commands.drop_link(int(invitation))))
        except Refused:
            return  # it was used or is gone, and opens nothing any more


async def _user(core: Core) -> User:
    try:
        said = await core.ask(commands.USER)
    except Denied as denied:
        if denied.kind != "noActiveUser":
            raise
        said = Said()
    if said.user is None:
        raise Shut(State.LOGGED_OUT, "The database of SimpleX has no account in it.",
                   "Start SimpleX with the right database, or run `decamp bridge setup simplex`.")  # fmt: skip
    return said.user


async def _address(core: Core, user: int) -> str | None:
    """The link that anybody may use; None where there is none."""
    try:
        said = await core.ask(commands.show_address(user))
    except Denied:
        return None
    return said.contact_link.conn_link_contact.best if said.contact_link else None


async def _watch(core: Core) -> None:
    while True:
        await asyncio.sleep(WATCH)
        await core.ask(commands.USER)
