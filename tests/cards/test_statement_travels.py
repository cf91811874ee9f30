"""A statement arrives whole by every way that people send text, and nothing around it is taken for a part of it."""

from __future__ import annotations

import email
import email.policy
import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from migrate.cards.statement import read

from .make_vectors import statements
from .signing import ALICE, PLAIN, XMPP, changed, finished

SESSION_LIMIT = 2000  # characters of a message body: formats page of the Session network, section 5.1
LETTER = "Hello Bob,\n\nFrom here on I am elsewhere. Check it:\n\n{}\nSee you,\nAlice – ☂\n-- \nsent by hand\n"
SHORT = [(name, text) for name, text in statements() if len(text) < 3000]
each = pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in SHORT])


def arrives(text: str, received: str | bytes) -> bool:
    return [one.text() for one in read(received)] == [text]


@each
def test_in_a_session_message(text: str) -> None:
    body = LETTER.format(text)
    assert arrives(text, body)
    assert arrives(text, body.replace("\n", "\r\n"))
    assert arrives(text, body.strip().encode())


def test_a_statement_with_five_handles_fits_a_session_message() -> None:
    five = [f"Moved to: xmpp:alice{number}@a-long-host-name.example.org" for number in range(5)]
    assert len(finished(changed("Moved to: xmpp", "\n".join(five)))) < SESSION_LIMIT


@each
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64", "8bit"])
def test_in_a_mail(text: str, encoding: str) -> None:
    letter = EmailMessage(policy=email.policy.SMTP)
    letter.set_content(LETTER.format(text), cte=encoding)
    received = email.message_from_bytes(letter.as_bytes(), policy=email.policy.default)
    assert arrives(text, received.get_content())


@each
def test_in_a_mailbox_that_escapes_lines(text: str, tmp_path: Path) -> None:
    letter = EmailMessage()
    letter.set_content(LETTER.format(text), cte="8bit")
    box = mailbox.mbox(tmp_path / "inbox")
    box.add(letter)
    box.flush()
    assert b"\n>From here on" in (tmp_path / "inbox").read_bytes()
    (kept,) = box
    arrived = kept.get_payload(decode=True)
    assert isinstance(arrived, bytes)
    assert arrives(text, arrived)
    box.close()


@each
def test_in_a_mail_whose_lines_flow(text: str) -> None:
    """RFC 3676: long lines are broken after a blank, and joined again by whoever shows them."""
    assert arrives(text, joined(flowed(LETTER.format(text))))


def flowed(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        if line.startswith((" ", "From ", ">")):
            line = f" {line}"
        while len(line) > 72 and " " in line.rstrip()[:-1]:
            place = max(line.rfind(" ", 0, 72), line.find(" "))
            lines.append(line[: place + 1])
            line = line[place + 1 :]
        lines.append(line)
    return "\r\n".join(lines)


def joined(text: str) -> str:
    shown = ""
    for line in text.split("\r\n"):
        line = line.removeprefix(" ")
        shown += line if line.endswith(" ") and line != "-- " else f"{line}\n"
    return shown


@each
@pytest.mark.parametrize("quoting", ["> ", ">", "> > ", ">>> ", "| ", ">| ", "    ", "\t", "  > "])
def test_quoted_in_an_answer(text: str, quoting: str) -> None:
    quoted = "".join(f"{quoting}{line}\n" for line in LETTER.format(text).split("\n"))
    assert arrives(text, f"On Sunday Alice wrote:\n{quoted}\nSo she left.\n")
    without_ends = "\n".join(line.rstrip() for line in quoted.split("\n"))
    assert arrives(text, without_ends)


def test_what_stands_before_and_after_is_not_part_of_it() -> None:
    around = "Moved to: xmpp:mallory@example.org\n"
    (signed,) = read(f"{around}{finished(PLAIN)}{around}")
    assert [str(handle) for handle in signed.statement.handles][1] == XMPP
    assert "mallory" not in signed.text()


def test_another_quotation_inside_is_not_taken_off() -> None:
    good = finished([*PLAIN[:-1], "Note: > quoted"])
    assert arrives(good, good)
    assert arrives(good, "".join(f"> {line}\n" for line in good.splitlines()))


def test_from_a_page_and_a_vcard_as_files() -> None:
    text = finished([*PLAIN, f"Note: {ALICE.session_id} & <friends>, or: all; \\n"])
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    assert arrives(text, f"<!DOCTYPE html>\n<html><body><h1>Alice</h1><pre id=statement>\n{escaped}</pre>".encode())
    card = text.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")
    assert arrives(text, f'BEGIN:VCARD\r\nVERSION:4.0\r\nFN;X="a:b":Alice\r\nNOTE:{card}\r\nEND:VCARD\r\n')
