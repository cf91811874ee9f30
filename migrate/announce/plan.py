"""What each gets, word for word. Pure: nothing is asked, nothing is sent.

A notice goes as one message wherever it fits. Where it does not, the words come first, cut between paragraphs only,
and the statement last, in a message of its own and never cut: the text that a person can read if it fits there, or else
the compact form. A readable statement in a second message is worth more than a compact one in the first, and a file
would have to be opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridges.about import Limits

from ..cards import handles
from ..cards.book import Entry
from ..cards.card import shown_name
from ..cards.signature import KEY_BYTES, SIGNATURE_BYTES, written_signature
from ..cards.statement import SignedStatement, Statement
from ..errors import DecampError
from ..model import Handle, Network
from .campaign import Addressee, Campaign, Invited
from .codes import written
from .wording import Text, fill, names_in

SECOND = 1000
FOLLOWS = "⬇"
"""In the place of a statement that comes in the next message."""
LATER = "… (made when it is sent)"


class TooLong(DecampError):
    """The notice is too long for the network that is to carry it."""

    exit_code = 2
    hint = "Shorten the template, or name fewer addresses; a paragraph is never cut."


def statement_for(
    campaign: Campaign, to: Addressee, invited: Sequence[Invited], serial: int, issued: int
) -> Statement | None:
    """What is signed for one person, or, in a group, for everybody; None where nothing is signed."""
    if campaign.account is None:
        return None
    own = [Handle(network=_network(one), address=one.address) for one in invited if one.address is not None]
    public = [entry.handle for entry in campaign.entries]
    return Statement(
        session_id=campaign.account,
        issued=issued // SECOND * SECOND,
        valid_until=campaign.until,
        serial=serial,
        audience=to.who.id if not to.place and _is_session_id(to.who.id) else None,
        handles=(*own, *(handle for handle in public if handle not in own)),
        notes=campaign.notes,
    )


def messages(
    campaign: Campaign,
    to: Addressee,
    invited: Sequence[Invited],
    code: str,
    signed: SignedStatement | None,
    limits: Limits,
) -> tuple[str, ...]:
    """The messages of one notice, in their order. Raises `TooLong`."""
    template = campaign.text(to.language, Text.EVERYBODY if to.place else Text.NOTICE)
    values = values_for(campaign, to, invited, code)
    if signed is None or "statement" not in names_in(template):
        return _packed(fill(template, values), limits)
    readable = signed.text().rstrip("\n")
    whole = "\n\n".join(fill(template, {**values, "statement": readable}))
    if fits(whole, limits):
        return (whole,)
    alone = next((form for form in (readable, signed.compact()) if fits(form, limits)), None)
    if alone is None:
        raise TooLong("The signed statement alone is longer than a message may be on this network.")
    return (*_packed(fill(template, {**values, "statement": FOLLOWS}), limits), alone)


def preview(
    campaign: Campaign, to: Addressee, labels: Sequence[str], code: str, limits: Limits, now: int
) -> tuple[str, ...]:
    """The messages that somebody will get, with marks for what is made when it is sent. Raises `TooLong`.

    `labels` are the networks that will make an invitation.
    """
    invited = [Invited(bridge=label, label=label, link=LATER) for label in labels]
    statement = statement_for(campaign, to, [], 1, now)
    draft = None
    if statement is not None and statement.handles:
        draft = SignedStatement(statement=statement, key=bytes(KEY_BYTES), signature=bytes(SIGNATURE_BYTES))
    made_later = {
        "Serial: 1\n": f"Serial: {LATER}\n",
        f"Key: {bytes(KEY_BYTES).hex()}": f"Key: {LATER}",
        f"Signature: {written_signature(bytes(SIGNATURE_BYTES))}": f"Signature: {LATER}",
    }
    shown = []
    for text in messages(campaign, to, invited, code, draft, limits):
        for made, mark in made_later.items():
            text = text.replace(made, mark)
        shown.append(text)
    return tuple(shown)


def greeting(campaign: Campaign, to: Addressee) -> str:
    """What somebody is told who has come."""
    template = campaign.text(to.language, Text.GREETING)
    return "\n\n".join(fill(template, {"friend": _friend(to), "me": campaign.me, "session_id": campaign.account or ""}))


def values_for(campaign: Campaign, to: Addressee, invited: Sequence[Invited], code: str) -> Mapping[str, str]:
    """What is put in for each name of a template, but for the statement."""
    return {
        "friend": _friend(to),
        "me": campaign.me,
        "session_id": campaign.account or "",
        "addresses": "\n".join(map(_line, campaign.entries)),
        "invitations": "\n".join(f"{one.label}: {one.link}" for one in invited),
        "code": "" if to.place or not campaign.entries else written(code),
        "statement": "",
    }


def fits(text: str, limits: Limits) -> bool:
    """Whether a text goes as one message."""
    most, most_bytes = limits.text_characters, limits.text_bytes
    return (most is None or len(text) <= most) and (most_bytes is None or len(text.encode()) <= most_bytes)


def signable(link: str, network: Network) -> str | None:
    """An invitation as it can stand in a statement, or None where it is no address that decamp knows."""
    try:
        return str(handles.parse(link, "one", network))
    except handles.RefusedHandle:
        return None


def _packed(paragraphs: Sequence[str], limits: Limits) -> tuple[str, ...]:
    """As few messages as it takes, cut between paragraphs."""
    packed: list[str] = []
    for paragraph in paragraphs:
        if not fits(paragraph, limits):
            raise TooLong("A paragraph of the notice is longer than a message may be on this network.")
        together = f"{packed[-1]}\n\n{paragraph}" if packed else paragraph
        if packed and fits(together, limits):
            packed[-1] = together
        else:
            packed.append(paragraph)
    return tuple(packed)


def _line(entry: Entry) -> str:
    network = handles.label(entry.handle)
    label = network if entry.title == network else f"{network} ({entry.title})"
    return f"{label}: {handles.link(entry.handle) or entry.handle}" + (f" – {entry.note}" if entry.note else "")


def _friend(to: Addressee) -> str:
    """What they call themselves. What the owner calls them is for the owner's eyes."""
    return "" if to.place else shown_name(to.who.friend or "", 60) or ""


def _network(invited: Invited) -> Network:
    return handles.parse(invited.address or "", "one").network


def _is_session_id(id: str) -> bool:
    return len(id) == 66 and id.startswith("05")
