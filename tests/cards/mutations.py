"""Good statements made bad in every way that somebody or something might, always the same ones for the same seed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from random import Random

from migrate.cards import compact
from migrate.cards.canonical import BEGIN, END
from migrate.cards.signature import read_signature, written_signature
from migrate.cards.statement import read

from . import second_opinion as numbers
from .make_vectors import statements
from .signing import ALICE, BOB, CAROL, PLAIN, finished

Mutate = Callable[[Random, str], str]
SMALL = [numbers.times(factor, numbers.EIGHTH) for factor in range(8)]
# The eight points of small order, each as it should be written and, where that is possible, as it should not.
TORSION = [numbers.encoded(point) for point in SMALL]
TORSION += [(y + sign).to_bytes(32, "little") for y in (numbers.P, numbers.P + 1) for sign in (0, 2**255)]
TORSION += [(1 + 2**255).to_bytes(32, "little"), (numbers.P - 1 + 2**255).to_bytes(32, "little")]
LOOKALIKES = str.maketrans("aceopxyiAEOPSH05", "асеорхуіАЕОРЅН０５")
INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\ufeff\u202e\u2069\u034f\ufe0f\U000e0061\u3164"
NEW_LINES = ["Note: Also this.", "Moved to: xmpp:mallory@example.org", "Photo: 1", f"For: {CAROL.session_id}",
             "Serial: 9", "Withdrawn: all earlier statements", "", " ", BEGIN, END,
             f"Key: {BOB.ed25519_public.hex()}"]  # fmt: skip
# The same meaning to a careless reader: what a line says, written in another way.
RESPELLED = [
    ("Serial: ", "Serial: 0"), ("Serial: ", "Serial: +"), ("Serial: ", "Serial:  "), ("Serial: ", "Serial:"),
    (" UTC", "Z"), (":00 UTC", ":00.000 UTC"), (":00 UTC", ":00 +0000"), (":00 UTC", " UTC"), ("-11-22 ", "-11-22T"),
    ("2026-", "02026-"), (": 05", ": 0X05"), ("Session ID: ", "Session ID : "), ("Key: ", "Key: 0x"),
    ("Issued: ", "issued: "), ("\n", "\n\n"), ("\n", " \n"), ("\n", "\t\n"), (": ", ":\t"), (": ", ":\u00a0"),
    ("-----", "----- "), ("further notice", "further  notice"),
]  # fmt: skip


def mutations(count: int, seed: int = 2026) -> Iterator[tuple[str, str, str]]:
    """`count` times the kind of mutation, the statement as it was, and as it is: something that is covered differs."""
    rng = Random(seed)
    originals = [text for _, text in statements() if len(text) < 3000]
    kinds = list(KINDS)
    made = 0
    while made < count:
        kind = kinds[made % len(kinds)]
        original = rng.choice(originals)
        mutated = KINDS[kind](rng, original)
        if not same_under_transport(original, mutated):
            made += 1
            yield kind, original, mutated


def same_under_transport(original: str, mutated: str) -> bool:
    """True if the statement is still in there, whole: what changed is around it, or how its lines end."""
    if mutated.startswith(compact.MARK):
        return numbers.canonical(mutated) == original
    return original.rstrip("\n") in mutated.replace("\r\n", "\n").replace("\r", "\n")


def _flip_a_bit(rng: Random, text: str) -> str:
    data = bytearray(text.encode())
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return data.decode("utf-8", "replace")


def _change_a_character(rng: Random, text: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + chr(rng.randrange(32, 127)) + text[place + 1 :]


def _drop_a_character(rng: Random, text: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + text[place + 1 :]


def _add_a_character(rng: Random, text: str) -> str:
    place = rng.randrange(len(text))
    return text[:place] + chr(rng.randrange(32, 127)) + text[place:]


def _blanks(rng: Random, text: str) -> str:
    place = rng.choice([place for place, letter in enumerate(text) if letter in " \n"])
    return (
        text[:place]
        + rng.choice(["", "  ", " \n", "\n ", "\t", "\u00a0", "\n\n", "\u2028", "\x0b"])
        + text[place + 1 :]
    )


def _case(rng: Random, text: str) -> str:
    place = rng.choice([place for place, letter in enumerate(text) if letter.swapcase() != letter])
    return text[:place] + text[place].swapcase() + text[place + 1 :]


def _swap_lines(rng: Random, text: str) -> str:
    lines = text.split("\n")[:-1]
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines) + "\n"


def _double_a_line(rng: Random, text: str) -> str:
    lines = text.split("\n")[:-1]
    line = rng.choice(lines[1:-1])
    lines.insert(rng.randrange(1, len(lines)), line)
    return "\n".join(lines) + "\n"


def _drop_a_line(rng: Random, text: str) -> str:
    lines = text.split("\n")[:-1]
    del lines[rng.randrange(len(lines))]
    return "\n".join(lines) + "\n"


def _add_a_line(rng: Random, text: str) -> str:
    lines = text.split("\n")[:-1]
    lines.insert(rng.randrange(1, len(lines)), rng.choice(NEW_LINES))
    return "\n".join(lines) + "\n"


def _truncate(rng: Random, text: str) -> str:
    return text[: rng.randrange(len(text))]


def _another_key(rng: Random, text: str) -> str:
    owner = rng.choice([BOB, CAROL])
    changed = _with_value(text, "Key", owner.ed25519_public.hex())
    return _with_value(changed, "Session ID", owner.session_id) if rng.random() < 0.5 else changed


def _another_signature(rng: Random, text: str) -> str:
    covered = text.partition("Signature: ")[0]
    other = rng.choice([finished(PLAIN), finished(PLAIN, domain=b""), finished([*PLAIN, f"Note: {rng.random()}"])])
    signed = rng.choice(
        [
            read(other)[0].signature,
            rng.choice([BOB, CAROL]).sign(b"decamp move statement 1\0" + covered.encode()),
            rng.choice([ALICE, BOB]).sign(covered.encode()),
            rng.randbytes(32) + bytes(32),
            bytes(64),
        ]
    )
    return _with_value(text, "Signature", written_signature(signed))


def _high_s(rng: Random, text: str) -> str:
    signed = _signature(text)
    s = int.from_bytes(signed[32:], "little") + rng.randrange(1, 15) * numbers.L
    return _with_value(text, "Signature", written_signature(signed[:32] + (s % 2**256).to_bytes(32, "little")))


def _point_of_small_order(rng: Random, text: str) -> str:
    point = rng.choice(TORSION)
    signed = _signature(text)
    first, s = rng.choice([(point, signed[32:]), (point, bytes(32)), (signed[:32], bytes(32))])
    if first != point or rng.random() < 0.5:
        text = _with_value(text, "Key", point.hex())
        y = int.from_bytes(point, "little") % 2**255
        text = _with_value(text, "Session ID", f"05{numbers.montgomery(y).hex()}")
    return _with_value(text, "Signature", written_signature(first + s))


def _point_with_small_part(rng: Random, text: str) -> str:
    torsion = rng.choice(SMALL[1:])
    if rng.random() < 0.5:
        signed = _signature(text)
        moved = numbers.plus(numbers.decoded(signed[:32]) or numbers.NOTHING, torsion)
        return _with_value(text, "Signature", written_signature(numbers.encoded(moved) + signed[32:]))
    key = next(line for line in text.split("\n") if line.startswith("Key: ")).removeprefix("Key: ")
    moved = numbers.plus(numbers.decoded(bytes.fromhex(key)) or numbers.NOTHING, torsion)
    text = _with_value(text, "Session ID", f"05{numbers.montgomery(moved[1]).hex()}")
    return _with_value(text, "Key", numbers.encoded(moved).hex())


def _other_encoding(rng: Random, text: str) -> str:
    written = written_signature(_signature(text))
    key = next(line for line in text.split("\n") if line.startswith("Key: ")).removeprefix("Key: ")
    return rng.choice(
        [
            text.replace(written, f"{written}=="),
            text.replace(written, f"{written}="),
            text.replace(written, written[:-1] + chr(ord(written[-1]) + rng.randrange(1, 4))),
            text.replace(written, written.replace("-", "+").replace("_", "/")),
            text.replace(written, f"{written[:40]}\n{written[40:]}"),
            text.replace(written, _signature(text).hex()),
            text.replace(key, key.upper()),
            text.replace(key, f"00{key}"),
            _with_value(text, "Key", written_signature(bytes.fromhex(key))),
        ]
    )


def _respell(rng: Random, text: str) -> str:
    old, new = rng.choice(RESPELLED)
    if old == "\n":
        return text.replace("\n", new)
    return text.replace(old, new, 1)


def _unicode(rng: Random, text: str) -> str:
    place = rng.randrange(len(text))
    return rng.choice(
        [
            text[:place] + text[place:].translate(LOOKALIKES),
            text[:place] + rng.choice(INVISIBLE) + text[place:],
            unicodedata.normalize("NFD", text),
            text[:place] + text[place] + "\u0301" + text[place + 1 :],
            text[:place] + unicodedata.normalize("NFKC", text[place:]).replace("a", "ａ"),
        ]
    )


def _count_up(rng: Random, text: str) -> str:
    place = rng.choice([place for place, letter in enumerate(text) if letter.isascii() and letter.isdigit()])
    return text[:place] + str((int(text[place]) + rng.randrange(1, 10)) % 10) + text[place + 1 :]


def _compact_bits(rng: Random, text: str) -> str:
    packed = bytearray(compact.from_base45(read(text)[0].compact().removeprefix(compact.MARK)))
    packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
    return compact.MARK + compact.base45(bytes(packed))


def _compact_letters(rng: Random, text: str) -> str:
    packed = read(text)[0].compact()
    place = rng.randrange(len(compact.MARK), len(packed))
    letter = rng.choice("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:a_ß")
    return rng.choice(
        [packed[:place] + letter + packed[place + 1 :], packed[:place], packed[:place] + letter + packed[place:]]
    )


def _with_value(text: str, key: str, value: str) -> str:
    return "\n".join(f"{key}: {value}" if line.startswith(f"{key}: ") else line for line in text.split("\n"))


def _signature(text: str) -> bytes:
    return read_signature(text.partition("\nSignature: ")[2].split("\n")[0])


KINDS: dict[str, Mutate] = {
    "a bit flipped": _flip_a_bit,
    "a character changed": _change_a_character,
    "a character lost": _drop_a_character,
    "a character added": _add_a_character,
    "blanks changed": _blanks,
    "capitals changed": _case,
    "two lines swapped": _swap_lines,
    "a line doubled": _double_a_line,
    "a line lost": _drop_a_line,
    "a line added": _add_a_line,
    "cut off": _truncate,
    "a number changed": _count_up,
    "another key": _another_key,
    "another signature": _another_signature,
    "S too high": _high_s,
    "a point of small order": _point_of_small_order,
    "a point with a small part": _point_with_small_part,
    "another encoding": _other_encoding,
    "another spelling": _respell,
    "characters that look alike or like nothing": _unicode,
    "compact: a bit flipped": _compact_bits,
    "compact: letters changed": _compact_letters,
}
