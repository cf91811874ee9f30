"""Reads the account's own keys from a profile, for signing a move statement; an export never comes here.

Source: formats page of Session Desktop, sections 5.3 and 8.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ...errors import UnreadableSource
from ...model import Json
from ...session.keys import SEED_BYTES, AccountKeys, Seed
from ...session.mnemonic import WrongPhrase, decode
from .config import read_config
from .database import DamagedPage, Database, open_database
from .ids import is_person
from .locate import Profile
from .snapshot import take_snapshot
from .values import loads

_SQL = "SELECT json FROM items WHERE id = ?"


class NoSigningKey(UnreadableSource):
    """There is no key in this profile that can sign for its account."""

    hint = "Use the 13 words of the recovery password instead."


def signing_keys(profile: Profile, password: str | None, work: Path) -> AccountKeys:
    """The keys of the account that a profile belongs to, read from a private copy below `work` that is gone afterwards.

    Raises `NoSigningKey` where there are none, and what opening a profile raises: `PasswordNeeded`, `WrongKey`, …
    """
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="keys-", dir=work) as folder:
        copy = take_snapshot(profile, Path(folder))
        database = open_database(copy, read_config(profile.config), password)
        try:
            return _keys(database)
        finally:
            database.close()


def _keys(database: Database) -> AccountKeys:
    """The stored key pair, or where there is none, what the words of the account give: whichever fits the account."""
    account = _account(database)
    candidates = list(_candidates(database))
    for keys in candidates:
        if account is None or keys.session_id == account:
            return keys
    if candidates:
        # The first accounts got their id from the words in another way; no Ed25519 key converts to it.
        raise NoSigningKey(
            "The keys in this profile do not belong to its Session ID, so nobody could check what they sign.",
            "Such an account is either damaged or from the first days of Session, and cannot sign a statement.",
        )
    raise NoSigningKey


def _account(database: Database) -> str | None:
    """The Session ID as the app wrote it down, in one of two places."""
    for name in ("number_id", "primaryDevicePubKey"):
        value = _value(database, name)
        if isinstance(value, str) and is_person(id := value.partition(".")[0]):
            return id
    return None


def _candidates(database: Database) -> Iterator[AccountKeys]:
    identity = _value(database, "identityKey")
    pair = identity.get("ed25519KeyPair") if isinstance(identity, dict) else None
    secret = _numbered(pair.get("privateKey")) if isinstance(pair, dict) else None
    if secret is not None and len(secret) == 2 * SEED_BYTES:
        keys = AccountKeys(secret[:SEED_BYTES])
        if keys.ed25519_public == secret[SEED_BYTES:]:
            yield keys
    words = _seed(_value(database, "mnemonic"))
    if words is not None:
        yield AccountKeys.from_seed(words)


def _seed(words: Json) -> Seed | None:
    try:
        return decode(words) if isinstance(words, str) else None
    except WrongPhrase:
        return None


def _value(database: Database, name: str) -> Json:
    """One value of `items`; None if it is missing or damaged, which costs only what it held."""
    if "json" not in database.columns("items"):
        return None
    try:
        stored = next(database.rows(_SQL, name), (None,))[0]
        row = loads(stored) if isinstance(stored, bytes) else None
    except DamagedPage:
        database.reopen()
        return None
    except ValueError:
        return None
    return row.get("value") if isinstance(row, dict) else None


def _numbered(value: Json) -> bytes | None:
    """Bytes that went through JSON: an object with the fields "0", "1", …, or a list."""
    if isinstance(value, dict):
        value = [value.get(str(place)) for place in range(len(value))]
    if not isinstance(value, list):
        return None
    numbers = [number for number in value if isinstance(number, int) and 0 <= number <= 255]
    return bytes(numbers) if len(numbers) == len(value) else None
