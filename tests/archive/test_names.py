"""A name that somebody else chose never becomes a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.archive.names import clean_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Weekend hikers 🥾", "Weekend hikers 🥾"),
        ("../../etc/passwd", "etc passwd"),
        ("CON.txt", "_CON.txt"),
        ("com¹", "_com¹"),
        ("...", "unnamed"),
        ("", "unnamed"),
        ("a\x00b\u202ec\r\nd", "abc d"),
        ("C:\\Windows", "C Windows"),
        ("é" * 100, "é" * 30),
        ("NUL", "_NUL"),
        ("\ud83d broken", "broken"),
    ],
)
def test_names_become_harmless(name: str, expected: str) -> None:
    assert clean_name(name) == expected


@given(st.text())
def test_no_name_is_a_path(name: str) -> None:
    clean = clean_name(name)
    assert clean
    assert not set(clean) & set('/\\:*?"<>|\0\n\r\t')
    assert clean not in {".", ".."}
    assert not clean.startswith((".", " "))
    assert not clean.endswith((".", " "))
    assert len(clean.encode()) <= 61
    assert clean_name(clean) == clean or clean.startswith("_")
