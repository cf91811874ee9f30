"""Lines of vCards, whoever writes them: text that cannot break out of its value, and lines of the right length."""

from __future__ import annotations

_LINE_ENDS = "\x7f\x85\u2028\u2029"


def escaped(text: str) -> str:
    """Text for a vCard value, RFC 6350 section 3.4; characters that would end the line go."""
    plain = "".join(c for c in text if c in "\n\t" or (c >= " " and c not in _LINE_ENDS))
    return plain.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def folded(line: str) -> str:
    """Lines of at most 75 bytes, RFC 6350 section 3.2, never cut inside a character."""
    parts: list[str] = []
    part: list[str] = []
    size = 0
    for character in line:
        width = len(character.encode("utf-8"))
        if size + width > (75 if not parts else 74):
            parts.append("".join(part))
            part, size = [], 0
        part.append(character)
        size += width
    return "\r\n ".join([*parts, "".join(part)]) + "\r\n"
