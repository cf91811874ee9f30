"""`decamp bridge`: which networks decamp can speak, setting one up, and looking whether it works."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from .command import command, tree
from .run import Result, Run
from .ui import plain
from .wording import count

if TYPE_CHECKING:
    from bridges.api import Bridge, Chat
    from bridges.state import Health

Name = Annotated[str, typer.Argument(metavar="NAME", help="The bridge, as `decamp bridge list` calls it.")]
Answers = Annotated[
    str | None,
    typer.Option(
        "--answers", metavar="FILE",
        help='Take the answers from FILE, one `name = "value"` a line, or from standard input if FILE is -.',
    ),
]  # fmt: skip
InKeyring = Annotated[
    bool, typer.Option("--keyring", help="Keep passwords in the system keyring; else in a file that only you may read.")
]
Abilities = Annotated[bool, typer.Option("--abilities", help="Show what each of them can do.")]


@command("list", "decamp bridge list", "decamp bridge list --abilities")
def list_bridges(run: Run, *, abilities: Abilities = False) -> Result:
    """Show every bridge: decamp's own, and those that other packages bring."""
    from bridges.abilities import rows
    from bridges.registry import every

    from .bridging import is_set_up

    listed = every()
    if abilities:
        columns, cells = rows([one.bridge.about for one in listed if one.bridge])
        run.ui.tables(columns, cells)
    else:
        for one in listed:
            state = one.trouble or ("set up" if one.bridge and is_set_up(run, one.bridge) else "not set up")
            run.ui.answer(f"{plain(one.name)}: {plain(state)}")
            if one.bridge:
                summary = fill(
                    plain(one.bridge.about.summary), run.ui.width, initial_indent="  ", subsequent_indent="  "
                )
                run.ui.answer(summary, wrap=False)
    run.ui.note("`decamp bridge setup NAME` makes one ready.")
    return Result({"bridges": [_object(run, one.name, one.bridge, one.trouble) for one in listed]})


@command("setup", "decamp bridge setup xmpp", "decamp bridge setup matrix --answers answers.toml")
def setup(run: Run, name: Name, *, answers: Answers = None, keyring: InKeyring = False) -> Result:
    """Tell decamp how to use a network, and see whether it works.

    It asks for what it needs, logs in once, and keeps the answers only if that worked. Where a network lets anybody
    make an account, it offers to make one.
    """
    import asyncio

    from bridges.registry import load

    from .bridging import answers_in, desk, exit_code, folder, held, keep, running, say_what_leaves
    from .talking import Given, Terminal

    bridge = load(name)
    _advise(run, bridge)
    with held(run, name):
        asked = [setting.name for setting in bridge.about.settings]
        talk = Given(answers_in(run, answers), run.ui) if answers else Terminal(run.ui, asked)

        async def all_of_it() -> tuple[dict[str, str], Health, str]:
            if bridge.about.name != "session":  # which goes online only afterwards, and says so then
                run.ui.note("decamp logs in with what you answer, at the server that you name.")
            values = await bridge.set_up(talk, folder(run, name))
            one, at = bridge(), desk(run, bridge, values)
            say_what_leaves(run, bridge, at)
            async with running(one, at) as health:
                return values, health, one.me.id if exit_code(health) == 0 else ""

        values, health, me = asyncio.run(all_of_it())
    code = exit_code(health)
    if code == 0:
        keep(run, bridge, values, keyring=keyring)
        run.ui.report(f"It works: you are {plain(me)}", wrap=False)
    else:
        _say(run, health)
        run.ui.warn("Nothing was kept.")
    return Result({"bridge": name, "me": me or None, "health": health}, code)


@command("check", "decamp bridge check xmpp")
def check(run: Run, name: Name) -> Result:
    """Connect once, and say how it went."""
    import asyncio

    from bridges.registry import load

    from .bridging import desk, exit_code, held, running, say_what_leaves, settings_of

    bridge = load(name)
    values = settings_of(run, bridge)
    _advise(run, bridge)

    async def look() -> tuple[Health, str]:
        one, at = bridge(), desk(run, bridge, values)
        say_what_leaves(run, bridge, at)
        async with running(one, at) as health:
            return health, one.me.id if exit_code(health) == 0 else ""

    with held(run, name):
        health, me = asyncio.run(look())
    _say(run, health)
    if me:
        run.ui.answer(f"You are {plain(me)}", wrap=False)
    return Result({"bridge": name, "me": me or None, "health": health}, exit_code(health))


@command("chats", "decamp bridge chats matrix", "decamp bridge chats session --json")
def chats(run: Run, name: Name) -> Result:
    """Show every place on this network where one can post."""
    import asyncio

    from bridges.registry import load

    from .bridging import desk, exit_code, held, running, say_what_leaves, settings_of

    bridge = load(name)
    values = settings_of(run, bridge)

    async def look() -> tuple[Health, list[Chat]]:
        one, at = bridge(), desk(run, bridge, values)
        say_what_leaves(run, bridge, at)
        async with running(one, at) as health:
            return health, [chat async for chat in one.chats()] if exit_code(health) == 0 else []

    with held(run, name):
        health, found = asyncio.run(look())
    if exit_code(health):
        _say(run, health)
        return Result({"bridge": name, "health": health}, exit_code(health))
    found.sort(key=lambda chat: (chat.kind, chat.title.casefold(), chat.id))
    if found:
        run.ui.table(("Name", "Kind", "Address"), [(chat.title, chat.kind, chat.id) for chat in found])
    run.ui.note(f"{count(len(found), 'chat')}.")
    return Result({"bridge": name, "chats": found})


def _advise(run: Run, bridge: type[Bridge]) -> None:
    """What it would do better with something that is not installed."""
    from bridges.registry import lacking

    for said, todo in lacking(bridge.about):
        run.ui.note(f"{said} {todo}")


def _say(run: Run, health: Health) -> None:
    run.ui.answer(f"The bridge is {health.state}{f': {plain(health.said)}' if health.said else '.'}")
    if health.todo:
        run.ui.answer(plain(health.todo))


def _object(run: Run, name: str, bridge: type[Bridge] | None, trouble: str | None) -> dict[str, object]:
    from .bridging import is_set_up

    about = bridge.about if bridge else None
    return {
        "name": name,
        "trouble": trouble,
        "set_up": bool(bridge and is_set_up(run, bridge)),
        "title": about.title if about else None,
        "network": about.network if about else None,
        "summary": about.summary if about else None,
        "can": sorted(about.can) if about else [],
        "limits": about.limits if about else None,
    }


bridge = tree(
    "bridge",
    """
    Say how to reach the networks you move to.

    A bridge speaks one network with an account there. `decamp announce` and `decamp relay` use those that are set up.
    """,
    {"Networks": [list_bridges, setup, check, chats]},
    examples=("decamp bridge list", "decamp bridge setup xmpp"),
)
