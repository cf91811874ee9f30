"""What has to be stored where, so that a message arrives: at the other person, and on our own devices.

Facts: formats page of the Session network, sections 3.1, 5.1 and 5.4. Everything is sealed once. A retry stores the
same `Delivery` again, so that the network sees one message and not two.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..model import Noun
from . import content as contents
from .content import Content, DataMessage, Profile, RequestResponse
from .envelope import Randomness, seal
from .errors import TooLarge
from .group_messages import NONCE_BYTES, seal_for_group
from .keys import AccountKeys

LARGEST = 76_800
DAY = 86_400_000
MESSAGE_TTL, TYPING_TTL, CALL_TTL = 14 * DAY, 20_000, 300_000
SHORTEST_TTL = 10_000
"""A node refuses what is to live less than this."""
TO_ACCOUNT, TO_GROUP = 0, 11
BEFORE_REPLY = 100
"""How many milliseconds before the first reply its `RequestResponse` is dated."""


class Delivery(Noun, frozen=True, kw_only=True):
    """Bytes to store for `account` (a person or a group) in one namespace, for `ttl` milliseconds from `sent_at`."""

    account: str
    namespace: int
    data: bytes
    sent_at: int
    ttl: int
    copy: bool = False
    """Whether this is the copy for our own devices: if it fails, the message has arrived all the same."""


def deliveries(
    content: Content, sender: AccountKeys, recipient: str, rng: Callable[[int], bytes]
) -> tuple[Delivery, ...]:
    """Everything to store for one message, the recipient's first; a note to ourselves is a single one.

    Raises `BadKey` for no Session ID, `TooLarge` for what no node takes.
    """
    if recipient == sender.session_id:
        note = sync_copy(content, recipient)
        return (_sealed(note, sender, recipient, rng),) if note is not None else ()
    sent = _sealed(content, sender, recipient, rng)
    copy = sync_copy(content, recipient)
    if copy is None:
        return (sent,)
    own = _sealed(copy, sender, sender.session_id, rng)
    return (sent, msgspec.structs.replace(own, copy=True))


def group_delivery(
    content: Content, sender: AccountKeys, group: str, key: bytes, rng: Callable[[int], bytes]
) -> Delivery:
    """What to store for one message in a group, which our own devices read there like everybody."""
    data = seal_for_group(content, sender, group, key, Randomness.drawn(rng, NONCE_BYTES))
    return _delivery(content, group, TO_GROUP, data)


def sync_copy(content: Content, recipient: str) -> Content | None:
    """The copy that our other devices get, or None for what they need not know: typing, receipts, calls."""
    if content.data is None:
        return None
    data = msgspec.structs.replace(content.data, sync_target=recipient, profile=None, profile_key=None)
    return msgspec.structs.replace(content, data=data)


def accepts_request(sent_at: int, profile: Profile | None = None, profile_key: bytes | None = None) -> Content:
    """What goes before our first reply to somebody who wrote first and whom we had not approved.

    `sent_at` is the time of the reply. A first message of ours to a stranger needs none, and declining sends nothing.
    """
    response = RequestResponse(approved=True, profile=profile, profile_key=profile_key)
    return Content(request_response=response, sent_at=sent_at - BEFORE_REPLY)


def timer_change(sent_at: int, *, after: int, seconds: int) -> Content:
    """Another timer for a conversation from now on; both are 0 to switch it off."""
    data = DataMessage(flags=contents.TIMER_CHANGED)
    return Content(data=data, expiry_type=after, expiry_seconds=seconds, sent_at=sent_at)


def ttl_of(content: Content) -> int:
    """How long the nodes are to keep a message: two weeks, unless it is of the moment or disappears after sending."""
    if content.typing is not None:
        return TYPING_TTL
    if content.call is not None:
        return CALL_TTL
    if content.expiry_type == contents.AFTER_SEND and content.expiry_seconds:
        return min(max(content.expiry_seconds * 1000, SHORTEST_TTL), MESSAGE_TTL)
    return MESSAGE_TTL


def _sealed(content: Content, sender: AccountKeys, to: str, rng: Callable[[int], bytes]) -> Delivery:
    return _delivery(content, to, TO_ACCOUNT, seal(content, sender, to, Randomness.drawn(rng)))


def _delivery(content: Content, account: str, namespace: int, data: bytes) -> Delivery:
    if content.sent_at is None:
        raise ValueError("a message needs its time before it is sealed")
    if len(data) > LARGEST:
        raise TooLarge(f"The message takes {len(data):,} bytes sealed, and a node takes {LARGEST:,}.")
    return Delivery(account=account, namespace=namespace, data=data, sent_at=content.sent_at, ttl=ttl_of(content))
