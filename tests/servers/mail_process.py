"""The post office of tests, in a process of its own: SMTP in, and IMAP out unless somebody else delivers.

It takes one JSON object a line on standard input, and answers each with one. It ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import logging
import smtplib
import sys
import warnings
from argparse import Namespace
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import pymap.backend.dict.mailbox as inbox
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword
from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import (
    Config,
    DictBackend,
    Identity,
)
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.response.specials import FetchResponse
from pymap.selected import SelectedMailbox
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from tests.servers.ports import free_port

LARGEST = 60_000_000
Deliver = Callable[[str, bytes], Awaitable[None]]
_update = inbox.MailboxData.update_selected
_compare = SelectedMailbox._compare


async def _update_at_once(self: Any, selected: Any, *, wait_on: Any = None) -> Any:
    """What came between a client's last command and its IDLE is told at once (recipe of Delta Chat, section 2)."""
    news = selected.mod_sequence is not None and selected.mod_sequence < self._mod_sequences.highest
    return await _update(self, selected, wait_on=None if news else wait_on)


def _compare_as_others_do(self: Any, before: Any, after: Any, with_uid: bool) -> Iterator[Any]:
    """A new message is told by how many there are now, without its flags.

    Told amid the answer to a question about other messages, these would be taken by Delta Chat for a message without a
    size: it drops the connection, and makes no more than two of them at once, and then one a minute.
    """
    new = {after.seqs_cache[uid] for uid in (after.uids - before.uids) | (after.recent - before.recent)}
    for line in _compare(self, before, after, with_uid):
        if not (isinstance(line, FetchResponse) and line.seq in new):
            yield line


class Door:
    """One port that can be closed and opened again, with all that came through it."""

    def __init__(self, serve: Callable[[Door, int], Awaitable[asyncio.Server]]) -> None:
        self._serve, self.port, self.guests = serve, free_port(), dict[Any, str]()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await self._serve(self, self.port)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.drop()

    def drop(self, address: str | None = None) -> None:
        """Cut the connections of one account, or all."""
        for guest, who in list(self.guests.items()):
            if address in (None, who):
                del self.guests[guest]
                guest.abort()


class Slot(SMTP):
    """One connection of somebody who sends."""

    def __init__(self, office: Office, door: Door) -> None:
        self._door = door
        super().__init__(
            office, hostname="localhost", authenticator=office.lets_in, auth_require_tls=False, auth_required=True,
            data_size_limit=LARGEST, loop=asyncio.get_running_loop(),
        )  # fmt: skip

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._door.guests[transport] = ""
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._door.guests.pop(self.transport, None)
        super().connection_lost(error)

    def lets_in(self, address: str) -> None:
        self._door.guests[self.transport] = address


class Office:
    """Who has a mailbox here, and where their mail goes."""

    def __init__(self, deliver: Deliver) -> None:
        self.passwords: dict[str, str] = {}
        self._deliver = deliver
        self.smtp = Door(self._serve)

    async def _serve(self, door: Door, port: int) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(lambda: Slot(self, door), "127.0.0.1", port)

    def lets_in(self, slot: object, _: object, __: object, ___: object, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        assert isinstance(slot, Slot)
        is_right = self.passwords.get(data.login.decode()) == data.password.decode()
        if is_right:
            slot.lets_in(data.login.decode())
        return AuthResult(success=is_right, handled=False)  # it is for the server to say so

    async def handle_RCPT(  # noqa: N802  the library's name
        self, _: object, __: object, envelope: Envelope, address: str, ___: object
    ) -> str:
        if address not in self.passwords:
            return "550 nobody of that name lives here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: object, __: object, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        for address in envelope.rcpt_tos:
            await self._deliver(address, content)
        return "250 OK"


class Boxes:
    """Mailboxes in memory, and the way to them by IMAP."""

    def __init__(self, backend: DictBackend, config: Config) -> None:
        self._backend, self._config = backend, config
        self._imap = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
        self.door = Door(self._serve)
        self._guest: ContextVar[Any] = ContextVar("guest")
        self.tried: Counter[str] = Counter()
        authenticate = backend.login.authenticate

        async def counted(credentials: Any) -> Any:
            self.tried[credentials.authcid] += 1
            self.door.guests[self._guest.get()] = credentials.authcid
            return await authenticate(credentials)

        backend.login.authenticate = counted  # type: ignore[method-assign]

    async def _serve(self, door: Door, port: int) -> asyncio.Server:
        async def guest(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            door.guests[writer.transport] = ""
            self._guest.set(writer.transport)
            try:
                await self._imap(reader, writer)
            finally:
                door.guests.pop(writer.transport, None)

        return await asyncio.start_server(guest, "127.0.0.1", port)

    def _of(self, address: str) -> Any:
        return Identity(address, self._backend.login, None, frozenset())

    def add(self, address: str, password: str) -> None:
        self._backend.login.users_dict[address] = UserMetadata(self._config, address, password=password)

    async def deliver(self, address: str, content: bytes) -> None:
        async with self._of(address).new_session() as session:
            letter = AppendMessage(content, datetime.now(UTC), frozenset())
            await session.append_messages("INBOX", [letter])


async def _boxes(stack: AsyncExitStack) -> Boxes:
    namespace = Namespace(
        host=["127.0.0.1"], port="0", debug=False, cert=None, key=None, tls=False, passlib_cfg=None,
        proxy_protocol=None, inherited_sockets=None, demo_data=False, demo_user="nobody", demo_password="nothing",
    )  # fmt: skip
    backend, config = await DictBackend.init(namespace, hash_context=Cleartext(), secure_auth=False)
    config.apply_context()
    await backend.start(stack)
    return Boxes(backend, config)


async def _to_lmtp(port: int, address: str, content: bytes) -> None:
    def hand_over() -> None:
        with smtplib.LMTP("127.0.0.1", port) as line:
            line.sendmail("office@localhost", [address], content)

    await asyncio.to_thread(hand_over)


async def main(lmtp: int | None) -> None:
    loop, lines = asyncio.get_running_loop(), asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with AsyncExitStack() as stack:
        boxes = None if lmtp else await _boxes(stack)
        office = Office(boxes.deliver if boxes else lambda address, content: _to_lmtp(lmtp or 0, address, content))
        doors = {"smtp": office.smtp} | ({"imap": boxes.door} if boxes else {})
        while line := await lines.readline():
            asked = json.loads(line)
            chosen = [doors[name] for name in asked.get("doors", " ".join(doors)).split()]
            match asked["do"]:
                case "open":
                    for door in chosen:
                        await door.open()
                case "close":
                    for door in chosen:
                        door.close()
                case "drop":
                    for door in chosen:
                        door.drop(asked["address"])
                case "gone":
                    del office.passwords[asked["address"]]
                case "account":
                    office.passwords[asked["address"]] = asked["password"]
                    if boxes:
                        boxes.add(asked["address"], asked["password"])
            tried = boxes.tried[asked.get("address")] if boxes else 0
            sys.stdout.write(json.dumps({"ports": [door.port for door in doors.values()], "tried": tried}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    logging.disable()
    warnings.simplefilter("ignore")  # that it lets people in without TLS: it is on loopback
    SelectedMailbox._compare = _compare_as_others_do  # type: ignore[method-assign]
    inbox.MailboxData.update_selected = _update_at_once  # type: ignore[method-assign]
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else None))
