"""One bad page of the database costs what is on it, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from migrate.demo import ProfileBuilder
from migrate.sources.desktop import scan

from .reading import database_of, read_all, source_of

PAGE = 4096
COUNT = 3000


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    with ProfileBuilder(tmp_path / "profile") as builder, builder.in_bulk():
        friend = builder.person("Mara")
        for number in range(COUNT):
            builder.message(friend, friend, f"message {number} " + "word " * 20, builder.now + number)
    return tmp_path / "profile"


def root_of(folder: Path, table: str) -> int:
    """The page at which a table begins."""
    with database_of(folder) as con:
        (root,) = con.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    return int(root)


def spoil(folder: Path, pages: Sequence[int]) -> None:
    """Overwrite a few bytes of these pages, counted from 1."""
    with (folder / "sql" / "db.sqlite").open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * PAGE + 100)
            file.write(b"spoilt" * 10)


def test_the_messages_on_damaged_pages_are_missing_and_the_rest_is_read(profile: Path, tmp_path: Path) -> None:
    spoil(profile, [100, 101, 300])
    with source_of(profile, tmp_path / "work") as source:
        found = read_all(source)
        losses = list(source.losses())
        total = source.count()
    assert total == COUNT
    assert COUNT - 60 < len(found) < COUNT
    assert {loss.kind for loss in losses} == {"database"}
    assert f"{COUNT - len(found):,} messages" in losses[0].reason
    assert len({loss.name for loss in losses}) == len(losses) == 2


def test_a_table_whose_root_is_damaged_is_named_and_the_people_are_kept(profile: Path, tmp_path: Path) -> None:
    spoil(profile, [root_of(profile, "messages")])
    with source_of(profile, tmp_path / "work") as source:
        assert read_all(source) == {}
        (loss,) = source.losses()
        assert [person.contact.display for person in source.contacts()] == ["Mara"]
    assert (loss.kind, loss.subject, loss.severity) == ("database", "messages", "lost")


@pytest.mark.parametrize("table", ["conversations", "items", "openGroupRoomsV2"])
def test_damage_of_another_table_leaves_the_messages(profile: Path, tmp_path: Path, table: str) -> None:
    spoil(profile, [root_of(profile, table)])
    with source_of(profile, tmp_path / "work") as source:
        found = read_all(source)
        losses = list(source.losses())
        assert source.account().id.startswith("05") or table == "items"
        assert source.fingerprint
    assert len(found) == COUNT
    assert table in {loss.subject for loss in losses}


def test_the_search_behind_a_hole_has_an_end(profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last = (profile / "sql" / "db.sqlite").stat().st_size // PAGE
    spoil(profile, range(last // 5, last // 2, 4))
    monkeypatch.setattr(scan, "MOST_HOLES", 3)
    with source_of(profile, tmp_path / "work") as source:
        found = read_all(source)
        assert len(list(source.losses())) == 3
    assert 0 < len(found) < COUNT


def test_missing_tables_are_named(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "profile") as builder:
        friend = builder.person("Mara")
        builder.message(friend, builder.me, "hello", builder.now)
        me = builder.me
    with database_of(tmp_path / "profile") as con:
        for table in ("items", "openGroupRoomsV2", "conversations"):
            con.execute(f"DROP TABLE {table}")
    with source_of(tmp_path / "profile", tmp_path / "work") as source:
        (found,) = read_all(source).values()
        subjects = {loss.subject for loss in source.losses()}
        assert source.account().id == me  # as its own messages name it
    assert found.message.body == "hello"
    assert subjects >= {"items", "openGroupRoomsV2", "conversations"}
