"""Short codes: found in what people write, and never taken for another one."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.announce.codes import ALPHABET, LENGTH, code_in, new_code, written

CODES = st.integers(0, 2**64).map(lambda seed: new_code(random.Random(seed).randbytes))


def test_a_code_has_no_character_that_looks_like_another_one() -> None:
    assert len(set(ALPHABET)) == 31
    assert not set(ALPHABET) & set("0O1IL")


@given(CODES)
def test_a_code_is_found_in_what_people_write(code: str) -> None:
    assert len(code) == LENGTH
    said = written(code)
    for text in (said, said.lower(), f"Hi! {said}.", f"Here I am\n{said}\n:-)", said.replace("-", " "), said[7:]):
        assert code_in(text) == code, text


@given(CODES, st.integers(0, LENGTH - 1), st.sampled_from(ALPHABET))
def test_a_mistyped_character_makes_no_other_code(code: str, place: int, other: str) -> None:
    wrong = code[:place] + other + code[place + 1 :]
    assert code_in(written(wrong)) == (code if wrong == code else None)


@given(CODES, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_two_characters_that_changed_places_make_no_other_code(code: str, one: int, two: int) -> None:
    letters = list(code)
    letters[one], letters[two] = letters[two], letters[one]
    swapped = "".join(letters)
    assert code_in(written(swapped)) == (code if swapped == code else None)


@pytest.mark.parametrize("text", ["", "decamp", "decamp K7QM", "see you at eight", "decamp 1234-5678", "x" * 10_000])
def test_other_words_are_no_code(text: str) -> None:
    assert code_in(text) is None


def test_codes_differ() -> None:
    rng = random.Random(1).randbytes
    assert len({new_code(rng) for _ in range(1_000)}) == 1_000
