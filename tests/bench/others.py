"""The tools that people use today, each in an environment of its own, on the same number of synthetic messages."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import profiles
from tests.bench.measure import FailedRun, Row, row, run


@dataclass(frozen=True, slots=True)
class Tool:
    """One exporter: what to install, what to start, and how to count what it wrote."""

    package: str
    program: str
    arguments: Callable[[Path, Path], list[str]]
    made_for: str | None
    count: Callable[[Path], int] | None
    writes: str


def lines(out: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in out.rglob("data.json"))


def in_lists(out: Path) -> int:
    return sum(len(json.loads(path.read_bytes())["messages"]) for path in out.glob("*.json"))


def in_chats(out: Path) -> int:
    return sum(len(chat["messages"]) for chat in json.loads((out / "result.json").read_bytes()).values())


def export_all(format: str, *more: str) -> Callable[[Path, Path], list[str]]:
    return lambda _, out: ["export-all", "--format", format, "--output", str(out), *more]


def sigexport(data: Path, out: Path) -> list[str]:
    key = json.loads((data / "config.json").read_bytes())["key"]
    return ["--source", str(data), "--key", key, str(out / "all")]


def wtsexporter(data: Path, out: Path) -> list[str]:
    databases = ["--db", str(data / "msgstore.db"), "--wa", str(data / "wa.db")]
    return ["--android", *databases, "--output", str(out), "--json", str(out / "result.json"), "--no-banner"]


TOOLS = (
    Tool(
        "session-cli==1.7.0", "session-cli", export_all("json", "--include-attachments"), None, in_lists, "JSON, files"
    ),
    Tool("session-cli==1.7.0", "session-cli", export_all("html"), None, None, "HTML"),
    Tool("session-cli==1.7.0", "session-cli", export_all("csv"), None, None, "CSV"),
    Tool("signal-export==3.9.3", "sigexport", sigexport, "signal_desktop", lines, "Markdown, JSON, HTML, files"),
    Tool(
        "whatsapp-chat-exporter==0.13.1", "wtsexporter", wtsexporter, "whatsapp_android", in_chats, "JSON, HTML, files"
    ),
)


def measure(tool: Tool, profile: Path, work: Path) -> Row:
    """Let a tool export the messages of a profile. What cannot be measured is said, never made up."""
    name = f"{tool.package.replace('==', ' ')}: {tool.writes}"
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    try:
        program = installed(tool, work)
        data = profiles.converted(profile, tool.made_for) if tool.made_for else profile
        home = {"HOME": str(home_with(profile, work))}
        cost = run([program, *tool.arguments(data, out)], work / "logs" / f"{tool.program}.log", cwd=data, env=home)
        return row(name, cost, tool.count(out) if tool.count else None)
    except (FailedRun, subprocess.CalledProcessError, OSError, ValueError) as failure:
        return row(name, None, None, f"not measured: {failure}")


def installed(tool: Tool, work: Path) -> Path:
    """The tool's program, in a virtual environment that holds nothing else."""
    folder = work / "tools" / tool.package
    program = folder / "bin" / tool.program
    if not program.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        env = {key: value for key, value in os.environ.items() if not key.endswith("CONSTRAINT")}
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", tool.package], env=env, check=True)
    return program


def home_with(profile: Path, work: Path) -> Path:
    """A home folder in which this profile is the one of Session Desktop."""
    home = work / "home"
    link = home / ".config" / "Session"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(profile.resolve())
    return home
