"""What somebody wants otherwise for one link, from the words in which they say it."""

from __future__ import annotations

import msgspec

from migrate.errors import DecampError

from .model import Options

CHANGEABLE = (
    "receipts", "typing", "notices", "reaction-notices", "disappearing", "ghost-name", "grace-hours", "kept-days",
    "most", "most-alike",
)  # fmt: skip
"""Those that mean something for a link that is there: its history is over."""
_LEAST = {"kept-days": 30}
_SWITCH = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}


class BadOption(DecampError):
    """A link cannot be changed like this."""

    exit_code = 2
    hint = f"There are: {', '.join(CHANGEABLE)}."


def with_option(options: Options, name: str, said: str) -> Options:
    """The same options but for one. Raises `BadOption` for what there is not, or what it cannot be."""
    if name not in CHANGEABLE:
        raise BadOption(f"There is no option {name!r}.")
    field = name.replace("-", "_")
    match getattr(options, field):
        case bool():
            value: bool | int | str | None = _SWITCH.get(said.casefold())
            how = "This is on or off."
        case int():
            value = int(said) if said.isascii() and said.isdecimal() and int(said) >= _LEAST.get(name, 0) else None
            how = f"This is a number, {_LEAST.get(name, 0)} at least."
        case _:
            value, how = (said if "{name}" in said else None), "It holds {name}, as in: {name} ({network})"
    if value is None:
        raise BadOption(f"{name} cannot be {said!r}.", how)
    return msgspec.structs.replace(options, **{field: value})
