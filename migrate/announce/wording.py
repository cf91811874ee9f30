"""The words of a notice: templates in six languages, or the owner's own, with a few names in braces.

A paragraph that has nothing to say is left out: one with {invitations} where there is none, one with {statement} where
nothing is signed. What is put in for a name is never looked into for other names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files

from ..errors import WrongWords

LANGUAGES = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "ru": "Russian", "pt": "Portuguese"}
LONGEST = 20_000

PLACEHOLDERS = {
    "friend": "what they call themselves",
    "me": "what you are called",
    "session_id": "your old Session ID",
    "addresses": "your addresses, one a line",
    "invitations": "the invitations that are theirs alone, one a line",
    "code": "the short code that is theirs alone",
    "statement": "the signed statement",
}
PARAGRAPHS = frozenset({"addresses", "invitations", "code", "statement"})
"""Without one of these a paragraph that speaks of it makes no sense."""
_NAME = re.compile(r"\{([^{}\n]*)\}")


class Text(StrEnum):
    """The three texts that there are in each language; the value is what their files are called."""

    NOTICE = "notice"
    EVERYBODY = "everybody"
    """For groups and communities."""
    GREETING = "greeting"
    """For whoever has come."""


ALLOWED = {
    Text.NOTICE: frozenset(PLACEHOLDERS),
    Text.EVERYBODY: frozenset(PLACEHOLDERS) - {"friend", "invitations", "code"},
    Text.GREETING: frozenset({"friend", "me", "session_id"}),
}


class BadTemplate(WrongWords):
    """A template cannot be used as it is."""


def built_in(language: str, text: Text = Text.NOTICE) -> str:
    """A text as decamp brings it. Raises `BadTemplate` for a language that it does not speak."""
    if language not in LANGUAGES:
        spoken = ", ".join(f"{code} ({name})" for code, name in LANGUAGES.items())
        raise BadTemplate(f"There is no notice in {language!r}.", f"There is {spoken}; or write one: --template FILE.")
    name = f"{language}.txt" if text is Text.NOTICE else f"{language}.{text}.txt"
    return (files(__package__) / "templates" / name).read_text("utf-8")


def checked(template: str, text: Text = Text.NOTICE, where: str = "The template") -> str:
    """The same template, if all of it can be filled in. Raises `BadTemplate` with what may stand in one."""
    if not template.strip():
        raise BadTemplate(f"{where} is empty.")
    if len(template) > LONGEST:
        raise BadTemplate(f"{where} has more than {LONGEST:,} characters.", "Make it shorter: it goes as a message.")
    for name in names_in(template):
        if name not in ALLOWED[text]:
            there = ", ".join(f"{{{one}}} {PLACEHOLDERS[one]}" for one in PLACEHOLDERS if one in ALLOWED[text])
            raise BadTemplate(f"{where} has {{{name}}}, and decamp does not know what that is.", f"There is {there}.")
    return template


def names_in(template: str) -> list[str]:
    """Everything in it that is to be filled in, in its order."""
    return _NAME.findall(template)


def fill(template: str, values: Mapping[str, str]) -> list[str]:
    """The paragraphs of a text for one person. A name without a value goes, with the blank before it."""
    paragraphs = re.split(r"\n[ \t]*\n+", template.replace("\r\n", "\n").strip())
    return [_filled(one, values) for one in paragraphs if not _says_nothing(one, values)]


def _says_nothing(paragraph: str, values: Mapping[str, str]) -> bool:
    return any(name in PARAGRAPHS and not values.get(name) for name in names_in(paragraph))


def _filled(paragraph: str, values: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        blank, said = found[1], values.get(found[2], "")
        return f"{blank}{said}" if said else ""

    return re.sub(rf"( ?){_NAME.pattern}", value, paragraph).strip()
