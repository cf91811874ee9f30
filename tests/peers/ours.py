"""Us, as the peers meet us: an account of decamp on the stand-in network, through onions, in plain calls."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from random import Random
from typing import Any, TypeVar

from migrate.account.events import Event, ProfileSeen
from migrate.account.files import Outgoing
from migrate.account.online import OnlineAccount
from migrate.account.polling import Arrived
from migrate.account.prepared import Prepared, Sent
from migrate.network.access import Access
from migrate.network.network import Network, connect
from migrate.session.avatars import IV_BYTES, KEY_BYTES, seal_avatar
from migrate.session.config.namespaces import Namespace
from migrate.session.config.writing import write_config
from migrate.session.content import Pointer, Quote
from migrate.session.deliver import Parcel
from migrate.session.keys import AccountKeys
from migrate.session.mnemonic import decode
from migrate.session.outgoing import DAY
from migrate.session.signers import AccountSigner, Signer

from .clocks import this_moment

Value = TypeVar("Value")
Happened = TypeVar("Happened", bound=Event)


class Ours:
    """One device of an account. `post` insists that everything arrived, `happened` that everything could be read."""

    def __init__(self, words: str, runner: asyncio.Runner, network: Network) -> None:
        self.words = words
        self.keys = AccountKeys.from_seed(decode(words))
        self.network = network
        self._runner = runner
        self.account = OnlineAccount(self.keys, network, this_moment, os.urandom)
        self.id = self.account.id

    @classmethod
    @contextmanager
    def started(cls, words: str, access: Access) -> Iterator[Ours]:
        """A device of the account of these words, which reads its settings and then waits for what is asked of it."""
        with asyncio.Runner() as runner:
            stack = AsyncExitStack()
            line = connect(access, now=this_moment, random=Random(7), rng=os.urandom)
            ours = cls(words, runner, runner.run(stack.enter_async_context(line)))
            try:
                ours.do(ours.account.refresh())
                yield ours
            finally:
                runner.run(stack.aclose())

    def do(self, call: Coroutine[Any, Any, Value]) -> Value:
        """Wait for something that takes the network."""
        return self._runner.run(call)

    def is_called(self, name: str, picture: bytes) -> None:
        """Give the account a name and a picture, as a phone of it would."""
        key = os.urandom(KEY_BYTES)
        url = self.do(self.network.upload(seal_avatar(picture, key, os.urandom(IV_BYTES))))
        data = write_config(Namespace.PROFILE, {b"n": name.encode(), b"p": url.encode(), b"q": key}, self.keys)
        parcel = Parcel(self.id, Namespace.PROFILE, data, 30 * DAY)
        self.leave(parcel, AccountSigner(self.keys))
        self.do(self.account.refresh())

    def leave(self, parcel: Parcel, signer: Signer | None = None) -> None:
        """Store bytes as they are."""
        assert self.do(self.network.deliver(parcel, signer)).is_delivered

    def post(self, prepared: Prepared) -> Sent:
        """Send, and see that the message and all that belongs to it arrived."""
        sent = self.do(self.account.post(prepared))
        assert sent.is_complete, sent
        return sent

    def say(self, to: str, text: str, quote: Quote | None = None) -> Prepared:
        """Some words. The answer is what was prepared, which has the time and the hashes."""
        prepared = self.account.prepare_text(to, text, quote=quote)
        self.post(prepared)
        return prepared

    def give(self, to: str, text: str, *files: Outgoing) -> Prepared:
        """Files."""
        prepared = self.do(self.account.prepare_files(to, files, body=text))
        self.post(prepared)
        return prepared

    def fetch(self, pointer: Pointer) -> bytes:
        """The bytes of a file that somebody sent."""
        return self.do(self.account.fetch(pointer))

    def only(self, kind: type[Happened], *, mine: bool = False) -> Happened:
        """The one thing that others did since the last time, or that another device of ours did. Names aside."""
        events = self.arrived().events
        (event,) = [one for one in events if one.mine is mine and not isinstance(one, ProfileSeen)]
        assert isinstance(event, kind)
        return event

    def arrived(self) -> Arrived:
        """Everything that came since the last time, all of it readable."""
        arrived = self.do(self.account.poll())
        assert (arrived.unreadable, arrived.troubles, dict(arrived.blocked)) == ([], {}, {})
        return arrived
