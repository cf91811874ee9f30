"""Writes docs/vectors: `python -m tests.cards.make_vectors`. The keys are published, so that anybody can sign along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from migrate.cards import compact, transport, verdict
from migrate.cards.canonical import BEGIN, MOST_BYTES, written_time
from migrate.cards.statement import BadStatement, SignedStatement, find, read

from . import second_opinion as numbers
from .refused import refused
from .signing import (
    ALICE,
    BOB,
    CAROL,
    DAY,
    ISSUED,
    KEYS,
    NOW,
    PLAIN,
    SEEDS,
    UNTIL,
    XMPP,
    changed,
    finished,
    hand_signed,
    secret_scalar,
)

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "vectors"
Value = None | bool | int | str | list["Value"] | dict[str, "Value"]


def statements() -> Iterator[tuple[str, str]]:
    """Good statements, each for one part of the format."""
    yield "plain", finished(PLAIN)
    yield "until further notice", finished(changed("Valid", "Valid until: further notice"))
    yield "without a note", finished(changed("Note", ""))
    yield "revocation", finished([*PLAIN[:3], "Serial: 4", "Withdrawn: all earlier statements"])
    yield "revocation with a note", finished([*PLAIN[:3], "Serial: 4", "Withdrawn: all earlier statements", PLAIN[-1]])
    yield "addressed", finished(changed("Serial", f"Serial: 3\nFor: {BOB.session_id}"))
    yield "addressed revocation", finished([*PLAIN[:4], f"For: {BOB.session_id}", "Withdrawn: all earlier statements"])
    yield "unknown lines", finished([*PLAIN, "Photo: sha256 1f0c", "X-2: a: b", "Photo: sha256 77aa", "z: ok"])
    yield "a network from the future", finished(changed(f"Moved to: {XMPP}", "Moved to: warp:alice~9"))
    yield (
        "an address as no network writes it",
        finished(changed(f"Moved to: {XMPP}", "Moved to: XMPP:Alice@Example.ORG")),
    )
    yield (
        "other scripts",
        finished(changed("Note", "Note: Zürich, Αθήνα, 東京, القاهرة 👩‍👩‍👧 ❤️ می‌خواهم\nNote: «до встречи»")),
    )
    yield (
        "hostile notes",
        finished(
            [
                *PLAIN[:-1],
                "Note: <img src=x onerror=alert(1)>&</script><script>alert(2)</script>",
                "Note: javascript:alert(3)",
                "Note: -----END MOVE STATEMENT-----",
                f"Note: Key: {BOB.ed25519_public.hex()}",
                "Note: =HYPERLINK(1) => * # ```",
            ]
        ),
    )
    yield "greatest serial", finished(changed("Serial", "Serial: 9007199254740991"))
    yield (
        "first and last second",
        finished([PLAIN[0], "Issued: 2020-01-01 00:00:00 UTC", "Valid until: 9999-12-31 23:59:59 UTC", *PLAIN[3:]]),
    )
    yield "leap day", finished(changed("Issued", "Issued: 2028-02-29 23:59:59 UTC"))
    yield (
        "as many lines as there may be",
        finished([*PLAIN, *(f"Note: {number}" for number in range(64 - 4 - len(PLAIN)))]),
    )
    full = "".join(f"{line}\n" for line in [*PLAIN[:-1], "Note: "])
    rest = MOST_BYTES - len(finished(full[:-1].split("\n")).encode())
    yield "as many bytes as there may be", finished([*PLAIN[:-1], "Note: " + "x" * rest])
    yield "another account", finished(changed("Session", f"Session ID: {CAROL.session_id}"), CAROL)
    yield "the other key of the same Session ID", other_key()


def other_key() -> str:
    """The Session ID forgets the sign of the key, so its holder has two. Nobody else can use either."""
    scalar = (numbers.L - secret_scalar("alice")) % numbers.L
    return hand_signed(PLAIN, numbers.encoded(numbers.times(scalar, numbers.BASE)), scalar, 12345)


def transports() -> Iterator[tuple[str, str, bool]]:
    """One statement in many wrappings, and whether it can still be read."""
    good = finished([*PLAIN, "Note: Dinner, tea; and more."])
    yield "as it is", good, True
    yield "without the last line end", good[:-1], True
    yield "Windows line ends", good.replace("\n", "\r\n"), True
    yield "old Mac line ends", good.replace("\n", "\r"), True
    yield "a byte order mark before it", f"\ufeff{good}", True
    yield "in a message", f"Hi Bob! Session: 05… ;-)\nI have moved:\n\n{good}\nSee you\n-- \nAlice", True
    yield "indented", "".join(f"    {line}\n" for line in good.splitlines()), True
    yield "quoted", "On Monday Alice wrote:\n" + "".join(f"> {line}\n" for line in good.splitlines()), True
    yield "quoted twice", "".join(f"> > {line}\n" for line in good.splitlines()), True
    yield "quoted with bars", "".join(f"| {line}\n" for line in good.splitlines()), True
    tight = "".join(f">{line}\n" for line in good.splitlines()[1:])
    yield "quoted, blanks lost", f"> {BEGIN}\n{tight}", True
    yield "a web page", f"<!doctype html><title>x</title><pre>{good.replace('&', '&amp;')}</pre>", True
    yield "a web page with marked-up lines", f"<html><pre class=s>{good.replace(XMPP, f'<b>{XMPP}</b>')}</pre>", True
    yield "a vCard", vcard(good), True
    yield "quoted in part", f"{good[:200]}{good[200:].replace(chr(10), chr(10) + '> ')}", False
    yield "quoted, but not at the end", "".join(f"> {line}\n" for line in good.splitlines()[:-1]) + good[-31:], False
    yield "a blank after each line", good.replace("\n", " \n"), False
    yield "an empty line after each line", good.replace("\n", "\n\n"), False
    yield "all in one line", good.replace("\n", " "), False
    yield "a line broken in two", good.replace("See you ", "See you\n"), False
    yield "typographic dashes", good.replace("-----", "—————"), False
    yield "cut off", good[: len(good) // 2], False


def vcard(text: str) -> str:
    value = text.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")
    line = f"NOTE:Moved\\, see:\\n{value}"
    folded = "\r\n ".join(line[start : start + 70] for start in range(0, len(line), 70))
    return f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Alice\r\n{folded}\r\nEND:VCARD\r\n"


def compacts() -> Iterator[tuple[str, str, bool]]:
    """Compact texts, and whether they are any good."""
    [good] = read(finished(PLAIN))
    packed = compact.from_base45(good.compact().removeprefix(compact.MARK))
    lines, key, signed = compact.unpack(good.compact())
    yield "plain", good.compact(), True
    for name in ("revocation", "addressed", "unknown lines", "other scripts", "the other key of the same Session ID"):
        yield name, read(dict(statements())[name])[0].compact(), True
    yield "with blanks around it", f"  {good.compact()} ", True
    yield "in a message", f"Scan this:\n{good.compact()}\nbye", True
    yield "in small letters", good.compact().lower(), False
    yield "a letter that is not in the alphabet", good.compact()[:-4] + "_" + good.compact()[-3:], False
    yield (
        "a group that is too high",
        good.compact()[: len(compact.MARK)] + ":::" + good.compact()[len(compact.MARK) + 3 :],
        False,
    )
    yield "a letter missing at the end", good.compact()[:-1], False
    yield "cut off", compact.MARK + compact.base45(packed[:-4]), False
    yield "something after its end", compact.MARK + compact.base45(packed + b"\0"), False
    yield "nothing in it", compact.MARK, False
    yield "only a key", compact.MARK + compact.base45(key), False
    yield "a key that is no point", compact.pack(lines, (2).to_bytes(32, "little"), signed), False
    yield "another key", compact.pack(lines, BOB.ed25519_public, signed), False
    yield "a changed line", compact.pack(lines.replace("See", "Saw"), key, signed), False
    yield "no line end at the end", compact.pack(lines[:-1], key, signed), False
    yield "Windows line ends", compact.pack(lines.replace("\n", "\r\n"), key, signed), False
    yield "a Session ID inside", compact.pack(f"{PLAIN[0]}\n{lines}", key, signed), False
    yield "a byte order mark inside", compact.pack(f"\ufeff{lines}", key, signed), False
    yield "a bomb", compact.pack(lines + "x" * 100_000, key, signed), False


def situations() -> Iterator[tuple[str, str, dict[str, Value]]]:
    """What was found, and what is known besides: the verdicts on it follow from docs/statement.md, section 9."""
    plain, until = finished(PLAIN), finished(changed("Valid", "Valid until: further notice"))
    later = finished(changed("Serial", "Serial: 4"))
    revoked = dict(statements())["revocation"]
    to_bob = finished(changed("Serial", f"Serial: 5\nFor: {BOB.session_id}"))
    other = finished(changed("Note", "Note: Another one."))
    know, now = {"session_id": ALICE.session_id}, {"now": NOW}
    yield "valid", plain, {**now, **know}
    yield "valid, Session ID not known", plain, {**now}
    yield "another account than the one known", plain, {**now, "session_id": CAROL.session_id}
    yield "in its last second", plain, {"now": UNTIL - 1, **know}
    yield "expired", plain, {"now": UNTIL, **know}
    yield "until further notice, in a hundred years", until, {"now": NOW + 36525 * DAY, **know}
    yield "issued in a zone ahead", plain, {"now": ISSUED - DAY, **know}
    yield "not yet valid", plain, {"now": ISSUED - DAY - 1, **know}
    yield "withdrawn", revoked, {**now, **know}
    yield "withdrawn, long ago", revoked, {"now": UNTIL + DAY, **know}
    yield "withdrawn, and what was withdrawn", revoked + plain, {**now, **know}
    yield "replaced", plain + later, {**now, **know}
    yield "replaced by one that has expired", until + later, {"now": UNTIL, **know}
    yield "replaced by one that is forged", plain + later.replace("See you", "Saw you"), {**now, **know}
    yield "of two accounts", plain + dict(statements())["another account"], {**now}
    yield "the same twice", plain + "> " + plain.replace("\n", "\n> "), {**now, **know}
    yield "in both forms", plain + read(plain)[0].compact(), {**now, **know}
    yield "two with one number", plain + other, {**now, **know}
    yield "two keys, one statement", plain + other_key(), {**now, **know}
    yield "for me", to_bob, {**now, **know, "reader": BOB.session_id}
    yield "for somebody else", to_bob, {**now, **know, "reader": CAROL.session_id}
    yield "for somebody, who is not known", to_bob, {**now, **know}
    yield "for me, and for all before", plain + to_bob, {**now, **know, "reader": BOB.session_id}
    yield "for somebody else, and for all before", plain + to_bob, {**now, **know, "reader": CAROL.session_id}
    yield "for somebody, who is not known, and for all before", plain + to_bob, {**now, **know}
    yield "unknown lines", dict(statements())["unknown lines"], {**now, **know}
    yield "a mark too many before it", f"{BEGIN}\n{plain}", {**now, **know}
    yield "one that cannot be read, and a good one", plain.replace("Serial: 3", "Serial: 03") + plain, {**now, **know}


# -- as JSON ---------------------------------------------------------------------------------------------


def described(signed: SignedStatement) -> dict[str, Value]:
    """What a statement says, in the words of the format."""
    said = signed.statement
    return {
        "session_id": said.session_id,
        "issued": written_time(said.issued),
        "valid_until": None if said.valid_until is None else written_time(said.valid_until),
        "serial": said.serial,
        "for": said.audience,
        "moved_to": [str(handle) for handle in said.handles],
        "notes": list(said.notes),
        "unknown": [[key, value] for key, value in said.unknown],
        "key": signed.key.hex(),
        "signature": signed.signature.hex(),
    }


def why_refused(text: str) -> str:
    """Why nothing in a text counts. A vector that is good by mistake fails here."""
    found = find(text)
    reasons = [str(one) if isinstance(one, BadStatement) else one.why_not() for one in found]
    if not reasons:
        return transport.nothing_found(text)
    (reason,) = dict.fromkeys(reasons[:1])
    assert reason is not None, text
    return reason


def judged(text: str, known: dict[str, Value]) -> list[Value]:
    signed = [one for one in find(text) if isinstance(one, SignedStatement)]
    now, session_id, reader = known["now"], known.get("session_id"), known.get("reader")
    assert isinstance(now, int)
    verdicts = verdict.judge(
        signed, now, str(session_id) if session_id else None, reader=str(reader) if reader else None
    )
    return [
        {
            "serial": one.signed.statement.serial,
            "state": str(one.state),
            "headline": one.headline,
            "proves": list(one.proves),
            "does_not_prove": list(one.does_not_prove),
            "cautions": list(one.cautions),
        }
        for one in verdicts
    ]


def vectors() -> dict[str, Value]:
    """The content of each file."""
    compact_good: list[Value] = []
    compact_bad: list[Value] = []
    for name, text, good in compacts():
        if good:
            compact_good.append({"name": name, "compact": text, "text": read(text)[0].text()})
        else:
            compact_bad.append({"name": name, "compact": text, "reason": why_refused(text)})
    wrapped: list[Value] = [
        {"name": name, "found": text, "text": read(text)[0].text()}
        if good
        else {"name": name, "found": text, "reason": why_refused(text)}
        for name, text, good in transports()
    ]
    accounts: list[Value] = [
        {"name": name, "seed": SEEDS[name], "key": keys.ed25519_public.hex(), "session_id": keys.session_id}
        for name, keys in KEYS.items()
    ]
    return {
        "valid": {
            "accounts": accounts,
            "statements": [
                {"name": name, "text": text, "says": described(read(text)[0])} for name, text in statements()
            ],
        },
        "invalid": {
            "statements": [{"name": name, "text": text, "reason": why_refused(text)} for name, text in refused()]
        },
        "compact": {"valid": compact_good, "invalid": compact_bad},
        "transport": {"texts": wrapped},
        "verdicts": {
            "situations": [
                {"name": name, "found": text, "known": known, "verdicts": judged(text, known)}
                for name, text, known in situations()
            ]
        },
    }


def files() -> dict[str, str]:
    """Name and content of each file of vectors."""
    return {f"{name}.json": json.dumps(content, indent=1) + "\n" for name, content in vectors().items()}


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in files().items():
        (FOLDER / name).write_text(content, "utf-8")
