"""An export brings everything over once, says what it could not have, and leaves alone what is right already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from migrate.archive import manifest
from migrate.archive.read import Archive
from migrate.errors import ArchiveBusy, ArchiveError, WrongKey, WrongWords
from migrate.export import Report, export
from migrate.model import AttachmentState, ConversationKind, Loss, Message, MessageKind, Quote, Reaction
from migrate.selection import Selection
from migrate.sources.base import FileProblem

from .builders.source import ALICE, BOB, HIKERS, ME, NOON, MemorySource, alice, message, picture, thread

FORMATS = ("jsonl", "csv", "vcard")


def run(source: MemorySource, folder: Path, **options: object) -> Report:
    return export(source, folder, formats=FORMATS, now=NOON, **options)  # type: ignore[arg-type]  # a test's options


def held(folder: Path) -> list[Message]:
    with Archive.at(folder) as archive:
        return [m for n, c in archive.numbered_conversations() for _, m in archive.messages(n, c.id)]


def snapshot(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {str(p): (p.stat().st_mtime_ns, p.read_bytes()) for p in sorted(folder.rglob("*")) if p.is_file()}


def test_everything_arrives_once_and_the_archive_verifies(tmp_path: Path) -> None:
    source = MemorySource([message(f"m{i}", f"text {i}", at=NOON + i) for i in range(25)], [alice()], [thread()])
    report = run(source, tmp_path / "a")
    assert report.ok
    assert (report.new_messages, report.counts["messages"]) == (25, 25)
    assert [m.body for m in held(tmp_path / "a")] == [f"text {i}" for i in range(25)]
    check = manifest.check(tmp_path / "a")
    assert check.ok, check.problems
    assert not check.strangers


def test_a_second_run_with_nothing_new_changes_no_byte_and_opens_nothing(tmp_path: Path) -> None:
    source = MemorySource([message("m")], [alice()], [thread()])
    run(source, tmp_path)
    before = snapshot(tmp_path)
    report = run(source, tmp_path)
    assert snapshot(tmp_path) == before
    assert (report.new_messages, report.written, source.opened) == (0, 0, 1)


def test_what_a_killed_run_left_is_removed_even_if_nothing_is_new(tmp_path: Path) -> None:
    source = MemorySource([message("m")])
    run(source, tmp_path)
    before = snapshot(tmp_path)
    (tmp_path / ".work/desktop-x/sql").mkdir(parents=True)
    (tmp_path / ".work/desktop-x/sql/db.sqlite").write_bytes(b"a private copy")
    (tmp_path / "archive.sqlite-journal").write_bytes(bytes(28))
    assert manifest.check(tmp_path).strangers == [".work/desktop-x/sql/db.sqlite", "archive.sqlite-journal"]
    run(source, tmp_path)
    assert snapshot(tmp_path) == before


def test_a_run_adds_only_what_is_new_and_rewrites_only_that(tmp_path: Path) -> None:
    source = MemorySource(
        [message("m1"), message("m2", conversation=BOB, sender=BOB)], [], [thread(), thread(BOB, "Bob")]
    )
    run(source, tmp_path)
    before = snapshot(tmp_path / "messages")
    source.messages.append(message("m3", "later", at=NOON + 1))
    source.reads = 0
    report = run(source, tmp_path)
    after = snapshot(tmp_path / "messages")
    assert (report.new_messages, source.reads) == (1, 1)
    assert [path for path in after if after[path] != before[path]] == [p for p in after if "Alice" in p]


def test_an_interrupted_reading_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    messages = [message(f"m{i}", f"text {i}", at=NOON + i) for i in range(120)]

    class Stops(MemorySource):
        def read(self, row):  # type: ignore[no-untyped-def]  # as in MemorySource
            if self.reads == 77:
                raise KeyboardInterrupt
            return super().read(row)

    with pytest.raises(KeyboardInterrupt):
        run(Stops(messages, [alice()], [thread()]), tmp_path / "stopped")
    assert not (tmp_path / "stopped/.work").exists()
    run(MemorySource(messages, [alice()], [thread()]), tmp_path / "stopped")
    run(MemorySource(messages, [alice()], [thread()]), tmp_path / "whole")
    stopped, whole = (
        {p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*.*") if p.suffix != ".sqlite"}
        for n in ("stopped", "whole")
    )
    assert stopped.keys() == whole.keys()
    assert {n for n in whole if stopped[n] != whole[n]} <= {Path("manifest.json")}


def test_two_messages_of_one_author_in_one_millisecond_are_both_kept(tmp_path: Path) -> None:
    source = MemorySource([message("m1", "first"), message("m2", "second")])
    run(source, tmp_path)
    assert sorted(m.body or "" for m in held(tmp_path)) == ["first", "second"]
    ids = {m.origin.native_id: m.id for m in held(tmp_path)}
    source.messages.append(message("m3", "third"))
    run(source, tmp_path)
    assert {m.origin.native_id: m.id for m in held(tmp_path)}.items() >= ids.items()


def test_a_second_source_of_the_same_account_adds_no_doubles(tmp_path: Path) -> None:
    laptop = MemorySource([message("l1"), message("l2", "two", at=NOON + 1, sender=ME)], [alice()], [thread()])
    phone = MemorySource(
        [
            message("p1", received_at=NOON + 5, server_hash="hash"),
            message("p2", "two", at=NOON + 1, sender=ME, server_hash="other"),
            message("p3", "only on the phone", at=NOON + 2),
        ],
        fingerprint="two",
    )
    run(laptop, tmp_path)
    report = run(phone, tmp_path)
    assert report.new_messages == 1
    assert [m.body for m in held(tmp_path)] == ["hello", "two", "only on the phone"]
    first = held(tmp_path)[0]
    assert (first.received_at, first.origin.server_hash, first.origin.native_id) == (NOON + 5, "hash", "l1")
    assert run(laptop, tmp_path).new_messages == 0


def test_group_changes_of_one_millisecond_find_their_own_copies(tmp_path: Path) -> None:
    def changes(prefix: str) -> list[Message]:
        joined: dict[str, Any] = {
            "details": {"joined": [BOB]},
            "kind": MessageKind.GROUP_UPDATE,
            "conversation": HIKERS,
        }
        promoted = {**joined, "details": {"promoted": [BOB]}}
        both = [message(f"{prefix}1", None, **joined), message(f"{prefix}2", None, **promoted)]
        return both if prefix == "a" else both[::-1]

    run(MemorySource(changes("a")), tmp_path)
    report = run(MemorySource(changes("b"), fingerprint="two"), tmp_path)
    assert report.new_messages == 0
    assert sorted(str(m.details) for m in held(tmp_path)) == [f"{{'joined': ['{BOB}']}}", f"{{'promoted': ['{BOB}']}}"]


def test_a_community_message_is_known_by_its_number_on_the_server(tmp_path: Path) -> None:
    room = "https://example.org/lobby"
    here = message("a", conversation=room, sender="15" + "e" * 64, server_id=7)
    there = message("b", conversation=room, sender=BOB, at=NOON + 1, server_id=7)
    run(MemorySource([here]), tmp_path)
    run(MemorySource([there], fingerprint="two"), tmp_path)
    assert len(held(tmp_path)) == 1


def test_a_message_deleted_after_the_first_export_keeps_its_text_and_is_marked(tmp_path: Path) -> None:
    source = MemorySource([message("m", "remember this")])
    run(source, tmp_path)
    source.messages = [message("m", "", deleted=True, details={"deleted_for": "everyone"})]
    report = run(source, tmp_path)
    (kept,) = held(tmp_path)
    assert (kept.body, kept.deleted, kept.details) == ("remember this", True, {"deleted_for": "everyone"})
    assert report.updated_messages == 1


def test_a_changed_message_is_found_by_its_new_words_only(tmp_path: Path) -> None:
    from migrate.archive.search import search

    source = MemorySource([message("m", "apple")])
    run(source, tmp_path)
    source.messages = [message("m", "pear", edited=True)]
    run(source, tmp_path)
    with Archive.at(tmp_path) as archive:
        assert [hit.message.body for hit in search(archive, "pear")] == ["pear"]
        assert not list(search(archive, "apple"))


def test_quotes_find_their_message_and_carry_its_text(tmp_path: Path) -> None:
    answer = message("q", "yes", at=NOON + 9, sender=ME, quote=Quote(author=ALICE, sent_at=NOON))
    lost = message("r", "what", at=NOON + 10, quote=Quote(author=ALICE, sent_at=1))
    run(MemorySource([answer, lost, message("m", "shall we?")]), tmp_path)
    by_native = {m.origin.native_id: m for m in held(tmp_path)}
    quote = by_native["q"].quote
    assert quote is not None
    assert (quote.message, quote.text) == (by_native["m"].id, "shall we?")
    assert by_native["r"].quote == Quote(author=ALICE, sent_at=1)


def test_a_missing_file_is_named_and_fetched_when_it_comes_back(tmp_path: Path) -> None:
    source = MemorySource([message("m", attachments=(picture(), picture()))], refs={"m": ["x", "y"]}, files={"x": b"X"})
    report = run(source, tmp_path)
    assert not report.ok
    assert [(loss.kind, loss.name, loss.subject) for loss in report.losses] == [("attachment", "photo.png", "m")]
    assert [a.state for a in held(tmp_path)[0].attachments] == [AttachmentState.KEPT, AttachmentState.MISSING]
    source.files["y"] = b"Y"
    report = run(source, tmp_path)
    assert report.ok
    first, second = held(tmp_path)[0].attachments
    assert (tmp_path / str(first.file)).read_bytes() + (tmp_path / str(second.file)).read_bytes() == b"XY"


def test_a_refused_or_damaged_file_keeps_its_state(tmp_path: Path) -> None:
    problems: dict[str, bytes | FileProblem] = {
        "x": FileProblem("refused", "no"),
        "y": FileProblem("damaged", "broken"),
    }
    source = MemorySource([message("m", attachments=(picture(), picture()))], refs={"m": ["x", "y"]}, files=problems)
    report = run(source, tmp_path)
    assert [a.state for a in held(tmp_path)[0].attachments] == ["refused", "damaged"]
    assert sorted(loss.name for loss in report.losses) == ["photo.png", "photo.png (2)"]


def test_without_attachments_no_file_is_read_and_a_later_run_fetches_them(tmp_path: Path) -> None:
    source = MemorySource([message("m", attachments=(picture(),))], refs={"m": ["x"]}, files={"x": b"X"})
    run(source, tmp_path, selection=Selection(attachments=False))
    assert not (tmp_path / "files").exists()
    assert held(tmp_path)[0].attachments[0].state == "not_downloaded"
    run(source, tmp_path)
    assert held(tmp_path)[0].attachments[0].state == "kept"


def test_a_selection_takes_the_chat_by_name_and_the_time_given(tmp_path: Path) -> None:
    source = MemorySource(
        [message(f"a{i}", at=NOON + i) for i in range(5)] + [message("b", conversation=BOB, sender=BOB)],
        [alice(nickname="Ali", display="Ali"), alice(id=BOB, name="Bob", display="Bob")],
        [thread(), thread(BOB, "Bob")],
    )
    report = run(source, tmp_path, selection=Selection(chats=("ali",), since=NOON + 1, until=NOON + 3))
    assert [m.sent_at - NOON for m in held(tmp_path)] == [1, 2]
    assert report.counts["contacts"] == 1
    with pytest.raises(WrongWords, match="no chat called 'alicf'") as caught:
        run(source, tmp_path / "b", selection=Selection(chats=("alicf",)))
    assert "alice" in caught.value.hint


def test_another_accounts_archive_is_refused(tmp_path: Path) -> None:
    run(MemorySource([message("m")]), tmp_path)
    before = snapshot(tmp_path)
    with pytest.raises(ArchiveError, match="another account"):
        run(MemorySource([message("m")], owner=BOB, fingerprint="two"), tmp_path)
    assert snapshot(tmp_path) == before


def test_a_folder_with_other_things_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taxes.txt").write_text("2023")
    with pytest.raises(ArchiveError, match="not empty"):
        run(MemorySource([message("m")]), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["taxes.txt"]


def test_a_source_that_cannot_be_opened_leaves_nothing_behind(tmp_path: Path) -> None:
    class Locked(MemorySource):
        def __enter__(self) -> MemorySource:
            raise WrongKey("The password is wrong.")

    with pytest.raises(WrongKey):
        run(Locked([message("m")]), tmp_path / "new")
    assert not (tmp_path / "new").exists()
    run(MemorySource([message("m")]), tmp_path / "old")
    before = snapshot(tmp_path / "old")
    with pytest.raises(WrongKey):
        run(Locked([message("n")]), tmp_path / "old")
    assert snapshot(tmp_path / "old") == before


def test_two_writers_at_once_are_refused_by_name(tmp_path: Path) -> None:
    from migrate.archive.store import Store

    run(MemorySource([message("m")]), tmp_path)
    store = Store(tmp_path)
    try:
        with store.transaction(), pytest.raises(ArchiveBusy):
            run(MemorySource([message("n")]), tmp_path)
    finally:
        store.close()


def test_two_conversations_with_one_name_get_a_file_each(tmp_path: Path) -> None:
    run(
        MemorySource(
            [message("m"), message("n", conversation=BOB, sender=BOB)], [], [thread(title="Sam"), thread(BOB, "Sam")]
        ),
        tmp_path,
    )
    assert len(list((tmp_path / "messages").glob("Sam--*.jsonl"))) == 2


def test_a_renamed_chat_moves_its_file(tmp_path: Path) -> None:
    source = MemorySource([message("m")], [], [thread(title="Old")])
    run(source, tmp_path)
    source.threads = [thread(title="New")]
    run(source, tmp_path)
    (file,) = (tmp_path / "messages").iterdir()
    assert file.name.startswith("New--")
    listed = json.loads((tmp_path / "conversations.jsonl").read_text())
    assert listed["file"] == f"messages/{file.name}"


def test_an_orphan_message_makes_its_conversation(tmp_path: Path) -> None:
    run(MemorySource([message("m", conversation=HIKERS), message("n", conversation="what")]), tmp_path)
    with Archive.at(tmp_path) as archive:
        assert {c.id: c.kind for c in archive.conversations()} == {
            HIKERS: ConversationKind.GROUP,
            "what": ConversationKind.UNKNOWN,
        }


def test_losses_outside_of_messages_are_named_until_they_are_gone(tmp_path: Path) -> None:
    source = MemorySource([message("m")], lost=[Loss(subject="blocked", kind="setting", reason="broken")])
    assert [loss.subject for loss in run(source, tmp_path).losses] == ["blocked"]
    source.lost = []
    source.messages.append(message("n", at=NOON + 1))
    assert run(source, tmp_path).losses == []


def test_reactions_of_two_sources_are_united(tmp_path: Path) -> None:
    run(MemorySource([message("m", reactions=(Reaction(emoji="👍", by=(ALICE,), count=1),))]), tmp_path)
    other = message("p", reactions=(Reaction(emoji="👍", by=(ME,), count=1), Reaction(emoji="🎉", by=(ME,), count=1)))
    run(MemorySource([other], fingerprint="two"), tmp_path)
    assert [(r.emoji, r.by, r.count) for r in held(tmp_path)[0].reactions] == [("👍", (ALICE, ME), 2), ("🎉", (ME,), 1)]


def test_everything_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    source = MemorySource([message("m", attachments=(picture(),))], refs={"m": ["x"]}, files={"x": b"X"})
    run(source, tmp_path / "a")
    assert {p.stat().st_mode & 0o077 for p in [tmp_path / "a", *(tmp_path / "a").rglob("*")]} == {0}


def test_the_copy_that_has_the_file_wins(tmp_path: Path) -> None:
    gone = picture()
    run(MemorySource([message("m", attachments=(gone,))], refs={"m": ["x"]}), tmp_path)
    has = replace(message("p", attachments=(picture(),)))
    report = run(MemorySource([has], refs={"p": ["x"]}, files={"x": b"X"}, fingerprint="two"), tmp_path)
    assert held(tmp_path)[0].attachments[0].state is AttachmentState.KEPT
    assert report.counts["files"] == 1
