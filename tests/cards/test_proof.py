"""The line at the new account that names the old one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.cards.proof import find_proof, proof_text

from .signing import ALICE, BOB

LINE = f"decamp-proof: {ALICE.session_id}"


def test_it_is_short_and_names_the_whole_session_id() -> None:
    assert proof_text(ALICE.session_id) == LINE
    assert len(LINE) == 80


@pytest.mark.parametrize(
    "text",
    [
        LINE,
        f"Alice. I like boats. {LINE}. Ask me anything!",
        f"<p>{LINE}</p>",
        f'"note": "{LINE}\\n"',
        LINE.replace("decamp", "Decamp"),
        LINE.replace(": ", ":\u00a0"),
        LINE.replace(": ", ":"),
        LINE.replace(": ", ":\n"),
        LINE.upper(),
        f"{LINE}\n{LINE}",
    ],
)
def test_it_is_found_in_whatever_is_around_it(text: str) -> None:
    assert find_proof(text) == [ALICE.session_id]


@pytest.mark.parametrize(
    "text",
    [
        "",
        ALICE.session_id,
        f"proof: {ALICE.session_id}",
        f"not-decamp-proof: {ALICE.session_id}",
        f"xdecamp-proof: {ALICE.session_id}",
        LINE[:-1],
        f"{LINE}0",
        f"{LINE}z",
        LINE.replace(": 05", ": 15"),
        LINE.replace(": ", " "),
        LINE.replace("aa65", "аа65"),
    ],
)
def test_what_only_looks_like_it_is_no_proof(text: str) -> None:
    assert find_proof(text) == []


def test_somebody_who_had_two_accounts_names_both() -> None:
    both = f"{proof_text(BOB.session_id)} {LINE} {proof_text(BOB.session_id)}"
    assert find_proof(both) == [BOB.session_id, ALICE.session_id]


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    assert find_proof(text) == []
    assert find_proof(f"{text} {LINE}") == [ALICE.session_id]
