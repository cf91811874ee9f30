"""What events of Matrix say in our words, whoever wrote them. No server is needed for that."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridges.events import Deleted, Edited, Joined, Left, Posted, Reacted, Renamed
from bridges.matrix import contents, reading
from bridges.matrix.loose import Object
from bridges.matrix.place import Place
from bridges.relay.loops import MARK

ME, ANN = "@me:example.org", "@ann:example.org"


def place() -> Place:
    room = Place("!room", ME)
    for id, name in ((ME, "Me"), (ANN, "Ann")):
        room.take({"type": "m.room.member", "state_key": id, "content": {"membership": "join", "displayname": name}})
    return room


def event(content: Object, kind: str = "m.room.message", **more: object) -> Object:
    return {"type": kind, "event_id": "$1", "sender": ANN, "origin_server_ts": 7, "content": content, **more}


def posted(content: Object) -> Posted:
    said = reading.read(place(), event(content))
    assert isinstance(said, Posted)
    return said


def test_a_text_is_taken_as_it_stands() -> None:
    said = posted({"msgtype": "m.text", "body": "<b>hi</b>", "formatted_body": "<b>other</b>"})
    assert (said.text, said.sender.name, said.sent_at, said.own, said.notice) == ("<b>hi</b>", "Ann", 7, False, False)


def test_what_a_relay_wrote_shows_that_and_what_somebody_passed_on_does_not() -> None:
    by_ann: Object = {"msgtype": "m.text", "body": "Mara: hi", reading.BY_A_RELAY: ANN}
    assert (posted(by_ann).key or "").startswith(MARK)
    assert posted({**by_ann, reading.BY_A_RELAY: "@bob:example.org"}).key is None
    assert posted({"msgtype": "m.text", "body": "hi"}).key is None


def test_formatted_text_becomes_plain_where_nothing_else_came() -> None:
    markup = "<mx-reply>old</mx-reply><p>one &amp; <b>two</b></p><script>evil()</script><br>three"
    assert posted({"msgtype": "m.text", "formatted_body": markup}).text == "one & two\nthree"


def test_what_an_answer_repeats_is_left_out() -> None:
    relation: Object = {"m.in_reply_to": {"event_id": "$0"}}
    said = posted({"msgtype": "m.text", "body": "> <@me:example.org> tea?\n> or not\n\nyes", "m.relates_to": relation})
    assert said.text == "yes"
    assert said.reply_to is not None
    assert said.reply_to.id == "$0"
    quoted: Object = {"msgtype": "m.text", "body": "> a quote of mine\n\nyes", "m.relates_to": relation}
    assert posted(quoted).text == "> a quote of mine\n\nyes"


def test_an_old_file_has_its_name_where_others_have_words() -> None:
    old = posted({"msgtype": "m.image", "body": "cat.png", "url": "mxc://example.org/abc"})
    assert (old.text, old.files[0].name, old.files[0].type) == ("", "cat.png", "application/octet-stream")
    new = posted({"msgtype": "m.image", "body": "my cat", "filename": "cat.png", "url": "mxc://example.org/abc"})
    assert (new.text, new.files[0].name) == ("my cat", "cat.png")


def test_a_sticker_is_a_file_and_a_call_a_notice() -> None:
    sticker = reading.read(place(), event({"body": "smile", "url": "mxc://example.org/abc"}, "m.sticker"))
    assert isinstance(sticker, Posted)
    assert sticker.files[0].name == "smile"
    call = reading.read(place(), event({"call_id": "1"}, "m.call.invite"))
    assert isinstance(call, Posted)
    assert call.notice


def test_somebody_acts_where_they_wrote_it_so() -> None:
    assert posted({"msgtype": "m.emote", "body": "waves"}).text == "/me waves"


@pytest.mark.parametrize("where", ["content", "beside"])
def test_a_message_is_taken_back_in_old_rooms_and_in_new_ones(where: str) -> None:
    raw = event({"redacts": "$0"} if where == "content" else {}, "m.room.redaction")
    said = reading.read(place(), raw if where == "content" else raw | {"redacts": "$0"})
    assert isinstance(said, Deleted)
    assert said.message == "$0"


def test_a_change_and_a_reaction_name_the_message() -> None:
    change = reading.read(
        place(),
        event(
            {"body": "* b", "m.new_content": {"body": "b"}, "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}}
        ),
    )
    assert isinstance(change, Edited)
    assert (change.message, change.text) == ("$0", "b")
    reaction = reading.read(place(), event({"m.relates_to": {"event_id": "$0", "key": "👍"}}, "m.reaction"))
    assert isinstance(reaction, Reacted)
    assert (reaction.message, reaction.emojis, reaction.id) == ("$0", ("👍",), "$1")


def test_what_was_taken_back_before_we_saw_it_says_nothing() -> None:
    assert reading.read(place(), event({})) is None


def test_people_come_go_and_change_their_names() -> None:
    def member(now: str, before: Object, name: str = "Ann") -> object:
        raw = event({"membership": now, "displayname": name}, "m.room.member", state_key=ANN)
        return reading.read(place(), raw | {"unsigned": {"prev_content": before}})

    assert isinstance(member("join", {"membership": "invite"}), Joined)
    assert isinstance(member("leave", {"membership": "join"}), Left)
    assert isinstance(member("join", {"membership": "join", "displayname": "Ann"}, "Anna"), Renamed)
    assert member("join", {"membership": "join", "displayname": "Ann"}) is None


def test_what_was_said_before_we_came_is_known_by_its_place() -> None:
    came = event({"membership": "join"}, "m.room.member", state_key=ME)
    renamed = came | {"unsigned": {"prev_content": {"membership": "join"}}}
    assert reading.joined_here(ME, [event({}), came, event({})]) == 1
    assert reading.joined_here(ME, [event({}), renamed]) is None


def test_what_was_said_between_an_invitation_and_our_coming_was_said_to_us() -> None:
    invited, came, gone = (
        event({"membership": now}, "m.room.member", state_key=ME) for now in ("invite", "join", "leave")
    )
    assert reading.joined_here(ME, [event({}), invited, event({}), came]) == 1
    assert reading.joined_here(ME, [invited, event({})]) is None
    assert reading.joined_here(ME, [invited, gone, event({}), came]) == 3
    assert reading.joined_here(ME, [invited, came, gone, event({}), came]) == 4


def test_a_key_comes_back_from_its_ticket_and_says_nothing_on_the_way() -> None:
    tickets = contents.Tickets(bytes(32))
    ticket = tickets.ticket("a key of somebody", 2)
    assert "somebody" not in ticket
    assert tickets.ticket("a key of somebody", 2) == ticket != tickets.ticket("a key of somebody", 1)
    assert tickets.key(ticket) == "a key of somebody"
    assert tickets.key("m1234.5") is None
    assert contents.Tickets(b"1" * 32).key(ticket) is None


@given(st.lists(st.text(max_size=200), min_size=2, max_size=2, unique=True))
def test_every_contact_has_an_address_of_their_own(ids: list[str]) -> None:
    first, second = (contents.local_part("session_", id) for id in ids)
    assert first != second
    assert all(one.isascii() and len(one) < 200 and one == one.lower() for one in (first, second))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["body", "url", "file", "m.relates_to", "rel_type", "event_id", "m.new_content", "membership"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(
        ["m.room.message", "m.sticker", "m.reaction", "m.room.redaction", "m.room.member", "m.room.name", 5]
    ),
    st.sampled_from([None, ANN, "", 3]),
)
def test_nothing_that_somebody_can_write_brings_it_down(content: object, kind: object, about: object) -> None:
    raw: Object = {"type": kind, "content": content, "sender": ANN, "event_id": "$1", "state_key": about}
    said = reading.read(place(), json.loads(json.dumps(raw)))
    assert said is None or said.cursor is None
