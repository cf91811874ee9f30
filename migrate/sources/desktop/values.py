"""Reads single values of the database, which are not always what their column says.

Texts arrive as bytes, because a damaged one is no UTF-8; ids may arrive as numbers, and flags as the text `FALSE`
(formats page of Session Desktop, section 5).
"""

from __future__ import annotations

import json
import math
import re

from ...model import Json

LAST_MOMENT = 253_402_300_799_999  # the last millisecond of the year 9999
LARGEST = (1 << 53) - 1  # beyond it JSON numbers are no longer exact

_SURROGATES = re.compile("[\ud800-\udfff]")
_FALSE = {"false", "", "0"}


def text(value: object) -> str | None:
    """A text column as text, whatever lies in it; NULL stays None."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)


def clean(value: str) -> str:
    """The same text with each lone half of a surrogate pair as U+FFFD, so that it can be written as UTF-8."""
    return _SURROGATES.sub("\ufffd", value)


def flag(value: object) -> bool:
    """Whether a flag is set: `'FALSE'`, `'0'`, `''`, 0 and NULL are not."""
    if isinstance(value, bytes | str):
        return (text(value) or "").strip().lower() not in _FALSE
    return bool(value)


def whole(value: object) -> int | None:
    """A number as int: fractions are cut off, numeric texts read; None for what is no finite number."""
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return int(value) if math.isfinite(value) else None
    if isinstance(value, bytes | str):
        digits = (text(value) or "").strip()
        if len(digits) <= 19 and digits.isascii() and digits.removeprefix("-").isdigit():
            return int(digits)
    return None


def moment(value: object) -> int | None:
    """A time in milliseconds, or None if it lies outside of 1970 to 9999."""
    number = whole(value)
    return number if number is not None and 0 < number <= LAST_MOMENT else None


def count(value: object) -> int | None:
    """A number that counts something, or None."""
    number = whole(value)
    return number if number is not None and 0 <= number <= LARGEST else None


def loads(value: bytes) -> Json:
    """Parse JSON that a strict reader refuses: lone surrogates, control characters, broken UTF-8, NaN.

    Raises `ValueError` if it is no JSON at all.
    """
    try:
        return _cleaned(json.loads(value.decode("utf-8", "replace"), strict=False))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _cleaned(value: Json) -> Json:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): _cleaned(item) for name, item in value.items()}
    return value
