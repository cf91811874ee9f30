"""The part of the double that has groups and lists chats."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, cast

from simplex_chat.types import T

from tests.servers import simplex_objects as make
from tests.servers.simplex_objects import Json
from tests.servers.simplex_parts import Group, Part, Room, Seat, refused, store, wrong
from tests.servers.simplex_talk import LARGEST, is_picture
from tests.servers.simplex_timers import Timing, group_rule

if TYPE_CHECKING:
    from tests.servers.simplex import Account

_ROLES = ("observer", "member", "moderator", "admin", "owner")
LINKS = 2_000
_STATS: Json = {"unreadCount": 0, "unreadMentions": 0, "reportsCount": 0, "minUnreadItemId": 0, "unreadChat": False}


class Grouping(Timing):
    """An account, with its groups and its list of chats."""

    def group_parts(self) -> list[tuple[re.Pattern[str], Part]]:
        return [(re.compile(pattern, re.DOTALL), part) for pattern, part in (
            (r"/_get chats (\d+)( pcc=on)? count=(\d+) (\{.*\})", self._chats),
            (r"/_get chat ([@#]\d+) count=(\d+)", self._chat),
            (r"/_groups (\d+)", self._groups), (r"/_group (\d+) (\{.*\})", self._make_group),
            (r"/_group_profile #(\d+) (\{.*\})", self._group_profile), (r"/_members #(\d+)", self._members),
            (r"/_add #(\d+) (\d+) (\w+)", self._add), (r"/_join #(\d+)", self._join),
            (r"/_leave #(\d+)", self._leave), (r"/_set custom #(\d+)(?: (\{.*\}))?", self._custom_group),
            (r"/_settings #(\d+) (\{.*\})", self._group_settings),
        )]  # fmt: skip

    def _chats(self, _user: str, pending: str | None, count: str, query: str) -> Json:
        self.read(query, T.ChatListQuery_filters)
        refs = [f"@{n}" for n in self.contacts] + [f"#{n}" for n in self.groups]
        chats: list[Json] = [
            {"chatInfo": self.info(ref), "chatItems": copy.deepcopy(self._last(ref, 1)), "chatStats": _STATS}
            for ref in refs
        ]
        chats += [
            {
                "chatInfo": {"type": "contactRequest", "contactRequest": self.request(number)},
                "chatItems": [],
                "chatStats": _STATS,
            }
            for number in self.requests
        ]
        if pending:
            chats += [
                {
                    "chatInfo": {"type": "contactConnection", "contactConnection": make.pending(number, alias, link)},
                    "chatItems": [],
                    "chatStats": _STATS,
                }
                for number, (alias, link) in self.links.items()
            ]
        return {"type": "apiChats", "user": self.user, "chats": chats[: int(count)]}

    def _last(self, ref: str, count: int) -> list[Json]:
        return [item for _, (where, item) in sorted(self.items.items()) if where == ref][-count:]

    def _chat(self, ref: str, count: str) -> Json:
        chat: Json = {"chatInfo": self.info(ref), "chatItems": copy.deepcopy(self._last(ref, int(count))),
                      "chatStats": _STATS}  # fmt: skip
        return {"type": "apiChat", "user": self.user, "chat": chat}

    # -- groups ------------------------------------------------------------------------------------------------

    def _groups(self, _user: str) -> Json:
        shown = [self.show_group(one) for one in self.groups.values()]
        return {"type": "groupsList", "user": self.user, "groups": shown}

    def _make_group(self, _user: str, data: str) -> Json:
        profile = self._wanted(data)
        group = self._enter(Room(profile), "creator", "owner")
        return {"type": "groupCreated", "user": self.user, "groupInfo": self.show_group(group)}

    def _wanted(self, data: str) -> Json:
        """A profile, which everybody in the group gets in one message, and with links in it whoever is invited."""
        profile = self.read(data, T.GroupProfile)
        self.need_name(str(profile["displayName"]))
        if "image" in profile and not is_picture(profile["image"]):
            raise wrong("Failed reading: no picture")
        if len(json.dumps(profile, ensure_ascii=False).encode()) > LARGEST - LINKS:
            raise store("largeMsg")
        return profile

    def _enter(self, room: Room, status: str, role: str) -> Group:
        group = Group(
            next(self.numbers),
            self.local(str(room.profile["displayName"])),
            room,
            cast("Account", self),
            None,
            status,
            role,
        )
        self.groups[group.id] = group
        room.groups.append(group)
        return group

    def _group_profile(self, number: str, data: str) -> Json:
        group, profile = self.group(int(number)), self._wanted(data)
        if group.role != "owner":
            raise refused("groupUserRole", groupInfo=self.show_group(group), requiredRole="owner")
        before = {id(one): one.owner.show_group(one) for one in group.room.groups}
        rule, group.room.profile = group_rule(group.room.profile), profile
        for other in group.room.groups:
            if other is not group and other.status in {"connected", "creator"}:
                other.owner.tell({"type": "groupUpdated", "fromGroup": before[id(other)],
                                  "toGroup": other.owner.show_group(other)})  # fmt: skip
                if group_rule(profile) != rule:
                    seat = next(one for one in other.seats.values() if one.account is self)
                    direction: Json = {"type": "groupRcv", "groupMember": other.owner.show_seat(other, seat)}
                    other.owner.tell_rule(other, direction)
        if group_rule(profile) != rule:
            self.tell_rule(group, {"type": "groupSnd"})
        return {"type": "groupUpdated", "user": self.user, "fromGroup": before[id(group)],
                "toGroup": self.show_group(group), "msgSigned": False}  # fmt: skip

    def _members(self, number: str) -> Json:
        group = self.group(int(number))
        seats = [self.show_seat(group, one) for one in group.seats.values()]
        return {"type": "groupMembers", "user": self.user,
                "group": {"groupInfo": self.show_group(group), "members": seats}}  # fmt: skip

    def _add(self, number: str, contact_id: str, role: str) -> Json:
        group, contact = self.group(int(number)), self.contact(int(contact_id))
        if role not in _ROLES:
            raise wrong("Failed reading: bad member role")
        if any(one.contact == contact.id and one.status in {"invited", "connected"} for one in group.seats.values()):
            raise refused("groupDuplicateMember", contactName=contact.local)
        seat = Seat(next(self.numbers), contact.peer, role, "invited", contact.id)
        group.seats[seat.id] = seat
        theirs = contact.peer.enter(group.room, role)
        host = Seat(next(contact.peer.numbers), group.owner, "owner", "creator", contact.peer_id)
        theirs.seats[host.id] = host
        contact.peer.tell({
            "type": "receivedGroupInvitation", "groupInfo": contact.peer.show_group(theirs), "fromMemberRole": "owner",
            "contact": contact.peer.show(contact.peer.contacts[contact.peer_id]), "memberRole": role,
        })  # fmt: skip
        return {"type": "sentGroupInvitation", "user": self.user, "groupInfo": self.show_group(group),
                "contact": self.show(contact), "member": self.show_seat(group, seat)}  # fmt: skip

    def enter(self, room: Room, role: str) -> Group:
        return self._enter(room, "invited", role)

    def _join(self, number: str) -> Json:
        """Who comes later finds what was said before, where the group keeps history."""
        group = self.group(int(number))
        group.status = "connected"
        for other in group.room.groups:
            for seat in other.seats.values():
                if seat.account is group.owner and seat.status == "invited":
                    seat.status = "connected"
                    other.owner.tell({"type": "joinedGroupMember", "groupInfo": other.owner.show_group(other),
                                      "member": other.owner.show_seat(other, seat)})  # fmt: skip
        history = cast("Json", group.room.profile.get("groupPreferences", {})).get("history")
        for author, _, item, _ in list(group.room.told) if history == {"enable": "on"} else []:
            seat = next(one for one in group.seats.values() if one.account is author)
            shown = self.show_seat(group, seat)
            self.receive(f"#{number}", {"type": "groupRcv", "groupMember": shown}, author, item)
        return {"type": "userAcceptedGroupSent", "user": self.user, "groupInfo": self.show_group(group)}

    def _leave(self, number: str) -> Json:
        group = self.group(int(number))
        group.status = "left"
        for other in group.room.groups:
            for seat in other.seats.values():
                if seat.account is group.owner and other is not group:
                    seat.status = "left"
                    other.owner.tell({"type": "leftMember", "groupInfo": other.owner.show_group(other),
                                      "member": other.owner.show_seat(other, seat)})  # fmt: skip
        return {"type": "leftMemberUser", "user": self.user, "groupInfo": self.show_group(group)}

    def _custom_group(self, number: str, data: str | None) -> Json:
        self.group(int(number)).custom = cast("Json", json.loads(data)) if data else None
        return {"type": "cmdOk", "user_": self.user}

    def _group_settings(self, number: str, data: str) -> Json:
        self.group(int(number)).settings = self.read(data, T.ChatSettings)
        return {"type": "cmdOk", "user_": self.user}
