"""The made-up account on the stand-in is one that a client would take for real, and holds exactly what it says."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from migrate.demo.online import Size, Told, populate
from migrate.session.account import AccountSettings, read_account, read_group
from migrate.session.attachments import open_file, parse_url
from migrate.session.avatars import open_avatar
from migrate.session.envelope import Incoming, open_message
from migrate.session.group_messages import open_in_group
from migrate.session.keys import AccountKeys
from migrate.session.receive import Received
from migrate.session.signers import MemberSigner
from migrate.session.storage import MESSAGE_BYTES
from migrate.standin.network import StandIn
from tests.standin.clients import NOW

KEYS = AccountKeys(b"a made-up account".ljust(32, b"\0"))
SIZE = Size(contacts=40, groups=4, communities=3, messages=400)


def lying(network: StandIn, pubkey: str) -> list[Received]:
    shelf = network.shelves.of(pubkey, NOW).values()
    return [Received(pubkey, one.namespace, one.hash, one.timestamp, one.expiry, one.data) for one in shelf]


@pytest.fixture(scope="module")
def made() -> Iterator[tuple[StandIn, Told]]:
    with StandIn(lambda: NOW, Random(7).randbytes) as network:
        yield network, populate(network, KEYS, SIZE, Random(3), NOW)


@pytest.fixture(scope="module")
def account(made: tuple[StandIn, Told]) -> AccountSettings:
    return read_account(KEYS, lying(made[0], KEYS.session_id))


def opened(network: StandIn, account: AccountSettings) -> Iterator[Incoming]:
    """Every message that a client of the account can open."""
    for one in lying(network, KEYS.session_id):
        if one.namespace == 0:
            yield open_message(one.data, KEYS)
    for entry in account.groups:
        inside = lying(network, entry.id)
        keys = read_group(entry, KEYS, inside).message_keys
        yield from (open_in_group(one.data, entry.id, keys, KEYS) for one in inside if one.namespace == 11)


def test_the_address_book_holds_everybody(made: tuple[StandIn, Told], account: AccountSettings) -> None:
    network, told = made
    assert not account.skipped
    assert len(told.contacts) == SIZE.contacts
    found = {one.id: (one.name, one.nickname, one.approved, one.approved_me, one.blocked) for one in account.contacts}
    assert found == {
        id: (one.name, one.nickname, one.approved, one.approved_me, one.blocked) for id, one in told.contacts.items()
    }
    assert {f"{one.server}/{one.room}": one.server_key for one in account.communities} == told.communities
    assert {one.id: one.name for one in account.legacy_groups} == told.legacy_groups
    assert account.profile.name == told.name
    assert {one.id for one in account.conversations} == {one.conversation for one in told.messages}
    for contact in account.contacts:
        picture = contact.picture
        blob = network.file_server.files[parse_url(picture.url).id] if picture else b""
        image = open_avatar(picture.url, bytes(picture.key), blob) if picture else None
        assert (hashlib.sha256(image).hexdigest() if image else None) == told.contacts[contact.id].avatar


def test_the_account_is_in_its_groups_and_out_of_one(made: tuple[StandIn, Told], account: AccountSettings) -> None:
    network, told = made
    groups = [read_group(entry, KEYS, lying(network, entry.id)) for entry in account.groups if entry.can_ask]
    assert {one.entry.id: (one.info.name, len(one.members), one.keys.admin) for one in groups} == {
        id: (one.name, len(one.members), one.ours) for id, one in told.groups.items()
    }
    assert {entry.id: entry.name for entry in account.groups if not entry.can_ask} == told.removed
    assert all(len(one.keys.keys) == 2 and not one.skipped for one in groups)
    signers = [one.signer for one in groups if isinstance(one.signer, MemberSigner)]
    assert signers
    assert all(signer.is_vouched() for signer in signers)


def test_every_message_lies_there_as_often_as_it_was_stored(
    made: tuple[StandIn, Told], account: AccountSettings
) -> None:
    network, told = made
    visible = [one for one in opened(network, account) if one.content.data and not one.content.data.reaction]
    spoken = [one for one in visible if one.content.data and not one.content.data.group_update]
    assert len(spoken) == len(told.messages) + len(told.unwanted) + told.doubles
    assert {(one.conversation, one.sender, one.sent_at) for one in spoken} == {
        (one.conversation, one.sender, one.sent_at) for one in [*told.messages, *told.unwanted]
    }
    bodies = Counter((one.content.data.body or "") for one in spoken if one.content.data)
    assert bodies.keys() == {one.body for one in [*told.messages, *told.unwanted]}
    assert SIZE.messages <= len(told.messages) + len(told.unwanted) <= SIZE.messages + 1
    assert told.doubles
    assert told.unwanted
    assert any(one.taken_back for one in told.messages)
    assert any(one.answers for one in told.messages)
    assert any(one.changes_timer for one in told.messages)


def test_reactions_that_were_not_taken_away_are_told(made: tuple[StandIn, Told], account: AccountSettings) -> None:
    network, told = made
    found: set[tuple[str, int, str, str]] = set()
    for one in sorted(opened(network, account), key=lambda one: one.sent_at):
        reaction = one.content.data.reaction if one.content.data else None
        if reaction is not None:
            mark = (reaction.author or "", reaction.sent_at or 0, reaction.emoji or "", one.sender)
            (found.discard if reaction.removes else found.add)(mark)
    assert found == {
        (one.sender, one.sent_at, emoji, by) for one in [*told.messages, *told.unwanted] for emoji, by in one.reactions
    }


def test_files_open_in_both_ways_and_some_are_gone(made: tuple[StandIn, Told], account: AccountSettings) -> None:
    network, told = made
    found, gone, ways = set(), 0, set()
    for one in opened(network, account):
        for pointer in one.content.data.attachments if one.content.data else ():
            url = parse_url(pointer.url)
            if (blob := network.file_server.files.get(url.id)) is None:
                gone += 1
                continue
            ways.add(url.deterministic)
            found.add(hashlib.sha256(open_file(pointer, blob)).hexdigest())
    everything = [*told.messages, *told.unwanted]
    assert found == {file for one in everything for file in one.files}
    assert gone == sum(one.lost_files for one in everything) > 0
    assert ways == {True, False}


def test_no_node_would_have_refused_any_of_it(made: tuple[StandIn, Told]) -> None:
    network, told = made
    shelves = [one for shelf in network.shelves.accounts.values() for one in shelf.values()]
    assert len(shelves) == told.stored
    assert max(len(one.data) for one in shelves) <= MESSAGE_BYTES
    assert all(one.timestamp < NOW < one.expiry <= one.timestamp + 30 * 86_400_000 for one in shelves)


def test_the_same_chance_makes_the_same_account(made: tuple[StandIn, Told]) -> None:
    network, told = made
    with StandIn(lambda: NOW, Random(7).randbytes) as again:
        assert populate(again, KEYS, SIZE, Random(3), NOW) == told
        assert again.stored() == network.stored()
        assert again.file_server.files == network.file_server.files
