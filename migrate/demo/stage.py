"""Plays scripts: turns each line into a message of a profile, with the files, answers and reactions it asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from . import papers, scenes, sounds
from .film import FILMS
from .profile import ProfileBuilder
from .script import Line
from .shapes import Fields

MINUTE = 60_000
DAY = 86_400_000
THUMBNAIL_STEP = 4

TIMER_FLAG = 2
NOT_SENT = 'SendMessageNetworkError - "Network is not available"'


@dataclass(slots=True)
class Cue:
    """What a message will carry beside its text."""

    fields: Fields = field(default_factory=dict)
    attachments: list[Fields] = field(default_factory=list)
    reacts: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


class Stage:
    """One conversation being played. `cast` gives the id of each name in its scripts."""

    def __init__(self, profile: ProfileBuilder, conversation: str, cast: dict[str, str], rng: Random) -> None:
        self.profile = profile
        self.conversation = conversation
        self.cast = cast
        self.rng = rng
        self.midnight = profile.now - profile.now % DAY
        self.clock = 0
        self._said: dict[str, str] = {}

    def play(self, line: Line) -> None:
        """Add the message of one line, some seconds or minutes after the one before."""
        scene = self.midnight + line.day * DAY + line.minute * MINUTE
        pause = self.rng.randint(8_000, 170_000)
        self.clock = max(scene + self.rng.randint(0, 50_000), self.clock + pause)
        cue = Cue()
        if line.event:
            word, _, rest = line.event.partition(" ")
            cue.fields |= EVENTS[word](self, line.who, rest)
        for word, rest in line.extras:
            EXTRAS[word](self, cue, rest)
        if cue.reacts:
            cue.fields["reacts"] = self.profile.reacts(cue.reacts, cue.counts)
        wordless = line.event and "groupInvitation" not in cue.fields
        body = None if wordless else "" if cue.fields.get("isDeleted") else self.with_mentions(line.text)
        sender = self.cast[line.who]
        said = self.profile.message(
            self.conversation, sender, body, self.clock, attachments=cue.attachments, **cue.fields
        )
        if not line.event:
            self._said[line.who] = said

    def with_mentions(self, text: str) -> str:
        """The text with each @name as the @id that the app sends."""
        return re.sub(r"@(\w+)", lambda found: "@" + self.cast[found[1]] if found[1] in self.cast else found[0], text)

    def ids(self, names: str) -> list[str]:
        """The ids of names with commas between them."""
        return [self.cast[name.strip()] for name in names.split(",") if name.strip()]

    def said(self, who: str) -> str:
        """The native id of the last thing somebody said."""
        return self._said[who]


Extra = Callable[[Stage, Cue, str], None]
Event = Callable[[Stage, str, str], Fields]


def _photo(stage: Stage, cue: Cue, rest: str) -> None:
    motif, _, name = rest.partition(" ")
    canvas = scenes.PHOTOS[motif](Random(name))  # noqa: S311 - the same name shows the same hills
    thumbnail = canvas.square().smaller(THUMBNAIL_STEP).png()
    size = (canvas.width, canvas.height)
    cue.attachments.append(
        stage.profile.vault.attachment(canvas.png(), name, "image/png", size=size, thumbnail=thumbnail)
    )


def _film(stage: Stage, cue: Cue, rest: str) -> None:
    motif, _, name = rest.partition(" ")
    film = FILMS[motif](Random(name))  # noqa: S311 - the same name shows the same sea
    first = film.first.png()
    described = stage.profile.vault.attachment(
        film.mp4, name, "video/mp4", size=film.size, thumbnail=film.first.square().png(), screenshot=first
    )
    cue.attachments.append(described)


def _voice(stage: Stage, cue: Cue, rest: str) -> None:
    data = sounds.melody(sounds.MELODIES[rest])
    cue.attachments.append(stage.profile.vault.attachment(data, "session-audio-message", "audio/wav", voice=True))


def _paper(stage: Stage, cue: Cue, rest: str) -> None:
    name, title, *lines = (part.strip() for part in rest.split("|"))
    cue.attachments.append(stage.profile.vault.attachment(papers.sheet(title, lines), name, "application/pdf"))


def _pending(stage: Stage, cue: Cue, rest: str) -> None:
    name, type, length = rest.split()
    cue.attachments.append(stage.profile.vault.not_downloaded(name, type, int(length)))


def _link(stage: Stage, cue: Cue, rest: str) -> None:
    url, title, *motif = (part.strip() for part in rest.split("|"))
    image = None
    if motif:
        canvas = scenes.PHOTOS[motif[0]](Random(url)).smaller(2)  # noqa: S311 - the same address shows the same hills
        image = stage.profile.vault.attachment(canvas.png(), "image", "image/png", size=(canvas.width, canvas.height))
    cue.fields["preview"] = [{"url": url, "title": title, "image": image}]


def _react(stage: Stage, cue: Cue, rest: str) -> None:
    emoji, _, names = rest.partition(" ")
    names, _, unnamed = names.partition("+")
    cue.reacts[emoji] = stage.ids(names)
    cue.counts[emoji] = len(cue.reacts[emoji]) + int(unnamed or 0)


def _reply(stage: Stage, cue: Cue, rest: str) -> None:
    cue.fields["quote"] = stage.profile.quote(stage.said(rest))


def _read(stage: Stage, cue: Cue, rest: str) -> None:
    cue.fields["read_by"] = [stage.conversation]


def _expires(stage: Stage, cue: Cue, rest: str) -> None:
    cue.fields |= {"expirationType": "deleteAfterSend", "expireTimer": int(rest)}
    cue.fields |= {"expirationStartTimestamp": stage.clock, "expires_at": stage.clock + int(rest) * 1000}


EXTRAS: dict[str, Extra] = {
    "photo": _photo,
    "film": _film,
    "voice": _voice,
    "paper": _paper,
    "pending": _pending,
    "link": _link,
    "react": _react,
    "reply": _reply,
    "read": _read,
    "expires": _expires,
    "failed": lambda stage, cue, rest: cue.fields.update(errors=NOT_SENT),
    "deleted": lambda stage, cue, rest: cue.fields.update(isDeleted=1),
    "unread": lambda stage, cue, rest: cue.fields.update(unread=1),
}


def _timer(stage: Stage, who: str, rest: str) -> Fields:
    type, _, seconds = rest.partition(" ")
    update = {"expirationType": type, "expireTimer": int(seconds), "source": stage.cast[who], "fromSync": 0}
    running = {"expirationType": type, "expireTimer": int(seconds)} if int(seconds) else {}
    return {"flags": TIMER_FLAG, "expirationTimerUpdate": update, **running}


def _invites(stage: Stage, who: str, rest: str) -> Fields:
    url, _, name = rest.partition(" ")
    return {"groupInvitation": {"url": url, "name": name}}


EVENTS: dict[str, Event] = {
    "added": lambda stage, who, rest: {"group_update": {"joined": stage.ids(rest)}},
    "added-with-history": lambda stage, who, rest: {"group_update": {"joinedWithHistory": stage.ids(rest)}},
    "removed": lambda stage, who, rest: {"group_update": {"kicked": stage.ids(rest)}},
    "left": lambda stage, who, rest: {"group_update": {"left": stage.ids(who)}},
    "promoted": lambda stage, who, rest: {"group_update": {"promoted": stage.ids(rest)}},
    "named": lambda stage, who, rest: {"group_update": {"name": rest}},
    "picture": lambda stage, who, rest: {"group_update": {"avatarChange": 1}},
    "calls": lambda stage, who, rest: {"callNotificationType": "started-call"},
    "missed": lambda stage, who, rest: {"callNotificationType": "missed-call"},
    "answered": lambda stage, who, rest: {"callNotificationType": "answered-a-call"},
    "saved": lambda stage, who, rest: {"dataExtractionNotification": {"type": 2}},
    "screenshot": lambda stage, who, rest: {"dataExtractionNotification": {"type": 1}},
    "accepted": lambda stage, who, rest: {"messageRequestResponse": {}},
    "timer": _timer,
    "invites": _invites,
}
