"""Cards to hand out in tests: with every network on them, for everybody or for one, and from people who mean harm."""

from __future__ import annotations

import io
from collections.abc import Sequence

import zxingcpp
from PIL import Image

from migrate.cards import book, handles
from migrate.cards.book import Entry
from migrate.cards.card import Card
from migrate.cards.statement import Statement, sign
from migrate.model import Network

from .signing import ALICE, ISSUED, SIMPLEX, UNTIL

FULL_SIMPLEX = (
    "https://simplex.chat/contact#/?v=2-7&smp=smp%3A%2F%2FPQUV2eL0t7OStZOoAsPEV2QYWt4-xilbakvGUGOItUo%3D%40smp6."
    "simplex.im%2FK1rslx-m5bpXVIdMZg9NLUZ_8JBm8xTt%23%2F%3Fv%3D1-4%26dh%3DMCowBQYDK2VuAyEALDeVe-sG8mRY22LsXlPgiwTNs9d"
    "bbhQZ9HSSs0sBHFM%253D%26q%3Dm%26k%3Ds%26srv%3Dbylepyau3ty4czmn77q4fglvperknl4bi2eb2fdy2bh4jxtf32kf73yd.onion"
)
OMEMO = "xmpp:alice@example.org?omemo-sid-1405575068=5b1b5f55e5345a675b9e6ac389d52da3416966be967823c517e9b0744e066256"
DELTACHAT = (
    "https://i.delta.chat/#79252762C34C5096AF57958F4FC3D21A81B0F0A7&v=3&i=TbnwJ6lSvD5&s=0ejvbdFSQxB"
    "&a=alice%40example.org&n=Alice+Example"
)
COMMUNITY = "https://chat.example.org/room-1?public_key=" + "658d29b91892a2389505596b135e76a5" * 2
SESSION = "05" + "ab" * 32
EVERY_NETWORK = (
    SIMPLEX, OMEMO, "matrix:u/alice:example.org", DELTACHAT, "mailto:alice@example.org", "https://example.org/~alice",
    SESSION, COMMUNITY, FULL_SIMPLEX,
)  # fmt: skip
# Names and notes as an enemy would choose them: markup, placeholders of ours, line types of gemtext, line breaks.
HOSTILE = (
    "<script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 2">',
    "</title></style></pre></textarea><svg onload=window.hacked=3>",
    "{script}{style}{policy}{card}{title}",
    "=> https://evil.example/ Click me",
    "```",
    "# Heading",
    "END:VCARD\r\nBEGIN:VCARD\r\nFN:Mallory",
    "\u202egro.live//:sptth",
)


def entry(address: str, label: str | None = None, note: str | None = None) -> Entry:
    """An entry even of what nobody could add: tests want labels that hold anything."""
    return Entry(handle=handles.parse(address, "one"), label=label, note=note)


def card(
    addresses: Sequence[str] = EVERY_NETWORK,
    *,
    name: str | None = "Alice Example",
    notes: Sequence[str] = (),
    audience: str | None = None,
    recipient: str | None = None,
    labels: Sequence[str] = (),
    serial: int = 3,
    until: int | None = UNTIL,
) -> Card:
    """A signed card of Alice."""
    entries = [book.entry_of(handles.parse(address, "one")) for address in addresses]
    if labels:
        entries = [entry(str(e.handle), label, label) for e, label in zip(entries, labels, strict=False)]
    statement = Statement(
        session_id=ALICE.session_id,
        issued=ISSUED,
        valid_until=until,
        serial=serial,
        audience=audience,
        handles=tuple(e.handle for e in entries),
        notes=tuple(notes),
    )
    return Card(entries=tuple(entries), name=name, signed=sign(statement, ALICE), recipient=recipient)


def networks() -> set[Network]:
    return {handles.parse(address).network for address in EVERY_NETWORK}


def decoded(picture: Image.Image) -> list[bytes]:
    """The exact bytes of every QR code in a picture, by a decoder that is not ours."""
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    return [bytes(code.bytes) for code in found]


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))
