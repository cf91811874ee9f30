"""Looking into answers without trusting them: size first, then JSON, then the type of each field."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import msgspec

from ..model import Json
from .errors import BadAnswer

# A node refuses requests of more than 10 MiB and holds 7.8 MB in one page; nothing honest is bigger than this.
LARGEST_ANSWER = 16 << 20


def read_json(body: bytes) -> dict[str, Json]:
    """The object that an answer holds. Raises `BadAnswer` for anything else."""
    if len(body) > LARGEST_ANSWER:
        raise BadAnswer("too large", "An answer is larger than any answer may be.")
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadAnswer("not json", "An answer is not written in JSON.") from error
    if not isinstance(value, dict):
        raise BadAnswer("not json", "An answer is JSON, but no object.")
    return value


def number(value: Json) -> int | None:
    """An integer as databases can hold it, or nothing."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63 else None


def text(value: Json) -> str | None:
    """A text, or nothing."""
    return value if isinstance(value, str) else None


def mapping(value: Json) -> Mapping[str, Json]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Json) -> list[Json]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def decoded(value: Json) -> bytes | None:
    """The bytes of standard base64, or nothing."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        return None
