"""`decamp relay add`: from what a person types to a link in the store, or a rule in config.toml."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import WrongWords
from .relay_ends import Line, Word, line, pick
from .relay_setup import Named, Relaying, add_owner, control_of, keep_rules, owners, rules_of, set_control
from .run import Run
from .ui import plain

if TYPE_CHECKING:
    from bridges.api import Chat
    from bridges.relay.model import Link, Mode, Options, Place

ITSELF = "decamp"
"""What the management chat is called."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, beside the places themselves."""

    options: Options
    name: str | None = None
    mode: Mode | None = None
    one_way: bool = False
    groups: bool = False
    everybody: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """What came of it: a rule or a link, and whether it took the place of one before."""

    name: str
    rule: Named | None = None
    link: Link | None = None
    again: bool = False
    control: tuple[Place, ...] = ()


class Adding:
    """One call of `decamp relay add`."""

    def __init__(self, run: Run, relaying: Relaying, words: Sequence[Word], wanted: Wanted) -> None:
        self._run, self._relaying, self._words, self._wanted = run, relaying, words, wanted

    async def add(self) -> Added:
        """Refuse what cannot work before anything is asked or made, then do it."""
        first, *others = self._words
        if first.chat is None and len(others) != 1:
            raise WrongWords(
                "A whole network can be relayed to one place at a time.",
                'Say `add` once for each, or name a chat: decamp relay add session:"Book club" matrix:books xmpp:books',
            )
        for word in self._words:
            self._relaying.seat(self._run, word.bridge).ready()
        self._check_networks()
        async with AsyncExitStack() as stack:
            needed = {word.bridge for word in (others if first.chat is None else self._words)}
            lines = {
                name: await stack.enter_async_context(line(self._run, self._relaying, name)) for name in sorted(needed)
            }
            added = await (self._rule(lines, others[0]) if first.chat is None else self._link(lines))
            return replace(added, control=await self._control(lines, [word.bridge for word in others], added))

    def _check_networks(self) -> None:
        """A network is never told what came from itself."""
        from bridges.relay.loops import BadLink

        sides = [self._relaying.sides[word.bridge] for word in self._words]
        if len({side.network for side in sides}) == len(sides):
            return
        if self._words[0].chat is None:
            raise BadLink(f"{sides[0].about.title} cannot be relayed to itself.", "Name another network.")
        if len(set(self._words)) < len(self._words):
            raise BadLink("A chat cannot be linked to itself.", "Name another one.")
        raise BadLink("Both chats are on the same network, which would be told its own messages.", "Name another one.")

    # -- a rule ------------------------------------------------------------------------------------------

    async def _rule(self, lines: dict[str, Line], word: Word) -> Added:
        from bridges.relay.model import Mode, Rule

        source, target = self._words[0].bridge, word.bridge
        mode = self._mode(word)
        rules = rules_of(self._run)
        self._check_circle(rules, source, target)
        if mode is Mode.CHATS and (why := await lines[target].no_chats()) is not None:
            if self._wanted.mode is not None:
                raise why
            self._run.ui.note(f"{why} {why.hint} Until then all contacts share one chat.")
            mode = Mode.SHARED
        chat: Chat | None = None
        if mode is Mode.SHARED:
            chat = self._shared(lines[target], word)
            if chat.person is not None:
                add_owner(self._run, target, chat.person)  # the only other person there is the owner
        name = self._wanted.name or f"{source}-{target}"
        rule = Rule(
            source=source, target=target, mode=mode, chat=chat.id if chat else None, groups=self._wanted.groups,
            options=self._wanted.options, name=name,
        )  # fmt: skip
        same = [one for one in rules if (one.rule.source, one.rule.target) == (source, target)]
        if any(one.name == name for one in rules if one not in same):
            raise WrongWords(f"Something else is called {name} already.", "Choose another name with --name.")
        made = Named(name, rule)
        keep_rules(self._run, [*(one for one in rules if one not in same), made])
        return Added(name, rule=made, again=bool(same))

    def _shared(self, at: Line, word: Word) -> Chat:
        """The chat for all contacts: the one that was named, or the one with the owner."""
        owners = self._relaying.seat(self._run, at.name).side.owners
        with_owner = [chat for chat in at.chats if chat.kind == "direct" and chat.person in owners]
        if word.chat is None and with_owner:
            return with_owner[0]
        return pick(self._run.ui, at, word.chat or "")

    def _mode(self, word: Word) -> Mode:
        """What stands for a contact: the best that the network can do, unless the person says otherwise."""
        from bridges.about import Can
        from bridges.relay.loops import BadLink
        from bridges.relay.model import Mode

        about, wanted = self._relaying.sides[word.bridge].about, self._wanted.mode
        able = {Mode.GHOSTS: Can.GHOSTS in about.can, Mode.CHATS: Can.MAKE_CHATS in about.can, Mode.SHARED: True}
        if wanted is not None and not able[wanted]:
            raise BadLink(
                f"{about.title} has no {wanted} for contacts.", "`decamp bridge list --abilities` shows more."
            )
        if wanted is Mode.SHARED or (wanted is None and word.chat is not None):
            return Mode.SHARED
        if word.chat is not None:
            raise WrongWords("A chat was named, and each contact was to get one.", "Leave out the chat or --mode.")
        if wanted is None and not able[Mode.CHATS] and not able[Mode.GHOSTS]:
            raise BadLink(
                f"{about.title} makes no chats by itself, so that all contacts have to share one.",
                f"Name it: decamp relay add {self._words[0].bridge} {about.name}:CHAT",
            )
        return wanted or (Mode.GHOSTS if able[Mode.GHOSTS] else Mode.CHATS)

    def _check_circle(self, rules: Sequence[Named], source: str, target: str) -> None:
        """Networks that rules join may form no ring."""
        from bridges.relay.loops import BadLink

        sides = self._relaying.sides
        joined = [{sides[one.rule.source].network, sides[one.rule.target].network} for one in rules
                  if (one.rule.source, one.rule.target) != (source, target)]  # fmt: skip
        reached = {sides[source].network}
        while more := [pair for pair in joined if pair & reached and not pair <= reached]:
            reached = reached.union(*more)
        if sides[target].network in reached:
            raise BadLink("These networks are joined already, and messages would go in a circle.")

    # -- a link ------------------------------------------------------------------------------------------

    async def _link(self, lines: dict[str, Line]) -> Added:
        from bridges.relay import loops
        from bridges.relay.model import Direction, Link, Place

        store, wanted = self._relaying.store, self._wanted
        first = pick(self._run.ui, lines[self._words[0].bridge], self._words[0].chat or "")
        source = Place(bridge=self._words[0].bridge, chat=first.id)
        private = first.kind == "direct" and not wanted.everybody
        here = next((one for one in store.portals.at(source) if not one.made), None)
        ends: list[tuple[Place, Chat]] = [(source, first)]
        for word in self._words[1:]:
            chat = await self._other_end(lines[word.bridge], word, first)
            ends.append((Place(bridge=word.bridge, chat=chat.id), chat))
        places = tuple(place for place, _ in ends)
        again = here if here is not None and set(here.ends) == set(places) else None
        link = Link(
            name=again.name if again else self._free_name(wanted.name or plain(first.title) or first.id), ends=places,
            title=first.title, direction=Direction.OUT if wanted.one_way else Direction.BOTH, options=wanted.options,
            private=private, person=first.person if private else None,
        )  # fmt: skip
        others = [one for name, one in store.portals.links.items() if name not in store.portals.ended]
        loops.check(link, others, self._relaying.sides)
        for place, chat in ends:
            store.acquaintance.visit(place, chat)
        store.portals.add(link)
        store.database.commit()
        return Added(link.name, link=link, again=again is not None)

    async def _other_end(self, at: Line, word: Word, first: Chat) -> Chat:
        """The chat that was named, or a new one with the name of the first."""
        from bridges.about import Can
        from bridges.api import Person
        from bridges.relay.dressing import ghost_name
        from bridges.relay.loops import BadLink
        from bridges.relay.model import Place

        if word.chat is not None:
            chat = pick(self._run.ui, at, word.chat)
            self._note(word.bridge, chat)
            return chat
        if Can.MAKE_CHATS not in self._relaying.sides[word.bridge].about.can:
            raise BadLink(f"{word.bridge} makes no chats by itself.", f"Name one: {word.bridge}:CHAT")
        source, about = self._words[0].bridge, self._relaying.sides[self._words[0].bridge].about
        known = self._relaying.store.acquaintance.person(source, first.person) if first.person else None
        person = known or (Person(id=first.person) if first.person and first.kind == "direct" else None)
        named = Person(id=first.id, name=first.title)
        most, template = at.limits.name_characters, self._wanted.options.ghost_name
        for apart in (False, True):  # a bridge may find a chat by its title alone, and it may stand for a namesake
            title = ghost_name(named, about, most, template, apart=apart)
            self._run.ui.note(f"Making a chat called {plain(title)} on {word.bridge}.")
            # Who has an address goes by their own name: the title may be what the owner says.
            chat = await at.make(title, person, f"{source} {first.id}")
            place = Place(bridge=word.bridge, chat=chat.id)
            if not self._relaying.store.portals.is_of_another(place, Place(bridge=source, chat=first.id)):
                return chat
        raise BadLink(f"{word.bridge} gave a chat that stands for another conversation.", "Name one that is free.")

    def _note(self, bridge: str, chat: Chat) -> None:
        """Refuse the management chat as an end: what is written there is for the relay itself."""
        from bridges.relay.loops import BadLink
        from bridges.relay.model import Place

        if Place(bridge=bridge, chat=chat.id) in control_of(self._run):
            raise BadLink(f"{chat.title} is the chat in which you speak to the relay itself.", "Name another one.")

    def _free_name(self, wanted: str) -> str:
        """A name that no other link and no rule has."""
        taken = set(self._relaying.store.portals.links) | {one.name for one in self._relaying.rules}
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted} {number}", number + 1
        return name

    # -- the management chat -----------------------------------------------------------------------------

    async def _control(self, lines: dict[str, Line], targets: Sequence[str], added: Added) -> tuple[Place, ...]:
        """Where the relay and its owner speak: the direct chat with the owner, or one that is made for it."""
        from bridges.relay.model import Place

        if known := control_of(self._run):
            return tuple(known)
        for name in targets:
            seat = self._relaying.seat(self._run, name)
            known_as = owners(self._run, name, seat.values)  # also whom this very call has learned
            used = {end.chat for end in added.link.ends} if added.link else set()
            used |= {added.rule.rule.chat} if added.rule and added.rule.rule.chat else set()
            found = [one for one in lines[name].chats if one.kind == "direct" and one.person in known_as]
            chat = next((one for one in found if one.id not in used), None)
            chat = chat or (await self._made_for_owner(lines[name]) if known_as else None)
            chat = chat or next((one for one in found if added.rule is not None), None)  # shared with the contacts
            if chat is not None:
                place = Place(bridge=name, chat=chat.id)
                self._relaying.store.acquaintance.visit(place, chat)
                self._relaying.store.database.commit()
                set_control(self._run, place)
                return (place,)
        return ()

    async def _made_for_owner(self, at: Line) -> Chat | None:
        """A chat of its own where the network makes such; where each chat is a person, the relay is one."""
        from bridges.about import Can
        from bridges.api import CannotDo, Person, Refused

        from .bridging import BridgeBusy

        if Can.MAKE_CHATS not in self._relaying.sides[at.name].about.can:
            return None
        try:
            return await at.make(ITSELF, None, ITSELF)
        except CannotDo:
            return await at.make(ITSELF, Person(id=ITSELF, name=ITSELF), ITSELF)
        except (Refused, BridgeBusy):
            return None  # it can be made later; until then `decamp relay status` says what it would have said
