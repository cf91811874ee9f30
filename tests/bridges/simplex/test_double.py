"""The double is as strict as SimpleX: what is wrong is refused, and what it says itself is of the official types."""

from __future__ import annotations

import base64
import json
from typing import cast

import pytest
from simplex_chat.types import CEvt, T

from tests.servers.simplex import Account, Network, join
from tests.servers.simplex_objects import Json, connection, contact, profile
from tests.servers.simplex_types import NotTheirs, check

GOOD = contact(1, "x", profile("x"), connection(1, "ready", ""), None)


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ({"contactId": "1"}, "contactId"),
        ({"contactId": True}, "contactId"),
        ({"novelty": 1}, "not known"),
        ({"contactStatus": "asleep"}, "contactStatus"),
        ({"profile": {}}, "lacks"),
        ({"activeConn": GOOD["activeConn"] | {"connStatus": {"type": "asleep"}}}, "no kind"),  # type: ignore[operator]
    ],
)
def test_an_object_that_is_not_of_the_type_is_found(broken: Json, why: str) -> None:
    check(GOOD, T.Contact)
    with pytest.raises(NotTheirs, match=why):
        check(GOOD | broken, T.Contact)


def test_an_event_that_does_not_exist_is_found() -> None:
    with pytest.raises(NotTheirs, match="no kind"):
        check({"type": "somethingNew"}, CEvt.ChatEvent)


@pytest.fixture
def pair() -> tuple[Account, Account]:
    network = Network()
    one, other = Account(network, "Relay"), Account(network, "Relay")
    join(one, other, 1, 1, "")
    return one, other


TEXT = '{"msgContent":{"type":"text","text":"x"},"mentions":{}}'


def _with(content: str) -> str:
    return f'/_send @1 json [{{"msgContent":{content},"mentions":{{}}}}]'


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/_send @1 json []", "commandError"),
        ('/_send @1 json [{"msgContent":{"type":"text","text":"x"}}]', "commandError"),
        ('/_send @1 json [{"msgContent":{"type":"text","text":"x"},"mentions":{},"quotedItemId":99}]', "invalidQuote"),
        ('/_send @1 json [{"msgContent":{"type":"file","text":""},"mentions":{},"fileSource":{"filePath":"x"}}]',
         "fileNotFound"),
        (_with('{"type":"image","text":"x"}'), "commandError"),
        (_with('{"type":"image","text":"x","image":""}'), "commandError"),
        (_with('{"type":"image","text":"x","image":"data:image/jpg;base64,aGVsbG8="}'), "commandError"),
        (_with('{"type":"voice","text":""}'), "commandError"),
        (_with('{"type":"voice","text":"","duration":0}'), "commandError"),
        (_with('{"type":"voice","text":"","duration":"3"}'), "commandError"),
        (_with('{"type":"voice","text":"","duration":3}'), "fileNotFound"),
        (f"/_send @99 json [{TEXT}]", "contactNotFound"),
        (f"/_send @1 json [{TEXT}] please", "commandError"),
        ("/_set alias :99 x", "pendingConnectionNotFound"),
        ("/_accept 99", "contactRequestNotFound"),
        ("/freceive 99 approved_relays=on encrypt=off", "rcvFileNotFound"),
        ('/_reaction @1 99 on {"type":"emoji","emoji":"👍"}', "chatItemNotFound"),
        ("/_make coffee", "commandError"),
    ],
)  # fmt: skip
def test_a_command_that_is_wrong_is_refused_and_nothing_is_sent(
    command: str, kind: str, pair: tuple[Account, Account]
) -> None:
    answer = pair[0].command(command)
    error = cast("Json", answer["chatError"])
    reason = cast("Json", error.get("errorType") or error["storeError"])
    assert reason["type"] == kind
    assert not pair[0].items
    assert not pair[1].items


def test_names_that_are_taken_get_a_number_and_links_open_once(pair: tuple[Account, Account]) -> None:
    one, other = pair
    third = Account(one.network, "Relay")
    link = cast("Json", one.command("/_connect 1")["connLinkInvitation"])["connShortLink"]
    assert third.command(f"/_connect 1 {link}")["type"] == "sentConfirmation"
    assert other.command(f"/_connect 1 {link}")["type"] == "chatCmdError"
    assert [contact.local for contact in one.contacts.values()] == ["Relay", "Relay_1"]


def test_without_an_account_or_a_start_there_is_little_to_ask() -> None:
    account = Account(Network())
    assert "noActiveUser" in json.dumps(account.command("/_contacts 1"))
    account.command('/_create user {"profile":{"displayName":"R","fullName":""},"pastTimestamp":false,'
                    '"userChatRelay":false,"clientService":false}')  # fmt: skip
    assert account.command("/_contacts 1")["type"] == "contactsList"
    assert "chatNotStarted" in json.dumps(account.command("/_connect 1"))


def test_an_event_stays_as_it_was_when_it_was_told(pair: tuple[Account, Account]) -> None:
    one, other = pair
    while other.next_event():
        pass
    one.command(f"/_send @1 json [{TEXT}]")
    other.claim("Somebody else")
    first = json.loads(other.next_event() or "")
    assert first["type"] == "newChatItems"
    assert first["user"]["profile"]["displayName"] == "Relay"


def test_a_profile_that_does_not_fit_into_one_message_is_refused(pair: tuple[Account, Account]) -> None:
    one, _ = pair
    jpeg = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(9_000)).decode()
    large = base64.b64encode(b"\xff\xd8\xff\xe0" + bytes(11_000)).decode()

    def profile_with(image: str) -> str:
        return json.dumps({"displayName": "g", "fullName": "", "image": image})

    assert "largeMsg" in json.dumps(one.command(f"/_group 1 {profile_with(f'data:image/jpg;base64,{large}')}"))
    assert one.command(f"/_group 1 {profile_with(f'data:image/jpg;base64,{jpeg}')}")["type"] == "groupCreated"
    [number] = one.groups
    for wrong in (f"data:image/jpg;base64,{large}", "https://example.org/x.jpg", "data:image/svg;base64,aGk="):
        answer = one.command(f"/_group_profile #{number} {profile_with(wrong)}")
        assert answer["type"] == "chatCmdError", wrong[:30]
