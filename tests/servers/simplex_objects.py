"""The objects that SimpleX speaks in, whole, as its official types want them (recipe for SimpleX, section 5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypedDict, cast

from simplex_chat.types import CR, CEvt, T

Json = dict[str, object]


class ConnectionAliasUpdated(TypedDict):
    """Not in the package, and on the wire all the same."""

    type: str
    user: T.User
    toConnection: T.PendingContactConnection


class ContactAliasUpdated(TypedDict):
    type: str
    user: T.User
    toContact: T.Contact


class ApiChat(TypedDict):
    type: str
    user: T.User
    chat: T.AChat


EVENTS, RESPONSES = CEvt.ChatEvent, CR.ChatResponse
OUTSIDE: dict[str, type] = {
    "connectionAliasUpdated": ConnectionAliasUpdated,
    "contactAliasUpdated": ContactAliasUpdated,
    "apiChat": ApiChat,
}


def stamp(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def at(stamped: str) -> float:
    return datetime.fromisoformat(stamped).timestamp()


LONG_AGO = "2026-01-01T00:00:00Z"
_YES: Json = {"allow": "yes"}
_ON: Json = {"enable": "on"}
_SETTINGS: Json = {"enableNtfs": "all", "favorite": False}
_VERSIONS: Json = {"minVersion": 1, "maxVersion": 16}
_FEATURES = ("fullDelete", "reactions", "voice", "files", "calls", "sessions")


def profile(name: str, alias: str = "", image: str | None = None) -> Json:
    made: Json = {"profileId": 1, "displayName": name, "fullName": "", "localAlias": alias}
    return made | ({"image": image} if image else {})


def user(id: int, name: str) -> Json:
    preferences: Json = {"timedMessages": _YES, **dict.fromkeys(_FEATURES, _YES), "commands": []}
    return {
        "userId": id, "agentUserId": id, "userContactId": 1, "localDisplayName": name, "profile": profile(name),
        "fullPreferences": preferences, "activeUser": True, "activeOrder": 1, "showNtfs": True,
        "sendRcptsContacts": True, "sendRcptsSmallGroups": True, "autoAcceptMemberContacts": False,
        "userChatRelay": False, "clientService": False,
    }  # fmt: skip


def connection(id: int, status: str, alias: str) -> Json:
    return {
        "connId": id, "agentConnId": f"agent{id}", "connChatVersion": 16, "peerChatVRange": _VERSIONS, "connLevel": 0,
        "viaGroupLink": False, "connType": "contact", "connStatus": {"type": status}, "contactConnInitiated": False,
        "localAlias": alias, "pqSupport": True, "pqEncryption": True, "authErrCounter": 0, "quotaErrCounter": 0,
        "createdAt": LONG_AGO,
    }  # fmt: skip


def contact(id: int, local: str, shown: Json, conn: Json, custom: Json | None, status: str = "active") -> Json:
    both: Json = {"forUser": True, "forContact": True}
    one: Json = {"enabled": both, "userPreference": {"type": "user", "preference": _YES}, "contactPreference": _YES}
    made: Json = {
        "contactId": id, "localDisplayName": local, "profile": shown, "activeConn": conn, "contactUsed": True,
        "contactStatus": status, "chatSettings": _SETTINGS, "userPreferences": {},
        "mergedPreferences": {"timedMessages": one, **dict.fromkeys(_FEATURES, one)},
        "createdAt": LONG_AGO, "updatedAt": LONG_AGO, "contactGrpInvSent": False, "chatTags": [], "chatDeleted": False,
    }  # fmt: skip
    return made | ({"customData": custom} if custom is not None else {})


def timed(shown: Json, wish: Json, *, agreed: bool) -> Json:
    """The same contact, with what both sides want of messages that disappear."""
    preference: Json = {"allow": wish["allow"]}
    one: Json = {
        "enabled": {"forUser": agreed, "forContact": agreed}, "contactPreference": {"allow": "yes" if agreed else "no"},
        "userPreference": {"type": "contact", "preference": preference},
    }  # fmt: skip
    merged = cast("Json", shown["mergedPreferences"]) | {"timedMessages": one}
    return shown | {"userPreferences": {"timedMessages": wish}, "mergedPreferences": merged}


def pending(id: int, alias: str, link: Json) -> Json:
    return {
        "pccConnId": id, "pccAgentConnId": f"agent{id}", "pccConnStatus": {"type": "new"}, "viaContactUri": False,
        "connLinkInv": link, "localAlias": alias, "createdAt": LONG_AGO, "updatedAt": LONG_AGO,
    }  # fmt: skip


def request(id: int, local: str, shown: Json) -> Json:
    return {
        "contactRequestId": id, "agentInvitationId": "x", "cReqChatVRange": _VERSIONS, "localDisplayName": local,
        "profileId": 1, "profile": shown, "createdAt": LONG_AGO, "updatedAt": LONG_AGO, "pqSupport": True,
    }  # fmt: skip


def member(  # noqa: PLR0917  as many parts as it has
    id: int, group: int, local: str, shown: Json, role: str, status: str, category: str,
           contact_id: int | None) -> Json:  # fmt: skip
    made: Json = {
        "groupMemberId": id, "groupId": group, "indexInGroup": id, "memberId": f"m{id}", "memberRole": role,
        "memberCategory": category, "memberStatus": status, "memberSettings": {"showMessages": True},
        "blockedByAdmin": False, "invitedBy": {"type": "user"}, "localDisplayName": local, "memberProfile": shown,
        "memberContactProfileId": 1, "memberChatVRange": _VERSIONS, "createdAt": LONG_AGO, "updatedAt": LONG_AGO,
    }  # fmt: skip
    return made | ({"memberContactId": contact_id} if contact_id is not None else {})


def group(  # noqa: PLR0917  as many parts as it has
    id: int, local: str, shown: Json, membership: Json, custom: Json | None, members: int, settings: Json
) -> Json:
    preferences: Json = dict.fromkeys(
        ("timedMessages", "directMessages", "fullDelete", "reactions", "voice", "files", "simplexLinks", "reports",
         "history", "support", "sessions", "comments", "signMessages"), _ON,
    ) | {"commands": [], "timedMessages": {"enable": "off"}}  # fmt: skip
    preferences |= cast("Json", shown.get("groupPreferences") or {})
    made: Json = {
        "groupId": id, "useRelays": False, "localDisplayName": local, "groupProfile": shown, "localAlias": "",
        "fullGroupPreferences": preferences, "membership": membership,
        "chatSettings": _SETTINGS | settings,
        "createdAt": LONG_AGO, "updatedAt": LONG_AGO, "chatTags": [], "groupSummary": {"currentMembers": members},
        "membersRequireAttention": 0,
    }  # fmt: skip
    return made | ({"customData": custom} if custom is not None else {})


def item(id: int, at: float, direction: Json, content: Json, *, shared: str, text: str, ours: bool) -> Json:
    return {
        "chatDir": direction,
        "meta": {
            "itemId": id, "itemTs": stamp(at), "itemText": text, "itemSharedMsgId": shared,
            "itemStatus": {"type": "sndNew" if ours else "rcvNew"}, "itemEdited": False, "userMention": False,
            "hasLink": False, "deletable": True, "editable": ours, "showGroupAsSender": False,
            "createdAt": stamp(at), "updatedAt": stamp(at),
        },
        "content": {"type": "sndMsgContent" if ours else "rcvMsgContent", "msgContent": content},
        "mentions": {}, "reactions": [],
    }  # fmt: skip


def file(id: int, name: str, size: int, status: str, path: str | None) -> Json:
    made: Json = {
        "fileId": id, "fileName": name, "fileSize": size, "fileStatus": {"type": status}, "fileProtocol": "XFTP",
    }  # fmt: skip
    return made | ({"fileSource": {"filePath": path}} if path is not None else {})


def transfer(id: int, name: str, path: str, size: int) -> Json:
    return {
        "fileId": id, "fileName": name, "filePath": path, "fileSize": size, "chunkSize": 16_384, "cancelled": False,
    }  # fmt: skip
