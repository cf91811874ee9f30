"""The profile is copied with its log, checked, and left exactly as it was."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from migrate.demo import ProfileBuilder
from migrate.errors import NoSpace, SourceBusy, UnreadableSource
from migrate.sources.desktop import DesktopSource, Profile, recognise, snapshot
from migrate.sources.desktop.snapshot import TRIES, take_snapshot

from .conftest import SAMPLES
from .reading import read_all, source_of


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    with ProfileBuilder(tmp_path / "profile") as builder:
        friend = builder.person("Mara")
        builder.message(friend, friend, "hello", builder.now)
    found = recognise(tmp_path / "profile")
    assert found is not None
    return found


@pytest.mark.samples
def test_a_profile_is_byte_for_byte_as_it_was_and_no_file_is_added(sample: Path, tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    shutil.copytree(sample, folder)
    before = everything(folder)
    folders = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_dir()}
    with source_of(folder, tmp_path / "work", SAMPLES[sample.name]) as source:
        source.state()
        for found in read_all(source).values():
            for refs in found.refs:
                if refs.thumbnail is not None:
                    source.file(refs.thumbnail)
    assert everything(folder) == before
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_dir()} == folders


def test_messages_that_are_in_the_log_alone_are_read_while_the_app_runs(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    with ProfileBuilder(folder, wal=True) as builder:
        friend = builder.person("Mara")
        builder.message(friend, friend, "in the database", builder.now)
        gone = builder.message(friend, friend, "deleted again", builder.now + 1)
        builder.checkpoint()
        builder.message(friend, friend, "in the log alone", builder.now + 2)
        builder.execute("DELETE FROM messages WHERE id = ?", (gone,))
        builder.commit()
        before = everything(folder)
        with source_of(folder, tmp_path / "work") as source:
            bodies = {found.message.body for found in read_all(source).values()}
        assert everything(folder) == before
    assert bodies == {"in the database", "in the log alone"}
    assert (folder / "sql" / "db.sqlite-wal").stat().st_size > 0
    with source_of(folder, tmp_path / "work") as source:
        assert {found.message.body for found in read_all(source).values()} == bodies


def test_the_copy_is_private_and_gone_after_reading(profile: Profile, tmp_path: Path) -> None:
    work = tmp_path / "work"
    with DesktopSource(profile, None, work):
        (folder,) = work.iterdir()
        modes = {path.name: path.stat().st_mode & 0o777 for path in [folder, *folder.iterdir()]}
        assert modes[folder.name] == 0o700
        assert modes["db.sqlite"] == 0o600
    assert not list(work.iterdir())


def test_the_copy_is_gone_after_an_interruption(profile: Profile, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), DesktopSource(profile, None, tmp_path / "work"):
        raise KeyboardInterrupt
    assert not list((tmp_path / "work").iterdir())


def test_making_a_source_opens_nothing(tmp_path: Path) -> None:
    DesktopSource(Profile(tmp_path / "nowhere", tmp_path / "nowhere/db.sqlite"), None, tmp_path / "work")
    assert not (tmp_path / "work").exists()


def disturb(profile: Profile, times: int) -> Callable[[Path], None]:
    """A checkpoint that runs while the log is copied, so many times."""
    left = [times]

    def copied(path: Path) -> None:
        if path == profile.database and left[0]:
            left[0] -= 1
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1_000_000))

    return copied


def test_a_checkpoint_during_the_copy_makes_it_start_again(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    copy = take_snapshot(profile, tmp_path / "copy", disturb(profile, TRIES - 1))
    assert copy.read_bytes() == profile.database.read_bytes()


def test_a_profile_that_never_rests_is_called_busy(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(SourceBusy) as caught:
        take_snapshot(profile, tmp_path / "copy", disturb(profile, TRIES))
    assert "Close Session" in caught.value.hint


def test_a_log_that_starts_over_during_the_copy_is_noticed(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    tries: list[Path] = []

    def copied(path: Path) -> None:
        if path == profile.log and len(tries) == 1:
            profile.log.write_bytes(b"\x37\x7f\x06\x82" + bytes(28))
        tries.append(path)

    take_snapshot(profile, tmp_path / "copy", copied)
    assert len(tries) == 4
    assert (tmp_path / "copy" / "db.sqlite-wal").read_bytes() == profile.log.read_bytes()


def test_a_log_that_is_gone_at_the_second_try_leaves_no_old_copy(profile: Profile, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    profile.log.write_bytes(b"\x37\x7f\x06\x82" + bytes(28))

    def copied(path: Path) -> None:
        if path == profile.log:
            path.unlink(missing_ok=True)

    take_snapshot(profile, tmp_path / "copy", copied)
    assert [path.name for path in (tmp_path / "copy").iterdir()] == ["db.sqlite"]


def test_too_little_space_is_said_before_copying(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(NoSpace, match="MB free") as caught, DesktopSource(profile, None, tmp_path / "work"):
        pass
    assert "--to" in caught.value.hint
    assert not list((tmp_path / "work").iterdir())


def test_a_disk_that_fills_up_while_copying_is_named(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(snapshot, "_cloned", full)
    with pytest.raises(NoSpace, match="filled up"), DesktopSource(profile, None, tmp_path / "work"):
        pass
    assert not list((tmp_path / "work").iterdir())


def test_a_file_system_without_shared_blocks_is_copied_all_the_same(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> int:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "copy_file_range", refuses, raising=False)
    (tmp_path / "copy").mkdir()
    assert take_snapshot(profile, tmp_path / "copy").read_bytes() == profile.database.read_bytes()


def test_a_database_that_vanishes_is_an_error_with_a_way_out(profile: Profile, tmp_path: Path) -> None:
    profile.database.unlink()
    with pytest.raises(UnreadableSource, match="cannot be copied"), DesktopSource(profile, None, tmp_path / "work"):
        pass
    with pytest.raises(UnreadableSource, match="cannot be read"):
        DesktopSource(profile, None, tmp_path / "work").state()


def test_the_state_is_equal_until_something_changes(profile: Profile, tmp_path: Path) -> None:
    source = DesktopSource(profile, None, tmp_path / "work")
    first = source.state()
    with source:
        assert source.state() == first
    assert source.state() == first
    profile.log.write_bytes(b"\x37\x7f\x06\x82" + bytes(28))
    with_log = source.state()
    assert with_log != first
    (profile.attachments / "ab").mkdir(parents=True)
    with_folder = source.state()
    assert with_folder != with_log
    os.utime(profile.database, ns=(0, 0))
    assert source.state() != with_folder


def test_the_fingerprint_is_the_same_wherever_the_profile_lies(profile: Profile, tmp_path: Path) -> None:
    shutil.copytree(profile.folder, tmp_path / "elsewhere")
    with DesktopSource(profile, None, tmp_path / "work") as here, source_of(tmp_path / "elsewhere", tmp_path) as there:
        assert here.fingerprint == there.fingerprint
        assert len(here.fingerprint) == 32
        assert here.state() != there.state()
