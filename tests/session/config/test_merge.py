"""Several devices wrote at once: what a person sees afterwards."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from migrate.session.config.message import Leaf, Tree
from tests.session.config.devices import State, put, read, read_messages

ANNA, BEN = b"\x05" + b"a" * 32, b"\x05" + b"b" * 32
START = State().then({b"c": {ANNA: {b"n": b"Anna", b"a": 1}, BEN: {b"n": b"Ben"}}})


def with_anna(**fields: Leaf) -> Tree:
    """The address book with other fields for Anna."""
    anna: Tree = {b"n": b"Anna", b"a": 1}
    anna.update((name.encode(), value) for name, value in fields.items())
    return {b"c": {ANNA: anna, BEN: {b"n": b"Ben"}}}


def test_one_message_is_taken_as_it_is() -> None:
    found = read(START)
    assert (found.data, found.seqno, found.merged) == (START.data, 1, False)
    assert found.used_hashes == (START.message.hash,)


def test_different_fields_changed_on_two_devices_are_both_kept() -> None:
    found = read(START.then(with_anna(b=1)), START.then(with_anna(j=7)), START)
    assert found.data == with_anna(b=1, j=7)
    assert (found.seqno, found.merged, found.used_hashes) == (3, True, ())


def test_of_two_names_for_the_same_person_the_higher_hash_wins() -> None:
    devices = [START.then(with_anna(N=name)) for name in (b"one", b"two", b"three")]
    assert read(*devices).data == max(devices, key=lambda state: state.id).data


def test_what_a_device_has_seen_already_does_not_count_twice() -> None:
    second = START.then(with_anna(N=b"old"))
    third = second.then(with_anna(N=b"new"))
    found = read(second, third, START)
    assert (found.data, found.merged, found.seqno) == (third.data, False, 3)


def test_a_branch_four_numbers_behind_is_merged_and_one_five_behind_is_lost() -> None:
    stale = START.then(with_anna(b=1))
    newest = START
    for number in range(5):
        newest = newest.then(with_anna(j=number + 1))
    assert newest.seqno - stale.seqno == 4
    assert read(stale, newest).data == with_anna(b=1, j=5)
    later = newest.then(with_anna(j=6))
    assert read(stale, later).data == with_anna(j=6)


def test_deleting_somebody_while_they_are_edited_ends_one_way_or_the_other_by_hash() -> None:
    deleted = START.then({b"c": {BEN: {b"n": b"Ben"}}})
    edits = {name: START.then(with_anna(N=name)) for name in (b"%d" % number for number in range(12))}
    nickname, higher = next((name, edit) for name, edit in edits.items() if edit.id > deleted.id)
    lower = next(edit for edit in edits.values() if edit.id < deleted.id)
    assert read(deleted, lower).data == {b"c": {BEN: {b"n": b"Ben"}}}
    back = {b"c": {ANNA: {b"N": nickname}, BEN: {b"n": b"Ben"}}}
    assert read(deleted, higher).data == back, "only what was edited comes back"


def test_members_that_two_devices_add_and_remove_are_put_together() -> None:
    start = State().then({b"s": frozenset({1, b"x", b"y"})})
    adds, removes = start.then({b"s": frozenset({1, 2, b"x", b"y"})}), start.then({b"s": frozenset({1, b"x"})})
    assert read(adds, removes).data == {b"s": frozenset({1, 2, b"x"})}


def test_a_set_that_loses_all_members_is_gone() -> None:
    start = State().then({b"s": frozenset({1, 2}), b"n": 1})
    found = read(start.then({b"s": frozenset({1}), b"n": 1}), start.then({b"s": frozenset({2}), b"n": 1}))
    assert found.data == {b"n": 1}


def test_two_empty_folders_are_told_apart() -> None:
    nothing, unreadable = read_messages([]), read_messages([put(b"nonsense")])
    assert (nothing.accepted, nothing.skipped) == (0, ())
    assert (unreadable.accepted, [one.code for one in unreadable.skipped]) == (0, ["format"])


KEYS = st.sampled_from([b"a", b"b", b"c"])
SCALARS = st.one_of(st.integers(0, 3), st.sampled_from([b"", b"x", b"y"]))
LEAVES = st.one_of(SCALARS, st.frozensets(SCALARS, min_size=1, max_size=3))
TREES: st.SearchStrategy[Tree] = st.dictionaries(
    KEYS, st.one_of(LEAVES, st.dictionaries(KEYS, LEAVES, min_size=1, max_size=3)), max_size=3
)


@st.composite
def histories(draw: st.DrawFn) -> list[State]:
    """States that several devices wrote, each on top of any earlier one."""
    states = [State()]
    for _ in range(draw(st.integers(1, 7))):
        states.append(draw(st.sampled_from(states)).then(draw(TREES)))
    return states[1:]


@given(histories(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_of_messages_matters(history: list[State], chance: random.Random) -> None:
    shuffled = [*history, *history[:2]]
    chance.shuffle(shuffled)
    one, other = read(*history), read(*shuffled)
    assert one.skipped == ()
    assert (one.data, one.seqno, one.merged) == (other.data, other.seqno, other.merged)


@given(histories(), TREES)
def test_a_device_that_has_seen_the_merge_ends_the_conflict(history: list[State], change: Tree) -> None:
    merged, newest = read(*history), max(state.seqno for state in history)
    known = {id: diff for state in history for id, diff in (*state.lagged, (state.id, state.diff))}
    *rows, last = [(id, known[id]) for id in sorted(known) if id[0] > newest - 4]
    resolved = State(newest, merged.data, tuple(rows), *last).then(change)
    found = read(*history, resolved)
    assert (found.data, found.merged) == (change, False)


@given(histories())
def test_nothing_empty_is_left_over(history: list[State]) -> None:
    def full(tree: Tree) -> bool:
        branches = [value for value in tree.values() if isinstance(value, (dict, frozenset))]
        return all(branches) and all(full(value) for value in branches if isinstance(value, dict))

    assert full(read(*history).data)
