"""`decamp relay run` as a program of its own: it relays, says what it does and nothing else, and ends in order."""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from tests.cli.conftest import Decamp, said
from tests.cli.relay_town import MARKER, Running, Town, until
from tests.patience import PATIENCE

SECRET = "s3cr3t-of-the-shelf"


@pytest.fixture
def town(town: Town) -> Town:
    """The shelf has a password, which nobody may ever read."""
    secrets = town.home / "secrets"
    secrets.mkdir(mode=0o700)
    (secrets / "bridge.shelf.password").write_text(SECRET)
    (secrets / "bridge.shelf.password").chmod(0o600)
    return town


@pytest.fixture
def linked(town: Town, decamp: Decamp) -> Town:
    done = decamp("relay", "add", "folder:kitch", "shelf:room")
    assert done.exit_code == 0, done.output
    return town


def ask(address: str, host: str | None = None, method: str = "GET") -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(address, method=method)
    if host is not None:
        request.add_header("Host", host)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode(), dict(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), dict(error.headers)


def test_text_goes_both_ways_and_nothing_that_people_wrote_or_keep_secret_is_said(linked: Town, decamp: Decamp) -> None:
    with Running(linked, "--status-port", "0").is_up() as relay:
        linked.says("old/kitchen", "ann", f"tea? {MARKER}")
        linked.says("new/room", "bob", f"yes {MARKER}")
        until(lambda: linked.texts("new/room") and linked.texts("old/kitchen"))
        assert linked.texts("new/room") == [f"Ann: tea? {MARKER}"]
        assert linked.texts("old/kitchen") == [f"Bob: yes {MARKER}"]
        seen = [ask(f"{relay.page}{path}")[1] for path in ("/", "/health", "/metrics")]
        seen += [decamp("relay", "status").output, decamp("relay", "status", "--json").output]
        seen += [decamp("relay", "list", "--json").output, decamp("relay", "doctor").output]
        code, seconds = relay.end(signal.SIGTERM)
    assert code == 0
    assert seconds < 10
    for text in [*seen, relay.log]:
        assert MARKER not in text
        assert SECRET not in text
    assert "connected" in seen[0]
    assert "Stopped. Nothing waits." in relay.log


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["kill", "Ctrl-C"])
def test_it_ends_in_order_and_goes_on_where_it_stopped(linked: Town, number: int, code: int) -> None:
    with Running(linked).is_up() as relay:
        linked.says("old/kitchen", "ann", "one")
        until(lambda: linked.texts("new/room") == ["Ann: one"])
        assert relay.end(number)[0] == code
    linked.says("old/kitchen", "ann", "two")
    with Running(linked).is_up():
        until(lambda: len(linked.texts("new/room")) == 2)
    assert linked.texts("new/room") == ["Ann: one", "Ann: two"]


def test_a_bridge_that_never_lets_go_does_not_keep_it_from_ending(town: Town, decamp: Decamp) -> None:
    town.set_up("stubborn")
    assert decamp("relay", "add", "folder:kitchen", "shelf:room").exit_code == 0
    config = town.home / "config.toml"
    config.write_text(
        config.read_text()
        + '\n[[portals]]\nname = "s"\nfrom = "folder"\nto = "stubborn"\nmode = "shared"\nchat = "attic"\n'
    )
    with Running(town).is_up() as relay:
        until(lambda: "stubborn: connected" in relay.log)
        code, seconds = relay.end(signal.SIGTERM)
    assert (code, seconds < 10) == (0, True)


def test_a_bridge_that_does_not_load_takes_nothing_else_down(linked: Town, decamp: Decamp) -> None:
    config = linked.home / "config.toml"
    config.write_text(
        config.read_text() + '\n[[portals]]\nname = "b"\nfrom = "folder"\nto = "broken"\nmode = "chats"\n'
    )
    with Running(linked, "--status-port", "0").is_up() as relay:
        linked.says("old/club", "ann", "hello")
        linked.says("old/kitchen", "ann", "tea?")
        until(lambda: linked.texts("new/room") == ["Ann: tea?"])
        code, text, _ = ask(f"{relay.page}/health")
        assert (code, json.loads(text)["reasons"]) == (503, ["broken: failed"])
        assert "no_such_module" in decamp("relay", "status").output
    assert "broken is left out" in relay.log


def test_two_relays_never_run_at_once_and_commands_reach_the_one_that_runs(linked: Town, decamp: Decamp) -> None:
    with Running(linked).is_up():
        again = decamp("relay", "run")
        assert again.exit_code == 2
        assert "Another relay runs" in again.stderr
        assert decamp("relay", "pause", "kitchen").exit_code == 0
        assert "stopped: paused by you" in decamp("relay", "status").stdout
        written = 0

        def held_back() -> int:
            """Another letter, and how many are held back: the relay hears of a command within a second."""
            nonlocal written
            written += 1
            linked.says("old/kitchen", "ann", f"letter {written}")
            sides = said(decamp("relay", "status", "--json"))["status"]["sides"]
            return int(sides[1]["held_back"])

        until(held_back)
        assert len(linked.texts("new/room")) < written
        assert decamp("relay", "resume", "kitchen").exit_code == 0
        until(lambda: linked.texts("new/room") == [f"Ann: letter {number + 1}" for number in range(written)])
        assert decamp("relay", "retry").stdout.strip() == "0 messages are tried again."


def test_the_log_can_be_read_by_programs(linked: Town) -> None:
    with Running(linked, "--log-format", "json") as relay:
        until(lambda: relay.log.count("connected.") >= 2)
        relay.end(signal.SIGTERM)
    lines = [json.loads(line) for line in relay.said]
    assert {"time", "level", "source", "text"} == set(lines[0])
    assert lines[-1]["text"] == "Stopped. Nothing waits."


def test_only_this_machine_by_its_own_name_sees_the_page(linked: Town) -> None:
    with Running(linked, "--status-port", "0").is_up() as relay:
        assert ask(f"{relay.page}/", host="evil.example:80")[0] == 421
        assert ask(f"{relay.page}/metrics", host="")[0] in {400, 421}
        assert ask(f"{relay.page}/", method="POST")[0] == 405
        assert ask(f"{relay.page}/nothing")[0] == 404
        code, text, headers = ask(relay.page.replace("127.0.0.1", "localhost"))
        assert code == 200
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert re.findall(r"(?:src|href)=\"(?!data:)", text) == []


def test_a_port_that_is_taken_is_said(linked: Town, decamp: Decamp) -> None:
    with Running(linked, "--status-port", "0").is_up() as relay:
        port = relay.page.rpartition(":")[2]
        other = Town(linked.folder / "other", {**linked.environ, "DECAMP_HOME": str(linked.folder / "other-home")})
        other.set_up("folder", "shelf")
        assert decamp("--home", other.home, "relay", "add", "folder:kitchen", "shelf:room").exit_code == 0
        done = decamp("--home", other.home, "relay", "run", "--status-port", port)
        assert done.exit_code == 2
        assert f"port {port}" in done.stderr


# -- what Prometheus reads ---------------------------------------------------------------------------

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)\}})? (-?\d+(?:\.\d+)?)")


def read_metrics(text: str) -> dict[str, float]:
    """As strict as promtool: HELP, then TYPE, then the samples of that family, none twice, and nothing else."""
    assert text.endswith("\n")
    found: dict[str, float] = {}
    families: dict[str, str] = {}
    family, expected = "", "HELP"
    for line in text.splitlines():
        if line.startswith("# HELP "):
            family, about = re.fullmatch(rf"# HELP ({_NAME}) (\S.*)", line).groups()  # type: ignore[union-attr]  # or it fails
            assert family not in families
            assert about.endswith(".")
            expected = "TYPE"
        elif line.startswith("# TYPE "):
            assert expected == "TYPE"
            same, kind = re.fullmatch(rf"# TYPE ({_NAME}) (counter|gauge)", line).groups()  # type: ignore[union-attr]  # or it fails
            assert same == family
            assert (kind == "counter") == family.endswith("_total")
            families[family], expected = kind, "samples"
        else:
            sample = _SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert (sample[1], expected) == (family, "samples")
            assert f"{sample[1]}{sample[2]}" not in found
            found[f"{sample[1]}{sample[2] or ''}"] = float(sample[3])
    return found


def test_prometheus_can_read_the_metrics(linked: Town) -> None:
    def number(name: str) -> Callable[[], float]:
        return lambda: read_metrics(ask(f"{relay.page}/metrics")[1])[f"decamp_relay_{name}"]

    with Running(linked, "--status-port", "0").is_up() as relay:
        linked.says("old/kitchen", "ann", "one")
        linked.says("old/kitchen", "ann", "two")
        until(lambda: number('messages_totalbridge="shelf",direction="out",result="sent"')() == 2)
        assert number('messages_totalbridge="folder",direction="in",result="taken"')() == 2
        assert number('connectedbridge="folder"')() == 1
        assert number('oldest_waiting_secondsbridge="shelf"')() == 0
        assert number("links")() == 1
        assert ask(f"{relay.page}/metrics")[2]["Content-Type"].startswith("text/plain; version=0.0.4")
