"""Who signs a request to a storage node, and what is sent beside the signature.

Facts: formats page of the Session network, sections 3 and 6.1.
"""

from __future__ import annotations

import base64
from typing import Protocol

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError

from .keys import GROUP_PREFIX, AccountKeys, BadKey, group_key_of

AUTH_BYTES = 100


class Signer(Protocol):
    """An account, the admin of a group or a member of one: whoever may ask for what lies at `pubkey`."""

    @property
    def pubkey(self) -> str:
        """The account or group whose messages this is about, with its prefix, in hex."""
        ...

    def signed(self, said: bytes) -> dict[str, str]:
        """The fields of a request that show who asks, the signature of `said` among them."""
        ...


class AccountSigner:
    """An account asks for its own messages."""

    def __init__(self, keys: AccountKeys) -> None:
        self._keys = keys
        self.pubkey = keys.session_id

    def signed(self, said: bytes) -> dict[str, str]:
        return {
            "pubkey": self.pubkey,
            "pubkey_ed25519": self._keys.ed25519_public.hex(),
            "signature": _base64(self._keys.sign(said)),
        }


class AdminSigner:
    """An admin asks in the name of the group, with the group's own key."""

    def __init__(self, group_keys: AccountKeys) -> None:
        self._keys = group_keys
        self.pubkey = GROUP_PREFIX + group_keys.ed25519_public.hex()

    def signed(self, said: bytes) -> dict[str, str]:
        return {"pubkey": self.pubkey, "signature": _base64(self._keys.sign(said))}


class MemberSigner:
    """A member asks, and shows the token that an admin signed for them: their key, multiplied by a number of the group.

    So a node sees that somebody of the group asks, and never who.
    """

    def __init__(self, group: str, auth_data: bytes, keys: AccountKeys) -> None:
        """`auth_data` are the 100 bytes that the list of groups has for a member."""
        if len(auth_data) != AUTH_BYTES or auth_data[0] != int(GROUP_PREFIX, 16):
            raise BadKey(f"What lets a member into a group has {AUTH_BYTES} bytes and begins with {GROUP_PREFIX}.")
        self._group_key = group_key_of(group)
        self.pubkey = group
        self._keys = keys
        self._factor, self._vouched = auth_data[4:36], auth_data[36:]
        self.token = auth_data[:4] + keys.multiplied(self._factor)

    def signed(self, said: bytes) -> dict[str, str]:
        return {
            "pubkey": self.pubkey,
            "subaccount": _base64(self.token),
            "subaccount_sig": _base64(self._vouched),
            "signature": _base64(self._keys.sign_multiplied(self._factor, said)),
        }

    def is_vouched(self) -> bool:
        """Whether the group's key signed the token: if not, every node refuses this member."""
        try:
            sodium.crypto_sign_open(self._vouched + self.token, self._group_key)
        except BadSignatureError:
            return False
        return True


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
