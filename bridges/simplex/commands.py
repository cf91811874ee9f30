"""What SimpleX is asked, as the text that it takes: recipe, section 4. Only these, and only in their plain form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

USER = "/user"
START = "/_start"
STOP = "/_stop"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def create_user(name: str) -> str:
    """Make an account."""
    return "/_create user " + _json({
        "profile": {"displayName": name, "fullName": ""},
        "pastTimestamp": False, "userChatRelay": False, "clientService": False,
    })  # fmt: skip


def show_address(user: int) -> str:
    """The link that anybody may use."""
    return f"/_show_address {user}"


def make_address(user: int) -> str:
    """Make that link."""
    return f"/_address {user}"


def make_link(user: int) -> str:
    """Make a link for one person."""
    return f"/_connect {user}"


def name_link(connection: int, alias: str) -> str:
    """Note for whom a link is."""
    return f"/_set alias :{connection} {alias}"


def drop_link(connection: int) -> str:
    """Make a link worthless that nobody has used."""
    return f"/_delete :{connection} full"


def accept(request: int) -> str:
    """Let a stranger in."""
    return f"/_accept {request}"


def contacts(user: int) -> str:
    """Everybody there is a chat with."""
    return f"/_contacts {user}"


def groups(user: int) -> str:
    """Every group."""
    return f"/_groups {user}"


def chats(user: int, count: int) -> str:
    """All chats, each with its last entry, and strangers who ask."""
    return f"/_get chats {user} pcc=on count={count} " + _json({"type": "filters", "favorite": False, "unread": False})


def items(chat: str, count: int) -> str:
    """The last entries of a chat."""
    return f"/_get chat {chat} count={count}"


def note(chat: str, data: Mapping[str, str]) -> str:
    """Have SimpleX keep something with a chat, for us only."""
    return f"/_set custom {chat} {_json(data)}"


def confirm_nothing(chat: str) -> str:
    """Have SimpleX tell nobody in a chat that their messages reached us. All settings of a chat are set at once."""
    return f"/_settings {chat} " + _json({"enableNtfs": "all", "sendRcpts": False, "favorite": False})


def send(chat: str, messages: Sequence[Mapping[str, object]], ttl: int | None = None) -> str:
    """Send messages, in order, that disappear after so many seconds."""
    return f"/_send {chat}{f' ttl={ttl}' if ttl else ''} json {_json(messages)}"


def prefer(contact: int, wishes: Mapping[str, object]) -> str:
    """Say what may be done in the chat with a contact, whole."""
    return f"/_set prefs @{contact} {_json(wishes)}"


def update(chat: str, item: int, content: Mapping[str, object]) -> str:
    """Change what a message of ours says. Its kind has to stay the same."""
    return f"/_update item {chat} {item} json " + _json({"msgContent": content, "mentions": {}})


def delete(chat: str, item: int) -> str:
    """At everybody."""
    return f"/_delete item {chat} {item} broadcast"


def react(chat: str, item: int, emoji: str, *, add: bool) -> str:
    """Add or take back a reaction."""
    return f"/_reaction {chat} {item} {'on' if add else 'off'} " + _json({"type": "emoji", "emoji": emoji})


def receive(file: int, path: str) -> str:
    """Not encrypted where it lies, because we read it."""
    return f"/freceive {file} approved_relays=on encrypt=off {path}"


def make_group(user: int, profile: Mapping[str, object]) -> str:
    """Make a group with only us in it."""
    return f"/_group {user} {_json(profile)}"


def change_group(group: int, profile: Mapping[str, object]) -> str:
    """Replace the profile of a group, whole."""
    return f"/_group_profile #{group} {_json(profile)}"


def members(group: int) -> str:
    """Who is in a group."""
    return f"/_members #{group}"


def add_member(group: int, contact: int, role: str) -> str:
    """Invite a contact into a group."""
    return f"/_add #{group} {contact} {role}"


def join(group: int) -> str:
    """Follow an invitation into a group."""
    return f"/_join #{group}"
