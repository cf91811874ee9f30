"""Says of each statement in something whether it is genuine, whose it is, what it proves, and what it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .card_making import serials
from .run import Result, Run
from .ui import Ui, plain
from .wording import day

if TYPE_CHECKING:
    from ..cards.statement import SignedStatement
    from ..cards.verdict import Verdict
    from ..model import Account, Contact

FAILED = 7


@dataclass(frozen=True, slots=True)
class Known:
    """What the person who checks knows from elsewhere."""

    session_id: str | None = None
    archive: str | None = None
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """One statement with all there is to say about it."""

    verdict: Verdict
    person: Contact | None
    stranger: bool
    later: int | None
    """When a later one was checked here."""
    proven: bool | None
    own: bool

    @property
    def ok(self) -> bool:
        return self.verdict.ok and not self.stranger and self.proven is not False


def verify_statements(run: Run, data: bytes, known: Known) -> Result:
    """Check what is in a text, a page, a vCard or a picture. Exit code 7 unless all of it is to be believed."""
    from ..cards.statement import BadStatement, SignedStatement, find
    from ..cards.transport import nothing_found
    from .words import session_id_in

    session_id = session_id_in(known.session_id) if known.session_id else None
    account, people = _archive(known.archive)
    proofs = _proofs(known.proof)
    text = _text(run, data)
    everything = find(text)
    bad = [one for one in everything if isinstance(one, BadStatement)]
    found = [one for one in everything if isinstance(one, SignedStatement)]
    if not everything:
        raise BadStatement(nothing_found(text))
    findings = [
        Findings(
            verdict=verdict,
            person=people.get(id),
            stranger=account is not None and id not in people and id != account.id,
            later=later,
            proven=None if proofs is None else id in proofs,
            own=account is not None and id == account.id,
        )
        for verdict, later in _judged(run, found, lambda id: session_id or (id if id in people else None), account)
        for id in (verdict.signed.statement.session_id,)
    ]
    for finding in findings:
        _say(run.ui, finding)
    for error in bad:
        run.ui.warn(f"Not readable, so not to be believed. {error}")
    ok = bool(findings) and not bad and all(finding.ok for finding in findings)
    said = {"ok": ok, "statements": [_data(f) for f in findings], "unreadable": [str(error) for error in bad]}
    return Result(said, 0 if ok else FAILED)


def _text(run: Run, data: bytes) -> bytes:
    """What there is to read: of a picture, what its QR codes hold."""
    from ..cards.scan import CannotScan, is_picture, texts_in

    if data.startswith(b"%PDF"):
        raise CannotScan(
            "A PDF file holds its codes as drawings, which decamp does not read.",
            "Take a picture of the page, or scan the statement's code with a phone and paste what it holds.",
        )
    if not is_picture(data):
        return data
    texts = texts_in(data)
    if not texts:
        raise CannotScan("There is no QR code in this picture that can be read.")
    run.ui.note(f"Read {len(texts)} QR code{'' if len(texts) == 1 else 's'} in the picture.")
    return "\n".join(texts).encode()


def _archive(named: str | None) -> tuple[Account | None, dict[str, Contact]]:
    """Whose archive it is, and everybody in it by Session ID."""
    if named is None:
        return None, {}
    from ..archive.read import Archive

    with Archive.at(Path(named).expanduser()) as opened:
        contacts = opened.contacts()
        return opened.account(), {c.real_id or c.id: c for c in reversed(contacts)}


def _proofs(named: str | None) -> list[str] | None:
    """The old accounts that a text, or a file, names as the writer's own."""
    if named is None:
        return None
    from ..cards.proof import find_proof

    path = Path(named).expanduser()
    with suppress(OSError, ValueError):
        if path.is_file():
            return find_proof(path.read_bytes().decode("utf-8", "replace"))
    return find_proof(named)


def _judged(
    run: Run, found: Sequence[SignedStatement], known: Callable[[str], str | None], account: Account | None
) -> list[tuple[Verdict, int | None]]:
    """A verdict on each, in the light of those that were checked here before; and genuine ones are remembered.

    `known` gives the Session ID that a person knew, for the one in a statement.
    """
    from ..cards.serials import BrokenSerials
    from ..cards.verdict import State, judge

    memory, now = serials(run), run.now()
    ids = {signed.statement.session_id for signed in found}
    before = [(signed, when) for id in sorted(ids) for signed, when in memory.seen(id) if signed not in found]
    together, reader = [*found, *(signed for signed, _ in before)], account.id if account else None
    verdicts = [
        judge(together, now, known(signed.statement.session_id), reader=reader)[place]
        for place, signed in enumerate(found)
    ]
    with suppress(OSError, BrokenSerials):  # a home that cannot be written to is no reason not to check
        memory.remember([verdict.signed for verdict in verdicts if verdict.genuine], now)
    return [
        (verdict, _later(verdict.signed, before) if verdict.state is State.SUPERSEDED else None) for verdict in verdicts
    ]


def _later(signed: SignedStatement, before: Sequence[tuple[SignedStatement, int]]) -> int | None:
    statement = signed.statement
    times = [
        when
        for other, when in before
        if other.statement.session_id == statement.session_id and other.statement.serial > statement.serial
    ]
    return max(times, default=None)


# -- saying it -----------------------------------------------------------------------------------------


def _say(ui: Ui, finding: Findings) -> None:
    from rich.text import Text

    verdict = finding.verdict
    statement = verdict.signed.statement
    ui.answer(Text(verdict.headline, style="bold green" if finding.ok else "bold red"))
    if not verdict.genuine:
        return
    _say_who(ui, finding)
    if finding.later is not None:
        ui.answer(f"A later one was checked here on {day(finding.later)}.")
    if statement.handles:
        _say_handles(ui, verdict)
    for note in statement.notes:
        ui.answer(f"Note: {plain(note)}")
    for key, value in statement.unknown:
        ui.answer(f"Not known to this version: {plain(key)}: {plain(value)}")
    _say_facts(ui, verdict)
    if finding.proven is not None:
        met = "Both directions meet: what stands there names this old account."
        ui.answer(met if finding.proven else "What stands there does not name this old account.")
    for title, sentences in (
        ("What this proves:", verdict.proves),
        ("What it does not prove:", verdict.does_not_prove),
        ("Take care:", verdict.cautions),
    ):
        if sentences:
            ui.answer()
            ui.answer(Text(title, style="bold"))
        for sentence in sentences:
            ui.answer(f"- {plain(sentence)}")
    ui.answer()


def _say_who(ui: Ui, finding: Findings) -> None:
    from rich.text import Text

    from ..model import short_id

    id = finding.verdict.signed.statement.session_id
    if finding.person is not None:
        name = Text(plain(finding.person.display), style="bold")
        known = f", whom you knew as {short_id(id)}"
        if finding.person.blocked:
            known += " and had blocked"
        ui.answer(Text.assemble("This is ", name, f"{known}."))
    elif finding.own:
        ui.answer("This is the account that the archive is of.")
    elif finding.stranger:
        ui.warn("Nobody in this archive has this Session ID.")


def _say_handles(ui: Ui, verdict: Verdict) -> None:
    from ..cards import handles
    from ..model import Handle

    ui.answer()
    ui.answer("New addresses, the preferred one first:" if verdict.ok else "Do not rely on these addresses:")
    for number, handle in enumerate(verdict.signed.statement.handles, 1):
        if isinstance(handle, Handle):
            ui.answer(f"{number:>3}  {handles.label(handle)}: {plain(handles.describe(handle))}")
        else:
            ui.answer(f"{number:>3}  Not known to this version: {plain(handle.reason)}")
        ui.answer(f"     {plain(str(handle))}", wrap=False)
    ui.answer()


def _say_facts(ui: Ui, verdict: Verdict) -> None:
    from ..cards.canonical import written_time

    statement = verdict.signed.statement
    until = "further notice" if statement.valid_until is None else written_time(statement.valid_until)
    ui.answer(f"Session ID: {statement.session_id}", wrap=False)
    ui.answer(f"Issued {written_time(statement.issued)}, valid until {until}, serial number {statement.serial}.")
    if statement.audience:
        ui.answer(f"Addressed to {statement.audience}", wrap=False)


def _data(finding: Findings) -> dict[str, object]:
    """The same for programs."""
    verdict = finding.verdict
    statement = verdict.signed.statement
    return {
        "state": verdict.state,
        "ok": finding.ok,
        "genuine": verdict.genuine,
        "headline": verdict.headline,
        "session_id": statement.session_id,
        "contact": finding.person,
        "own": finding.own,
        "in_archive": None if not (finding.person or finding.own or finding.stranger) else not finding.stranger,
        "proven_back": finding.proven,
        "serial": statement.serial,
        "issued_at": statement.issued,
        "valid_until": statement.valid_until,
        "recipient": statement.audience,
        "handles": [str(handle) for handle in statement.handles],
        "notes": list(statement.notes),
        "unknown": [list(pair) for pair in statement.unknown],
        "proves": list(verdict.proves),
        "does_not_prove": list(verdict.does_not_prove),
        "cautions": list(verdict.cautions),
        "text": verdict.signed.text(),
    }
