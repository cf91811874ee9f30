"""Who may import whom: docs/architecture.md draws these arrows, this reads them from the code."""

from tests.checks.tree import imported, module_name, sources

NOUNS = {"migrate.model", "migrate.errors", "migrate.identity", "migrate.progress", "migrate.vcard"}
ARROWS: dict[str, set[str]] = {
    **{noun: set() for noun in NOUNS},
    "migrate": set(),
    "migrate.selection": NOUNS,
    "migrate.settings": NOUNS,
    "migrate.session": NOUNS,
    "migrate.network": NOUNS | {"migrate.session"},
    "migrate.account": NOUNS | {"migrate.session", "migrate.network"},
    "migrate.sources": NOUNS | {"migrate.session", "migrate.network"},
    "migrate.archive": NOUNS,
    "migrate.cards": NOUNS | {"migrate.session"},
    # It knows networks only by what every bridge says, does and is asked to do.
    "migrate.announce": NOUNS
    | {"migrate.session", "migrate.cards"}
    | {"bridges.api", "bridges.about", "bridges.events", "bridges.actions", "bridges.state"},
    "migrate.standin": NOUNS | {"migrate.session"},  # a network for tests and demonstrations, on this machine alone
    "migrate.demo": NOUNS | {"migrate.session", "migrate.standin"},
    "migrate.export": NOUNS | {"migrate.selection", "migrate.sources.base", "migrate.archive"},
    "migrate.cli": {"migrate", "bridges"},  # and nothing sees the command line
    "migrate.__main__": {"migrate.cli"},
    "bridges.session": NOUNS | {"migrate.session", "migrate.network", "migrate.account", "bridges"},
    "bridges": {"migrate.model", "migrate.errors", "bridges"},
}
LIBRARIES = {
    "slixmpp": "bridges.xmpp",
    "nio": "bridges.matrix",
    "deltachat_rpc_client": "bridges.deltachat",
    "simplex_chat": "bridges.simplex",
}
SOCKETS = {"socket", "ssl", "http.client", "urllib.request", "asyncio", "aiohttp", "httpx", "requests", "websockets"}
OPEN_SOCKETS = {"migrate.network", "migrate.standin", "migrate.cli"}


def within(name: str, places: set[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def layer_of(name: str) -> str:
    return max((layer for layer in ARROWS if within(name, {layer})), key=len)


def test_every_import_follows_an_arrow() -> None:
    wrong = []
    for path in sources("migrate", "bridges"):
        here = module_name(path)
        layer = layer_of(here)
        allowed = ARROWS[layer] | ({layer} if layer != "migrate" else set())
        for name in imported(path):
            ours = within(name, {"migrate", "bridges"}) and name != "migrate.__version__"
            if ours and not within(name, allowed):
                wrong.append(f"{here} must not import {name}")
    assert not wrong


def test_every_folder_of_the_program_has_its_arrows() -> None:
    """A new folder has to say what it may see before anything in it imports."""
    assert {layer_of(module_name(path)) for path in sources("migrate")} - {"migrate"} == {
        ".".join(module_name(path).split(".")[:2]) for path in sources("migrate") if module_name(path) != "migrate"
    }


def test_a_network_library_stays_in_its_own_folder() -> None:
    wrong = [
        f"{here} imports {name}"
        for path in sources("migrate", "bridges")
        for name in imported(path)
        for library, home in LIBRARIES.items()
        if within(name, {library}) and not within(here := module_name(path), {home})
    ]
    assert not wrong


def test_only_the_network_folders_and_the_bridges_open_sockets() -> None:
    wrong = [
        f"{here} imports {name}"
        for path in sources("migrate")
        for name in imported(path)
        if within(name, SOCKETS) and not within(here := module_name(path), OPEN_SOCKETS)
    ]
    assert not wrong


def test_a_bridge_loads_its_library_only_when_it_starts() -> None:
    wrong = [
        f"{module_name(path)} imports {name} as soon as it is loaded"
        for path in sources("migrate", "bridges")
        for name in imported(path, at_once=True)
        if within(name, set(LIBRARIES))
    ]
    assert not wrong
