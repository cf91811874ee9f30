"""What two clients that know nothing of us do to each other on the stand-in network: it is one, for strangers too."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn

import pytest

from migrate.standin.network import StandIn

from .peer import Peer, PeerError, Upload

pytestmark = pytest.mark.peers
PICTURE = Upload(os.urandom(1000), "snow & ice.png", "image/png")


@pytest.fixture(params=[("direct", "onion"), ("onion", "direct")], ids="-".join)
def pair(request: pytest.FixtureRequest, direct: Peer, onion: Peer) -> tuple[Peer, Peer]:
    """Who writes and who reads, with nothing left to read from earlier."""
    both = {"direct": direct, "onion": onion}
    for peer in both.values():
        peer.poll()
    writer, reader = request.param
    return both[writer], both[reader]


def test_the_words_are_the_same_account_for_everybody(direct: Peer, onion: Peer) -> None:
    assert (direct.account(), onion.account()) == (direct.id, onion.id)


def test_a_text_arrives_with_its_time_and_its_writers_name(pair: tuple[Peer, Peer]) -> None:
    writer, reader = pair
    first, second = writer.send(reader.id, "first"), writer.send(reader.id, "zweiter ☃")
    assert [(one.kind, one.sender, one.text, one.sent_at, one.hash, one.name) for one in reader.poll()] == [
        ("text", writer.id, "first", first.sent_at, first.hash, writer.name),
        ("text", writer.id, "zweiter ☃", second.sent_at, second.hash, writer.name),
    ]
    assert reader.poll() == []


def test_the_writer_sees_the_copy_of_what_was_written(pair: tuple[Peer, Peer]) -> None:
    writer, reader = pair
    sent = writer.send(reader.id, "for my other devices")
    (copy,) = writer.poll()
    assert (copy.sender, copy.target, copy.sent_at, copy.hash) == (writer.id, reader.id, sent.sent_at, sent.copy_hash)


def test_a_file_arrives_as_it_was(pair: tuple[Peer, Peer], network: StandIn) -> None:
    writer, reader = pair
    writer.send(reader.id, "look", [PICTURE])
    (heard,) = reader.poll()
    (file,) = heard.files
    assert (file.name, file.type, file.size) == (PICTURE.name, PICTURE.type, len(PICTURE.data))
    assert reader.fetch(file) == PICTURE.data
    assert PICTURE.data not in network.file_server.files.values()


def test_reactions_receipts_typing_and_acceptance_arrive(pair: tuple[Peer, Peer]) -> None:
    writer, reader = pair
    sent = writer.send(reader.id, "what do you think?")
    reader.accept(writer.id)
    reader.typing(writer.id)
    reader.typing(writer.id, stopped=True)
    reader.read(writer.id, sent.sent_at)
    reader.react(writer.id, sent.sent_at, "🎿")
    reader.react(writer.id, sent.sent_at, "🎿", remove=True)
    heard = [one for one in writer.poll() if one.sender == reader.id]
    assert [one.kind for one in heard] == ["accepted", "typing", "stopped", "read", "reaction", "removed"]
    assert [one.about for one in heard[3:]] == [(sent.sent_at,)] * 3
    assert [(one.author, one.text) for one in heard[4:]] == [(writer.id, "🎿")] * 2


def test_a_message_is_taken_back(pair: tuple[Peer, Peer]) -> None:
    writer, reader = pair
    sent = writer.send(reader.id, "I did not say that")
    writer.unsend(reader.id, sent)
    assert [(one.kind, one.about) for one in reader.poll()] == [("text", ()), ("unsend", (sent.sent_at,))]


def test_one_goes_directly_and_the_other_through_two_nodes(network: StandIn, direct: Peer, onion: Peer) -> None:
    onion.poll()
    before = len(network.requests)
    direct.poll()
    onion.poll()
    asked = [(seen.what, seen.depth) for seen in network.requests[before:] if "retrieve" in seen.what]
    assert asked == [("batch(retrieve)", 0), ("retrieve", 2)]


def test_a_text_that_no_node_takes_ends_in_an_error_and_not_in_a_loop(
    network: StandIn, onion: Peer, absent: Callable[[str], NoReturn]
) -> None:
    before = len(network.requests)
    with (
        Peer.started("direct", network, "Loop", absent) as looping,
        pytest.raises(PeerError, match="more than 60 times"),
    ):
        looping.send(onion.id, "x" * 90_000)
    with pytest.raises(PeerError, match="400"):
        onion.send(onion.id, "x" * 90_000)
    assert len(network.requests) - before < 100
