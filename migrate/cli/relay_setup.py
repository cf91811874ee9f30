"""What a relay is made of: the bridges that take part, the rules that make portals, and the store with its links.

Rules stand as `[[portals]]` in config.toml, where people may change them. Links stand in `relay.db`, where the relay
keeps what it knows of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from ..errors import DecampError
from ..settings import BadSettings
from .bridging import NotSetUp, settings_of
from .run import Run

if TYPE_CHECKING:
    from bridges.api import About, Bridge
    from bridges.relay.model import Options, Place, Rule, Side
    from bridges.relay.sqlite import SqliteStore

SECTION = "relay"
PORTALS = "portals"


class NothingLinked(DecampError):
    """Nothing is relayed yet."""

    exit_code = 2
    hint = "`decamp relay add` links chats, such as: decamp relay add session xmpp-component"


@dataclass(frozen=True, slots=True)
class Named:
    """A rule, and the name by which people speak of it."""

    name: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Seated:
    """A bridge that takes part: ready with its settings, or the reason why it cannot."""

    side: Side
    bridge: type[Bridge] | None = None
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    trouble: DecampError | None = None

    def ready(self) -> type[Bridge]:
        """The bridge. Raises what is wrong with it."""
        if self.bridge is None or self.trouble is not None:
            raise self.trouble or NotSetUp(self.side.name)
        return self.bridge

    @property
    def secrets(self) -> frozenset[str]:
        """What no line may ever show."""
        named = {setting.name for setting in self.side.about.settings if setting.is_secret}
        return frozenset(value for name, value in self.values.items() if name in named and value)


@dataclass(frozen=True, slots=True)
class Relaying:
    """Everything that one relay is."""

    store: SqliteStore
    rules: tuple[Named, ...]
    seats: dict[str, Seated]
    sides: dict[str, Side]

    def seat(self, run: Run, name: str) -> Seated:
        """A bridge that takes part, or is about to."""
        if name not in self.seats:
            self.seats[name] = seated(run, name)
            self.sides[name] = self.seats[name].side
        return self.seats[name]


@contextmanager
def opened(run: Run, *, alone: bool = False) -> Iterator[Relaying]:
    """The store with everything around it. `alone`: as the relay that runs; without, for a look or a word to it."""
    from bridges.relay.sqlite import SqliteStore

    run.settings.create()
    rules, control = rules_of(run), control_of(run)
    sides: dict[str, Side] = {}
    with closing(
        SqliteStore(run.settings.home, sides, rules=[one.rule for one in rules], control=control, lock=alone)
    ) as store:
        relaying = Relaying(store, tuple(rules), {}, sides)
        for name in taking_part(store):
            relaying.seat(run, name)
        yield relaying


def taking_part(store: SqliteStore) -> list[str]:
    """The bridges that links, rules and management chats need."""
    names = {end.bridge for name, link in store.portals.links.items() if name not in store.portals.ended
             for end in link.ends}  # fmt: skip
    names |= {name for rule in store.rules for name in (rule.source, rule.target)}
    return sorted(names | {place.bridge for place in store.control})


def is_running(run: Run) -> bool:
    """Whether a relay runs with this store at the moment."""
    from bridges.relay.database import LOCK

    path = run.settings.home / LOCK
    if not path.exists():
        return False
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as lock:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
    return False


def seated(run: Run, name: str) -> Seated:
    """A bridge with its settings and what the relay has to know of it; or the reason why it cannot take part."""
    from bridges.registry import load
    from bridges.relay.model import Side

    try:
        bridge = load(name)
    except DecampError as error:
        return Seated(Side(name=name, about=_unknown(name)), trouble=error)
    try:
        values = settings_of(run, bridge)
    except DecampError as error:
        return Seated(Side(name=name, about=bridge.about), bridge, trouble=error)
    return Seated(side_of(run, bridge.about, values), bridge, values)


def side_of(run: Run, about: About, values: Mapping[str, str]) -> Side:
    """What the relay has to know of a bridge, as the settings are now."""
    from bridges.relay.model import Side

    name = about.name
    return Side(name=name, about=about, owners=owners(run, name, values), ignored=_texts(run, "ignored", name))


def owners(run: Run, name: str, values: Mapping[str, str]) -> frozenset[str]:
    """The owner's own addresses on a network: the one that the bridge was told when it was set up, and further ones."""
    told = values.get("owner", "")
    return _texts(run, "owners", name) | ({told} if told else frozenset())


def add_owner(run: Run, name: str, person: str) -> None:
    """Note an address of the owner's."""
    known = _texts(run, "owners", name)
    run.settings.set(f"{SECTION}.owners", name, sorted(known | {person}))


def control_of(run: Run) -> list[Place]:
    """The management chats, where the owner and the relay speak to each other."""
    from bridges.relay.model import Place

    found = []
    for said in run.settings.texts(SECTION, "control") or []:
        bridge, colon, chat = said.partition(":")
        if not colon:
            raise BadSettings(f"{said!r} in [{SECTION}] of config.toml is no management chat.")
        found.append(Place(bridge=bridge, chat=chat))
    return found


def set_control(run: Run, place: Place) -> None:
    """Note a management chat; it takes the place of the one before on that network."""
    others = [one for one in control_of(run) if one.bridge != place.bridge]
    run.settings.set(SECTION, "control", [str(one) for one in [*others, place]])


# -- rules -------------------------------------------------------------------------------------------


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[portals]]`, without its options."""

    name: str
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    mode: str
    chat: str | None = None
    groups: bool = False


def rules_of(run: Run) -> list[Named]:
    """Every rule, as config.toml has it. Raises `BadSettings` for one that cannot be used."""
    from bridges.relay.model import Mode, Options, Rule

    known = {one.name for one in msgspec.structs.fields(Options)}
    found = []
    for table in run.settings.tables(PORTALS):
        try:
            said = msgspec.convert({name: value for name, value in table.items() if name not in known}, _Table)
            options = msgspec.convert({name: value for name, value in table.items() if name in known}, Options)
            mode = Mode(said.mode)
        except (msgspec.ValidationError, ValueError) as error:
            raise BadSettings(f"A [[{PORTALS}]] in config.toml cannot be used: {error}.") from error
        rule = Rule(
            source=said.source, target=said.target, mode=mode, chat=said.chat, groups=said.groups, options=options,
            name=said.name,
        )  # fmt: skip
        found.append(Named(said.name, rule))
    return found


def keep_rules(run: Run, rules: Sequence[Named]) -> None:
    """Write all rules down."""
    run.settings.set_tables(PORTALS, [_table(one) for one in rules])


def _table(one: Named) -> dict[str, object]:
    rule = one.rule
    table: dict[str, object] = {"name": one.name, "from": rule.source, "to": rule.target, "mode": str(rule.mode)}
    if rule.chat is not None:
        table["chat"] = rule.chat
    if rule.groups:
        table["groups"] = True
    return {**table, **changed(rule.options)}


def changed(options: Options) -> dict[str, bool | int | str]:
    """The options that somebody wants otherwise than they are by themselves."""
    given = msgspec.structs.asdict(options)
    usual = msgspec.structs.asdict(type(options)())
    return {name: value for name, value in given.items() if value != usual[name]}


def _texts(run: Run, table: str, name: str) -> frozenset[str]:
    return frozenset(run.settings.texts(f"{SECTION}.{table}", name) or [])


def _unknown(name: str) -> About:
    """What stands for a bridge that cannot even be loaded."""
    from bridges.about import About

    from ..model import Network

    return About(name=name, title=name, network=Network.WEB, summary="")
