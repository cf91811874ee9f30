"""Fills the stand-in network with one made-up account of any size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from ...session.config.message import Tree
from ...session.keys import AccountKeys
from ...session.outgoing import DAY
from ...standin.network import StandIn
from .. import scenes
from ..cast import OWNER, PEOPLE, Bond
from ..grow import WORDS
from ..story import DIRECT
from .chats import Chat, Direct, Turn, play
from .echo import GREETING, NAME
from .groups import Circle, found_group, removed_entry
from .post import Friend, Post
from .settings import store_settings
from .told import Known, Told
from .turns import FORTNIGHT, scripted, small_talk, with_timer

LINES, LINES_IN_GROUPS = 9, 14
OLDEST, NEWEST = 12 * DAY, DAY // 24
"""How long ago the first and the last message were sent: none of them expires while somebody looks."""
FACES = tuple(scenes.MOTIFS)
CIRCLES = (
    ("Ridge walkers 🥾", "Every second Saturday, whatever the sky says", ("Mara", "Joon", "Elin"), "walkers", False),
    ("Sunday table 🥘", "One pot, many spoons", ("Ingrid", "Jonas", "Elin"), "family", True),
)
CHOIR = "Choir of the old fire station 🎶"
SINGERS = ("Olesia", "Mara", "Yara", "OtherSam", "Elin")
LEFT = "Book circle 📚"
ROOMS = ("https://pedals.example.org", "workshop")


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is to be, at least: the story of `decamp demo` is always there, and made-up people after it."""

    contacts: int = 0
    groups: int = 0
    communities: int = 0
    messages: int = 0


def populate(
    network: StandIn, keys: AccountKeys, size: Size, random: Random, now: int, *, echo: AccountKeys | None = None
) -> Told:
    """Put an account on the shelves of a running stand-in, and say what there is to find.

    The same `random` and `now` give the same account to the byte. Every other node orders what is new in its own way.
    With `echo` one more friend has written, whose keys these are: `Echo` answers in their name.
    """
    return _Making(network, keys, size, random, now, echo).told


class _Making:
    """One account in the making."""

    def __init__(
        self, network: StandIn, keys: AccountKeys, size: Size, random: Random, now: int, echo: AccountKeys | None
    ) -> None:
        self.post, self.random, self.now = Post(keys, random, now), random, now
        self.told = Told(name=OWNER)
        self.faces = {motif: scenes.face(random, motif).png() for motif in FACES}
        self.owner = self._with_face(Friend(keys, OWNER), "wheel")
        self.told.avatar = self.owner.face or ""
        self.cast = {OWNER: self.owner, **dict(self._people())}
        met = {person.key for person in PEOPLE if person.bond is Bond.MET_IN_A_GROUP}
        self.book = [friend for key, friend in self.cast.items() if key != OWNER and key not in met]
        self.others = [self._made_up(number) for number in range(size.contacts - len(self.book))]
        self.book += self.others
        self.chats: list[tuple[Chat, list[Turn]]] = []
        if echo is not None:
            friend = self._with_face(Friend(echo, NAME, pinned=True), "note")
            self.book.append(friend)
            self.chats.append((Direct(self.post, friend), [Turn(friend, GREETING)]))
        self.joined: dict[str, Tree] = {}
        self._write_to_people()
        self._write_in_groups(size.groups)
        self._talk_on(size.messages)
        self._play()
        self._keep_settings(size.communities)
        network.faults.reordered.update(range(1, len(network.nodes), 2))
        self.told.stored = self.post.deliver(network)

    # -- people ------------------------------------------------------------------------------------------

    def _people(self) -> Iterator[tuple[str, Friend]]:
        for person in PEOPLE:
            friend = Friend(
                self.post.someone(),
                person.name,
                person.nickname,
                approved=person.bond in {Bond.CONTACT, Bond.ASKED_BY_US},
                approved_me=person.bond in {Bond.CONTACT, Bond.ASKS_US},
                blocked=person.key == "Prizes",
                pinned=person.pinned,
            )
            yield person.key, self._with_face(friend, person.face) if person.face else friend

    def _made_up(self, number: int) -> Friend:
        name = f"{self.random.choice(WORDS).title()} {number}"
        friend = Friend(self.post.someone(), name, f"Nick {number}" if number % 7 == 3 else None)
        return self._with_face(friend, FACES[number % len(FACES)]) if number % 3 == 0 else friend

    def _with_face(self, friend: Friend, motif: str) -> Friend:
        image = self.faces[motif]
        return replace(friend, picture=self.post.picture(image), face=hashlib.sha256(image).hexdigest())

    # -- what they say -----------------------------------------------------------------------------------

    def _write_to_people(self) -> None:
        for key in DIRECT:
            self.chats.append((Direct(self.post, self.cast[key]), scripted(key.lower(), self.cast, LINES)))
        self.chats.append((Direct(self.post, self.owner), scripted("notes", self.cast, LINES)))
        self.chats += [(Direct(self.post, friend), []) for friend in self.others]

    def _write_in_groups(self, count: int) -> None:
        for name, about, names, script, ours in CIRCLES:
            people = [self.cast[one] for one in names]
            self._found(
                Circle(name, about, people, ours), self.faces["peak"], scripted(script, self.cast, LINES_IN_GROUPS)
            )
        everybody = [*list(self.cast.values())[1:], *self.others]
        for number in range(count - len(CIRCLES)):
            people = self.random.sample(everybody, self.random.randint(3, min(12, len(everybody))))
            circle = Circle(f"Circle of the {self.random.choice(WORDS)} {number}", "", people, ours=number % 3 == 1)
            self._found(circle, None, [])
        id, entry = removed_entry(self.post, LEFT)
        self.joined[id] = entry
        self.told.removed[id] = LEFT

    def _found(self, circle: Circle, face: bytes | None, turns: list[Turn]) -> None:
        chat, joined, entry = found_group(self.post, self.owner, circle, face)
        self.joined[chat.id] = entry
        self.told.groups[chat.id] = joined
        self.chats.append((chat, turns))

    def _talk_on(self, messages: int) -> None:
        """Small talk in all conversations, until there are so many messages; a few have most of it, as in life."""
        missing = messages - sum(len(turns) for _, turns in self.chats)
        if missing <= 0:
            return
        weights = [1 / (rank + 1) ** 0.8 for rank in range(len(self.chats))]
        places = self.random.choices(range(len(self.chats)), weights=weights, k=missing)
        for place, (chat, turns) in enumerate(self.chats):
            turns += small_talk(self._people_of(chat), places.count(place), self.random)

    def _people_of(self, chat: Chat) -> Sequence[Friend]:
        if isinstance(chat, Direct):
            return list({one.id: one for one in (self.owner, chat.friend)}.values())
        members = self.told.groups[chat.id].members
        return [one for one in [*self.cast.values(), *self.others] if one.id in members]

    def _play(self) -> None:
        disappearing, blocked = self.cast["Fynn"].id, self.cast["Prizes"].id
        for chat, turns in self.chats:
            taken = with_timer(turns) if chat.id == disappearing else turns
            moments = sorted(self.random.sample(range(self.now - OLDEST, self.now - NEWEST), len(taken)))
            for said in play(self.post, chat, taken, moments):
                (self.told.unwanted if said.sender == blocked else self.told.messages).append(said)
            self.told.doubles += sum(turn.tries_again for turn in taken)

    # -- what the account knows --------------------------------------------------------------------------

    def _keep_settings(self, communities: int) -> None:
        self.told.contacts = {
            one.id: Known(one.name, one.nickname, one.approved, one.approved_me, one.blocked, one.face)
            for one in self.book
        }
        choir = self.post.someone().session_id
        self.told.legacy_groups[choir] = CHOIR
        conductor, *singers = (bytes.fromhex(self.cast[name].id) for name in SINGERS)
        joined: Tree = {
            b"g": {bytes.fromhex(id): entry for id, entry in self.joined.items()},
            b"C": {
                bytes.fromhex(choir): {b"n": CHOIR.encode(), b"m": frozenset(singers), b"a": frozenset({conductor})}
            },
            b"o": self._communities(communities),
        }
        timers = {self.cast["Fynn"].id: FORTNIGHT}
        store_settings(self.post, self.owner, self.book, joined, self.told.messages, timers)

    def _communities(self, count: int) -> Tree:
        """The communities in the list of groups; their history is on servers of their own."""
        servers: Tree = {}
        rooms = [ROOMS, *((f"https://talk{number}.example.org", f"room-{number}") for number in range(1, count))]
        for server, room in rooms:
            key = self.random.randbytes(32)
            entry: Tree = {b"n": room.encode(), b"j": (self.now - 100 * DAY) // 1000}
            servers[server.encode()] = {b"#": key, b"R": {room.encode(): entry}}
            self.told.communities[f"{server}/{room}"] = key.hex()
        return servers
