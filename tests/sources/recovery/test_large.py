"""A large account on nodes that order it differently and lose every fiftieth request: all of it comes, once."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from migrate.archive.read import Archive
from migrate.demo.online import Size, populate
from migrate.model import ConversationKind
from migrate.standin.network import StandIn
from tests.sources.recovery.restored import CHANGES, KEYS, NOW, messages_in, restore

NODES = 9
ASKED_PER_GROUP_AND_NODE = 2  # its keys first, then what they open
A_FEW = 40  # seeds, swarms, what is asked again because nobody answered


@pytest.mark.parametrize(
    "size",
    [
        Size(contacts=60, groups=6, communities=3, messages=600),
        pytest.param(Size(contacts=300, groups=20, communities=8, messages=5_000), marks=pytest.mark.long),
    ],
    ids=["600 messages", "5,000 messages"],
)
def test_everything_is_there_once_in_a_bounded_number_of_requests(size: Size, tmp_path: Path) -> None:
    with StandIn(lambda: NOW, Random(7).randbytes, nodes=NODES) as network:
        told = populate(network, KEYS, size, Random(3), NOW)
        network.faults.drop_every = 50
        restored = restore(network, tmp_path / "archive", tmp_path / "spool.sqlite")
        asked = [seen for seen in network.requests if not seen.depth and seen.where != "seed"]
        changed = [seen for seen in network.requests if any(method in seen.what for method in CHANGES)]

    found = Counter((one.conversation, one.sender, one.sent_at) for one in messages_in(tmp_path / "archive"))
    assert found == Counter((one.conversation, one.sender, one.sent_at) for one in told.messages)
    with Archive.at(tmp_path / "archive") as archive:
        assert {one.id for one in archive.contacts()} >= told.contacts.keys()
        kinds = Counter(one.kind for one in archive.conversations())
    assert (len(told.contacts), len(told.groups), len(told.communities)) == (
        size.contacts, size.groups, size.communities
    )  # fmt: skip
    assert kinds[ConversationKind.GROUP] == size.groups + len(told.removed)
    assert kinds[ConversationKind.COMMUNITY] == size.communities
    assert not changed

    files = len(told.files) + sum(one.lost_files for one in told.messages)
    pictures = sum(one.avatar is not None for one in told.contacts.values()) + len(told.groups) + 1
    lookups = 1 + size.groups
    reading = NODES * (2 + size.groups * ASKED_PER_GROUP_AND_NODE)
    bound = (files + pictures + lookups + reading) * 1.2 + A_FEW
    sys.stdout.write(
        f"{len(told.messages):,} messages in {len(asked):,} requests, {len(asked) * 1_000 / len(told.messages):.0f} for"
        f" each thousand; {files + pictures:,} of them files and pictures; at most {bound:.0f} allowed\n"
    )
    assert len(asked) <= bound
    assert restored.report.ok or restored.fetched.losses == []
