"""The same synthetic messages as each tool wants to read them: made once, kept in the work folder."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.scan import opened

ROOT = Path(__file__).resolve().parents[2]
ATTACHMENTS = 500


def session(work: Path, messages: int) -> Path:
    """A Session Desktop profile with so many synthetic messages more than its template, 500 of them with a file."""
    folder = work / f"session-{messages}"
    if not folder.exists():
        draft = work / f"session-{messages}.part"
        shutil.rmtree(draft, ignore_errors=True)
        subprocess.run([sys.executable, *grower(draft, messages)], cwd=ROOT, check=True)
        draft.rename(folder)
    return folder


def grower(folder: Path, messages: int) -> list[str]:
    """The program that grows profiles: the shared one where it lies beside the repository, else our own."""
    shared = Path(os.environ.get("DECAMP_SHARED") or ROOT.parent / "shared")
    script = shared / "tools" / "grow_profile.py"
    if script.is_file():
        amounts = ["--messages", str(messages), "--conversations", "100", "--attachments", str(ATTACHMENTS)]
        return [str(script), str(folder), *amounts]
    ours = f"migrate.demo.grow(Path(sys.argv[1]), messages={messages}, conversations=100, attachments={ATTACHMENTS})"
    return ["-c", f"import sys, migrate.demo; from pathlib import Path; {ours}", str(folder)]


def converted(profile: Path, to: str) -> Path:
    """The messages of a Session profile as another messenger keeps them: `signal_desktop`, `whatsapp_android`."""
    folder = profile.with_name(f"{to}-{profile.name}")
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(draft, ignore_errors=True)
        subprocess.run([sys.executable, "-m", f"tests.bench.{to}", profile, draft], cwd=ROOT, check=True)
        draft.rename(folder)
    return folder


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the profile, in no app's spelling. `file` is the plain content of its attachment."""

    conversation: str
    sender: str
    own: bool
    sent_at: int
    body: str
    answers: int | None
    reaction: str | None
    file: bytes | None


def stored(profile: Path) -> Iterator[Said]:
    """The messages of a profile that have somebody who sent them, in the order of time."""
    with opened(profile) as con:
        items = {id: json.loads(value)["value"] for id, value in con.execute("SELECT id, json FROM items")}
        key = bytes.fromhex(items["local_attachment_encrypted_key"])
        for (text,) in con.execute("SELECT json FROM messages ORDER BY sent_at"):
            message = json.loads(text)
            if message.get("conversationId") and message.get("source"):
                yield said(message, profile / "attachments.noindex", key)


def said(message: dict[str, Any], files: Path, key: bytes) -> Said:
    paths = [entry.get("path") for entry in message.get("attachments") or [] if isinstance(entry, dict)]
    content = decrypted(files / paths[0], key) if paths and paths[0] and (files / paths[0]).is_file() else None
    return Said(
        conversation=message["conversationId"],
        sender=message["source"],
        own=message.get("direction") == "outgoing",
        sent_at=int(message.get("sent_at") or 0),
        body=message.get("body") or "",
        answers=(message.get("quote") or {}).get("timestamp"),
        reaction=next(iter(message.get("reacts") or {}), None),
        file=content,
    )


def decrypted(path: Path, key: bytes) -> bytes | None:
    from nacl import bindings as nacl

    data = path.read_bytes()
    head = nacl.crypto_secretstream_xchacha20poly1305_HEADERBYTES
    state = nacl.crypto_secretstream_xchacha20poly1305_state()
    try:
        nacl.crypto_secretstream_xchacha20poly1305_init_pull(state, data[:head], key)
        return bytes(nacl.crypto_secretstream_xchacha20poly1305_pull(state, data[head:], None)[0])
    except RuntimeError:  # the template holds damaged files
        return None
