"""Defects of the tools that people use today, each one shown to be absent here."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from migrate.archive.read import Archive
from migrate.demo import ProfileBuilder
from migrate.demo.profile import NOW
from migrate.export import Report, export
from migrate.sources.desktop.locate import recognise
from migrate.sources.desktop.source import DesktopSource

MANY = 10_400  # session-cli stops at 10,000 messages of a conversation


def bring_out(profile: Path, archive: Path) -> Report:
    found = recognise(profile)
    assert found is not None
    return export(DesktopSource(found, None, archive / ".work"), archive, now=NOW)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for file in (folder / "messages").iterdir()
        for line in file.read_text("utf-8").split("\n")[:-1]
    ]


def fingerprint(folder: Path) -> dict[str, tuple[int, str]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, sha256(path.read_bytes()).hexdigest())
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_conversation_of_more_than_ten_thousand_messages_is_whole(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "Session") as builder:
        friend = builder.person("Mara")
        with builder.in_bulk():
            for i in range(MANY):
                builder.message(friend, friend, f"message {i}", NOW - MANY * 1000 + i * 1000)
    report = bring_out(tmp_path / "Session", tmp_path / "archive")
    assert report.counts["messages"] == MANY
    (file,) = (tmp_path / "archive" / "messages").iterdir()
    bodies = [json.loads(line)["body"] for line in file.read_text("utf-8").splitlines()]
    assert bodies == [f"message {i}" for i in range(MANY)]
    pages = "".join(p.read_text("utf-8") for p in (tmp_path / "archive" / "html" / "c").rglob("*.html"))
    assert all(f">message {i}<" in pages for i in (0, 9_999, 10_000, MANY - 1))


def test_two_conversations_with_one_name_stay_two(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "Session") as builder:
        first, second = builder.person("Sam"), builder.person("Sam")
        builder.message(first, first, "I am one", NOW)
        builder.message(second, second, "I am another", NOW)
    bring_out(tmp_path / "Session", tmp_path / "archive")
    assert sorted(len(p.read_text("utf-8").splitlines()) for p in (tmp_path / "archive" / "messages").iterdir()) == [
        1,
        1,
    ]
    assert {(m["conversation"], m["body"]) for m in lines(tmp_path / "archive")} == {
        (first, "I am one"),
        (second, "I am another"),
    }


def test_two_attachments_with_one_file_name_are_both_kept(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "Session") as builder:
        friend = builder.person("Mara")
        files = [builder.vault.attachment(data, "plan.pdf", "application/pdf") for data in (b"%PDF one", b"%PDF two")]
        builder.message(friend, friend, "two plans", NOW, attachments=files)
    bring_out(tmp_path / "Session", tmp_path / "archive")
    (message,) = lines(tmp_path / "archive")
    assert [a["name"] for a in message["attachments"]] == ["plan.pdf", "plan.pdf"]
    assert [(tmp_path / "archive" / a["file"]).read_bytes() for a in message["attachments"]] == [
        b"%PDF one",
        b"%PDF two",
    ]
    named = sorted(p.read_bytes() for p in (tmp_path / "archive" / "html" / "files").rglob("plan*"))
    assert named == [b"%PDF one", b"%PDF two"]


def test_reactions_receipts_group_changes_and_deletions_are_there(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "Session") as builder:
        friend = builder.person("Mara")
        group = builder.group("Hikers", [friend])
        builder.message(group, friend, None, NOW, group_update={"joined": [friend]})
        builder.message(friend, friend, "yes!", NOW, reacts=builder.reacts({"👍": [builder.me]}))
        builder.message(friend, builder.me, "read me", NOW + 1, read_by=[friend])
        builder.message(friend, friend, "", NOW + 2, isDeleted=1)
    bring_out(tmp_path / "Session", tmp_path / "archive")
    told = {m["body"]: m for m in lines(tmp_path / "archive")}
    assert told[None]["details"] == {"joined": [friend]}
    assert told["yes!"]["reactions"] == [{"emoji": "👍", "by": [builder.me], "count": 1}]
    assert told["read me"]["details"] == {"read_by": [friend]}
    assert told[""]["deleted"]


@pytest.mark.parametrize("running", [False, True], ids=["closed", "open in WAL mode"])
def test_the_profile_stays_byte_for_byte_as_it_was(tmp_path: Path, running: bool) -> None:
    profile = tmp_path / "Session"
    builder = ProfileBuilder(profile, wal=running)
    friend = builder.person("Mara")
    builder.message(friend, friend, "in the file", NOW)
    builder.checkpoint()
    builder.message(friend, friend, "in the log alone", NOW + 1)
    if running:
        builder.commit()
        assert (profile / "sql" / "db.sqlite-wal").stat().st_size > 0
    else:
        builder.close()
    before = fingerprint(profile)
    bring_out(profile, tmp_path / "archive")
    assert fingerprint(profile) == before
    assert [m["body"] for m in lines(tmp_path / "archive")] == ["in the file", "in the log alone"]
    if running:
        builder.close()


def test_what_the_app_writes_during_the_export_comes_with_the_next_one(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "Session", wal=True) as builder:
        friend = builder.person("Mara")
        builder.message(friend, friend, "first", NOW)
        builder.commit()
        assert bring_out(tmp_path / "Session", tmp_path / "archive").new_messages == 1
        builder.message(friend, friend, "second", NOW + 1)
        builder.commit()
        assert bring_out(tmp_path / "Session", tmp_path / "archive").new_messages == 1
    with Archive.at(tmp_path / "archive") as archive:
        assert [c.message_count for c in archive.conversations() if c.id == friend] == [2]
