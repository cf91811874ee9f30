"""Makes cards out of what was said to `decamp card`: one for everybody, one for somebody, or one for each contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import WrongWords
from .fonts import lettering
from .run import Run
from .signing import Given, is_named, signing_keys
from .ui import plain
from .wording import count

if TYPE_CHECKING:
    from ..cards.book import Entry
    from ..cards.card import Card
    from ..cards.serials import Serials
    from ..cards.sheet import Sheet
    from ..cards.statement import SignedStatement, Statement
    from ..model import Contact
    from ..session.keys import AccountKeys

FOLDER, FOLDER_ALL, FOLDER_WITHDRAWN = "decamp-card", "decamp-cards", "decamp-card-withdrawn"
CARDS_INDEX, CARDS_SHEET, VERIFIER = "cards.json", "cards.pdf", "verify.html"
SECOND = 1000


@dataclass(frozen=True, slots=True)
class Wish:
    """What the cards are to say."""

    entries: tuple[Entry, ...]
    name: str | None
    notes: tuple[str, ...]
    until: int | None
    serial: int | None
    paper: str
    given: Given

    def content(self, session_id: str, serial: int, issued: int, audience: str | None) -> Statement:
        """The statement for one person, or for everybody."""
        from ..cards.statement import Statement

        return Statement(
            session_id=session_id,
            issued=issued // SECOND * SECOND,
            valid_until=None if self.until is None else self.until // SECOND * SECOND,
            serial=serial,
            audience=audience,
            handles=tuple(entry.handle for entry in self.entries),
            notes=self.notes,
        )

    def is_said_by(self, signed: SignedStatement, audience: str | None) -> bool:
        """Whether a statement that is there already says all of this, so that it need not be signed again."""
        there = signed.statement
        return there == self.content(there.session_id, there.serial, there.issued, audience)


def serials(run: Run) -> Serials:
    """The serial numbers that were given out and seen on this machine."""
    from ..cards.serials import NAME, Serials

    return Serials(run.settings.home / NAME)


def make_one(
    run: Run,
    wish: Wish,
    folder: Path,
    *,
    audience: str | None = None,
    recipient: str | None = None,
    signed: bool = True,
) -> tuple[Card, list[str]]:
    """One card in its folder, and the names of its files. A statement that lies there and says the same is kept."""
    from ..cards import folder as place
    from ..cards.card import Card
    from ..cards.page import verify_page

    there = place.statement_in(folder)
    statement = _statement(run, wish, audience, there) if signed else None
    card = Card(entries=wish.entries, name=wish.name, signed=statement, recipient=recipient)
    announce(run, card, folder, kept=statement is there)
    made = place.files(card)
    if card.entries:
        printed = _sheet(run, [card], wish)
        made[place.SHEET] = printed.pdf
        report_sheet(run, printed, folder / place.SHEET, wish.paper)
    if card.signed is not None:
        made[VERIFIER] = verify_page().encode()
    place.put(folder, made, place.record(card))
    return card, sorted([*made, place.INDEX])


def _statement(run: Run, wish: Wish, audience: str | None, there: SignedStatement | None) -> SignedStatement:
    """The one that is there, if it says the same and nothing newer was said; or else a new one."""
    keys = signing_keys(run, wish.given) if is_named(run, wish.given) else None
    if there is not None and wish.serial is None and wish.is_said_by(there, audience):
        owner = there.statement.session_id
        whose = owner in serials(run).accounts() if keys is None else owner == keys.session_id
        if whose and there.statement.serial == serials(run).last(owner):
            return there
    keys = keys or signing_keys(run, wish.given)
    serial = _next_serial(run, wish, keys)
    signed = _sign(run, wish, keys, serial, audience)
    serials(run).remember([signed], run.now())
    return signed


def _next_serial(run: Run, wish: Wish, keys: AccountKeys) -> int:
    """A number that no statement of this account has had here; given out before anything is signed with it."""
    last = serials(run).last(keys.session_id)
    serial = wish.serial if wish.serial is not None else last + 1
    if serial <= last:
        raise WrongWords(
            f"Serial number {last} was used already, and a statement counts only if its number is higher.",
            f"Leave --serial out, or name a number above {last}.",
        )
    serials(run).use(keys.session_id, serial)
    return serial


def _sign(run: Run, wish: Wish, keys: AccountKeys, serial: int, audience: str | None) -> SignedStatement:
    from ..cards.statement import sign

    return sign(wish.content(keys.session_id, serial, run.now(), audience), keys)


def _sheet(run: Run, cards: Sequence[Card], wish: Wish) -> Sheet:
    from ..cards.sheet import PAPERS, sheet

    if wish.paper not in PAPERS:
        raise WrongWords(f"There is no paper {wish.paper!r}.", f"Choose among {', '.join(PAPERS)}.")
    return sheet(cards, PAPERS[wish.paper], lettering(run), run.now())


# -- one for each contact ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the cards for all contacts."""

    cards: list[tuple[Contact, str]]
    serial: int
    new: int
    session_id: str


def make_all(run: Run, wish: Wish, people: Sequence[Contact], folder: Path) -> Made:
    """One addressed card for each of these people, in folders of their names. Those that are there already stay.

    A run that was stopped goes on with the number that it had: the statements are for different people.
    """
    from ..cards import folder as place
    from ..cards.card import Card, shown_name
    from ..cards.page import verify_page

    keys = signing_keys(run, wish.given)
    named = _folder_names(people)
    there = {person.id: place.statement_in(folder / name) for person, name in named}
    last = serials(run).last(keys.session_id)
    goes_on = wish.serial is None and any(
        signed is not None and signed.statement.serial == last and wish.is_said_by(signed, id)
        for id, signed in there.items()
    )
    serial = last if goes_on else _next_serial(run, wish, keys)
    _announce_all(run, wish, len(named), serial, keys.session_id, folder)
    cards, new = [], 0
    with run.ui.progress() as progress:
        progress.stage("Making cards", len(named), "cards")
        for person, name in named:
            signed = there[person.id]
            if signed is None or signed.statement.serial != serial or not wish.is_said_by(signed, person.id):
                signed = _sign(run, wish, keys, serial, person.id)
            card = Card(entries=wish.entries, name=wish.name, signed=signed, recipient=shown_name(person.display))
            about = place.record(card)
            if not place.is_there(folder / name, about):
                place.put(folder / name, place.files(card), about)
                new += 1
            cards.append(card)
            progress.advance(1)
        progress.stage("Drawing the sheets to print", None, "")
        printed = _sheet(run, cards, wish)
    serials(run).remember([card.signed for card in cards if card.signed], run.now())
    listed = [{"id": person.id, "name": person.display, "folder": name} for person, name in named]
    index = {"format": place.FORMAT, "session_id": keys.session_id, "serial": serial, "cards": listed}
    place.put(folder, {CARDS_SHEET: printed.pdf, VERIFIER: verify_page().encode()}, index, CARDS_INDEX)
    report_sheet(run, printed, folder / CARDS_SHEET, wish.paper)
    return Made(named, serial, new, keys.session_id)


def _folder_names(people: Sequence[Contact]) -> list[tuple[Contact, str]]:
    """A folder for each, by a clean name and the end of the Session ID; by all of it where that is not enough."""
    from ..archive.names import clean_name

    taken: set[str] = set()
    named = []
    for person in people:
        name = f"{clean_name(person.display, 40)}--{person.id[-8:]}"
        if name.casefold() in taken:
            name = f"{clean_name(person.display, 40)}--{person.id}"
        taken.add(name.casefold())
        named.append((person, name))
    return named


# -- saying what is made -----------------------------------------------------------------------------


def announce(run: Run, card: Card, folder: Path, *, kept: bool) -> None:
    """What is about to be written, before it is."""
    from ..model import short_id

    ui = run.ui
    audience = card.statement.audience if card.statement else None
    whose = f"for {plain(card.recipient or short_id(audience))}" if audience else "for everybody"
    if card.withdraws:
        ui.report(f"A withdrawal {whose} of {short_id(card.session_id or '')}: it takes back all earlier statements.")
    else:
        ui.report(f"A card {whose}:")
        _addresses(run, card.entries)
    if card.signed is None:
        ui.warn("Nobody can check this card: it is not signed.")
    else:
        again = "Signed already" if kept else "Signed now"
        ui.report(f"{again} by {card.session_id}.")
        ui.report(card.validity)
    ui.report(f"It goes into {plain(str(folder))}. Nothing leaves this machine.", wrap=False)


def _announce_all(run: Run, wish: Wish, people: int, serial: int, session_id: str, folder: Path) -> None:
    ui = run.ui
    ui.report(f"{count(people, 'card')}, each addressed to one contact and good for nobody else:")
    _addresses(run, wish.entries)
    ui.report(f"Signed by {session_id}. Serial number {serial}.")
    ui.report(f"They go into {plain(str(folder))}. Nothing leaves this machine.", wrap=False)


def _addresses(run: Run, entries: Sequence[Entry]) -> None:
    from ..cards import handles

    for number, entry in enumerate(entries, 1):
        title = handles.label(entry.handle) + (f" ({entry.label})" if entry.label else "")
        run.ui.report(f"{number:>3}  {plain(title)}: {plain(handles.describe(entry.handle))}")


def report_sheet(run: Run, printed: Sheet, path: Path, paper: str) -> None:
    """What could not be printed as it is; what came of it is said with the other files."""
    for text, instead in printed.replaced:
        shown = f"Printed cards say {instead} instead" if instead else "Printed cards leave it out"
        run.ui.warn(f"No font on this machine can draw all of {plain(text)}. {shown}.")
    cards, pages = count(printed.cards, "card"), count(printed.pages, "page")
    run.ui.note(f"{path.name} has {cards} to cut out on {pages} of {paper.upper()}.")
