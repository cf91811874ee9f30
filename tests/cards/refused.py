"""Statements that must be refused, each for one reason: docs/vectors/invalid.json.

What is wrong with one is wrong before it is signed, as far as that makes sense: nothing but its rule refuses it.
"""

from __future__ import annotations

from collections.abc import Iterator

from migrate.cards.canonical import END, MOST_BYTES
from migrate.cards.signature import DOMAIN

from . import second_opinion as numbers
from .signing import (
    ALICE,
    BOB,
    CAROL,
    PLAIN,
    XMPP,
    changed,
    finished,
    hand_signed,
    lucky,
    secret_scalar,
    with_s,
    with_signature,
)

LINES = [
    ("a blank line", changed("Serial", "Serial: 3\n\n")),
    ("a blank at the start of a line", changed("Note", "Note: x\n Photo: y")),
    ("a blank at the end of a line", changed("Note", "Note: See you there. ")),
    ("two blanks in a row", changed("Note", "Note: See  you there.")),
    ("a tab", changed("Note", "Note: See\tyou there.")),
    ("two blanks after the colon", changed("Note", "Note:  See you there.")),
    ("no blank after the colon", changed("Serial", "Serial:3")),
    ("a key without a value", changed("Note", "Note: ")),
    ("a line that is no pair", changed("Note", "See you there.")),
    ("a line that goes on", changed("Note", "Note: See\n you there.")),
    ("a key in capitals", changed("Serial", "SERIAL: 3")),
    ("a key in another spelling", changed("Valid", "Valid-until: further notice")),
    ("lines in another order", [*PLAIN[:2], PLAIN[3], PLAIN[2], *PLAIN[4:]]),
    ("a note before the handles", [*PLAIN[:4], PLAIN[-1], *PLAIN[4:-1]]),
    ("two serial numbers", changed("Serial", "Serial: 3\nSerial: 3")),
    ("two receivers", changed("Serial", f"Serial: 3\nFor: {BOB.session_id}\nFor: {CAROL.session_id}")),
    ("no Session ID", changed("Session", "")),
    ("no time of issue", changed("Issued", "")),
    ("no time of expiry", changed("Valid", "")),
    ("no serial number", changed("Serial", "")),
    ("neither handles nor withdrawal", [*PLAIN[:4], PLAIN[-1]]),
    ("handles and withdrawal", [*PLAIN[:-1], "Withdrawn: all earlier statements"]),
    ("withdrawal and handles", [*PLAIN[:4], "Withdrawn: all earlier statements", *PLAIN[4:]]),
    ("withdrawal of something else", [*PLAIN[:4], "Withdrawn: statement 2"]),
    ("an unknown line before a known one", changed("Note", "Photo: y\nNote: See you there.")),
    ("an unknown line that looks like a known one", [*PLAIN, "moved-to: xmpp:mallory@example.org"]),
    ("an unknown line that looks like the key", [*PLAIN, "KEY: 00"]),
    ("an unknown key in another script", [*PLAIN, "Мoved to: xmpp:mallory@example.org"]),
    ("an unknown key that mailboxes change", [*PLAIN, "From here: x"]),
    ("an unknown key with a colon", [*PLAIN, "A:b: c"]),
    ("an unknown key that starts with a digit", [*PLAIN, "2nd: x"]),
    ("two keys", [*PLAIN, f"Key: {ALICE.ed25519_public.hex()}"]),
    ("the Session ID in capitals", changed("Session", f"Session ID: {ALICE.session_id.upper()}")),
    ("a blinded ID", changed("Session", f"Session ID: 15{ALICE.session_id[2:]}")),
    ("a Session ID that is too short", changed("Session", f"Session ID: {ALICE.session_id[:-2]}")),
    ("another Session ID than the key's", changed("Session", f"Session ID: {BOB.session_id}")),
    ("addressed to oneself", changed("Serial", f"Serial: 3\nFor: {ALICE.session_id}")),
    ("addressed to a name", changed("Serial", "Serial: 3\nFor: Bob")),
    ("serial number zero", changed("Serial", "Serial: 0")),
    ("a serial number with a leading zero", changed("Serial", "Serial: 03")),
    ("a serial number with a sign", changed("Serial", "Serial: +3")),
    ("a serial number in other digits", changed("Serial", "Serial: ٣")),
    ("a serial number that is too high", changed("Serial", "Serial: 9007199254740992")),
    ("a day that is in no calendar", changed("Issued", "Issued: 2026-02-30 14:00:00 UTC")),
    ("a leap day in a common year", changed("Issued", "Issued: 2027-02-29 14:00:00 UTC")),
    ("the hour 24", changed("Issued", "Issued: 2026-11-22 24:00:00 UTC")),
    ("a leap second", changed("Valid", "Valid until: 2028-12-31 23:59:60 UTC")),
    ("a year before Session", changed("Issued", "Issued: 2019-12-31 23:59:59 UTC")),
    ("a time in small letters", changed("Issued", "Issued: 2026-11-22 14:00:00 utc")),
    ("a time in another notation", changed("Issued", "Issued: 2026-11-22T14:00:00Z")),
    ("a time without seconds", changed("Issued", "Issued: 2026-11-22 14:00 UTC")),
    ("valid until it is issued", changed("Valid", "Valid until: 2026-11-22 14:00:00 UTC")),
    ("valid until further notice, in capitals", changed("Valid", "Valid until: Further Notice")),
    ("not in normal form C", changed("Note", "Note: Zu\u0308rich")),
    ("a character that turns the direction of reading", changed("Note", "Note: \u202egro.elpmaxe@ecila")),
    ("an isolating character", changed("Note", "Note: \u2066x\u2069")),
    ("an Arabic letter mark", changed("Note", "Note: x\u061cy")),
    ("a blank without width", changed("Moved to: xmpp", "Moved to: xmpp:al\u200bice@example.org")),
    ("a blank that does not break", changed("Note", "Note: See\u00a0you.")),
    ("a soft hyphen", changed("Note", "Note: to\u00adgether")),
    ("a line separator", changed("Note", "Note: x\u2028Moved to: xmpp:mallory@example.org")),
    ("a next-line control", changed("Note", "Note: x\u0085y")),
    ("a null character", changed("Note", "Note: x\u0000y")),
    ("an escape sequence", changed("Note", "Note: \u001b[2Jx")),
    ("a byte order mark inside", changed("Note", "Note: \ufeffx")),
    ("a filler letter", changed("Note", "Note: \u3164x")),
    ("a private character", changed("Note", "Note: \ue000")),
    ("hidden tag characters", changed("Note", "Note: x\U000e0041\U000e0042")),
    ("a replacement character", changed("Note", "Note: caf\ufffd")),
    ("a non-character", changed("Note", "Note: x\U0001fffe")),
    ("a line too many", [*PLAIN, *(f"Note: {number}" for number in range(65 - 4 - len(PLAIN)))]),
]  # fmt: skip


def refused() -> Iterator[tuple[str, str]]:
    """Name and text of each."""
    good = finished(PLAIN)
    for name, lines in LINES:
        yield name, finished(lines)
    too_long = MOST_BYTES - len(finished([*PLAIN[:-1], "Note: "]).encode()) + 1
    yield "a byte too many", finished([*PLAIN[:-1], "Note: " + "x" * too_long])
    yield "no end", good.removesuffix(f"{END}\n")
    yield "an end in small letters", good.replace(END, END.lower())
    yield "an unknown line after the key", good.replace("Signature:", "Photo: y\nSignature:")
    yield "a line after the signature", good.replace(END, f"Photo: y\n{END}")
    key = ALICE.ed25519_public.hex()
    yield "a key in capital digits", good.replace(key, key.upper())
    yield "a key that is too short", good.replace(key, key[:-2])
    covered, _, rest = good.partition("Signature: ")
    written = rest.split("\n")[0]
    yield "no signature", f"{covered}{END}\n"
    yield "a signature with padding", good.replace(written, f"{written}==")
    yield "a signature in the other base64", good.replace(written, written.replace("-", "+").replace("_", "/"))
    yield "a signature with bits where none belong", good.replace(written, written[:-1] + chr(ord(written[-1]) + 1))
    yield "a word changed after signing", good.replace("See you", "Saw you")
    yield "a handle changed after signing", good.replace(XMPP, "xmpp:mallory@example.org")
    yield "signed by another key", with_signature(covered, BOB.sign(DOMAIN + covered.encode()))
    yield "signed without saying for what", finished(PLAIN, domain=b"")
    yield "signed for another version", finished(PLAIN, domain=b"decamp move statement 2\0")
    yield from signatures_nobody_should_accept()


def signatures_nobody_should_accept() -> Iterator[tuple[str, str]]:
    """Each is good by a looser rule that some program somewhere has."""
    scalar, key = secret_scalar("alice"), ALICE.ed25519_public
    yield "S is higher than the order of the group", with_s(finished(PLAIN), numbers.L)
    yield "S is much higher than the order of the group", with_s(finished(PLAIN), 7 * numbers.L)
    yield "the first half of the signature is the neutral point", hand_signed(PLAIN, key, scalar, 0)
    yield "the first half of the signature is of small order", hand_signed(PLAIN, key, scalar, 0, numbers.EIGHTH)
    yield (
        "the first half of the signature is partly of small order",
        hand_signed(PLAIN, key, scalar, 77, numbers.EIGHTH),
    )
    neutral = numbers.encoded(numbers.NOTHING)
    nobody = changed("Session", "Session ID: 05" + "00" * 32)
    yield "the key is the neutral point, which fits every text", hand_signed(nobody, neutral, 0, 99)
    yield (
        "the key is the neutral point, written in another way",
        hand_signed(nobody, (numbers.P + 1).to_bytes(32, "little"), 0, 99),
    )
    yield "the key is of small order", lucky(numbers.EIGHTH, 0)
    mixed = numbers.plus(numbers.times(scalar, numbers.BASE), numbers.EIGHTH)
    yield "the key is partly of small order", lucky(mixed, scalar)
    yield "the key is no point", hand_signed(nobody, (2).to_bytes(32, "little"), 0, 99)
