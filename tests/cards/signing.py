"""Statements of any kind, signed by keys that everybody knows: good ones, and those no signer would ever make."""

from __future__ import annotations

from hashlib import sha512

from migrate.cards.canonical import BEGIN, END
from migrate.cards.signature import DOMAIN, read_signature, written_signature
from migrate.session.keys import AccountKeys

from . import second_opinion as numbers

SEEDS = {
    "alice": "00112233445566778899aabbccddeeff",
    "bob": "0123456789abcdef0123456789abcdef",
    "carol": "ffffffffffffffffffffffffffffffff",
}
KEYS = {name: AccountKeys(bytes.fromhex(seed) + bytes(16)) for name, seed in SEEDS.items()}
ALICE, BOB, CAROL = KEYS.values()
DAY = 24 * 60 * 60 * 1000
ISSUED = 1_795_356_000_000  # 2026-11-22 14:00:00 UTC
UNTIL = 1_858_464_000_000  # 2028-11-22 00:00:00 UTC
NOW = ISSUED + 9 * DAY

SIMPLEX = "https://smp10.simplex.im/a#MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
XMPP = "xmpp:alice@example.org"
MATRIX = "https://matrix.to/#/@alice:example.org"
PLAIN = [f"Session ID: {ALICE.session_id}", "Issued: 2026-11-22 14:00:00 UTC", "Valid until: 2028-11-22 00:00:00 UTC",
         "Serial: 3", f"Moved to: {SIMPLEX}", f"Moved to: {XMPP}", "Note: See you there."]  # fmt: skip


def finished(lines: list[str], keys: AccountKeys = ALICE, *, domain: bytes = DOMAIN) -> str:
    """Any lines at all, signed: the reader alone is to judge what they say."""
    covered = "".join(f"{line}\n" for line in [BEGIN, *lines, f"Key: {keys.ed25519_public.hex()}"])
    return with_signature(covered, keys.sign(domain + covered.encode("utf-8", "surrogatepass")))


def with_signature(covered: str, signed: bytes) -> str:
    return f"{covered}Signature: {written_signature(signed)}\n{END}\n"


def changed(old: str, new: str, lines: list[str] = PLAIN) -> list[str]:
    """The lines of a good statement with one of them changed, taken out (new is empty) or made several."""
    place = next(place for place, line in enumerate(lines) if line.startswith(old))
    return [*lines[:place], *new.split("\n"), *lines[place + 1 :]] if new else [*lines[:place], *lines[place + 1 :]]


# -- signatures made by hand -----------------------------------------------------------------------------


def secret_scalar(name: str) -> int:
    """The number behind the key of an account."""
    half = int.from_bytes(sha512(bytes.fromhex(SEEDS[name]) + bytes(16)).digest()[:32], "little")
    return half % 2**254 // 8 * 8 + 2**254


def hand_signed(lines: list[str], key: bytes, scalar: int, nonce: int, torsion: numbers.Point = numbers.NOTHING) -> str:
    """A signature from its parts: R is the nonce's point plus something, S is what it has to be."""
    covered = "".join(f"{line}\n" for line in [BEGIN, *lines, f"Key: {key.hex()}"])
    r = numbers.encoded(numbers.plus(numbers.times(nonce, numbers.BASE), torsion))
    h = numbers.challenge(r, key, DOMAIN + covered.encode())
    return with_signature(covered, r + ((nonce + h * scalar) % numbers.L).to_bytes(32, "little"))


def with_s(text: str, change: int) -> str:
    """The same signature with something added to S."""
    covered, _, rest = text.partition("Signature: ")
    signed = read_signature(rest.split("\n")[0])
    s = int.from_bytes(signed[32:], "little") + change
    return with_signature(covered, signed[:32] + s.to_bytes(32, "little"))


def lucky(point: numbers.Point, scalar: int) -> str:
    """A signature by a key with a part of small order, on a text whose hash makes that part go away."""
    key = numbers.encoded(point)
    lines = changed("Session", f"Session ID: 05{numbers.montgomery(point[1]).hex()}")
    for attempt in range(1000):
        text = hand_signed([*lines, f"Note: {attempt}"], key, scalar, 99)
        covered, _, rest = text.partition("Signature: ")
        r = read_signature(rest.split("\n")[0])[:32]
        if numbers.challenge(r, key, DOMAIN + covered.encode()) % 8 == 0:
            return text
    raise AssertionError("a thousand texts without luck")
