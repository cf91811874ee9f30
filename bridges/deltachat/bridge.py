"""One account of the bridge's own: connected as long as it runs, with all that it hears and says."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from migrate.errors import DecampError
from migrate.model import Handle

from ..api import (
    AnyAction,
    AnyEvent,
    BadSetting,
    Bridge,
    Can,
    CannotDo,
    Chat,
    Desk,
    Gone,
    Health,
    Invitation,
    NotNow,
    Person,
    Refused,
    Sent,
    State,
    Talk,
)
from ..feed import Feed
from .about import ABOUT
from .native import Happened, Someone

if TYPE_CHECKING:
    from .account import Account

SOONEST, LATEST = 1.0, 300.0
"""Seconds between attempts: doubled from the one to the other, each with up to as much again by chance."""
STEADY_MS = 60_000
"""A program that ran as long as that was all right: the next pause is short again."""
GRACE = 5.0  # seconds in which what is being sent comes to its end, looked at so many times
GRACES = 50
PIECE = 1 << 16
LEAVE = Happened(kind="we leave")


class DeltaChatBridge(Bridge):
    """A bot with one group for each contact."""

    about = ABOUT

    def __init__(self) -> None:
        self._feed: Feed | None = None
        self._account: Account | None = None
        self._work: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._link = ""

    @classmethod
    async def set_up(cls, talk: Talk, folder: Path) -> dict[str, str]:
        from .setup import set_up

        return await set_up(talk, folder)

    # -- the interface -------------------------------------------------------------------------------------

    @property
    def health(self) -> Health:
        return self._feed.health if self._feed else Health(state=State.STOPPED, since=0)

    @property
    def me(self) -> Person:
        return Person(id=self._link, name=self._desk.settings.get("name") or "decamp")

    async def start(self, desk: Desk) -> None:
        from .hearing import Mark
        from .login import transport

        transport(desk.settings)
        self._owner = _owner(desk.settings.get("owner", ""))
        self._desk, self._feed = desk, Feed(desk.now)
        self._mark = Mark.read(desk.cursor)
        self._feed.change(State.STARTING)
        self._work = asyncio.create_task(self._run())

    async def stop(self) -> None:
        work, self._work = self._work, None
        if work is None or self._feed is None:
            return
        with suppress(TimeoutError, DecampError):
            async with asyncio.timeout(2 * GRACE):
                await self._leave(work)
        work.cancel()
        await asyncio.wait({work})
        self._feed.change(State.STOPPED)
        self._feed.close()

    def events(self) -> AsyncIterator[AnyEvent]:
        return self.feed.read()

    async def chats(self) -> AsyncIterator[Chat]:
        from . import translate
        from .account import Gone

        account = self._ready()
        for id in await account.do(list[int], "get_chatlist_entries", NO_SPECIALS, None, None):
            with suppress(Gone):
                room = await account.room(id)
                if room.can_send and room.is_encrypted and not room.is_device_chat:
                    yield translate.chat(room, room.contact_ids)

    async def act(self, chat: str, action: AnyAction) -> Sent:
        """What was begun is finished even if nobody waits for it any more: otherwise it might be sent twice."""
        return await asyncio.shield(asyncio.create_task(self._act(chat, action)))

    async def _act(self, chat: str, action: AnyAction) -> Sent:
        from . import groups, posting

        async with self._sending:
            account = self._ready()
            place = await self._place(account, chat)
            try:
                return await posting.act(account, place, action, self._mark.high, self._desk.now())
            except Refused as error:
                if await groups.is_out(account, place):
                    raise Gone("We are not in this group any more.") from error
                raise

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        path = await self._path(ref)
        try:
            with path.open("rb") as file:
                while piece := await asyncio.to_thread(file.read, PIECE):
                    yield piece
        except OSError as error:
            raise Refused("The file is gone.") from error

    async def open_chat(
        self, title: str, person: Person | None = None, picture: Path | None = None, *, whose: str | None = None
    ) -> Chat:
        from . import groups, translate

        async with self._sending:
            account = self._ready()
            place, is_new = await groups.open_group(account, title, person, whose, self._owner)
            if is_new and picture is not None:
                await groups.dress(account, place.id, "", picture)
            return translate.chat(place)

    async def dress_chat(self, chat: str, title: str, picture: Path | None) -> None:
        from . import groups

        async with self._sending:  # a message that makes the group known meanwhile would go without its picture
            account = self._ready()
            await groups.dress(account, await self._place(account, chat), title, picture)

    async def invite(self, contact: Person) -> Invitation:
        from . import groups

        async with self._sending:
            return await groups.invite(self._ready(), contact, self.me.name)

    async def withdraw(self, invitation: str) -> None:
        from . import groups
        from .translate import number

        async with self._sending:  # somebody may be coming by it just now
            await groups.withdraw(self._ready(), number(invitation))

    async def publish(self, text: str, moved_to: Sequence[Handle] = ()) -> None:
        """It stands under the name of the account, and goes to everybody with the next message to them."""
        if moved_to:
            raise CannotDo(Can.MOVED)
        await self._ready().do(object, "set_config", "selfstatus", text)

    # -- what they stand on --------------------------------------------------------------------------------

    @property
    def feed(self) -> Feed:
        assert self._feed is not None, "start comes before everything else"  # noqa: S101
        return self._feed

    def _ready(self) -> Account:
        """The account, also while the server is away: what is sent then goes when it is back."""
        if self._account is None:
            raise NotNow(self.health.said or "The account is not open yet.")
        return self._account

    async def _place(self, account: Account, chat: str) -> int:
        from .account import Gone as NotFound
        from .translate import number

        try:
            return (await account.place(number(chat))).id
        except NotFound:
            raise Gone(
                "There is no such chat.", "`decamp bridge chats deltachat` shows those that there are."
            ) from None

    async def _path(self, ref: str) -> Path:
        """Where a file lies. Only those that Delta Chat keeps for this account are given out."""
        from .account import Gone
        from .native import Contact
        from .translate import PICTURE, number

        account = self._ready()
        if ref.startswith(PICTURE):
            where = (await account.do(Contact, "get_contact", number(ref.removeprefix(PICTURE)))).profile_image
        else:
            try:
                where = (await account.message(number(ref))).file
            except Gone:
                where = None
        path = Path(where).resolve() if where else None  # noqa: ASYNC240  a look at the disk
        if path is None or not path.is_relative_to(self._core_folder.resolve()):
            raise Refused("The file is gone.")
        return path

    @property
    def _core_folder(self) -> Path:
        return self._desk.folder / CORE_FOLDER

    # -- being connected -----------------------------------------------------------------------------------

    async def _run(self) -> None:
        """Keep Delta Chat's program running, until stopped or until only a person can help.

        While it runs it connects by itself, with pauses that grow to a minute. Only if it ends, or if the account could
        not be set up yet, does the next attempt begin here: after a mended password too, which is tried at once.
        """
        from .login import Trouble

        pause = SOONEST
        while True:
            began = self._desk.now()
            try:
                await self._session()
                return
            except Trouble as error:
                why = error
            except sqlite3.Error as error:
                why = Trouble(
                    State.INTERRUPTED, f"The bridge cannot write down what it does: {error}.", "Free some space."
                )
            except DecampError as error:
                state = State.FAILED if error.exit_code == 2 else State.INTERRUPTED
                why = Trouble(state, str(error), error.hint)
            except Exception as error:  # noqa: BLE001  outermost: one bridge takes nothing else down
                said = f"Something is wrong in the bridge itself ({type(error).__name__})."
                why = Trouble(State.FAILED, said, "Start it again, and report it if it stays so.")
            self.feed.change(why.state, str(why), why.hint)
            if why.state.is_final:
                return
            pause = SOONEST if self._desk.now() - began > STEADY_MS else pause
            await asyncio.sleep(pause * (1 + self._desk.random.random()))
            pause = min(2 * pause, LATEST)

    async def _session(self) -> None:
        """Delta Chat's program from its start to its end, which is ours unless an error says otherwise."""
        from .account import Account
        from .core import Core
        from .hearing import Hearing
        from .login import log_in
        from .record import Record

        self._core_folder.mkdir(mode=0o700, exist_ok=True)
        core = await Core.open(self._core_folder)
        try:
            self.feed.change(State.CONNECTING, "It connects to the mail server.")
            number = await log_in(core, self._desk.settings)
            record = Record(self._desk.folder, number)
            try:
                account = Account(core, number, record)
                self._link = await account.link()
                await account.settle()
                hearing = Hearing(
                    account, self._desk, self.feed, self._mark, owner=self._owner, me=self.me, sending=self._sending
                )
                await hearing.begin()
                await account.tell("start_io")
                self._account = account
                await hearing.listen(LEAVE)
            finally:
                self._account = None
                async with self._sending:
                    record.close()
        finally:
            await core.close()

    async def _leave(self, work: asyncio.Task[None]) -> None:
        """Let what is being sent go, take no more from the server, and tell all that has come."""
        async with self._sending:
            account = self._account
        if account is None or work.done():
            return
        for _ in range(GRACES):
            if self.health.state is not State.CONNECTED or await account.core.ask(bool, "is_sending_finished"):
                break
            await asyncio.sleep(GRACE / GRACES)
        await account.tell("stop_io")
        account.core.news.put_nowait(LEAVE)
        await asyncio.wait({work})


NO_SPECIALS = 2
"""The flag that leaves out the row for archived chats."""
CORE_FOLDER = "core"


def _owner(said: str) -> int | None:
    """The number of the owner's contact, if there is one."""
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and int(said) > Someone.LAST_SPECIAL):
        raise BadSetting(f"{said!r} is not the number that Delta Chat has for anybody.")
    return int(said)
