"""Which columns of `messages` are read, and how a row is known to be the one that was read before."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple, cast

import msgspec

from ..base import Row
from .database import Database, Values
from .scan import Scan
from .values import text

_packed = msgspec.msgpack.Encoder().encode


class Columns(NamedTuple):
    """One row of `messages`, as stored. The names are the columns' own; what a schema lacks is None."""

    id: object
    json: object
    conversationId: object  # noqa: N815
    type: object
    source: object
    body: object
    sent_at: object
    received_at: object
    serverTimestamp: object  # noqa: N815
    serverId: object  # noqa: N815
    messageHash: object  # noqa: N815
    errors: object
    isDeleted: object  # noqa: N815
    expireTimer: object  # noqa: N815
    expirationType: object  # noqa: N815
    expires_at: object


def message_scan(database: Database) -> Scan:
    """A reading of all messages, with exactly the columns of `Columns`."""
    there = database.columns("messages")
    return Scan(database, "messages", [name if name in there else f"NULL AS {name}" for name in Columns._fields])


def rows_of(scan: Scan) -> Iterator[list[Row]]:
    """The rows of a message scan in batches, none of them parsed."""
    for batch in scan:
        yield [_row(stored) for stored in batch]


def _row(stored: Values) -> Row:
    # rowid comes last and stays out of the digest: the app changes it each time it saves a row.
    data = stored[:-1]
    packed = _packed(data)
    digest = int.from_bytes(blake2b(packed, digest_size=8).digest()) >> 1
    return Row(text(data[0]) or f"row {cast('int', stored[-1])}", digest, data)
