"""What messages of XMPP mean, and how we write ours, without any server."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, fromstring, tostring

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridges.api import (
    AnyEvent,
    Chat,
    Deleted,
    Edited,
    Event,
    MarkDelivered,
    MarkRead,
    Person,
    Post,
    Posted,
    React,
    Reacted,
    Receipt,
    Reference,
    Typing,
)
from bridges.relay.loops import MARK
from bridges.xmpp import elements as x
from bridges.xmpp import translate
from bridges.xmpp.addresses import account, bare, ghost, handle, local, of_link, person
from bridges.xmpp.letter import kept, moment, read, stamped, unwrap
from bridges.xmpp.record import Record
from bridges.xmpp.translate import Envelope, Place

NOOR = Person(id="noor@example.org", name="Noor")
PLACE = Place(chat=Chat(id=NOOR.id, title="Noor"), sender=NOOR, id="m1", sent_at=1)
HEAD = "<message xmlns='jabber:client' from='noor@example.org/phone' to='robin@example.net' type='chat' id='m1'>"


def meaning(inside: str) -> list[AnyEvent]:
    return list(translate.events(read(fromstring(f"{HEAD}{inside}</message>")), PLACE))


def one(inside: str) -> Event:
    [event] = meaning(inside)
    return event


def written(action: Post, room: bool = False) -> Posted:
    message = translate.text(Envelope(to="noor@example.org", room=room), action)
    [event] = translate.events(read(fromstring(tostring(message))), PLACE)
    assert isinstance(event, Posted)
    return event


def test_a_text_is_as_it_was_written() -> None:
    event = one("<body>  &lt;b&gt; two\nlines\t</body>")
    assert isinstance(event, Posted)
    assert event.text == "  <b> two\nlines\t"


def test_what_a_reply_repeats_for_old_programs_is_left_out() -> None:
    event = one(
        "<body>&gt; when?\nnow</body><reply xmlns='urn:xmpp:reply:0' id='q1' to='robin@example.net'/>"
        "<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='0' end='8'/></fallback>"
    )
    assert isinstance(event, Posted)
    assert event.text == "\nnow"[1:] or event.text == "now"
    assert event.reply_to == Reference(id="q1", author="robin@example.net")


@pytest.mark.parametrize(
    "span", ["start='9' end='2'", "start='0' end='999'", "start='-1' end='3'", "start='²' end='3'"]
)
def test_a_part_to_leave_out_that_makes_no_sense_leaves_all_in(span: str) -> None:
    event = one(
        "<body>all of it</body><reply xmlns='urn:xmpp:reply:0' id='q1'/>"
        f"<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body {span}/></fallback>"
    )
    assert isinstance(event, Posted)
    assert event.text == "all of it"


def test_a_message_that_is_taken_back_shows_no_words_for_old_programs() -> None:
    event = one("<body>cannot show</body><retract xmlns='urn:xmpp:message-retract:1' id='m0'/>")
    assert event == Deleted(chat=PLACE.chat, sender=NOOR, message="m0")


def test_a_correction_is_no_new_message() -> None:
    event = one("<body>hello</body><replace xmlns='urn:xmpp:message-correct:0' id='m0'/>")
    assert isinstance(event, Edited)
    assert (event.message, event.text) == ("m0", "hello")


def test_reactions_are_all_that_somebody_has_there() -> None:
    event = one(
        "<reactions xmlns='urn:xmpp:reactions:0' id='m0'><reaction>👍</reaction><reaction>👍</reaction></reactions>"
    )
    assert isinstance(event, Reacted)
    assert (event.emojis, event.change) == (("👍",), Reacted.Change.ALL)


def test_receipts_and_markers_tell_what_came_and_what_was_read() -> None:
    came, read_ = (
        one("<received xmlns='urn:xmpp:receipts' id='m0'/>"),
        one("<displayed xmlns='urn:xmpp:chat-markers:0' id='m0'/>"),
    )
    assert isinstance(came, Receipt)
    assert isinstance(read_, Receipt)
    assert (came.read, read_.read) == (False, True)


ASKING = "<request xmlns='urn:xmpp:receipts'/>"


@pytest.mark.parametrize(
    ("asks", "more", "confirm"),
    [
        (ASKING, {}, "m1"), ("", {}, None),
        (ASKING, {"type": "groupchat"}, None),  # in rooms nobody says that it came
        (ASKING, {"id": ""}, None),  # without an id nobody could say of what
    ],
)  # fmt: skip
def test_only_who_asks_is_told_that_it_came(asks: str, more: dict[str, str], confirm: str | None) -> None:
    for replaces in ("", "<replace xmlns='urn:xmpp:message-correct:0' id='m0'/>"):
        stanza = fromstring(f"<message xmlns='jabber:client' id='m1'><body>hi</body>{replaces}{asks}</message>")
        for name, value in more.items():
            stanza.set(name, value)
        [event] = translate.events(read(stanza), PLACE)
        assert isinstance(event, Posted | Edited)
        assert event.confirm == confirm


def test_what_we_wrote_elsewhere_is_confirmed_by_nobody() -> None:
    stanza = fromstring(f"<message xmlns='jabber:client' id='m1'><body>hi</body>{ASKING}</message>")
    [event] = translate.events(read(stanza), msgspec.structs.replace(PLACE, own=True))
    assert isinstance(event, Posted)
    assert event.confirm is None


def test_a_receipt_names_the_message_and_asks_for_none() -> None:
    message = translate.other(Envelope(to="a@b"), MarkDelivered(key="k", message=Reference(id="m1")))
    letter = read(message)
    assert (letter.received, letter.wants_receipt, letter.body) == ("m1", False, "")


def test_somebody_types() -> None:
    event = one("<composing xmlns='http://jabber.org/protocol/chatstates'/>")
    assert isinstance(event, Typing)
    assert event.typing


def test_a_file_is_a_file_and_not_its_address() -> None:
    url = "https://files.example.org/a/%F0%9F%91%8D.png"
    event = one(f"<body>{url}</body><x xmlns='jabber:x:oob'><url>{url}</url></x>")
    assert isinstance(event, Posted)
    assert event.text == ""
    assert (event.files[0].ref, event.files[0].name) == (url, "👍.png")


def test_an_encrypted_message_is_not_lost_in_silence() -> None:
    event = one("<encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl'/>")
    assert isinstance(event, Posted)
    assert event.notice
    assert event.text == translate.SEALED


def test_only_our_own_server_can_say_what_our_other_devices_wrote() -> None:
    inside = (
        "<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'"
        " from='robin@example.net/x' to='noor@example.org'><body>I owe you</body></message></forwarded></sent>"
    )
    lie = fromstring(f"{HEAD}{inside}</message>")
    assert unwrap(lie, "robin@example.net") is None
    truth = fromstring(f"<message xmlns='jabber:client' from='robin@example.net'>{inside}</message>")
    found = unwrap(truth, "robin@example.net")
    assert found is not None
    assert found[1]


def test_a_time_counts_only_if_a_server_says_it() -> None:
    letter = read(
        fromstring(f"{HEAD}<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/></message>")
    )
    assert letter.stamp("example.net") is None
    archived = fromstring(
        "<message xmlns='jabber:client'><result xmlns='urn:xmpp:mam:2' id='7'><forwarded xmlns='urn:xmpp:forward:0'>"
        "<delay xmlns='urn:xmpp:delay' stamp='2024-02-03T04:05:06Z'/>"
        f"{HEAD}<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2020-01-01T00:00:00Z'/></message>"
        "</forwarded></result></message>"
    )
    found = kept(archived)
    assert found is not None
    assert read(found[1]).stamp("") == moment("2024-02-03T04:05:06Z")


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "2024-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"]
)
def test_a_time_that_is_none_is_left_out(stamp: str) -> None:
    assert moment(stamp) is None or abs(moment(stamp) or 0) < 1 << 53


def test_a_time_is_written_as_it_is_read() -> None:
    assert moment(stamped(1_700_000_000_123)) == 1_700_000_000_123


@given(st.text())
def test_any_text_goes_through_but_for_what_xml_cannot_hold(text: str) -> None:
    shown = x.clean(text).replace("\r\n", "\n").replace("\r", "\n")
    if shown:
        assert written(Post(key="k", text=text)).text.replace("\r\n", "\n").replace("\r", "\n") == shown


@given(st.text(min_size=1), st.text())
def test_a_reply_keeps_its_words_whatever_it_repeats(text: str, quoted: str) -> None:
    reply = Reference(id="q", author="a@b", text=x.clean(quoted).replace("\r", " "))
    event = written(Post(key="k", text=x.clean(text).replace("\r", " "), reply_to=reply))
    assert event.text == x.clean(text).replace("\r", " ")


def test_the_same_key_always_has_the_same_id_and_does_not_show_in_it() -> None:
    assert translate.message_id("secret-key") == translate.message_id("secret-key")
    assert translate.message_id("secret-key", 1) != translate.message_id("secret-key")
    assert "secret" not in translate.message_id("secret-key")


def test_what_a_relay_sends_shows_that_to_other_relays() -> None:
    assert translate.message_id("decamp-5d1f-7").startswith(MARK)
    assert not translate.message_id("announce-7").startswith(MARK)


def test_taking_one_reaction_away_leaves_the_others() -> None:
    about = Reference(id="m0")
    message = translate.other(Envelope(to="a@b"), React(key="k", message=about, emoji="👍", add=False, all=("🍰",)))
    assert read(message).reactions == ("🍰",)


def test_reading_is_told_in_rooms_by_the_id_of_the_room() -> None:
    message = translate.other(Envelope(to="r@c", room=True), MarkRead(key="k", message=Reference(id="room-1")))
    assert message.get("type") == "groupchat"
    assert read(message).displayed == "room-1"


NAMES = ("👍", "🇩🇪", "x" * 10_000, "", "\u202eeci lA", "a/b@c", "..", "<b>", "a b", "a\\20b", "A", "05" + "ab" * 32)


def test_every_contact_has_an_address_of_their_own_that_any_server_takes() -> None:
    slixmpp = pytest.importorskip("slixmpp")
    addresses = [ghost(name, "session.example.org") for name in NAMES]
    assert len(set(addresses)) == len(NAMES)
    for address in addresses:
        assert slixmpp.JID(address).bare == address


@pytest.mark.parametrize("name", ["a/b@c", "<b>", "a b", "a\\20b", "\\5c20", "05" + "ab" * 32])
def test_an_address_tells_whose_it_is(name: str) -> None:
    assert person(ghost(name, "session.example.org")) == name


def test_a_link_names_its_account_and_an_account_its_link() -> None:
    assert handle("a\\20b@example.org").address == "xmpp:a%5C20b@example.org"
    assert of_link("xmpp:a%5C20b@example.org?roster;name=x") == "a\\20b@example.org"
    assert account(" xmpp:Robin@Example.org/phone ") == "robin@example.org"
    assert (bare("a@b/c/d"), local("b")) == ("a@b", "")


TAGS = [
    f"{{{namespace}}}{name}"
    for namespace, name in (
        (x.CLIENT, "body"), (x.CLIENT, "message"), (x.REPLY, "reply"), (x.FALLBACK, "fallback"),
        (x.FALLBACK, "body"),
        (x.OOB, "x"), (x.OOB, "url"), (x.SHARING, "file-sharing"), (x.FILE, "file"), (x.FILE, "size"),
        (x.DELAY, "delay"),
        (x.CARBONS, "sent"), (x.FORWARD, "forwarded"), (x.MAM, "result"), (x.REACTIONS, "reactions"),
        (x.REACTIONS, "reaction"), (x.CORRECT, "replace"), (x.RETRACT, "retract"), (x.CLIENT, "error"),
        (x.SID, "stanza-id"),
    )
]  # fmt: skip
attributes = st.dictionaries(
    st.sampled_from(["id", "from", "to", "for", "start", "end", "stamp", "by", "type"]), st.text(max_size=20)
)


@st.composite
def stanzas(draw: st.DrawFn, depth: int = 3) -> Element:
    made = Element(draw(st.sampled_from(TAGS)), draw(attributes))
    made.text = draw(st.one_of(st.none(), st.text(max_size=20), st.just("https://[")))
    if depth:
        made.extend(draw(st.lists(stanzas(depth - 1), max_size=4)))
    return made


@settings(max_examples=40)
@given(st.lists(stanzas(), max_size=5), attributes)
def test_no_message_however_strange_breaks_the_reader(inside: list[Element], said: dict[str, str]) -> None:
    message = Element(f"{{{x.CLIENT}}}message", said)
    message.extend(inside)
    list(translate.events(read(message), PLACE))
    kept(message)
    unwrap(message, "robin@example.net")


def test_a_room_id_given_twice_stays_with_the_first(tmp_path: Path) -> None:
    record = Record(tmp_path)
    record.note_room_id("room", "noor", "m1", "first")
    record.note_room_id("room", "noor", "m1", "second")
    assert record.room_id("room", "noor", "m1") == "first"
    assert record.room_id("room", "maya", "m1") is None
    assert [record.room_author("room", native) for native in ("first", "other")] == ["noor", None]
    record.close()
