"""Messages from one account to another: what is refused, and what a sealed message may not tell."""

from __future__ import annotations

import os
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PublicKey, SealedBox

from migrate.session import content as contents
from migrate.session.content import Content, DataMessage, Pointer, Unsend
from migrate.session.envelope import (
    ENVELOPE,
    ONE_TO_ONE,
    Envelope,
    Incoming,
    Randomness,
    open_message,
    pad,
    seal,
    unpad,
    unwrap,
    wrap,
)
from migrate.session.errors import BadMessage
from migrate.session.group_updates import GroupUpdate, InfoChange, Invite, invite_text
from migrate.session.keys import AccountKeys, BadKey, session_id_of
from migrate.session.wire import LATEST, delimited

ALICE, BOB, EVE = (AccountKeys(bytes([number]) * 32) for number in (1, 2, 3))
NOW = 1771000123456
CHANCE = Randomness(bytes(range(32)), bytes(64))
HELLO = Content(data=DataMessage(body="Hello"), sent_at=NOW)
SEALED = seal(HELLO, ALICE, BOB.session_id, CHANCE)


def sent(content: Content, sender: AccountKeys = ALICE, recipient: AccountKeys = BOB) -> Incoming:
    return open_message(seal(content, sender, recipient.session_id, CHANCE), recipient)


def why(content: Content, sender: AccountKeys = ALICE, recipient: AccountKeys = BOB) -> str:
    with pytest.raises(BadMessage) as refused:
        sent(content, sender, recipient)
    return refused.value.code


@pytest.mark.parametrize(("size", "padded"), [(0, 160), (157, 160), (158, 160), (159, 320), (160, 320), (319, 480)])
def test_padding_hides_the_length_in_blocks(size: int, padded: int) -> None:
    assert len(pad(bytes(size))) == padded


@given(st.binary(max_size=500))
def test_padding_comes_off_again(plain: bytes) -> None:
    assert unpad(pad(plain)) == plain


@given(st.text(max_size=300), st.integers(1, LATEST), st.binary(min_size=32, max_size=32))
def test_what_is_sealed_opens(body: str, sent_at: int, ephemeral: bytes) -> None:
    content = Content(data=DataMessage(body=body), sent_at=sent_at)
    message = open_message(seal(content, ALICE, BOB.session_id, Randomness(ephemeral, bytes(64))), BOB)
    assert (message.sender, message.sent_at) == (ALICE.session_id, sent_at)
    assert message.content.data is not None
    assert message.content.data.body == body.encode("utf-8", "replace").decode()


def test_only_the_recipient_opens_it() -> None:
    with pytest.raises(BadMessage):
        open_message(SEALED, EVE)
    with pytest.raises(BadMessage):
        open_message(SEALED, ALICE)


def test_a_message_passed_on_to_somebody_else_is_refused() -> None:
    """Bob opens what Alice signed for him and seals it for Eve: it must not look like a message of Alice to Eve."""
    inner = BOB.open_sealed(unwrap(SEALED).content or b"")
    forwarded = SealedBox(PublicKey(EVE.x25519_public)).encrypt(inner)
    with pytest.raises(BadMessage) as refused:
        open_message(wrap(Envelope(type=ONE_TO_ONE, sent_at=NOW, content=forwarded)), EVE)
    assert refused.value.code == "signature"


def test_the_envelope_names_no_sender() -> None:
    for name in (ALICE.session_id.encode(), ALICE.x25519_public, ALICE.ed25519_public):
        assert name not in SEALED


def test_the_decoy_looks_like_a_signature_and_differs_each_time() -> None:
    first, second = Randomness.drawn(os.urandom), Randomness.drawn(os.urandom)
    assert first != second
    assert (len(first.ephemeral), len(first.decoy)) == (32, 64)


@pytest.mark.parametrize(
    "recipient", ["", "05", "05" + "0" * 64, "03" + "a" * 64, "05" + "A" * 64, "05" + "a" * 64 + "\n", "bob"]
)
def test_nothing_is_sealed_for_somebody_who_cannot_be(recipient: str) -> None:
    with pytest.raises(BadKey):
        seal(HELLO, ALICE, recipient, CHANCE)


def test_a_message_without_any_time_is_refused() -> None:
    assert why(Content(data=DataMessage(body="when?"))) == "no_time"
    assert why(Content(data=DataMessage(body="when?"), sent_at=LATEST + 1)) == "no_time"


def test_a_thousand_attachments_and_unknown_flags_are_refused_as_in_the_app() -> None:
    files = tuple(Pointer(url=f"http://filev2.getsession.org/file/{number}") for number in range(33))
    assert why(Content(data=DataMessage(attachments=files), sent_at=NOW)) == "attachments"
    assert sent(Content(data=DataMessage(attachments=files[:32]), sent_at=NOW)).content.data is not None
    assert why(Content(data=DataMessage(flags=1), sent_at=NOW)) == "flags"
    timer = sent(Content(data=DataMessage(flags=2), expiry_type=1, expiry_seconds=60, sent_at=NOW)).content.data
    assert timer is not None
    assert timer.changes_timer


def test_only_our_own_copies_count_and_only_with_a_recipient() -> None:
    copy = Content(data=DataMessage(body="hi", sync_target=EVE.session_id), sent_at=NOW)
    assert why(copy) == "foreign_sync_copy"
    assert sent(copy, BOB, BOB).conversation == EVE.session_id
    for target in ("everybody", "../../etc/passwd", "05" + "g" * 64):
        assert why(Content(data=DataMessage(sync_target=target), sent_at=NOW), BOB, BOB) == "sync_target"
    empty = sent(Content(data=DataMessage(body="hi", sync_target=""), sent_at=NOW))
    assert empty.conversation == ALICE.session_id


def test_nobody_takes_back_what_another_one_wrote() -> None:
    assert why(Content(unsend=Unsend(sent_at=NOW, author=BOB.session_id), sent_at=NOW)) == "foreign_unsend"
    assert why(Content(unsend=Unsend(sent_at=NOW), sent_at=NOW)) == "foreign_unsend"
    assert sent(Content(unsend=Unsend(sent_at=NOW, author=ALICE.session_id), sent_at=NOW)).content.unsend


def test_an_invitation_counts_only_with_the_signature_of_the_group() -> None:
    group = AccountKeys(bytes([9]) * 32)
    group_id = "03" + group.ed25519_public.hex()
    good = group.sign(invite_text(BOB.session_id, NOW).encode())

    def invitation(signature: bytes | None, info: InfoChange | None = None) -> Content:
        invite = Invite(group=group_id, name="Room", member_auth=bytes(100), signature=signature)
        return Content(data=DataMessage(group_update=GroupUpdate(invite=invite, info_change=info)), sent_at=NOW)

    assert sent(invitation(good)).content.data is not None
    assert why(invitation(None)) == "forged_update"
    assert why(invitation(good[:-1] + bytes([good[-1] ^ 1]))) == "forged_update"
    assert why(invitation(ALICE.sign(invite_text(BOB.session_id, NOW).encode()))) == "forged_update"
    assert why(invitation(group.sign(invite_text(EVE.session_id, NOW).encode()))) == "forged_update"
    assert why(invitation(good, InfoChange(type=1, name="Mine", signature=good))) == "forged_update"


def test_the_times_outside_and_inside_must_agree() -> None:
    envelope = unwrap(SEALED)
    other = wrap(Envelope(type=ONE_TO_ONE, sent_at=NOW + 1, content=envelope.content))
    with pytest.raises(BadMessage) as refused:
        open_message(other, BOB)
    assert refused.value.code == "times_differ"


def test_a_sender_with_a_weak_key_has_no_name() -> None:
    """A key of small order signs everything; whoever uses it could be anybody."""
    weak = bytes([1, *[0] * 31])
    with pytest.raises(BadKey):
        session_id_of(weak)
    inner = pad(contents.write(HELLO)) + weak + weak + bytes(32)
    sealed = SealedBox(PublicKey(BOB.x25519_public)).encrypt(inner)
    with pytest.raises(BadMessage):
        open_message(wrap(Envelope(type=ONE_TO_ONE, sent_at=NOW, content=sealed)), BOB)


@given(st.lists(st.tuples(st.integers(0, len(SEALED) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_changed_message_is_the_same_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SEALED)
    for place, byte in changes:
        data[place] = byte
    try:
        message = open_message(bytes(data), BOB)
    except BadMessage:
        return
    assert message.content == HELLO
    assert message.sender == ALICE.session_id


@given(st.binary(max_size=400), st.integers(0, 4))
def test_strangers_can_send_any_bytes(data: bytes, layer: int) -> None:
    """At every layer: what is stored, the envelope, what is sealed and truly signed by somebody."""
    if layer == 1:
        data = delimited(2, delimited(3, data))
    elif layer == 2:
        data = wrap(Envelope(type=ONE_TO_ONE, sent_at=NOW, content=data))
    elif layer >= 3:
        signed = (pad(data) if layer == 3 else data) + ALICE.ed25519_public
        inner = signed + ALICE.sign(signed + BOB.x25519_public)
        sealed = SealedBox(PublicKey(BOB.x25519_public)).encrypt(inner)
        data = wrap(Envelope(type=ONE_TO_ONE, sent_at=NOW, content=sealed))
    with suppress(BadMessage):
        assert open_message(data, BOB).sender == ALICE.session_id


def test_the_envelope_survives_without_the_retired_field() -> None:
    bare = ENVELOPE.write(Envelope(type=ONE_TO_ONE, sent_at=NOW, device=None, content=unwrap(SEALED).content))
    assert open_message(delimited(2, delimited(3, bare)), BOB).content == HELLO
