"""Turns what other people wrote into safe HTML: the only place where foreign text becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from urllib.parse import quote

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb]")
# Characters that reorder what stands around them (UAX #9), and everything that breaks a line.
_DISORDER = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]+")
# Session writes a mention as @ and the id (formats page of Session Desktop, section 6.2).
_LIVE = re.compile(r"(?P<url>https?://[^\s<>\"'`\\^{|}\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+)"
                   r"|@(?P<id>[0-2]5[0-9a-fA-F]{64})")  # fmt: skip
_MENTION = re.compile("@([0-2]5[0-9a-fA-F]{64})")
_EMOJI = re.compile(
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001faff\u200d\ufe0f\u20e3\U000e0020-\U000e007f ]+"
)
_LONGEST_CHEER = 24
_SHORTEST_URL = len("http://a")
_PUNCTUATION = frozenset(".,;:!?*_~…")
_BRACKETS = {")": "(", "]": "["}


def line(raw: str) -> str:
    """A foreign name as one line that cannot reorder or hide the text around it."""
    return raw if raw.isprintable() else " ".join(_DISORDER.sub(" ", raw).split())


def label(raw: str) -> str:
    """A foreign name as HTML, isolated from the direction of what stands around it."""
    return f"<bdi>{escape(line(raw))}</bdi>"


def attribute(raw: str) -> str:
    """A foreign name for use inside a quoted attribute or a title."""
    return escape(line(raw))


def plain(raw: str) -> str:
    """Foreign text with its lines kept and its control characters shown as what they are: unreadable."""
    return raw if raw.isprintable() else _CONTROLS.sub("\ufffd", raw.replace("\r\n", "\n").replace("\r", "\n"))


def rich(raw: str, name_of: Callable[[str], str]) -> str:
    """The body of a message as HTML: links that lead to the web, mentions as names, everything else as text."""
    shown = plain(raw)
    if "://" not in shown and "@" not in shown:
        return escape(shown, quote=False)
    parts, last = [], 0
    for match in _LIVE.finditer(shown):
        parts.append(escape(shown[last : match.start()], quote=False))
        url, id = match.groups()
        if url:
            url = _without_punctuation(url)
            parts.append(link(url, escape(url)))
            last = match.start() + len(url)
        else:
            parts.append(f'<b class="at">@{label(name_of(id.lower()))}</b>')
            last = match.end()
    parts.append(escape(shown[last:], quote=False))
    return "".join(parts)


def named(raw: str, name_of: Callable[[str], str]) -> str:
    """The body of a message as plain text, with mentions replaced by names."""
    shown = plain(raw)
    if "@" not in shown:
        return shown
    return _MENTION.sub(lambda match: "@" + line(name_of(match.group(1).lower())), shown)


def link(url: str, content: str) -> str:
    """A link to the web around `content`, which is HTML; for any other kind of address just the content."""
    if not url.startswith(("https://", "http://")):
        return content
    return f'<a href="{escape(url)}" rel="noreferrer noopener nofollow" target="_blank">{content}</a>'


def is_cheer(body: str) -> bool:
    """Whether a body is nothing but a few emoji, which messengers show large."""
    return not body.isascii() and len(body) <= _LONGEST_CHEER and _EMOJI.fullmatch(body) is not None


def excerpt(raw: str, longest: int) -> str:
    """The beginning of a text on one line."""
    cut = line(raw[: longest * 2])
    return cut if len(cut) <= longest and len(raw) <= longest * 2 else cut[:longest].rstrip() + "…"


def _without_punctuation(url: str) -> str:
    """A link as it was meant: without the full stop of the sentence or the bracket it stands in."""
    surplus = {close: url.count(close) - url.count(opening) for close, opening in _BRACKETS.items()}
    end = len(url)
    while end > _SHORTEST_URL and (url[end - 1] in _PUNCTUATION or surplus.get(url[end - 1], 0) > 0):
        end -= 1
        if url[end] in surplus:
            surplus[url[end]] -= 1
    return url[:end]


def quoted_path(path: str) -> str:
    """A path of ours as a relative link."""
    return quote(path, safe="/")
