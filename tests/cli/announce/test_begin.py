"""`decamp announce` before there is anything to announce."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Decamp


def test_before_there_is_anything_the_way_to_begin_is_said(decamp: Decamp) -> None:
    for command in ("status", "send", "watch"):
        done = decamp("announce", command)
        assert done.exit_code == 4
        assert "decamp announce plan" in done.stderr


def test_somebody_with_no_address_to_tell_is_told_to_add_one(decamp: Decamp, exported: Path) -> None:
    done = decamp("announce", "plan", exported)
    assert done.exit_code in (2, 4)
    assert "handle add" in done.stderr


def test_the_words_of_each_language_can_be_printed_to_be_changed(decamp: Decamp) -> None:
    done = decamp("announce", "words", "pt")
    assert done.exit_code == 0
    assert done.stdout.startswith("Olá {friend},")
    assert "{statement}" in done.stdout
    assert decamp("announce", "words", "xx").exit_code == 2
