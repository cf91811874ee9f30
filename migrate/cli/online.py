"""How every command that goes online reaches the Session network, and what it says before it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from ..errors import WrongWords
from .run import Run
from .sources import profiles_here

if TYPE_CHECKING:
    from ..network.access import Access, Place, Proxy
    from ..network.network import Network
    from ..network.report import Found
    from ..sources.desktop.locate import Profile

Result = TypeVar("Result")
SECTION = "network"

Direct = Annotated[
    bool,
    typer.Option("--direct", help="Ask nodes without onions: they see your address, and whose messages you ask for."),
]
ThroughProxy = Annotated[
    str | None,
    typer.Option(
        "--proxy", metavar="URL",
        help="Send everything through this SOCKS5 proxy and nothing around it; socks5h://127.0.0.1:9050 is Tor.",
    ),
]  # fmt: skip
NodeFile = Annotated[
    Path | None,
    typer.Option(
        "--nodes", metavar="FILE",
        help="Begin with this list where no seed answers; `decamp network nodes --save FILE` makes one.",
    ),
]  # fmt: skip


def access_of(run: Run, *, direct: bool = False, proxy: str | None = None, nodes: Path | None = None) -> Access:
    """The way to the network by the options of a command and the section [network] of the settings."""
    from dataclasses import replace

    from ..network.access import Access
    from ..network.saved import place_of_file

    settings, home = run.settings, run.settings.home
    standin = settings.text(SECTION, "standin")
    if standin is None:
        access = Access(cache=home / "nodes.json", places=tuple(_places(run)))
    else:
        # A list of its own: neither may ever be taken for the other.
        access = Access.of_standin(_read(Path(standin).expanduser()), home / "nodes-of-standin.json")
    return replace(
        access,
        named=place_of_file(f"the list {nodes}", nodes.expanduser(), local=access.local) if nodes else None,
        direct=direct or bool(settings.switch(SECTION, "direct")),
        proxy=_proxy(run, proxy),
    )


def online(run: Run, access: Access, work: Callable[[Network], Awaitable[Result]]) -> Result:
    """Say what leaves the machine, connect, do the work, and leave no connection behind."""
    import asyncio
    import secrets
    from random import SystemRandom

    from ..network.network import connect

    async def connected() -> Result:
        async with connect(access, now=run.now, random=SystemRandom(), rng=secrets.token_bytes) as network:
            return await work(network)

    tell(run, access)
    return asyncio.run(connected())


def tell(run: Run, access: Access) -> None:
    """What leaves the machine, before it does."""
    if access.local:
        run.ui.note("This goes to the stand-in network on this machine, and nowhere else.")
        return
    through = f" All of it goes through the proxy at {access.proxy}." if access.proxy else ""
    if access.direct:
        run.ui.warn(
            "With --direct the nodes that keep an account's messages see where you are and whose messages you ask for, "
            f"and the file server sees which files.{through}"
        )
    else:
        run.ui.note(
            "Asking the Session network: a seed and the first node on the way see your address, the nodes behind it "
            f"what is asked; nobody sees both.{through}"
        )


def _proxy(run: Run, option: str | None) -> Proxy | None:
    """The proxy of the option, else of DECAMP_PROXY, else of the settings. Only the second may hold a password."""
    from ..network.access import Proxy

    given = option or run.environ.get("DECAMP_PROXY") or run.settings.text(SECTION, "proxy")
    proxy = Proxy.read(given) if given else None
    if proxy is not None and proxy.password is not None and given != run.environ.get("DECAMP_PROXY"):
        raise WrongWords(
            "A password of a proxy belongs neither on the command line nor into config.toml.",
            "Give the whole address in the environment variable DECAMP_PROXY.",
        )
    return proxy


def _places(run: Run) -> Iterator[Place]:
    """What may hold a list of nodes on this machine. Nothing is read before its turn comes."""
    from ..network.access import Place
    from ..network.saved import place_of_file

    for profile in profiles_here(run):
        yield Place(f"Session Desktop in {profile.folder}", partial(_of_desktop, profile))
    named = run.settings.text(SECTION, "nodes")
    if named is not None:
        yield place_of_file(f"the list {named}", Path(named).expanduser())


def _of_desktop(profile: Profile, now: int) -> Found:
    import tempfile

    from ..network.report import Found
    from ..sources.desktop.nodes import nodes_in

    with tempfile.TemporaryDirectory(prefix="decamp-") as work:
        return Found(nodes_in(profile, Path(work)), f"Session Desktop in {profile.folder}")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongWords(
            f"The file of the stand-in network, {path}, cannot be read: {error.strerror}.",
            "Delete `standin` in the section [network] of config.toml, or start the stand-in network.",
        ) from error
