"""Keeps what can be kept of JSON that does not have the expected shape, and names each part that cannot."""

from __future__ import annotations

from typing import TypeVar, cast

import msgspec
from msgspec import inspect

from ...model import Json
from .values import loads, whole

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Unfit(ValueError):
    """A value is nothing like what belongs in its place."""


def salvage(stored: bytes, shape: type[Shape], dropped: list[str]) -> Shape:
    """Read damaged JSON field by field; the names of what had to be left out go to `dropped`.

    Raises `ValueError` if it is no JSON object at all.
    """
    value = loads(stored)
    if not isinstance(value, dict):
        raise Unfit
    try:
        stored.decode()
    except UnicodeDecodeError:
        dropped.append("characters")
    return fit_object(value, shape, "", dropped)


def fit_object(value: dict[str, Json] | dict[str, object], shape: type[Shape], name: str, dropped: list[str]) -> Shape:
    """The same for an object that is parsed already, which is called `name` where it lies."""
    return cast("Shape", _fit(value, inspect.type_info(shape), name, dropped))


def _fit(value: object, kind: inspect.Type, name: str, dropped: list[str]) -> object:
    """`value` as `kind` wants it, without the parts that do not fit; `Unfit` if nothing of it does."""
    match kind:
        case inspect.AnyType() | inspect.CustomType():  # `object`: whatever it is
            return value
        case inspect.StrType():
            return _text(value)
        case inspect.IntType():
            return _number(value, kind)
        case inspect.UnionType():
            return _either(value, kind, name, dropped)
        case inspect.StructType() if isinstance(value, dict):
            return _struct(value, kind, name, dropped)
        case inspect.ListType() if isinstance(value, list):
            places = [f"{name}[{place}]" for place in range(len(value))]
            fitting = (_keep(item, kind.item_type, place, dropped) for item, place in zip(value, places, strict=True))
            return [item for item in fitting if item is not None]
        case inspect.DictType() if isinstance(value, dict):
            parts = {key: _keep(item, kind.value_type, f"{name}.{key}", dropped) for key, item in value.items()}
            return {key: item for key, item in parts.items() if item is not None}
    raise Unfit


def _keep(value: object, kind: inspect.Type, name: str, dropped: list[str]) -> object:
    """`value` as far as it fits; None, and its name in `dropped`, if it does not."""
    if value is None:
        return None
    try:
        return _fit(value, kind, name, dropped)
    except Unfit:
        dropped.append(name)
        return None


def _struct(value: dict[str, object], kind: inspect.StructType, name: str, dropped: list[str]) -> object:
    inside = f"{name}." if name else ""
    return kind.cls(
        **{
            field.name: _keep(value.get(field.encode_name), field.type, inside + field.name, dropped)
            for field in kind.fields
        }
    )


def _either(value: object, kind: inspect.UnionType, name: str, dropped: list[str]) -> object:
    for choice in kind.types:
        if isinstance(choice, inspect.NoneType):
            continue
        try:
            return _fit(value, choice, name, dropped)
        except Unfit:
            continue
    raise Unfit


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise Unfit


def _number(value: object, kind: inspect.IntType) -> int | None:
    number = whole(value)
    if number == 0 and kind.gt == 0:
        return None  # the app writes 0 for "no time"
    if number is None or (kind.ge is not None and number < kind.ge) or (kind.gt is not None and number <= kind.gt):
        raise Unfit
    if kind.le is not None and number > kind.le:
        raise Unfit
    return number
