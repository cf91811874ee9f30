"""Pages that check a statement in the browser: one that stands alone, and the scripts for others to build in."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import sha256
from importlib.resources import files


def verify_page() -> str:
    """`verify.html`: one file that checks any statement, from disk, offline."""
    style = asset("palette.css") + asset("verify.css")
    return sealed(asset("verify.html"), style, f"{verify_script()}\n{asset('paste.js')}")


def verify_script() -> str:
    """The script that gives a page `decampVerify.check`, described in verify.js."""
    return "\n".join(map(asset, ("ed25519.js", "verdict.js", "verify.js")))


def sealed(page: str, style: str, script: str) -> str:
    """A page with its style and its script inside, and a policy that lets it do nothing else and ask nobody.

    The page has `{policy}`, `{style}` and `{script}` where these belong, once each.
    """
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    head, _, rest = page.partition("{policy}")
    middle, _, rest = rest.partition("{style}")
    body, _, tail = rest.partition("{script}")
    return f"{head}{policy}{middle}{style}{body}{script}{tail}"


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}"


@cache
def asset(name: str) -> str:
    """A file of this folder: a page before it is filled in, a style sheet, a script."""
    return (files(__package__) / name).read_text("utf-8")
