"""A friend in the demo who answers: whatever is sent to them comes back after a moment."""

from __future__ import annotations

from collections.abc import Callable

from ...session.content import Content, DataMessage, Profile
from ...session.envelope import Incoming, open_message
from ...session.errors import BadMessage
from ...session.keys import AccountKeys
from ...session.outgoing import TO_ACCOUNT, deliveries
from ...standin.network import StandIn
from ...standin.shelves import Stored, hash_of

NAME = "Echo"
GREETING = "Write to me with `decamp send`. I say everything twice, I say everything twice."
LONGEST = 1_500  # characters: with a few words around it this is still a message


class Echo:
    """Reads what lies there for one account of the stand-in, and answers in its name."""

    def __init__(
        self, network: StandIn, keys: AccountKeys, now: Callable[[], int], rng: Callable[[int], bytes]
    ) -> None:
        self._network, self._keys, self._now, self._rng = network, keys, now, rng
        self._seen: set[str] = set()

    def answer(self) -> int:
        """Answer what came since the last time, and say how many messages that were."""
        shelf = self._network.within(
            lambda: list(self._network.shelves.of(self._keys.session_id, self._now()).values())
        )
        new = [one for one in shelf if one.hash not in self._seen]
        self._seen.update(one.hash for one in new)
        return sum(self._answered(one) for one in new if one.namespace == TO_ACCOUNT)

    def _answered(self, stored: Stored) -> bool:
        try:
            heard = open_message(stored.data, self._keys)
        except BadMessage:  # anybody may leave anything there
            return False
        said = _words(heard)
        if not said or heard.sender == self._keys.session_id:
            return False
        data = DataMessage(body=said, profile=Profile(name=NAME))
        letter, *_ = deliveries(Content(data=data, sent_at=self._now()), self._keys, heard.sender, self._rng)
        name = hash_of(letter.account, letter.namespace, letter.data)
        kept = Stored(name, letter.namespace, letter.data, letter.sent_at, letter.sent_at + letter.ttl)
        self._network.within(lambda: self._network.shelves.lay(letter.account, kept))
        return True


def _words(heard: Incoming) -> str:
    """What there is to say to a message; nothing to a reaction, a receipt or the like."""
    data = heard.content.data
    if data is None or data.reaction is not None or data.group_update is not None:
        return ""
    files = " There was a file with it." if data.attachments else ""
    return f"You wrote: {data.body[:LONGEST]}{files}" if data.body else files.strip()
