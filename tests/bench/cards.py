"""Measures 500 personal cards, and what the bare `qrcode` library takes for one code of each: part of `make bench`."""

import time
from collections.abc import Callable, Iterator

import qrcode
from nacl.utils import random

from migrate.cards import book, handles
from migrate.cards.card import Card
from migrate.cards.face import card_page
from migrate.cards.folder import files
from migrate.cards.paper.lettering import Lettering
from migrate.cards.qr import code
from migrate.cards.sheet import A4, sheet
from migrate.cards.statement import SignedStatement, Statement, sign
from migrate.session.keys import AccountKeys
from tests.bench.measure import Row

MANY = 500
NOW = 1_795_356_000_000
ADDRESSES = (
    "https://smp10.simplex.im/a#MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
    "xmpp:alice@example.org",
    "matrix:u/alice:example.org",
)
TABLE = "| {:<57} | {:>6} | {:>6} | {:>8} | {:>6} |"


def measured() -> Iterator[Row]:
    """The rows of the table, printed as they come. Seconds are those of the processor."""
    print()
    print(TABLE.format("", "cards", "user s", "per s", "x bare"))
    print(TABLE.format("---", *["---:"] * 4))
    entries = tuple(book.entry_of(handles.parse(address)) for address in ADDRESSES)
    keys = AccountKeys(random(32))
    cards = [_card(entries, keys, number) for number in range(MANY)]
    texts = [card.signed.compact() for card in cards if card.signed]
    floor = None
    for name, work in (
        ("bare qrcode: the statement's code, no picture", lambda: [_bare(text) for text in texts]),
        ("decamp: the same codes", lambda: [code(text) for text in texts]),
        ("decamp: signed, each code as PNG and SVG, and the page", lambda: _made(entries, keys)),
        ("decamp: every file of a card but the sheet", lambda: [files(card) for card in cards]),
        ("decamp: the sheets to print, all in one PDF", lambda: sheet(cards, A4, Lettering([]), NOW)),
    ):
        line = _timed(name, work)
        floor = floor or line
        line["times_bare"] = round(float(line["user"] or 0) / float(floor["user"] or 1), 2)
        print(
            TABLE.format(name, MANY, *(f"{line[key]:.1f}" for key in ("user", "per_second", "times_bare"))), flush=True
        )
        yield line


def _timed(name: str, work: Callable[[], object]) -> Row:
    code.cache_clear()
    start = time.process_time()
    work()
    user = time.process_time() - start
    return {"name": name, "cards": MANY, "user": round(user, 2), "per_second": round(MANY / user, 1), "note": ""}


def _bare(text: str) -> qrcode.QRCode:
    symbol = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M)
    symbol.add_data(text)
    symbol.make()
    return symbol


def _made(entries: tuple[book.Entry, ...], keys: AccountKeys) -> None:
    for number in range(MANY):
        card = _card(entries, keys, number)
        drawn = [place.code for place in card.places]
        if isinstance(card.signed, SignedStatement):
            drawn.append(code(card.signed.compact()))
        for one in drawn:
            one.png()
            one.svg()
        card_page(card)


def _card(entries: tuple[book.Entry, ...], keys: AccountKeys, number: int) -> Card:
    statement = Statement(
        session_id=keys.session_id,
        issued=NOW,
        serial=1,
        audience=f"05{number:064x}",
        handles=tuple(entry.handle for entry in entries),
    )
    return Card(entries=entries, name="Alice", signed=sign(statement, keys), recipient=f"Friend {number}")
