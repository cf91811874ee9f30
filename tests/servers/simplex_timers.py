"""The part of the double in which messages disappear, as the public source of the core has it.

A message is timed only where its chat allows that: by a number of its own, or by the chat's. Where it was sent it goes
so long after that, elsewhere after it was read.
"""

from __future__ import annotations

import re
from typing import cast

from simplex_chat.types import T

from tests.servers import simplex_objects as make
from tests.servers.simplex_holding import meta
from tests.servers.simplex_objects import Json
from tests.servers.simplex_parts import Contact, Group, Part, refused
from tests.servers.simplex_talk import Talking

FADING = "timedMessages"


class Timing(Talking):
    """An account in which messages disappear."""

    def timer_parts(self) -> list[tuple[re.Pattern[str], Part]]:
        return [(re.compile(r"/_set prefs @(\d+) (\{.*\})", re.DOTALL), self._prefer)]

    def ttl_of(self, ref: str, wanted: int | None) -> int | None:
        """After how many seconds a message goes that asks for this; None where it stays."""
        rule = self._rule(ref)
        return None if rule is None else wanted or cast("int | None", rule.get("ttl"))

    def _rule(self, ref: str) -> Json | None:
        """What a chat says of it, where it allows it."""
        if ref[0] == "@":
            contact = self.contact(int(ref[1:]))
            return contact.wish if self.agreed(contact) else None
        rule = group_rule(self.group(int(ref[1:])).room.profile)
        return rule if rule["enable"] == "on" else None

    def agreed(self, contact: Contact) -> bool:
        theirs = contact.theirs
        return theirs is not None and contact.wish["allow"] != "no" and theirs.wish["allow"] != "no"

    def _prefer(self, number: str, data: str) -> Json:
        """Say what one wants with a contact. Who has nothing against it takes over the time."""
        contact = self.contact(int(number))
        wished = cast("Json", self.read(data, T.Preferences)[FADING])
        before, theirs, there = self.show(contact), contact.theirs, contact.peer
        if theirs is None:
            raise refused("contactNotActive", contact=before)
        theirs_before = there.show(theirs)
        contact.wish = wished
        if theirs.wish["allow"] != "no":
            theirs.wish = {"allow": theirs.wish["allow"], **({"ttl": wished["ttl"]} if "ttl" in wished else {})}
        there.tell({"type": "contactUpdated", "fromContact": theirs_before, "toContact": there.show(theirs)})
        there.tell_agreement(theirs, {"type": "directRcv"})
        self.tell_agreement(contact, {"type": "directSnd"})
        return {
            "type": "contactPrefsUpdated",
            "user": self.user,
            "fromContact": before,
            "toContact": self.show(contact),
        }

    def tell_agreement(self, contact: Contact, direction: Json) -> None:
        """Show in a chat what holds there now."""
        both = self.agreed(contact)
        self.feature(f"@{contact.id}", direction, {
            "type": f"{_way(direction)}ChatFeature", "feature": FADING,
            "enabled": {"forUser": both, "forContact": both},
        }, contact.wish.get("ttl") if both else None)  # fmt: skip

    def tell_rule(self, group: Group, direction: Json) -> None:
        """Show in a group what holds there now."""
        rule = group_rule(group.room.profile)
        self.feature(f"#{group.id}", direction, {
            "type": f"{_way(direction)}GroupFeature", "groupFeature": FADING, "preference": {"enable": rule["enable"]},
        }, rule.get("ttl"))  # fmt: skip

    def feature(self, ref: str, direction: Json, content: Json, ttl: object) -> None:
        """An entry of a chat that nobody wrote."""
        number = next(self.numbers)
        item = make.item(number, self.network.now(), direction, {}, shared="", text="Disappearing messages", ours=False)
        del meta(item)["itemSharedMsgId"]
        self.items[number] = (ref, item | {"content": content | ({"param": ttl} if ttl is not None else {})})
        self.tell({"type": "newChatItems", "chatItems": [self.entry(number)]})

    # -- time passes ---------------------------------------------------------------------------------------------

    def see(self) -> None:
        """Somebody reads everything: what came begins to disappear."""
        for _, item in self.items.values():
            timed = cast("Json | None", meta(item).get("itemTimed"))
            if timed is not None and "deleteAt" not in timed:
                timed["deleteAt"] = make.stamp(self.network.now() + cast("int", timed["ttl"]))

    def tidy(self) -> None:
        """Let go of what has had its time."""
        now = self.network.now()
        for number, (_, item) in list(self.items.items()):
            at = cast("Json", meta(item).get("itemTimed") or {}).get("deleteAt")
            if at is not None and make.at(str(at)) <= now:
                gone: Json = {"deletedChatItem": self.entry(number)}
                del self.items[number]
                self.tell({"type": "chatItemsDeleted", "chatItemDeletions": [gone], "byUser": False, "timed": True})


def _way(direction: Json) -> str:
    return "snd" if str(direction["type"]).endswith("Snd") else "rcv"


def group_rule(profile: Json) -> Json:
    """What a group says of messages that disappear: they do not, where it says nothing."""
    rules = cast("Json", profile.get("groupPreferences") or {})
    return cast("Json", rules.get(FADING) or {"enable": "off"})
