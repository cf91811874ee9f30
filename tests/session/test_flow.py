"""Flows: what they yield, what they are sent, and that those which read cannot do anything else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from migrate.session.errors import BadAnswer, NoAnswer
from migrate.session.flow import Answer, Ask, Flow, Part, Reading
from migrate.session.storage import Call, Looking, Read, Together, changes_something, get_swarm, info, store
from tests.session.played import node, play


def twice() -> Reading[int]:
    """The sum of what two nodes say; a node that is down says nothing."""
    total = 0
    for number in (1, 2):
        try:
            call: Looking = info()
            answer = yield Ask(node(number), call)
        except NoAnswer:
            continue
        total += int(str(answer.json()["n"]))
    return total


def test_a_flow_is_played_with_canned_replies() -> None:
    asked: list[Ask[Call]] = []
    assert play(twice(), [{"n": 1}, Answer(200, b'{"n":2}')], asked) == 3
    assert [ask.node for ask in asked] == [node(1), node(2)]


def test_a_node_that_is_down_is_thrown_into_the_flow() -> None:
    assert play(twice(), [NoAnswer(), {"n": 2}]) == 2


@pytest.mark.parametrize("count", [1, 3])
def test_a_test_with_too_few_or_too_many_replies_fails(count: int) -> None:
    with pytest.raises(AssertionError, match="replies"):
        play(twice(), [{"n": 1}] * count)


def test_requests_that_were_refused_together_were_refused_each() -> None:
    assert Answer(503, b"not ready").parts(2) == [Part(503, {})] * 2
    assert Answer(421, b'{"snodes":[]}').parts(1) == [Part(421, {"snodes": []})]


def test_an_error_inside_of_a_good_answer_is_seen() -> None:
    parts = Answer(200, b'{"results":[{"code":200,"body":{"a":1}},{"code":401,"body":"no"}]}').parts(2)
    assert parts == [Part(200, {"a": 1}), Part(401, {})]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"results":[]}', b'{"results":[{"code":200}]}', b"\xff"])
def test_an_answer_to_another_number_of_requests_is_none(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        Answer(200, body).parts(2)


WRONG = """
from migrate.session.flow import Ask, Reading
from migrate.session.nodes import Node
from migrate.session.storage import {names}

def flow(node: Node) -> Reading[None]:
    yield Ask(node, {call})
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("names", "call", "good"),
    [
        ("info", "info()", True),
        ("Together, info", "Together((info(),))", True),
        ("store", 'store("05", 0, b"", 1, 1)', False),
        ("Together, store", 'Together((store("05", 0, b"", 1, 1),))', False),
        ("Together, info, store", 'Together((info(), store("05", 0, b"", 1, 1)))', False),
        ("Read", 'Read("store", {})', False),
    ],
)
def test_the_type_checker_lets_no_flow_that_reads_ask_for_more(
    tmp_path: Path, names: str, call: str, good: bool
) -> None:
    file = tmp_path / "flow.py"
    file.write_text(WRONG.format(names=names, call=call))
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert (run.returncode == 0) is good, run.stdout


def test_a_flow_that_reads_is_a_flow() -> None:
    any_flow: Flow[int] = twice()
    assert play(any_flow, [{"n": 1}, {"n": 1}]) == 2
    assert isinstance(get_swarm("05"), Read)
    assert Together((info(),)).method == "batch"
    assert Together((info(),), until_one_fails=True).method == "sequence"


def test_whoever_sends_for_a_recovery_can_see_what_would_change_something() -> None:
    write = store("05" + "ab" * 32, 0, b"", 1, 1)
    assert changes_something(write)
    assert changes_something(Together((info(), write)))
    assert not changes_something(info())
    assert not changes_something(Together((info(), get_swarm("05"))))
