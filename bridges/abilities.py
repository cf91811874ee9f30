"""What each bridge can do, as the table that `decamp bridge list --abilities` and docs/networks.md show."""

from __future__ import annotations

from collections.abc import Sequence

from .about import About, Can, Limits


def rows(abouts: Sequence[About]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The names of the columns, and a row for each ability that at least one bridge has."""
    known = [can for can in Can if any(can in about.can for about in abouts)]
    table = [(can.value.capitalize(), *("yes" if can in about.can else "–" for about in abouts)) for can in known]
    table += [
        ("Longest text", *(_text(about.limits) for about in abouts)),
        ("Largest file", *(_size(about) for about in abouts)),
    ]
    return ("", *(about.name for about in abouts)), table


def markdown(abouts: Sequence[About]) -> str:
    """The same, for the documents."""
    columns, cells = rows(abouts)
    lines = [columns, tuple("---" for _ in columns), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _text(limits: Limits) -> str:
    if limits.text_characters is not None:
        return f"{limits.text_characters:,} characters"
    return f"{limits.text_bytes:,} bytes" if limits.text_bytes is not None else "any"


def _size(about: About) -> str:
    if Can.FILES not in about.can:
        return "–"
    size = about.limits.file_bytes
    return "what its server takes" if size is None else f"{size / 1_000_000:,.0f} MB"
