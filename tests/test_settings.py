"""The app folder: settings that keep their comments, secrets that nobody else reads."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import keyring
import keyring.backends.fail
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate import settings
from migrate.settings import BadSettings, NoKeyring, Settings, Value


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "app")


def test_asking_makes_no_folder(home: Settings) -> None:
    assert home.text("export", "to") is None
    assert home.secret("anything") is None
    assert not home.home.exists()


def test_a_setting_takes_the_place_of_its_comment_and_every_other_line_stays(home: Settings) -> None:
    home.set("export", "to", "mine")
    text = home.config_file.read_text("utf-8")
    assert text == settings.TEMPLATE.replace('# to = "session-archive"', 'to = "mine"')
    home.set("export", "to", "yours")
    assert home.config_file.read_text("utf-8") == text.replace("mine", "yours")
    assert home.text("export", "to") == "yours"


def test_what_a_person_wrote_stays(home: Settings) -> None:
    home.create()
    home.config_file.write_text('# mine\n[export]\nto = "a" # here\n\n[other]\nx = 1\n', "utf-8")
    home.set("export", "formats", ["csv", "html"])
    home.set("relay", "name", "b")
    assert home.config_file.read_text("utf-8") == (
        '# mine\n[export]\nto = "a" # here\nformats = ["csv", "html"]\n\n[other]\nx = 1\n\n[relay]\nname = "b"\n'
    )


@given(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.text("a\"\\\n'#é"), max_size=3)))
def test_any_text_comes_back_as_it_was(value: Value) -> None:
    text = settings._with_setting(settings.TEMPLATE, "export", "value", value)
    assert tomllib.loads(text)["export"]["value"] == value


@pytest.mark.parametrize("text", ["[export]\nto = 3\n", "export = 1\n[export", '[export]\nto = ["a"]\n'])
def test_settings_that_make_no_sense_are_named(home: Settings, text: str) -> None:
    home.create()
    home.config_file.write_text(text, "utf-8")
    with pytest.raises(BadSettings, match=r"config\.toml") as wrong:
        home.text("export", "to")
    assert wrong.value.exit_code == 2


def test_secrets_are_for_the_owner_only(home: Settings) -> None:
    home.keep_secret("account", b"\x00key")
    path = home.home / "secrets" / "account"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        path.chmod(0o644)
    assert home.secret("account") == b"\x00key"
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    home.forget_secret("account")
    assert home.secret("account") is None


@pytest.mark.parametrize("name", ["../config.toml", "a/b", "", ".hidden", "C:x"])
def test_the_name_of_a_secret_is_never_a_path(home: Settings, name: str) -> None:
    with pytest.raises(ValueError, match="plain lower-case name"):
        home.keep_secret(name, b"x")


def test_a_machine_without_a_keyring_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", keyring.backends.fail.Keyring)
    assert settings.keyring_name() is None
    with pytest.raises(NoKeyring) as problem:
        settings.keep_in_keyring("entry", "secret")
    assert "secret" not in str(problem.value)
    assert "--password-file" in problem.value.hint


def test_a_keyring_that_stays_locked_is_like_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: str) -> None:
        raise keyring.errors.KeyringLocked

    monkeypatch.setattr(keyring, "get_password", locked)
    assert settings.from_keyring("entry") is None
