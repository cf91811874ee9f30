"""What objects of SimpleX mean, without any SimpleX."""

from __future__ import annotations

import msgspec
import pytest

from bridges.api import NotNow, Person, Refused
from bridges.simplex import core, files, translate
from bridges.simplex.hearing import invitation
from bridges.simplex.wire import Contact, Entry, Trouble

ME = Person(id="me", name="Relay")


def entry(**item: object) -> Entry:
    whole = {
        "chatInfo": {"type": "direct", "contact": {"contactId": 3, "profile": {"displayName": "Maya"}}},
        "chatItem": {"meta": {"itemId": 7, "itemTs": "2026-01-02T03:04:05.123456789Z", "itemText": "said"}, **item},
    }
    return msgspec.convert(whole, Entry)


def content(kind: str, **words: object) -> dict[str, object]:
    return {"type": "rcvMsgContent", "msgContent": {"type": kind, **words}}


@pytest.mark.parametrize("kind", ["text", "link", "image", "video", "voice", "file", "report", "somethingNew"])
def test_any_sort_of_message_keeps_its_words(kind: str) -> None:
    one = entry(content=content(kind, text="hello"), chatDir={"type": "directRcv"})
    posted = translate.posted(one, translate.direct(one.chat_info.contact or Contact(contact_id=0)), ME, 0)
    assert posted is not None
    assert (posted.text, posted.sender.name, posted.sent_at, posted.own) == ("hello", "Maya", 1767323045123, False)


@pytest.mark.parametrize(
    ("kind", "shown"), [("rcvDecryptionError", True), ("rcvCall", True), ("rcvChatFeature", False)]
)
def test_what_the_network_says_is_shown_only_where_something_was_lost(kind: str, shown: bool) -> None:
    one = entry(content={"type": kind})
    posted = translate.posted(one, translate.direct(one.chat_info.contact or Contact(contact_id=0)), ME, 0)
    assert (posted is not None and posted.notice and posted.text == "said") is shown


def test_a_message_that_was_taken_back_is_not_shown() -> None:
    meta = {"itemId": 7, "itemDeleted": {"type": "deleted"}}
    one = entry(meta=meta, content=content("text", text="x"))
    assert translate.posted(one, translate.direct(Contact(contact_id=3)), ME, 0) is None


def test_an_answer_to_something_unknown_here_names_it_by_what_both_sides_have() -> None:
    quote = {"sharedMsgId": "abc", "content": {"type": "text", "text": "before"}, "sentAt": "never"}
    one = entry(content=content("text", text="x"), quotedItem=quote)
    posted = translate.posted(one, translate.direct(Contact(contact_id=3)), ME, 0)
    assert posted is not None
    assert posted.reply_to is not None
    assert (posted.reply_to.id, posted.reply_to.text, posted.reply_to.sent_at) == ("abc", "before", None)


@pytest.mark.parametrize("text", ["", "soon", "0001-01-01T00:00:00", "99999-01-01T00:00:00Z", "2026-13-01"])
def test_a_time_that_is_none_is_now(text: str) -> None:
    assert translate.moment(text, 42) == 42


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../x", "_.._x"), ("👍", "👍"), ("", "file"), ("...", "file"), ("a/b\\c\n.txt", "a_b_c_.txt"),
        ("\u202eeci", "\u202eeci"), ("\ud800", "?"),
    ],
)  # fmt: skip
def test_a_file_goes_out_under_a_name_that_is_one(name: str, safe: str) -> None:
    assert files.safe_name(name) == safe


def test_a_long_name_of_a_file_keeps_its_ending() -> None:
    name = files.safe_name("ü" * 10_000 + ".jpeg")
    assert len(name.encode()) <= 200
    assert name.endswith(".jpeg")


@pytest.mark.parametrize("title", ["👍", "x" * 10_000, "", "a\nb\tc", "\ud800"])
def test_a_name_of_a_group_is_one_short_line(title: str) -> None:
    name = translate.group_name(title)
    assert len(name) <= 100
    assert name == " ".join(name.encode().decode().split())


def test_what_is_noted_beside_a_link_is_one_word() -> None:
    assert translate.alias("05" + "ab" * 32) == "decamp:05" + "ab" * 32
    assert translate.alias("a b\n👍") == "decamp:a%20b%a%1f44d"


def test_somebody_who_came_by_a_link_is_known_by_its_number_whatever_they_are_called() -> None:
    conn = {"connId": 9, "connStatus": {"type": "ready"}}
    by_link = {"contactId": 1, "profile": {"displayName": "decamp:x", "localAlias": "decamp:05"}, "activeConn": conn}
    assert invitation(msgspec.convert(by_link, Contact)) == "9"
    liar = {"contactId": 1, "profile": {"displayName": "decamp:05"}, "activeConn": conn}
    assert invitation(msgspec.convert(liar, Contact)) is None
    assert invitation(msgspec.convert(liar | {"customData": {"decamp": "05"}}, Contact)) == "9"


@pytest.mark.parametrize(
    ("trouble", "passes"),
    [
        ({"type": "error", "errorType": {"type": "chatNotStarted"}}, True),
        ({"type": "errorStore", "storeError": {"type": "contactNotFound", "contactId": 1}}, False),
        ({"type": "errorAgent", "agentError": {"type": "BROKER", "brokerErr": {"type": "TIMEOUT"}}}, True),
        ({"type": "errorAgent", "agentError": {"type": "SMP", "smpErr": {"type": "AUTH"}}}, False),
        ({"type": "errorAgent", "agentError": {"type": "SMP", "smpErr": {"type": "QUOTA"}}}, True),
        ({"type": "somethingNew"}, False),
    ],
)
def test_a_refusal_that_passes_is_told_from_one_that_stays(trouble: dict[str, object], passes: bool) -> None:
    refusal = core.refusal(core.Denied(msgspec.convert(trouble, Trouble)))
    assert isinstance(refusal, NotNow if passes else Refused)
    assert str(refusal)
