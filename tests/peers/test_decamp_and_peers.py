"""What decamp and two clients that know nothing of it do to each other, over the network of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NoReturn

import pytest

from migrate.account.events import Approved, ProfileSeen, Reacted, TookBack, Typed, WasRead, Wrote
from migrate.account.files import Outgoing
from migrate.model import Expiry
from migrate.network.access import Access
from migrate.session.attachments import seal_stream
from migrate.session.content import Content, DataMessage, Pointer, Quote
from migrate.session.deliver import Parcel
from migrate.session.errors import TooLarge
from migrate.session.outgoing import deliveries
from migrate.standin.network import StandIn

from .clocks import this_moment
from .ours import Ours
from .peer import Peer, PeerError, Upload, new_words

pytestmark = pytest.mark.peers
NAME = "Änne from decamp"
BODY = "Grüße aus 東京 🗼\nsecond line"
FACE = os.urandom(5_000)
PICTURE = os.urandom(70_001)


@pytest.fixture(scope="module")
def access(network: StandIn) -> Access:
    return Access.of_standin(network.way_in())


@pytest.fixture(scope="module")
def ours(access: Access) -> Iterator[Ours]:
    with Ours.started(new_words(), access) as started:
        started.is_called(NAME, FACE)
        yield started


@pytest.fixture
def second_device(ours: Ours, access: Access) -> Iterator[Ours]:
    """Another device of our account, which has just been set up."""
    with Ours.started(ours.words, access) as started:
        yield started


@pytest.fixture(params=["direct", "onion"])
def peer(request: pytest.FixtureRequest, ours: Ours, direct: Peer, onion: Peer) -> Peer:
    """Either of them, with nothing left to read from earlier, on both sides."""
    direct.poll()
    onion.poll()
    ours.arrived()
    return {"direct": direct, "onion": onion}[request.param]


def test_a_peer_reads_our_text_with_our_name_and_the_time_that_we_gave_it(ours: Ours, peer: Peer) -> None:
    sent = ours.say(peer.id, BODY)
    (heard,) = [one for one in peer.poll() if one.kind == "text"]
    assert (heard.sender, heard.text, heard.name, heard.target) == (ours.id, BODY, NAME, "")
    assert (heard.sent_at, heard.hash) == (sent.sent_at, sent.hash)


def test_we_read_a_peers_text_and_name(ours: Ours, peer: Peer, second_device: Ours) -> None:
    sent = peer.send(ours.id, BODY)
    wrote = ours.only(Wrote)
    assert (wrote.conversation, wrote.sender, wrote.body) == (peer.id, peer.id, BODY)
    assert (wrote.sent_at, wrote.hash) == (sent.sent_at, sent.hash)
    seen = [event for event in second_device.arrived().events if isinstance(event, ProfileSeen)]
    assert {event.name for event in seen if event.sender == peer.id} == {peer.name}


def test_a_peer_sees_our_picture(ours: Ours, peer: Peer) -> None:
    ours.say(peer.id, "this is me")
    (heard,) = [one for one in peer.poll() if one.text == "this is me" and one.sender == ours.id]
    assert peer.picture_in(heard) == FACE


def test_we_see_a_peers_picture(ours: Ours, peer: Peer) -> None:
    face = os.urandom(4_321)
    peer.wear(face)
    peer.accept(ours.id)
    (seen,) = [event for event in ours.arrived().events if isinstance(event, ProfileSeen)]
    assert (seen.sender, seen.name) == (peer.id, peer.name)
    assert ours.do(ours.account.fetch_avatar(seen.avatar_url or "", bytes(seen.avatar_key or b""))) == face


def test_a_peer_reads_to_which_message_we_reply(ours: Ours, peer: Peer) -> None:
    asked = peer.send(ours.id, "when?")
    ours.say(peer.id, "now", Quote(sent_at=asked.sent_at, author=peer.id))
    (heard,) = [one for one in peer.poll() if one.sender == ours.id and one.kind == "text"]
    assert (heard.text, heard.about, heard.author) == ("now", (asked.sent_at,), peer.id)


def test_we_read_to_which_message_a_peer_replies(ours: Ours, onion: Peer) -> None:
    ours.arrived()
    asked = ours.say(onion.id, "when?")
    (heard,) = [one for one in onion.poll() if one.hash == asked.hash]
    onion.reply(ours.id, "now", heard)
    assert ours.only(Wrote).quote == Quote(sent_at=asked.sent_at, author=ours.id)


def test_our_file_reaches_a_peer_as_it_was(ours: Ours, peer: Peer) -> None:
    ours.give(peer.id, "look", Outgoing(PICTURE, "snow.png", "image/png"))
    (file,) = [file for one in peer.poll() if one.sender == ours.id for file in one.files]
    assert (file.name, file.type, file.size) == ("snow.png", "image/png", len(PICTURE))
    assert peer.fetch(file) == PICTURE


def test_a_peers_file_reaches_us_as_it_was(ours: Ours, peer: Peer) -> None:
    peer.send(ours.id, "look", [Upload(PICTURE, "snow.png", "image/png"), Upload(b"x", "one byte")])
    wrote = ours.only(Wrote)
    assert [(file.name, file.type, file.size) for file in wrote.files] == [
        ("snow.png", "image/png", len(PICTURE)),
        ("one byte", "application/octet-stream", 1),
    ]
    assert [ours.fetch(file) for file in wrote.files] == [PICTURE, b"x"]


def test_files_with_ids_of_today_go_both_ways(ours: Ours, onion: Peer, network: StandIn) -> None:
    onion.poll()
    ours.arrived()
    network.faults.numeric_file_ids = False
    try:
        ours.give(onion.id, "", Outgoing(PICTURE, "snow.png"))
        onion.send(ours.id, "", [Upload(PICTURE[:1000], "ice.png")])
    finally:
        network.faults.numeric_file_ids = True
    (file,) = [file for one in onion.poll() if one.sender == ours.id for file in one.files]
    assert onion.fetch(file) == PICTURE
    assert ours.fetch(ours.only(Wrote).files[0]) == PICTURE[:1000]


def test_a_file_in_the_newer_format_opens_for_decamp_on_every_device(
    ours: Ours, second_device: Ours, access: Access
) -> None:
    """The peers know only the older one; what the newer is made of is in the vectors."""
    second_device.arrived()
    blob, key = seal_stream(PICTURE, ours.keys)
    url = ours.do(ours.network.upload(blob)) + "#d"
    pointer = Pointer(url=url, key=key, size=len(PICTURE), name="snow.png", type="image/png")
    content = Content(data=DataMessage(attachments=(pointer,)), sent_at=this_moment())
    with Ours.started(new_words(), access) as other:
        for one in deliveries(content, ours.keys, other.id, os.urandom):
            ours.leave(Parcel(one.account, one.namespace, one.data, one.ttl))
        for device, wrote in ((other, other.only(Wrote)), (second_device, second_device.only(Wrote, mine=True))):
            assert wrote.files == (pointer,)
            assert device.fetch(wrote.files[0]) == PICTURE


def test_messages_disappear_at_both_ends_as_was_agreed(ours: Ours, onion: Peer) -> None:
    onion.poll()
    ours.arrived()
    agreed = Expiry(type="after_send", seconds=3600)
    ours.post(ours.account.prepare_timer(onion.id, agreed))
    ours.say(onion.id, "for an hour")
    assert [(one.kind, one.expires) for one in onion.poll()] == [("timer", 3600), ("text", 3600)]
    onion.send_for(60, ours.id, "for a minute")
    expires = ours.only(Wrote).expires
    assert expires is not None
    assert (expires.type, expires.seconds) == ("after_send", 60)
    ours.post(ours.account.prepare_timer(onion.id, None))


def test_with_a_clock_that_is_wrong_we_read_on_where_the_peers_read_nothing(
    ours: Ours, direct: Peer, onion: Peer, network: StandIn
) -> None:
    ours.arrived()
    network.faults.clock = 120_000
    try:
        onion.send(ours.id, "what time is it?")
        assert ours.only(Wrote).body == "what time is it?"
        ours.say(direct.id, "later than you think")
        assert direct.poll() == []
        with pytest.raises(PeerError, match="406"):
            onion.poll()
    finally:
        network.faults.clock = 0
    assert direct.poll()[-1].text == "later than you think"


def test_reactions_go_both_ways_and_are_taken_away_again(ours: Ours, peer: Peer) -> None:
    theirs = peer.send(ours.id, "what do you think?")
    ours.arrived()
    mine = ours.say(peer.id, "and you?")
    peer.poll()
    for remove, kind in ((False, "reaction"), (True, "removed")):
        ours.post(ours.account.prepare_reaction(peer.id, peer.id, theirs.sent_at, "🎿", remove=remove))
        (heard,) = peer.poll()
        assert (heard.kind, heard.text, heard.about, heard.author) == (kind, "🎿", (theirs.sent_at,), peer.id)
        peer.react(ours.id, mine.sent_at, "👍🏽", remove=remove)
        reacted = ours.only(Reacted)
        assert (reacted.emoji, reacted.target_sent_at, reacted.removed) == ("👍🏽", mine.sent_at, remove)
        assert reacted.target_author == ours.id
        peer.poll()


def test_typing_and_receipts_go_both_ways(ours: Ours, peer: Peer) -> None:
    theirs = peer.send(ours.id, "are you there?")
    ours.arrived()
    mine = ours.say(peer.id, "yes")
    peer.poll()
    for started in (True, False):
        ours.post(ours.account.prepare_typing(peer.id, started=started))
        peer.typing(ours.id, stopped=not started)
        assert ours.only(Typed).started is started
    ours.post(ours.account.prepare_receipt(peer.id, [theirs.sent_at]))
    peer.read(ours.id, mine.sent_at)
    assert [one.kind for one in peer.poll()] == ["typing", "stopped", "read"]
    assert ours.only(WasRead).targets == (mine.sent_at,)


def test_messages_are_taken_back_both_ways(ours: Ours, peer: Peer, network: StandIn) -> None:
    theirs, mine = peer.send(ours.id, "oops"), ours.say(peer.id, "oops too")
    peer.poll()
    ours.arrived()
    assert mine.own_hash in network.stored()[ours.id][0]
    ours.post(ours.account.prepare_unsend(peer.id, mine.sent_at, [mine.own_hash]))
    assert mine.own_hash not in network.stored()[ours.id][0]
    peer.unsend(ours.id, theirs)
    heard = [one for one in peer.poll() if one.sender == ours.id]
    assert [(one.kind, one.about) for one in heard] == [("unsend", (mine.sent_at,))]
    assert ours.only(TookBack).target_sent_at == theirs.sent_at


def test_our_other_device_sees_what_we_wrote(ours: Ours, second_device: Ours, peer: Peer) -> None:
    second_device.arrived()
    sent = ours.say(peer.id, "for all my devices")
    copy = second_device.only(Wrote, mine=True)
    assert (copy.conversation, copy.body, copy.sent_at) == (peer.id, "for all my devices", sent.sent_at)
    assert copy.hash == sent.own_hash


def test_another_program_on_our_account_sees_what_we_wrote(
    ours: Ours, onion: Peer, network: StandIn, absent: Callable[[str], NoReturn], device: str
) -> None:
    sent = ours.say(onion.id, "also for a stranger's program")
    with Peer.started(device, network, "mine too", absent, ours.words) as other:
        (copy,) = [one for one in other.poll() if one.hash == sent.own_hash]
    assert (copy.sender, copy.target, copy.sent_at) == (ours.id, onion.id, sent.sent_at)


def test_we_see_what_another_program_wrote_on_our_account(
    ours: Ours, onion: Peer, network: StandIn, absent: Callable[[str], NoReturn], device: str
) -> None:
    ours.arrived()
    with Peer.started(device, network, "mine too", absent, ours.words) as other:
        sent = other.send(onion.id, "from my other program")
    copy = ours.only(Wrote, mine=True)
    assert (copy.conversation, copy.body, copy.sent_at) == (onion.id, "from my other program", sent.sent_at)
    assert copy.hash == sent.copy_hash


@pytest.fixture(params=["direct", "onion"])
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_our_first_answer_to_a_stranger_accepts_them(access: Access, peer: Peer) -> None:
    with Ours.started(new_words(), access) as newcomer:
        peer.send(newcomer.id, "do you know me?")
        assert newcomer.only(Wrote).body == "do you know me?"
        newcomer.say(peer.id, "not yet")
        newcomer.say(peer.id, "but now")
    heard = [one for one in peer.poll() if one.sender == newcomer.id]
    assert [(one.kind, one.text) for one in heard] == [("accepted", ""), ("text", "not yet"), ("text", "but now")]


def test_we_hear_that_a_stranger_accepted_us(access: Access, peer: Peer) -> None:
    with Ours.started(new_words(), access) as newcomer:
        newcomer.say(peer.id, "do you know me?")
        assert [one.kind for one in peer.poll()] == ["text"]
        peer.accept(newcomer.id)
        assert newcomer.only(Approved).conversation == peer.id


@pytest.mark.parametrize(("direct", "depth"), [(False, 3), (True, 0)])
def test_we_go_through_three_nodes_unless_told_to_go_directly(
    access: Access, onion: Peer, network: StandIn, direct: bool, depth: int
) -> None:
    before = len(network.requests)
    with Ours.started(new_words(), replace(access, direct=direct)) as newcomer:
        onion.send(newcomer.id, "which way?")
        assert newcomer.only(Wrote).body == "which way?"
    asked = [seen for seen in network.requests[before:] if seen.pubkey == newcomer.id and "retrieve" in seen.what]
    assert {seen.depth for seen in asked} == {depth}


def test_a_text_that_is_longer_than_a_node_takes_is_never_asked_of_one(
    ours: Ours, peer: Peer, network: StandIn
) -> None:
    before = len(network.requests)
    with pytest.raises(TooLarge):
        ours.account.prepare_text(peer.id, "x" * 90_000)
    assert len(network.requests) == before
