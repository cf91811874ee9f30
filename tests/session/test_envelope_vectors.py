"""Messages that other clients sealed, opened; and sealed again by us, byte for byte."""

from __future__ import annotations

import base64
import json
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from migrate.session import content as contents
from migrate.session.content import Content
from migrate.session.envelope import ENVELOPE, Randomness, open_message, pad, seal
from migrate.session.errors import BadMessage
from migrate.session.keys import AccountKeys, Seed
from migrate.session.wire import Part

SENDER_SEED, RECIPIENT_SEED = "00112233445566778899aabbccddeeff", "0123456789abcdef0123456789abcdef"
SENDER = AccountKeys.from_seed(Seed(bytes.fromhex(SENDER_SEED)))
RECIPIENT = AccountKeys.from_seed(Seed(bytes.fromhex(RECIPIENT_SEED)))
OWNERS = {keys.session_id: keys for keys in (SENDER, RECIPIENT)}

VALID = [
    "text",
    "text with profile, avatar and disappearing after send",
    "sync copy to own account",
    "note to self",
    "quote reply",
    "reaction add",
    "reaction remove",
    "attachment (legacy encryption)",
    "voice message attachment (deterministic encryption)",
    "link preview",
    "community invitation",
    "typing started",
    "read receipt",
    "unsend request",
    "message request accepted",
    "data extraction: media saved",
    "disappearing timer set to one hour after read",
    "disappearing timer off",
    "call pre-offer",
    "content of 158 bytes, the most that fits one block",
    "content of 159 bytes, a whole extra block of padding",
    "content of 160 bytes",
    "content of 319 bytes, two blocks become three",
]
INVALID = {
    "signature made by another key than the one inside": "signature",
    "signature over the message without the recipient key": "signature",
    "sealed for somebody else": "decrypt",
    "one bit of the sealed box flipped": "decrypt",
    "sealed box shorter than 48+32+64 bytes": "too_short",
    "envelope timestamp differs from sigTimestamp": "times_differ",
    "sync copy claimed by a stranger": "foreign_sync_copy",
    "unsend request for somebody else's message": "foreign_unsend",
    "no WebSocketMessage wrapper": "no_envelope",
    "not protobuf": "malformed",
}
ACCEPTED = [
    "no padding at all",
    "padding to 159 bytes",
    "envelope with source and serverTimestamp",
    "unknown field 99 in Content",
    "made by session-python 1.0.5",
    "made by sessionpy-messenger 0.1.0",
]
OUR_NAMES = {
    "dataMessage": "data",
    "sigTimestamp": "sent_at",
    "timestamp": "sent_at",
    "id": "sent_at",
    "profileKey": "profile_key",
    "displayName": "name",
    "profilePicture": "avatar_url",
    "lastProfileUpdateSeconds": "updated",
    "expirationType": "expiry_type",
    "expirationTimer": "expiry_seconds",
    "syncTarget": "sync_target",
    "deprecatedId": "old_id",
    "contentType": "type",
    "fileName": "name",
    "preview": "previews",
    "communityInvitation": "invitation",
    "typingMessage": "typing",
    "receiptMessage": "receipt",
    "unsendRequest": "unsend",
    "messageRequestResponse": "request_response",
    "isApproved": "approved",
    "dataExtractionNotification": "extraction",
    "callMessage": "call",
}


@pytest.fixture(scope="session")
def vectors(samples: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((samples / "session-network" / "vectors.json").read_text("utf-8"))["messages"]
    return found


def named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def same(ours: object, theirs: object) -> bool:
    """Whether our noun says everything that the vector says; theirs has numbers and bytes as text."""
    if isinstance(ours, Part):
        assert isinstance(theirs, dict)
        return all(same(getattr(ours, OUR_NAMES.get(name) or str(name)), value) for name, value in theirs.items())
    if isinstance(ours, tuple):
        assert isinstance(theirs, list)
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, bytes):
        return base64.b64encode(ours).decode() == theirs
    return ours == theirs or str(ours) == theirs


def test_no_vector_is_left_out(vectors: dict[str, Any]) -> None:
    assert [item["name"] for item in vectors["items"]] == VALID
    assert [item["name"] for item in vectors["invalid"]] == list(INVALID)
    assert [item["name"] for item in vectors["accepted_variants"]] == ACCEPTED


@pytest.mark.parametrize("name", VALID)
def test_a_message_of_others_opens(vectors: dict[str, Any], name: str) -> None:
    item = named(vectors["items"], name)
    message = open_message(base64.b64decode(item["data"]), OWNERS[item["recipient"]])
    assert message.sender == item["sender"]
    assert message.sender_key == OWNERS[item["sender"]].ed25519_public
    assert message.sent_at == item["timestamp_ms"]
    assert same(message.content, item["content"])
    assert contents.write(message.content).hex() == item["content_hex"]


@pytest.mark.parametrize("name", VALID)
def test_the_same_words_and_the_same_chance_give_the_same_bytes(vectors: dict[str, Any], name: str) -> None:
    item = named(vectors["items"], name)
    sender, plain = OWNERS[item["sender"]], bytes.fromhex(item["content_hex"])
    assert len(pad(plain)) == item["padded_length"]
    seed = bytes.fromhex(SENDER_SEED).ljust(32, b"\0")
    said = seed + bytes.fromhex(item["recipient"][2:]) + pad(plain)
    ephemeral = blake2b(said, digest_size=32, key=b"SessionBoxEphemeralHashKey").digest()
    decoy = ENVELOPE.read(bytes.fromhex(item["envelope"])).pro_signature or b""
    sealed = seal(contents.read(plain), sender, item["recipient"], Randomness(ephemeral, decoy))
    assert base64.b64encode(sealed).decode() == item["data"]


@pytest.mark.parametrize("name", INVALID)
def test_a_message_that_lies_is_refused_and_why(vectors: dict[str, Any], name: str) -> None:
    item = named(vectors["invalid"], name)
    with pytest.raises(BadMessage) as refused:
        open_message(base64.b64decode(item["data"]), OWNERS[item["recipient"]])
    assert refused.value.code == INVALID[name]


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_app_lets_through_is_let_through(vectors: dict[str, Any], name: str) -> None:
    item = named(vectors["accepted_variants"], name)
    message = open_message(base64.b64decode(item["data"]), RECIPIENT)
    assert message.sender == SENDER.session_id
    assert message.sent_at
    assert message.content.data is not None
    if "body" in item:
        assert message.content.data.body == item["body"]
    if "content_hex" in item:
        assert message.content == contents.read(bytes.fromhex(item["content_hex"]))


def test_a_message_of_an_old_client_has_the_time_of_its_envelope(vectors: dict[str, Any]) -> None:
    item = named(vectors["accepted_variants"], "made by sessionpy-messenger 0.1.0")
    message = open_message(base64.b64decode(item["data"]), RECIPIENT)
    assert message.content.sent_at is None
    assert (message.content.expiry_type, message.content.expiry_seconds) == (contents.AFTER_SEND, 60)


def test_a_copy_belongs_to_the_conversation_with_the_recipient(vectors: dict[str, Any]) -> None:
    item = named(vectors["items"], "sync copy to own account")
    message = open_message(base64.b64decode(item["data"]), SENDER)
    assert (message.sender, message.conversation) == (SENDER.session_id, RECIPIENT.session_id)
    item = named(vectors["items"], "text")
    message = open_message(base64.b64decode(item["data"]), RECIPIENT)
    assert (message.target, message.conversation) == (None, SENDER.session_id)


def test_what_a_message_says_is_in_no_log(vectors: dict[str, Any]) -> None:
    for item in vectors["items"]:
        shown = repr(open_message(base64.b64decode(item["data"]), OWNERS[item["recipient"]]).content)
        assert "Hello" not in shown
        assert "milk" not in shown
    assert repr(Content()) == "<Content: empty>"
