"""Where decamp keeps what is its own: one folder with `config.toml` and, apart from it, the secrets.

Nothing here reads the environment; the command line says where the folder is.
"""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from .errors import DecampError, WrongWords

Value = bool | int | str | list[str]

TEMPLATE = """\
# The settings of decamp. A line that begins with # changes nothing; most of them show what happens anyway.
# What is given on the command line goes before what stands here. Passwords and keys never belong in this file.

[export]
# Where `decamp export` makes the archive when --to is not given, seen from the folder you are in.
# to = "session-archive"

# What it writes beside archive.sqlite when --format is not given.
# formats = ["jsonl", "csv", "vcard", "html"]

[network]
# A SOCKS5 proxy that everything goes through, such as the one of Tor. When it is down nothing is sent.
# proxy = "socks5h://127.0.0.1:9050"

# Ask nodes without onions. It is faster, and they see your address and whose messages you ask for.
# direct = false

# A list of nodes to begin with where neither a seed nor anything else on this machine has one.
# nodes = "nodes.json"
"""


class BadSettings(WrongWords):
    """The settings cannot be used as they are."""

    hint = "Correct config.toml in an editor. Without that file decamp knows none of your handles, bridges and rules."


class NoKeyring(DecampError):
    """There is no keyring on this system that decamp can use."""

    hint = "Use --password-file or DECAMP_PASSWORD instead, or type the password each time."


class Settings:
    """The app folder: settings that a person may edit, and secrets that only the owner may read."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.config_file = home / "config.toml"

    # -- config.toml ---------------------------------------------------------------------------------

    def text(self, section: str, name: str) -> str | None:
        """One setting that is a text, or None where it is not set. Raises `BadSettings` if it is something else."""
        value = self._value(section, name)
        if value is None or isinstance(value, str):
            return value
        raise self._wrong_kind(section, name, "a text in quotes")

    def switch(self, section: str, name: str) -> bool | None:
        """One setting that is true or false, or None where it is not set."""
        value = self._value(section, name)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong_kind(section, name, "true or false")

    def texts(self, section: str, name: str) -> list[str] | None:
        """One setting that is a list of texts, or None where it is not set."""
        value = self._value(section, name)
        if value is None:
            return None
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return value
        raise self._wrong_kind(section, name, "a list of texts in brackets")

    def has(self, section: str) -> bool:
        """Whether there is such a section at all, with whatever in it."""
        return isinstance(self._table(section), dict)

    def _value(self, section: str, name: str) -> object:
        table = self._table(section)
        return table.get(name) if isinstance(table, dict) else None

    def _table(self, section: str) -> object:
        table: object = self._read()
        for part in section.split("."):
            table = table.get(part) if isinstance(table, dict) else None
        return table

    def _wrong_kind(self, section: str, name: str, wanted: str) -> BadSettings:
        return BadSettings(f"The setting {name} in [{section}] of {self.config_file} is not {wanted}.")

    def set(self, section: str, name: str, value: Value) -> None:
        """Change one line of `config.toml` and leave every other line and comment as it is."""
        self.create()
        text = _with_setting(self.config_file.read_text("utf-8"), section, name, value)
        try:
            tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadSettings(f"{self.config_file} is written in a way that decamp cannot change.") from error
        _replace(self.config_file, text.encode())

    def tables(self, name: str) -> list[dict[str, object]]:
        """Every `[[name]]` of `config.toml`, in its order. Raises `BadSettings` where that is no list of tables."""
        found = self._read().get(name, [])
        if isinstance(found, list) and all(isinstance(table, dict) for table in found):
            return found
        raise BadSettings(f"{name} in {self.config_file} is not a list of tables that begin with [[{name}]].")

    def set_tables(self, name: str, tables: Sequence[Mapping[str, object]]) -> None:
        """Write every `[[name]]` anew. A table that was there before keeps its comments, and so does all else."""
        self.create()
        wanted = {**self._read(), name: [dict(table) for table in tables]}
        text = _with_tables(self.config_file.read_text("utf-8"), name, tables)
        try:
            understood = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            understood = {}
        if {name: [], **understood} != wanted:
            raise BadSettings(f"{self.config_file} is written in a way that decamp cannot change.")
        _replace(self.config_file, text.encode())

    def create(self) -> None:
        """Make the folder and a `config.toml` full of comments, unless they are there."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.config_file.exists():
            _replace(self.config_file, TEMPLATE.encode())

    def _read(self) -> Mapping[str, object]:
        try:
            return tomllib.loads(self.config_file.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except UnicodeDecodeError as error:
            raise BadSettings(f"{self.config_file} cannot be read: it is not text.") from error
        except tomllib.TOMLDecodeError as error:
            raise BadSettings(f"{self.config_file} cannot be read: {error}.") from error

    # -- secrets -------------------------------------------------------------------------------------

    def secret(self, name: str) -> bytes | None:
        """What is kept under `name`, or None. A file that others could read is closed to them first."""
        path = self._secret_path(name)
        if not path.is_file():
            return None
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return path.read_bytes()

    def keep_secret(self, name: str, secret: bytes) -> None:
        """Keep something that only the owner may read."""
        path = self._secret_path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, secret)

    def forget_secret(self, name: str) -> None:
        """Delete what is kept under `name`."""
        self._secret_path(name).unlink(missing_ok=True)

    def _secret_path(self, name: str) -> Path:
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name):
            raise ValueError("a secret has a plain lower-case name")
        return self.home / "secrets" / name


def _replace(path: Path, data: bytes) -> None:
    """Write a file that only its owner may read; whoever reads it meanwhile sees the old one, whole."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink()
        raise


def _with_setting(text: str, section: str, name: str, value: Value) -> str:
    """`text` with one setting changed: in its old place, else where the comment shows it, else at the section's end."""
    line = f"{name} = {_toml(value)}"
    lines = text.splitlines()
    start = next((place for place, old in enumerate(lines) if old.strip() == f"[{section}]"), None)
    if start is None:
        return "\n".join([*lines, *([""] if lines else []), f"[{section}]", line, ""])
    end = next((n for n in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[n])), len(lines))
    for pattern in (rf"\s*{re.escape(name)}\s*=", rf"\s*#\s*{re.escape(name)}\s*="):
        for place in range(start + 1, end):
            if re.match(pattern, lines[place]):
                lines[place] = line
                return "\n".join([*lines, ""])
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:end], line, *lines[end:], ""])


def _with_tables(text: str, name: str, tables: Sequence[Mapping[str, object]]) -> str:
    """`text` with these tables where the first `[[name]]` stood, or else at its end."""
    first, *pieces = _pieces(text.splitlines(), name)
    known = [(_parsed("\n".join(lines), name), lines) for ours, lines in pieces if ours]
    blocks = [next((lines for was, lines in known if was == table), _block(name, table)) for table in tables]
    parts = [first[1], *blocks, *(lines for ours, lines in pieces if not ours)]
    return "".join(f"{part}\n\n" for lines in parts if (part := "\n".join(lines).strip("\n"))).rstrip("\n") + "\n"


def _pieces(lines: list[str], name: str) -> Iterator[tuple[bool, list[str]]]:
    """The lines in order: what is not ours, one `[[name]]` with the comment right above it, what is not ours, …"""
    heads = [place for place, line in enumerate(lines) if re.match(r"\s*\[", line)]
    done = 0
    for start, end in pairwise([*heads, len(lines)]):
        if not re.match(rf"\s*\[\[\s*{re.escape(name)}\s*\]\]", lines[start]):
            continue
        while re.match(r"\s*(#|$)", lines[end - 1]):
            end -= 1
        while start > done and lines[start - 1].lstrip().startswith("#"):
            start -= 1
        yield False, lines[done:start]
        yield True, lines[start:end]
        done = end
    yield False, lines[done:]


def _parsed(text: str, name: str) -> object:
    try:
        return tomllib.loads(text)[name][0]
    except tomllib.TOMLDecodeError:
        return None


def _block(name: str, table: Mapping[str, object]) -> list[str]:
    return [f"[[{name}]]", *(f"{key} = {_toml(value)}" for key, value in table.items())]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    plain = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda c: f"\\u{ord(c.group()):04x}", plain) + '"'


# -- the system keyring ------------------------------------------------------------------------------

KEYRING_SERVICE = "decamp"


def keyring_name() -> str | None:
    """Which keyring this system offers, for people; None where there is none that keeps anything."""
    import keyring
    import keyring.backends.fail
    import keyring.backends.null

    try:
        backend = keyring.get_keyring()
    except (keyring.errors.KeyringError, OSError, RuntimeError):
        return None
    if isinstance(backend, (keyring.backends.fail.Keyring, keyring.backends.null.Keyring)):
        return None
    return str(backend.name)


def from_keyring(entry: str) -> str | None:
    """The secret kept under `entry`; None if there is none, or no keyring, or it stays locked."""
    import keyring

    try:
        return keyring.get_password(KEYRING_SERVICE, entry)
    except (keyring.errors.KeyringError, OSError, RuntimeError):
        return None


def keep_in_keyring(entry: str, secret: str) -> None:
    """Keep a secret in the system keyring. Raises `NoKeyring` where that cannot be done."""
    import keyring

    if keyring_name() is None:
        raise NoKeyring
    try:
        keyring.set_password(KEYRING_SERVICE, entry, secret)
    except (keyring.errors.KeyringError, OSError, RuntimeError) as error:
        raise NoKeyring("The system keyring refused to keep the password.") from error
