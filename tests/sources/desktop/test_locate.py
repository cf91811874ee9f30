"""Profiles are found where each system keeps them, and in whatever somebody points at."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.sources.desktop import Profile, locate, recognise


def make(folder: Path, *, config: bool = True) -> Path:
    (folder / "sql").mkdir(parents=True)
    (folder / "sql" / "db.sqlite").write_bytes(b"x")
    (folder / "attachments.noindex").mkdir()
    if config:
        (folder / "config.json").write_text("{}")
    return folder


def folders(home: Path, platform: str, **environ: str) -> list[str]:
    return [profile.folder.relative_to(home).as_posix() for profile in locate(home, environ, platform)]


@pytest.mark.parametrize(
    ("platform", "place"),
    [
        ("linux", ".config/Session"),
        ("linux", ".var/app/network.loki.Session/config/Session"),
        ("linux", "snap/session-desktop/current/.config/Session"),
        ("linux", "snap/Session/common/.config/Session"),
        ("darwin", "Library/Application Support/Session"),
        ("win32", "AppData/Roaming/Session"),
    ],
)
def test_each_system_has_its_place(tmp_path: Path, platform: str, place: str) -> None:
    make(tmp_path / place)
    assert folders(tmp_path, platform) == [place]


def test_the_environment_names_another_place(tmp_path: Path) -> None:
    make(tmp_path / "elsewhere" / "Session")
    assert folders(tmp_path, "linux", XDG_CONFIG_HOME=str(tmp_path / "elsewhere")) == ["elsewhere/Session"]
    assert folders(tmp_path, "win32", APPDATA=str(tmp_path / "elsewhere")) == ["elsewhere/Session"]
    assert folders(tmp_path, "linux", XDG_CONFIG_HOME="elsewhere") == []


def test_an_app_run_from_source_is_found_beside_the_packaged_one(tmp_path: Path) -> None:
    for name in ("Session-production-2", "Session", "Session-development", "Sessions"):
        make(tmp_path / ".config" / name)
    make(tmp_path / ".config" / "Session-empty", config=False)
    assert folders(tmp_path, "linux") == [
        ".config/Session",
        ".config/Session-development",
        ".config/Session-production-2",
    ]


def test_old_revisions_of_a_snap_are_not_taken_for_profiles(tmp_path: Path) -> None:
    for revision in ("11", "12"):
        make(tmp_path / "snap/session/" / revision / ".config/Session")
    (tmp_path / "snap/session/current").symlink_to("12")
    assert folders(tmp_path, "linux") == ["snap/session/current/.config/Session"]


def test_one_profile_under_two_names_is_listed_once(tmp_path: Path) -> None:
    make(tmp_path / ".config" / "Session")
    (tmp_path / ".config" / "Session-link").symlink_to("Session")
    assert folders(tmp_path, "linux") == [".config/Session"]


def test_a_home_without_session_holds_none(tmp_path: Path) -> None:
    (tmp_path / ".config" / "Session").mkdir(parents=True)
    (tmp_path / "snap").write_text("a file")
    assert folders(tmp_path, "linux") == []


@pytest.mark.parametrize(
    "pointed_at", ["Session", "Session/sql", "Session/sql/db.sqlite", "Session/attachments.noindex",
                   "Session/config.json", "."],
)  # fmt: skip
def test_a_profile_is_recognised_by_what_is_pointed_at(tmp_path: Path, pointed_at: str) -> None:
    folder = make(tmp_path / "Session")
    profile = recognise(tmp_path / pointed_at)
    assert profile == Profile(folder, folder / "sql" / "db.sqlite")
    assert profile.attachments == folder / "attachments.noindex"
    assert profile.log == folder / "sql" / "db.sqlite-wal"


def test_a_database_copied_beside_its_config_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "db.sqlite").write_bytes(b"x")
    assert recognise(tmp_path) == recognise(tmp_path / "db.sqlite") == Profile(tmp_path, tmp_path / "db.sqlite")


@pytest.mark.parametrize("name", ["Session.sqlite", "session.db", "archive.sqlite"])
def test_other_databases_are_left_to_other_sources(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    assert recognise(tmp_path) is None
    assert recognise(tmp_path / name) is None
    assert recognise(tmp_path / "nowhere") is None
