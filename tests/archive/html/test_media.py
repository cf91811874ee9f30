"""What a browser may show is decided by the bytes, and no name of a file opens anything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.archive.html.downloads import Downloads, safe_name
from migrate.archive.html.media import medium_of
from migrate.archive.outputs import Outputs

from ...builders.archive import ArchiveBuilder, png, wav


@pytest.mark.parametrize(
    ("head", "medium"),
    [
        (png(1, 1, (1, 2, 3)), "image"),
        (wav(0.01), "audio"),
        (b"GIF89a<script>", "image"),
        (b"\x00\x00\x00\x18ftypisom", "video"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio"),
        (b"\x00\x00\x00\x18ftypheic", "other"),
        (b"\x1a\x45\xdf\xa3" + b"....webm", "video"),
        (b"\x1a\x45\xdf\xa3" + b"matroska", "other"),
        (b"OggS\x00" + b"OpusHead", "audio"),
        (b"%PDF-1.7", "pdf"),
        (b"<!--ftypisom<script>alert(1)</script>", "other"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "other"),
        (b"<html>", "other"),
        (b"\xff\xfe<\x00h\x00t\x00m\x00l\x00", "other"),
        (b"", "other"),
    ],
)
def test_the_first_bytes_say_what_a_file_is(head: bytes, medium: str) -> None:
    assert medium_of(head) == medium


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("report.docx", "report.docx"),
        ("Report.DOCX", "Report.DOCX"),
        ("page.html", "page.html.txt"),
        ("image.svg", "image.svg.txt"),
        ("setup.exe", "setup.exe.bin"),
        ("../../etc/passwd", "etc passwd.bin"),
        ("CON.txt", "_CON.txt"),
        ("x.pdf", "x.pdf.bin"),
        (".bashrc", "unnamed.bashrc.bin"),
        ("photo\u202egnp.scr", "photognp.scr.bin"),
        ("a\x00.html", "a.html.txt"),
        (None, "file.bin"),
    ],
)
def test_a_name_keeps_only_an_ending_that_runs_nothing(name: str | None, expected: str) -> None:
    assert safe_name(name, "other") == expected


def test_a_pdf_is_called_one() -> None:
    assert safe_name("a.html", "pdf") == "a.html.pdf"
    assert safe_name("a.PDF", "pdf") == "a.pdf"


@given(st.text())
def test_no_name_is_a_path(name: str) -> None:
    made = safe_name(name, "other")
    assert Path(made).name == made
    assert made not in {"", ".", ".."}
    assert len(made.encode()) <= 110


def test_two_files_of_one_name_are_both_there_and_take_no_space(tmp_path: Path) -> None:
    with ArchiveBuilder(tmp_path) as b:
        first, second = b.file(b"one"), b.file(b"two")
        downloads = Downloads(Outputs(tmp_path, b.con), "html/files/chat")
        paths = [
            downloads.offer(sha, name, "other") for sha, name in ((first, "a.txt"), (second, "A.txt"), (first, "a.txt"))
        ]
        assert paths == ["html/files/chat/a.txt", "html/files/chat/A (2).txt", "html/files/chat/a.txt"]
        assert (tmp_path / "html/files/chat/A (2).txt").read_bytes() == b"two"
        assert (tmp_path / "html/files/chat/a.txt").stat().st_nlink == 2
