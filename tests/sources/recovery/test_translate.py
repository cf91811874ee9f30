"""What each kind of message becomes, whatever order it comes in and whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from migrate.identity import message_id
from migrate.model import Direction, Loss, Message, MessageKind
from migrate.session import content as contents
from migrate.session.config.group_writing import group_id_of
from migrate.session.config.namespaces import Namespace
from migrate.session.config.writing import write_config
from migrate.session.content import (
    Call,
    CommunityInvitation,
    Content,
    DataMessage,
    Extraction,
    Pointer,
    Preview,
    Profile,
    Quote,
    Reaction,
    Receipt,
    RequestResponse,
    Typing,
    Unsend,
)
from migrate.session.envelope import Randomness, seal
from migrate.session.group_messages import NONCE_BYTES, seal_for_group
from migrate.session.group_updates import (
    DeleteMemberContent,
    GroupUpdate,
    InfoChange,
    Invite,
    MemberChange,
    MemberLeftNotification,
    Promote,
    deletion_text,
    info_text,
    invite_text,
    member_text,
)
from migrate.session.keys import AccountKeys
from migrate.session.outgoing import sync_copy
from migrate.session.receive import Received
from migrate.session.storage import hash_of
from migrate.sources.base import FileProblem
from migrate.sources.recovery.fetch import Fetched
from migrate.sources.recovery.source import RecoverySource
from migrate.sources.recovery.spool import Spool
from tests.session.test_account import ANN, GROUP, GROUP_ID, KEY, ME, group_key, its

NOW = 1_771_000_000_000
RANDOM = Random(5)
ME_ID, ANN_ID = ME.session_id, ANN.session_id


def lying(pubkey: str, namespace: int, data: bytes, at: int = NOW) -> Received:
    return Received(pubkey, namespace, hash_of(pubkey, namespace, data), at, NOW + 1000, data)


def from_ann(content: Content) -> Received:
    return lying(ME_ID, 0, seal(content, ANN, ME_ID, Randomness.drawn(RANDOM.randbytes)))


def from_us(content: Content, to: str = ANN_ID) -> Received:
    copy = sync_copy(content, to)
    assert copy is not None
    return lying(ME_ID, 0, seal(copy, ME, ME_ID, Randomness.drawn(RANDOM.randbytes)))


def in_group(content: Content, sender: AccountKeys = ANN) -> Received:
    return lying(
        GROUP_ID, 11, seal_for_group(content, sender, GROUP_ID, KEY, Randomness.drawn(RANDOM.randbytes, NONCE_BYTES))
    )


def settings(*, blocked: bool = False) -> list[Received]:
    """Ann is a contact, and there is a group."""
    contact = {b"n": b"Ann", b"a": 1, b"A": 1, **({b"b": 1} if blocked else {})}
    auth = b"\x03\x03\0\0\x05" + bytes(95)
    trees = {
        Namespace.CONTACTS: {b"c": {bytes.fromhex(ANN_ID): contact}},
        Namespace.GROUPS_JOINED: {b"g": {bytes.fromhex(GROUP_ID): {b"s": auth, b"n": b"Book club"}}},
    }
    own = [lying(ME_ID, one, write_config(one, tree, ME)) for one, tree in trees.items()]  # type: ignore[arg-type]
    return [*own, group_key(), its(Namespace.GROUP_INFO, {b"n": b"Book club"})]


def read(folder: Path, received: Sequence[Received], **options: bool) -> tuple[list[Message], list[Loss]]:
    """All messages of an account on whose nodes this lies."""
    with Spool(folder / "spool.sqlite") as spool:
        spool.add([*settings(**options), *received], {}, anew=set())
        with RecoverySource(ME, spool, Fetched(), lambda _: b"", lambda: NOW) as source:
            messages = [source.read(row).message for batch in source.rows() for row in batch]
            assert source.count() == len(messages)
            return sorted(messages, key=lambda one: one.sent_at), list(source.losses())


def only(folder: Path, *received: Received) -> Message:
    messages, losses = read(folder, received)
    assert not losses
    (message,) = messages
    return message


def said(at: int = NOW, body: str | None = "hello", **parts: object) -> Content:
    return Content(data=DataMessage(body=body, **parts), sent_at=at)  # type: ignore[arg-type]


def updated(update: GroupUpdate, at: int = NOW) -> Content:
    return Content(data=DataMessage(group_update=update), sent_at=at)


def test_a_text_with_all_its_parts(tmp_path: Path) -> None:
    content = said(
        body=f"hello @{ME_ID}",
        quote=Quote(sent_at=NOW - 5, author=ME_ID),
        previews=(Preview(url="https://example.org", title="Example"),),
        attachments=(Pointer(name="a.ogg", type="audio/ogg", size=7, flags=contents.VOICE),),
    )
    one = only(tmp_path, from_ann(content))
    assert one.id == message_id(ANN_ID, ANN_ID, NOW)
    assert (one.conversation, one.sender, one.direction) == (ANN_ID, ANN_ID, Direction.IN)
    assert (one.kind, one.mentions) == (MessageKind.TEXT, (ME_ID,))
    assert one.quote is not None
    assert (one.quote.author, one.quote.sent_at) == (ME_ID, NOW - 5)
    assert one.preview is not None
    assert (one.preview.url, one.preview.title) == ("https://example.org", "Example")
    assert [(file.name, file.size, file.voice) for file in one.attachments] == [("a.ogg", 7, True)]


def test_what_we_wrote_elsewhere_is_on_our_side(tmp_path: Path) -> None:
    one = only(tmp_path, from_us(said()))
    assert (one.conversation, one.sender, one.direction) == (ANN_ID, ME_ID, Direction.OUT)


def test_a_note_to_ourselves(tmp_path: Path) -> None:
    one = only(tmp_path, from_us(said(), to=ME_ID))
    assert (one.conversation, one.sender, one.direction) == (ME_ID, ME_ID, Direction.OUT)


def test_the_same_message_sealed_twice_is_one(tmp_path: Path) -> None:
    again = said(profile=Profile(name="Ann"))
    assert only(tmp_path, from_ann(said()), from_ann(again)).body == "hello"


def test_two_messages_of_one_millisecond_are_two(tmp_path: Path) -> None:
    messages, _ = read(tmp_path, [from_ann(said()), from_ann(said(body="and this"))])
    assert {one.body for one in messages} == {"hello", "and this"}
    assert len({one.origin.native_id for one in messages}) == 2


@pytest.mark.parametrize("reaction_first", [True, False])
def test_reactions_find_their_message(tmp_path: Path, reaction_first: bool) -> None:
    def reacts(emoji: str, action: int, at: int) -> Content:
        return said(at, None, reaction=Reaction(sent_at=NOW, author=ANN_ID, emoji=emoji, action=action))

    message = from_ann(said())
    others = [
        from_us(reacts("👍", contents.REACT, NOW + 1)),
        from_us(reacts("🎉", contents.REACT, NOW + 2)),
        from_us(reacts("🎉", contents.REMOVE, NOW + 3)),
        from_ann(reacts("👍", contents.REACT, NOW + 4)),
    ]
    one = only(tmp_path, *([*others[::-1], message] if reaction_first else [message, *others]))
    assert [(r.emoji, r.by, r.count) for r in one.reactions] == [("👍", (ME_ID, ANN_ID), 2)]


def test_a_reaction_to_what_is_gone_is_named(tmp_path: Path) -> None:
    reaction = Reaction(sent_at=1, author=ANN_ID, emoji="👍", action=contents.REACT)
    messages, losses = read(tmp_path, [from_ann(said(body=None, reaction=reaction))])
    assert not messages
    assert [(loss.kind, loss.name, loss.severity) for loss in losses] == [("reaction", "👍", "gap")]


def test_a_reaction_to_somebody_who_is_blocked_is_no_news(tmp_path: Path) -> None:
    reaction = Reaction(sent_at=NOW, author=ANN_ID, emoji="👍", action=contents.REACT)
    received = [from_ann(said()), from_us(said(NOW + 1, None, reaction=reaction))]
    messages, losses = read(tmp_path, received, blocked=True)
    assert (messages, [loss.kind for loss in losses]) == ([], ["blocked"])


def test_what_was_taken_back_is_gone_and_nothing_else(tmp_path: Path) -> None:
    unsend = Content(unsend=Unsend(sent_at=NOW, author=ANN_ID), sent_at=NOW + 1)
    kept = from_us(said(NOW))  # ours, of the same millisecond
    messages, _ = read(tmp_path, [from_ann(unsend), from_ann(said()), kept])
    assert {(one.sender, one.deleted, one.body) for one in messages} == {
        (ANN_ID, True, None), (ME_ID, False, "hello"),
    }  # fmt: skip
    deleted = next(one for one in messages if one.deleted)
    assert (deleted.kind, deleted.details) == (MessageKind.TEXT, {"deleted_for": "everyone"})


def test_a_member_deletes_only_what_they_wrote_and_an_admin_everything(tmp_path: Path) -> None:
    ours, ann_s = in_group(said(NOW), ME), in_group(said(NOW + 1))
    by_member = DeleteMemberContent(hashes=(ours.hash, ann_s.hash))
    messages, _ = read(tmp_path, [ours, ann_s, in_group(updated(GroupUpdate(delete_content=by_member), NOW + 2))])
    assert [one.deleted for one in messages] == [False, True]
    by_admin = DeleteMemberContent(members=(ME_ID,))
    signature = GROUP.sign(deletion_text(by_admin, NOW + 3).encode())
    signed = DeleteMemberContent(members=(ME_ID,), signature=signature)
    messages, _ = read(tmp_path, [in_group(updated(GroupUpdate(delete_content=signed), NOW + 3))])
    assert [one.deleted for one in messages] == [True, True]


def test_two_members_together_delete_no_more_than_each_alone(tmp_path: Path) -> None:
    stranger = AccountKeys(b"s" * 32)
    third = in_group(said(NOW), stranger)
    claims = [in_group(updated(GroupUpdate(delete_content=DeleteMemberContent(hashes=(third.hash,))), NOW + n), who)
              for n, who in enumerate((ANN, ME), 1)]  # fmt: skip
    messages, _ = read(tmp_path, [third, *claims])
    assert [one.deleted for one in messages] == [False]


def test_who_has_read_our_message(tmp_path: Path) -> None:
    receipt = Content(receipt=Receipt(type=contents.READ, sent_at=(NOW,)), sent_at=NOW + 9)
    assert only(tmp_path, from_us(said()), from_ann(receipt)).details == {"read_by": [ANN_ID]}


@pytest.mark.parametrize(
    ("content", "kind", "details"),
    [
        (
            Content(data=DataMessage(flags=2), expiry_type=2, expiry_seconds=60, sent_at=NOW),
            MessageKind.TIMER, {"type": "after_send", "seconds": 60, "by": ANN_ID},
        ),
        (
            Content(data=DataMessage(flags=2), sent_at=NOW),
            MessageKind.TIMER, {"type": "off", "seconds": 0, "by": ANN_ID},
        ),
        (Content(extraction=Extraction(type=1), sent_at=NOW), MessageKind.EXTRACTION, {"what": "screenshot"}),
        (Content(request_response=RequestResponse(approved=True), sent_at=NOW), MessageKind.REQUEST_RESPONSE, {}),
        (
            said(body=None, invitation=CommunityInvitation(url="https://a.example/r?public_key=00", name="R")),
            MessageKind.INVITATION, {"url": "https://a.example/r?public_key=00", "name": "R"},
        ),
        (Content(call=Call(type=contents.CALL_PRE_OFFER, uuid="u"), sent_at=NOW), MessageKind.CALL,
         {"call": "missed-call"}),
        (Content(sent_at=NOW), MessageKind.OTHER, {"content": "unknown"}),
        (Content(data=DataMessage(), sent_at=NOW), MessageKind.OTHER, {"content": "empty"}),
    ],
    ids=["timer", "timer off", "screenshot", "accepted", "invitation", "call", "unknown", "empty"],
)  # fmt: skip
def test_what_is_no_text_tells_its_story(
    tmp_path: Path, content: Content, kind: MessageKind, details: dict[str, object]
) -> None:
    one = only(tmp_path, from_ann(content))
    assert (one.kind, one.details) == (kind, details)


def test_what_is_of_the_moment_is_no_message(tmp_path: Path) -> None:
    passing = [Content(typing=Typing(sent_at=NOW, action=0), sent_at=NOW), Content(call=Call(type=5), sent_at=NOW)]
    assert read(tmp_path, [from_ann(content) for content in passing]) == ([], [])


def _named(name: str) -> GroupUpdate:
    change = InfoChange(type=1, name=name)
    return GroupUpdate(info_change=InfoChange(type=1, name=name, signature=GROUP.sign(info_text(change, NOW).encode())))


def _changed(type: int, *, history: bool = False) -> GroupUpdate:
    signature = GROUP.sign(member_text(MemberChange(type=type), NOW).encode())
    change = MemberChange(type=type, members=(ANN_ID,), history_shared=history, signature=signature)
    return GroupUpdate(member_change=change)


@pytest.mark.parametrize(
    ("update", "details"),
    [
        (_named("Readers"), {"name": "Readers"}),
        (_changed(1), {"joined": [ANN_ID]}),
        (_changed(1, history=True), {"joined_with_history": [ANN_ID]}),
        (_changed(2), {"kicked": [ANN_ID]}),
        (_changed(3), {"promoted": [ANN_ID]}),
        (GroupUpdate(member_left_notification=MemberLeftNotification()), {"left": [ANN_ID]}),
    ],
    ids=["name", "joined", "joined with history", "kicked", "promoted", "left"],
)
def test_changes_of_a_group(tmp_path: Path, update: GroupUpdate, details: dict[str, object]) -> None:
    one = only(tmp_path, in_group(updated(update)))
    assert (one.conversation, one.kind, one.details) == (GROUP_ID, MessageKind.GROUP_UPDATE, details)


def test_secrets_that_ride_on_invitations_stay_out(tmp_path: Path) -> None:
    seed, signature = bytes([3]) * 32, GROUP.sign(invite_text(ME_ID, NOW).encode())
    invite = Invite(group=GROUP_ID, name="Book club", member_auth=b"\x03secret" * 14, signature=signature)
    promote = Promote(seed=seed, name="Book club")
    messages, _ = read(
        tmp_path,
        [from_ann(updated(GroupUpdate(invite=invite))), from_ann(updated(GroupUpdate(promote=promote), NOW + 1))],
    )
    assert [one.details for one in messages] == [
        {"invited": [ME_ID], "group": GROUP_ID, "group_name": "Book club"},
        {"promoted": [ME_ID], "group": group_id_of(GROUP), "group_name": "Book club"},
    ]
    assert seed.hex() not in repr(messages)
    assert "secret" not in repr(messages)


def test_somebody_who_is_blocked_is_counted_and_not_kept_but_in_groups(tmp_path: Path) -> None:
    messages, losses = read(tmp_path, [from_ann(said()), in_group(said(NOW + 1))], blocked=True)
    assert [one.conversation for one in messages] == [GROUP_ID]
    assert [(loss.kind, loss.severity) for loss in losses] == [("blocked", "gap")]


def test_what_cannot_be_opened_costs_only_itself_and_is_named(tmp_path: Path) -> None:
    garbage = lying(ME_ID, 0, b"garbage")
    for_others = lying(GROUP_ID, 11, seal_for_group(
        said(), ANN, GROUP_ID, b"x" * 32, Randomness.drawn(RANDOM.randbytes, NONCE_BYTES)))  # fmt: skip
    real = from_ann(said(NOW + 1))
    damaged = Received(ME_ID, 0, real.hash[::-1], NOW, None, b"other bytes")
    forged = from_ann(said(NOW + 2, sync_target="05" + "ab" * 32))
    messages, losses = read(tmp_path, [garbage, for_others, damaged, real, forged])
    assert [one.body for one in messages] == ["hello"]
    by_hash = {loss.subject: loss for loss in losses}
    assert by_hash.keys() == {garbage.hash, for_others.hash, damaged.hash, forged.hash}
    assert {by_hash[one.hash].severity for one in (garbage, damaged)} == {"lost"}
    assert {by_hash[one.hash].severity for one in (for_others, forged)} == {"gap"}
    assert "damaged copy" in by_hash[damaged.hash].reason


def test_a_file_somewhere_else_is_refused_and_never_asked_for(tmp_path: Path) -> None:
    """`Network.download` decides where files may lie; what is no address of Session never gets so far."""
    received = from_ann(said(attachments=(Pointer(name="a", key=b"k", url=None),)))
    asked: list[str] = []

    def download(url: str) -> bytes:
        asked.append(url)
        return b""

    with Spool(tmp_path / "spool.sqlite") as spool:
        spool.add([received], {}, anew=set())
        with RecoverySource(ME, spool, Fetched(), download, lambda: NOW) as source:
            (batch,) = source.rows()
            (refs,) = source.read(batch[0]).refs
            assert refs.file is not None
            with pytest.raises(FileProblem, match="does not say where"):
                source.file(refs.file)
    assert not asked
