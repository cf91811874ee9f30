"""A program that sends what it is told to, under keys, until it is killed. Run as a script with a file of settings."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from random import Random

from bridges.api import Desk, NotNow, Post
from bridges.deltachat.bridge import DeltaChatBridge


async def main(told: dict[str, str], folder: Path, chat: str, keys: list[str]) -> None:
    bridge = DeltaChatBridge()
    now = time.time_ns() // 1_000_000
    desk = Desk(settings=told, folder=folder, now=lambda: now, random=Random(1), random_bytes=os.urandom)
    await bridge.start(desk)
    for key in keys:
        while True:
            try:
                await bridge.send(chat, Post(key=key, text=key))
                break
            except NotNow:
                await asyncio.sleep(0.01)
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()
    await bridge.stop()


if __name__ == "__main__":
    asked = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    asyncio.run(main(asked["settings"], Path(asked["folder"]), asked["chat"], asked["keys"]))
