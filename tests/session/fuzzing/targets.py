"""What is fuzzed: everything of `migrate.session` that reads what others wrote, from outside and from inside.

From outside nearly all damage ends at a signature or a seal. So most targets damage what is inside and close it again
with good keys, as somebody would who has an account of their own, or is in the group, or runs a node.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard
from nacl import bindings as sodium

from migrate.session.aes import encrypt_cbc
from migrate.session.answers import decoded
from migrate.session.attachments import open_file, open_legacy, open_stream, parse_url
from migrate.session.avatars import open_avatar
from migrate.session.clock import Clock
from migrate.session.config.allowance import Allowance
from migrate.session.config.bencode import Writable, encode
from migrate.session.config.contacts import blinded_contacts_of, contacts_of
from migrate.session.config.conversations import conversations_of
from migrate.session.config.crypt import decrypt, expand
from migrate.session.config.group_info import group_info_of, group_members_of
from migrate.session.config.group_keys import GroupKey, GroupKeys, read_group_keys
from migrate.session.config.group_writing import group_id_of, write_group_key, write_past_keys
from migrate.session.config.groups_joined import communities_of, groups_of, legacy_groups_of
from migrate.session.config.hidden import Hidden
from migrate.session.config.namespaces import Namespace
from migrate.session.config.profile import profile_of
from migrate.session.config.read import read_config, read_group_config
from migrate.session.config.stored import StoredMessage
from migrate.session.config.wrapping import unwrap
from migrate.session.config.writing import encrypt, hide
from migrate.session.content import Pointer
from migrate.session.deliver import Parcel, deliver
from migrate.session.envelope import ONE_TO_ONE, Envelope, open_message, pad, sealed_box, wrap
from migrate.session.flow import Answer
from migrate.session.group_messages import open_in_group
from migrate.session.keys import AccountKeys, config_key
from migrate.session.nodes import read_node_list
from migrate.session.onion import Cipher, Layer, Onion
from migrate.session.poll import Visitor
from migrate.session.receive import Inbox
from migrate.session.signers import AccountSigner
from migrate.session.swarm import Swarm, read_swarm
from migrate.session.v4 import read_server_answer
from tests.session.played import known, node, play, swarm_answer
from tests.session.shelves import NODES, NOW, SIGNER, shelf

GROUP = AccountKeys(b"a group".ljust(32, b"\1"))
GROUP_ID, GROUP_KEY = group_id_of(GROUP), b"k" * 32
ME, SOMEBODY = AccountKeys(b"me".ljust(32, b"\0")), AccountKeys(b"somebody".ljust(32, b"\0"))
NONCE = bytes(24)
FINAL = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
STREAM_URL, LEGACY_URL = "http://filev2.getsession.org/file/abc#d", "http://filev2.getsession.org/file/abc"


@dataclass(frozen=True)
class Target:
    """Bytes that are good, and what reads them. `many` says how much of it one second of patience buys."""

    seeds: Sequence[bytes]
    read: Callable[[bytes], object]
    share: int = 2


def targets(samples: Path) -> dict[str, Target]:
    """Everything that is fuzzed, by a name that a report can show."""
    vectors: dict[str, Any] = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))
    return {
        **dict(_messages(vectors["messages"])),
        **dict(_configs(samples / "session-config")),
        **dict(_groups(vectors["groups"])),
        **dict(_files(vectors)),
        **dict(_answers(vectors["onion"])),
    }


def _messages(vectors: dict[str, Any]) -> Iterator[tuple[str, Target]]:
    recipient = AccountKeys(bytes.fromhex(vectors["recipient_seed16"]).ljust(32, b"\0"))
    items = vectors["items"]
    stored = [base64.b64decode(one["data"]) for one in items]
    contents = [bytes.fromhex(one["content_hex"]) for one in items]

    def sealed(plain: bytes) -> bytes:
        to, padded = ME.x25519_public, pad(plain)
        signature = SOMEBODY.sign(padded + SOMEBODY.ed25519_public + to)
        box = sealed_box(padded + SOMEBODY.ed25519_public + signature, to, bytes(32))
        return wrap(Envelope(type=ONE_TO_ONE, sent_at=None, content=box))

    yield "messages", Target(stored, lambda data: open_message(data, recipient))
    yield "what messages say", Target(contents, lambda data: open_message(sealed(data), ME), 4)


def _configs(folder: Path) -> Iterator[tuple[str, Target]]:
    stored: dict[Namespace, list[bytes]] = {}
    inside: dict[Namespace, list[bytes]] = {}
    for path in sorted(folder.glob("[ceg]o*-*.json")) + sorted(folder.glob("groups-*")) + sorted(folder.glob("prof*")):
        vector = json.loads(path.read_text("utf-8"))
        namespace, owner = (
            Namespace(vector["namespace"]),
            AccountKeys(bytes.fromhex(vector["account"]["ed25519_seed32"])),
        )
        for message in vector["messages"]:
            data = bytes.fromhex(message["data_hex"])
            plain = decrypt(unwrap(data, namespace, owner), namespace.domain, [owner.config_key])
            stored.setdefault(namespace, []).append(data)
            inside.setdefault(namespace, []).append(plain)
    owner = AccountKeys(bytes.fromhex(vector["account"]["ed25519_seed32"]))
    for namespace, seeds in inside.items():
        name = namespace.name.lower().replace("_", " ")
        expanded = [expand(one, Allowance()) for one in seeds if not one.startswith(b"m")]
        yield f"settings: {name}", Target(stored[namespace], partial(_config, namespace, owner), 1)
        yield f"packed settings: {name}", Target(seeds, partial(_packed, namespace), 1)
        yield f"what settings say: {name}", Target(expanded, partial(_said, namespace), 1)


def _packed(namespace: Namespace, content: bytes) -> object:
    return _config(namespace, ME, encrypt(content, namespace.domain, ME.config_key))


def _said(namespace: Namespace, plain: bytes) -> object:
    return _config(namespace, ME, hide(plain, namespace.domain, ME.config_key))


def _config(namespace: Namespace, keys: AccountKeys, data: bytes) -> object:
    """Read settings with everything that makes sense of them."""
    messages = [StoredMessage(hash="a", timestamp=1, data=data), StoredMessage(hash="b", timestamp=1, data=b"")]
    found = read_config(namespace, messages, keys).data
    return [
        profile_of(found), contacts_of(found, keys.session_id), blinded_contacts_of(found), conversations_of(found),
        communities_of(found), groups_of(found), legacy_groups_of(found),
    ]  # fmt: skip


def _groups(vectors: dict[str, Any]) -> Iterator[tuple[str, Target]]:
    group, key = vectors["group_id"], bytes.fromhex(vectors["group_encryption_key"])
    stored = [base64.b64decode(one["data"]) for one in vectors["messages"]]
    bencoded = [bytes.fromhex(one["bencoded_padded"]) for one in vectors["messages"]]
    bodies = [bytes.fromhex(one["envelope"]) for one in vectors["messages"]]
    packed = [zstandard.ZstdCompressor().compress(one) for one in bodies]
    keys = GroupKey(generation=1, timestamp=1, key=Hidden(GROUP_KEY))
    handed = write_group_key(keys, GROUP, [ME.session_id], NONCE, bytes)
    past = write_past_keys([keys], GROUP, [ME.session_id], NONCE)
    known_keys = GroupKeys(group_id=GROUP_ID, admin=False, keys=(keys,))

    def opened(data: bytes) -> object:
        return open_in_group(NONCE + _aead(data, GROUP_KEY), GROUP_ID, [GROUP_KEY], ME)

    def body(data: bytes, name: bytes) -> object:
        signature = SOMEBODY.sign(data + GROUP.ed25519_public)
        return opened(encode({b"": 1, b"a": SOMEBODY.ed25519_public, b"s": signature, name: data}))

    def signed(data: bytes) -> bytes:
        return data[:-1] + b"1:~" + encode(GROUP.sign(data[:-1])) + b"e"

    def keys_of(data: bytes) -> object:
        return read_group_keys([StoredMessage(hash="a", timestamp=1, data=signed(data))], GROUP_ID, ME)

    def settings(data: bytes) -> object:
        at = Namespace.GROUP_MEMBERS
        hidden = hide(signed(data), at.domain, lambda size, domain: config_key(GROUP_KEY, size, domain))
        found = read_group_config(at, [StoredMessage(hash="a", timestamp=1, data=hidden)], known_keys).data
        return group_info_of(found), group_members_of(found)

    unsigned = [one[: one.rindex(b"1:~64:")] + b"e" for one in (handed, past)]
    member: dict[bytes, Writable] = {
        bytes.fromhex(ME.session_id): {b"n": b"Me", b"I": 1, b"p": b"http://x", b"q": bytes(32)}
    }
    said = [encode({b"#": 1, b"&": {b"m": member, b"n": b"Group"}, b"<": [], b"=": {b"m": {}, b"n": b""}})]
    yield "group messages", Target(stored, lambda data: open_in_group(data, group, [key], ME))
    yield (
        "frames of group messages",
        Target(bencoded, lambda data: open_in_group(NONCE + _aead(data, key), group, [key], ME)),
    )
    yield "compressed group messages", Target(packed, lambda data: body(data, b"z"))
    yield "what group messages say", Target(bodies, lambda data: body(data, b"d"))
    yield "keys of groups", Target(unsigned, keys_of)
    yield "settings of groups", Target(said, settings)


def _aead(plain: bytes, key: bytes) -> bytes:
    return sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plain, None, NONCE, key)


def _files(vectors: dict[str, Any]) -> Iterator[tuple[str, Target]]:
    legacy = [one for one in vectors["attachments_legacy"]["items"] if one.get("ciphertext")]
    blobs = [bytes.fromhex(one["ciphertext"]) for one in legacy]
    key = bytes.fromhex(legacy[0]["key"])
    streams = [one for one in vectors["attachments_deterministic"]["items"] if one.get("ciphertext_base64")]
    stream_key = bytes.fromhex(streams[0]["key"])
    avatar = vectors["avatars"]["items"][0]
    avatar_key = bytes.fromhex(avatar["profile_key"])

    def resealed(plain: bytes) -> object:
        whole = encrypt_cbc(plain, key[:32], bytes(16))
        sealed = bytes(16) + whole
        blob = sealed + hmac.digest(key[32:], sealed, "sha256")
        return open_legacy(blob, key, sha256(blob).digest(), len(plain) % 1000)

    def pushed(data: bytes) -> object:
        state = sodium.crypto_secretstream_xchacha20poly1305_state()
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, NONCE, stream_key)
        chunk = sodium.crypto_secretstream_xchacha20poly1305_push(
            state, data[:32768], None, FINAL if data[:1] == b"\0" else 0
        )
        return open_stream(b"S" + NONCE + chunk + data[32768:], stream_key)

    def pointed(data: bytes) -> object:
        digest = bytes.fromhex(legacy[0]["ciphertext_sha256_is_digest"])
        return open_file(Pointer(url=LEGACY_URL, key=key, digest=digest, size=legacy[0]["plaintext_size"]), data)

    urls = [STREAM_URL.encode(), LEGACY_URL.encode(), f"{LEGACY_URL}#p={'ab' * 32}&d=&e={'cd' * 32}".encode()]
    stream_blobs = [base64.b64decode(one["ciphertext_base64"]) for one in streams]
    yield "files", Target(blobs, pointed)
    yield "padded files", Target([bytes(541), b"hello".ljust(541, b"\0")], resealed)
    yield "streamed files", Target(stream_blobs, lambda data: open_stream(data, stream_key))
    yield "chunks of streamed files", Target([bytes(4000) + b"\x01file", b"\0\x01"], pushed)
    yield (
        "avatars",
        Target([bytes.fromhex(avatar["ciphertext"])], lambda data: open_avatar(LEGACY_URL, avatar_key, data)),
    )
    yield "addresses of files", Target(urls, lambda data: parse_url(data.decode("utf-8", "replace")))


def _answers(vectors: dict[str, Any]) -> Iterator[tuple[str, Target]]:
    layer = Layer.for_receiver(sodium.crypto_scalarmult_base(b"r" * 32), b"s" * 32, Cipher.XCHACHA20)
    onion = Onion(node(1), b"", layer)
    plain = [item["response_plaintext"].encode() for item in vectors["to_storage_node"]]
    outer = [base64.b64encode(layer.seal(one, bytes(24))) for one in plain]
    good = shelf(NODES[0], {0: [b"a message"], 2: [b"settings"], 3: [b"more", b"of them"]})
    batch = {"method": "batch", "params": {"requests": [
        {"method": "retrieve", "params": {"namespace": at, "timestamp": NOW, "last_hash": ""}} for at in (0, 2, 3)
    ]}}  # fmt: skip
    page = json.dumps(good.answer(batch)).encode()
    swarm = json.dumps(swarm_answer(*NODES)).encode()
    states = [{"public_ip": each.ip, "storage_port": each.port, "pubkey_x25519": each.x25519.hex(),
               "pubkey_ed25519": each.key, "requested_unlock_height": 0} for each in NODES]  # fmt: skip
    listed = json.dumps({"result": {"service_node_states": states, "height": 9}}).encode()
    parcel = Parcel(SIGNER.pubkey, 0, b"a message", 86_400_000)
    taken = {each.key: {"hash": parcel.hash, "signature": "A" * 86 + "=="} for each in NODES}
    stored = json.dumps({"swarm": taken, "hash": parcel.hash, "t": NOW, "hf": [19, 4]}).encode()

    def inside(data: bytes) -> object:
        sealed = layer.seal(data, bytes(24))
        return onion.node_answer(base64.b64encode(sealed))

    def visited(data: bytes) -> object:
        visitor = Visitor(AccountSigner(ME), (0, 2, 3), Inbox(ME.session_id), Clock(lambda: NOW), known(*NODES))
        play(visitor.visit(NODES[0]), lambda ask: Answer(200, data), most=600)
        return list(visitor.inbox.fresh())

    def delivered(data: bytes) -> object:
        flow = deliver(parcel, Swarm(tuple(NODES)), Clock(lambda: NOW), known(*NODES))
        return play(flow, lambda ask: Answer(421 if data[-1:] == b"]" else 200, data), most=100)

    yield "answers through onions", Target(outer, onion.node_answer)
    yield "what onions hold", Target(plain, inside)
    yield "answers of servers", Target([bytes.fromhex(vectors["to_server_v4"]["response_v4"])], read_server_answer)
    yield "pages of messages", Target([page], visited)
    yield "swarms", Target([swarm], lambda data: read_swarm(Answer(200, data).json(), known(*NODES)))
    yield "receipts of nodes", Target([stored, swarm], delivered)
    yield "lists of nodes", Target([listed], lambda data: read_node_list(data, local=True))
    yield "base64", Target([base64.b64encode(b"some bytes")], lambda data: decoded(data.decode("latin-1")))
