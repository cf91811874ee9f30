"""Whether an object is exactly what the official types of SimpleX say: recipe for SimpleX, section 8.

`typing` itself reads the types of the package. A key too many, a key too few, a wrong scalar: all errors.
"""

from __future__ import annotations

import types
import typing
from functools import cache


class NotTheirs(AssertionError):
    """Something that SimpleX would never say, or not understand."""


def check(value: object, type_: object, where: str = "") -> None:
    """Raises `NotTheirs` unless the value is of that type, all the way down."""
    origin = typing.get_origin(type_)
    if type_ is object:
        return
    if typing.is_typeddict(type_):
        _check_record(value, typing.cast("type", type_), where)
    elif origin in {typing.Union, types.UnionType}:
        _check_union(value, typing.get_args(type_), where)
    elif origin is typing.Literal:
        _need(value in typing.get_args(type_), where, value)
    elif origin is list:
        _need(isinstance(value, list), where, value)
        (inner,) = typing.get_args(type_)
        for number, one in enumerate(typing.cast("list[object]", value)):
            check(one, inner, f"{where}[{number}]")
    elif origin is dict:
        _need(isinstance(value, dict), where, value)
        inner = typing.get_args(type_)[1]
        for key, one in typing.cast("dict[str, object]", value).items():
            check(one, inner, f"{where}.{key}")
    elif isinstance(type_, type):
        _need(type(value) is type_ or (type_ is float and type(value) is int), where, value)
    else:
        raise NotImplementedError(f"{where}: {type_}")


def _check_record(value: object, type_: type, where: str) -> None:
    _need(isinstance(value, dict), where, value)
    record = typing.cast("dict[str, object]", value)
    hints = _hints(type_)
    needed = {key for key, hint in hints.items() if typing.get_origin(hint) is not typing.NotRequired}
    if missing := needed - record.keys():
        raise NotTheirs(f"{where} ({type_.__name__}) lacks {sorted(missing)}")
    if unknown := record.keys() - hints.keys():
        raise NotTheirs(f"{where} ({type_.__name__}) has {sorted(unknown)}, which is not known")
    for key, one in record.items():
        hint = hints[key]
        if typing.get_origin(hint) is typing.NotRequired:
            (hint,) = typing.get_args(hint)
        check(one, hint, f"{where}.{key}")


def _check_union(value: object, members: tuple[object, ...], where: str) -> None:
    """Of several records the one with the same `type` counts; of others, any."""
    if isinstance(value, dict) and "type" in value:
        for member in members:
            if typing.is_typeddict(member):
                kind = _hints(typing.cast("type", member)).get("type")
                if kind is not None and value["type"] in typing.get_args(kind):
                    check(value, member, f"{where}<{value['type']}>")
                    return
    for member in members:
        if not typing.is_typeddict(member):
            try:
                check(value, member, where)
            except NotTheirs:
                continue
            return
    kind = value.get("type") if isinstance(value, dict) else type(value).__name__
    raise NotTheirs(f"{where}: there is no kind {kind!r}")


@cache
def _hints(type_: type) -> dict[str, object]:
    return typing.get_type_hints(type_, include_extras=True)


def _need(holds: bool, where: str, value: object) -> None:
    if not holds:
        raise NotTheirs(f"{where}: {type(value).__name__} is wrong there")
