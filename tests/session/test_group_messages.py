"""Messages in groups: as libsession writes them, and as somebody would forge them."""

from __future__ import annotations

import base64
import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings as sodium

from migrate.session import content as contents
from migrate.session.config.bencode import Writable, encode
from migrate.session.content import Content, DataMessage, Unsend
from migrate.session.envelope import ENVELOPE, IN_GROUP, Envelope, Incoming, Randomness
from migrate.session.errors import BadMessage
from migrate.session.group_messages import open_in_group, seal_for_group
from migrate.session.group_updates import (
    DeleteMemberContent,
    GroupUpdate,
    InfoChange,
    MemberChange,
    MemberLeft,
    deletion_text,
    info_text,
    member_text,
)
from migrate.session.keys import AccountKeys, BadKey, Seed, group_key_of

ALICE, BOB, ADMIN = (AccountKeys(bytes([number]) * 32) for number in (1, 2, 9))
GROUP, OTHER_GROUP = ("03" + keys.ed25519_public.hex() for keys in (ADMIN, BOB))
KEY, NONCE = bytes(range(32)), bytes(24)
NOW = 1771000123456
HELLO = Content(data=DataMessage(body="hi group"), sent_at=NOW)
SEALED = seal_for_group(HELLO, ALICE, GROUP, KEY, Randomness(NONCE, bytes(64)))


@pytest.mark.parametrize("name", ["short, stored uncompressed", "long, stored compressed"])
def test_a_message_of_a_group_opens_and_is_sealed_the_same(samples: Path, name: str) -> None:
    vectors: dict[str, Any] = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))["groups"]
    assert len(vectors["messages"]) == 2
    item = next(item for item in vectors["messages"] if item["name"] == name)
    sender = AccountKeys.from_seed(Seed(bytes.fromhex(vectors["sender_seed16"])))
    key, data = bytes.fromhex(vectors["group_encryption_key"]), base64.b64decode(item["data"])
    message = open_in_group(data, vectors["group_id"], [KEY, key], BOB)
    assert (message.sender, message.group) == (sender.session_id, vectors["group_id"])
    assert message.conversation == vectors["group_id"]
    assert contents.write(message.content).hex() == item["content_hex"]
    decoy = ENVELOPE.read(bytes.fromhex(item["envelope"])).pro_signature or b""
    again = seal_for_group(message.content, sender, vectors["group_id"], key, Randomness(data[:24], decoy))
    assert again.hex() == item["ciphertext"]


def sent(content: Content, sender: AccountKeys = ALICE) -> Incoming:
    sealed = seal_for_group(content, sender, GROUP, KEY, Randomness(NONCE, bytes(64)))
    return open_in_group(sealed, GROUP, [KEY], BOB)


def why(act: Callable[[], object]) -> str:
    with pytest.raises(BadMessage) as refused:
        act()
    return refused.value.code


def forge(fields: dict[bytes, Writable], tail: bytes = b"") -> bytes:
    """What somebody writes who has the key of the group, and chooses every byte."""
    data = encode(fields) + tail
    return NONCE + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(data, None, NONCE, KEY)


def forged(body: bytes, name: bytes = b"d", **others: Writable) -> bytes:
    signature = ALICE.sign(body + group_key_of(GROUP))
    more = {key.encode(): value for key, value in others.items()}
    return forge({b"": 1, b"a": ALICE.ed25519_public, b"s": signature, name: body, **more})


def opened(data: bytes) -> Incoming:
    return open_in_group(data, GROUP, [KEY], BOB)


@given(st.text(max_size=2000), st.binary(min_size=24, max_size=24))
def test_what_is_sealed_for_a_group_opens_and_tells_little_of_its_length(body: str, nonce: bytes) -> None:
    content = Content(data=DataMessage(body=body), sent_at=NOW)
    sealed = seal_for_group(content, ALICE, GROUP, KEY, Randomness(nonce, bytes(64)))
    assert len(sealed) % 256 == 0
    message = open_in_group(sealed, GROUP, [KEY], BOB)
    assert (message.sender, message.sent_at, message.content) == (ALICE.session_id, NOW, content)


def test_every_key_that_the_group_ever_had_is_tried() -> None:
    assert open_in_group(SEALED, GROUP, [bytes(32), bytes([1]) * 32, KEY], BOB).content == HELLO
    assert why(lambda: open_in_group(SEALED, GROUP, [bytes(32)], BOB)) == "decrypt"
    assert why(lambda: open_in_group(SEALED, GROUP, [], BOB)) == "decrypt"


def test_a_message_of_one_group_is_none_of_another() -> None:
    """Both groups may have the same key; the signature names the group."""
    assert why(lambda: open_in_group(SEALED, OTHER_GROUP, [KEY], BOB)) == "signature"


@pytest.mark.parametrize("group", ["", "03", "05" + "a" * 64, "03" + "g" * 64, "03" + "ab " * 21 + "a"])
def test_only_groups_of_today_have_messages(group: str) -> None:
    with pytest.raises(BadKey):
        open_in_group(SEALED, group, [KEY], BOB)


def test_a_message_has_one_body_and_a_signature_of_its_own() -> None:
    plain = ENVELOPE.write(Envelope(type=IN_GROUP, sent_at=NOW, content=contents.write(HELLO)))
    assert opened(forged(plain)).content == HELLO
    assert opened(forged(zstandard.compress(plain), b"z")).content == HELLO
    assert opened(forged(plain, x=[b"new"])).content == HELLO
    assert why(lambda: opened(forged(plain, z=b"two"))) == "malformed"
    assert why(lambda: opened(forged(plain, b"e"))) == "malformed"
    assert why(lambda: opened(forged(plain, s=b""))) == "signature"
    assert why(lambda: opened(forged(plain, s=BOB.sign(plain + group_key_of(GROUP))))) == "signature"
    assert why(lambda: opened(forged(plain, s=ALICE.sign(plain)))) == "signature"
    assert why(lambda: opened(forged(plain, a=b"short"))) == "signature"
    assert why(lambda: opened(forged(plain, a=7))) == "signature"
    assert why(lambda: opened(forge({}))) == "malformed"
    assert why(lambda: opened(forge({b"d": plain}, b"tail"))) == "malformed"


@pytest.mark.parametrize("packed", [b"", b"plain", zstandard.compress(b"a" * 100)[:-4], zstandard.compress(b"")])
def test_a_body_that_is_not_compressed_as_it_says_is_refused(packed: bytes) -> None:
    with pytest.raises(BadMessage):
        opened(forged(packed, b"z"))


@pytest.mark.parametrize("missing", [1, 4, 30])
def test_a_body_whose_end_is_missing_is_not_taken_for_a_shorter_message(missing: int) -> None:
    whole = zstandard.compress(Random(1).randbytes(200_000) + bytes(1_000))
    with pytest.raises(BadMessage, match="cut off"):
        opened(forged(whole[:-missing], b"z"))


def test_a_bomb_does_not_unpack() -> None:
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(64 << 20))
    sealed = forged(bomb, b"z")
    tracemalloc.start()
    try:
        assert why(lambda: opened(sealed)) == "too_large"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20


def test_a_window_of_gigabytes_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    packed = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    data = packed.compress(bytes(1000)) + packed.flush()
    assert why(lambda: opened(forged(data, b"z"))) == "malformed"


@pytest.mark.parametrize(("size", "code"), [(0, "too_short"), (40, "too_short"), ((1 << 20) + 1, "too_large")])
def test_impossible_sizes_are_refused_at_once(size: int, code: str) -> None:
    assert why(lambda: opened(bytes(size))) == code


def test_the_rules_of_messages_hold_in_groups() -> None:
    assert why(lambda: sent(Content(data=DataMessage(body="when?")))) == "no_time"
    assert why(lambda: sent(Content(unsend=Unsend(sent_at=1, author=BOB.session_id), sent_at=NOW))) == "foreign_unsend"
    copied = sent(Content(data=DataMessage(body="hi", sync_target=BOB.session_id), sent_at=NOW))
    assert (copied.target, copied.conversation) == (None, GROUP)


def update(**change: Any) -> Content:
    return Content(data=DataMessage(group_update=GroupUpdate(**change)), sent_at=NOW)


def test_only_admins_change_the_group() -> None:
    info = InfoChange(type=1, name="Ours")
    members = MemberChange(type=2, members=(BOB.session_id,))
    deletion = DeleteMemberContent(members=(BOB.session_id,), hashes=("h1", "h2"))

    def changed(keys: AccountKeys) -> list[Content]:
        def by(text: str) -> bytes:
            return keys.sign(text.encode())

        return [
            update(info_change=InfoChange(type=1, name="Ours", signature=by(info_text(info, NOW)))),
            update(
                member_change=MemberChange(type=2, members=(BOB.session_id,), signature=by(member_text(members, NOW)))
            ),
            update(
                delete_content=DeleteMemberContent(
                    members=deletion.members, hashes=deletion.hashes, signature=by(deletion_text(deletion, NOW))
                )
            ),
        ]

    for content in changed(ADMIN):
        assert sent(content).content == content
    for content in changed(ALICE):
        assert why(lambda content=content: sent(content)) == "forged_update"  # type: ignore[misc]  # a default argument
    assert why(lambda: sent(update(info_change=info))) == "forged_update"
    assert why(lambda: sent(update(member_change=members))) == "forged_update"


def test_leaving_and_deleting_what_is_ones_own_needs_no_admin() -> None:
    assert sent(update(member_left=MemberLeft())).content.data is not None
    assert sent(update(delete_content=DeleteMemberContent(hashes=("h1",)))).content.data is not None


def test_an_admin_signs_these_texts() -> None:
    assert info_text(InfoChange(type=3), NOW) == "INFO_CHANGE31771000123456"
    assert member_text(MemberChange(type=1), NOW) == "MEMBER_CHANGE11771000123456"
    assert deletion_text(DeleteMemberContent(members=("05a",), hashes=("h",)), NOW) == "DELETE_CONTENT177100012345605ah"


@given(st.integers(0, len(SEALED) - 1), st.binary(max_size=3), st.integers(0, 5))
def test_a_damaged_group_message_is_refused(place: int, put: bytes, cut: int) -> None:
    changed = SEALED[:place] + put + SEALED[place + cut :]
    if changed != SEALED:
        assert why(lambda: opened(changed)) in ("decrypt", "too_short")


@given(st.binary(max_size=300), st.integers(0, 3))
def test_members_can_send_any_bytes(data: bytes, layer: int) -> None:
    if layer == 0:
        data = NONCE + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(data, None, NONCE, KEY)
    elif layer == 1:
        data = forged(data)
    elif layer == 2:
        data = forged(data, b"z")
    else:
        data = forged(ENVELOPE.write(Envelope(type=IN_GROUP, sent_at=NOW, content=data)))
    with suppress(BadMessage):
        assert opened(data).sender == ALICE.session_id
