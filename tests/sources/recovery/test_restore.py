"""A whole account comes back from the network, once, and nothing on the network is changed by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from migrate.archive.read import Archive
from migrate.demo.online import Told
from migrate.errors import ArchiveError
from migrate.model import AttachmentState, ConversationKind, Direction, MessageKind, Relation
from migrate.network.errors import FileGone
from migrate.session.account import group_signer, read_account
from migrate.session.content import READ, Content, Receipt, Unsend
from migrate.session.envelope import Randomness, seal
from migrate.session.errors import NoAnswer
from migrate.session.keys import AccountKeys
from migrate.session.signers import MemberSigner
from migrate.sources.recovery.spool import Spool
from migrate.standin.network import StandIn
from migrate.standin.shelves import Stored, hash_of
from tests.sources.recovery.restored import CHANGES, KEYS, NOW, Killed, Restored, lively, messages_in, restore


@pytest.fixture(scope="module")
def account() -> Iterator[tuple[StandIn, Told]]:
    with lively() as there:
        yield there


@pytest.fixture
def network(account: tuple[StandIn, Told]) -> Iterator[StandIn]:
    yield account[0]
    account[0].faults.down.clear()
    account[0].faults.seeds_down = False
    account[0].faults.drop_every = 0


@pytest.fixture(scope="module")
def told(account: tuple[StandIn, Told]) -> Told:
    return account[1]


@pytest.fixture(scope="module")
def archive(account: tuple[StandIn, Told], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Restored]:
    folder = tmp_path_factory.mktemp("restored")
    account[0].requests.clear()
    return folder / "archive", restore(account[0], folder / "archive", folder / "spool.sqlite")


def test_every_message_is_there_once_on_its_side_with_all_that_was_said_about_it(
    archive: tuple[Path, Restored], told: Told
) -> None:
    found = {(one.conversation, one.sender, one.sent_at): one for one in messages_in(archive[0])}
    assert found.keys() == {(one.conversation, one.sender, one.sent_at) for one in told.messages}
    assert len(messages_in(archive[0])) == len(told.messages)
    for said in told.messages:
        one = found[said.conversation, said.sender, said.sent_at]
        assert one.direction is (Direction.OUT if said.sender == KEYS.session_id else Direction.IN)
        assert one.kind is (MessageKind.TIMER if said.changes_timer else MessageKind.TEXT)
        assert one.deleted == said.taken_back
        if not said.taken_back:
            assert one.body == (said.body or None)
            assert {(r.emoji, by) for r in one.reactions for by in r.by} == said.reactions
            kept = tuple(a.sha256 for a in one.attachments if a.state is AttachmentState.KEPT)
            assert kept == said.files
        if said.answers:
            assert one.quote is not None
            assert (one.quote.author, one.quote.sent_at) == said.answers
            assert one.quote.message is not None
        if said.expires_after and not said.changes_timer:
            assert one.expires is not None
            assert (one.expires.type, one.expires.seconds) == ("after_send", said.expires_after)


def test_people_are_there_by_their_names_with_their_pictures(archive: tuple[Path, Restored], told: Told) -> None:
    with Archive.at(archive[0]) as opened:
        people = {contact.id: contact for contact in opened.contacts()}
        owner = opened.account()
    assert (owner.id, owner.name, owner.avatar) == (KEYS.session_id, told.name, told.avatar)
    for id, known in told.contacts.items():
        if id != KEYS.session_id:
            one = people[id]
            assert (one.name, one.nickname, one.blocked) == (known.name, known.nickname, known.blocked)
            assert (one.approved, one.approved_me) == (known.approved, known.approved_me)
            assert one.avatar == known.avatar


def test_groups_communities_and_old_groups_are_there(archive: tuple[Path, Restored], told: Told) -> None:
    with Archive.at(archive[0]) as opened:
        places = {conversation.id: conversation for conversation in opened.conversations()}
    for id, joined in told.groups.items():
        assert (places[id].kind, places[id].title) == (ConversationKind.GROUP, joined.name)
        assert set(places[id].members) == set(joined.members)
        assert set(places[id].admins) == set(joined.admins)
        assert "kicked" not in (places[id].details or {})
    for id, key in told.communities.items():
        assert places[id].kind is ConversationKind.COMMUNITY
        assert (places[id].details or {})["server_public_key"] == key
    for id, name in told.legacy_groups.items():
        assert (places[id].kind, places[id].title) == (ConversationKind.LEGACY_GROUP, name)
    for id, name in told.removed.items():
        assert (places[id].title, (places[id].details or {})["kicked"]) == (name, True)
    assert places[KEYS.session_id].kind is ConversationKind.NOTE_TO_SELF


def test_what_was_left_out_is_said_in_words(archive: tuple[Path, Restored], told: Told) -> None:
    losses = {loss.kind: loss for loss in archive[1].report.losses if loss.severity == "gap"}
    assert f"{len(told.unwanted)} messages of somebody who is blocked" in losses["blocked"].reason
    assert losses["group"].name in told.removed.values()
    assert not {one.sender for one in told.unwanted} & {one.sender for one in messages_in(archive[0])}
    assert any("communities" in warning for warning in archive[1].report.warnings)


def test_nothing_on_the_network_is_changed(archive: tuple[Path, Restored], account: tuple[StandIn, Told]) -> None:
    asked = {word for seen in account[0].requests for word in seen.what.replace("(", " ").replace(",", " ").split()}
    assert any("retrieve" in word for word in asked)
    assert not {word.strip(")") for word in asked} & CHANGES


def test_every_node_of_the_swarm_is_asked(network: StandIn, tmp_path: Path) -> None:
    done = restore(network, tmp_path / "a", tmp_path / "s")
    assert done.fetched.nodes == 3 * len(network.nodes)


def test_a_second_run_brings_nothing_twice_and_fetches_no_file_again(network: StandIn, tmp_path: Path) -> None:
    first = restore(network, tmp_path / "a", tmp_path / "s")
    network.requests.clear()
    again = restore(network, tmp_path / "a", tmp_path / "s")
    assert first.report.new_messages == len(messages_in(tmp_path / "a"))
    assert (again.fetched.new, again.report.new_messages, again.report.updated_messages) == (0, 0, 0)
    assert not [seen for seen in network.requests if seen.what == "lsrpc"]


def test_without_its_spool_the_next_run_finds_the_same(network: StandIn, tmp_path: Path) -> None:
    restore(network, tmp_path / "a", tmp_path / "s")
    before = messages_in(tmp_path / "a")
    again = restore(network, tmp_path / "a", tmp_path / "other")
    assert (again.report.new_messages, again.report.updated_messages) == (0, 0)
    assert messages_in(tmp_path / "a") == before


def test_half_of_the_nodes_may_be_gone(network: StandIn, told: Told, tmp_path: Path) -> None:
    network.faults.down.update({0, 1, 2})
    done = restore(network, tmp_path / "a", tmp_path / "s")
    assert len(messages_in(tmp_path / "a")) == len(told.messages)
    assert not [loss for loss in done.report.losses if loss.kind == "network"]


@pytest.mark.parametrize("after", [0, 1, 5, 20])
def test_killed_while_files_come_the_next_run_goes_on(network: StandIn, told: Told, tmp_path: Path, after: int) -> None:
    asked: list[str] = []

    def download(url: str) -> bytes:
        asked.append(url)
        if len(asked) > after:
            raise Killed
        raise FileGone

    with pytest.raises(Killed):
        restore(network, tmp_path / "a", tmp_path / "s", download=download)
    (tmp_path / "s").unlink()  # what is gone would be remembered, and it was only said to be
    done = restore(network, tmp_path / "a", tmp_path / "s")
    assert len(messages_in(tmp_path / "a")) == len(told.messages)
    kept = {a.sha256 for one in messages_in(tmp_path / "a") for a in one.attachments if a.sha256}
    assert kept == {file for one in told.messages if not one.taken_back for file in one.files}
    assert done.report.ok


@pytest.mark.parametrize("places", [0, 1, 2])
def test_killed_while_nodes_are_asked_nothing_is_half_there_and_the_next_run_goes_on(
    network: StandIn, told: Told, tmp_path: Path, places: int
) -> None:
    with pytest.raises(Killed):
        restore(network, tmp_path / "a", tmp_path / "s", stop_after=places)
    assert not (tmp_path / "a").exists()
    done = restore(network, tmp_path / "a", tmp_path / "s")
    assert len(messages_in(tmp_path / "a")) == len(told.messages)
    assert done.report.ok


def test_requests_that_go_astray_cost_time_and_no_message(network: StandIn, told: Told, tmp_path: Path) -> None:
    network.faults.drop_every = 17
    done = restore(network, tmp_path / "a", tmp_path / "s")
    assert len(messages_in(tmp_path / "a")) == len(told.messages)
    assert not [loss for loss in done.report.losses if loss.kind == "network"]


def test_files_that_are_gone_are_named_and_never_asked_for_again(network: StandIn, tmp_path: Path) -> None:
    asked: list[str] = []

    def download(url: str) -> bytes:
        asked.append(url)
        raise FileGone

    first = restore(network, tmp_path / "a", tmp_path / "s", download=download)
    assert not first.report.ok
    lost = [loss for loss in first.report.losses if loss.kind == "attachment"]
    assert {loss.reason for loss in lost} == {"The file server no longer has it: it keeps files for about two weeks."}
    assert all(loss.name for loss in lost)
    assert {a.state for one in messages_in(tmp_path / "a") for a in one.attachments} == {AttachmentState.MISSING}
    count = len(asked)
    restore(network, tmp_path / "a", tmp_path / "s", download=download)
    assert len(asked) == count == len({url.partition("#")[0] for url in asked})


def test_a_silent_file_server_costs_only_files_and_is_asked_again_next_time(network: StandIn, tmp_path: Path) -> None:
    def silent(url: str) -> bytes:
        raise NoAnswer("nobody")

    first = restore(network, tmp_path / "a", tmp_path / "s", download=silent)
    assert not first.report.ok
    again = restore(network, tmp_path / "a", tmp_path / "s")
    assert again.report.ok
    assert again.report.new_files > 0
    assert {a.state for one in messages_in(tmp_path / "a") for a in one.attachments} == {AttachmentState.KEPT}


def test_an_archive_of_somebody_else_is_left_alone(network: StandIn, tmp_path: Path) -> None:
    restore(network, tmp_path / "a", tmp_path / "s")
    before = (tmp_path / "a" / "archive.sqlite").read_bytes()
    with pytest.raises(ArchiveError, match="another account"):
        restore(network, tmp_path / "a", tmp_path / "other", keys=AccountKeys(b"o" * 32))
    assert (tmp_path / "a" / "archive.sqlite").read_bytes() == before


def test_an_account_that_nobody_used_is_not_called_wrong(network: StandIn, tmp_path: Path) -> None:
    done = restore(network, tmp_path / "a", tmp_path / "s", keys=AccountKeys(b"n" * 32))
    (warning,) = done.report.warnings
    assert "may be new" in warning
    assert "30 days" in warning
    assert "another account" in warning
    assert done.report.ok


def test_a_network_that_cannot_be_reached_costs_nothing_that_is_there(network: StandIn, tmp_path: Path) -> None:
    restore(network, tmp_path / "a", tmp_path / "s")
    before = messages_in(tmp_path / "a")
    network.faults.down.update(range(9))
    network.faults.seeds_down = True
    with pytest.raises(NoAnswer):
        restore(network, tmp_path / "a", tmp_path / "s")
    assert messages_in(tmp_path / "a") == before


def test_somebody_known_from_a_group_only_is_no_contact(archive: tuple[Path, Restored], told: Told) -> None:
    with Archive.at(archive[0]) as opened:
        people = {contact.id: contact for contact in opened.contacts()}
    members = {id for joined in told.groups.values() for id in joined.members}
    only_there = members - told.contacts.keys() - {KEYS.session_id}
    assert only_there <= people.keys()
    assert all(people[id].relation is Relation.ACQUAINTANCE and people[id].name for id in only_there)


def _kicked(folder: Path) -> set[str]:
    with Archive.at(folder) as archive:
        return {one.id for one in archive.conversations() if (one.details or {}).get("kicked")}


def test_a_group_that_no_longer_lets_us_in_is_said_to_have_removed_us_and_costs_nothing_else(tmp_path: Path) -> None:
    with lively() as (network, told):
        before = restore(network, tmp_path / "before", tmp_path / "before.sqlite")
        assert before.fetched.removed_from == set()
        with Spool(tmp_path / "before.sqlite") as spool:
            settings = read_account(KEYS, spool.settings(KEYS.session_id))
        signers = [signer for entry in settings.groups if isinstance(signer := group_signer(entry, KEYS), MemberSigner)]
        gone = signers[0]
        network.shelves.revoked.setdefault(gone.pubkey, set()).add(gone.token)
        after = restore(network, tmp_path / "after", tmp_path / "after.sqlite")
    assert after.fetched.removed_from == {gone.pubkey}
    assert _kicked(tmp_path / "after") - _kicked(tmp_path / "before") == {gone.pubkey}
    found = {(one.conversation, one.sender, one.sent_at) for one in messages_in(tmp_path / "after")}
    kept = [one for one in told.messages if one.conversation != gone.pubkey]
    assert kept
    assert {(one.conversation, one.sender, one.sent_at) for one in kept} <= found


def test_what_was_said_about_forgotten_messages_is_named_and_not_dropped(tmp_path: Path) -> None:
    """A deletion and a receipt whose messages the network no longer has."""
    friend = AccountKeys(b"friend".ljust(32, b"\0"))
    told = [
        Content(unsend=Unsend(sent_at=NOW - 20 * 86_400_000, author=friend.session_id), sent_at=NOW - 5000),
        Content(receipt=Receipt(type=READ, sent_at=(NOW - 19 * 86_400_000,)), sent_at=NOW - 4000),
    ]
    with StandIn(lambda: NOW, Random(7).randbytes, nodes=9) as network:
        for content in told:
            data = seal(content, friend, KEYS.session_id, Randomness.drawn(Random(content.sent_at).randbytes))
            stored = Stored(hash_of(KEYS.session_id, 0, data), 0, data, content.sent_at or NOW, NOW + 86_400_000)
            network.shelves.lay(KEYS.session_id, stored)
        restored = restore(network, tmp_path / "archive", tmp_path / "spool.sqlite")
    assert {loss.kind for loss in restored.report.losses} >= {"deletion", "receipt"}
    assert messages_in(tmp_path / "archive") == []
