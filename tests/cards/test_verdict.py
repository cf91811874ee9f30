"""What people are told about a statement. All situations are in docs/vectors/verdicts.json; here is what counts."""

from __future__ import annotations

from migrate.cards.statement import SignedStatement, read
from migrate.cards.verdict import LEEWAY, State, check, judge

from .signing import ALICE, BOB, CAROL, ISSUED, NOW, PLAIN, UNTIL, changed, finished


def signed(*lines: str) -> SignedStatement:
    return read(finished(list(lines or PLAIN)))[0]


def test_a_good_statement_of_the_account_one_knew_may_be_relied_on() -> None:
    verdict = check(signed(), NOW, ALICE.session_id)
    assert verdict.ok
    assert verdict.genuine
    assert verdict.headline == "Genuine: 05aa…aa74 says where to be found from now on."
    assert verdict.cautions == ()


def test_a_forged_one_proves_nothing_whatever_else_is_known() -> None:
    forged = read(finished(PLAIN).replace("See you", "Saw you"))[0]
    verdict = check(forged, UNTIL, BOB.session_id, 99, reader=CAROL.session_id)
    assert verdict.state is State.FORGED
    assert not verdict.genuine
    assert verdict.headline.startswith("Not genuine")
    assert (verdict.proves, verdict.does_not_prove, verdict.cautions) == ((), (), ())


def test_whoever_does_not_know_the_account_is_told_to_compare() -> None:
    assert any("anybody can sign" in caution for caution in check(signed(), NOW).cautions)


def test_it_says_what_is_not_proven_and_how_to_prove_it() -> None:
    missing = " ".join(check(signed(), NOW, ALICE.session_id).does_not_prove)
    assert "Who that is" in missing
    assert f"decamp-proof: {ALICE.session_id}" in missing


def test_it_is_valid_until_the_second_it_names() -> None:
    assert check(signed(), UNTIL - 1).ok
    assert check(signed(), UNTIL).state is State.EXPIRED


def test_a_clock_in_another_zone_is_forgiven_and_no_more() -> None:
    assert check(signed(), ISSUED - LEEWAY).ok
    assert check(signed(), ISSUED - LEEWAY - 1).state is State.NOT_YET


def test_a_higher_serial_number_replaces_it_and_a_lower_one_does_not() -> None:
    assert check(signed(), NOW, newest_serial=4).state is State.SUPERSEDED
    assert check(signed(), NOW, newest_serial=3).ok
    assert check(signed(), NOW, newest_serial=2).ok


def test_a_withdrawal_is_genuine_and_leads_nowhere() -> None:
    verdict = check(signed(*PLAIN[:4], "Withdrawn: all earlier statements"), NOW, ALICE.session_id)
    assert verdict.state is State.WITHDRAWN
    assert verdict.genuine
    assert not verdict.ok


def test_a_forged_one_with_a_higher_number_replaces_nothing() -> None:
    forged = read(finished(changed("Serial", "Serial: 9")).replace("See you", "Saw you"))[0]
    assert [verdict.state for verdict in judge([signed(), forged], NOW)] == [State.VALID, State.FORGED]


def test_what_is_for_somebody_else_replaces_nothing_of_mine() -> None:
    to_carol = signed(*changed("Serial", f"Serial: 9\nFor: {CAROL.session_id}"))
    verdicts = judge([signed(), to_carol], NOW, ALICE.session_id, reader=BOB.session_id)
    assert [verdict.state for verdict in verdicts] == [State.VALID, State.NOT_FOR_YOU]


def test_two_accounts_do_not_replace_each_other() -> None:
    bob = read(finished(["Session ID: " + BOB.session_id, *changed("Serial", "Serial: 7")[1:]], BOB))[0]
    assert [verdict.state for verdict in judge([signed(), bob], NOW)] == [State.VALID, State.VALID]


def test_nobody_is_told_to_trust_one_of_two_that_contradict_each_other() -> None:
    other = signed(*changed("Note", "Note: Or there."))
    assert {verdict.state for verdict in judge([signed(), other], NOW)} == {State.CONTRADICTED}


def test_nothing_found_is_nothing_judged() -> None:
    assert judge([], NOW) == []
