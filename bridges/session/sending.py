"""From an action to bytes on the network, exactly once for each key.

Bytes are written down before they leave. Whoever asks again with the same key has the same bytes sent, which the
network takes for one message (formats page of the Session network, section 0), or hears at once that they arrived.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet, WeakValueDictionary

from migrate.account.errors import BadRecord, CannotSend
from migrate.account.files import Outgoing
from migrate.account.online import OnlineAccount
from migrate.account.prepared import Held, Kind, Prepared
from migrate.account.prepared import Sent as Outcome
from migrate.account.standing import is_group
from migrate.model import Expiry
from migrate.network.errors import CommunityRefused, TooMuch
from migrate.session.content import Quote
from migrate.session.errors import BadAnswer, NoAnswer, TooLarge
from migrate.session.keys import BadKey
from migrate.session.outgoing import MESSAGE_TTL

from ..api import (
    Accept,
    AnyAction,
    Can,
    CannotDo,
    Delete,
    MarkRead,
    NotNow,
    Post,
    React,
    Reference,
    Refused,
    Sent,
    SetTimer,
    SetTyping,
)  # fmt: skip
from .communities.reading import is_community
from .record import Mailed, Record
from .translate import address_of, message_id

AT_ONCE = 4
"""Posts under way; others wait. Each of them already asks several nodes."""
MOST_OURS = 10_000
"""Names of what went out: those before them have come to us already, or never will."""
MOST_READ = 2_000
"""Messages of which one receipt tells: 20,000 bytes. Of those before them nobody hears any more that they were read."""
_PLACE = re.compile(r"0[35][0-9a-f]{64}")


class Sender:
    """Sends for one account. `online` is that account while it is connected, `ours` the names of what went out."""

    def __init__(
        self, me: str, record: Record, online: Callable[[], OnlineAccount | None], ours: dict[str, None],
        now: Callable[[], int], in_a_room: Callable[[str, AnyAction], Coroutine[object, object, Sent]],
    ) -> None:  # fmt: skip
        """`in_a_room` does the same in communities."""
        self._in_a_room = in_a_room
        self._me, self._record, self._online, self._ours, self._now = me, record, online, ours, now
        self._room = asyncio.Semaphore(AT_ONCE)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[asyncio.Task[Sent]] = set()
        self._given_up: WeakSet[asyncio.Task[Sent]] = WeakSet()

    async def do(self, chat: str, action: AnyAction) -> Sent:
        """Do something in a chat. Raises `NotNow`, `Refused` or `CannotDo`."""
        self._check(chat, action)
        turn = self._turns.setdefault((chat, action.key), asyncio.Lock())
        async with turn:
            mailed = self._record.mailed(chat, action.key)
            if mailed is not None and mailed.delivered:
                return self._sent(mailed)
            work = self._in_a_room(chat, action) if is_community(chat) else self._do(chat, action, mailed)
            task = asyncio.create_task(work)
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            try:
                with said_plainly():
                    return await task
            except asyncio.CancelledError:
                if task in self._given_up:
                    raise NotNow("The connection ended while this was being sent.") from None
                raise

    async def finish(self) -> None:
        """Bring to our own devices what has arrived at the others, as far as that failed before."""
        for mailed in self._record.unfinished(self._now() - MESSAGE_TTL):
            online = self._online()
            if online is None or mailed.prepared is None:
                return
            try:
                complete = (await online.post(Prepared.read(mailed.prepared))).is_complete
            except (CannotSend, BadRecord):  # a group that we have left since, or bytes that nobody can read
                complete = True
            if complete:
                self._record.note_delivered(mailed, self._me, complete=True)

    async def end(self, seconds: float) -> None:
        """Wait so long until nothing is under way, and then for nothing any more."""
        under_way = set(self._under_way)
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=seconds)
            self._given_up.update(late)
            for task in late:
                task.cancel()

    # -- one action -----------------------------------------------------------------------------------

    def _check(self, chat: str, action: AnyAction) -> None:
        """What this chat cannot do is refused by its name: groups of Session know neither receipts nor typing."""
        if is_community(chat):
            return
        if not _PLACE.fullmatch(chat):
            raise Refused("This is no chat of Session.")
        if is_group(chat) or chat == self._me:
            match action:
                case MarkRead():
                    raise CannotDo(Can.READ)
                case SetTyping():
                    raise CannotDo(Can.TYPING)
                case Accept():
                    raise CannotDo(Can.REQUESTS)
                case SetTimer() if is_group(chat):  # an admin does that in the app
                    raise CannotDo(Can.TIMERS)

    async def _do(self, chat: str, action: AnyAction, mailed: Mailed | None) -> Sent:
        online = self._connected()
        async with self._room:
            if isinstance(action, SetTyping):  # of the moment: it is never sent again
                outcome = await online.post(online.prepare_typing(chat, started=action.typing))
                _arrived(outcome)
                return Sent(sent_at=outcome.sent_at)
            if mailed is not None and mailed.prepared is not None:
                prepared = Prepared.read(mailed.prepared)
            else:
                prepared = await self._prepare(online, chat, action)
                mailed = _mailed(action.key, prepared)
                self._record.mail(mailed)
            self._ours[prepared.own_hash] = None
            if len(self._ours) > MOST_OURS:
                del self._ours[next(iter(self._ours))]
            outcome = await online.post(prepared)
        _arrived(outcome)
        self._record.note_delivered(mailed, self._me, complete=outcome.is_complete)
        if isinstance(action, MarkRead):
            self._record.note_read(chat, self._meant(action.message)[1])
        return self._sent(mailed)

    async def _prepare(self, online: OnlineAccount, chat: str, action: AnyAction) -> Prepared:
        match action:
            case Post(files=()):
                return online.prepare_text(chat, action.text, quote=self._quote(action.reply_to))
            case Post():
                files = [Outgoing(Path(one.path), one.name, one.type, one.voice) for one in action.files]
                quote = self._quote(action.reply_to)
                return await online.prepare_files(chat, files, body=action.text or None, quote=quote)
            case React():
                author, sent_at = self._meant(action.message)
                return online.prepare_reaction(chat, author, sent_at, action.emoji, remove=not action.add)
            case Delete():
                author, sent_at = self._meant(action.message)
                if author != self._me:
                    raise Refused("On Session only whoever wrote a message can take it back.")
                return online.prepare_unsend(chat, sent_at, self._record.hashes_of(chat, self._me, sent_at))
            case MarkRead():
                _, sent_at = self._meant(action.message)
                unread = self._record.unread(chat, sent_at)[-MOST_READ:]
                return online.prepare_receipt(chat, unread or [sent_at])
            case SetTimer():
                return online.prepare_timer(chat, _expiry(action))
            case Accept():
                return online.prepare_acceptance(chat)
            case _:
                raise CannotDo(Can.EDITS)

    def _quote(self, reference: Reference | None) -> Quote | None:
        if reference is None:
            return None
        author, sent_at = self._meant(reference)
        return Quote(sent_at=sent_at, author=author)

    def _meant(self, reference: Reference) -> tuple[str, int]:
        """Author and time of a message, which is how Session refers to it."""
        found = address_of(reference)
        if found is None:
            raise Refused("This action is about a message that is none of Session.")
        return found

    def _connected(self) -> OnlineAccount:
        online = self._online()
        if online is None:
            raise NotNow("The Session network cannot be reached at the moment.")
        return online

    def _sent(self, mailed: Mailed) -> Sent:
        ids = (message_id(self._me, mailed.sent_at),) if mailed.kind in _NAMED else ()
        return Sent(ids=ids, also=(mailed.hash,), sent_at=mailed.sent_at)


_NAMED = frozenset({Kind.TEXT, Kind.FILES, Kind.REACTION})
"""What others can refer to."""


def _expiry(timer: SetTimer) -> Expiry | None:
    if not timer.seconds:
        return None
    return Expiry(type="after_read" if timer.after_read else "after_send", seconds=timer.seconds)


def _mailed(key: str, prepared: Prepared) -> Mailed:
    return Mailed(
        prepared.conversation, key, prepared.kind, prepared.sent_at, prepared.hash, prepared.own_hash,
        prepared.to_bytes(), delivered=False,
    )  # fmt: skip


def _arrived(outcome: Outcome) -> None:
    """Raise what there is to say about a message that lies nowhere."""
    if outcome.is_delivered:
        return
    said = _reasons(outcome.acceptance, outcome.message)
    if outcome.is_refused:
        raise Refused(f"The Session network does not take this: {said}")
    raise NotNow(f"No node of the Session network took this: {said}")


def _reasons(*parts: Held | None) -> str:
    troubles = sorted({trouble for part in parts if part is not None for trouble in part.troubles})
    return ", ".join(troubles) or "none of them answered"


@contextmanager
def said_plainly() -> Iterator[None]:
    """The errors of the account in the words of a bridge."""
    try:
        yield
    except TooMuch as error:
        raise NotNow(str(error), after=error.after) from error
    except (NoAnswer, BadAnswer) as error:
        raise NotNow(str(error)) from error
    except (CommunityRefused, CannotSend, TooLarge, BadKey, BadRecord) as error:
        raise Refused(str(error), error.hint) from error
    except OSError as error:
        raise Refused(f"A file that is to be sent cannot be read: {error.strerror}.") from error
