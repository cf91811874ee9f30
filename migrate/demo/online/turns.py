"""What is said in the demo: the last lines of its scripts, and as much small talk as a size asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from random import Random

from ...session.content import AFTER_SEND
from .. import papers, scenes
from ..cast import OWNER
from ..grow import EMOJI, RARE, WORDS
from ..script import Line, read_script
from .chats import Turn
from .post import File, Friend

FORTNIGHT = 14 * 86_400  # seconds: as long as the network keeps anything
PHOTO_STEP = 4
"""How much smaller photographs are here than in a profile: they go over the network again and again."""


def scripted(script: str, cast: Mapping[str, Friend], most: int) -> list[Turn]:
    """The last lines of a conversation of the demo, by people of the cast."""
    text = (files("migrate.demo") / "talks" / f"{script}.txt").read_text(encoding="utf-8")
    lines = [line for line in read_script(text) if not line.event and line.who in cast][-most:]
    return [_turn(line, cast) for line in lines]


def _turn(line: Line, cast: Mapping[str, Friend]) -> Turn:
    turn = Turn(cast[line.who], line.text)
    for word, rest in line.extras:
        match word:
            case "react":
                emoji, _, names = rest.partition(" ")
                people = (name.strip() for name in names.partition("+")[0].split(","))
                turn.reactions += [(emoji, cast[name]) for name in people if name in cast]
            case "reply" if rest in cast:
                turn.answers = cast[rest]
            case "photo":
                motif, _, name = rest.partition(" ")
                canvas = scenes.PHOTOS[motif](Random(name)).smaller(PHOTO_STEP)  # noqa: S311 - shows the same hills
                turn.files.append(File(name, "image/png", canvas.png(), stream=line.who == OWNER))
            case "paper":
                name, title, *said = (part.strip() for part in rest.split("|"))
                turn.files.append(File(name, "application/pdf", papers.sheet(title, said)))
            case "deleted":
                turn.taken_back = True
    return turn


def small_talk(people: Sequence[Friend], count: int, random: Random) -> list[Turn]:
    """So many things that people say to each other, with now and then whatever can happen to a message."""
    turns: list[Turn] = []
    for number in range(count):
        turn = Turn(random.choice(people), _words(random))
        happens = random.random()
        if happens < 0.06 and turns:
            turn.answers = turns[-1].who
        elif happens < 0.12:
            turn.reactions = [(random.choice(EMOJI), one) for one in random.sample(people, 1)]
            turn.hesitates = happens < 0.07
        elif happens < 0.14:
            turn.files = [_file(number, random)]
        elif happens < 0.15:
            turn.taken_back = True
        elif happens < 0.17:
            turn.tries_again = True
        turns.append(turn)
    return turns


def with_timer(turns: Sequence[Turn]) -> list[Turn]:
    """The same, but from the middle on everything disappears after two weeks."""
    middle = len(turns) // 2
    return [*turns[:middle], Turn(turns[0].who, timer=(AFTER_SEND, FORTNIGHT)), *turns[middle:]] if turns else []


def _words(random: Random) -> str:
    return random.choice(RARE) if random.random() < 0.03 else " ".join(random.choices(WORDS, k=random.randint(3, 24)))


def _file(number: int, random: Random) -> File:
    data = random.randbytes(random.randint(200, 6_000))
    return File(f"file {number}.bin", "application/octet-stream", data, random.random() < 0.4, random.random() < 0.1)
