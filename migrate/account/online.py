"""An account that is online: what it knows, what it says, what it hears."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..model import Expiry
from ..session.account import AccountSettings, GroupSettings
from ..session.attachments import LARGEST_UPLOAD
from ..session.content import Pointer, Quote
from ..session.keys import AccountKeys
from . import files as on_the_way
from .composing import Composer
from .cursors import Cursors
from .files import Outgoing
from .line import Line
from .places import Place, places
from .polling import Arrived, Poller
from .posting import post
from .prepared import Prepared, Sent
from .standing import Standing

REREAD = 6 * 3_600_000
"""After so many milliseconds settings are read from the beginning, so that what was replaced does not pile up."""


class OnlineAccount:
    """One account, as another device of it would be: `refresh` once, then `poll`, and `prepare_…` and `post`.

    `to` is the Session ID of a person, our own for a note to ourselves, or the id of a group. Preparing gives bytes
    that are final; posting them twice makes one message. `now` is the clock of this machine in milliseconds, `rng`
    gives as many random bytes as it is asked for, `cursors` are those of the last run.
    """

    def __init__(
        self,
        keys: AccountKeys,
        network: Line,
        now: Callable[[], int],
        rng: Callable[[int], bytes],
        cursors: Cursors | None = None,
    ) -> None:
        self.id = keys.session_id
        self.cursors = cursors or Cursors()
        self._line, self._now, self._rng = network, now, rng
        self._standing = Standing(keys, self.cursors)
        self._poller = Poller(network, self._standing, self.cursors)
        self._composer = Composer(self._standing, self.cursors, network.clock.time, rng)
        self._read_at = 0

    # -- what it knows and hears ---------------------------------------------------------------------

    @property
    def settings(self) -> AccountSettings:
        """Profile, contacts, groups and communities, as they were read last."""
        return self._standing.settings

    @property
    def groups(self) -> dict[str, GroupSettings]:
        """What the groups say about themselves, by id."""
        return dict(self._standing.groups)

    def places(self) -> Iterator[Place]:
        """Everywhere that the account can write to, by name."""
        return places(self.id, self.settings, self._standing.groups)

    def expires(self, conversation: str) -> Expiry | None:
        """How messages of a conversation disappear now."""
        return self._standing.expires(conversation)

    async def refresh(self) -> dict[str, str]:
        """Read all settings. The groups that could not be read are the answer, and why.

        Raises `NoAnswer` if the settings of the account itself could not be read.
        """
        troubles = await self._poller.refresh()
        self._read_at = self._now()
        return troubles

    async def poll(self, *places: str) -> Arrived:
        """What came since the last time, for the account and its groups, or for these of them only.

        One call at a time. Save `cursors` after a call that came to its end, together with what was made of it: what
        a cancelled one found comes with the next, as long as this account lives.
        """
        if self._now() - self._read_at > REREAD:
            await self.refresh()
        return await self._poller.poll(places)

    async def fetch(self, pointer: Pointer, limit: int = LARGEST_UPLOAD) -> bytes:
        """The file that a message points to. Raises `BadFile`, and what the network raises for a file that is gone."""
        return await on_the_way.fetch(pointer, self._line, limit)

    async def fetch_avatar(self, url: str, key: bytes) -> bytes:
        """The picture that a profile points to. Raises as `fetch` does."""
        return await on_the_way.fetch_avatar(url, key, self._line)

    # -- what it says --------------------------------------------------------------------------------

    def prepare_text(self, to: str, body: str, *, quote: Quote | None = None) -> Prepared:
        """Some words, perhaps in answer to a message. Raises `TooLarge` over `composing.LONGEST_TEXT` characters."""
        return self._composer.text(to, body, quote)

    async def prepare_files(
        self, to: str, files: Sequence[Outgoing], *, body: str | None = None, quote: Quote | None = None
    ) -> Prepared:
        """Files, which are uploaded now, after their sizes were looked at. Raises `TooLarge`, or `NoAnswer`."""
        on_the_way.check(files)
        self._composer.check(to, body)
        pointers = [await on_the_way.upload(file, self._line, self._rng) for file in files]
        return self._composer.files(to, pointers, body, quote)

    def prepare_reaction(self, to: str, author: str, sent_at: int, emoji: str, *, remove: bool = False) -> Prepared:
        """An emoji below the message that `author` sent at `sent_at`, or no longer."""
        return self._composer.reaction(to, author, sent_at, emoji, remove=remove)

    def prepare_unsend(self, to: str, sent_at: int, hashes: Sequence[str] = ()) -> Prepared:
        """Take back our own message of `sent_at`; `hashes` are its `Prepared.own_hash`, needed in groups."""
        return self._composer.unsend(to, sent_at, hashes)

    def prepare_receipt(self, to: str, read: Sequence[int]) -> Prepared:
        """Tell somebody that their messages of these times were read."""
        return self._composer.receipt(to, read)

    def prepare_typing(self, to: str, *, started: bool) -> Prepared:
        """Tell somebody that we began to type, or stopped."""
        return self._composer.typing(to, started=started)

    def prepare_timer(self, to: str, expires: Expiry | None) -> Prepared:
        """Let messages of a conversation with one person disappear from now on as `expires` says, or not any more."""
        return self._composer.timer(to, expires)

    def prepare_acceptance(self, to: str) -> Prepared:
        """Say yes to a message request. The first answer to a stranger says it by itself."""
        return self._composer.acceptance(to)

    async def post(self, prepared: Prepared) -> Sent:
        """Bring a prepared message to where it belongs. What failed is in the result: post the same again.

        Raises `CannotSend` for a group that the account has left meanwhile.
        """
        sent = await post(prepared, self._line, self._standing)
        if sent.is_delivered:
            self._standing.was_posted(prepared, self._line.clock.time())
        return sent
