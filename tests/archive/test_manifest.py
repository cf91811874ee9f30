"""`verify` notices whatever was lost or changed."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from migrate.archive import manifest
from migrate.archive.render import render
from migrate.errors import ArchiveError, NothingFound, WrongWords
from migrate.export import export

from ..builders.source import ALICE, NOON, MemorySource, message, picture, thread

FORMATS = ("jsonl", "csv", "vcard")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    messages = [message(f"m{i}", at=NOON + i, attachments=(picture(),) if i == 0 else ()) for i in range(3)]
    source = MemorySource(messages, [], [thread()], refs={"m0": ["x"]}, files={"x": b"picture"})
    export(source, tmp_path, formats=FORMATS, now=NOON)
    return tmp_path


def what(folder: Path) -> list[tuple[str, str]]:
    report = manifest.check(folder)
    assert report.ok == (not report.problems)
    return [(problem.path, problem.what) for problem in report.problems]


def test_a_whole_archive_has_no_problems(archive: Path) -> None:
    report = manifest.check(archive)
    assert (report.problems, report.messages, report.strangers) == ([], 3, [])


def test_a_changed_byte_is_noticed(archive: Path) -> None:
    (file,) = (archive / "messages").iterdir()
    file.write_bytes(file.read_bytes().replace(b"hello", b"hellO"))
    assert what(archive) == [(f"messages/{file.name}", "The file was changed.")]


def test_a_lost_attachment_is_noticed(archive: Path) -> None:
    (file,) = (p for p in (archive / "files").rglob("*") if p.is_file())
    file.unlink()
    assert what(archive) == [(file.relative_to(archive).as_posix(), "The file is gone.")]


def test_a_shortened_file_is_noticed(archive: Path) -> None:
    (archive / "contacts.csv").write_bytes(b"")
    assert what(archive)[0][0] == "contacts.csv"


def test_a_message_taken_from_the_database_is_noticed_even_with_a_new_manifest(archive: Path) -> None:
    con = sqlite3.connect(str(archive / "archive.sqlite"))
    con.execute("DELETE FROM messages WHERE native_id = 'm1'")
    con.commit()
    con.close()
    manifest.write(archive, NOON)
    problems = what(archive)
    assert ("archive.sqlite", f"{ALICE} holds 2 messages, not as counted.") in problems
    assert any("has 3 messages instead of 2" in text for _, text in problems)


def test_a_manifest_that_points_outside_is_not_followed(archive: Path) -> None:
    text = json.loads((archive / "manifest.json").read_text())
    text["files"]["../../etc/hostname"] = {"size": 1, "sha256": "0" * 64}
    (archive / "manifest.json").write_text(json.dumps(text))
    assert what(archive) == [("../../etc/hostname", "The manifest names a file outside of the archive.")]


def test_an_extra_file_is_told_but_no_fault(archive: Path) -> None:
    (archive / "holiday.txt").write_text("mine")
    report = manifest.check(archive)
    assert (report.ok, report.strangers) == (True, ["holiday.txt"])


def test_a_broken_or_missing_manifest_says_what_to_do(archive: Path) -> None:
    (archive / "manifest.json").write_text("{")
    with pytest.raises(ArchiveError, match="damaged"):
        manifest.check(archive)
    (archive / "manifest.json").unlink()
    with pytest.raises(ArchiveError, match="no manifest"):
        manifest.check(archive)


def test_render_writes_everything_again_from_the_database_alone(archive: Path) -> None:
    before = {p: p.read_bytes() for p in archive.rglob("*") if p.is_file() and p.suffix in {".jsonl", ".csv", ".vcf"}}
    for path in before:
        path.unlink()
    report = render(archive, FORMATS, now=NOON)
    assert report.written == len(before)
    assert {p: p.read_bytes() for p in before} == before
    assert what(archive) == []


def test_render_leaves_right_files_alone(archive: Path) -> None:
    before = (archive / "contacts.csv").stat().st_mtime_ns
    assert render(archive, FORMATS, now=NOON).written == 0
    assert (archive / "contacts.csv").stat().st_mtime_ns == before


def test_an_unknown_format_or_folder_is_named(archive: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongWords, match="no format 'pdf'"):
        render(archive, ["pdf"], now=NOON)
    with pytest.raises(NothingFound):
        render(tmp_path / "nowhere", now=NOON)
