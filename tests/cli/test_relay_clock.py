"""A wrong clock breaks what disappears and what is signed: the doctor asks the networks for the time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from random import Random
from threading import Thread

import pytest

from migrate.cli.run import Run
from migrate.standin.network import StandIn
from tests.cli.conftest import Decamp, said

WORDS = "words words words"
RULE = '\n[[portals]]\nname = "r"\nfrom = "session"\nto = "matrix"\nmode = "chats"\n'
HOUR = 3_600_000


@contextmanager
def homeserver() -> Iterator[str]:
    """Something that answers as a homeserver does, with the time in its answer."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


@pytest.mark.parametrize("ahead", [0, HOUR], ids=["right", "an hour ahead"])
def test_the_doctor_says_whether_the_clock_is_right(
    tmp_path: Path, decamp: Decamp, monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    home = tmp_path / "settings"
    (home / "secrets").mkdir(mode=0o700, parents=True)
    home.chmod(0o700)
    for secret in ("bridge.session.words", "bridge.matrix.token"):
        (home / "secrets" / secret).write_text(WORDS)
        (home / "secrets" / secret).chmod(0o600)
    now = Run.now
    monkeypatch.setattr(Run, "now", lambda run: now(run) + ahead)
    with StandIn(lambda: time.time_ns() // 1_000_000, Random(7).randbytes) as network, homeserver() as address:
        (tmp_path / "way.json").write_bytes(network.way_in())
        (home / "config.toml").write_text(
            f"[bridge.session]\nstandin = {json.dumps(str(tmp_path / 'way.json'))}\n"
            f'[bridge.matrix]\nhomeserver = "{address}"\nowner = "@alice:example.org"\n{RULE}'
        )
        done = decamp("relay", "doctor", "--json")
    found = [one["text"] for one in said(done)["findings"]]
    assert done.exit_code == (7 if ahead else 0), "\n".join(found)
    for name in ("session", "matrix"):
        wrong = f"The clock of this machine is 60 min ahead of that of {name}."
        assert (wrong if ahead else f"{name}: the clock agrees.") in found
    assert WORDS not in done.output
    assert any("matrix has no disappearing messages" in text for text in found)


def test_a_network_that_does_not_answer_is_no_reason_to_stop(tmp_path: Path, decamp: Decamp) -> None:
    home = tmp_path / "settings"
    (home / "secrets").mkdir(mode=0o700, parents=True)
    (home / "secrets" / "bridge.matrix.token").write_text(WORDS)
    (home / "config.toml").write_text(f'[bridge.matrix]\nhomeserver = "http://127.0.0.1:9"\n{RULE}')
    found = {one["text"]: one["kind"] for one in said(decamp("relay", "doctor", "--json"))["findings"]}
    assert next(kind for text, kind in found.items() if "could not be asked for the time" in text) == "note"
