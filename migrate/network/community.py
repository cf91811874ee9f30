"""One room of a community: what is new in it, and what an account says there.

Facts: formats page of communities, sections 3 to 5 and 8. Reading is anonymous as long as the room lets anybody read:
its server sees neither whom it answers nor, behind onions, where they are. Only what must be signed is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import parsedate_to_datetime

from ..session.community import answers, requests
from ..session.community.answers import Room, Row, Rows
from ..session.community.blinding import Blinded, Member, Plain
from ..session.community.links import CommunityLink
from ..session.community.messages import Sealed
from ..session.errors import BadAnswer, NoAnswer
from ..session.keys import AccountKeys
from ..session.v4 import ServerAnswer, ServerRequest
from .errors import CommunityRefused, NotThere, ProxyDown, TooMuch
from .ways import Way

TRIES = 3
BREATH = 16.0
"""Seconds in which a server takes five posts of one person."""
LONGEST_BREATH = 3600.0
SENT_AROUND = 86_400_000
"""Milliseconds by which a server's clock may be behind ours: with more it takes nothing of what we sign."""


class Community:
    """One room, for one account. What was refused raises `CommunityRefused`, what may work later `NoAnswer`."""

    def __init__(
        self,
        link: CommunityLink,
        keys: AccountKeys,
        way: Way,
        time: Callable[[], int],
        rng: Callable[[int], bytes],
        again: Callable[[int], Awaitable[None]],
    ) -> None:
        """`time` are milliseconds, `again` waits before the n-th repetition of a request."""
        self.link = link
        self._keys, self._way, self._time, self._rng, self._again = keys, way, time, rng, again
        self._member: Member | None = None
        self._can: frozenset[str] = frozenset()
        self._reads_signed = False
        self._ahead = 0

    def now(self) -> int:
        """What the network's time is, to write on messages."""
        return self._time()

    # -- what is there ---------------------------------------------------------------------------------

    async def member(self) -> Member:
        """Who we are on this server: its own kind of id, or on old ones the Session ID."""
        if self._member is None:
            answer = await self._ask(requests.capabilities(), signed=False)
            self._can = answers.read_capabilities(answer.body)
            blinds = "blind" in self._can
            self._member = Blinded(self._keys, self.link.server_key) if blinds else Plain(self._keys)
        return self._member

    async def can_react(self) -> bool:
        """Whether the server knows reactions: old ones do not."""
        await self.member()
        return "reactions" in self._can

    async def room(self, *, signed: bool = False) -> Room:
        """What the room is called, and what we may do there: `signed` asks for us, and not for anybody."""
        request = requests.room(self.link.room)
        return answers.read_room((await self._ask(request, signed=signed or self._reads_signed)).body)

    async def recent(self, limit: int = requests.PAGE) -> Rows:
        """The newest messages, newest first."""
        return await self._rows(requests.recent(self.link.room, limit))

    async def since(self, seqno: int) -> Rows:
        """What changed after a point, in order. A whole page says that there may be more."""
        return await self._rows(requests.since(self.link.room, seqno))

    async def message(self, number: int) -> Row | None:
        """One message, if it is still there."""
        try:
            return answers.read_row((await self._read(requests.message(self.link.room, number))).body)
        except NotThere:
            return None

    async def download(self, number: int) -> bytes:
        """A file of the room. Raises `NotThere` for one that the server has let go of."""
        return (await self._read(requests.download(self.link.room, number))).body

    async def find(self, sealed: Sealed, sent_at: int) -> Row | None:
        """A message of ours that may have been posted, found again by its signature."""
        signature = requests.encoded(sealed.signature)
        async for row in self._backwards():
            if row.signature == signature:
                return row
            if row.posted_at < sent_at - SENT_AROUND:
                break
        return None

    async def _backwards(self) -> AsyncIterator[Row]:
        page = await self.recent()
        while page.rows:
            for row in page.rows:
                yield row
            first = min(row.id for row in page.rows)
            if page.count < requests.PAGE:
                return
            page = await self._rows(requests.before(self.link.room, first))
            if any(row.id >= first for row in page.rows):
                raise BadAnswer("community", "A community's server goes in circles.")

    # -- what we do ------------------------------------------------------------------------------------

    async def post(self, sealed: Sealed) -> Row:
        """Post a message. It is asked for once: whoever does not know what became of it looks for it with `find`."""
        answer = await self._ask(requests.post(self.link.room, sealed), signed=True, tries=1)
        return answers.read_row(answer.body)

    async def upload(self, name: str, content: bytes) -> int:
        """Leave a file for a post that follows."""
        answer = await self._ask(requests.upload(self.link.room, name, content), signed=True)
        return answers.read_file_number(answer.body)

    async def delete(self, number: int) -> None:
        """Take back a message of ours. One that is gone already is gone."""
        try:
            await self._ask(requests.delete(self.link.room, number), signed=True)
        except NotThere:
            return

    async def react(self, number: int, emoji: str, *, remove: bool = False) -> None:
        """Put an emoji below a message, or take ours away."""
        make = requests.unreact if remove else requests.react
        await self._ask(make(self.link.room, number, emoji), signed=True)

    # -- asking ----------------------------------------------------------------------------------------

    async def _rows(self, request: ServerRequest) -> Rows:
        return answers.read_rows((await self._read(request, hidden=True)).body)

    async def _read(self, request: ServerRequest, *, hidden: bool = False) -> ServerAnswer:
        """Ask as anybody; where that is not enough, from then on as ourselves. A room may be `hidden` from others."""
        if not self._reads_signed:
            try:
                return await self._ask(request, signed=False)
            except CommunityRefused as error:
                if isinstance(error, NotThere) and not hidden:
                    raise
            answer = await self._ask(request, signed=True)
            self._reads_signed = True
            return answer
        return await self._ask(request, signed=True)

    async def _ask(self, request: ServerRequest, *, signed: bool, tries: int = TRIES) -> ServerAnswer:
        """Ask until there is an answer, each time with a signature of its own: a server takes each only once."""
        trouble = ""
        for attempt in range(tries):
            if attempt:
                await self._again(attempt)
            try:
                answer = await self._once(request, signed=signed)
                if answer.status in {401, 425} and signed and self._learns_time(answer):
                    answer = await self._once(request, signed=signed)
            except ProxyDown:
                raise
            except NoAnswer as error:
                trouble = str(error)
                continue
            if answer.status in {200, 201}:
                return answer
            if answer.status < 500 or "retry-after" in answer.headers:
                raise _refusal(answer, self.link)
            trouble = f"it answered with status {answer.status}"
        raise NoAnswer(f"The community's server {self.link.server} gave no answer: {trouble}")

    async def _once(self, request: ServerRequest, *, signed: bool) -> ServerAnswer:
        if signed:
            member, nonce = await self.member(), self._rng(requests.NONCE_BYTES)
            seconds = self._time() // 1000 + self._ahead
            request = requests.signed(request, member, self.link.server_key, nonce=nonce, seconds=seconds)
        return await self._way.to_server(request, self.link.behind_onions, self.link.server)

    def _learns_time(self, answer: ServerAnswer) -> bool:
        """Whether the server has another time than we believed, which from now on is the one we sign with."""
        try:
            there = int(parsedate_to_datetime(answer.headers.get("date", "")).timestamp())
        except (ValueError, OverflowError):
            return False
        ahead = there - self._time() // 1000
        changed, self._ahead = abs(ahead - self._ahead) > 60, ahead
        return changed


def _refusal(answer: ServerAnswer, link: CommunityLink) -> NoAnswer | CommunityRefused:
    """What an answer means that is none of those that one hopes for. No words of the server are repeated."""
    room = f"The community {link.room}"
    match answer.status:
        case 429 | 503:
            return TooMuch(f"{room} wants us to wait.", _seconds(answer.headers.get("retry-after")))
        case 403 if answer.body.strip() == b"Banned":
            return CommunityRefused(f"{room} has banned this account.")
        case 401 | 403:
            return CommunityRefused(f"{room} does not let this account do that.")
        case 404:
            return NotThere(f"{room} does not have that, or not any more.")
        case 413:
            return CommunityRefused(f"{room} takes nothing that large.", "Send it in several parts.")
        case 425:
            return NoAnswer(f"The server of {link.room} has another time than this machine.")
        case status:
            return CommunityRefused(f"{room} did not take that (status {status}).")


def _seconds(said: str | None) -> float:
    """How long a server wants us to wait: the time that its limit for posts goes by, unless it says another."""
    if said is not None and said.isascii() and said.isdigit() and len(said) < 10:
        return min(float(said), LONGEST_BREATH)
    return BREATH
