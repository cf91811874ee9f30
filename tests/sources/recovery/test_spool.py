"""What lies between two runs: sealed, for its owner alone, and never in the way."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from migrate.errors import ArchiveBusy
from migrate.session.receive import Received
from migrate.session.storage import hash_of
from migrate.sources.recovery.spool import DAY, Spool

ME, NODE, NOW = "05" + "ab" * 32, b"n" * 32, 1_771_000_000_000


def one(data: bytes, namespace: int = 0, expires_at: int = NOW + DAY) -> Received:
    return Received(ME, namespace, hash_of(ME, namespace, data), NOW, expires_at, data)


def kept(spool: Spool) -> list[bytes]:
    return [received.data for _, received in spool.messages()]


def test_messages_and_how_far_they_were_read_outlive_a_run(tmp_path: Path) -> None:
    with Spool(tmp_path / "deep" / "spool.sqlite") as spool:
        assert spool.is_empty
        assert spool.add([one(b"a"), one(b"b")], {(NODE, ME, 0): "h" * 43, (NODE, ME, 3): "c" * 43}, anew=set()) == 2
        changes = spool.changes
        assert spool.add([one(b"a")], {}, anew=set()) == 0
        assert spool.changes == changes
    with Spool(tmp_path / "deep" / "spool.sqlite") as spool:
        assert sorted(kept(spool)) == [b"a", b"b"]
        assert spool.marks() == {(NODE, ME, 0): "h" * 43}
    assert (tmp_path / "deep" / "spool.sqlite").stat().st_mode & 0o077 == 0


def test_settings_that_were_read_anew_replace_the_old_ones_if_there_are_any(tmp_path: Path) -> None:
    with Spool(tmp_path / "s") as spool:
        spool.add([one(b"old", 3), one(b"profile", 2)], {}, anew={2, 3})
        spool.add([one(b"new", 3)], {}, anew={2, 3})
        assert {received.data for received in spool.settings(ME)} == {b"new", b"profile"}
        spool.add([one(b"newer", 3)], {}, anew=set())
        assert {received.data for received in spool.settings(ME)} == {b"new", b"newer", b"profile"}


def test_a_sound_copy_takes_the_place_of_a_damaged_one_and_never_the_other_way(tmp_path: Path) -> None:
    sound = one(b"sound")
    damaged = Received(ME, 0, sound.hash, NOW, None, b"damaged")
    with Spool(tmp_path / "s") as spool:
        for received, now_there in ((damaged, b"damaged"), (sound, b"sound"), (damaged, b"sound")):
            spool.add([received], {}, anew=set())
            assert kept(spool) == [now_there]


def test_what_the_network_has_forgotten_goes_a_day_later_but_settings_stay(tmp_path: Path) -> None:
    with Spool(tmp_path / "s") as spool:
        spool.add([one(b"gone", expires_at=NOW - DAY - 1), one(b"just gone", expires_at=NOW - 1)], {}, anew=set())
        spool.add([one(b"settings", 3, expires_at=NOW - 99 * DAY)], {}, anew=set())
        spool.forget_old(NOW)
        assert kept(spool) == [b"just gone"]
        assert len(spool.settings(ME)) == 1


def test_two_at_once_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrate.sources.recovery.spool._PATIENCE", 0.05)
    with Spool(tmp_path / "s"), pytest.raises(ArchiveBusy), Spool(tmp_path / "s"):
        pass


def test_a_spool_that_is_none_any_more_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"this is no database at all, and long enough to be looked at" * 20)
    with Spool(tmp_path / "s") as spool:
        spool.add([one(b"a")], {}, anew=set())
        assert kept(spool) == [b"a"]
    assert sqlite3.connect(tmp_path / "s").execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_killed_run_keeps_all_or_nothing_of_a_page(tmp_path: Path) -> None:
    with Spool(tmp_path / "s") as spool:
        bad = Received(ME, 0, "h" * 43, NOW, None, data=None)  # type: ignore[arg-type]  # stands for a full disk
        with pytest.raises((sqlite3.Error, TypeError)):
            spool.add([one(b"a"), bad], {(NODE, ME, 0): "h" * 43}, anew=set())
        assert kept(spool) == []
        assert spool.marks() == {}
