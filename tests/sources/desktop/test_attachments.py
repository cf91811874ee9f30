"""Files are read from below their folder only, and said to be what they are where they cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrate.demo.vault import encrypt
from migrate.sources.base import FileProblem, FileRef
from migrate.sources.desktop.attachments import Files, decrypt

KEY = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "attachments.noindex" / "ab").mkdir(parents=True)
    (tmp_path / "attachments.noindex" / "ab" / "abcd").write_bytes(encrypt(b"plain", KEY))
    (tmp_path / "secret").write_bytes(encrypt(b"secret", KEY))
    return tmp_path / "attachments.noindex"


def problem(folder: Path, path: str) -> str:
    with pytest.raises(FileProblem) as caught:
        Files(folder, KEY).read(FileRef(path))
    assert str(caught.value).endswith(".")
    assert str(folder) not in str(caught.value)
    return caught.value.state


@pytest.mark.parametrize("path", ["ab/abcd", "ab\\abcd", "./ab/abcd", "ab//abcd"])
def test_a_file_is_found_under_either_separator(folder: Path, path: str) -> None:
    assert Files(folder, KEY).read(FileRef(path)) == b"plain"


@pytest.mark.parametrize(
    "path",
    ["", "/etc/passwd", "../secret", "ab/../../secret", "ab/../ab/abcd", "..\\secret", "C:\\secret", "C:secret",
     "\\\\server\\share", "ab/ab\0cd", ".", "ab", "ab/.."],
)  # fmt: skip
def test_a_path_that_leads_elsewhere_is_refused(folder: Path, path: str) -> None:
    assert problem(folder, path) == "refused"


def test_links_are_followed_inside_the_folder_only(folder: Path) -> None:
    (folder / "ab" / "inside").symlink_to("abcd")
    (folder / "ab" / "outside").symlink_to(folder.parent / "secret")
    (folder / "ab" / "loop").symlink_to("loop")
    (folder / "out").symlink_to(folder.parent)
    assert Files(folder, KEY).read(FileRef("ab/inside")) == b"plain"
    assert problem(folder, "ab/outside") == "refused"
    assert problem(folder, "out/secret") == "refused"
    assert problem(folder, "ab/loop") == "refused"


def test_a_pipe_is_refused_without_waiting_for_it(folder: Path) -> None:
    os.mkfifo(folder / "ab" / "pipe")
    assert problem(folder, "ab/pipe") == "refused"


def test_a_folder_of_attachments_that_is_absent_or_linked_is_no_obstacle(folder: Path, tmp_path: Path) -> None:
    assert problem(tmp_path / "nowhere", "ab/abcd") == "missing"
    (tmp_path / "link").symlink_to(folder)
    assert Files(tmp_path / "link", KEY).read(FileRef("ab/abcd")) == b"plain"


def test_a_file_that_is_gone_or_in_the_way_is_missing(folder: Path) -> None:
    assert problem(folder, "ab/none") == "missing"
    assert problem(folder, "ab/abcd/deeper") == "missing"
    assert problem(folder, "ab/" + "a" * 5000) == "missing"


def test_a_file_that_may_not_be_read_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert problem(folder, "ab/abcd") == "damaged"


@pytest.mark.parametrize("size", [0, 1, 5, 100_000])
def test_what_was_encrypted_is_decrypted(size: int) -> None:
    assert decrypt(encrypt(b"x" * size, KEY), KEY) == b"x" * size


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_a_file(sealed: bytes) -> None:
    with pytest.raises(FileProblem) as caught:
        decrypt(sealed, KEY)
    assert caught.value.state == "damaged"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.text(st.characters(), max_size=30) | st.text("./\\ab\0:", max_size=20))
def test_no_path_reads_anything_but_a_file_of_the_profile(folder: Path, path: str) -> None:
    if not path.replace("\\", "/").strip("./").endswith("abcd"):
        assert problem(folder, path) in ("refused", "missing")
