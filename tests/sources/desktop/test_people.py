"""Everybody the account knows comes out with the relation, names and picture they have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from migrate.demo import ProfileBuilder
from migrate.model import Contact, Conversation, ConversationKind, Relation
from migrate.sources.base import FileProblem, FileRef
from migrate.sources.desktop.ids import conversation_id, kind_of

from .reading import database_of, source_of

KEY = "a" * 64


def people(profile: Path, work: Path) -> dict[str, Contact]:
    with source_of(profile, work) as source:
        return {person.contact.id: person.contact for person in source.contacts()}


def threads(profile: Path, work: Path) -> dict[str, Conversation]:
    with source_of(profile, work) as source:
        return {thread.conversation.id: thread.conversation for thread in source.conversations()}


def test_relations_follow_the_flags(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        room = builder.community("https://example.org", "lobby", "Lobby")
        friend, asked, asking, seen = (
            builder.person("Someone", approved=approved, approved_me=approved_me)
            for approved, approved_me in ((True, True), (True, False), (False, True), (False, False))
        )
        wrote = builder.blinded(room, "Wrote", approved=True)
        met = builder.blinded(room, "Met")
        me = builder.me
    known = people(tmp_path / "p", tmp_path / "w")
    assert {id: contact.relation for id, contact in known.items()} == {
        friend: Relation.CONTACT,
        asked: Relation.REQUEST_OUT,
        asking: Relation.REQUEST_IN,
        seen: Relation.ACQUAINTANCE,
        wrote: Relation.BLINDED,
        met: Relation.ACQUAINTANCE,
    }
    assert me not in known


def test_the_real_person_behind_a_blinded_id_is_told(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        room = builder.community("https://example.org", "lobby", "Lobby")
        friend = builder.person("Mara")
        blinded = builder.blinded(room, "Mara in the lobby", real=friend)
        stranger = builder.blinded(room, "Nobody knows")
    known = people(tmp_path / "p", tmp_path / "w")
    assert (known[blinded].real_id, known[stranger].real_id) == (friend, None)
    thread = threads(tmp_path / "p", tmp_path / "w")[blinded]
    assert (thread.kind, (thread.details or {})["origin"]) == (ConversationKind.DIRECT, room)


def test_somebody_blocked_without_a_conversation_is_still_a_contact(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        friend = builder.person("Mara")
        for id in (friend, "05" + KEY, "03" + KEY, "nonsense", builder.me):
            builder.block(id)
    known = people(tmp_path / "p", tmp_path / "w")
    assert {id: contact.blocked for id, contact in known.items()} == {friend: True, "05" + KEY: True}
    assert known["05" + KEY].display == "05aa…aaaa"


@pytest.mark.parametrize(
    ("value", "lost"),
    [('"nobody"', True), ("{}", True), ("[1,null,{}]", False), ("null", False)],
)
def test_a_damaged_block_list_blocks_nobody_and_is_named(tmp_path: Path, value: str, lost: bool) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        builder.person("Mara")
    with database_of(tmp_path / "p") as con:
        con.execute("UPDATE items SET json = ? WHERE id = 'blocked'", (f'{{"id":"blocked","value":{value}}}',))
    with source_of(tmp_path / "p", tmp_path / "w") as source:
        assert not any(person.contact.blocked for person in source.contacts())
        assert [loss.subject for loss in source.losses()] == (["blocked"] if lost else [])


def test_a_lost_key_of_the_attachments_is_named_and_the_account_makes_the_fingerprint(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        picture = builder.vault.put(b"bytes")
    with database_of(tmp_path / "p") as con:
        con.execute("UPDATE items SET json = '{broken' WHERE id = 'local_attachment_encrypted_key'")
    with source_of(tmp_path / "p", tmp_path / "w") as source:
        with pytest.raises(FileProblem) as problem:
            source.file(FileRef(picture))
        assert problem.value.state == "damaged"
        assert {loss.subject for loss in source.losses()} == {"local_attachment_encrypted_key"}
        assert len(source.fingerprint) == 32


def test_a_lost_account_id_is_found_in_the_other_setting_or_in_the_messages(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        friend = builder.person("Mara")
        builder.message(friend, builder.me, "mine", builder.now)
        me = builder.me
    for removed in ("number_id", "primaryDevicePubKey"):
        with database_of(tmp_path / "p") as con:
            con.execute("DELETE FROM items WHERE id = ?", (removed,))
        with source_of(tmp_path / "p", tmp_path / "w") as source:
            assert source.account().id == me
    with database_of(tmp_path / "p") as con:
        con.execute("DELETE FROM messages")
    with source_of(tmp_path / "p", tmp_path / "w") as source:
        assert source.account().id == "unknown"
        assert [loss.subject for loss in source.losses()] == ["number_id"]


def test_pictures_are_found_for_the_account_people_and_places(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p", avatar=b"mine") as builder:
        friend = builder.person("Mara", avatar=b"hers")
        still = builder.person("Still", fallbackAvatarInProfile=builder.vault.put(b"still"))
        group = builder.group("Walkers", [friend], avatar=b"ours")
    with source_of(tmp_path / "p", tmp_path / "w") as source:
        mine = source.account_avatar()
        assert mine is not None
        assert source.file(mine) == b"mine"
        pictures = {each.contact.id: each.avatar for each in source.contacts() if each.avatar}
        pictures |= {each.conversation.id: each.avatar for each in source.conversations() if each.avatar}
        assert {id: source.file(ref) for id, ref in pictures.items() if id in (friend, still, group)} == {
            friend: b"hers", still: b"still", group: b"ours",
        }  # fmt: skip


def test_titles_and_details_say_what_applies_and_nothing_else(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p") as builder:
        pinned = builder.person("Mara", priority=2, expirationMode="deleteAfterSend", expireTimer=60)
        hidden = builder.person("Hank", priority=-1, triggerNotificationsFor="disabled")
        nameless = builder.group(None, [])
        left = builder.legacy_group("Old", [pinned], left=1)
        room = builder.community("http://example.org:8080", "dev_talk", "  ")
        me = builder.me
    known = threads(tmp_path / "p", tmp_path / "w")
    assert known[me].title == "Note to Self"
    assert known[pinned].details == {"pinned": True, "timer": {"type": "after_send", "seconds": 60}}
    assert known[hidden].details == {"hidden": True, "notifications": "disabled"}
    assert known[nameless].title == f"{nameless[:4]}…{nameless[-4:]}"
    assert (known[left].kind, known[left].details) == (ConversationKind.LEGACY_GROUP, {"left": True})
    assert set(known[left].members) == {me, pinned}
    assert known[room].title == "dev_talk"
    details = known[room].details or {}
    assert (details["server"], details["room"]) == ("http://example.org:8080", "dev_talk")
    assert len(str(details["server_public_key"])) == 64


def test_a_profile_of_schema_29_has_todays_ids_and_pins(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "p", schema=33) as builder:
        old = "publicChat:lobby@https://example.org"
        builder.raw_conversation(id=old, type="group", displayNameInProfile="Lobby")
        room = {"serverPublicKey": KEY}
        builder.execute(
            "INSERT INTO openGroupRoomsV2 VALUES (?, ?, ?, ?)", ("https://example.org", "lobby", old, json.dumps(room))
        )
    with database_of(tmp_path / "p") as con:
        con.execute("ALTER TABLE conversations RENAME COLUMN priority TO isPinned")
        con.execute("UPDATE conversations SET isPinned = 1 WHERE id = ?", (old,))
        con.execute("UPDATE loki_schema SET version = 29")
    thread = threads(tmp_path / "p", tmp_path / "w")["https://example.org/lobby"]
    details = thread.details or {}
    assert (thread.kind, thread.title, details["pinned"], details["server_public_key"]) == (
        ConversationKind.COMMUNITY, "Lobby", True, KEY,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("id", "type", "kind"),
    [
        ("05" + KEY, "private", ConversationKind.DIRECT),
        ("05" + KEY, None, ConversationKind.DIRECT),
        ("05" + KEY, "group", ConversationKind.LEGACY_GROUP),
        ("05" + KEY, "telepathy", ConversationKind.UNKNOWN),
        ("05" + "b" * 64, "private", ConversationKind.NOTE_TO_SELF),
        ("03" + KEY, "groupv2", ConversationKind.GROUP),
        ("03" + KEY, "groupv3", ConversationKind.GROUP),
        ("15" + KEY, "private", ConversationKind.DIRECT),
        ("25" + KEY, "private", ConversationKind.DIRECT),
        ("https://192.0.2.1:22023/room", "group", ConversationKind.COMMUNITY),
        ("publicChat:1@old.example.org", "group", ConversationKind.COMMUNITY),
        ("05" + "a" * 63, "private", ConversationKind.UNKNOWN),
        ("telepathy:42", "group", ConversationKind.UNKNOWN),
    ],
)
def test_the_prefix_tells_the_kind_before_the_type(id: str, type: str | None, kind: ConversationKind) -> None:
    assert kind_of(id, type, "05" + "b" * 64) is kind


@pytest.mark.parametrize(
    ("stored", "id"),
    [
        ("publicChat:lobby@https://example.org", "https://example.org/lobby"),
        ("publicChat:lobby@http://example.org:8080/", "http://example.org:8080/lobby"),
        ("publicChat:1@old.example.org", "publicChat:1@old.example.org"),
        ("https://example.org/lobby", "https://example.org/lobby"),
    ],
)
def test_old_ids_of_communities_become_todays(stored: str, id: str) -> None:
    assert conversation_id(stored) == id
