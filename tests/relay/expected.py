"""What each place has to show of a history: every message that belongs there, as it is now, once, and in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridges.api import Can
from bridges.relay.model import Direction, Link, Place
from tests.relay.far import Letter
from tests.relay.histories import OWNER, QUOTE, TOKEN, History, Meant

TWICE = "(perhaps twice) "


class Expected:
    """What must follow from a history, once nothing is on its way any more."""

    def __init__(self, history: History) -> None:
        self._history, self._nets, self._meant = history, history.nets, history.meant

    def differences(self) -> list[str]:
        """Every place that shows something else than it must."""
        self._history.store.database.scrub()
        return [
            wrong for link in self._history.links.values() for end in link.ends for wrong in self._at(link, end)
        ] + [f"the words of {one.number} are still on the disk" for one in self._meant if self._is_kept(one)]

    def _is_kept(self, one: Meant) -> bool:
        words = f"<{one.number}.".encode()
        return (one.gone or one.fades) and any(
            words in path.read_bytes() for path in self._history.folder.glob("relay.db*")
        )

    def _at(self, link: Link, place: Place) -> Iterator[str]:
        net = self._nets[place.bridge]
        letters = list(net.letters.get(place.chat, {}).values())
        shown: dict[int, list[Letter]] = {}
        for letter in letters:
            if letter.ours and (number := self._history.number_of(letter)) is not None:
                shown.setdefault(number, []).append(letter)
        for number in shown:
            if not self._comes(link, self._meant[number], place):
                yield f"{place} shows {number}, which it must not"
        for one in self._meant:
            if self._comes(link, one, place):
                yield from self._message(link, one, place, shown.get(one.number, []))
        for source in link.ends:
            came = [number for number in shown if self._meant[number].place == source and number not in net.refused]
            firsts = [number for number in came if not self._is_early(shown[number])]
            if firsts != sorted(firsts):
                yield f"{place} has what came from {source} in the order {firsts}"

    @staticmethod
    def _is_early(found: Sequence[Letter]) -> bool:
        """Whether what is left is only what was said of a message later."""
        return all("(edited)" in letter.text for letter in found)

    def _comes(self, link: Link, one: Meant, place: Place) -> bool:
        if one.place not in link.ends or not self._flows(link, one.place, place):
            return False
        return not link.private or one.place == link.ends[0] or one.author in {OWNER, self._nets["a"].me}

    @staticmethod
    def _flows(link: Link, source: Place, place: Place) -> bool:
        if source == place:
            return False
        if link.direction is Direction.OUT:
            return source == link.ends[0]
        return link.direction is Direction.BOTH or (source != link.ends[0] and place == link.ends[0])

    def _message(self, link: Link, one: Meant, place: Place, found: Sequence[Letter]) -> Iterator[str]:
        can = self._nets[place.bridge].about.can
        if one.gone or one.fades:
            there = [letter.text for letter in found if self._history.is_known(place, letter)]
            if there and Can.DELETES in can:
                yield f"{place} still shows {there}"
            return
        once = {Can.EDITS, Can.IDEMPOTENT} <= can  # an edit takes the mark from what is perhaps there twice
        versions = [
            int(TOKEN.findall(QUOTE.sub("", letter.text))[0][1]) for letter in found if TWICE not in letter.text
        ]
        if not found:
            yield f"{place} does not show {one.number}"
        elif len(versions) != len(set(versions)) or (once and len(versions) > 1 and not self._late(found)):
            yield f"{place} shows {one.number} more than once: {[letter.text for letter in found]}"
        elif not any(f"<{one.number}.{one.version}>" in letter.text for letter in found):
            yield f"{place} shows {[letter.text for letter in found]} and not version {one.version}"
        else:
            yield from self._details(link, one, place, found)

    @staticmethod
    def _late(found: Sequence[Letter]) -> bool:
        return any("(edited)" in letter.text for letter in found)

    def _details(self, link: Link, one: Meant, place: Place, found: Sequence[Letter]) -> Iterator[str]:
        """That it is known which is which, what it answers, and who reacted to it."""
        net = self._nets[place.bridge]
        told = self._history.store.told(one.place, one.letter)
        for letter in found:
            known = self._history.store.told(place, letter.id)
            is_doubtful = Can.IDEMPOTENT not in net.about.can  # whose id came in an answer that was lost
            if told is None or (known is None and not is_doubtful) or (known and known.number != told.number):
                yield f"{place}: it is not known that {letter.id} is {one.number}"
        if len(found) > 1:
            return
        (letter,) = found
        if one.answers is not None and Can.REPLIES in net.about.can and letter.reply_to is not None:
            answered = net.letters[place.chat].get(letter.reply_to)
            if answered is not None and self._history.number_of(answered) not in {one.answers, None}:
                yield f"{place}: {one.number} answers {self._history.number_of(answered)} and not {one.answers}"
        yield from self._feelings(link, one, place, letter)

    def _feelings(self, link: Link, one: Meant, place: Place, letter: Letter) -> Iterator[str]:
        net = self._nets[place.bridge]
        if Can.REACTIONS not in net.about.can:
            return
        wanted = set()
        for end in link.ends:
            if self._flows(link, end, place):
                for other in self._nets[end.bridge].letters.get(end.chat, {}).values():
                    if self._history.number_of(other) == one.number:
                        wanted |= {emoji for who, theirs in other.emojis.items() if self._heard(link, end, who)
                                   for emoji in theirs}  # fmt: skip
        if letter.emojis.get(net.me.id, set()) != wanted:
            yield f"{place}: {one.number} shows {letter.emojis}, and others have {wanted}"

    def _heard(self, link: Link, end: Place, who: str) -> bool:
        if who == self._nets[end.bridge].me.id:
            return False
        return not link.private or end == link.ends[0] or who == OWNER.id
