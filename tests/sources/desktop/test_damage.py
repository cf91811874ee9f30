"""A profile with every defect of the formats page, section 11: kept as far as it goes, and each loss named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from migrate.model import AttachmentState, ConversationKind, Direction, MessageKind, Relation
from migrate.sources.base import FileProblem, Found
from migrate.sources.desktop import DesktopSource

from ...builders.damage import HOSTILE_FILE_NAMES, HOSTILE_NAMES, Damage, damaged_profile
from .reading import read_all, source_of

FROM_COLUMNS = [
    "broken json",
    "null json",
    "empty json",
    "json is a list",
    "json is a text",
    "json is null",
    "json is nested too deep",
]


@pytest.fixture(scope="module")
def damage(tmp_path_factory: pytest.TempPathFactory) -> Damage:
    return damaged_profile(tmp_path_factory.mktemp("damaged"))


@pytest.fixture(scope="module")
def source(damage: Damage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DesktopSource]:
    with source_of(damage.profile, tmp_path_factory.mktemp("work")) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(source: DesktopSource) -> dict[str, Found]:
    return read_all(source)


@pytest.fixture
def get(damage: Damage, found: dict[str, Found]) -> Getter:
    return Getter(damage, found)


class Getter:
    """Finds the message with a defect."""

    def __init__(self, damage: Damage, found: dict[str, Found]) -> None:
        self.damage, self.found = damage, found

    def __call__(self, defect: str) -> Found:
        return self.found[self.damage.messages[defect]]

    def lost(self, defect: str) -> set[str]:
        return {loss.name for loss in self(defect).losses if loss.severity == "lost"}


def test_every_row_comes_out(damage: Damage, source: DesktopSource, found: dict[str, Found]) -> None:
    assert len(found) == source.count()
    assert set(damage.messages.values()) <= found.keys()
    assert {file.native_id for file in damage.files.values()} <= found.keys()


@pytest.mark.parametrize("defect", FROM_COLUMNS)
def test_a_message_without_readable_json_is_told_from_its_columns(get: Getter, defect: str) -> None:
    message = get(defect).message
    assert (message.body, message.sender, message.direction) == ("from the columns", get.damage.friend, Direction.IN)
    assert message.sent_at > 0
    (loss,) = get(defect).losses
    assert (loss.kind, loss.name, loss.conversation) == ("row", "json", get.damage.friend)


def test_a_row_of_nulls_is_still_a_message(get: Getter) -> None:
    message = get("everything null").message
    assert (message.conversation, message.sender, message.sent_at, message.body) == (
        get.damage.friend, get.damage.friend, 0, None,
    )  # fmt: skip
    assert get.lost("everything null") == {"json", "type", "sent_at"}


@pytest.mark.parametrize(
    ("defect", "names"),
    [
        ("attachments is a text", {"attachments"}),
        ("attachments holds numbers", {"attachments[0]", "attachments[2]"}),
        ("attachment size is a text", {"attachments[0].size"}),
        ("senders holds numbers", {"reacts.👍.count"}),
        ("reacts is a list", {"reacts"}),
        ("reaction is a number", {"reacts.👍"}),
        ("quote is a text", {"quote"}),
        ("preview is an object", {"preview"}),
        ("preview without a url", {"preview"}),
        ("preview image is a text", {"preview[0].image"}),
        ("group update is a text", {"group_update"}),
        ("group update joined is null", {"group_update"}),
        ("timer is a number", {"expirationTimerUpdate"}),
        ("timer seconds are a text", {"expirationTimerUpdate.expireTimer"}),
        ("invitation without a name", {"groupInvitation"}),
        ("body is an object", {"body"}),
        ("unknown type", {"type"}),
        ("no type", {"type"}),
        ("json is not utf-8", {"characters"}),
        ("senders is null", set()),
        ("body is a number", set()),
        ("unknown fields", set()),
        ("json is an empty object", set()),
        ("quote of the old shape", set()),
        ("flags are the text FALSE", set()),
        ("body: lone surrogate", set()),
    ],
)
def test_what_was_left_out_is_named_and_nothing_else(get: Getter, defect: str, names: set[str]) -> None:
    assert get.lost(defect) == names


def test_what_is_left_of_a_damaged_part_is_kept(get: Getter) -> None:
    assert get("body is a number").message.body == "12"
    (reaction,) = get("senders is null").message.reactions
    assert (reaction.emoji, reaction.by, reaction.count) == ("👍", (), 2)
    (reaction,) = get("senders holds numbers").message.reactions
    assert get.damage.friend in reaction.by
    assert get("preview image is a text").message.preview is not None
    quote = get("quote of the old shape").message.quote
    assert quote is not None
    assert (quote.author, quote.text, quote.sent_at) == (get.damage.friend, "as it was", 1_774_900_000_000)
    assert get("unknown call").message.details == {"call": "hologram"}
    assert get("timer seconds are a text").message.kind is MessageKind.TIMER
    (attachment,) = get("attachment without a path").message.attachments
    assert attachment.state is AttachmentState.MISSING


def test_deletion_and_failure_are_seen_wherever_they_are_recorded(get: Getter) -> None:
    assert get("deleted in json only").message.details == {"deleted_for": "everyone"}
    assert get("deleted in the column only").message.details == {"deleted_for": "this_device"}
    assert not get("flags are the text FALSE").message.deleted
    assert get("failed as old versions wrote it").message.failed


def test_text_of_every_kind_survives(get: Getter) -> None:
    assert get("body: lone surrogate").message.body == "broken \ufffd heart"
    assert get("body: null character").message.body == "be\0fore"
    assert get("body: line ends").message.body == "one\r\ntwo\rthree\u2028four"
    assert get("body: bidi override").message.body == "safe\u202egnp.exe"
    assert get("body: only blanks").message.body == " \n\t "
    assert len(get("body: very long").message.body or "") == 200_000
    assert get("body is not utf-8").message.body == "caf\ufffd \ufffd ok"


@pytest.mark.parametrize("time", ["zero", "negative", "beyond the year 9999", "huge", "larger than any integer",
                                  "a word", "null", "nan", "infinity", "1e999"])  # fmt: skip
def test_a_time_that_is_none_costs_only_the_time(get: Getter, time: str) -> None:
    message = get(f"time: {time}").message
    assert (message.sent_at, message.body) == (0, f"time: {time}")
    assert get.lost(f"time: {time}") == {"sent_at"}


@pytest.mark.parametrize("time", ["float", "a number as text"])
def test_a_time_of_another_type_is_read(get: Getter, time: str) -> None:
    assert get(f"time: {time}").message.sent_at == 1_774_900_000_000
    assert not get(f"time: {time}").losses


def test_a_message_whose_conversation_is_gone_is_kept_and_named(get: Getter) -> None:
    orphan = get("orphan")
    assert orphan.message.conversation == get.damage.conversations["without a row"]
    (loss,) = orphan.losses
    assert (loss.kind, loss.severity, loss.conversation) == ("conversation", "gap", orphan.message.conversation)
    assert get.lost("no conversation at all") == {"conversationId", "source"}
    assert get("no conversation at all").message.conversation == "unknown"


def test_conversations_of_no_known_kind_are_there(source: DesktopSource, damage: Damage) -> None:
    threads = {thread.conversation.id: thread.conversation for thread in source.conversations()}
    assert threads[damage.conversations["unknown id"]].kind is ConversationKind.UNKNOWN
    assert threads[damage.conversations["unknown type"]].kind is ConversationKind.UNKNOWN
    assert threads[damage.conversations["active at a float"]].details == {"active_at": 1_500_000_000_000}
    for defect in ("members broken", "members null", "members of numbers"):
        assert threads[damage.conversations[defect]].members == ()
    assert {thread.title for thread in threads.values()} >= set(HOSTILE_NAMES.values())


def test_everything_wrong_outside_of_messages_is_named_once(source: DesktopSource, damage: Damage) -> None:
    for _ in range(2):
        list(source.conversations())
    losses = list(source.losses())
    assert len(losses) == len(set(losses))
    subjects = {loss.subject for loss in losses}
    assert {"unknown", "512345"} <= subjects  # conversations whose ids are no text
    assert {damage.conversations["members broken"], damage.conversations["members of numbers"]} <= subjects
    assert damage.conversations["members null"] not in subjects
    assert "https://broken.example.org/room" in subjects
    assert not subjects & {"from-the-future", "nothing", "7"}


def test_people_with_odd_flags_and_names_are_told_apart(source: DesktopSource, damage: Damage) -> None:
    people = {person.contact.id: person.contact for person in source.contacts()}
    odd = people[damage.conversations["flags are the text FALSE"]]
    assert (odd.relation, odd.approved, odd.approved_me) == (Relation.ACQUAINTANCE, False, False)
    assert people[damage.conversations["name is not utf-8"]].display == "J\ufffdrg"
    assert people[damage.conversations["blank nickname"]].display == "Shown"
    assert "…" in people[damage.conversations["no name"]].display
    assert people[damage.conversations["name: markup"]].blocked
    assert people[damage.conversations["same name 1"]].display == people[damage.conversations["same name 2"]].display


def test_every_file_is_kept_missing_damaged_or_refused_as_it_deserves(
    source: DesktopSource, damage: Damage, found: dict[str, Found]
) -> None:
    for defect, wanted in damage.files.items():
        each = found[wanted.native_id]
        ref = each.refs[0].file
        if ref is None:
            assert each.message.attachments[0].state == wanted.state, defect
        elif wanted.plain is None:
            with pytest.raises(FileProblem) as problem:
                source.file(ref)
            assert problem.value.state == wanted.state, defect
        else:
            assert source.file(ref) == wanted.plain, defect


def test_file_names_stay_what_the_sender_claimed(found: dict[str, Found], damage: Damage) -> None:
    for kind, name in HOSTILE_FILE_NAMES.items():
        (attachment,) = found[damage.files[f"file name: {kind}"].native_id].message.attachments
        assert attachment.name == (name or None)
