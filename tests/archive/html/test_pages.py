"""What a person finds on the pages."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from migrate.archive.html import Pages
from migrate.model import MessageKind

from ...builders import lively
from ...builders.archive import ArchiveBuilder, person, write
from .conftest import Written


def test_the_list_hides_people_who_were_only_met(written: Written) -> None:
    assert "Passer-by" not in written.index
    assert "Stranger" in written.index
    assert written.index.index("Lena") < written.index.index("Jonas")


def test_a_chat_opens_on_its_newest_page_at_the_end(written: Written) -> None:
    assert re.search(r'href="c/[0-9a-f]{8}/3\.html#end"[^>]*>.*?Jonas', written.index)


def test_pages_hold_a_thousand_messages_and_lead_to_each_other(written: Written) -> None:
    pages = [written.page(written.numbers.long, number) for number in (1, 2, 3)]
    assert [page.count('<li class="m ') for page in pages] == [1000, 1000, 500]
    assert 'rel="next" href="2.html"' in pages[0]
    assert 'rel="prev" href="1.html#end"' in pages[1]
    assert 'rel="next"' not in pages[2]


def test_the_months_lead_to_the_first_message_of_each(written: Written) -> None:
    page = written.page(written.numbers.long, 3)
    links = re.findall(r'<a href="(\d+)?(?:\.html)?#m([0-9a-f]{24})" aria-label="\w+ \d{4}"', page)
    assert len(links) == 25
    for number, id in links:
        assert f'id="m{id}"' in written.page(written.numbers.long, int(number or 3))


def test_a_quote_leads_to_what_it_answers(written: Written) -> None:
    page = written.page(written.numbers.direct)
    found = re.search(r'<blockquote class="q"><a href="#(m[0-9a-f]{24})">', page)
    assert found
    assert f'id="{found.group(1)}"' in page


def test_a_quote_leads_to_another_page(tmp_path: Path) -> None:
    with ArchiveBuilder(tmp_path) as b:
        chat = b.conversation(b.contact(person(1), "Ada"), "Ada")
        ids = [b.message(chat, person(1), f"Nr {i}", at=lively.START + i) for i in range(1500)]
        b.message(
            chat, b.me, "Re", at=lively.START + 2000, quote={"author": person(1), "message": ids[3], "text": "Nr 3"}
        )
        b.message(
            chat, b.me, "Re", at=lively.START + 2001, quote={"author": person(1), "message": "0" * 24, "text": "?"}
        )
        write(b.finish(), Pages)
        (page,) = (tmp_path / "html" / "c").glob("*/2.html")
        html = page.read_text("utf-8")
        assert f'href="1.html#m{ids[3]}"' in html
        assert "0" * 24 not in html


@pytest.mark.parametrize(
    "words",
    [
        "This message was deleted.",
        "Deleted later in Session; an earlier export had kept it.",
        "I take that back.",
        "not sent",
        "edited",
        "disappearing, 1 day",
        "the file was no longer on the disk",
        "it had not been downloaded",
        "the file is damaged",
        "Missed call from",
        "Voice message",
        "Ferry timetable, summer",
        "Tickets%20both%20of%20us.pdf",
        "list.txt",
        'class="cheer"',
        'width="640" height="420"',
    ],
)
def test_a_chat_shows(words: str, written: Written) -> None:
    assert words in written.page(written.numbers.direct)


def test_a_group_shows_names_admins_and_ids(written: Written) -> None:
    page = written.page(written.numbers.group)
    assert "<bdi>أمل</bdi>" in page
    assert 'class="badge">admin' in page
    assert person(3) in page.partition("<main")[0]
    assert person(3) not in page.partition("<main")[2]


def test_reactions_say_who(written: Written) -> None:
    assert "❤️</bdi> <bdi>Lena 🌻</bdi>, You" in written.page(written.numbers.direct)
    assert "👋</bdi> <bdi>王伟</bdi>, 8 more" in written.page(written.numbers.group)


def test_nothing_hostile_becomes_markup(written: Written) -> None:
    page = written.page(written.numbers.hostile) + written.index
    assert set(re.findall(r"<(script\b[^>]*)>", page)) <= {
        f'script defer src="{up}assets/{name}"'
        for up in ("", "../../")
        for name in ("times.js", "chat.js", "words.js", "find.js", "index.js")
    }
    assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', page))
    assert not re.search(r'(href|src)="\s*(javascript|data):', page, re.IGNORECASE)
    assert "\x00" not in page


def test_a_page_lets_nothing_in_from_outside(written: Written) -> None:
    for html in (written.index, written.page(written.numbers.direct)):
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
        assert policy is not None
        assert policy.group(1).startswith("default-src 'none';")
        assert "unsafe" not in policy.group(1)
        assert " style=" not in html
        assert not re.search(r'(?:src|poster)="(?:https?:)?//', html)


def test_links_to_files_never_open_a_page(written: Written) -> None:
    page = written.page(written.numbers.hostile)
    links = re.findall(r'href="[./]*/html/files/[^"]*"', page)
    assert len(links) == 6
    assert all(link.endswith(('.txt"', '.bin"')) for link in links)
    assert not re.findall(r'(?:href|src)="[./]*/files/', page)


def test_writing_again_gives_the_same_bytes_and_rewrites_nothing(written: Written) -> None:
    def state() -> dict[str, tuple[str, int]]:
        files = [path for path in written.folder.rglob("*") if path.is_file()]
        return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in files}

    before = state()
    outputs = write(written.builder.archive, Pages)
    assert state() == before
    assert outputs.written == 0
    assert outputs.removed == 0


def test_pages_that_are_no_longer_needed_go(tmp_path: Path) -> None:
    with ArchiveBuilder(tmp_path) as b:
        chat = b.conversation(b.contact(person(1), "Ada"), "Ada")
        for i in range(1001):
            b.message(chat, person(1), f"Nr {i}", at=lively.START + i)
        file = b.attachment(b"x", "notes.txt", "text/plain")
        b.message(chat, person(1), at=lively.START + 2000, attachments=[file])
        outputs = write(b.finish(), Pages)
        assert len(outputs.paths("html") & {path for path in outputs.paths("html") if "/c/" in path}) == 2
        b.con.execute("DELETE FROM messages WHERE n > 10")
        outputs = write(b.finish(), Pages)
        left = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "html").rglob("*") if path.is_file()}
        assert left == outputs.paths("html")
        assert not any("2.html" in path or "notes" in path for path in left)


@pytest.mark.parametrize("at", [0, -5, 1, 253_402_300_799_999, 253_402_300_800_000, (1 << 62) - 1])
def test_an_absurd_time_breaks_nothing(at: int, tmp_path: Path) -> None:
    with ArchiveBuilder(tmp_path) as b:
        chat = b.conversation(b.contact(person(1), "Ada"), "Ada")
        b.message(chat, person(1), "When was this?", at=at)
        b.message(chat, person(1), at=at + 1, kind=MessageKind.CALL)
        write(b.finish(), Pages)
        (page,) = (tmp_path / "html" / "c").glob("*/1.html")
        assert "When was this?" in page.read_text("utf-8")


def test_an_empty_archive_has_a_page_too(tmp_path: Path) -> None:
    with ArchiveBuilder(tmp_path) as b:
        write(b.finish(), Pages)
        assert "0 messages in 0 chats" in (tmp_path / "html" / "index.html").read_text("utf-8")
