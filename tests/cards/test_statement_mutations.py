"""Ten thousand statements with something wrong, and none of them passes; neither here nor with the second opinion."""

from __future__ import annotations

from collections import Counter

from migrate.cards.statement import SignedStatement, find

from . import second_opinion
from .mutations import KINDS, mutations


def verifies(text: str) -> bool:
    return any(isinstance(one, SignedStatement) and one.why_not() is None for one in find(text))


def test_none_of_ten_thousand_changed_statements_is_taken_for_genuine() -> None:
    tried: Counter[str] = Counter()
    passed = []
    for kind, original, mutated in mutations(10_000):
        tried[kind] += 1
        if verifies(mutated) or second_opinion.accepts(second_opinion.canonical(mutated) or mutated):
            passed.append((kind, original, mutated))
    print(*(f"\n{count:6} {kind}" for kind, count in sorted(tried.items())))  # noqa: T201 - for whoever runs it with -s
    assert passed == []
    assert tried.total() == 10_000
    assert set(tried) == set(KINDS)


def test_the_statements_were_good_before_they_were_changed() -> None:
    originals = {original for _, original, _ in mutations(500)}
    assert len(originals) > 10
    assert all(verifies(original) and second_opinion.accepts(original) for original in originals)
