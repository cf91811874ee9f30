"""Reads the few rows of `items` that an export needs. The account's secret keys lie there too and are left alone.

Source: formats page of Session Desktop, section 5.3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import msgspec

from ...model import Json, Loss
from .database import DamagedPage, Database
from .ids import is_person
from .values import loads, text

_ACCOUNT, _ACCOUNT_TOO = "number_id", "primaryDevicePubKey"
_KEY, _BLOCKED, _BLINDED = "local_attachment_encrypted_key", "blocked", "KNOWN_BLINDED_KEYS_ITEM"
_WANTED = (_ACCOUNT, _ACCOUNT_TOO, _KEY, _BLOCKED, _BLINDED)
_SQL = f"SELECT id, json FROM items WHERE id IN ({', '.join('?' * len(_WANTED))})"


@dataclass(slots=True)
class Settings:
    """Who the account is and what it knows besides its conversations."""

    account_id: str = ""
    attachment_key: bytes | None = field(default=None, repr=False)
    blocked: frozenset[str] = frozenset()
    real_ids: dict[str, str] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)

    def lose(self, name: str, reason: str) -> None:
        self.losses.append(Loss(subject=name, kind="setting", name=name, reason=reason))


def read_settings(database: Database) -> Settings:
    """What can be read of the settings; the rest is named in `losses`."""
    settings = Settings()
    values = _values(database, settings)
    settings.account_id = _account_id(values) or _busiest_author(database)
    if not settings.account_id:
        settings.lose(_ACCOUNT, "Whose profile this is cannot be read; its messages were kept.")
    key = values.get(_KEY)
    if isinstance(key, str) and re.fullmatch("[0-9a-fA-F]{64}", key):
        settings.attachment_key = bytes.fromhex(key)
    else:
        settings.lose(_KEY, "The key of the attachments is missing, so none of them can be decrypted.")
    settings.blocked = frozenset(_blocked(values.get(_BLOCKED), settings))
    settings.real_ids = _real_ids(values.get(_BLINDED), settings)
    return settings


def _values(database: Database, settings: Settings) -> dict[str, Json]:
    values: dict[str, Json] = {}
    if "json" not in database.columns("items"):
        settings.lose("items", "This table is missing.")
        return values
    try:
        for id, stored in database.rows(_SQL, *_WANTED):
            name = text(id) or ""
            try:
                row = loads(stored) if isinstance(stored, bytes) else None
            except ValueError:
                row = None
            if isinstance(row, dict):
                values[name] = row.get("value")
            else:
                settings.lose(name, "This setting is damaged.")
    except DamagedPage:
        database.reopen()
        settings.lose("items", "A part of the settings lies in a damaged part of the database.")
    return values


def _account_id(values: dict[str, Json]) -> str:
    for name in (_ACCOUNT, _ACCOUNT_TOO):
        value = values.get(name)
        if isinstance(value, str) and is_person(id := value.partition(".")[0]):
            return id
    return ""


def _busiest_author(database: Database) -> str:
    """The account as its own messages name it, for a profile that has lost the setting."""
    sql = (
        "SELECT source FROM messages WHERE type = 'outgoing' AND source GLOB '05*'"
        " GROUP BY source ORDER BY count(*) DESC LIMIT 1"
    )
    try:
        return next((text(source) or "" for (source,) in database.rows(sql)), "")
    except DamagedPage:
        database.reopen()
        return ""


def _blocked(value: Json, settings: Settings) -> list[str]:
    if value is not None and not isinstance(value, list):
        settings.lose(_BLOCKED, "Who is blocked cannot be read.")
    return [id for id in value if isinstance(id, str) and id] if isinstance(value, list) else []


class _Blinded(msgspec.Struct):
    blindedId: str  # noqa: N815 (its name in the file)
    realSessionId: str  # noqa: N815


def _real_ids(value: Json, settings: Settings) -> dict[str, str]:
    """The real ids behind blinded ones, as far as the app has found them out. The value is JSON inside JSON."""
    if value is None:
        return {}
    try:
        known = loads(value.encode()) if isinstance(value, str) else value
    except ValueError:
        known = None
    if not isinstance(known, list):
        settings.lose(_BLINDED, "Who is behind the ids of communities cannot be read.")
        return {}
    found = {}
    for entry in known:
        try:
            pair = msgspec.convert(entry, _Blinded)
        except msgspec.ValidationError:
            settings.lose(_BLINDED, "Who is behind some ids of communities cannot be read.")
            continue
        if is_person(pair.realSessionId):
            found[pair.blindedId] = pair.realSessionId
    return found
