"""The friend of the demo who answers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from migrate.demo.online import Echo, Size, populate
from migrate.session.account import read_account
from migrate.session.content import READ, Content, DataMessage, Pointer, Receipt
from migrate.session.envelope import Randomness, open_message, seal
from migrate.session.keys import AccountKeys
from migrate.session.outgoing import MESSAGE_TTL
from migrate.standin.network import StandIn
from migrate.standin.shelves import Stored, hash_of
from tests.demo.test_online import lying
from tests.standin.clients import NOW

ME, FRIEND = (AccountKeys(name.ljust(32, b"\0")) for name in (b"me", b"friend"))


@pytest.fixture
def network() -> Iterator[StandIn]:
    with StandIn(lambda: NOW, Random(7).randbytes) as network:
        yield network


@pytest.fixture
def echo(network: StandIn) -> Echo:
    return Echo(network, FRIEND, lambda: NOW, Random(1).randbytes)


def leave(network: StandIn, data: bytes) -> None:
    name = hash_of(FRIEND.session_id, 0, data)
    network.shelves.lay(FRIEND.session_id, Stored(name, 0, data, NOW, NOW + MESSAGE_TTL))


def write(network: StandIn, content: Content, sender: AccountKeys = ME) -> None:
    leave(network, seal(content, sender, FRIEND.session_id, Randomness.drawn(Random(2).randbytes)))


def answers(network: StandIn) -> list[str | None]:
    heard = [open_message(one.data, ME) for one in lying(network, ME.session_id)]
    assert all(one.sender == FRIEND.session_id for one in heard)
    return [one.content.data.body for one in heard if one.content.data]


def test_what_is_written_comes_back_once(network: StandIn, echo: Echo) -> None:
    assert echo.answer() == 0
    write(network, Content(data=DataMessage(body="Hello!"), sent_at=NOW))
    assert echo.answer() == 1
    assert echo.answer() == 0
    assert answers(network) == ["You wrote: Hello!"]


def test_a_file_is_noticed(network: StandIn, echo: Echo) -> None:
    write(network, Content(data=DataMessage(attachments=(Pointer(url="http://x/file/1"),)), sent_at=NOW))
    assert echo.answer() == 1
    assert answers(network) == ["There was a file with it."]


def test_a_long_message_still_gets_an_answer(network: StandIn, echo: Echo) -> None:
    write(network, Content(data=DataMessage(body="ж" * 30_000), sent_at=NOW))
    assert echo.answer() == 1
    assert answers(network)[0] == "You wrote: " + "ж" * 1_500


def test_receipts_noise_and_its_own_copies_get_none(network: StandIn, echo: Echo) -> None:
    write(network, Content(receipt=Receipt(type=READ, sent_at=(NOW,)), sent_at=NOW))
    write(network, Content(data=DataMessage(body="a copy", sync_target=ME.session_id), sent_at=NOW), FRIEND)
    leave(network, b"noise")
    assert echo.answer() == 0
    assert answers(network) == []


def test_the_friend_is_in_the_address_book_and_has_written_first(network: StandIn) -> None:
    told = populate(network, ME, Size(), Random(3), NOW, echo=FRIEND)
    account = read_account(ME, lying(network, ME.session_id))
    assert account.by_id[FRIEND.session_id].name == "Echo"
    assert [one.sender for one in told.messages if one.conversation == FRIEND.session_id] == [FRIEND.session_id]
