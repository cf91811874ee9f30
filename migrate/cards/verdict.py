"""What a statement is worth: whether it is genuine, whether it still counts, what it proves and what it cannot prove.

The rules are docs/statement.md, section 9; the page that checks in the browser, page/verify.js, says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from ..model import Noun, short_id
from .canonical import written_time
from .proof import proof_text
from .statement import SignedStatement

# Clocks set to the time of another zone are common, and "Issued" proves nothing anyway.
LEEWAY = 24 * 60 * 60 * 1000


class State(StrEnum):
    """The one word for a statement: the first of these that applies."""

    FORGED = "forged"
    OTHER_ACCOUNT = "another account"
    NOT_FOR_YOU = "for somebody else"
    SUPERSEDED = "superseded"
    CONTRADICTED = "contradicted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NOT_YET = "not yet valid"
    VALID = "valid"


class Verdict(Noun, frozen=True, kw_only=True):
    """All there is to say about one statement at one moment, in sentences for the person who found it."""

    signed: SignedStatement
    state: State
    headline: str
    proves: tuple[str, ...] = ()
    does_not_prove: tuple[str, ...] = ()
    cautions: tuple[str, ...] = ()

    @property
    def genuine(self) -> bool:
        """True if the key of the account signed exactly this, whether or not it still counts."""
        return self.state is not State.FORGED

    @property
    def ok(self) -> bool:
        """True if a friend may go by it now."""
        return self.state is State.VALID


def check(
    signed: SignedStatement,
    now: int,
    session_id: str | None = None,
    newest_serial: int | None = None,
    *,
    reader: str | None = None,
    contradicted: bool = False,
) -> Verdict:
    """Judge one statement.

    `session_id` is the account that the reader knew, `reader` the reader's own; `newest_serial` is the highest serial
    number seen in a genuine statement of this account, `contradicted` says that there is another one with this number.
    """
    statement = signed.statement
    if reason := signed.why_not():
        return Verdict(
            signed=signed, state=State.FORGED, headline=f"Not genuine, so do not go by what it says. {reason}"
        )
    if session_id is not None and session_id != statement.session_id:
        state = State.OTHER_ACCOUNT
    elif reader is not None and statement.audience not in (None, reader):
        state = State.NOT_FOR_YOU
    elif newest_serial is not None and newest_serial > statement.serial:
        state = State.SUPERSEDED
    elif contradicted:
        state = State.CONTRADICTED
    elif statement.withdraws:
        state = State.WITHDRAWN
    elif statement.valid_until is not None and now >= statement.valid_until:
        state = State.EXPIRED
    elif now + LEEWAY < statement.issued:
        state = State.NOT_YET
    else:
        state = State.VALID
    return Verdict(
        signed=signed,
        state=state,
        headline=_headline(signed, state),
        proves=tuple(_proves(signed)),
        does_not_prove=tuple(_does_not_prove(signed)),
        cautions=tuple(_cautions(signed, session_id, reader)),
    )


def judge(
    found: Sequence[SignedStatement], now: int, session_id: str | None = None, *, reader: str | None = None
) -> list[Verdict]:
    """Judge several statements that were found together: the highest serial number replaces those below it."""
    genuine = [signed for signed in found if signed.why_not() is None]
    verdicts = []
    for signed in found:
        statement = signed.statement
        # Who reads a statement that is addressed to somebody is that one, as far as its predecessors are concerned.
        to = statement.audience or reader
        rivals = [
            other.statement
            for other in genuine
            if other.statement.session_id == statement.session_id and other.statement.audience in (None, to)
        ]
        verdict = check(
            signed,
            now,
            session_id,
            max((rival.serial for rival in rivals), default=None),
            reader=reader,
            contradicted=any(
                rival != statement and (rival.serial, rival.audience) == (statement.serial, statement.audience)
                for rival in rivals
            ),
        )
        verdicts.append(verdict)
    return verdicts


def _headline(signed: SignedStatement, state: State) -> str:
    statement = signed.statement
    who = short_id(statement.session_id)
    until = written_time(statement.valid_until or 0)
    return {
        State.OTHER_ACCOUNT: f"Genuine, but about {who}, which is not the account you knew.",
        State.NOT_FOR_YOU: f"Genuine, but addressed to somebody else: {short_id(statement.audience or '')}.",
        State.SUPERSEDED: f"Genuine, but replaced by a later one of {who}: this has serial number {statement.serial}.",
        State.CONTRADICTED: f"Genuine, but {who} signed another one with the same serial number. Ask which one counts.",
        State.WITHDRAWN: f"Genuine: {who} takes back all earlier statements and names no new address.",
        State.EXPIRED: f"Genuine, but it expired at {until}.",
        State.NOT_YET: f"Genuine, but not valid before {written_time(statement.issued)}. Is your clock right?",
        State.VALID: f"Genuine: {who} says where to be found from now on.",
    }[state]


def _proves(signed: SignedStatement) -> Iterator[str]:
    who = short_id(signed.statement.session_id)
    yield f"Somebody who has the key of the account {who} wrote exactly these lines, and nobody has changed them since."


def _does_not_prove(signed: SignedStatement) -> Iterator[str]:
    yield "Who that is: a key can be shared, stolen or forced."
    yield "When it was written, or that there is no later one."
    if not signed.statement.withdraws:
        yield (
            "That the new addresses belong to the same person. They do where you find this line, which only their"
            f" holder can write there: {proof_text(signed.statement.session_id)}"
        )


def _cautions(signed: SignedStatement, session_id: str | None, reader: str | None) -> Iterator[str]:
    statement = signed.statement
    if session_id is None:
        yield "Compare the Session ID, all of it, with the one you knew: anybody can sign for an account of their own."
    if statement.audience is not None and reader is None:
        yield f"It is addressed to {statement.audience}. If that is not you, it was not meant for you."
    if statement.unknown:
        yield "It has lines that this version does not know. They are signed as well."
