"""The keys of a group: who is in it can open them, and with them everything else of the group.

Formats page of Session config messages, sections 7.1 to 7.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from nacl import bindings as sodium

from ...model import Noun
from ..errors import BadConfig
from ..keys import GROUP_PREFIX, AccountKeys, BadKey, config_key, group_key_of, session_id_of
from .allowance import MOST_MESSAGES, Allowance
from .bencode import Reader, Value
from .crypt import ConfigKey, unseal
from .hidden import Hidden
from .message import check_signature
from .stored import Skipped, StoredMessage, distinct

KEY_BYTES, NONCE_BYTES = 32, 24
SEALED_KEY_BYTES = 48


class GroupKey(Noun, frozen=True, kw_only=True):
    """One key that a group used or uses; each removal of a member starts a new generation."""

    generation: int
    timestamp: int
    key: Hidden


class GroupKeys(Noun, frozen=True, kw_only=True):
    """All keys of a group that an account can open, the newest last, and what the account may do with them.

    `opened` are the hashes of the messages that held a key for us. A message that opens for others only is no fault:
    we were not in the group then.
    """

    group_id: str
    admin: bool
    keys: tuple[GroupKey, ...] = ()
    opened: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def public_key(self) -> bytes:
        """The Ed25519 key that signs for the group."""
        return bytes.fromhex(self.group_id[len(GROUP_PREFIX) :])

    @property
    def config_keys(self) -> tuple[ConfigKey, ...]:
        """What opens the group's config messages, the most likely first."""
        return tuple(partial(config_key, bytes(key.key)) for key in reversed(self.keys))


class GroupOpener:
    """What an account can do to get at the keys of one group, as a member or with the seed of an admin."""

    def __init__(self, group_id: str, keys: AccountKeys, admin_seed: Hidden | None = None) -> None:
        """Raises `BadKey` if the id is that of no group, or the seed that of another one."""
        self.group_id = group_id
        self.public_key = group_key_of(group_id)
        self.admin_key: bytes | None = None
        if admin_seed is not None:
            if not is_seed_of(bytes(admin_seed), self.public_key):
                raise BadKey("The admin's seed is not that of this group.")
            self.admin_key = key_for_admins(AccountKeys(bytes(admin_seed)))
        self.member_key = keys.group_member_key(bytes.fromhex(session_id_of(self.public_key)[2:]))


def is_seed_of(seed: bytes, public_key: bytes) -> bool:
    """Whether an Ed25519 seed belongs to the key of a group."""
    return len(seed) == KEY_BYTES and sodium.crypto_sign_seed_keypair(seed)[0] == public_key


def key_for_admins(group: AccountKeys) -> bytes:
    """The key under which a group hides its keys for its admins, who all have its own seed."""
    return group.derived(b"SessionGroupKeyAdminKey", b"")


def read_group_keys(
    messages: Iterable[StoredMessage], group_id: str, keys: AccountKeys, admin_seed: Hidden | None = None
) -> GroupKeys:
    """Every key of a group that this account can open, in whatever order the messages come.

    Raises `BadKey` if the id is that of no group, or the seed that of another one.
    """
    opener = GroupOpener(group_id, keys, admin_seed)
    found: dict[tuple[int, bytes], GroupKey] = {}
    opened, skipped = [], []
    for count, message in enumerate(distinct(messages)):
        try:
            if count >= MOST_MESSAGES:
                raise BadConfig("format", "There are more messages than is reasonable.")
            here = list(_open(message, opener, Allowance()))
        except BadConfig as error:
            skipped.append(Skipped(hash=message.hash, code=error.code, reason=str(error)))
            continue
        if here:
            opened.append(message.hash)
        for key in here:
            # The same key in two messages counts with its earliest time.
            known = found.get((key.generation, bytes(key.key)))
            if known is None or key.timestamp < known.timestamp:
                found[key.generation, bytes(key.key)] = key
    return GroupKeys(
        group_id=opener.group_id,
        admin=opener.admin_key is not None,
        keys=tuple(sorted(found.values(), key=lambda key: (key.generation, key.timestamp, bytes(key.key)))),
        opened=tuple(opened),
        skipped=tuple(skipped),
    )


def _open(message: StoredMessage, opener: GroupOpener, allowance: Allowance) -> Iterator[GroupKey]:
    """The keys that one message holds for us: one of a full message, all known ones of a supplemental message."""
    fields: dict[bytes, Value] = {}
    for position, key, value in Reader(message.data, allowance).items():
        if key == b"~":
            check_signature(message.data[:position], value, opener.public_key)
        elif b"~" in fields:
            raise BadConfig("format", "Something follows the signature.")
        fields[key] = value
    if b"~" not in fields:
        raise BadConfig("signature", "The message is not signed.")
    match fields:
        case {b"#": bytes(nonce), b"+": list(sealed)} if len(nonce) == NONCE_BYTES:
            if opener.admin_key is None:
                yield from _supplement(sealed, nonce, opener.member_key, allowance)
        case {b"#": bytes(nonce), b"G": int(generation), b"K": bytes(for_admins), b"k": list(for_members)} if (
            len(nonce) == NONCE_BYTES and len(for_admins) == SEALED_KEY_BYTES
        ):
            current = _full(for_admins, for_members, nonce, opener)
            if current is not None:
                yield GroupKey(generation=generation, timestamp=message.timestamp, key=Hidden(current))
        case _:
            raise BadConfig("format", "A message with keys lacks one of its parts.")


def _full(for_admins: bytes, for_members: list[Value], nonce: bytes, opener: GroupOpener) -> bytes | None:
    if opener.admin_key is not None:
        key = unseal(for_admins, nonce, opener.admin_key)
        if key is None:
            raise BadConfig("decrypt", "The admin's seed does not open the key of the group.")
        return key
    return next(_opened(for_members, nonce, opener.member_key), None)


def _supplement(sealed: list[Value], nonce: bytes, member_key: bytes, allowance: Allowance) -> Iterator[GroupKey]:
    listed = next(_opened(sealed, nonce, member_key), None)
    if listed is None:
        return
    rows = Reader(listed, allowance).value()
    for row in rows if isinstance(rows, list) else [rows]:
        match row:
            case {b"g": int(generation), b"k": bytes(key), b"t": int(timestamp)} if len(key) == KEY_BYTES:
                yield GroupKey(generation=generation, timestamp=timestamp, key=Hidden(key))
            case _:
                raise BadConfig("format", "A key is not written as one.")


def _opened(sealed: list[Value], nonce: bytes, key: bytes) -> Iterator[bytes]:
    """What opens with our key; most of the list is for others, or there to hide how many there are."""
    for entry in sealed:
        plain = unseal(entry, nonce, key) if isinstance(entry, bytes) else None
        if plain is not None:
            yield plain
