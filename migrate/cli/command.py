"""Makes commands: each gets the options that every command has, a `Run` to work with, and examples in its help."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated

import typer

from ..errors import WrongWords
from .help import EVERYWHERE, page
from .outermost import Tree
from .run import Result, Run


@dataclass(frozen=True, slots=True)
class Command:
    """A function that does what a person asked for, under the name that they type."""

    name: str
    function: Callable[..., Result]
    examples: tuple[str, ...]


def command(name: str, *examples: str) -> Callable[[Callable[..., Result]], Command]:
    """Make a command of a function. Its first parameter is the `Run`; the others, by their annotations, its words."""
    return lambda function: Command(name, function, examples)


def tree(
    name: str,
    about: str,
    panels: dict[str, Sequence[Command | typer.Typer]],
    examples: Sequence[str] = (),
    alone: Command | None = None,
) -> typer.Typer:
    """Commands under one name, in the order and under the headings in which the help page shows them.

    `alone` is what the name does by itself, when none of them follows.
    """
    app = typer.Typer(
        name=name,
        help=about,
        epilog="\n".join(alone.examples if alone else examples),
        cls=Tree,
        add_help_option=False,
        rich_markup_mode=None,
    )
    by_itself = _callable(alone.function) if alone else _root if name == "decamp" else _group
    app.callback(invoke_without_command=True)(by_itself)
    for panel, entries in panels.items():
        for entry in entries:
            if isinstance(entry, typer.Typer):
                app.add_typer(entry, rich_help_panel=panel)
            else:
                register = app.command(
                    entry.name, epilog="\n".join(entry.examples), rich_help_panel=panel, add_help_option=False
                )
                register(_callable(entry.function))
    return app


def run_of(ctx: typer.Context) -> Run:
    """The `Run` that the outermost frame made for this call."""
    run = ctx.find_object(Run)
    assert run is not None  # noqa: S101  Tree.main hands one to every context
    return run


def _callable(function: Callable[..., Result]) -> Callable[..., int]:
    """What typer calls: the function with a context in the place of its `Run`, and the options of every command."""
    own = inspect.signature(function, eval_str=True)
    _, *words = own.parameters.values()

    @wraps(function)
    def call(ctx: typer.Context, **given: object) -> int:
        if ctx.invoked_subcommand is not None:
            return 0  # one of the commands below this name does the work
        run = run_of(ctx)
        run.command = ctx.command_path
        result = function(run, **{word.name: given[word.name] for word in words})
        if run.options.json:
            run.ui.object({"command": run.command, "exit_code": result.code, **result.data})
        return result.code

    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
    options = inspect.signature(_everywhere, eval_str=True).parameters.values()
    named = [word.replace(kind=inspect.Parameter.KEYWORD_ONLY) for word in (*words, *options)]
    setattr(call, "__signature__", own.replace(parameters=[context, *named]))  # noqa: B010  mypy knows no such name
    return call


# -- the options of every command --------------------------------------------------------------------


def _note(ctx: typer.Context, param: typer.CallbackParam, value: object) -> object:
    """Remember an option wherever it was said: `decamp --json info X` is `decamp info X --json`."""
    if value and not ctx.resilient_parsing:
        setattr(run_of(ctx).options, str(param.name), value)
    return value


def _show_help(ctx: typer.Context, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        typer.echo(page(ctx, run_of(ctx).environ))
        raise typer.Exit


def _show_version(ctx: typer.Context, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from .. import __version__

        typer.echo(f"decamp {__version__}")
        raise typer.Exit


Home = Annotated[
    Path | None,
    typer.Option(
        "--home", metavar="DIR", callback=_note, is_eager=True, expose_value=False, rich_help_panel=EVERYWHERE,
        help="Keep settings in DIR; DECAMP_HOME does the same.",
    ),
]  # fmt: skip
Json = Annotated[
    bool,
    typer.Option(
        "--json", callback=_note, is_eager=True, expose_value=False, rich_help_panel=EVERYWHERE,
        help="Print one JSON object on standard output, for programs.",
    ),
]  # fmt: skip
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet", callback=_note, is_eager=True, expose_value=False, rich_help_panel=EVERYWHERE,
        help="Print only answers, warnings and errors.",
    ),
]  # fmt: skip
Debug = Annotated[
    bool,
    typer.Option(
        "--debug", callback=_note, is_eager=True, expose_value=False, rich_help_panel=EVERYWHERE,
        help="Show where in the program an error came from.",
    ),
]  # fmt: skip
Help = Annotated[
    bool,
    typer.Option(
        "--help", callback=_show_help, is_eager=True, expose_value=False, rich_help_panel=EVERYWHERE,
        help="Show this page.",
    ),
]  # fmt: skip
Version = Annotated[
    bool,
    typer.Option(
        "--version", callback=_show_version, is_eager=True, expose_value=False, help="Show the version of decamp."
    ),
]  # fmt: skip


def _everywhere(
    home: Home = None, json: Json = False, quiet: Quiet = False, debug: Debug = False, help: Help = False
) -> None:
    """Declares the options that every command has; nothing calls it."""


def _group(
    ctx: typer.Context,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """Show what there is when no command was named."""
    if ctx.invoked_subcommand is None:
        if run_of(ctx).options.json:
            raise WrongWords("No command was named.", f"`{ctx.command_path} --help` shows what there is.")
        typer.echo(page(ctx, run_of(ctx).environ))
        raise typer.Exit(2)


def _root(
    ctx: typer.Context,
    *,
    version: Version = False,
    home: Home = None,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
    help: Help = False,
) -> None:
    """The same, at the root of the tree."""
    _group(ctx)
