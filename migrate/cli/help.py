"""The help page: usage, what a command does, its words and options, examples. Plain text at the terminal's width.

Written here rather than by Rich: importing what Rich needs for it takes 0.2 s of the 0.4 s that `--help` may take.
"""

from __future__ import annotations

import inspect
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

EVERYWHERE = "Options of every command"
_LONGEST = 96  # longer lines are hard to read, however wide the terminal is
_COLUMN = 24  # where explanations begin at the latest

Parameter = TyperArgument | TyperOption


def page(ctx: typer.Context, environ: Mapping[str, str]) -> str:
    """The help page of the command that is being parsed."""
    width = min(shutil.get_terminal_size().columns, _LONGEST)
    bold = sys.stdout.isatty() and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    blocks = [_usage(ctx, width), *_about(ctx.command.help or "", width)]
    for title, rows in _sections(ctx):
        heading = typer.style(f"{title}:", bold=True) if bold else f"{title}:"
        blocks.append("\n".join([heading, *_rows(rows, width)]))
    if ctx.command.epilog:
        examples = ctx.command.epilog.splitlines()
        title = "Example" if len(examples) == 1 else "Examples"
        heading = typer.style(f"{title}:", bold=True) if bold else f"{title}:"
        blocks.append("\n".join([heading, *(f"  {line}" for line in examples)]))
    return "\n\n".join(blocks)


def usage(ctx: typer.Context) -> str:
    """`decamp search ARCHIVE TEXT [OPTIONS]`."""
    words = [_word(param) for param in ctx.command.params if isinstance(param, TyperArgument)]
    if isinstance(ctx.command, TyperGroup):
        # As `decamp card`, which makes one: it has options for itself.
        by_itself = ctx.parent is not None and any(_is_own(param) for param in ctx.command.params)
        words = ["[COMMAND …]" if by_itself else "COMMAND …"]
    return " ".join([ctx.command_path, *words, "[OPTIONS]"])


def _is_own(param: object) -> bool:
    """Whether a group has this option for itself, beside those that every command has."""
    return isinstance(param, TyperOption) and param.rich_help_panel != EVERYWHERE


def _usage(ctx: typer.Context, width: int) -> str:
    return textwrap.fill(f"Usage: {usage(ctx)}", width, subsequent_indent="       ")


def _word(argument: TyperArgument) -> str:
    name = argument.metavar or str(argument.name).upper()
    name = f"{name}…" if argument.nargs != 1 else name
    return name if argument.required else f"[{name}]"


def _about(text: str, width: int) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        if paragraph:
            yield textwrap.fill(" ".join(paragraph.split()), width)


def _sections(ctx: typer.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    params = [param for param in ctx.command.params if isinstance(param, (TyperArgument, TyperOption))]
    shown = [param for param in params if not param.hidden]
    if isinstance(ctx.command, TyperGroup):
        yield from _commands(ctx.command)
    arguments = [param for param in shown if isinstance(param, TyperArgument) and param.help]
    options = [param for param in shown if isinstance(param, TyperOption)]
    own = [param for param in options if param.rich_help_panel != EVERYWHERE]
    shared = [param for param in options if param.rich_help_panel == EVERYWHERE]
    for title, some in (("Arguments", arguments), ("Options", own), (EVERYWHERE, shared)):
        if some:
            yield title, [(_name(param), param.help or "") for param in some]


def _commands(group: TyperGroup) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    panels: dict[str, list[tuple[str, str]]] = {}
    for name, command in group.commands.items():
        if isinstance(command, (TyperCommand, TyperGroup)) and not command.hidden:
            summary = " ".join(inspect.cleandoc(command.help or "").split("\n\n")[0].split())
            panels.setdefault(command.rich_help_panel or "Commands", []).append((name, summary))
    yield from panels.items()


def _name(param: Parameter) -> str:
    if isinstance(param, TyperArgument):
        return _word(param)
    names = ", ".join(param.opts)
    own = str(param.name)
    value = "" if param.is_flag or own.endswith("_completion") else f" {param.metavar or own.upper()}"
    return f"{names}{value}{'…' if param.multiple else ''}"


def _rows(rows: Iterable[Sequence[str]], width: int) -> Iterator[str]:
    """Names on the left, explanations on the right; a long name has a line of its own."""
    rows = list(rows)
    column = min(max(len(name) for name, _ in rows) + 4, _COLUMN)
    for name, text in rows:
        lines = textwrap.wrap(text, max(width - column, 20)) or [""]
        if len(name) + 4 > column:
            yield f"  {name}"
        else:
            yield f"  {name}".ljust(column) + lines.pop(0)
        yield from (" " * column + line for line in lines)
