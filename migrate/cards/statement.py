"""The move statement: signed by the key of the old account, read from wherever it was found. docs/statement.md.

signed = sign(Statement(session_id=…, issued=…, serial=1, handles=(…,)), keys)
signed.text(), signed.compact()          to publish, to print as a QR code
[signed] = read(text)                    what it says; whether it is true, `verdict.check` tells
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import msgspec

from ..errors import WrongWords
from ..model import Noun
from ..session.keys import AccountKeys
from . import compact, signature, transport
from .canonical import BEGIN, END, BadStatement, Statement, UnknownHandle, content, statement_of

__all__ = [
    "BadStatement",
    "CannotSign",
    "SignedStatement",
    "Statement",
    "UnknownHandle",
    "find",
    "read",
    "sign",
    "tidy",
]


class CannotSign(WrongWords):
    """This statement cannot be signed."""

    hint = "Change what it says; nothing was signed."


class SignedStatement(Noun, frozen=True, kw_only=True):
    """A statement with a key and a signature. Only `verdict.check` knows whether they are any good."""

    statement: Statement
    key: bytes
    signature: bytes

    def covered_text(self) -> str:
        """The part of the text that the signature is for: all but its own line and the mark at the end."""
        lines = [BEGIN, f"Session ID: {self.statement.session_id}", *content(self.statement), f"Key: {self.key.hex()}"]
        return "".join(f"{line}\n" for line in lines)

    def text(self) -> str:
        """The canonical text, for people and programs."""
        return f"{self.covered_text()}Signature: {signature.written_signature(self.signature)}\n{END}\n"

    def compact(self) -> str:
        """The compact text, for a QR code. Only for a key that fits the Session ID, from which it is left out."""
        return compact.pack("".join(f"{line}\n" for line in content(self.statement)), self.key, self.signature)

    def why_not(self) -> str | None:
        """None if it is genuine, else a sentence that says what is wrong with it."""
        return signature.why_not(self.statement.session_id, self.key, self.covered_text(), self.signature)


def sign(statement: Statement, key: AccountKeys) -> SignedStatement:
    """The statement with the signature of the old account. Raises `CannotSign` with a reason a person can act on."""
    if key.session_id != statement.session_id:
        raise CannotSign("The key is not the one of the Session ID in the statement.")
    draft = SignedStatement(statement=statement, key=key.ed25519_public, signature=bytes(signature.SIGNATURE_BYTES))
    try:
        understood, _, _ = statement_of(draft.text().split("\n")[:-1])
    except BadStatement as bad:
        raise CannotSign(str(bad)) from bad
    for handle in understood.handles:
        if isinstance(handle, UnknownHandle):
            raise CannotSign(f"One of the addresses cannot be signed. {handle.reason}")
    if understood != statement:
        raise CannotSign("The statement would not be read as it was meant: a line or a time in it is not whole.")
    # A newer Unicode may want characters that this Python does not know in another order: normal form C.
    if any(unicodedata.category(character) == "Cn" for character in draft.covered_text()):
        raise CannotSign("The statement holds a character that is too new for this Python.")
    signed = msgspec.structs.replace(draft, signature=key.sign(signature.signed_bytes(draft.covered_text())))
    if reason := signed.why_not():
        raise CannotSign(reason)
    return signed


def tidy(text: str) -> str:
    """What a person typed, as it can stand in a line: in normal form C, one blank for each run of blanks."""
    return " ".join(re.split(r"\s+", unicodedata.normalize("NFC", text).strip()))


def read(text: str | bytes) -> list[SignedStatement]:
    """Every statement in a text, a web page or a vCard, in its order. Raises `BadStatement` if one of them is bad, or
    if there is none.
    """
    found = find(text)
    for one in found:
        if isinstance(one, BadStatement):
            raise one
    if not found:
        raise BadStatement(transport.nothing_found(text))
    return [one for one in found if isinstance(one, SignedStatement)]


def find(text: str | bytes) -> list[SignedStatement | BadStatement]:
    """As `read`, but a bad statement does not hide the good ones: it is there as the error that it would be."""
    return list(_found(text))


def _found(text: str | bytes) -> Iterator[SignedStatement | BadStatement]:
    seen = set()
    for block in transport.blocks(transport.plain(text)):
        try:
            if isinstance(block, BadStatement):
                raise block
            signed = _from_compact(block) if isinstance(block, str) else _from_lines(block)
        except BadStatement as bad:
            yield bad
            continue
        if signed not in seen:  # a mail and its quotation, or a page with both forms
            seen.add(signed)
            yield signed


def _from_lines(lines: list[str]) -> SignedStatement:
    statement, key, signature_text = statement_of(lines)
    try:
        return SignedStatement(
            statement=statement,
            key=signature.read_key(key),
            signature=signature.read_signature(signature_text),
        )
    except ValueError as error:
        raise BadStatement(str(error)) from error


def _from_compact(text: str) -> SignedStatement:
    """Put back what was left out, and read the canonical text that this makes."""
    lines, key, signed = compact.unpack(text)
    owner = signature.owner(key)
    if owner is None or not lines.endswith("\n"):
        raise BadStatement("The compact statement is damaged.")
    end = [f"Key: {key.hex()}", f"Signature: {signature.written_signature(signed)}", END]
    return _from_lines([BEGIN, f"Session ID: {owner}", *lines[:-1].split("\n"), *end])
