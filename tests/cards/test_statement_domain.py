"""Nothing that a Session account signs elsewhere can be dressed up as a statement: docs/statement.md, section 10."""

from __future__ import annotations

import pytest

from migrate.cards.canonical import END
from migrate.cards.signature import DOMAIN, written_signature
from migrate.cards.statement import SignedStatement, find

from .signing import ALICE, BOB, PLAIN, finished

COVERED = finished(PLAIN).partition("Signature: ")[0].encode()
WANTED = DOMAIN + COVERED  # what somebody would like to have signed
SERVER, NONCE = WANTED[:32], WANTED[32:48]  # a community's key is its operator's choice; let the nonce be, too

# Formats page of the Session network, sections 3 and 5; formats page of community servers, section 4.
ELSEWHERE = {
    "a message with the statement in its text": b"\x0a\x0a\x0a\x08"
    + WANTED
    + b"\x80"
    + ALICE.ed25519_public
    + bytes(32),
    "a message of a group": b"\x08\x07\x28\x01\x42\x08" + WANTED + bytes.fromhex(BOB.session_id),
    "a request to a storage node": b"retrieve1771000000000",
    "a request to delete what is named like a statement": b"delete" + WANTED,
    "a request to a hostile community": SERVER + NONCE + b"1771000000" + b"POST/room" + WANTED[48:],
    "the text without its domain": COVERED,
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_signature_for_something_else_makes_no_statement(name: str) -> None:
    signed = ELSEWHERE[name]
    ending = f"Signature: {written_signature(ALICE.sign(signed))}\n{END}\n"
    offered = [COVERED, signed.removeprefix(DOMAIN), signed[signed.find(b"-----BEGIN") :]]
    for covered in offered:
        found = find(covered.decode("utf-8", "replace") + ending)
        assert [one for one in found if isinstance(one, SignedStatement) and one.why_not() is None] == []


def test_the_byte_that_a_hostile_community_cannot_choose_differs() -> None:
    assert (SERVER + NONCE, WANTED[48:49]) == (DOMAIN + b"-----BEGIN MOVE STATEMEN", b"T")
    assert not any(signed.startswith(WANTED[:49]) for signed in ELSEWHERE.values())
