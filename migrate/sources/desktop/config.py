"""Reads `config.json`: the database key and whether a password replaces it (formats page, section 1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Config:
    """What opens the database while no password is set; `problem` says why it is not known."""

    key: str | None = field(default=None, repr=False)
    has_password: bool = False
    problem: str | None = None


class _Stored(msgspec.Struct):
    key: object = None
    dbHasPassword: object = False  # noqa: N815 (its name in the file)


def read_config(path: Path) -> Config:
    """The settings that matter, as far as the file can be read: a profile with a password opens without it."""
    try:
        stored = msgspec.json.decode(path.read_bytes().removeprefix(b"\xef\xbb\xbf"), type=_Stored)
    except FileNotFoundError:
        return Config(problem="config.json is missing")
    except OSError as error:
        return Config(problem=f"config.json cannot be read ({error.strerror})")
    except (ValueError, RecursionError):
        return Config(problem="config.json is damaged")
    key = stored.key if isinstance(stored.key, str) and stored.key else None
    return Config(key, stored.dbHasPassword is True, None if key else "config.json holds no key")
