"""What happened between the messages, in plain words: calls, timers, people who came and went.

The words are text, not markup, so that any output can use them. Names stand between Unicode isolates
(U+2068, U+2069), so that a name in another script never turns the sentence around.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...model import Direction, Json, Message, MessageKind
from .dates import duration
from .text import excerpt, line

Names = Callable[[str], str]
_AT_ONCE = 8
_LONGEST_TITLE = 200


def notice(message: Message, name_of: Names) -> str:
    """One sentence about a message that is not text. Shapes that nobody has described yet get a general one."""
    details = message.details or {}
    mine = message.direction is Direction.OUT
    who = "You" if mine else isolated(name_of(message.sender))
    match message.kind:
        case MessageKind.CALL:
            return _call(details.get("call"), who, mine)
        case MessageKind.GROUP_UPDATE:
            return _group_update(details, who, name_of)
        case MessageKind.TIMER:
            return _timer(details, who, name_of)
        case MessageKind.EXTRACTION:
            return _extraction(details.get("what"), who)
        case MessageKind.REQUEST_RESPONSE:
            return f"{who} accepted {'the' if mine else 'your'} message request."
        case MessageKind.INVITATION:
            name = details.get("name")
            return f"{who} sent an invitation to {_title(name) if isinstance(name, str) else 'a community'}."
        case _:
            return _other(details, who)


def isolated(name: str) -> str:
    """A name that keeps its own direction to itself."""
    return f"\u2068{line(name)}\u2069"


def _title(text: str) -> str:
    return isolated(excerpt(text, _LONGEST_TITLE))


def _call(call: Json, who: str, mine: bool) -> str:
    if call == "missed-call":
        return "Your call was not answered." if mine else f"Missed call from {who}."
    if call == "started-call":
        return f"{who} called."
    if call == "answered-a-call":
        return "Call answered."
    return "There was a call."


def _group_update(details: dict[str, Json], who: str, name_of: Names) -> str:
    for key, did in (
        ("joined", "joined the group"),
        ("joined_with_history", "joined the group and can see earlier messages"),
        ("kicked", "was removed from the group|were removed from the group"),
        ("left", "left the group"),
        ("promoted", "was made an admin|were made admins"),
    ):
        people = details.get(key)
        if isinstance(people, list) and people:
            one, _, many = did.partition("|")
            ids = [id for id in people if isinstance(id, str)]
            return f"{_people(ids, name_of)} {many if many and len(ids) > 1 else one}."
    invited = details.get("invited")
    if isinstance(invited, list):
        title = details.get("group_name")
        ids = [id for id in invited if isinstance(id, str)]
        where = f"the group {_title(title)}" if isinstance(title, str) else "a group"
        return f"{who} invited {_people(ids, name_of)} to {where}."
    if isinstance(accepted := details.get("accepted"), bool):
        return f"{who} {'accepted' if accepted else 'declined'} the invitation."
    name = details.get("name")
    if isinstance(name, str):
        return f"{who} named the group {_title(name)}."
    if details.get("avatar_change"):
        return f"{who} changed the group's picture."
    return "The group was changed."


def _people(ids: Sequence[str], name_of: Names) -> str:
    """Names as a list in words; a long one ends with how many more there were."""
    names = [isolated(name_of(id)) for id in ids[:_AT_ONCE]]
    if len(ids) > _AT_ONCE:
        names.append(f"{len(ids) - _AT_ONCE} more")
    if len(names) < 2:
        return "".join(names) or "Somebody"
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _timer(details: dict[str, Json], who: str, name_of: Names) -> str:
    by = details.get("by")
    if isinstance(by, str) and by and who != "You":
        who = isolated(name_of(by))
    seconds, type = details.get("seconds"), details.get("type")
    if type == "off" or not isinstance(seconds, int) or seconds <= 0:
        return f"{who} turned disappearing messages off."
    after = {"after_read": " after they are read", "after_send": " after they are sent"}.get(str(type), "")
    return f"{who} set messages to disappear {duration(seconds)}{after}."


def _extraction(what: Json, who: str) -> str:
    if what == "screenshot":
        return f"{who} took a screenshot."
    if what == "media_saved":
        return f"{who} saved a picture or file."
    return f"{who} took something out of this conversation."


def _other(details: dict[str, Json], who: str) -> str:
    if details.get("interaction") == "leave":
        return "Leaving this conversation failed."
    if details.get("interaction") == "hide":
        return "Hiding this conversation failed."
    return f"{who} did something that this archive has no words for."
