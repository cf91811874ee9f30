"""The repository as its checks see it: the source files, and the imports in each of them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def tracked() -> list[Path]:
    """Every file of the repository; without git, everything that would be in it."""
    listing = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        return [path for name in listing.stdout.split("\0")[:-1] if (path := ROOT / name).is_file()]
    hidden = (".venv", "__pycache__", ".git")
    return [path for path in ROOT.rglob("*") if path.is_file() and not set(hidden) & set(path.parts)]


def sources(*folders: str) -> list[Path]:
    """The Python files below these folders of the repository."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    """What Python calls the file: `migrate/archive/__init__.py` is `migrate.archive`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, *, at_once: bool = False) -> Iterator[str]:
    """Full names of all that a file imports, relative ones resolved; `from a import b` gives `a.b`.

    With `at_once`, only what is imported as soon as the file is.
    """
    tree = ast.parse(path.read_text("utf-8"))
    package = path.relative_to(ROOT).parts[:-1]
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join((*above, *filter(None, [node.module])))
            yield from (f"{base}.{alias.name}" for alias in node.names)
