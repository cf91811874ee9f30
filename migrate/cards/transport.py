"""Finds statements in what they came in: a message, a quoted mail, a web page, a vCard. docs/statement.md, section 8.

Nothing here decides what a statement says: it takes off what transports put around, and hands on lines.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from . import compact
from .canonical import BEGIN, END, MOST_LINES, BadStatement

_BEGIN_LINE = re.compile(rf"([>| \t]*){BEGIN}")
_PAGE = re.compile(r"\s*<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_PRE = re.compile(r"<(/?)(?:pre|textarea)\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_VCARD = re.compile(r"\s*BEGIN:VCARD\s", re.IGNORECASE)
_VCARD_VALUE = re.compile(r'^(?:"[^"\n]*"|[^":\n])*:(.*)$', re.MULTILINE)
_VCARD_ESCAPE = re.compile(r"\\([\\,;nN])")


def plain(text: str | bytes) -> str:
    """The text with LF at the end of each line, out of the web page or vCard that it may be in."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")  # what could not be read is then a character that is refused
    text = re.sub("\r\n?", "\n", text.removeprefix("\ufeff"))
    if _PAGE.match(text):
        return "\n".join(_preformatted(text))
    if _VCARD.match(text):
        return "\n".join(_vcard_values(text))
    return text


def _preformatted(page: str) -> Iterator[str]:
    """What stands in the `pre` and `textarea` elements of a web page, without markup."""
    start = None
    for tag in _PRE.finditer(page):
        if not tag[1]:
            start = tag.end()
        elif start is not None:
            yield html.unescape(_TAG.sub("", page[start : tag.start()]))
            start = None


def _vcard_values(card: str) -> Iterator[str]:
    """The values of a vCard's lines, unfolded and unescaped."""
    for line in _VCARD_VALUE.finditer(re.sub("\n[ \t]", "", card)):
        yield _VCARD_ESCAPE.sub(lambda escape: "\n" if escape[1] in "nN" else escape[1], line[1])


def blocks(text: str) -> Iterator[list[str] | str | BadStatement]:
    """Each statement in a plain text: its lines from mark to mark without quoting, or its compact text as one string.

    A statement without its end comes with the lines that there are.
    """
    place = 0
    while place < len(text):
        end = _line_end(text, place)
        line = text[place:end]
        place = end + 1
        if begin := _BEGIN_LINE.fullmatch(line):
            yield _block(text, place, begin[1])
        elif line.lstrip(" \t").startswith(compact.MARK):
            yield line.strip(" \t")


def nothing_found(text: str | bytes) -> str:
    """The sentence for a text without statements; it helps if there was one and the way here has flattened it."""
    if BEGIN in plain(text):
        return "There is a move statement in this, but its lines were joined or changed."
    return "There is no move statement in this."


def _block(text: str, place: int, prefix: str) -> list[str] | BadStatement:
    """The lines of one statement; `place` is after its BEGIN line. It ends where the next one begins, at the latest."""
    lines, bare = [BEGIN], prefix.rstrip(" \t")
    while place < len(text) and len(lines) <= MOST_LINES and lines[-1] != END:
        end = _line_end(text, place)
        line = text[place:end]
        place = end + 1
        if _BEGIN_LINE.fullmatch(line):
            break
        quoting = prefix if line.startswith(prefix) else bare
        if not line.startswith(quoting):
            return BadStatement(f"Line {len(lines) + 1} of the statement is not quoted like its first line.")
        lines.append(line.removeprefix(quoting))
    return lines


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end
