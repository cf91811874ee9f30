"""Where `decamp card` takes the key from: words, profiles, files of keys; and that it never repeats any of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cards.signing import ALICE, SEEDS
from tests.cli.conftest import Decamp

from .conftest import ALICES, WORDS, signed_in


@pytest.mark.usefixtures("handles")
def test_the_key_comes_from_a_profile_of_session_desktop(decamp: Decamp, profile: Path, locked_profile: Path) -> None:
    assert decamp("card", "--profile", profile, "--to", "one").exit_code == 0
    locked = decamp("card", "--profile", locked_profile, "--to", "two", env={"DECAMP_PASSWORD": "correct horse 9"})
    assert locked.exit_code == 0, locked.output
    assert signed_in("one").why_not() is None
    wrong = decamp("card", "--profile", locked_profile, "--to", "three", env={"DECAMP_PASSWORD": "wrong"})
    assert wrong.exit_code == 3


@pytest.mark.usefixtures("handles")
def test_the_key_comes_from_the_sample_profile_and_from_its_words(decamp: Decamp, samples: Path) -> None:
    folder = samples / "session-desktop" / "plain"
    account = json.loads((folder / "expected.json").read_bytes())["account"]
    decamp("card", "--profile", folder, "--to", "profile")
    decamp("card", "--to", "words", env={"DECAMP_WORDS": account["mnemonic"]})
    for made in ("profile", "words"):
        assert signed_in(made).statement.session_id == account["sessionId"]


@pytest.mark.usefixtures("handles")
@pytest.mark.parametrize(
    "keys",
    [
        {"seed_hex": SEEDS["alice"]},
        {"seed_hex": SEEDS["alice"] + "00" * 16},
        {"mnemonic": WORDS},
        {"account": {"seed_hex": SEEDS["alice"]}},
    ],
    ids=["seed", "long seed", "words", "account"],
)
def test_the_key_comes_from_json(decamp: Decamp, keys: dict[str, Any]) -> None:
    path = Path("keys.json")
    path.write_text(json.dumps(keys))
    path.chmod(0o600)
    assert decamp("card", "--keys", path, "--to", "file").exit_code == 0
    assert decamp("card", "--to", "named", env={"DECAMP_KEYS": str(path)}).exit_code == 0
    assert decamp("card", "--to", "given", env={"DECAMP_KEYS": json.dumps(keys)}).exit_code == 0
    for made in ("file", "named", "given"):
        assert signed_in(made).statement.session_id == ALICE.session_id


@pytest.mark.usefixtures("handles")
def test_the_words_come_from_a_file_or_from_standard_input(decamp: Decamp) -> None:
    path = Path("words.txt")
    path.write_text(WORDS.replace(" ", "\n").upper())
    path.chmod(0o644)
    open_to_all = decamp("card", "--words-file", path, "--to", "file")
    assert "Other users of this machine may read" in open_to_all.stderr
    assert decamp("card", "--words-file", "-", "--to", "input", typed=WORDS).exit_code == 0
    assert signed_in("file").statement.session_id == signed_in("input").statement.session_id == ALICE.session_id


@pytest.mark.usefixtures("handles", "somebody_there")
def test_a_person_is_asked_for_the_words_and_may_mistype_them_once(decamp: Decamp) -> None:
    result = decamp("card", typed=f"{WORDS.rsplit(' ', 1)[0]}\n{WORDS}\n")
    assert result.exit_code == 0, result.output
    assert "has 13 words, and here are 12" in result.stderr
    assert WORDS.split()[0] not in result.output


@pytest.mark.usefixtures("handles")
def test_a_script_without_a_key_is_told_where_to_put_it(decamp: Decamp) -> None:
    result = decamp("card")
    assert result.exit_code == 3
    assert "--words-file" in result.stderr


BROKEN = " ".join(["abbey", *WORDS.split()[1:]])


@pytest.mark.usefixtures("handles")
@pytest.mark.parametrize(
    "given",
    [
        {"DECAMP_WORDS": BROKEN},
        {"DECAMP_WORDS": "qqhunter2 " * 13},
        {"DECAMP_KEYS": json.dumps({"mnemonic": BROKEN})},
        {"DECAMP_KEYS": '{"seed_hex": "hunter2hunter2"}'},
        {"DECAMP_KEYS": '{"seed_hex": "00112233"}'},
        {"DECAMP_KEYS": '{"hunter2": '},
    ],
    ids=["one word wrong", "no words", "words in JSON", "no digits", "too short", "no JSON"],
)
def test_a_wrong_secret_is_refused_without_being_repeated(decamp: Decamp, given: dict[str, str]) -> None:
    for more in ([], ["--debug"], ["--json"]):
        result = decamp("card", *more, env=given)
        assert result.exit_code in {2, 3}
        assert result.exit_code == 3 or "JSON" in result.output
        assert "hunter2" not in result.output
        assert not [word for word in WORDS.split() if f" {word} " in result.output]
    assert not Path("decamp-card").exists()


@pytest.mark.usefixtures("handles")
def test_no_secret_is_in_any_output_or_file(decamp: Decamp) -> None:
    result = decamp("card", "--debug", "--json", env=ALICES)
    written = "".join(path.read_text("latin-1") for path in Path().rglob("*") if path.is_file())
    seed = SEEDS["alice"]
    for text in (result.output, written):
        assert seed not in text.lower()
        assert WORDS not in text
        assert " ".join(WORDS.split()[3:6]) not in text
