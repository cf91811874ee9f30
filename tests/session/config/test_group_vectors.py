"""What each sort of member sees of a group, from its keys to its members, is what the library shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.session.config.group_info import group_info_of, group_members_of
from migrate.session.config.group_keys import GroupKeys, read_group_keys
from migrate.session.config.hidden import Hidden
from migrate.session.config.namespaces import Namespace
from migrate.session.config.read import Merged, read_group_config
from migrate.session.errors import BadMessage
from migrate.session.group_messages import open_body
from tests.session.config import meaning, vectors
from tests.session.config.vectors import Vector

pytestmark = pytest.mark.samples
WITH_MESSAGES = [name for name in vectors.GROUP if "conflict" not in name]
WITH_INFO = [name for name in vectors.GROUP if name != "group-04-outsider"]


def _keys(vector: Vector, messages: list[Vector] | None = None) -> GroupKeys:
    seed = vector["admin_seed"]
    return read_group_keys(
        vectors.stored(vector["keys_messages"] if messages is None else messages),
        vector["group_id"],
        vectors.keys_of(vector["user"]),
        Hidden(bytes.fromhex(seed)) if seed else None,
    )


def _config(vector: Vector, namespace: Namespace, messages: str) -> Merged:
    return read_group_config(namespace, vectors.stored(vector[messages]), _keys(vector))


@pytest.mark.parametrize("name", vectors.GROUP)
def test_each_keys_message_opens_for_those_it_is_meant_for(samples: Path, name: str) -> None:
    vector = vectors.load(samples, name)
    found: list[Vector] = []
    for one in vector["keys_messages"]:
        keys = _keys(vector, [one])
        entry = {"hash": one["hash"], "found_key": keys.opened == (one["hash"],)}
        found.append(entry | ({"error": "rejected"} if keys.skipped else {}))
    assert found == vector["expected"]["key_load"]


@pytest.mark.parametrize("name", vectors.GROUP)
def test_the_keys_are_those_of_the_library_in_its_order(samples: Path, name: str) -> None:
    vector = vectors.load(samples, name)
    newest_first = [bytes(key.key).hex() for key in reversed(_keys(vector).keys)]
    assert newest_first == vector["expected"]["group_keys_newest_first"]


@pytest.mark.parametrize("turned", [False, True], ids=["as stored", "turned around"])
@pytest.mark.parametrize("name", WITH_INFO)
def test_the_group_is_described_as_the_library_describes_it(samples: Path, name: str, turned: bool) -> None:
    vector = vectors.load(samples, name)
    vector["info_messages"].sort(key=lambda one: one["timestamp"], reverse=turned)
    merged, expected = _config(vector, Namespace.GROUP_INFO, "info_messages"), vector["expected"]["info"]
    assert (merged.accepted, merged.seqno) == (expected["accepted"], expected["seqno"])
    assert vectors.as_json(merged.data) == expected["data"]
    assert meaning.group_info(group_info_of(merged.data)) == expected["logical"]
    there = {(one["hash"], one["data_hex"]) for one in vector["info_messages"]}
    assert len(merged.skipped) == len(there) - merged.accepted


@pytest.mark.parametrize("name", WITH_INFO)
def test_the_members_are_those_of_the_library(samples: Path, name: str) -> None:
    vector = vectors.load(samples, name)
    merged, expected = _config(vector, Namespace.GROUP_MEMBERS, "member_messages"), vector["expected"]["members"]
    assert (merged.accepted, merged.seqno) == (expected["accepted"], expected["seqno"])
    assert vectors.as_json(merged.data) == expected["data"]
    assert [meaning.group_member(one) for one in group_members_of(merged.data)] == expected["logical"]["members"]


def test_an_outsider_learns_nothing(samples: Path) -> None:
    vector = vectors.load(samples, "group-04-outsider")
    for namespace, messages in ((Namespace.GROUP_INFO, "info_messages"), (Namespace.GROUP_MEMBERS, "member_messages")):
        merged = _config(vector, namespace, messages)
        assert (merged.data, merged.accepted) == ({}, 0)
        assert {one.code for one in merged.skipped} == {"decrypt"}


def test_what_was_not_signed_by_the_group_is_named_so(samples: Path) -> None:
    vector = vectors.load(samples, "group-10-forged")
    merged = _config(vector, Namespace.GROUP_INFO, "info_messages")
    assert [one.code for one in merged.skipped] == ["signature", "signature"]
    assert [one.code for one in _keys(vector).skipped] == ["signature"]


@pytest.mark.parametrize("name", WITH_MESSAGES)
def test_each_message_in_a_group_opens_or_says_why_not(samples: Path, name: str) -> None:
    vector = vectors.load(samples, name)
    keys = [bytes(key.key) for key in reversed(_keys(vector).keys)]
    for message, expected in zip(vector["group_messages"], vector["expected"]["group_messages"], strict=True):
        assert message["hash"] == expected["hash"]
        if expected["ok"]:
            sender, _, plain = open_body(bytes.fromhex(message["data_hex"]), vector["group_id"], keys)
            assert (sender, plain.hex()) == (expected["sender"], expected["plaintext_hex"])
        else:
            with pytest.raises(BadMessage) as refused:
                open_body(bytes.fromhex(message["data_hex"]), vector["group_id"], keys)
            assert refused.value.code == expected["error"]
