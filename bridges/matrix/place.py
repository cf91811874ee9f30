"""What is known of a room, put together from its state events."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..events import Chat, ChatKind, Person
from .loose import Object, a_text, an_object

PRESENT = frozenset({"join", "invite"})


@dataclass(slots=True)
class Place:
    """A room as we see it. `me` is who looks; `apart` are accounts of ours that count as nobody."""

    id: str
    me: str
    name: str = ""
    alias: str = ""
    picture: str = ""
    direct_with: str | None = None
    encrypted: bool = False
    people: dict[str, Person] = field(default_factory=dict)

    def take(self, event: Object) -> None:
        """Learn from a state event. Room ids are taken as they are: those of version 12 name no server."""
        content, about = an_object(event, "content"), event.get("state_key")
        match event.get("type"):
            case "m.room.name":
                self.name = a_text(content, "name")
            case "m.room.canonical_alias":
                self.alias = a_text(content, "alias")
            case "m.room.avatar":
                self.picture = a_text(content, "url")
            case "m.room.encryption":
                self.encrypted = True  # once on, it stays on, whatever a later event says
            case "m.room.member" if isinstance(about, str):
                self._take_member(about, content)

    def _take_member(self, id: str, content: Object) -> None:
        if a_text(content, "membership") in PRESENT:
            self.people[id] = as_person(id, content)
        else:
            self.people.pop(id, None)

    def person(self, id: str) -> Person:
        """Somebody here, with the name they have in this room."""
        return self.people.get(id) or Person(id=id)

    @property
    def others(self) -> list[Person]:
        return [person for id, person in self.people.items() if id != self.me]

    @property
    def chat(self) -> Chat:
        """The room in our words. One that somebody marked as direct, or with one other and no name, is direct."""
        others = self.others
        alone = others[0].id if len(others) == 1 and not self.name and not self.alias else None
        with_whom = self.direct_with or alone
        title = self.name or self.alias or ", ".join(one.name or one.id for one in others[:4]) or self.id
        return Chat(
            id=self.id,
            title=title,
            kind=ChatKind.DIRECT if with_whom else ChatKind.GROUP,
            person=with_whom,
        )


def as_person(id: str, content: Object) -> Person:
    """A member event's content, or a profile, as a person."""
    return Person(id=id, name=a_text(content, "displayname"), picture=a_text(content, "avatar_url") or None)
