"""The log of a relay that runs: when, what, how many. No line holds a text of anybody, a whole address, or a secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ..model import short_id
from .ui import plain

if TYPE_CHECKING:
    from collections.abc import Set

OURS = "decamp"
_LONG = re.compile(r"\b[0-9A-Za-z_-]{33,}\b")  # Session IDs, keys, tokens
_MATRIX = re.compile(r"[@!#$][^\s:\"'<>]+:[\w.-]+")
_MAIL = re.compile(r"[^\s@<>\"'(),;:]+@[\w.-]+\w")


def hidden(text: str, secrets: Set[str] = frozenset()) -> str:
    """A line without whole addresses, keys and secrets, and with nothing that could steer a terminal."""
    for secret in secrets:
        text = text.replace(secret, "…")
    text = _MATRIX.sub(lambda found: f"{found.group()[:3]}…", text)
    text = _MAIL.sub(lambda found: f"{found.group()[:2]}…@{found.group().rpartition('@')[2]}", text)
    return plain(_LONG.sub(lambda found: short_id(found.group()), text))


class _Lines(logging.Formatter):
    """One line for each record. A library's own words may hold anything, so only that it spoke is said."""

    def __init__(self, now: Callable[[], int], secrets: Set[str], *, json_lines: bool) -> None:
        super().__init__()
        self._now, self._secrets, self._json = now, secrets, json_lines

    def format(self, record: logging.LogRecord) -> str:
        is_ours = record.name.split(".")[0] == OURS
        text = hidden(record.getMessage().strip(), self._secrets) if is_ours else f"{record.name} complains."
        error = record.exc_info if isinstance(record.exc_info, tuple) else None
        where = _where(error[0], error[2]) if error else ""
        if self._json:
            line = {"time": _utc(self._now()), "level": record.levelname.lower(), "source": record.name, "text": text}
            return json.dumps({**line, "where": where} if where else line)
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        return f"{_local(self._now())}  {level}{text}{f' ({where})' if where else ''}"


def _where(kind: type[BaseException] | None, trace: TracebackType | None) -> str:
    """What broke and where. What an exception says may be somebody's words."""
    places = [f"{Path(one.filename).name}:{one.lineno}" for one in traceback.extract_tb(trace)[-4:]]
    return f"{kind.__name__ if kind else 'error'} at {' < '.join(reversed(places))}"


def _local(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000).astimezone():%Y-%m-%d %H:%M:%S}"


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")


@contextmanager
def logging_to_terminal(
    now: Callable[[], int], secrets: Set[str], *, json_lines: bool, quiet: bool
) -> Iterator[logging.Logger]:
    """Write what happens to standard error, from here on until the end."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(now, secrets, json_lines=json_lines))
    root, ours = logging.getLogger(), logging.getLogger(f"{OURS}.relay")
    before, level = ours.level, root.level
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    ours.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield ours
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        ours.setLevel(before)
