"""A device of the account and its keys, on matrix-nio, which does nothing here but sealing and opening.

Requests go out by `Calls`, because nio's own loops neither stop nor say why (recipe for Matrix, section 2). nio itself
only asks for keys, and hands out our own. It believes each answer as if it was the newest: somebody who came into a
room, or got another phone, while it waited for an older answer would be left out for good. So nothing else is told to
it meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..api import NotNow, Refused
from .calls import Calls, Denied, TokenRefused, path
from .loose import Object, a_text, an_object, objects

if TYPE_CHECKING:
    from nio import MatrixRoom
    from nio.crypto import Olm

T = TypeVar("T")
log = logging.getLogger(__name__)
NO_KEYS = "The keys for this room are not there yet."
SEALING = 60.0  # seconds for handing out the keys of a room
QUIET = ("nio", "peewee")  # they write down what they send and receive


class LostKeys(Refused):
    """The keys of this device are not in its folder (any more)."""

    hint = "Log in again: run `decamp bridge setup` for this bridge."


class Device:
    """One device, whose keys lie in one folder."""

    def __init__(
        self, calls: Calls, base: str, token: str, me: tuple[str, str], folder: Path, secret: bytes
    ) -> None:  # fmt: skip
        import nio

        for name in QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        config = nio.AsyncClientConfig(
            encryption_enabled=True,
            pickle_key=secret.hex(),
            max_timeouts=0,
            max_limit_exceeded=0,
            request_timeout=30,
        )
        self._nio = nio.AsyncClient(base, *me, store_path=str(folder), config=config)
        self._nio.restore_login(*me, token)
        self._calls, self._turn = calls, asyncio.Lock()
        self._is_closed = False

    @classmethod
    async def opened(
        cls, calls: Calls, base: str, token: str, me: tuple[str, str], folder: Path, secret: bytes
    ) -> Device:
        """The device, if its keys are there. Raises `LostKeys`.

        A device id with new keys would be worse than none: the server keeps the old ones, and nobody could read what
        it sends (recipe for Matrix, section 2).
        """
        user, device = me
        told = await calls.ask("POST", path("keys", "query"), {"device_keys": {user: [device]}})
        published = a_text(an_object(told, "device_keys", user, device), "keys", f"ed25519:{device}")
        store = folder / f"{user}_{device}.db"
        if published and not store.exists():
            raise LostKeys("The keys of this login are gone, and without them nobody could read what is sent.")
        found = cls(calls, base, token, me, folder, secret)
        store.chmod(0o600)
        if published and published != found.fingerprint:
            await found.close()
            raise LostKeys("The keys of this login are not those that its homeserver shows to others.")
        return found

    @property
    def fingerprint(self) -> str:
        """By which people can tell this device from one that somebody else made."""
        assert self._nio.olm is not None  # noqa: S101
        return str(self._nio.olm.account.identity_keys["ed25519"])

    async def close(self) -> None:
        self._is_closed = True
        await self._nio.close()
        if self._nio.store is not None:
            self._nio.store.database.close()

    def is_sealed(self, room: str) -> bool:
        """Whether a room is encrypted; nio remembers it, whatever the homeserver says later."""
        known = self._nio.rooms.get(room)
        return room in self._nio.encrypted_rooms or bool(known and known.encrypted)

    async def take(self, batch: Object) -> dict[str, Object]:
        """Learn what a sync brought: keys, rooms, members. Returns the messages that it opened, by their id."""
        import nio

        answer = nio.SyncResponse.from_dict(batch)
        if not isinstance(answer, nio.SyncResponse):
            log.warning("The homeserver's answer to a sync has a shape of its own; keys in it are lost.")
            return {}
        async with self._turn:
            await self._nio.receive_response(answer)
        return {
            event.event_id: event.source
            for joined in answer.rooms.join.values()
            for event in joined.timeline.events
            if isinstance(event, nio.Event) and event.decrypted
        }

    async def keep_up(self) -> None:
        """Hand out keys of ours and ask for those of others, where that is due."""
        try:
            async with self._turn:
                await self._hand_out()
        except Denied as error:
            log.warning("Keys could not be handed out: %s", error)

    async def _hand_out(self) -> None:
        if self._nio.should_upload_keys:
            _checked(await _guarded(self._nio.keys_upload()))
        if self._nio.should_query_keys:
            _checked(await _guarded(self._nio.keys_query()))
        if self._nio.should_claim_keys:
            _checked(await _guarded(self._nio.keys_claim(self._nio.get_users_for_key_claiming())))
        for answer in await _guarded(self._nio.send_to_device_messages()):
            _checked(answer)

    def open(self, room: str, event: Object) -> Object | None:
        """An encrypted event as it was written, or None as long as its key is missing."""
        import nio

        found = nio.Event.parse_event(event)
        if not isinstance(found, nio.MegolmEvent):
            return None
        found.room_id = room
        try:
            opened = self._nio.decrypt_event(found)
        except nio.exceptions.EncryptionError:
            return None
        return opened.source if isinstance(opened, nio.Event) else None

    async def seal(self, room: str, kind: str, content: Object) -> tuple[str, Object]:
        """An event sealed for everybody in a room: its kind and its content.

        Devices that nobody has verified can read it too: the first new phone of the owner would block everything.
        """
        async with self._turn:
            if self._is_closed:
                raise NotNow("The bridge is stopping.")
            return await _guarded(asyncio.wait_for(self._sealed(room, kind, content), SEALING))

    async def _sealed(self, room: str, kind: str, content: Object) -> tuple[str, Object]:
        """In the steps that nio takes itself before it sends something."""
        known, olm = self._nio.rooms.get(room), self._nio.olm
        if known is None or not known.encrypted or olm is None:
            raise NotNow(NO_KEYS)
        if olm.should_share_group_session(room):
            await self._learn_members(olm, known)
            if self._nio.should_query_keys:
                _checked(await self._nio.keys_query())
            if missing := self._nio.get_missing_sessions(room):
                _checked(await self._nio.keys_claim(missing))
            await self._share(olm, room, list(known.users))
        kind, sealed = self._nio.encrypt(room, kind, content)
        return kind, sealed

    async def _learn_members(self, olm: Olm, known: MatrixRoom) -> None:
        """Who is in a room or asked into it, as the homeserver has it now.

        What the sync told is older: somebody whom we asked in a moment ago, and who is not in its answer yet, could
        never read what is said first. Of the devices of those who are not in it yet no sync tells.
        """
        told = await self._calls.ask("GET", path("rooms", known.room_id, "members"), query={"not_membership": "leave"})
        members = {a_text(event, "state_key"): an_object(event, "content") for event in objects(told, "chunk")}
        there = {id: content for id, content in members.items() if a_text(content, "membership") in {"join", "invite"}}
        if a_text(there.get(self._nio.user_id), "membership") != "join":
            raise Denied(403, "M_FORBIDDEN")
        for id in set(known.users) - set(there):
            known.remove_member(id)
        invited = {id for id, content in there.items() if a_text(content, "membership") == "invite"}
        for id, content in there.items():
            name, picture = a_text(content, "displayname") or None, a_text(content, "avatar_url") or None
            known.add_member(id, name, picture, invited=id in invited)
        known.members_synced = True
        olm.update_tracked_users(known)
        olm.add_changed_users(invited)

    async def renew(self, room: str) -> None:
        """Have the next message take a new key, which everybody gets who is asked into the room by then."""
        async with self._turn:
            self._nio.invalidate_outbound_session(room)

    async def _share(self, olm: Olm, room: str, users: list[str]) -> None:
        """Give the key of a room to all devices in it. nio takes it for given also where it was not taken."""
        for devices, messages in olm.share_group_session_parallel(room, users, ignore_unverified_devices=True):
            session = olm.outbound_group_sessions[room]
            ticket = hashlib.sha256(f"{session.id} {sorted(devices)}".encode()).hexdigest()
            await self._calls.ask("PUT", path("sendToDevice", "m.room.encrypted", ticket), messages)
            session.users_shared_with.update(devices)
        olm.outbound_group_sessions[room].shared = True


async def _guarded(asking: Awaitable[T]) -> T:
    """What nio raises, in our words."""
    import aiohttp
    import nio

    try:
        return await asking
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotNow(f"The homeserver cannot be reached ({type(error).__name__}).") from error
    except (nio.exceptions.LocalProtocolError, nio.exceptions.GroupEncryptionError) as error:
        raise NotNow(NO_KEYS) from error


def _checked(answer: T) -> T:
    """Nio returns errors: raise them."""
    import nio

    if not isinstance(answer, nio.ErrorResponse):
        return answer
    code = str(answer.status_code or "")
    if code in {"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"}:
        raise TokenRefused(soft=answer.soft_logout)
    if code == "M_LIMIT_EXCEEDED":
        raise NotNow("The homeserver asks us to wait.", after=(answer.retry_after_ms or 5000) / 1000)
    if code.startswith("M_") and code != "M_UNKNOWN":
        raise Denied(400, code)
    raise NotNow("The homeserver has trouble.")
