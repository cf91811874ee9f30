"""The part of the double that holds what an account has: contacts, groups, entries, and how they are shown."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tests.servers import simplex_objects as make
from tests.servers.simplex_objects import Json
from tests.servers.simplex_parts import Contact, Group, Network, Seat, refused, store, valid_name, wrong
from tests.servers.simplex_types import NotTheirs, check

if TYPE_CHECKING:
    from tests.servers.simplex import Account


class Holding:
    """What an account has. What it does with it is said by those that stand on this."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.user: Json | None = None
        self.started = False
        self.address: Json | None = None
        self.address_settings: Json = {"businessAddress": False}
        self.contacts: dict[int, Contact] = {}
        self.groups: dict[int, Group] = {}
        self.links: dict[int, tuple[str, Json]] = {}
        self.requests: dict[int, tuple[Account, int]] = {}
        self.items: dict[int, tuple[str, Json]] = {}
        self.files: dict[int, Path | bytes | tuple[Holding, int]] = {}
        self.reacted: set[str] = set()
        self.numbers = itertools.count(1)
        self.downloads: Path | None = None

    def tell(self, event: Json) -> None:
        raise NotImplementedError

    def request(self, number: int) -> Json:
        raise NotImplementedError

    def ttl_of(self, ref: str, wanted: int | None) -> int | None:
        raise NotImplementedError

    def agreed(self, contact: Contact) -> bool:
        raise NotImplementedError

    # -- looking things up -------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        assert self.user is not None
        return str(cast("Json", self.user["profile"])["displayName"])

    def read(self, data: str, type_: type) -> Json:
        """An argument in JSON, which has to be what the types say (1)."""
        try:
            value = json.loads(data)
            check(value, type_, type_.__name__)
        except (ValueError, NotTheirs) as error:
            raise wrong(f"Failed reading: {error}") from None
        return cast("Json", value)

    def need_name(self, name: str) -> None:
        valid = valid_name(name)
        if not valid or valid != name:
            raise refused("invalidDisplayName", displayName=name, validName=valid)

    def local(self, name: str) -> str:
        """A name that nobody else has here (6)."""
        taken = {one.local for one in self.contacts.values()} | {one.local for one in self.groups.values()}
        return next(free for free in itertools.chain([name], (f"{name}_{n}" for n in itertools.count(1))) if free not in taken)  # fmt: skip  # noqa: E501

    def contact(self, number: int) -> Contact:
        if number not in self.contacts:
            raise store("contactNotFound", contactId=number)
        return self.contacts[number]

    def new_contact(self, name: str, conn: int, alias: str) -> Contact:
        made = Contact(next(self.numbers), self.local(name), name, conn, alias=alias)
        self.contacts[made.id] = made
        return made

    def show(self, one: Contact) -> Json:
        conn = make.connection(one.conn, one.conn_status, one.alias)
        shown = make.contact(one.id, one.local, make.profile(one.name, one.alias), conn, one.custom, one.status)
        return make.timed(shown, one.wish, agreed=self.agreed(one))

    def group(self, number: int) -> Group:
        if number not in self.groups:
            raise store("groupNotFound", groupId=number)
        return self.groups[number]

    def show_group(self, one: Group) -> Json:
        me = make.member(1, one.id, self.name, make.profile(self.name), one.role, one.status, "user", None)
        return make.group(one.id, one.local, one.room.profile, me, one.custom, len(one.seats) + 1, one.settings)

    def keeps_quiet(self, ref: str) -> bool:
        """Whether nobody is told there that we received something."""
        return ref[0] == "#" and self.groups[int(ref[1:])].settings.get("sendRcpts") is False

    def show_seat(self, group: Group, one: Seat) -> Json:
        name = one.account.name
        return make.member(one.id, group.id, name, make.profile(name), one.role, one.status, "invitee", one.contact)

    def info(self, ref: str) -> Json:
        if ref[0] == "@":
            return {"type": "direct", "contact": self.show(self.contact(int(ref[1:])))}
        return {"type": "group", "groupInfo": self.show_group(self.group(int(ref[1:])))}

    def item(self, ref: str, number: int) -> Json:
        where, item = self.items.get(number, ("", {}))
        if where != ref:
            raise store("chatItemNotFound", itemId=number)
        return item

    def entry(self, number: int) -> Json:
        """A snapshot (4)."""
        ref, item = self.items[number]
        return {"chatInfo": self.info(ref), "chatItem": copy.deepcopy(item)}

    def of_shared(self, shared: object) -> int | None:
        return next((n for n, (_, item) in self.items.items() if meta(item)["itemSharedMsgId"] == shared), None)

    def others(self, ref: str) -> list[tuple[Account, str, Json]]:
        """Who else is in a chat, what they call it, and how they see what we write."""
        if ref[0] == "@":
            contact = self.contact(int(ref[1:]))
            if contact.status != "active":
                raise refused("contactNotActive", contact=self.show(contact))
            return [(contact.peer, f"@{contact.peer_id}", {"type": "directRcv"})]
        group, found = self.group(int(ref[1:])), []
        if group.status in {"left", "removed", "deleted"}:
            raise refused("groupMemberUserRemoved")
        for other in group.room.groups:
            if other.owner is not self and other.status in {"connected", "creator"}:
                seat = next(one for one in other.seats.values() if one.account is self)
                shown = other.owner.show_seat(other, seat)
                found.append((other.owner, f"#{other.id}", cast("Json", {"type": "groupRcv", "groupMember": shown})))
        return found

    def keep(self, ref: str, direction: Json, content: Json, shared: str, *, ours: bool) -> int:
        number = next(self.numbers)
        text = str(content["text"])
        item = make.item(number, self.network.now(), direction, content, shared=shared, text=text, ours=ours)
        self.items[number] = (ref, item)
        return number


def meta(item: Json) -> Json:
    return cast("Json", item["meta"])
