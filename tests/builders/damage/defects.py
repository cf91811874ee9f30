"""What is where in a damaged profile."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

State = Literal["kept", "missing", "not_downloaded", "damaged", "refused"]


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """One attachment: in which message, what must become of it, and its bytes if they can be had."""

    native_id: str
    state: State
    plain: bytes | None = None


@dataclass(slots=True)
class Damage:
    """What is where in a damaged profile: native ids of messages, ids of conversations, files, all by defect."""

    profile: Path
    me: str = ""
    friend: str = ""
    group: str = ""
    community: str = ""
    messages: dict[str, str] = field(default_factory=dict)
    conversations: dict[str, str] = field(default_factory=dict)
    files: dict[str, DamagedFile] = field(default_factory=dict)
