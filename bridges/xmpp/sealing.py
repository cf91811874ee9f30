"""End-to-end encryption of direct chats (OMEMO, XEP-0384), in the form that programs in use understand.

Loaded only where the setting `omemo` is on: the library is an extra of its own. It does the keys; the stream asks and
tells. Only the words of a message are encrypted (recipe for XMPP, section 6): that it is a reply, a correction or a
retraction, and of which message, stands beside them.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from copy import deepcopy
from pathlib import Path
from xml.etree.ElementTree import Element

import oldmemo
import oldmemo.etree
from omemo import NoEligibleDevices, OMEMOException, XMPPInteractionFailed
from slixmpp_omemo.base_session_manager import BaseSessionManager, TrustLevel

from ..api import NotNow, Refused
from . import elements as x
from .addresses import bare
from .devices import manager_for
from .elements import element, find, text_of
from .keys import Keys
from .stream import Stream

FRESH_MS = 60_000
"""For so long the list of somebody's devices is not asked for again."""
INSTEAD = "This message is encrypted (OMEMO)."
"""What programs show that cannot open it."""
_NAMESPACE = oldmemo.oldmemo.NAMESPACE


class Sealing:
    """Closes and opens messages on one connection. One thing at a time: every step changes keys."""

    def __init__(self, stream: Stream, keys: Keys, manager: BaseSessionManager, now: Callable[[], int]) -> None:
        self._stream, self._keys, self._manager, self._now = stream, keys, manager, now
        self._me = bare(stream.address)
        self._fresh: dict[str, int] = {}
        self._turn = asyncio.Lock()
        self._ended = False

    @classmethod
    @asynccontextmanager
    async def on(cls, stream: Stream, folder: Path, now: Callable[[], int]) -> AsyncIterator[Sealing]:
        """While this connection lasts. Makes keys if there are none, and lets others find them. Raises `NotNow`."""
        for name in ("omemo", "oldmemo", "doubleratchet", "x3dh"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # they write down texts and keys
        keys = Keys(folder)
        try:
            sealing = cls(stream, keys, await _manager(stream, keys), now)
            try:
                yield sealing
            finally:
                await sealing._end()
        finally:
            keys.close()

    async def _end(self) -> None:
        async with self._turn:
            self._ended = True
            await self._manager.shutdown()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """What changes keys: one thing at a time, and each written down as a whole. Raises `NotNow` after the end."""
        async with self._turn:
            if self._ended:
                raise NotNow("The connection was lost.")
            with self._keys.in_one_go():
                yield

    async def caught_up(self) -> None:
        """All that waited for us was opened: used keys can be replaced, and what was opened long ago forgotten."""
        async with self._alone():
            try:
                await self._manager.after_history_sync()
            except OMEMOException as error:
                raise _not_kept(error) from None
            self._keys.forget(self._now())

    async def close(self, message: Element, to: str) -> Element:
        """The message with its words encrypted for all devices of both sides. Raises `Refused` and `NotNow`."""
        body = text_of(message, x.CLIENT, "body")
        if not body or find(message, x.RETRACT, "retract") is not None:
            return message  # nothing that anybody wrote
        async with self._alone():
            try:
                await self._look_up(to)
                sealed, _ = await self._manager.encrypt(frozenset({to}), {_NAMESPACE: body.encode()})
            except XMPPInteractionFailed:
                raise NotNow("The keys of the other side could not be looked up.") from None
            except NoEligibleDevices:
                if self._stream.gone.done():
                    raise NotNow("The connection was lost.") from None
                raise Refused(
                    f"{to} has no program that takes encrypted messages (OMEMO), and this chat sends no others.",
                    "Ask them to turn OMEMO on, or set omemo to false.",
                ) from None
            except OMEMOException as error:
                raise Refused(f"It could not be encrypted ({type(error).__name__}).") from None
        return _closed(message, [oldmemo.etree.serialize_message(one) for one in sealed])

    async def _look_up(self, who: str) -> None:
        """Know which devices there are now: somebody may have a new phone, and so may we."""
        for one in (who, self._me):
            if self._now() - self._fresh.get(one, -FRESH_MS) >= FRESH_MS:
                await self._manager.refresh_device_list(_NAMESPACE, one)
                self._fresh[one] = self._now()

    async def open(self, message: Element) -> Element:
        """The message with the words that were encrypted, or as one that nobody can read. Raises `NotNow`."""
        locked = find(message, _NAMESPACE, "encrypted")
        if locked is None or message.get("type") in {"groupchat", "error"}:
            return message
        from_ = bare(message.get("from", "")) or self._me
        name = _name(from_, message.get("id", ""), locked)
        async with self._alone():
            known = self._keys.opened(name, self._now())
            if known is not None:
                return _opened(message, known[0])
            try:
                text = await self._decrypted(locked, from_)
            except (OMEMOException, ValueError):  # of the library, and of what others made of the message
                if self._stream.gone.done():
                    raise NotNow("The connection was lost before a message could be opened.") from None
                carries_words = find(locked, _NAMESPACE, "payload") is not None
                return _unreadable(message) if carries_words else _opened(message, None)
            self._keys.note(name, text, self._now())
        return _opened(message, text)

    async def _decrypted(self, locked: Element, from_: str) -> str | None:
        sealed = await oldmemo.etree.parse_message(locked, from_, self._me, self._manager)
        text, _, _ = await self._manager.decrypt(sealed)
        return None if text is None else text.decode()


def _name(from_: str, id: str, locked: Element) -> str:
    """The same for the same message, whichever way it came, and for no other: one that comes again under another id
    is not opened by what we remember.
    """
    parts = (from_, id, text_of(locked, _NAMESPACE, "header", "iv"), text_of(locked, _NAMESPACE, "payload"))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _closed(message: Element, locked: list[Element]) -> Element:
    closed = deepcopy(message)
    for body in closed.findall(f"{{{x.CLIENT}}}body"):
        body.text = INSTEAD
    closed.extend(locked)
    closed.append(element(x.ENCRYPTION, "encryption", namespace=_NAMESPACE, name="OMEMO"))
    closed.append(element(x.HINTS, "store"))
    return closed


def _opened(message: Element, text: str | None) -> Element:
    """What was written, in place of what other programs show; nothing where a message only carried keys."""
    return _with(message, None if text is None else element(x.CLIENT, "body", text))


def _unreadable(message: Element) -> Element:
    return _with(message, element(x.ENCRYPTION, "encryption", namespace=_NAMESPACE))


def _with(message: Element, inside: Element | None) -> Element:
    gone = {f"{{{x.CLIENT}}}body", f"{{{_NAMESPACE}}}encrypted", f"{{{x.ENCRYPTION}}}encryption"}
    made = Element(message.tag, dict(message.attrib))
    made.extend(one for one in message if one.tag not in gone)
    if inside is not None:
        made.append(inside)
    return made


async def _manager(stream: Stream, keys: Keys) -> BaseSessionManager:
    me, undecided = bare(stream.address), TrustLevel.UNDECIDED.value
    try:
        with keys.in_one_go():
            manager = await manager_for(stream).create(
                [oldmemo.Oldmemo(keys)], keys, me, None, undecided_trust_level_name=undecided
            )
            await manager.ensure_data_consistency()
    except OMEMOException as error:
        raise _not_kept(error) from None
    return manager


def _not_kept(error: OMEMOException) -> NotNow:
    return NotNow(f"The server does not keep our keys of OMEMO ({type(error).__name__}).")
