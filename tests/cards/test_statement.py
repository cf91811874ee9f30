"""A statement is written in one way, read in that way only, and signed by its owner."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrate.cards import handles
from migrate.cards.canonical import MOST_BYTES, REFUSED
from migrate.cards.statement import BadStatement, CannotSign, Statement, UnknownHandle, find, read, sign, tidy

from . import second_opinion
from .make_vectors import statements
from .signing import ALICE, BOB, ISSUED, PLAIN, SIMPLEX, UNTIL, XMPP, changed, finished

PUBLIC = (handles.parse(SIMPLEX), handles.parse(XMPP))
ONE_TIME = "https://smp.simplex.im/i#MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3/MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"


def statement(**fields: Any) -> Statement:
    plain = Statement(
        session_id=ALICE.session_id,
        issued=ISSUED,
        valid_until=UNTIL,
        serial=3,
        handles=PUBLIC,
        notes=("See you there.",),
    )
    return msgspec.structs.replace(plain, **fields)


def test_a_signed_statement_is_the_text_of_the_documentation() -> None:
    signed = sign(statement(), ALICE)
    assert signed.text() == finished(PLAIN)
    assert signed.text() in dict(statements()).values()


def test_a_signed_statement_is_read_back_as_it_was_meant() -> None:
    signed = sign(statement(audience=BOB.session_id, unknown=(("Photo", "sha256 1f"),)), ALICE)
    assert read(signed.text()) == [signed]
    assert read(signed.text().encode()) == [signed]
    assert signed.why_not() is None


def test_a_statement_without_handles_withdraws() -> None:
    signed = sign(statement(handles=()), ALICE)
    assert signed.statement.withdraws
    assert "Withdrawn: all earlier statements\n" in signed.text()
    assert read(signed.text()) == [signed]


def test_a_one_time_invitation_is_signed_for_one_person_only() -> None:
    invitation = (handles.parse(ONE_TIME, "one"),)
    signed = sign(statement(handles=invitation, audience=BOB.session_id), ALICE)
    assert read(signed.text())[0].statement.handles == invitation
    with pytest.raises(CannotSign, match="one-time"):
        sign(statement(handles=invitation), ALICE)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"session_id": BOB.session_id}, "not the one of the Session ID"),
        ({"serial": 0}, "serial number"),
        ({"serial": 2**53}, "serial number"),
        ({"valid_until": ISSUED}, "ends before"),
        ({"issued": ISSUED + 1}, "not whole"),
        ({"issued": -1}, "not a time"),
        ({"issued": 10**18}, "in no calendar"),
        ({"audience": ALICE.session_id}, "addressed to the account"),
        ({"audience": "Bob"}, "not a Session ID"),
        ({"notes": ("two\nlines",)}, "Key: value"),
        ({"notes": ("x\nPhoto: y",)}, "not whole"),
        ({"notes": ("",)}, "blank too many"),
        ({"notes": ("Zu\u0308rich",)}, "normal form C"),
        ({"notes": ("\u202e",)}, "not allowed"),
        ({"notes": ("\ud800",)}, "not allowed"),
        ({"notes": ("\u0378",)}, "too new"),
        ({"notes": ("x" * MOST_BYTES,)}, "bytes"),
        ({"notes": ("x",) * 64}, "lines"),
        ({"unknown": (("Moved-to", "x"),)}, "Key"),
        ({"unknown": (("Ключ", "x"),)}, "Key: value"),
        ({"handles": (UnknownHandle(text="warp:alice", reason="Unheard of."),)}, "not an address of a network"),
    ],
)
def test_what_nobody_could_read_is_not_signed(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(CannotSign, match=reason):
        sign(statement(**fields), ALICE)


def test_what_a_person_types_is_made_fit() -> None:
    typed = "  Zu\u0308rich,\u00a0\n tomorrow\u2003 "
    assert sign(statement(notes=(tidy(typed),)), ALICE).statement.notes == ("Zürich, tomorrow",)


def test_an_address_that_this_version_does_not_know_is_shown_and_signed_all_the_same() -> None:
    (signed,) = read(
        finished([*PLAIN[:5], "Moved to: warp:alice~9", "Moved to: XMPP:alice@example.org", f"Moved to: {ONE_TIME}"])
    )
    known, future, spelled, invitation = signed.statement.handles
    assert known == handles.parse(SIMPLEX)
    assert isinstance(future, UnknownHandle)
    assert (future.text, future.reason) == ("warp:alice~9", "This is not an address of a network that decamp knows.")
    assert isinstance(spelled, UnknownHandle)
    assert isinstance(invitation, UnknownHandle)
    assert "one-time" in invitation.reason
    assert signed.why_not() is None


def test_several_statements_are_all_read_and_a_bad_one_hides_none() -> None:
    good, later = finished(PLAIN), finished(changed("Serial", "Serial: 4"))
    assert [one.statement.serial for one in read(f"{good}and\n{later}{good}")] == [3, 4]
    mixed = good.replace("Serial: 3", "Serial: 03") + later
    with pytest.raises(BadStatement, match="serial number"):
        read(mixed)
    bad, fine = find(mixed)
    assert isinstance(bad, BadStatement)
    assert not isinstance(fine, BadStatement)


def test_nothing_to_read_is_said() -> None:
    with pytest.raises(BadStatement, match="There is no move statement") as refusal:
        read("Hi Bob, I have moved to xmpp:alice@example.org")
    assert refusal.value.exit_code == 7
    with pytest.raises(BadStatement, match="joined or changed"):
        read(finished(PLAIN).replace("\n", " "))


def test_reasons_never_repeat_what_a_stranger_wrote() -> None:
    hostile = "\x1b]0;owned\x07"
    for key in ("Serial", "Note", "Issued", "Session", "Moved to: xmpp"):
        (bad,) = find(finished(changed(key, f"{key.split(':')[0]}: {hostile}")))
        assert hostile not in str(bad)


def test_the_list_of_refused_characters_is_the_documented_one() -> None:
    documented = {code for first, last in second_opinion.RANGES for code in range(first, last + 1)}
    assert {ord(letter) for letter in re.findall(f"[{REFUSED}]", "".join(map(chr, range(0x110000))))} == documented


# -- anything at all -------------------------------------------------------------------------------------

FRAGMENTS = st.sampled_from([
    *PLAIN, *finished(PLAIN).split("\n"), "For: ", f"For: {BOB.session_id}",
    "Withdrawn: all earlier statements", "DECAMP1:",
    "DECAMP1:H/BC9", "> ", "| -----BEGIN MOVE STATEMENT-----", "BEGIN:VCARD", "<!doctype html>", "<pre>", "</pre>",
    "\r\n", "\n",
    " ", "\\n", "NOTE:",
])  # fmt: skip


@settings(max_examples=400)
@given(st.one_of(st.text(), st.lists(st.one_of(FRAGMENTS, st.text(max_size=8)), max_size=30).map("\n".join)))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text)
    except BadStatement:
        return
    assert all(read(one.text()) == [one] for one in found)


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(BadStatement):
        read(data)


def fit(letter: str) -> bool:
    return not re.match(f"[{REFUSED}]", letter)


SECONDS = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()), int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
)
NOTE = st.text(st.characters(exclude_categories=["Cn", "Cs"]).filter(fit), max_size=80).map(tidy).filter(bool)
UNKNOWN = st.tuples(st.from_regex(r"\A[A-Z][a-z0-9]{2,6}( [a-z]{3,5})?\Z").filter(lambda key: "X" in key), NOTE)


@settings(max_examples=50)
@given(
    issued=SECONDS,
    lasts=st.none() | st.integers(1, 2**40),
    serial=st.integers(1, 2**53 - 1),
    audience=st.none() | st.just(BOB.session_id),
    moved=st.sampled_from([(), PUBLIC[:1], PUBLIC]),
    notes=st.lists(NOTE, max_size=5),
    unknown=st.lists(UNKNOWN, max_size=3),
)
def test_every_statement_that_is_signed_is_read_as_it_was_meant_in_both_forms(  # noqa: PLR0917 - one for each line
    issued: int, lasts: int | None, serial: int, audience: str | None, moved: Any, notes: Any, unknown: Any
) -> None:
    end = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    meant = Statement(
        session_id=ALICE.session_id,
        issued=issued * 1000,
        valid_until=None if lasts is None else min(issued + lasts, end) * 1000,
        serial=serial,
        audience=audience,
        handles=moved,
        notes=tuple(notes),
        unknown=tuple(unknown),
    )
    signed = sign(meant, ALICE)
    assert [one.statement for one in read(signed.text())] == [meant]
    assert read(signed.compact()) == [signed]
    assert second_opinion.accepts(signed.text())
