"""One message from one account to another: padded, signed, sealed; and opened, verified, refused if it lies.

Facts: formats page of the Session network, section 5. Who sent a message is who signed inside the sealed box; whatever
else names a sender proves nothing. A sealed message is bytes: sending them again is the same message with the same
hash, sealing again would be a second one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError, CryptoError

from ..model import Noun
from . import content as contents
from .content import Content
from .errors import BadMessage
from .group_updates import forged
from .keys import ACCOUNT_PREFIX, AccountKeys, BadKey, session_id_of
from .wire import Field, Kind, Part, Table

BLOCK = 160
KEY_BYTES, SIGNATURE_BYTES = 32, 64
_MARK = 0x80
_SEALED_LEAST = sodium.crypto_box_SEALBYTES + KEY_BYTES + SIGNATURE_BYTES
_MOST_ATTACHMENTS = 32
_REQUEST = 1
ONE_TO_ONE, IN_GROUP = 6, 7
_OLD_DEVICE = 1  # a retired field that the app's library still writes; without it we would stand out
# The same people write again and again, and looking at their key is a third of opening a message.
_known_id_of = lru_cache(maxsize=4096)(session_id_of)
_SYNC_TARGET = re.compile(r"0[35][0-9a-f]{64}")


class Request(Part, frozen=True, kw_only=True):
    """The request that an envelope is wrapped in, from the days when it was one."""

    verb: str | None = ""
    path: str | None = ""
    body: bytes | None = None
    id: int | None = 0


class Wrapper(Part, frozen=True, kw_only=True):
    """The outermost layer of what lies in namespace 0."""

    type: int | None = _REQUEST
    request: Request | None = None


class Envelope(Part, frozen=True, kw_only=True):
    """What is around the sealed content, or around the plain content of a group message."""

    type: int | None = None
    sent_at: int | None = None
    device: int | None = _OLD_DEVICE
    content: bytes | None = None
    pro_signature: bytes | None = None


WRAPPER = Table(
    Wrapper,
    {
        1: Field("type", Kind.NUMBER32),
        2: Field(
            "request",
            Table(
                Request,
                {
                    1: Field("verb", Kind.TEXT),
                    2: Field("path", Kind.TEXT),
                    3: Field("body", Kind.BYTES),
                    4: Field("id", Kind.NUMBER),
                },
            ),
        ),
    },
)
ENVELOPE = Table(
    Envelope,
    {
        1: Field("type", Kind.NUMBER32),
        5: Field("sent_at", Kind.TIME),
        7: Field("device", Kind.NUMBER32),
        8: Field("content", Kind.BYTES),
        11: Field("pro_signature", Kind.BYTES),
    },
)


class Randomness(NamedTuple):
    """Everything that chance decides about a message, so that the same chance gives the same bytes."""

    ephemeral: bytes
    """32 bytes that the throwaway key of the sealed box is made of (in groups: the nonce, 24 bytes)."""
    decoy: bytes
    """64 bytes that stand where members of Session Pro sign, so that nobody sees who is one; empty leaves it out."""

    @classmethod
    def drawn(cls, rng: Callable[[int], bytes], size: int = KEY_BYTES) -> Randomness:
        """Fresh chance for one message. `rng` gives as many random bytes as it is asked for: `os.urandom`."""
        _, throwaway = sodium.crypto_sign_seed_keypair(rng(KEY_BYTES))
        return cls(rng(size), sodium.crypto_sign(rng(KEY_BYTES), throwaway)[:SIGNATURE_BYTES])


class Incoming(Noun, frozen=True, kw_only=True):
    """A message that is what it says: opened, from `sender`, who signed it with `sender_key`, at `sent_at`."""

    sender: str
    sender_key: bytes
    sent_at: int
    content: Content
    group: str | None = None

    @property
    def target(self) -> str | None:
        """Whom we wrote this to from another of our devices, if it is a copy of that."""
        data = self.content.data
        return (data.sync_target or None) if data is not None and self.group is None else None

    @property
    def conversation(self) -> str:
        """Where the message belongs: a group, or the other person, or we ourselves."""
        return self.group or self.target or self.sender


def seal(content: Content, sender: AccountKeys, recipient: str, randomness: Randomness) -> bytes:
    """The bytes to store in namespace 0 of `recipient`, which only they can open. Raises `BadKey` for no Session ID."""
    to = x25519_of(recipient)
    padded = pad(contents.write(content))
    signature = sender.sign(padded + sender.ed25519_public + to)
    sealed = sealed_box(padded + sender.ed25519_public + signature, to, randomness.ephemeral)
    return wrap(
        Envelope(type=ONE_TO_ONE, sent_at=content.sent_at, content=sealed, pro_signature=randomness.decoy or None),
    )


def open_message(data: bytes, account: AccountKeys) -> Incoming:
    """What somebody wrote to this account. Raises `BadMessage`, whose code says why it counts for nothing.

    Not looked at here, because the message alone does not tell: whether we blocked the sender, and whether we know
    the message already by sender and time.
    """
    envelope = unwrap(data)
    sealed = envelope.content or b""
    if len(sealed) < _SEALED_LEAST:
        raise BadMessage("too_short", "A message is too short to have a sender.")
    inner = account.open_sealed(sealed)
    padded, key, signature = inner[:-96], inner[-96:-SIGNATURE_BYTES], inner[-SIGNATURE_BYTES:]
    sender = verified(padded + key + account.x25519_public, signature, key)
    return checked(envelope, unpad(padded), sender, key, account=account.session_id)


def checked(
    envelope: Envelope, plain: bytes, sender: str, key: bytes, *, account: str, group: str | None = None
) -> Incoming:
    """The message, if everything in it is what its sender may say."""
    content = contents.read(plain)
    if envelope.sent_at and content.sent_at and envelope.sent_at != content.sent_at:
        raise BadMessage("times_differ", "A message has two times, one outside and one inside.")
    sent_at = content.sent_at or envelope.sent_at
    if not sent_at:
        raise BadMessage("no_time", "A message has no time, and so nobody could refer to it.")
    _check_target(content, sender, account if group is None else None)
    if content.unsend is not None and content.unsend.author != sender:
        raise BadMessage("foreign_unsend", "Somebody took back a message that another one wrote.")
    data = content.data
    if data is not None:
        if len(data.attachments) > _MOST_ATTACHMENTS:
            raise BadMessage("attachments", f"A message has {len(data.attachments)} attachments.")
        if data.flags not in (None, 0, contents.TIMER_CHANGED):
            raise BadMessage("flags", "A message is of a kind that no app shows.")
        if data.group_update is not None and forged(data.group_update, group, invited=account, sent_at=sent_at):
            raise BadMessage("forged_update", "No admin of the group signed this change.")
    return Incoming(sender=sender, sender_key=key, sent_at=sent_at, content=content, group=group)


def _check_target(content: Content, sender: str, account: str | None) -> None:
    """A copy for our own devices comes from ourselves, or it is forged. In groups nobody makes copies."""
    target = content.data.sync_target if content.data is not None else None
    if not target or account is None:
        return
    if sender != account:
        raise BadMessage("foreign_sync_copy", "A stranger said to be another device of ours.")
    if not _SYNC_TARGET.fullmatch(target):
        raise BadMessage("sync_target", "A copy of our own message names nobody as its recipient.")


def verified(signed: bytes, signature: bytes, key: bytes) -> str:
    """The Session ID of whoever signed. Raises `BadMessage` if that is not the owner of `key`."""
    try:
        sodium.crypto_sign_open(signature + signed, key)
        return _known_id_of(key)
    except (BadSignatureError, BadKey, ValueError):
        raise BadMessage("signature", "A message is not signed by the one who is named in it.") from None


def wrap(envelope: Envelope) -> bytes:
    """The envelope in the request that is stored."""
    return WRAPPER.write(Wrapper(request=Request(body=ENVELOPE.write(envelope))))


def unwrap(data: bytes) -> Envelope:
    """The envelope in what was stored. Verb, path and types mean nothing."""
    request = WRAPPER.read(data).request
    if request is None or not request.body:
        raise BadMessage("no_envelope", "What was stored is no message of a kind that we know.")
    return ENVELOPE.read(request.body)


def pad(plain: bytes) -> bytes:
    """Fill up to a multiple of 160, so that the length tells little. At least two bytes are added."""
    return (plain + bytes([_MARK])).ljust((len(plain) + 1) // BLOCK * BLOCK + BLOCK, b"\0")


def unpad(padded: bytes) -> bytes:
    """Take the padding away. What does not end in padding was not padded, as old apps wrote it."""
    plain = padded.rstrip(b"\0")
    return plain[:-1] if plain.endswith(bytes([_MARK])) else padded


def x25519_of(session_id: str) -> bytes:
    """The key that messages to an account are sealed to. Raises `BadKey` if this is no Session ID."""
    if not re.fullmatch(ACCOUNT_PREFIX + "[0-9a-f]{64}", session_id):
        raise BadKey("This is no Session ID of a person.")
    return bytes.fromhex(session_id[2:])


def sealed_box(plain: bytes, to: bytes, ephemeral: bytes) -> bytes:
    """A sealed box as libsodium makes it, with a throwaway key that was chosen outside."""
    public, secret = sodium.crypto_box_seed_keypair(ephemeral)
    nonce = blake2b(public + to, digest_size=sodium.crypto_box_NONCEBYTES).digest()
    try:
        return public + sodium.crypto_box(plain, nonce, to, secret)
    except CryptoError:
        raise BadKey("Anybody could read what is sealed to this Session ID.") from None
