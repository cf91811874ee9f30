"""An account's settings and groups, written as devices do and read back from what lies on nodes."""

from __future__ import annotations

import pytest

from migrate.session.account import group_signer, read_account, read_group
from migrate.session.config.group_keys import GroupKey
from migrate.session.config.group_writing import group_id_of, write_group_config, write_group_key
from migrate.session.config.groups_joined import GroupEntry, Standing
from migrate.session.config.hidden import Hidden
from migrate.session.config.namespaces import Namespace
from migrate.session.config.writing import write_config
from migrate.session.keys import AccountKeys, BadKey, group_key_of
from migrate.session.receive import Received
from migrate.session.signers import AdminSigner, MemberSigner
from migrate.session.storage import hash_of

ME, ANN, GROUP = (AccountKeys(bytes([number]) * 32) for number in (1, 2, 3))
GROUP_ID = group_id_of(GROUP)
KEY = b"k" * 32


def lying(pubkey: str, namespace: int, data: bytes) -> Received:
    return Received(pubkey, namespace, hash_of(pubkey, namespace, data), 1_000, None, data)


def mine(namespace: Namespace, data: dict[bytes, object]) -> Received:
    return lying(ME.session_id, namespace, write_config(namespace, data, ME))  # type: ignore[arg-type]  # a tree


def its(namespace: Namespace, data: dict[bytes, object]) -> Received:
    return lying(GROUP_ID, namespace, write_group_config(namespace, data, GROUP, KEY))  # type: ignore[arg-type]


def group_key() -> Received:
    key = GroupKey(generation=1, timestamp=5, key=Hidden(KEY))
    written = write_group_key(key, GROUP, [ME.session_id], bytes(24), lambda size: b"j" * size)
    return lying(GROUP_ID, Namespace.GROUP_KEYS, written)


def test_settings_of_every_kind_are_there_and_a_stranger_s_bytes_cost_nothing() -> None:
    ann = bytes.fromhex(ANN.session_id)
    settings = read_account(
        ME,
        [
            mine(Namespace.PROFILE, {b"n": b"Me"}),
            mine(Namespace.CONTACTS, {b"c": {ann: {b"n": b"Ann", b"a": 1, b"b": 1}}}),
            mine(Namespace.CONVERSATIONS, {b"1": {ann: {b"r": 5}}}),
            mine(
                Namespace.GROUPS_JOINED, {b"o": {b"https://a.example": {b"#": KEY, b"R": {b"hall": {b"n": b"Hall"}}}}}
            ),
            lying(ME.session_id, Namespace.CONTACTS, b"garbage"),
            lying(ME.session_id, Namespace.MESSAGES, b"a message"),
        ],
    )
    assert settings.profile.name == "Me"
    assert [(one.id, one.name) for one in settings.contacts] == [(ANN.session_id, "Ann")]
    assert settings.by_id[ANN.session_id].approved
    assert settings.blocked == {ANN.session_id}
    assert [one.last_read for one in settings.conversations] == [5]
    assert [one.link for one in settings.communities] == [f"https://a.example/Hall?public_key={KEY.hex()}"]
    assert settings.found == {Namespace.PROFILE, Namespace.CONTACTS, Namespace.CONVERSATIONS, Namespace.GROUPS_JOINED}
    assert {one: [skipped.code for skipped in why] for one, why in settings.skipped.items()} == {
        Namespace.CONTACTS: ["decrypt"]
    }


def test_an_account_without_settings_is_told_from_one_with_damaged_settings() -> None:
    assert read_account(ME, []).found == frozenset()
    assert read_account(ME, []).skipped == {}
    damaged = read_account(ME, [lying(ME.session_id, Namespace.PROFILE, b"garbage")])
    assert (damaged.found, [*damaged.skipped]) == (frozenset(), [Namespace.PROFILE])


def test_a_member_reads_a_group_and_a_stranger_does_not() -> None:
    stored = [
        its(Namespace.GROUP_MEMBERS, {b"m": {bytes.fromhex(ANN.session_id): {b"n": b"Ann", b"A": 1}}}),
        its(Namespace.GROUP_INFO, {b"n": b"Book club"}),
        group_key(),
    ]
    entry = GroupEntry(id=GROUP_ID, auth_data=Hidden(b"\x03\x03\0\0\x05" + bytes(95)))
    group = read_group(entry, ME, stored)
    assert (group.info.name, [one.name for one in group.members]) == ("Book club", ["Ann"])
    assert group.message_keys == (KEY,)
    assert isinstance(group.signer, MemberSigner)
    assert group.found == {Namespace.GROUP_KEYS, Namespace.GROUP_INFO, Namespace.GROUP_MEMBERS}
    stranger = read_group(entry, ANN, stored)
    assert (stranger.info.name, stranger.message_keys, stranger.found) == (None, (), frozenset())
    assert {one: why[0].code for one, why in stranger.skipped.items()} == {
        Namespace.GROUP_INFO: "decrypt", Namespace.GROUP_MEMBERS: "decrypt",
    }  # fmt: skip


def test_who_asks_for_a_group() -> None:
    seed = Hidden(bytes([3]) * 32)
    admin = group_signer(GroupEntry(id=GROUP_ID, admin_seed=seed), ME)
    assert isinstance(admin, AdminSigner)
    assert admin.pubkey == GROUP_ID
    assert group_signer(GroupEntry(id=GROUP_ID), ME) is None
    assert group_signer(GroupEntry(id=GROUP_ID, admin_seed=seed, standing=Standing.REMOVED), ME) is None
    of_another_kind = GroupEntry(id=GROUP_ID, auth_data=Hidden(b"\x05" + bytes(99)))
    assert group_signer(of_another_kind, ME) is None
    assert read_group(of_another_kind, ME, []).signer is None


@pytest.mark.parametrize("id", ["03" + "ff" * 32, "05" + "ab" * 32, "03", "03" + "zz" * 32])
def test_what_is_no_group_has_no_key_and_nothing_to_read(id: str) -> None:
    with pytest.raises(BadKey):
        group_key_of(id)
    group = read_group(GroupEntry(id=id), ME, [])
    assert (group.message_keys, group.signer) == ((), None)
