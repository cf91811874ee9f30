"""The conversation in which a bridge is set up: at the terminal, or with answers that were written down before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import WrongWords
from .ui import Ui, plain

if TYPE_CHECKING:
    from bridges.api import Setting

TRIES = 3
EMPTY = "left empty"
"""How an answer that says nothing is offered, in the words with which settings say what it means."""


class Terminal:
    """Asks the person who sits there."""

    def __init__(self, ui: Ui, settings: Sequence[str] = ()) -> None:
        self._ui, self._settings = ui, settings

    async def ask(self, setting: Setting) -> str:
        self._someone_there()
        for _ in range(TRIES):
            said = self._asked(setting)
            wrong = trouble_with(setting, said)
            if wrong is None:
                return said
            self._ui.note(wrong)
        raise WrongWords(f"There was no usable answer to: {setting.help}")

    async def choose(self, question: str, choices: Sequence[str]) -> int:
        self._someone_there()
        return self._ui.choose(question, choices)

    async def confirm(self, question: str) -> bool:
        self._someone_there()
        return self._ui.choose(question, ["yes", "no"]) == 0

    def say(self, text: str) -> None:
        for line in text.splitlines():
            self._ui.note(plain(line), wrap=False)

    def _asked(self, setting: Setting) -> str:
        if setting.is_secret:
            return self._ui.ask_secret(setting.help.rstrip(".")) or setting.default or ""
        if choices := _choices_of(setting):
            return choices[self._ui.choose(setting.help.rstrip("."), [choice or EMPTY for choice in choices])]
        return self._ui.ask(f"{setting.help.rstrip('.')} (as {setting.example})", setting.default or "")

    def _someone_there(self) -> None:
        if not self._ui.interactive:
            raise WrongWords(
                "Setting up a bridge asks questions, and there is no terminal to ask them at.",
                f"Write the answers into a file and name it with --answers: {', '.join(self._settings)}.",
            )


class Given:
    """Takes each answer from what was written down, by the name of its setting."""

    def __init__(self, answers: Mapping[str, str], ui: Ui) -> None:
        self._answers, self._ui = answers, ui

    async def ask(self, setting: Setting) -> str:
        said = self._answers.get(setting.name, setting.default)
        if said is None:
            raise WrongWords(f"The answers lack {setting.name}.", f"{setting.help}{_such_as(setting)}")
        wrong = trouble_with(setting, said)
        if wrong is not None:
            raise WrongWords(f"The answer to {setting.name} cannot be used. {wrong}", setting.help)
        return said

    async def choose(self, question: str, choices: Sequence[str]) -> int:
        """The first choice, unless `choose` in the answers names another: it is what most people want."""
        said = self._answers.get("choose")
        if said is None:
            return 0
        if said not in choices:
            raise WrongWords(f"{said!r} is not among the answers to: {question}", f"There are: {', '.join(choices)}.")
        return list(choices).index(said)

    async def confirm(self, question: str) -> bool:
        return True

    def say(self, text: str) -> None:
        for line in text.splitlines():
            self._ui.note(plain(line), wrap=False)


def _such_as(setting: Setting) -> str:
    """A worked example of an answer, where one can be shown."""
    return "" if setting.is_secret else f' Such as: {setting.name} = "{setting.example}"'


def _choices_of(setting: Setting) -> tuple[str, ...]:
    """What can be answered, the default first: that is what Enter means. None for what is typed."""
    offered = ("false", "true") if setting.kind == "switch" else setting.choices
    if not offered or setting.default is None:
        return offered
    return tuple(dict.fromkeys((setting.default, *offered)))


def trouble_with(setting: Setting, said: str) -> str | None:
    """What is wrong with an answer, in words; None if nothing is."""
    from bridges.api import SettingKind

    if said == setting.default:
        return None  # also where it says nothing, and means as elsewhere
    if not said and setting.default is None:
        return "This needs an answer."
    match setting.kind:
        case SettingKind.NUMBER if not (said.isascii() and said.isdigit()):
            return "This has to be a number."
        case SettingKind.SWITCH if said not in {"true", "false"}:
            return "This has to be true or false."
        case SettingKind.CHOICE if said not in setting.choices:
            return f"This has to be one of {', '.join(setting.choices)}."
        case SettingKind.FILE if said and not Path(said).expanduser().exists():
            return "There is no such file."
        case _:
            return None
