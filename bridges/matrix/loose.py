"""Reading JSON that anybody may have written: what is not of the expected type counts as absent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Object: TypeAlias = dict[str, object]


def into(value: object, *names: str) -> object:
    """What lies below these names, or None."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def an_object(value: object, *names: str) -> Object:
    """The object that lies there, or an empty one."""
    found = into(value, *names)
    return found if isinstance(found, dict) else {}


def a_text(value: object, *names: str) -> str:
    """The text that lies there, or an empty one."""
    found = into(value, *names)
    return found if isinstance(found, str) else ""


def a_number(value: object, *names: str) -> int | None:
    """The whole number that lies there."""
    found = into(value, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def objects(value: object, *names: str) -> Iterator[Object]:
    """The objects in a list; anything else in it is left out."""
    found = into(value, *names)
    if isinstance(found, list):
        yield from (one for one in found if isinstance(one, dict))
