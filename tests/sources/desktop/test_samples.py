"""The sample profiles, made by the app's own code, come out as their `expected.json` says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from migrate.model import AttachmentState, ConversationKind, Direction, MessageKind, Relation, display_name
from migrate.sources.base import FileProblem, FileRef, Found
from migrate.sources.desktop import DesktopSource

from .conftest import SAMPLES
from .reading import read_all, source_of

pytestmark = pytest.mark.samples

KINDS = {
    "note-to-self": ConversationKind.NOTE_TO_SELF,
    "legacy-group": ConversationKind.LEGACY_GROUP,
    "group-v2": ConversationKind.GROUP,
    "community": ConversationKind.COMMUNITY,
}
RELATIONS = {
    "contact": Relation.CONTACT,
    "request": Relation.REQUEST_IN,
    "outgoing-request": Relation.REQUEST_OUT,
    "blinded": Relation.BLINDED,
    "acquaintance": Relation.ACQUAINTANCE,
}
TOLD: dict[str, tuple[MessageKind, Any]] = {
    "call-started": (MessageKind.CALL, {"call": "started-call"}),
    "call-missed": (MessageKind.CALL, {"call": "missed-call"}),
    "call-answered": (MessageKind.CALL, {"call": "answered-a-call"}),
    "data-extraction-saved": (MessageKind.EXTRACTION, {"what": "media_saved"}),
    "data-extraction-screenshot": (MessageKind.EXTRACTION, {"what": "screenshot"}),
    "request-accepted-out": (MessageKind.REQUEST_RESPONSE, {}),
    "request-accepted-in": (MessageKind.REQUEST_RESPONSE, {}),
    "deleted-globally": (MessageKind.TEXT, {"deleted_for": "everyone"}),
    "deleted-locally": (MessageKind.TEXT, {"deleted_for": "this_device"}),
    "interaction": (MessageKind.OTHER, {"interaction": "leave", "status": "error"}),
    "group-avatar": (MessageKind.GROUP_UPDATE, {"avatar_change": True}),
}
GROUP_CHANGES = {
    "group-joined": "joined",
    "group-joined-history": "joined_with_history",
    "group-kicked": "kicked",
    "group-left": "left",
    "group-promoted": "promoted",
    "group-renamed": "name",
}


@pytest.fixture(scope="module")
def expected(sample: Path) -> dict[str, Any]:
    return dict(json.loads((sample / "expected.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def source(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DesktopSource]:
    with source_of(sample, tmp_path_factory.mktemp("work"), SAMPLES[sample.name]) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(source: DesktopSource) -> dict[str, Found]:
    return read_all(source)


def test_every_row_is_read(source: DesktopSource, found: dict[str, Found], expected: dict[str, Any]) -> None:
    assert source.count() == len(found) == expected["counts"]["messages"]
    assert not list(source.losses())
    # What remains is what was never on this disk: gaps, not losses.
    assert {loss.severity for each in found.values() for loss in each.losses} == {"gap"}


def test_the_account_is_named(source: DesktopSource, expected: dict[str, Any]) -> None:
    assert (source.account().id, source.account().name) == (
        expected["account"]["sessionId"],
        expected["account"]["displayName"],
    )


def test_every_conversation_has_its_kind_title_people_and_messages(
    source: DesktopSource, found: dict[str, Found], expected: dict[str, Any]
) -> None:
    counts = Counter(each.message.conversation for each in found.values())
    threads = {thread.conversation.id: thread.conversation for thread in source.conversations()}
    assert threads.keys() == expected["conversations"].keys()
    for id, wanted in expected["conversations"].items():
        thread = threads[id]
        assert thread.kind is KINDS.get(wanted["kind"], ConversationKind.DIRECT)
        assert counts[id] == wanted["messageCount"]
        if thread.kind is not ConversationKind.NOTE_TO_SELF:
            assert thread.title == display_name(id, wanted["nickname"], wanted["displayName"])
        assert list(thread.members) == wanted.get("members", [])
        if "groupAdmins" in wanted:
            assert list(thread.admins) == wanted["groupAdmins"]
        assert bool((thread.details or {}).get("left")) == wanted.get("left", False)
        if thread.kind is ConversationKind.COMMUNITY:
            details = thread.details or {}
            assert (details["server"], details["room"]) == (wanted["serverUrl"], wanted["roomId"])
            assert details["server_public_key"] == wanted["serverPublicKey"]
            assert ("blind" in str(details["capabilities"])) == wanted["blinded"]
            assert bool(details.get("pinned")) == (wanted["priority"] > 0)


def test_every_contact_has_its_name_and_flags(source: DesktopSource, expected: dict[str, Any]) -> None:
    people = {person.contact.id: person for person in source.contacts()}
    assert people.keys() == {wanted["id"] for wanted in expected["contacts"]}
    for wanted in expected["contacts"]:
        contact = people[wanted["id"]].contact
        assert contact.relation is RELATIONS[wanted["kind"]]
        assert (contact.name, contact.nickname) == (wanted["displayName"] or None, wanted["nickname"])
        assert contact.display == display_name(contact.id, wanted["nickname"], wanted["displayName"])
        assert (contact.approved, contact.approved_me) == (wanted["isApproved"], wanted["didApproveMe"])
        assert contact.blocked == wanted["blocked"]


def test_every_file_on_disk_decrypts_to_its_bytes(source: DesktopSource, expected: dict[str, Any]) -> None:
    for path, wanted in expected["attachments"].items():
        if wanted["kind"] == "missing-on-disk":
            with pytest.raises(FileProblem) as problem:
                source.file(FileRef(path))
            assert problem.value.state == "missing"
        else:
            assert sha256(source.file(FileRef(path))).hexdigest() == wanted["sha256"]


def test_every_file_is_asked_for_by_a_message_or_a_picture(
    source: DesktopSource, found: dict[str, Found], expected: dict[str, Any]
) -> None:
    asked = {refs.file for each in found.values() for refs in each.refs}
    asked |= {refs.thumbnail for each in found.values() for refs in each.refs}
    asked |= {each.preview_image for each in found.values()} | {source.account_avatar()}
    asked |= {person.avatar for person in source.contacts()} | {thread.avatar for thread in source.conversations()}
    paths = {ref.path for ref in asked if ref is not None}
    assert paths <= expected["attachments"].keys()
    # A small picture of a link's image is the app's own and shows nothing that the image does not.
    left = expected["attachments"].keys() - paths
    assert len(left) <= 2


def test_every_named_message_is_right(found: dict[str, Found], expected: dict[str, Any]) -> None:
    me = expected["account"]["sessionId"]
    for native_id, wanted in expected["messages"].items():
        message = found[native_id].message
        assert message.conversation == wanted["conversationId"]
        assert message.body == wanted["body"]
        assert message.sent_at == wanted["sent_at"]
        assert message.direction is (Direction.OUT if wanted["type"] == "outgoing" else Direction.IN)
        # Our own messages are ours by one id, also where a community knows us by a blinded one.
        assert message.sender == (me if wanted["type"] == "outgoing" else wanted["source"])
        assert message.origin.native_id == native_id


def test_every_kind_of_message_tells_its_story(found: dict[str, Found], expected: dict[str, Any]) -> None:
    seen = set()
    for native_id, wanted in expected["messages"].items():
        message, note = found[native_id].message, wanted["note"]
        if note in TOLD:
            assert (message.kind, message.details) == TOLD[note], note
            assert message.deleted == note.startswith("deleted")
        elif note in GROUP_CHANGES:
            assert message.kind is MessageKind.GROUP_UPDATE
            assert list(message.details or {}) == [GROUP_CHANGES[note]]
            assert all((message.details or {}).values())
        elif note in ("timer-update", "group-timer", "timer-off"):
            assert message.kind is MessageKind.TIMER
        elif note == "community-invitation":
            assert message.kind is MessageKind.INVITATION
            assert set(message.details or {}) == {"url", "name"}
        else:
            assert message.kind is MessageKind.TEXT, note
            assert message.details is None or note == "read-receipt"
        seen.add(note)
    assert {"call-missed", "deleted-globally", "data-extraction-saved", "group-left", "timer-off"} <= seen


def test_the_parts_of_a_message_are_all_there(found: dict[str, Found], expected: dict[str, Any]) -> None:
    noted: dict[str, list[Found]] = {}
    for native_id, wanted in expected["messages"].items():
        noted.setdefault(wanted["note"], []).append(found[native_id])
    me, (first,) = expected["account"]["sessionId"], noted["first"]
    friend = first.message.sender

    quote = noted["quote-found"][0].message.quote
    assert quote is not None
    assert (quote.author, quote.sent_at, quote.message) == (friend, first.message.sent_at, None)
    laugh, heart = noted["reactions"][0].message.reactions
    assert (laugh.emoji, laugh.by, laugh.count, heart.count) == ("😂", (friend, me), 2, 1)
    crowd = noted["community-reacts-count-gt-senders"][0].message.reactions
    assert any(reaction.count > len(reaction.by) for reaction in crowd)
    assert noted["read-receipt"][0].message.details == {"read_by": [friend]}
    assert len(noted["mention"][0].message.mentions) == 2
    assert noted["failed"][0].message.failed
    assert not noted["sending"][0].message.failed
    expires = noted["expiring-started"][0].message.expires
    assert expires is not None
    assert (expires.seconds, expires.at is not None) == (3_153_600_000, True)
    linked = noted["link-preview-image"][0]
    assert linked.message.preview is not None
    assert linked.message.preview.url == "https://example.org/page"
    assert linked.preview_image is not None
    assert noted["link-preview-noimage"][0].preview_image is None
    assert all(each.message.attachments[0].voice for each in noted["voice-in"] + noted["voice-out"])
    assert len(noted["multi-image"][0].message.attachments) == 3
    assert noted["nasty-name"][0].message.attachments[0].name == "../../etc/passwd"
    (same,) = noted["same-names"]
    assert len({refs.file for refs in same.refs}) == 2


def test_what_session_never_downloaded_is_a_gap_with_a_reason(
    found: dict[str, Found], expected: dict[str, Any]
) -> None:
    for native_id, wanted in expected["messages"].items():
        if wanted["note"] in ("pending-download", "download-error", "untrusted-not-downloaded"):
            each = found[native_id]
            assert each.message.attachments[0].state is AttachmentState.NOT_DOWNLOADED
            assert each.refs[0].file is None
            (loss,) = each.losses
            assert (loss.kind, loss.severity, loss.subject) == ("attachment", "gap", native_id)
