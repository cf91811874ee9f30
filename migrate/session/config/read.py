"""From what nodes hold of one namespace to one tree: unwrap, open, join, read and merge.

One bad message never costs the rest: it is named in the result, and the others count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import msgspec

from ...model import Noun
from ..errors import BadConfig
from ..keys import AccountKeys
from .allowance import MOST_MESSAGES, Allowance
from .crypt import ConfigKey, decrypt, expand, unpad
from .group_keys import GroupKeys
from .merge import merge, standing
from .message import ConfigMessage, Tree, parse
from .multipart import MARK, Parts
from .namespaces import Namespace
from .stored import Skipped, StoredMessage, distinct
from .wrapping import unwrap


class Merged(Noun, frozen=True, kw_only=True):
    """What the messages of one namespace say together.

    `accepted` counts the messages that could be read. Where it is 0, `data` is empty: with `skipped` too, nothing was
    stored; without, nothing of it could be read. `used_hashes` are those of the one message that stood for all, and
    empty if several had to be merged.
    """

    seqno: int = 0
    data: Tree = msgspec.field(default_factory=dict)
    merged: bool = False
    used_hashes: tuple[str, ...] = ()
    accepted: int = 0
    skipped: tuple[Skipped, ...] = ()


def read_config(namespace: Namespace, messages: Iterable[StoredMessage], keys: AccountKeys) -> Merged:
    """What an account's devices keep in one of its namespaces (profile, contacts, conversations, groups joined)."""
    reading = _Reading(namespace, [keys.config_key], partial(unwrap, namespace=namespace, keys=keys))
    reading.take(messages)
    return reading.result(can_merge=True)


def read_group_config(namespace: Namespace, messages: Iterable[StoredMessage], group: GroupKeys) -> Merged:
    """What a group keeps about itself or its members: signed by the group, hidden under any of its keys.

    Only an admin could sign a merge, so all others take the highest message as it is (section 5, step 4).
    """
    reading = _Reading(namespace, group.config_keys, bytes, group.public_key)
    reading.take(messages)
    return reading.result(can_merge=group.admin)


class _Reading:
    """The messages of one namespace on their way through the layers."""

    def __init__(
        self,
        namespace: Namespace,
        keys: Sequence[ConfigKey],
        unwrap: Callable[[bytes], bytes],
        signer: bytes | None = None,
    ) -> None:
        self._domain, self._keys, self._unwrap, self._signer = namespace.domain, keys, unwrap, signer
        self._allowance = Allowance()
        self._parts = Parts()
        self._read: list[ConfigMessage] = []
        self._skipped: list[Skipped] = []

    def take(self, messages: Iterable[StoredMessage]) -> None:
        """Open every message, those in parts when all parts are there."""
        for count, message in enumerate(distinct(messages)):
            try:
                if count >= MOST_MESSAGES:
                    raise BadConfig("format", "There are more messages than is reasonable.")
                self._open(message)
            except BadConfig as error:
                self._skip((message.hash,), error)
        for joined in self._parts.complete():
            try:
                self._keep(joined.stored, unpad(joined.content()))
            except BadConfig as error:
                self._skip(joined.stored, error)
        self._skipped.extend(self._parts.incomplete())

    def result(self, *, can_merge: bool) -> Merged:
        """All that was taken, as one."""
        skipped, accepted = tuple(self._skipped), len(self._read)
        if not self._read:
            return Merged(skipped=skipped)
        newest, *others = standing(self._read)
        if others and can_merge:
            return Merged(
                seqno=newest.id[0] + 1,
                data=merge([newest, *others]),
                merged=True,
                accepted=accepted,
                skipped=skipped,
            )
        return Merged(
            seqno=newest.id[0], data=newest.data, used_hashes=newest.stored, accepted=accepted, skipped=skipped
        )

    def _open(self, message: StoredMessage) -> None:
        content = decrypt(self._unwrap(message.data), self._domain, self._keys)
        if content.startswith(MARK):
            self._parts.add(message.hash, content, Allowance())
        else:
            self._keep((message.hash,), content)

    def _keep(self, stored: tuple[str, ...], content: bytes) -> None:
        trial = self._allowance.trial()
        self._read.append(parse(expand(content, trial), stored, trial, self._signer))
        self._allowance = trial

    def _skip(self, stored: tuple[str, ...], error: BadConfig) -> None:
        self._skipped.extend(Skipped(hash=hash, code=error.code, reason=str(error)) for hash in stored)
