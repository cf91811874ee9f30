"""Finding the network with each of its central parts gone, and saying which place had a list."""

from __future__ import annotations

import json
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from migrate.errors import UnreadableSource
from migrate.network.access import Access, Place, Seed
from migrate.network.bootstrap import CACHE, ROUNDS
from migrate.network.errors import NoNodes
from migrate.network.network import Network
from migrate.network.nodes import OTHER_NODES
from migrate.network.report import Found, Report
from migrate.network.saved import nodes_of, place_of_file, read_list, save_list
from migrate.session.nodes import Node, NodeList
from migrate.standin.network import StandIn
from tests.network.connected import NODES, Pauses, online, parcel, visitor, way_to
from tests.standin.clients import NOW

HOUR = 3_600_000


async def look(network: Network) -> Report:
    return network.report


async def leave_and_find(network: Network) -> list[bytes]:
    await network.deliver(parcel())
    one = visitor(network)
    await network.collect(one)
    return [message.data for message in one.inbox.fresh()]


def listed(standin: StandIn) -> NodeList:
    return NodeList(tuple(Node(one.ip, one.port, one.ed25519, one.x25519) for one in standin.nodes))


def outcomes(report: Report) -> dict[str, str]:
    return {one.place: one.outcome for one in report.tried}


def strange(standin: StandIn) -> tuple[Seed, ...]:
    """Seeds at the right addresses, whose certificates should be others."""
    return tuple(Seed(seed.host, seed.port, bytes(32)) for seed in standin.seeds)


@pytest.mark.parametrize("direct", [False, True])
def test_without_any_seed_the_list_of_the_last_time_is_enough(standin: StandIn, tmp_path: Path, direct: bool) -> None:
    access = way_to(standin, cache=tmp_path / "nodes.json", direct=direct)
    online(access, look)
    standin.faults.seeds_down = True
    assert online(access, leave_and_find) == [b"a message"]
    report = online(access, look)
    assert report.found is not None
    assert report.found.place == CACHE
    assert sorted(one.nodes for one in report.tried) == [0, 0, 0, NODES]


def test_what_a_seed_said_is_kept_for_its_owner_only(standin: StandIn, tmp_path: Path) -> None:
    cache = tmp_path / "home" / "nodes.json"
    online(way_to(standin, cache=cache), look)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o600
    assert [path.name for path in cache.parent.iterdir()] == ["nodes.json"]
    assert read_list(cache, CACHE, NOW, local=True).nodes.nodes == listed(standin).nodes


def test_a_disk_that_is_full_costs_only_the_list(standin: StandIn, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert online(way_to(standin, cache=tmp_path / "file" / "nodes.json"), leave_and_find) == [b"a message"]


@pytest.mark.parametrize("direct", [False, True])
def test_a_seed_with_a_wrong_certificate_is_sent_nothing_and_named(standin: StandIn, direct: bool) -> None:
    pauses = Pauses()
    with pytest.raises(NoNodes, match="certificate that is not its own") as caught:
        online(way_to(standin, seeds=strange(standin), direct=direct), look, pauses=pauses)
    assert caught.value.exit_code == 5
    assert standin.requests == []
    assert 3 <= standin.connections <= 3 * ROUNDS
    assert len(pauses.seconds) == ROUNDS - 1


def test_seeds_with_wrong_certificates_do_not_stop_who_has_a_list(standin: StandIn, tmp_path: Path) -> None:
    cache = tmp_path / "nodes.json"
    save_list(cache, listed(standin), NOW)
    report = online(way_to(standin, seeds=strange(standin), cache=cache), look)
    assert [one.worked for one in report.tried] == [False, False, False, True]


def test_one_honest_seed_is_enough(standin: StandIn) -> None:
    first, *others = way_to(standin).seeds
    report = online(way_to(standin, seeds=(*strange(standin)[1:], first)), look)
    assert len(others) == 2
    assert sorted(one.nodes for one in report.tried) == [0, 0, NODES]


def test_a_list_that_the_user_names_goes_before_the_one_of_the_last_time(standin: StandIn, tmp_path: Path) -> None:
    standin.faults.seeds_down = True
    save_list(tmp_path / "friend.json", listed(standin), NOW)
    (tmp_path / "nodes.json").write_bytes(b"damaged")
    named = place_of_file("a friend's", tmp_path / "friend.json", local=True)
    access = way_to(standin, cache=tmp_path / "nodes.json")
    assert [one.place for one in online(replace(access, named=named), look).tried][3:] == ["a friend's"]
    tried = online(replace(access, places=(named,)), look).tried[3:]
    assert [(one.place, one.worked) for one in tried] == [(CACHE, False), ("a friend's", True)]


def test_when_nobody_has_a_list_each_place_is_named(standin: StandIn, tmp_path: Path) -> None:
    standin.faults.seeds_down = True

    def closed(now: int) -> Found:
        raise UnreadableSource(f"It is closed at {now}.")

    access = way_to(standin, cache=tmp_path / "nodes.json", places=(Place("a phone", closed),))
    with pytest.raises(NoNodes) as caught:
        online(access, look)
    said = str(caught.value)
    assert f"{CACHE}: is not there yet" in said
    assert f"a phone: It is closed at {NOW};" in said
    assert said.count("seed 127.0.0.1") == 3
    assert "gave no answer" in said


def test_a_seed_that_knows_hardly_any_nodes_is_not_believed(standin: StandIn, tmp_path: Path) -> None:
    few = NodeList(listed(standin).nodes[:3])
    save_list(tmp_path / "few.json", few, NOW)
    standin.faults.seeds_down = True
    with pytest.raises(NoNodes, match="lists 3 usable nodes, which are too few"):
        online(way_to(standin, cache=tmp_path / "few.json"), look)


def test_an_old_list_is_renewed_by_the_nodes_on_it(standin: StandIn, tmp_path: Path) -> None:
    cache = tmp_path / "nodes.json"
    save_list(cache, NodeList(listed(standin).nodes[:6]), NOW - 100 * HOUR)
    standin.faults.seeds_down = True
    report = online(way_to(standin, cache=cache), look)
    assert report.found is not None
    assert (report.found.place, len(report.found.nodes.nodes)) == (OTHER_NODES, NODES)
    asked = [seen for seen in standin.requests if seen.what == "oxend_request"]
    assert [seen.depth for seen in asked] == [3, 3, 3]
    assert len(read_list(cache, CACHE, NOW, local=True).nodes.nodes) == NODES


def test_an_old_list_that_nobody_renews_is_used_as_it_is(standin: StandIn, tmp_path: Path) -> None:
    cache = tmp_path / "nodes.json"
    save_list(cache, NodeList(listed(standin).nodes[:6]), NOW - 100 * HOUR)
    standin.faults.seeds_down = True
    standin.faults.wrong_key = set(range(NODES))
    report = online(way_to(standin, cache=cache), look)
    assert report.found is not None
    assert report.found.place == CACHE


def test_nodes_whose_owners_wanted_to_leave_are_not_in_an_old_list_any_more(standin: StandIn, tmp_path: Path) -> None:
    one, two = (replace(node, unlock_height=at) for node, at in zip(listed(standin).nodes, (1010, 1100), strict=False))
    save_list(tmp_path / "old.json", NodeList((one, two), 1000), NOW - 2 * HOUR)
    assert read_list(tmp_path / "old.json", "old", NOW, local=True).nodes.nodes == (two,)


def test_a_list_is_found_in_the_database_of_a_phone(standin: StandIn, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "phone.db") as database:
        database.execute("CREATE TABLE snodes (ip, https_port, ed25519_pub_key, x25519_pub_key)")
        for node in standin.nodes:
            row = (node.ip, node.port, node.key, node.x25519.hex())
            database.execute("INSERT INTO snodes VALUES (?, ?, ?, ?)", row)
        database.execute("INSERT INTO snodes VALUES ('no address', 1, x'00', NULL)")
    database.close()
    standin.faults.seeds_down = True
    found = read_list(tmp_path / "phone.db", "a phone", NOW, local=True)
    assert (found.nodes.nodes, found.nodes.dropped) == (listed(standin).nodes, 1)
    place = place_of_file("a phone", tmp_path / "phone.db", local=True)
    assert online(way_to(standin, places=(place,)), leave_and_find) == [b"a message"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"junk", b"SQLite format 3\0", b"SQLite format 3\0" + bytes(4096), b'{"result":{"x":' * 9999],
)
def test_a_file_that_holds_no_list_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(UnreadableSource, match="holds no list of nodes"):
        read_list(tmp_path / "list", "a list", NOW)
    with pytest.raises(UnreadableSource, match="No such file"):
        read_list(tmp_path / "none", "a list", NOW)


def test_no_list_of_strangers_leads_into_this_machine_or_its_surroundings() -> None:
    keys = {"pubkey_ed25519": "ab" * 32, "pubkey_x25519": "09" + "00" * 31}
    for ip in ("127.0.0.1", "192.168.1.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "example.org"):
        assert nodes_of([{"ip": ip, "port": 22021, **keys}]).nodes == ()
    assert len(nodes_of([{"ip": "1.2.3.4", "port": 22021, **keys}]).nodes) == 1


def test_the_seeds_of_the_app_are_the_ones_that_are_asked() -> None:
    hosts = [(seed.host, seed.port, len(seed.fingerprint)) for seed in Access().seeds]
    assert hosts == [(f"seed{place}.getsession.org", 4443, 32) for place in (1, 2, 3)]


def test_a_saved_list_is_one_that_other_programs_read_too(standin: StandIn, tmp_path: Path) -> None:
    save_list(tmp_path / "list", listed(standin), NOW)
    said = json.loads((tmp_path / "list").read_bytes())
    assert said["saved_at"] == NOW
    assert [one["storage_port"] for one in said["result"]["service_node_states"]] == [n.port for n in standin.nodes]
