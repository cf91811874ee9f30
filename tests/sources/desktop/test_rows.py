"""Rows come in the order of the table, and a digest tells the changed from the unchanged."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.demo import ProfileBuilder
from migrate.sources.desktop.rows import Columns

from .reading import database_of, read_all, source_of


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    with ProfileBuilder(tmp_path / "profile") as builder:
        friend = builder.person("Mara")
        for number in range(3):
            builder.message(friend, friend, f"message {number}", builder.now - number)
    return tmp_path / "profile"


def digests(profile: Path, work: Path) -> dict[str, int]:
    with source_of(profile, work) as source:
        return {row.native_id: row.digest for batch in source.rows() for row in batch}


def test_digests_are_63_bits_and_equal_from_run_to_run(profile: Path, tmp_path: Path) -> None:
    first = digests(profile, tmp_path / "work")
    assert first == digests(profile, tmp_path / "work")
    assert len(set(first.values())) == 3
    assert all(0 <= digest < 2**63 for digest in first.values())


@pytest.mark.parametrize("column", [name for name in Columns._fields if name != "id"])
def test_a_change_of_any_column_changes_the_digest_of_its_row_alone(profile: Path, tmp_path: Path, column: str) -> None:
    before = digests(profile, tmp_path / "work")
    changed = next(iter(before))
    with database_of(profile) as con:
        con.execute(f"UPDATE messages SET {column} = 12345 WHERE id = ?", (changed,))
    after = digests(profile, tmp_path / "work")
    assert {id for id in after if after[id] != before[id]} == {changed}


def test_a_row_that_is_saved_again_as_it_was_has_the_same_digest(profile: Path, tmp_path: Path) -> None:
    before = digests(profile, tmp_path / "work")
    with database_of(profile) as con:
        con.execute("UPDATE messages SET rowid = rowid + 100, unread = 1")
    assert digests(profile, tmp_path / "work") == before


def test_a_row_without_an_id_is_read_all_the_same(profile: Path, tmp_path: Path) -> None:
    with database_of(profile) as con:
        con.execute("UPDATE messages SET id = NULL WHERE rowid = 2")
    with source_of(profile, tmp_path / "work") as source:
        assert "row 2" in read_all(source)


def test_many_rows_come_in_batches_of_a_thousand(tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "profile") as builder, builder.in_bulk():
        friend = builder.person("Mara")
        for number in range(2500):
            builder.message(friend, friend, str(number), builder.now)
    with source_of(tmp_path / "profile", tmp_path / "work") as source:
        batches = [[source.read(row).message.body for row in batch] for batch in source.rows()]
    assert [len(batch) for batch in batches] == [1000, 1000, 500]
    assert [body for batch in batches for body in batch] == [str(number) for number in range(2500)]
