"""The one place where what a network cannot do becomes something else (formats page of bridges, section 4).

`plan` makes the actions that show an intent at a place, from what its bridge says that it can and how much of it. What
it leaves out it names, so that it is counted: nothing is dropped in silence. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from migrate.model import short_id

from ..about import Can, Limits
from ..actions import Accept, AnyAction, Delete, Edit, MarkDelivered, MarkRead, Post, React, SetTimer, SetTyping, Upload
from ..events import Person, Reference
from . import words
from .intents import Admit, AnyIntent, Correct, Delivered, Fade, Feel, Recall, Say, Seen, Types
from .model import Author
from .store import Copy

PERHAPS_TWICE = "(perhaps twice) "
EDITED = "(edited) "
_LATE = 300_000  # milliseconds after which a text says when it was written, where the network cannot


@dataclass(frozen=True, slots=True)
class Unsent:
    """A file that does not go along, and why."""

    name: str
    size: int | None
    reason: str

    def __str__(self) -> str:
        size = "" if self.size is None else f", {words.size(self.size)}"
        return f"(file {words.one_line(self.name) or 'without a name'}{size}: {self.reason})"


@dataclass(frozen=True, slots=True)
class View:
    """A place as the plan sees it.

    `me` is our account there. `owner_here`: it is the owner's own. `plain`: nobody needs to be told who speaks, because
    the place stands for the one person. `namesake`: another one there is called the same. `foreign`: the message was
    written there, with an account that is not ours to speak for. `all`: the emojis that are to be on the message
    afterwards.
    """

    can: frozenset[Can]
    limits: Limits
    now: int
    me: str = ""
    owner_here: bool = False
    plain: bool = False
    namesake: bool = False
    reaction_notices: bool = False
    reply: Reference | None = None
    target: Reference | None = None
    copies: tuple[Copy, ...] = ()
    foreign: bool = False
    files: tuple[Upload | Unsent, ...] = ()
    all: tuple[str, ...] = ()
    sent_as: str | None = None

    def without(self, can: Can) -> View:
        """The same, for a network that turned out to lack something."""
        return replace(self, can=self.can - {can})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent, in order. `dropped`: why it is nothing. `unsent`: the files that words stand for."""

    steps: tuple[AnyAction, ...] = ()
    dropped: str | None = None
    unsent: tuple[Unsent, ...] = ()


@dataclass(frozen=True, slots=True)
class _Voice:
    """In whose name something is shown: as a persona, as the owner, or as our account, whose texts then say it."""

    prefix: str = ""
    persona: Person | None = None
    as_owner: bool = False


def plan(intent: AnyIntent, key: str, view: View, *, doubtful: bool = False) -> Plan:
    """The actions for an intent. `doubtful`: it was cut off before, and may have arrived already."""
    voice = _voice(intent.author, view) if not isinstance(intent, Admit | Delivered) else _Voice()
    match intent:
        case Say():
            found = _say(intent, key, view, voice)
        case Correct():
            found = _correct(intent, key, view, voice)
        case Recall():
            found = _recall(intent, key, view, voice)
        case Feel():
            found = _feel(intent, key, view, voice)
        case Seen():
            found = _seen(key, view, voice)
        case Delivered():
            found = _delivered(intent, key, view)
        case Types():
            found = _types(intent, key, view, voice)
        case Fade():
            found = _fade(intent, key, view, voice)
        case Admit():
            found = Plan((Accept(key=f"{key}-0"),)) if Can.REQUESTS in view.can else Plan(dropped="no requests there")
    return marked(found) if doubtful and Can.IDEMPOTENT not in view.can else found


def marked(plan: Plan) -> Plan:
    """Say of the first step that it may be there already."""
    return replace(plan, steps=mark(plan.steps, 0))


def mark(steps: Sequence[AnyAction], at: int) -> tuple[AnyAction, ...]:
    """The same steps, with one that says that it may be there already."""
    step = steps[at]
    if isinstance(step, Post) and not step.text.startswith(PERHAPS_TWICE):
        step = structs.replace(step, text=PERHAPS_TWICE + step.text)
    return (*steps[:at], step, *steps[at + 1 :])


def without_files(steps: Sequence[AnyAction], at: int, why: str, key: str, limits: Limits) -> Plan:
    """The same steps, with words in place of files that a network refused; none at all where it had no files."""
    step = steps[at]
    if not isinstance(step, Post) or not step.files:
        return Plan()
    unsent = tuple(Unsent(file.name, file.size, why.rstrip(".")) for file in step.files)
    first, *more = words.split("\n".join((*filter(None, [step.text]), *map(str, unsent))), limits)
    rest = (
        structs.replace(step, key=f"{key}-{number}", text=text, files=(), reply_to=None)
        for number, text in enumerate(more, len(steps))
    )
    return Plan((*steps[:at], structs.replace(step, text=first, files=()), *steps[at + 1 :], *rest), unsent=unsent)


def _voice(author: Author, view: View) -> _Voice:
    if author.owner and view.owner_here:
        return _Voice()
    if author.owner and Can.OWNER in view.can:
        return _Voice(as_owner=True)
    if not author.id or (view.plain and not author.owner and Can.PERSONAS not in view.can):
        return _Voice()
    if Can.PERSONAS in view.can and not author.owner:
        return _Voice(persona=Person(id=author.id, name=author.shown, picture=author.picture))
    if author.owner and not author.name:
        return _Voice(prefix="You: ")
    return _Voice(prefix=f"{author.shown} ({short_id(author.id)}): " if view.namesake else f"{author.shown}: ")


# -- messages --------------------------------------------------------------------------------------------


def _say(intent: Say, key: str, view: View, voice: _Voice) -> Plan:
    text = intent.text
    true_time = Can.TRUE_TIMES in view.can
    late = intent.past or 0 < intent.sent_at < view.now - _LATE
    if intent.notice and not text.startswith("("):
        text = f"({text})"
    unsent = tuple(one for one in view.files if isinstance(one, Unsent))
    text = "\n".join(part for part in (text, *map(str, unsent)) if part)
    uploads = tuple(_fitting(one, view) for one in view.files if isinstance(one, Upload))
    if not text and not uploads:
        text = "(an empty message)"
    if text:
        text = f"{words.when(intent.sent_at) if late and not true_time else ''}{voice.prefix}{text}"
    elif voice.prefix:
        text = voice.prefix.rstrip(": ") + ":"
    reply = view.reply if Can.REPLIES in view.can else None
    if reply is None and intent.quoted is not None and (intent.quoted.text or intent.quoted.author):
        quoted = intent.quoted
        text = f"> {quoted.author + ': ' if quoted.author else ''}{words.one_line(quoted.text) or '…'}\n{text}"
    expires = intent.expires if Can.TIMERS in view.can else None
    sent_at = intent.sent_at if true_time and (late or intent.past) else None
    texts = _split(text, view) if text else []
    together = not texts or Can.CAPTIONS in view.can
    posts: list[tuple[str, tuple[Upload, ...]]] = [(part, ()) for part in texts]
    if uploads and together:
        last = posts.pop()[0] if posts else ""
        posts.append((last, uploads))
    elif uploads:
        posts.append(("", uploads))
    steps = tuple(
        Post(
            key=f"{key}-{number}", text=part, files=files, reply_to=reply if number == 0 else None,
            persona=voice.persona, as_owner=voice.as_owner, sent_at=sent_at, notice=intent.notice, expires=expires,
            expires_after_read=intent.expires_after_read and expires is not None,
        )
        for number, (part, files) in enumerate(posts)
    )  # fmt: skip
    return Plan(steps, unsent=unsent)


def _split(text: str, view: View) -> list[str]:
    """A text in parts that fit, also when it has to be said of one that it may be there already."""
    limits, room = view.limits, 0 if Can.IDEMPOTENT in view.can else len(PERHAPS_TWICE)
    if room and not words.fits(PERHAPS_TWICE + text, limits):
        limits = structs.replace(
            limits,
            text_characters=None if limits.text_characters is None else limits.text_characters - room,
            text_bytes=None if limits.text_bytes is None else limits.text_bytes - room,
        )
    return words.split(text, limits)


def _fitting(upload: Upload, view: View) -> Upload:
    if upload.voice and Can.VOICE not in view.can:
        return Upload(path=upload.path, name=upload.name, type=upload.type, size=upload.size)
    return upload


def _correct(intent: Correct, key: str, view: View, voice: _Voice) -> Plan:
    texts = [copy for copy in view.copies if copy.is_text]
    parts = _split(f"{voice.prefix}{intent.text}", view)
    if (
        Can.EDITS in view.can
        and not view.foreign
        and texts
        and len(parts) <= len(texts)
        and _in_time(view.limits.edit_seconds, texts, view)
    ):
        parts += ["…"] * (len(texts) - len(parts))
        return Plan(tuple(
            Edit(
                key=f"{key}-{number}", message=_reference(copy, view), text=part, persona=voice.persona,
                as_owner=voice.as_owner,
            )
            for number, (copy, part) in enumerate(zip(texts, parts, strict=True))
        ))  # fmt: skip
    return _instead(f"{EDITED}{intent.text}", key, view, voice, notice=False)


def _recall(intent: Recall, key: str, view: View, voice: _Voice) -> Plan:
    copies = view.copies
    if not copies:
        return Plan(dropped="it never got there")
    if Can.DELETES in view.can and not view.foreign and _in_time(view.limits.delete_seconds, copies, view):
        return Plan(tuple(
            Delete(
                key=f"{key}-{number}", message=_reference(copy, view), persona=voice.persona, as_owner=voice.as_owner
            )
            for number, copy in enumerate(copies)
        ))  # fmt: skip
    if intent.due:
        return Plan(dropped="its time is over, and this network cannot take it back")
    said = f"(took back a message of {words.when(intent.at).strip(' []')} UTC)"
    return _instead(said, key, view, voice, notice=True)


def _instead(text: str, key: str, view: View, voice: _Voice, *, notice: bool) -> Plan:
    """Say what cannot be shown, as an answer to the message that it is about."""
    reply = view.target if Can.REPLIES in view.can else None
    parts = _split(f"{voice.prefix}{text}", view)
    return Plan(tuple(
        Post(
            key=f"{key}-{number}", text=part, reply_to=reply if number == 0 else None, persona=voice.persona,
            as_owner=voice.as_owner, notice=notice,
        )
        for number, part in enumerate(parts)
    ))  # fmt: skip


def _in_time(most: int | None, copies: Sequence[Copy], view: View) -> bool:
    return most is None or all(copy.sent_at is None or view.now - copy.sent_at <= most * 1000 for copy in copies)


def _reference(copy: Copy, view: View) -> Reference:
    target = view.target
    return Reference(
        id=copy.id, author=target.author if target else None, sent_at=copy.sent_at, text=target.text if target else None
    )


# -- everything that is about a message, or about nobody's ------------------------------------------------


def mapped(emoji: str, allowed: frozenset[str] | None) -> str | None:
    """The emoji that a network has for this one: itself, with or without what only makes it colourful."""
    if allowed is None or emoji in allowed:
        return emoji
    bare = "".join(one for one in emoji if one not in "\ufe0e\ufe0f" and not "\U0001f3fb" <= one <= "\U0001f3ff")
    return next((one for one in (bare, f"{bare}\ufe0f") if bare and one in allowed), None)


def _feel(intent: Feel, key: str, view: View, voice: _Voice) -> Plan:
    if view.target is None:
        return Plan(dropped="it never got there")
    limits = view.limits
    emoji = mapped(intent.emoji, limits.reactions)
    if Can.REACTIONS not in view.can or emoji is None:
        if not (view.reaction_notices and intent.add):
            return Plan(dropped="a reaction that cannot be shown there")
        return _instead(f"(reacts with {words.one_line(intent.emoji, 20)})", key, view, voice, notice=True)
    every = tuple(dict.fromkeys(found for one in view.all if (found := mapped(one, limits.reactions)) is not None))
    if limits.reactions_per_person is not None:
        every = every[-limits.reactions_per_person :] if limits.reactions_per_person else ()
    if intent.add is not (emoji in every):
        return Plan(dropped="a reaction that is there for somebody else" if not intent.add else "one reaction too many")
    react = React(
        key=f"{key}-0", message=view.target, emoji=emoji, add=intent.add, all=every, persona=voice.persona,
        as_owner=voice.as_owner, sent_as=None if intent.add else view.sent_as,
    )  # fmt: skip
    return Plan((react,))


def _seen(key: str, view: View, voice: _Voice) -> Plan:
    if Can.READ not in view.can or view.target is None:
        return Plan(dropped="no read receipts there")
    return Plan((MarkRead(key=f"{key}-0", message=view.target, persona=voice.persona, as_owner=voice.as_owner),))


def _delivered(intent: Delivered, key: str, view: View) -> Plan:
    if Can.CONFIRMS not in view.can:
        return Plan(dropped="no delivery receipts on demand there")
    return Plan((MarkDelivered(key=f"{key}-0", message=Reference(id=intent.id)),))


def _types(intent: Types, key: str, view: View, voice: _Voice) -> Plan:
    if Can.TYPING not in view.can:
        return Plan(dropped="no typing there")
    return Plan((
        SetTyping(key=f"{key}-0", typing=intent.typing, persona=voice.persona, as_owner=voice.as_owner),
    ))  # fmt: skip


def _fade(intent: Fade, key: str, view: View, voice: _Voice) -> Plan:
    if Can.TIMERS in view.can:
        return Plan((SetTimer(key=f"{key}-0", seconds=intent.seconds, after_read=intent.after_read),))
    said = (
        f"(messages disappear after {words.seconds(intent.seconds)})"
        if intent.seconds
        else "(messages stay from now on)"
    )
    return _instead(said, key, view, voice, notice=True)
