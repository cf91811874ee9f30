"""What a storage node is asked, with the exact texts that are signed: formats page of the Session network, section 3.

Requests that only look (`Read`) and requests that change what is stored (`Write`) are different types, and neither
can be made with a method of the other: what is typed to take a `Read` cannot be brought to change anything.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Generic, Literal, TypeAlias, TypeVar

import msgspec

from ..model import Json
from .config.namespaces import Namespace
from .signers import Signer

MOST_TOGETHER = 20
MESSAGE_BYTES = 76_800  # the most that one message may have, before base64
HASH_LENGTH = 43

MESSAGES, GROUP_MESSAGES, GROUP_REVOKED = Namespace.MESSAGES, Namespace.GROUP_MESSAGES, Namespace.GROUP_REVOKED
# In the order in which the app asks for them.
OF_AN_ACCOUNT = (
    MESSAGES, Namespace.PROFILE, Namespace.CONTACTS, Namespace.GROUPS_JOINED, Namespace.CONVERSATIONS,
)  # fmt: skip
OF_A_GROUP = (
    GROUP_REVOKED, GROUP_MESSAGES, Namespace.GROUP_INFO, Namespace.GROUP_MEMBERS, Namespace.GROUP_KEYS,
)  # fmt: skip

ReadMethod: TypeAlias = Literal["retrieve", "get_expiries", "get_swarm", "info", "oxend_request"]
WriteMethod: TypeAlias = Literal["store", "delete", "delete_all", "expire"]
_READS: frozenset[str] = frozenset({"retrieve", "get_expiries", "get_swarm", "info", "oxend_request"})
_WRITES: frozenset[str] = frozenset({"store", "delete", "delete_all", "expire"})


@dataclass(frozen=True, slots=True)
class Read:
    """A request that changes nothing on the network."""

    method: ReadMethod
    params: Mapping[str, Json] = field(repr=False)

    def __post_init__(self) -> None:
        if self.method not in _READS:
            raise ValueError(f"{self.method} is no request that only looks")


@dataclass(frozen=True, slots=True)
class Write:
    """A request that changes what the network holds."""

    method: WriteMethod
    params: Mapping[str, Json] = field(repr=False)

    def __post_init__(self) -> None:
        if self.method not in _WRITES:
            raise ValueError(f"{self.method} is no request that changes something")


Single_co = TypeVar("Single_co", bound=Read | Write, covariant=True)


@dataclass(frozen=True, slots=True)
class Together(Generic[Single_co]):
    """Up to 20 requests in one: all of them, or in their order until one fails. Each has its own code in the answer."""

    requests: tuple[Single_co, ...]
    until_one_fails: bool = False

    def __post_init__(self) -> None:
        if not 0 < len(self.requests) <= MOST_TOGETHER or not all(
            isinstance(one, Read | Write) for one in self.requests
        ):
            raise ValueError(f"1 to {MOST_TOGETHER} requests go together")

    @property
    def method(self) -> str:
        return "sequence" if self.until_one_fails else "batch"

    @property
    def params(self) -> Mapping[str, Json]:
        return {"requests": [{"method": one.method, "params": one.params} for one in self.requests]}


Looking: TypeAlias = Read | Together[Read]
Call: TypeAlias = Read | Write | Together[Read] | Together[Write] | Together[Read | Write]


def body_of(call: Call) -> bytes:
    """The JSON that is posted to `/storage_rpc/v1`, or goes as it is into an onion."""
    return msgspec.json.encode({"jsonrpc": "2.0", "method": call.method, "params": call.params})


def changes_something(call: Call) -> bool:
    """Whether a request is more than a look: the type says so too, and this is for whoever sends it."""
    return any(isinstance(one, Write) for one in (call.requests if isinstance(call, Together) else (call,)))


# -- requests that look ------------------------------------------------------------------------------


def info() -> Read:
    """What time it is on a node, and which version it has."""
    return Read("info", {})


def get_swarm(pubkey: str) -> Read:
    """Which nodes keep the messages of an account or group."""
    return Read("get_swarm", {"pubkey": pubkey})


def get_service_nodes(fields: Iterable[str]) -> Read:
    """All active nodes as one node knows them; section 2.2."""
    params = {"active_only": True, "fields": dict.fromkeys(fields, True)}
    return Read("oxend_request", {"endpoint": "get_service_nodes", "params": params})


def retrieve(signer: Signer, namespace: int, now: int, last_hash: str = "", max_size: int = -5) -> Read:
    """The messages after `last_hash`, oldest first. `max_size` below zero is that fraction of the largest page."""
    said = f"retrieve{_in_text(namespace)}{now}"
    asked = {"namespace": namespace, "timestamp": now, "last_hash": last_hash, "max_size": max_size}
    return Read("retrieve", {**asked, **signer.signed(said.encode())})


def get_expiries(signer: Signer, hashes: Sequence[str], now: int) -> Read:
    """Until when messages are kept."""
    said = f"get_expiries{now}{''.join(hashes)}"
    return Read("get_expiries", {"messages": list(hashes), "timestamp": now, **signer.signed(said.encode())})


def page_sizes(namespaces: Sequence[int]) -> dict[int, int]:
    """How much of a page each of several namespaces may fill, as the app shares it: messages first, settings then."""
    messages = [one for one in namespaces if one in {MESSAGES, GROUP_MESSAGES}] or list(namespaces)
    share = len(messages) + 1
    rest = len(namespaces) - len(messages)
    return {one: -share if one in messages else -share * rest for one in namespaces}


# -- requests that change something ------------------------------------------------------------------


def store(pubkey: str, namespace: int, data: bytes, ttl: int, now: int, signer: Signer | None = None) -> Write:
    """Leave a message for an account or group. Only namespaces that ten divides are open to everybody."""
    if len(data) > MESSAGE_BYTES:
        raise ValueError(f"a message has at most {MESSAGE_BYTES} bytes")
    params: dict[str, Json] = {"pubkey": pubkey, "timestamp": now, "namespace": namespace, "ttl": ttl}
    params["data"] = base64.b64encode(data).decode("ascii")
    if namespace % 10 == 0:
        return Write("store", params)
    if signer is None or signer.pubkey != pubkey:
        raise ValueError(f"only its owner stores in namespace {namespace}")
    return Write("store", {**params, **signer.signed(f"store{_in_text(namespace)}{now}".encode())})


def delete(signer: Signer, hashes: Sequence[str]) -> Write:
    """Remove messages by their hashes."""
    said = f"delete{''.join(hashes)}"
    return Write("delete", {"messages": list(hashes), **signer.signed(said.encode())})


def delete_all(signer: Signer, now: int, namespace: int | Literal["all"] = "all") -> Write:
    """Remove every message of one namespace, or of all."""
    where = namespace if isinstance(namespace, str) else _in_text(namespace)
    said = f"delete_all{where}{now}"
    return Write("delete_all", {"timestamp": now, "namespace": namespace, **signer.signed(said.encode())})


class Change(StrEnum):
    """Which way `expire` may move the end of a message."""

    EITHER = ""
    SHORTEN = "shorten"
    EXTEND = "extend"


def expire(signer: Signer, hashes: Sequence[str], expiry: int, change: Change = Change.EITHER) -> Write:
    """Keep messages until `expiry` and no longer."""
    said = f"expire{change}{expiry}{''.join(hashes)}"
    params: dict[str, Json] = {"messages": list(hashes), "expiry": expiry, **signer.signed(said.encode())}
    return Write("expire", params if change is Change.EITHER else {**params, str(change): True})


def hash_of(pubkey: str, namespace: int, data: bytes) -> str:
    """The name that every node gives to this message: who can compute it need not trust the node that sent it."""
    digest = blake2b(bytes.fromhex(pubkey) + _in_text(namespace).encode() + data, digest_size=32).digest()
    return base64.b64encode(digest).decode("ascii").rstrip("=")


def _in_text(namespace: int) -> str:
    """A namespace in texts that are signed or hashed: nothing for the first one."""
    return str(namespace) if namespace else ""
