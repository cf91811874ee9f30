"""Where the key comes from that signs a statement: the 13 words, a Desktop profile, a file of keys, the keyring.

Never from an argument, which other users of the machine could read in the list of processes; and nothing that is said
here repeats a word of it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import PasswordNeeded, WrongWords
from ..settings import from_keyring, keep_in_keyring
from .run import Run
from .secrets import TRIES, with_password
from .sources import find_profile, profiles_here

if TYPE_CHECKING:
    from ..session.keys import AccountKeys

KEYRING_ENTRY = "session recovery password"
LONGEST = 64 * 1024

ProfileFolder = Annotated[
    str | None,
    typer.Option("--profile", metavar="DIR", help="Take the key from this profile of Session Desktop."),
]
WordsFile = Annotated[
    str | None,
    typer.Option(
        "--words-file", metavar="FILE",
        help="Take the 13 words of the recovery password from FILE, or from standard input if FILE is -. Without this "
        "option: from DECAMP_WORDS, from the system keyring, from Session Desktop on this machine, or by asking.",
    ),
]  # fmt: skip
KeysFile = Annotated[
    str | None,
    typer.Option(
        "--keys", metavar="FILE", help='Take the "mnemonic" or "seed_hex" from this JSON file, or from DECAMP_KEYS.'
    ),
]
RememberWords = Annotated[
    bool, typer.Option("--remember", help="Keep the words, or the password of Session, in the system keyring.")
]


@dataclass(frozen=True, slots=True)
class Given:
    """What was said about where the key is."""

    profile: str | None = None
    words_file: str | None = None
    keys_file: str | None = None
    password_file: str | None = None
    remember: bool = False
    online: bool = False
    """Whether the account itself is to be used, and not only its signature below a statement."""
    language: str | None = None
    """The language of the words, if somebody said which."""


def is_named(run: Run, given: Given) -> bool:
    """Whether it was said where the key is, so that nothing has to be looked for."""
    named = (given.profile, given.words_file, given.keys_file)
    return any(source is not None for source in named) or any(
        run.environ.get(name) for name in ("DECAMP_WORDS", "DECAMP_KEYS")
    )


def signing_keys(run: Run, given: Given) -> AccountKeys:
    """The keys of the old account. Raises `WrongKey` for words that are none, without repeating them."""
    named = [source for source in (given.profile, given.words_file, given.keys_file) if source is not None]
    if len(named) > 1:
        raise WrongWords("There are several keys to sign with.", "Give one of --profile, --words-file and --keys.")
    if given.profile is not None:
        return _from_profile(run, given.profile, given)
    if given.keys_file is not None:
        return _from_json(private_text(run, given.keys_file, "The file of keys"))
    if given.words_file is not None:
        return _from_words(run, private_text(run, given.words_file, "The file of words"), given)
    if words := run.environ.get("DECAMP_WORDS"):
        return _from_words(run, words, given)
    if keys := run.environ.get("DECAMP_KEYS"):
        return _from_json(keys if keys.lstrip().startswith("{") else private_text(run, keys, "The file of keys"))
    if kept := from_keyring(KEYRING_ENTRY):
        return _from_words(run, kept, Given())  # kept in English, whatever they were typed in
    if profiles_here(run):
        return _from_profile(run, None, given)
    return _asked(run, given)


def _from_profile(run: Run, named: str | None, given: Given) -> AccountKeys:
    from ..sources.desktop.keys import signing_keys as keys_in

    profile = find_profile(run, named)
    return with_password(
        run,
        lambda password: keys_in(profile, password, run.settings.home / "work"),
        what=f"The profile in {profile.folder}",
        entry=f"session-desktop {profile.folder.resolve()}",
        file=given.password_file,
        remember=given.remember,
    )


def _from_words(run: Run, words: str, given: Given) -> AccountKeys:
    from ..session.keys import AccountKeys
    from ..session.mnemonic import Language, decode, encode

    seed = decode(words, Language(given.language.lower()) if given.language else None)
    if given.remember:
        keep_in_keyring(KEYRING_ENTRY, encode(seed))
        run.ui.note("The words are in the system keyring now.")
    return AccountKeys.from_seed(seed)


def _asked(run: Run, given: Given) -> AccountKeys:
    from ..session.mnemonic import WrongPhrase

    if not run.ui.interactive and given.online:
        raise PasswordNeeded(
            "This needs the 13 words of your recovery password, and there is no terminal to ask for them.",
            "Give --words-file FILE, or the 13 words in the environment variable DECAMP_WORDS.",
        )
    if not run.ui.interactive:
        raise PasswordNeeded(
            "A statement is signed with the key of the old account, and there is no terminal to ask for it.",
            "Give --words-file FILE, or the 13 words in the environment variable DECAMP_WORDS, or the folder of "
            "Session Desktop with --profile DIR.",
        )
    use = "This needs" if given.online else "The statement is signed with"
    run.ui.note(f"{use} the 13 words of your recovery password. What you type does not show.")
    wrong = WrongPhrase("No words were given.")
    for words in _typed(run):
        try:
            return _from_words(run, words, given)
        except WrongPhrase as error:
            run.ui.note(str(error))
            wrong = error
    raise wrong


def _typed(run: Run) -> Iterator[str]:
    for _ in range(TRIES):
        if typed := run.ui.ask_secret("The 13 words"):
            yield typed


def _from_json(text: str) -> AccountKeys:
    """Keys named as in the samples: `mnemonic` or `seed_hex`, by themselves or under `account`."""
    from ..session.keys import WORDS_BYTES, AccountKeys, Seed
    from ..session.mnemonic import decode

    unreadable = WrongWords(
        "The keys are not JSON with a mnemonic or a seed_hex.", 'It looks like this: {"seed_hex": "32 hex digits"}.'
    )
    try:
        found = json.loads(text)
    except ValueError:
        raise unreadable from None  # the error would quote what it could not read
    if isinstance(found, dict) and isinstance(found.get("account"), dict):
        found = {**found, **found["account"]}
    words, digits = (found.get(name) if isinstance(found, dict) else None for name in ("mnemonic", "seed_hex"))
    if isinstance(words, str):
        return AccountKeys.from_seed(decode(words))
    try:
        seed = bytes.fromhex(digits) if isinstance(digits, str) else b""
    except ValueError:
        raise unreadable from None
    if not seed:
        raise unreadable
    return AccountKeys.from_seed(Seed(seed)) if len(seed) == WORDS_BYTES else AccountKeys(seed)


def private_text(run: Run, named: str, what: str) -> str:
    """A file with secrets, or standard input; the owner is warned if others can read the file."""
    if named == "-":
        return sys.stdin.read(LONGEST)
    path = Path(named).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(LONGEST)
    except OSError as error:
        raise WrongWords(f"{what} {path} cannot be read: {error.strerror}.", "Name another file.") from error
    except UnicodeDecodeError:
        raise WrongWords(f"{what} {path} is not text.", "Name another file.") from None
    if os.name == "posix" and mode & 0o077:
        run.ui.warn(f"Other users of this machine may read {path}; `chmod 600` closes it to them.")
    return text
