"""A made-up group is one that its members, admins and strangers see as they would see a real one."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from migrate.session.config.bencode import Reader
from migrate.session.config.group_info import group_info_of, group_members_of
from migrate.session.config.group_keys import GroupKey, read_group_keys
from migrate.session.config.group_writing import group_id_of, write_group_config, write_group_key, write_past_keys
from migrate.session.config.hidden import Hidden
from migrate.session.config.message import Tree
from migrate.session.config.namespaces import Namespace
from migrate.session.config.read import read_group_config
from migrate.session.config.stored import StoredMessage
from migrate.session.keys import AccountKeys, BadKey
from tests.session.config import vectors
from tests.session.config.devices import stored

SEED = Hidden(b"group".ljust(32, b"\1"))
GROUP = AccountKeys(bytes(SEED))
ID = group_id_of(GROUP)
ANNA, BEN, STRANGER = (AccountKeys(name.ljust(32, b"\0")) for name in (b"anna", b"ben", b"stranger"))
FIRST = GroupKey(generation=0, timestamp=1_000, key=Hidden(b"1" * 32))
SECOND = GroupKey(generation=1, timestamp=2_000, key=Hidden(b"2" * 32))
NONCE = b"n" * 24
MEMBERS: Tree = {
    b"m": {
        bytes.fromhex(ANNA.session_id): {b"A": 1, b"I": 1, b"n": b"Anna", b"s": 1},
        bytes.fromhex(BEN.session_id): {b"I": 2, b"n": b"Ben", b"s": 1},
        bytes.fromhex(STRANGER.session_id): {b"I": 99, b"R": 99},
    }
}


def at(key: GroupKey, data: bytes) -> StoredMessage:
    return StoredMessage(hash=f"generation {key.generation}", timestamp=key.timestamp, data=data)


def handed_out(key: GroupKey, *members: AccountKeys) -> StoredMessage:
    people = [member.session_id for member in members]
    return at(key, write_group_key(key, GROUP, people, NONCE, random.Random(7).randbytes))


HANDED = [handed_out(SECOND, ANNA, BEN), handed_out(FIRST, ANNA)]


def test_each_member_opens_the_keys_that_were_handed_to_them_and_an_admin_all() -> None:
    assert read_group_keys(HANDED, ID, ANNA).keys == (FIRST, SECOND)
    assert read_group_keys(HANDED, ID, BEN).keys == (SECOND,)
    assert read_group_keys(HANDED, ID, STRANGER, SEED).keys == (FIRST, SECOND)
    outside = read_group_keys(HANDED, ID, STRANGER)
    assert (outside.keys, outside.opened, outside.skipped) == ((), (), ())


def test_nobody_can_count_the_members() -> None:
    copies = {key: value for _, key, value in Reader(HANDED[0].data).items()}[b"k"]
    assert isinstance(copies, list)
    assert len(copies) == 75
    assert copies == sorted(copies)  # type: ignore[type-var]


def test_past_keys_open_for_the_one_who_joined_later_only() -> None:
    past = stored(write_past_keys([FIRST, SECOND], GROUP, [BEN.session_id], NONCE))
    assert read_group_keys([past], ID, BEN).keys == (FIRST, SECOND)
    assert read_group_keys([past], ID, ANNA).keys == ()
    assert read_group_keys([past, *HANDED], ID, BEN).keys == (FIRST, SECOND)


def test_a_group_is_read_as_it_was_written() -> None:
    group = read_group_keys(HANDED, ID, BEN)
    written = write_group_config(Namespace.GROUP_INFO, {b"n": b"Climbers", b"!": 1}, GROUP, b"2" * 32)
    found = group_info_of(read_group_config(Namespace.GROUP_INFO, [stored(written)], group).data)
    assert (found.name, found.destroyed) == ("Climbers", True)


def test_who_belongs_to_a_group_is_seen() -> None:
    group = read_group_keys(HANDED, ID, ANNA)
    written = write_group_config(Namespace.GROUP_MEMBERS, MEMBERS, GROUP, b"1" * 32)
    found = group_members_of(read_group_config(Namespace.GROUP_MEMBERS, [stored(written)], group).data)
    by_id = {one.id: one for one in found}
    assert [one for one in by_id if by_id[one].belongs] == [ANNA.session_id]
    assert (by_id[ANNA.session_id].with_past_keys, by_id[BEN.session_id].with_past_keys) == (False, True)


def test_what_a_member_writes_in_the_name_of_the_group_is_refused() -> None:
    group = read_group_keys(HANDED, ID, BEN)
    forged = write_group_config(Namespace.GROUP_INFO, {b"n": b"Mine now"}, BEN, b"2" * 32)
    assert [one.code for one in read_group_config(Namespace.GROUP_INFO, [stored(forged)], group).skipped] == [
        "signature"
    ]
    keys = at(SECOND, write_group_key(SECOND, BEN, [ANNA.session_id], NONCE, bytes))
    assert [one.code for one in read_group_keys([keys], ID, ANNA).skipped] == ["signature"]


@pytest.mark.parametrize(
    "group", ["", "03", ID[2:], "05" + ID[2:], ID[:-1], "03" + "zz" * 32, ID[:-2] + " ", "03" + "00" * 32]
)
def test_what_is_no_group_is_refused(group: str) -> None:
    with pytest.raises(BadKey):
        read_group_keys([], group, ANNA)


def test_the_seed_of_another_group_makes_nobody_an_admin() -> None:
    with pytest.raises(BadKey):
        read_group_keys([], ID, ANNA, Hidden(b"x" * 32))


def test_keys_are_not_shown() -> None:
    assert "1" * 32 not in repr(read_group_keys(HANDED, ID, ANNA))
    with pytest.raises(TypeError):
        SEED.__reduce__()


@pytest.mark.samples
def test_the_group_of_the_library_is_written_as_the_library_writes_it(samples: Path) -> None:
    vector = vectors.load(samples, "group-01-admin-view")
    group, user = AccountKeys(bytes.fromhex(vector["admin_seed"])), vectors.keys_of(vector["user"])
    keys_messages = vectors.stored(vector["keys_messages"])
    keys = read_group_keys(keys_messages, vector["group_id"], user, Hidden(bytes.fromhex(vector["admin_seed"])))
    assert group_id_of(group) == keys.group_id
    late_member = vectors.load(samples, "group-02-member-view")["user"]["session_id"]
    for message, key in zip(keys_messages, keys.keys, strict=True):
        fields = {name: value for _, name, value in Reader(message.data).items()}
        nonce, copies = fields[b"#"], fields[b"k"]
        assert isinstance(nonce, bytes)
        assert isinstance(copies, list)
        written = write_group_key(key, group, [late_member], nonce, bytes)
        again = {name: value for _, name, value in Reader(written).items()}
        assert isinstance(again[b"k"], list)
        assert (again[b"k"][-1] in copies) is (key.generation == keys.keys[-1].generation), "joined with the newest key"
        assert {name: again[name] for name in (b"#", b"G", b"K")} == {name: fields[name] for name in (b"#", b"G", b"K")}
