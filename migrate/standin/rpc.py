"""What a storage node answers to each request: formats page of the Session network, section 3."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from .faults import Faults
from .params import Params
from .refused import Refused
from .shelves import LARGEST_PAGE, Shelves, Stored, hash_of
from .signatures import check, read_token

SECOND, DAY = 1000, 86_400_000
LEAST_TTL, PUBLIC_TTL, LONGEST_TTL = 10 * SECOND, 14 * DAY, 30 * DAY
MOST_DATA = 102_400  # characters of base64
VERSION, HARD_FORK = [2, 10, 0], [19, 4]
Body = dict[str, object]


class Member(Protocol):
    """A node as the others of its swarm know it."""

    @property
    def index(self) -> int: ...

    @property
    def key(self) -> str: ...

    def sign(self, said: bytes) -> str: ...

    def in_swarm(self) -> Body: ...

    def as_state(self) -> Body: ...


@dataclass(frozen=True, slots=True)
class Storage:
    """What all nodes share: the shelves, the faults and the time."""

    members: Sequence[Member]
    shelves: Shelves
    faults: Faults
    clock: Callable[[], int] = field(repr=False)

    def swarm_of(self, pubkey: str) -> list[Member]:
        """Every node, unless the account was moved."""
        places = self.faults.moved.get(pubkey, range(len(self.members)))
        return [self.members[place] for place in places]


class Rpc:
    """One node's answers."""

    def __init__(self, storage: Storage, node: int) -> None:
        self._storage = storage
        self._node = node
        self._methods: dict[str, Callable[[Params], Body]] = {
            "store": self._store, "retrieve": self._retrieve, "delete": self._delete, "delete_all": self._delete_all,
            "delete_before": self._delete_before, "expire": self._expire, "expire_all": self._expire_all,
            "get_expiries": self._get_expiries, "revoke_subaccount": self._revoke,
            "unrevoke_subaccount": self._unrevoke, "info": self._info, "get_swarm": self._get_swarm,
            "get_snodes_for_pubkey": self._get_swarm, "oxend_request": self._oxend,
        }  # fmt: skip

    @property
    def now(self) -> int:
        return self._storage.clock() + self._storage.faults.clock_of(self._node)

    def answer(self, body: bytes) -> tuple[int, str | Body]:
        """Code and body for one request, or for several that came together."""
        try:
            asked = json.loads(body)
        except (ValueError, RecursionError):
            return 400, "invalid request: not JSON"
        return self._asked(asked, together=True)

    def _asked(self, asked: object, *, together: bool) -> tuple[int, str | Body]:
        method = asked.get("method") if isinstance(asked, Mapping) else None
        params = asked.get("params") if isinstance(asked, Mapping) else None
        if not isinstance(method, str) or not isinstance(params, Mapping):
            return 400, "invalid request: method and params expected"
        if together and method in {"batch", "sequence"}:
            return self._together(params.get("requests"), until_one_fails=method == "sequence")
        if method not in self._methods:
            return 400, f"no such method: {method}"
        try:
            fields = Params(params)
            if method not in {"info", "oxend_request", "get_swarm", "get_snodes_for_pubkey"}:
                self._belongs_here(fields.pubkey())
            return 200, {**self._methods[method](fields), **self._stamp()}
        except Refused as refusal:
            return refusal.code, refusal.body

    def _together(self, requests: object, *, until_one_fails: bool) -> tuple[int, str | Body]:
        if not isinstance(requests, list) or not 1 <= len(requests) <= 20:
            return 400, "invalid request: 1 to 20 requests go together"
        results: list[Body] = []
        for one in requests:
            code, body = self._asked(one, together=False)
            results.append({"code": code, "body": body})
            if until_one_fails and code != 200:
                break
        return 200, {"results": results, **self._stamp()}

    def _stamp(self) -> Body:
        return {"t": self.now, "hf": HARD_FORK}

    def _belongs_here(self, pubkey: str) -> None:
        swarm = self._storage.swarm_of(pubkey)
        if self._node not in {one.index for one in swarm}:
            raise Refused(421, {**_listed(swarm), **self._stamp()})

    # -- who may -----------------------------------------------------------------------------------------

    def _signed(self, method: str, params: Params, said: str | bytes, namespace: int = 0) -> None:
        tokens = self._storage.shelves.revoked.get(params.pubkey(), set())
        readable = method == "retrieve" and namespace < 0 and -namespace % 100 == 11
        text = said if isinstance(said, bytes) else said.encode()
        check(method, params, text, frozenset() if readable else frozenset(tokens))

    def _on_time(self, params: Params, name: str = "timestamp") -> int:
        timestamp = params.number(name)
        if abs(timestamp - self.now) > 60 * SECOND:
            raise Refused(406, "Timestamp error: check your clock")
        return timestamp

    def _everywhere(self, pubkey: str, said: str, body: Body) -> Body:
        """The same answer of each node in the swarm, signed by it. One that is down has failed."""
        down = self._storage.faults.down
        return {
            "swarm": {
                one.key: {"failed": True, "timeout": True}
                if one.index in down
                else {**body, "signature": one.sign(said.encode())}
                for one in self._storage.swarm_of(pubkey)
            }
        }

    # -- methods -----------------------------------------------------------------------------------------

    def _info(self, params: Params) -> Body:
        return {"version": VERSION, "timestamp": self.now}

    def _get_swarm(self, params: Params) -> Body:
        return _listed(self._storage.swarm_of(params.pubkey()))

    def _oxend(self, params: Params) -> Body:
        if params.text("endpoint") != "get_service_nodes":
            raise Refused(400, "invalid request: endpoint is not allowed")
        return {"result": node_list(self._storage.members)}

    def _store(self, params: Params) -> Body:
        pubkey, namespace, now = params.pubkey(), params.namespace(), self.now
        timestamp = params.number("timestamp", or_text=True)
        ttl = params.number("expiry") - timestamp if params.has("expiry") else params.number("ttl", or_text=True)
        if len(params.text("data")) > MOST_DATA:
            raise Refused(400, "Message body exceeds maximum allowed length")
        data = params.data("data")
        if not LEAST_TTL <= ttl <= (PUBLIC_TTL if namespace % 10 == 0 else LONGEST_TTL):
            raise Refused(403, "Provided expiry/TTL is not valid.")
        if timestamp > now + 10 * SECOND or timestamp + ttl < now - 10 * SECOND:
            raise Refused(406, "Timestamp error: check your clock")
        if namespace % 10:
            said = params.number("sig_timestamp") if params.has("sig_timestamp") else timestamp
            if abs(said - now) > 60 * SECOND:
                raise Refused(406, "Timestamp error: check your clock")
            self._signed("store", params, f"store{_text(namespace)}{said}")
        message = Stored(hash_of(pubkey, namespace, data), namespace, data, timestamp, timestamp + ttl)
        already = self._storage.shelves.put(pubkey, message, now)
        kept = self._storage.shelves.of(pubkey, now).get(message.hash, message)
        body: Body = {"hash": message.hash, "expiry": kept.expiry, **({"already": True} if already else {})}
        return {**self._everywhere(pubkey, message.hash, body), "hash": message.hash}

    def _retrieve(self, params: Params) -> Body:
        pubkey, namespace = params.pubkey(), params.namespace()
        last_hash = params.last_hash()
        if params.has("signature") or not (namespace == -10 or (namespace < 0 and -namespace % 20 == 1)):
            if not params.has("signature"):
                raise Refused(401, "retrieve signature verification failed")
            timestamp = self._on_time(params)
            self._signed("retrieve", params, f"retrieve{_text(namespace)}{timestamp}", namespace)
        size = params.number("max_size") if params.has("max_size") else -5
        most = params.number("max_count") if params.has("max_count") else 0
        room = min(size, LARGEST_PAGE) if size > 0 else LARGEST_PAGE // -(size or -5)
        faults = self._storage.faults
        page, more = self._storage.shelves.page(
            self._node,
            pubkey,
            namespace,
            last_hash,
            room=room,
            most=most if most > 0 else 1 << 31,
            now=self.now,
            backwards=self._node in faults.reordered,
        )
        times = 2 if self._node in faults.duplicates else 1
        return {"messages": [one.listed() for one in page for _ in range(times)], "more": more}

    def _delete(self, params: Params) -> Body:
        pubkey, hashes = params.pubkey(), params.hashes()
        self._signed("delete", params, "delete" + "".join(hashes))
        gone = self._storage.shelves.drop(pubkey, hashes)
        return self._everywhere(pubkey, pubkey + "".join(hashes) + "".join(gone), {"deleted": gone})

    def _delete_all(self, params: Params) -> Body:
        everything = params.get("namespace") == "all"
        namespace = 0 if everything else params.namespace()
        timestamp = self._on_time(params)
        self._signed("delete_all", params, f"delete_all{'all' if everything else _text(namespace)}{timestamp}")
        return self._drop_those(params.pubkey(), timestamp, lambda one: everything or one.namespace == namespace,
                                by_namespace=everything)  # fmt: skip

    def _delete_before(self, params: Params) -> Body:
        everything = params.get("namespace") == "all"
        namespace, before = 0 if everything else params.namespace(), params.number("before")
        if before > self.now + 60 * SECOND:
            raise Refused(406, "Timestamp error: check your clock")
        self._signed("delete_before", params, f"delete_before{'all' if everything else _text(namespace)}{before}")
        return self._drop_those(
            params.pubkey(), before, by_namespace=everything,
            which=lambda one: (everything or one.namespace == namespace) and one.timestamp <= before,
        )  # fmt: skip

    def _drop_those(self, pubkey: str, said: int, which: Callable[[Stored], bool], *, by_namespace: bool) -> Body:
        going = [one for one in self._storage.shelves.of(pubkey, self.now).values() if which(one)]
        gone = self._storage.shelves.drop(pubkey, [one.hash for one in going])
        places: dict[str, list[str]] = {}
        for one in sorted(going, key=lambda one: one.hash):
            places.setdefault(str(one.namespace), []).append(one.hash)
        body: Body = {"deleted": places if by_namespace else gone}
        return self._everywhere(pubkey, f"{pubkey}{said}{''.join(gone)}", body)

    def _expire(self, params: Params) -> Body:
        pubkey, hashes, expiries = params.pubkey(), params.hashes(), params.numbers("expiry")
        if params.flag("shorten") and params.flag("extend"):
            raise Refused(400, "invalid request: shorten and extend exclude each other")
        if len(expiries) not in {1, len(hashes)}:
            raise Refused(400, "invalid request: one expiry, or one for each message")
        if min(expiries) < self.now - 60 * SECOND:
            raise Refused(401, "Invalid expiry")
        way = "shorten" if params.flag("shorten") else "extend" if params.flag("extend") else ""
        self._signed("expire", params, f"expire{way}{''.join(map(str, expiries))}{''.join(hashes)}")
        capped = [min(one, self.now + LONGEST_TTL) for one in expiries]
        wanted = dict(zip(hashes, capped * (len(hashes) // len(capped)), strict=True))
        shelf, updated, unchanged = self._storage.shelves.of(pubkey, self.now), [], {}
        for name in sorted(set(hashes) & set(shelf)):
            kept = shelf[name].expiry
            if (way == "shorten" and wanted[name] >= kept) or (way == "extend" and wanted[name] <= kept):
                unchanged[name] = kept
                continue
            shelf[name].expiry = wanted[name]
            updated.append(name)
        said = "".join(map(str, capped)) + "".join(hashes) + "".join(updated)
        said += "".join(f"{name}{kept}" for name, kept in unchanged.items())
        body: Body = {"updated": updated, "expiry": capped[0] if len(capped) == 1 else capped}
        return self._everywhere(pubkey, pubkey + said, {**body, **({"unchanged": unchanged} if way else {})})

    def _expire_all(self, params: Params) -> Body:
        everything = params.get("namespace") == "all"
        namespace, expiry = 0 if everything else params.namespace(), params.number("expiry")
        if expiry < self.now - 60 * SECOND:
            raise Refused(401, "Invalid expiry")
        self._signed("expire_all", params, f"expire_all{'all' if everything else _text(namespace)}{expiry}")
        pubkey, capped = params.pubkey(), min(expiry, self.now + LONGEST_TTL)
        updated = []
        for one in self._storage.shelves.of(pubkey, self.now).values():
            if (everything or one.namespace == namespace) and one.expiry > capped:
                one.expiry = capped
                updated.append(one.hash)
        body: Body = {"updated": sorted(updated), "expiry": capped}
        return self._everywhere(pubkey, f"{pubkey}{capped}{''.join(sorted(updated))}", body)

    def _get_expiries(self, params: Params) -> Body:
        asked, timestamp = params.texts("messages"), self._on_time(params)
        self._signed("get_expiries", params, f"get_expiries{timestamp}{''.join(asked)}")
        shelf = self._storage.shelves.of(params.pubkey(), self.now)
        names = list(shelf) if asked == ["all"] else [name for name in asked if name in shelf]
        return {"expiries": {name: shelf[name].expiry for name in names}}

    def _revoke(self, params: Params) -> Body:
        tokens = self._tokens("revoke_subaccount", "revoke", params)
        self._storage.shelves.revoked.setdefault(params.pubkey(), set()).update(tokens)
        return self._everywhere(params.pubkey(), params.pubkey() + str(params.number("timestamp")), {})

    def _unrevoke(self, params: Params) -> Body:
        tokens = self._tokens("unrevoke_subaccount", "unrevoke", params)
        self._storage.shelves.revoked.setdefault(params.pubkey(), set()).difference_update(tokens)
        return self._everywhere(params.pubkey(), params.pubkey() + str(params.number("timestamp")), {})

    def _tokens(self, method: str, name: str, params: Params) -> list[bytes]:
        tokens, timestamp = [read_token(one) for one in params.texts(name)], self._on_time(params)
        self._signed(method, params, f"{method}{timestamp}".encode() + b"".join(tokens))
        return tokens


def node_list(members: Sequence[Member]) -> Body:
    """All nodes, as a seed or a node lists them."""
    return {"service_node_states": [one.as_state() for one in members], "height": 1_000_000, "status": "OK"}


def _listed(swarm: Sequence[Member]) -> Body:
    return {"snodes": [one.in_swarm() for one in swarm], "swarm": "0"}


def _text(namespace: int) -> str:
    return str(namespace) if namespace else ""
