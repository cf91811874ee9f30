"""All that a card is made into, and the folder in which it lies: whole files, owner-only, nothing of others touched."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from .. import __version__
from ..errors import WrongWords
from . import gemtext, plain, vcards
from .card import STATEMENT_STEM, Card
from .face import card_page
from .qr import code
from .statement import SignedStatement, find

INDEX = "card.json"
FORMAT = 1
STATEMENT = "statement.txt"
PAGE, SHEET, TEXT = "card.html", "card.pdf", "card.txt"
_OURS = re.compile(r"(?:qr/)?[a-z0-9-]+\.[a-z]+")


class FolderInUse(WrongWords):
    """The folder holds files of somebody else by the names that a card needs."""

    hint = "Name another folder with --to."


def files(card: Card) -> dict[str, bytes]:
    """Every file of a card but the printed sheet, by its path in the folder."""
    made = {
        PAGE: card_page(card).encode(),
        TEXT: plain.text(card).encode(),
        "card.gmi": gemtext.page(card).encode(),
        "card.vcf": vcards.version_4(card),
        "card-3.vcf": vcards.version_3(card),
    }
    if card.signed is not None:
        made[STATEMENT] = card.signed.text().encode()
    for stem, text in scanned(card).items():
        png, svg = _pictures(text)
        made[f"qr/{stem}.png"], made[f"qr/{stem}.svg"] = png, svg
    return made


def scanned(card: Card) -> dict[str, str]:
    """What each of the card's QR codes holds, by the name of its files."""
    texts = {place.stem: place.scanned for place in card.places}
    if card.signed is not None:
        texts[STATEMENT_STEM] = card.signed.compact()
    return texts


@lru_cache(maxsize=64)
def _pictures(text: str) -> tuple[bytes, bytes]:
    drawn = code(text)
    return drawn.png(), drawn.svg().encode()


def record(card: Card) -> dict[str, object]:
    """The card for programs: `card.json`. Times in milliseconds, absent values null."""
    statement = card.statement
    return {
        "format": FORMAT,
        "made_by": f"decamp {__version__}",
        "name": card.name,
        "session_id": card.session_id,
        "recipient": None if statement is None or statement.audience is None else {
            "id": statement.audience, "name": card.recipient,
        },
        "serial": statement.serial if statement else None,
        "issued_at": statement.issued if statement else None,
        "valid_until": statement.valid_until if statement else None,
        "withdrawn": card.withdraws,
        "handles": [
            {
                "network": entry.handle.network,
                "address": place.address,
                "label": entry.label,
                "note": place.note,
                "description": place.where,
                "link": place.link,
                "qr": place.scanned,
            }
            for entry, place in zip(card.entries, card.places, strict=True)
        ],
        "notes": list(statement.notes) if statement else [],
        "statement": card.signed.text() if card.signed else None,
        "compact": card.signed.compact() if card.signed else None,
        "proof": plain.proof_line(card),
    }  # fmt: skip


def put(folder: Path, made: Mapping[str, bytes], about: Mapping[str, object], index: str = INDEX) -> None:
    """Write the files and, last, the index with the list of them. What an earlier card left here and this one has
    not is removed. Raises `FolderInUse` before anything of somebody else would be written over.
    """
    before = _written_before(folder, index)
    strangers = [name for name in (*made, index) if (folder / name).exists() and name not in before]
    if strangers:
        raise FolderInUse(f"{folder} holds something else already: {strangers[0]}.")
    for name in sorted(before - {index, *made}):
        (folder / name).unlink(missing_ok=True)
    for name, data in made.items():
        _write(folder / name, data)
    content = json.dumps({**about, "files": sorted(made)}, indent=1, ensure_ascii=False)
    _write(folder / index, content.encode("utf-8", "replace") + b"\n")


def is_there(folder: Path, about: Mapping[str, object]) -> bool:
    """Whether exactly this card lies finished in a folder, so that it need not be made again."""
    try:
        index = json.loads((folder / INDEX).read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(index, dict) and {**about, "files": index.get("files")} == index


def statement_in(folder: Path) -> SignedStatement | None:
    """The statement of a card that lies finished in a folder; None where there is none, or not a whole one."""
    try:
        text = (folder / STATEMENT).read_bytes()
    except OSError:
        return None
    finished = INDEX in _written_before(folder, INDEX)
    found = [signed for signed in find(text) if isinstance(signed, SignedStatement)] if finished else []
    return found[0] if len(found) == 1 and found[0].why_not() is None else None


def _written_before(folder: Path, index: str) -> set[str]:
    """The files that a card in this folder has by its own account."""
    try:
        found = json.loads((folder / index).read_bytes())
        listed = found["files"] if found.get("format") == FORMAT else []
    except (OSError, ValueError, KeyError, AttributeError):
        return set()
    return {index, *(name for name in listed if isinstance(name, str) and _OURS.fullmatch(name))}


def _write(path: Path, data: bytes) -> None:
    """A file that is whole or not there, and that only its owner can read."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)
    os.replace(draft, path)
