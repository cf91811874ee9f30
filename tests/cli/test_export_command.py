"""`decamp export` as a person meets it."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from migrate import settings
from migrate.demo.profile import NOW, ProfileBuilder
from tests.cli.conftest import PASSWORD, Decamp, make_profile, said


def names_in(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_it_says_what_it_made_and_where_to_look(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    done = decamp("export", profile, "--to", folder)
    assert done.exit_code == 0
    assert "Saved 9 messages in" in done.stdout
    assert str(folder / "html" / "index.html") in done.stdout
    assert "plain copies" in done.stdout
    again = decamp("export", profile, "--to", folder)
    assert "Nothing is new since the last run." in again.stdout


def test_what_it_writes_is_for_its_owner_only(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    assert decamp("export", profile, "--to", folder).exit_code == 0
    assert not [path for path in (folder, *folder.rglob("*")) if stat.S_IMODE(path.stat().st_mode) & 0o077]


def test_json_tells_a_program_what_was_made(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    done = decamp("export", profile, "--to", tmp_path / "archive", "--json")
    found = said(done)
    assert found["ok"] is True
    assert found["report"]["counts"]["messages"] == 9
    assert found["report"]["new_messages"] == 9
    assert "Saved 9 messages" in done.stderr


def test_without_a_name_it_goes_beside_you(
    decamp: Decamp, profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert decamp("export", profile).exit_code == 0
    assert (tmp_path / "session-archive" / "archive.sqlite").is_file()


def test_the_settings_may_name_archive_and_formats(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    config = settings.Settings(tmp_path / "settings")
    config.set("export", "to", str(tmp_path / "mine"))
    config.set("export", "formats", ["csv"])
    assert decamp("export", profile).exit_code == 0
    assert names_in(tmp_path / "mine") == {"archive.sqlite", "contacts.csv", "files", "manifest.json", "README.txt"} - (
        set() if (tmp_path / "mine" / "files").exists() else {"files"}
    )


def test_the_first_export_makes_settings_full_of_comments(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    assert decamp("export", profile, "--to", tmp_path / "archive").exit_code == 0
    assert (tmp_path / "settings" / "config.toml").read_text("utf-8") == settings.TEMPLATE


def test_a_home_that_cannot_be_written_to_stops_no_export(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    done = decamp("export", profile, "--to", tmp_path / "archive", "--home", tmp_path / "file" / "home")
    assert done.exit_code == 0


def test_losses_are_counted_named_and_exit_code_6(decamp: Decamp, tmp_path: Path) -> None:
    with ProfileBuilder(tmp_path / "Session") as builder:
        alice = builder.person("Alice")
        builder.message(alice, alice, "fine", NOW)
        builder.raw_message("{broken", conversationId=alice)
    done = decamp("export", tmp_path / "Session", "--to", tmp_path / "archive")
    assert done.exit_code == 6
    assert "could not be saved:" in done.stderr
    assert "manifest.json" in done.stderr
    assert decamp("export", tmp_path / "Session", "--to", tmp_path / "archive", "--json").exit_code == 6


# -- which source -------------------------------------------------------------------------------------


def at_home(environ: dict[str, str], profile: Path, name: str = "Session") -> Path:
    return Path(shutil.copytree(profile, Path(environ["HOME"]) / ".config" / name))


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")


@pytest.mark.usefixtures("linux")
def test_the_only_profile_of_the_machine_is_taken(
    decamp: Decamp, environ: dict[str, str], profile: Path, tmp_path: Path
) -> None:
    folder = at_home(environ, profile)
    done = decamp("export", "--to", tmp_path / "archive")
    assert done.exit_code == 0
    assert str(folder) in done.stderr


@pytest.mark.usefixtures("linux")
def test_with_several_profiles_a_script_is_told_how_to_choose(
    decamp: Decamp, environ: dict[str, str], profile: Path
) -> None:
    folders = [at_home(environ, profile), at_home(environ, profile, "Session-development")]
    done = decamp("export")
    assert done.exit_code == 2
    assert all(str(folder) in done.stderr for folder in folders)
    assert "decamp export FOLDER" in done.stderr


@pytest.mark.usefixtures("linux", "somebody_there")
def test_with_several_profiles_a_person_picks_one(
    decamp: Decamp, environ: dict[str, str], profile: Path, tmp_path: Path
) -> None:
    at_home(environ, profile)
    second = at_home(environ, profile, "Session-development")
    done = decamp("export", "--to", tmp_path / "archive", typed="7\n2\n")
    assert done.exit_code == 0
    assert "Please type a number from 1 to 2." in done.stderr
    told = decamp("info", tmp_path / "archive")
    assert str(second) in told.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is an empty folder"),
        ("notes.txt", "it holds notes.txt"),
        ("archive.sqlite", "is an archive that decamp made"),
    ],
)
def test_a_folder_that_is_no_profile_is_described(
    decamp: Decamp, tmp_path: Path, content: str | None, says: str
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    if content:
        (folder / content).write_text("x")
    done = decamp("export", folder)
    assert done.exit_code == 4
    assert says in done.stderr


# -- where to -----------------------------------------------------------------------------------------


def test_it_never_writes_into_the_profile(decamp: Decamp, tmp_path: Path) -> None:
    folder = make_profile(tmp_path / "Session")
    before = names_in(folder)
    done = decamp("export", folder, "--to", folder / "archive")
    assert done.exit_code == 2
    assert "never writes there" in done.stderr
    assert names_in(folder) == before


def test_a_folder_with_something_else_in_it_is_left_alone(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(b"cat")
    done = decamp("export", profile, "--to", folder)
    assert done.exit_code == 2
    assert names_in(folder) == {"cat.jpg"}


# -- which part ---------------------------------------------------------------------------------------


def test_one_chat_by_its_nickname(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    done = decamp("export", profile, "--to", tmp_path / "archive", "--chat", "ali", "--json")
    assert said(done)["report"]["counts"]["messages"] == 2


def test_a_chat_that_is_not_there_gets_near_names(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    done = decamp("export", profile, "--to", tmp_path / "archive", "--chat", "Hickers")
    assert done.exit_code == 2
    assert "Did you mean hikers" in done.stderr


def test_two_chats_of_one_name_are_both_taken_and_that_is_said(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    done = decamp("export", profile, "--to", tmp_path / "archive", "--chat", "Hikers")
    assert done.exit_code == 0
    assert "2 conversations are called Hikers" in done.stderr


def test_a_stretch_of_time(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    done = decamp("export", profile, "--to", tmp_path / "archive", "--until", "2020", "--json")
    assert said(done)["report"]["counts"]["messages"] == 0


def test_a_format_that_does_not_exist(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    done = decamp("export", profile, "--to", tmp_path / "archive", "--format", "pdf")
    assert done.exit_code == 2
    assert "jsonl" in done.stderr


# -- passwords ----------------------------------------------------------------------------------------


def test_a_script_without_a_password_is_told_how_to_give_it(
    decamp: Decamp, locked_profile: Path, tmp_path: Path
) -> None:
    done = decamp("export", locked_profile, "--to", tmp_path / "archive")
    assert done.exit_code == 3
    assert "--password-file" in done.stderr
    assert "DECAMP_PASSWORD" in done.stderr


def test_a_password_from_the_environment(decamp: Decamp, locked_profile: Path, tmp_path: Path) -> None:
    done = decamp("export", locked_profile, "--to", tmp_path / "archive", env={"DECAMP_PASSWORD": PASSWORD})
    assert done.exit_code == 0
    assert PASSWORD not in done.output


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\nsecond line\n"])
def test_a_password_from_a_file_goes_before_the_environment(
    decamp: Decamp, locked_profile: Path, tmp_path: Path, end: str
) -> None:
    file = tmp_path / "password"
    file.write_bytes((PASSWORD + end).encode())
    file.chmod(0o600)
    words = ("export", locked_profile, "--to", tmp_path / "archive", "--password-file", file)
    done = decamp(*words, env={"DECAMP_PASSWORD": "wrong one"})
    assert done.exit_code == 0
    assert "Warning" not in done.stderr


def test_a_password_file_that_others_may_read_is_mentioned(
    decamp: Decamp, locked_profile: Path, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD)
    file.chmod(0o644)
    done = decamp("export", locked_profile, "--to", tmp_path / "archive", "--password-file", file)
    assert done.exit_code == 0
    assert "Other users of this machine may read" in done.stderr


def test_a_password_from_standard_input(decamp: Decamp, locked_profile: Path, tmp_path: Path) -> None:
    words = ("export", locked_profile, "--to", tmp_path / "archive", "--password-file", "-")
    assert decamp(*words, typed=f"{PASSWORD}\n").exit_code == 0


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_a_password_file_that_is_of_no_use(
    decamp: Decamp, locked_profile: Path, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    done = decamp("export", locked_profile, "--to", tmp_path / "archive", "--password-file", file)
    assert done.exit_code == 2
    assert "password file" in done.stderr


def test_a_wrong_password_in_the_environment_is_exit_code_3(
    decamp: Decamp, locked_profile: Path, tmp_path: Path
) -> None:
    words = ("export", locked_profile, "--to", tmp_path / "archive")
    done = decamp(*words, env={"DECAMP_PASSWORD": "wrong but secret"})
    assert done.exit_code == 3
    assert "wrong but secret" not in done.output


@pytest.mark.usefixtures("somebody_there")
def test_a_person_may_mistype_the_password_twice(decamp: Decamp, locked_profile: Path, tmp_path: Path) -> None:
    words = ("export", locked_profile, "--to", tmp_path / "archive")
    done = decamp(*words, typed=f"wrong\nworse\n{PASSWORD}\n")
    assert done.exit_code == 0
    assert "What you type does not show" in done.stderr
    assert done.stderr.count("not the right password") == 2
    assert PASSWORD not in done.output


@pytest.mark.usefixtures("somebody_there")
def test_three_wrong_passwords_are_enough(decamp: Decamp, locked_profile: Path, tmp_path: Path) -> None:
    done = decamp("export", locked_profile, "--to", tmp_path / "archive", typed="a\nb\nc\nd\n")
    assert done.exit_code == 3
    assert "does not open" in done.stderr


def test_a_password_is_kept_only_when_asked_and_found_again(
    decamp: Decamp, locked_profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, str] = {}
    monkeypatch.setattr("migrate.cli.secrets.from_keyring", kept.get)
    monkeypatch.setattr("migrate.cli.secrets.keep_in_keyring", kept.__setitem__)
    words = ("export", locked_profile, "--to")
    given = {"DECAMP_PASSWORD": PASSWORD}
    assert decamp(*words, tmp_path / "one", env=given).exit_code == 0
    assert not kept
    assert decamp(*words, tmp_path / "two", "--remember", env=given).exit_code == 0
    assert list(kept.values()) == [PASSWORD]
    assert decamp(*words, tmp_path / "three").exit_code == 0


def test_remember_without_a_keyring_says_what_to_do(decamp: Decamp, locked_profile: Path, tmp_path: Path) -> None:
    words = ("export", locked_profile, "--to", tmp_path / "archive", "--remember")
    done = decamp(*words, env={"DECAMP_PASSWORD": PASSWORD})
    assert done.exit_code == 1
    assert "no keyring" in done.stderr.lower()


def test_a_profile_without_a_password_asks_for_none(decamp: Decamp, profile: Path, tmp_path: Path) -> None:
    done = decamp("export", profile, "--to", tmp_path / "archive")
    assert done.exit_code == 0
    assert "assword" not in done.output
