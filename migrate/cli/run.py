"""One call of decamp: the options that every command has, the environment, and the terminal."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ..settings import Settings
from .ui import Ui


@dataclass(slots=True)
class Options:
    """What may be said to every command, before or after its name."""

    home: Path | None = None
    json: bool = False
    quiet: bool = False
    debug: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """What a command has to say to a program (`--json`), and its exit code."""

    data: Mapping[str, object] = field(default_factory=dict)
    code: int = 0


class Run:
    """What a command works with. Only here, and in what is handed out here, is the environment looked at."""

    def __init__(self, environ: Mapping[str, str], options: Options) -> None:
        self.environ = environ
        self.options = options
        self.command = ""

    @cached_property
    def ui(self) -> Ui:
        """The terminal, as the options want it."""
        return Ui(json=self.options.json, quiet=self.options.quiet)

    @cached_property
    def settings(self) -> Settings:
        """The app folder: `--home`, else DECAMP_HOME, else where this system keeps settings."""
        named = self.options.home or self.environ.get("DECAMP_HOME")
        if named:
            return Settings(Path(named).expanduser())
        import platformdirs

        return Settings(platformdirs.user_config_path("decamp", appauthor=False))

    def now(self) -> int:
        """The time, in milliseconds since 1970."""
        return time.time_ns() // 1_000_000
