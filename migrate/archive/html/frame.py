"""What every page has around its content: a policy that lets nothing in from outside, styles and scripts of our own."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from ..outputs import Outputs
from .text import attribute

FORMAT = "html"
STYLE, SCRIPTS = "style.css", ("times.js", "chat.js", "words.js", "find.js", "index.js")
# 'self' is the same folder tree on disk for Chromium and Firefox; nothing inline, nothing from any network.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; frame-src 'self';"
    " base-uri 'none'; form-action 'none'"
)


def head(title: str, kind: str, up: str, scripts: Iterable[str]) -> str:
    """Everything up to the content. `up` leads from the page to the folder of `index.html`."""
    loaded = "".join(f'<script defer src="{up}assets/{name}"></script>\n' for name in scripts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<title>{attribute(title)}</title>\n<link rel="stylesheet" href="{up}assets/{STYLE}">\n{loaded}'
        f'<base target="_top">\n</head>\n<body class="{kind}">\n'
    )


TAIL = "</body>\n</html>\n"


def write_assets(outputs: Outputs) -> None:
    """Put the styles and scripts beside the pages."""
    assets = files(__package__) / "assets"
    for name in (STYLE, *SCRIPTS):
        outputs.write(f"html/assets/{name}", FORMAT, [(assets / name).read_bytes()])
