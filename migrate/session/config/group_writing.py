"""Writes what a group keeps, with the group's own keys, so that made-up groups can be read like real ones.

Formats page of Session config messages, section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from nacl import bindings as sodium

from ..keys import GROUP_PREFIX, AccountKeys, config_key
from .bencode import Writable, encode
from .group_keys import SEALED_KEY_BYTES, GroupKey, key_for_admins
from .message import Tree
from .namespaces import Namespace
from .writing import hide, write_message

_MEMBERS_IN_A_ROW = 75  # lists of members' keys are filled up to a multiple, so that nobody can count


def group_id_of(group: AccountKeys) -> str:
    """The id of the group that these keys are those of."""
    return GROUP_PREFIX + group.ed25519_public.hex()


def write_group_config(namespace: Namespace, data: Tree, group: AccountKeys, key: bytes, seqno: int = 1) -> bytes:
    """What an admin stores to say that the group or its members are as in `data`."""
    plain = write_message(data, seqno=seqno, sign=group.sign)
    return hide(plain, namespace.domain, partial(config_key, key))


def write_group_key(
    key: GroupKey, group: AccountKeys, members: Iterable[str], nonce: bytes, junk: Callable[[int], bytes]
) -> bytes:
    """What an admin stores to hand a new key to all members: one copy for each, one for admins, and junk."""
    copies = [_sealed(bytes(key.key), nonce, group.key_for_member(bytes.fromhex(member[2:]))) for member in members]
    copies += [junk(SEALED_KEY_BYTES) for _ in range(-len(copies) % _MEMBERS_IN_A_ROW)]
    for_admins = _sealed(bytes(key.key), nonce, key_for_admins(group))
    fields: dict[bytes, Writable] = {b"#": nonce, b"G": key.generation, b"K": for_admins, b"k": sorted(copies)}
    return _signed(encode(fields), group)


def write_past_keys(keys: Iterable[GroupKey], group: AccountKeys, members: Iterable[str], nonce: bytes) -> bytes:
    """What an admin stores to hand all keys so far, the newest last, to people who joined later."""
    known = list(keys)
    rows = encode([{b"g": key.generation, b"k": bytes(key.key), b"t": key.timestamp} for key in known])
    copies = [_sealed(rows, nonce, group.key_for_member(bytes.fromhex(member[2:]))) for member in members]
    return _signed(encode({b"#": nonce, b"+": copies, b"G": known[-1].generation}), group)


def _sealed(plain: bytes, nonce: bytes, key: bytes) -> bytes:
    return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, None, nonce, key)


def _signed(plain: bytes, group: AccountKeys) -> bytes:
    return plain[:-1] + b"1:~" + encode(group.sign(plain[:-1])) + b"e"
