"""What people and programs get to see: answers, notes, tables, questions, errors, and the JSON object.

Answers go to standard output. Progress, notes, warnings, questions and errors go to standard error. With
`--json` standard output carries one object and nothing else; with `--quiet` only answers, warnings and
errors remain. No text of other people reaches the terminal but through `plain`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TextIO

from ..errors import DecampError, WrongWords
from ..progress import Progress, Silent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

WIDE = 140  # columns from which on whole ids fit into a table
_NAME = 20  # columns that a name gets before other columns go
_PIPE = 100_000  # columns of what is no terminal: nothing is cut

# Control characters, bidi marks and overrides, invisible operators, line and paragraph separators, lone
# surrogates, tags. Zero-width joiner and non-joiner stay: emoji and Persian need them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def plain(text: str) -> str:
    """A text of somebody else on one line, with everything that could steer a terminal made harmless."""
    return _UNSAFE.sub(lambda found: " " if found.group() in "\t\n\r\u2028\u2029" else "\ufffd", text)


class Ui:
    """The terminal of one call."""

    def __init__(self, *, json: bool = False, quiet: bool = False) -> None:
        self.json = json
        self.quiet = quiet

    @cached_property
    def out(self) -> Console:
        """Standard output, for people."""
        return _console(sys.stdout)

    @cached_property
    def err(self) -> Console:
        """Standard error."""
        return _console(sys.stderr)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there to answer a question."""
        return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))

    @property
    def width(self) -> int:
        """The columns that an answer may fill."""
        return self.out.width

    # -- saying things -------------------------------------------------------------------------------

    def answer(self, text: str | Text = "", *, wrap: bool = True) -> None:
        """One line or paragraph of what was asked for. With `--json` the object says it instead."""
        if not self.json:
            _write(self.out, text, wrap)

    def report(self, text: str | Text = "", *, wrap: bool = True) -> None:
        """What a long job did. Standard output; with `--json` standard error; silent with `--quiet`."""
        if not self.quiet:
            _write(self.err if self.json else self.out, text, wrap)

    def note(self, text: str | Text, *, wrap: bool = True) -> None:
        """Something by the way, silent with `--quiet`."""
        if not self.quiet:
            _write(self.err, text, wrap)

    def warn(self, text: str) -> None:
        """Something a person must know although the work goes on."""
        self._labelled("Warning:", "bold yellow", text)

    def line(self, text: str) -> None:
        """One line that is said even with `--quiet`: what a warning is about, or how the run ended."""
        _write(self.err, plain(text), True)

    def error(self, error: DecampError) -> None:
        """One sentence that says what happened, and one that says what to do."""
        self._labelled("Error:", "bold red", sentence(plain(str(error))))
        if error.hint:
            _write(self.err, plain(error.hint), True)

    def _labelled(self, label: str, style: str, text: str) -> None:
        from rich.text import Text

        _write(self.err, Text.assemble((label, style), " ", plain(text)), True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[str] = ()) -> None:
        """An answer in columns, the most telling first; `right` names those with numbers. Cells are made plain.

        What does not fit is cut with an ellipsis, and the last columns go when the terminal is very narrow.
        """
        if self.json:
            return
        from rich.text import Text

        cells = [[Text(plain(cell)) for cell in row] for row in rows]
        self._print_table(columns, cells, _columns_that_fit(columns, cells, self.width), right)

    def tables(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """The same for columns of which none may go: those that do not fit come below, with the first one again."""
        if self.json:
            return
        from rich.text import Text

        cells = [[Text(plain(cell)) for cell in row] for row in rows]
        while True:
            shown = _columns_that_fit(columns, cells, self.width)
            self._print_table(columns, cells, shown, ())
            columns, cells = [columns[0], *columns[shown:]], [[row[0], *row[shown:]] for row in cells]
            if len(columns) == 1:
                return
            self.answer()

    def _print_table(
        self, columns: Sequence[str], cells: Sequence[Sequence[Text]], shown: int, right: Sequence[str]
    ) -> None:
        """The first so many columns."""
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for column in columns[:shown]:
            justify: Literal["left", "right"] = "right" if column in right else "left"
            table.add_column(Text(column), justify=justify, no_wrap=True, overflow="ellipsis")
        for row in cells:
            table.add_row(*row[:shown])
        self.out.print(table)

    def object(self, data: Mapping[str, object]) -> None:
        """The one object of `--json`. ASCII only: it passes every console and can steer no terminal."""
        import msgspec

        text = json.dumps(msgspec.to_builtins(data, enc_hook=str), indent=2)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()

    # -- asking --------------------------------------------------------------------------------------

    def ask(self, question: str, default: str = "") -> str:
        """Ask for a line of text. An empty answer is the default, which is shown."""
        import typer

        return str(typer.prompt(plain(question), err=True, default=default, show_default=bool(default))).strip()

    def ask_secret(self, question: str) -> str:
        """Ask for a password; what is typed does not show."""
        import typer

        answer = typer.prompt(question, hide_input=True, err=True, default="", show_default=False)
        return str(answer)

    def choose(self, question: str, choices: Sequence[str]) -> int:
        """Let a person pick from a numbered list; the answer counts from 0."""
        import typer

        for number, choice in enumerate(choices, 1):
            _write(self.err, f"{number:>3}  {plain(choice)}", False)
        for _ in range(3):
            answer = typer.prompt(f"{question} [1-{len(choices)}]", err=True, default="1", show_default=False).strip()
            if answer in (numbers := [str(number + 1) for number in range(len(choices))]):
                return numbers.index(answer)
            _write(self.err, f"Please type a number from 1 to {len(choices)}.", True)
        raise WrongWords("None of the listed ones was chosen.")

    # -- long work -----------------------------------------------------------------------------------

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Progress of a long job: a bar on a terminal, a line every ten seconds elsewhere, or nothing."""
        if self.quiet:
            yield Silent()
            return
        from .progress import Bar, Lines

        if not self.err.is_terminal or self.err.is_dumb_terminal:
            yield Lines(lambda line: _write(self.err, line, False))
            return
        with Bar(self.err) as bar:
            yield bar


def sentence(text: str) -> str:
    """A text that ends as a sentence does."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _columns_that_fit(columns: Sequence[str], cells: Sequence[Sequence[Text]], width: int) -> int:
    """How many columns fit when the first, which holds names, may shrink to `_NAME`; two at least."""
    widths = [max([len(column), *(row[n].cell_len for row in cells)]) for n, column in enumerate(columns)]
    widths[0] = min(widths[0], _NAME)
    shown = len(columns)
    while shown > 2 and sum(widths[:shown]) + 2 * (shown - 1) > width:
        shown -= 1
    return shown


def _console(file: TextIO) -> Console:
    """A console that takes every text as it is: no markup, no emoji codes, no colouring of what looks like a number."""
    from rich.console import Console

    class Honest(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the outermost frame; Rich would end the program here, with an exit code of its own."""
            raise BrokenPipeError

    console = Honest(file=file, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = _PIPE
    return console


def _write(console: Console, text: str | Text, wrap: bool) -> None:
    console.print(text, soft_wrap=not (wrap and console.is_terminal))
