"""An archive with something of everything in it: every kind of message, several scripts, and people who attack."""

from __future__ import annotations

from typing import NamedTuple

from migrate.model import Attachment, AttachmentState, ConversationKind, MessageKind, Relation

from .archive import DAY, MINUTE, ArchiveBuilder, person, png, wav

START = 1_717_400_000_000  # 3 June 2024, 07:33 UTC
HOSTILE_NAME = '<img src=x onerror="window.hacked=1">\u202eevil</script><script>window.hacked=2</script>'
HOSTILE_BODY = (
    '</script><script>window.hacked=3</script> <img src=x onerror=alert(1)> "quotes" &amp; \u202eoverride\n'
    "javascript:window.hacked=4 data:text/html,<script>window.hacked=5</script> https://example.org/\"onclick='x'\x00\x07"
)
HOSTILE_PAGE = b"<!doctype html><script>window.hacked=6;document.title='hacked'</script>"


class Lively(NamedTuple):
    """The numbers of the conversations, for tests that add to them."""

    direct: int
    group: int
    hostile: int
    long: int


def fill(b: ArchiveBuilder, long: int = 2500) -> Lively:
    """Fill an archive; `long` is how many messages its longest conversation has."""
    lena = b.contact(person(1), "Lena", "Lena 🌻", avatar=b.file(png(64, 64, (240, 170, 40))))
    amal = b.contact(person(2), "أمل")
    wei = b.contact(person(3), "王伟")
    people = (b.me, lena, amal, wei)
    direct = _friends(b, lena)
    group = _group(b, people)
    hostile = _hostile(b)
    many = b.conversation(b.contact(person(5), "Jonas"), "Jonas")
    for i in range(long):
        at = START - (long - i) * 7 * 60 * MINUTE
        b.message(many, person(5) if i % 3 else b.me, f"Message number {i}, about the {_TOPICS[i % 7]}.", at=at)
    b.conversation(b.contact(person(6), "Passer-by", relation=Relation.ACQUAINTANCE), "Passer-by")
    b.conversation(b.contact(person(7), "Stranger", relation=Relation.REQUEST_IN), "Stranger")
    b.conversation(b.me, "Note to Self", ConversationKind.NOTE_TO_SELF)
    return Lively(direct, group, hostile, many)


_TOPICS = ("garden", "harbour", "concert", "train", "recipe", "lighthouse", "Überraschung")


def _friends(b: ArchiveBuilder, lena: str) -> int:
    chat = b.conversation(lena, "Lena 🌻")
    at = START

    def say(sender: str, body: str | None = None, **fields: object) -> str:
        nonlocal at
        at += 3 * MINUTE
        return b.message(chat, sender, body, at=at, **fields)  # type: ignore[arg-type]  # fields of any type, as in JSON

    say(lena, "Good morning! Are you still coming to the lighthouse on Saturday?")
    asked = say(lena, "The ferry leaves at nine, and I have two tickets.")
    say(
        b.me,
        "Of course. I would not miss it.",
        quote={"author": lena, "sent_at": at, "message": asked, "text": "The ferry leaves at nine"},
        reactions=[{"emoji": "🎉", "by": [lena], "count": 1}, {"emoji": "❤️", "by": [lena, b.me], "count": 2}],
    )
    say(b.me, "🎉🌊")
    picture = b.attachment(png(640, 420, (70, 150, 220)), "harbour.png", "image/png", width=640, height=420)
    say(lena, "From up there you can see all the way to the harbour.", attachments=[picture])
    say(lena, attachments=[b.attachment(wav(), None, "audio/wav", voice=True)])
    at += DAY
    say(
        b.me,
        "The timetable: https://ferry.example/timetable?day=sat.",
        preview={
            "url": "https://ferry.example/timetable",
            "title": "Ferry timetable, summer",
            "image": b.file(png(400, 160, (20, 120, 110))),
        },
    )
    say(b.me, attachments=[b.attachment(b"%PDF-1.4\n", "Tickets: both/of us.pdf", "application/pdf")])
    say(b.me, "List", attachments=[b.attachment(b"milk\nbread\n", "list.txt", "text/plain")])
    say(lena, kind=MessageKind.CALL, details={"call": "missed-call"})
    say(b.me, kind=MessageKind.TIMER, details={"type": "after_read", "seconds": 86_400, "by": b.me})
    say(lena, "Read this quickly.", expires={"type": "after_read", "seconds": 86_400, "at": at + DAY})
    say(lena, deleted=True)
    say(lena, "I take that back.", deleted=True)
    say(b.me, "Did this arrive?", failed=True)
    say(lena, "It did now.", edited=True)
    for state in (AttachmentState.MISSING, AttachmentState.NOT_DOWNLOADED, AttachmentState.DAMAGED):
        say(lena, attachments=[Attachment(name=f"{state}.jpg", type="image/jpeg", size=54_321, state=state)])
    say(lena, kind=MessageKind.EXTRACTION, details={"what": "screenshot"})
    say(lena, kind=MessageKind.REQUEST_RESPONSE, details={})
    say(lena, kind=MessageKind.INVITATION, details={"url": "https://open.example/tea?public_key=ab", "name": "Tea"})
    say(lena, kind=MessageKind.OTHER, details={"something": ["new"]})
    say(lena, "See you on the pier! Bring the blue thermos, the good one.\n\nAnd a jacket.")
    return chat


def _group(b: ArchiveBuilder, people: tuple[str, ...]) -> int:
    me, lena, amal, wei = people
    chat = b.conversation("03" + person(10)[2:], "Summer crew", ConversationKind.GROUP, people, (lena,))
    for i, (sender, body) in enumerate(
        [
            (lena, "Welcome, all of you."),
            (amal, "مرحبا بالجميع! هل نلتقي يوم السبت عند المنارة؟"),
            (amal, "שלום גם לכם, in three scripts."),
            (wei, "大家好！星期六去灯塔吧。"),
            (wei, "我带茶。"),
            (me, f"Thank you @{wei}, tea is always right."),
            (lena, "हम सब मिलकर चलेंगे। Καλημέρα. สวัสดี"),
        ]
    ):
        b.message(chat, sender, body, at=START + i * 4 * MINUTE, mentions=[wei] if "@" in body else None)
    for i, details in enumerate(
        [{"joined": [wei]}, {"promoted": [amal]}, {"name": "Summer crew"}, {"kicked": [wei]}, {"avatar_change": True}]
    ):
        b.message(chat, lena, at=START + DAY + i * MINUTE, kind=MessageKind.GROUP_UPDATE, details=details)
    b.message(
        chat, amal, "إلى اللقاء", at=START + DAY + 9 * MINUTE, reactions=[{"emoji": "👋", "by": [wei], "count": 9}]
    )
    return chat


def _hostile(b: ArchiveBuilder) -> int:
    mallory = b.contact(person(4), HOSTILE_NAME, blocked=True)
    chat = b.conversation("https://evil.example/room", HOSTILE_NAME, ConversationKind.COMMUNITY, (mallory,))
    at = START + 2 * DAY
    b.message(chat, mallory, HOSTILE_BODY, at=at)
    for i, name in enumerate(["page.html", "../../../index.html", "image.svg", "CON", "\u202egnp.exe", "a\x00b.html"]):
        file = b.attachment(HOSTILE_PAGE + bytes([48 + i]), name, "image/png", caption=HOSTILE_BODY)
        b.message(chat, mallory, at=at + (i + 1) * MINUTE, attachments=[file])
    b.message(chat, mallory, at=at + 20 * MINUTE, preview={"url": "javascript:window.hacked=7", "title": HOSTILE_NAME})
    b.message(
        chat, mallory, "Look", at=at + 21 * MINUTE, quote={"author": HOSTILE_NAME, "sent_at": at, "text": HOSTILE_BODY}
    )
    b.message(
        chat, mallory, "Look", at=at + 22 * MINUTE, reactions=[{"emoji": "<b>", "by": [HOSTILE_NAME], "count": 3}]
    )
    b.message(
        chat, mallory, at=at + 23 * MINUTE, kind=MessageKind.INVITATION,
        details={"url": "javascript:window.hacked=8", "name": HOSTILE_NAME},
    )  # fmt: skip
    b.message(chat, mallory, at=at + 24 * MINUTE, kind=MessageKind.GROUP_UPDATE, details={"name": HOSTILE_NAME})
    return chat
