"""`decamp announce watch` and `status`: who has come, who knows, and that nobody else can read it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from typer.testing import Result

from migrate.announce.journal import Journal
from tests.announce.street import happens, street
from tests.cli.announce.conftest import status
from tests.cli.conftest import HOSTILE, Decamp
from tests.patience import PATIENCE


def watched(decamp: Decamp, home: Path, *words: str, arrivals: int, greeted: int = 0) -> Result:
    """`announce watch`, until so many have come, and then stopped as from another terminal."""

    def stop() -> None:
        deadline = time.monotonic() + PATIENCE
        with Journal(home) as journal:
            query = "SELECT count(*), count(greeted_at) FROM arrivals"
            while journal.db.execute(query).fetchone() != (arrivals, greeted) and time.monotonic() < deadline:
                time.sleep(0.05)
            journal.ask_to_stop(1)

    waiting = threading.Thread(target=stop)
    waiting.start()
    done = decamp("announce", "watch", *words)
    waiting.join()
    return done


def test_whoever_comes_by_invitation_or_by_code_is_known_and_greeted(told: Decamp, places: Path) -> None:
    garden = places / "garden.sqlite"
    people = {one["name"]: one for one in status(told)["people"]}
    with Journal(places / "settings") as journal:
        codes = {notice.to.who.name: notice.code for notice in journal.notices()}
        ((invitation,),) = journal.db.execute(
            "SELECT invitation FROM invitations WHERE id = ?", [people["Ali"]["id"]]
        ).fetchall()
    happens(garden, "came", "alice@garden.example", "Alice", invitation)
    happens(garden, "said", "b@garden.example", HOSTILE, f"Hello, decamp {codes['Bob']}")
    happens(garden, "asked", "stranger@garden.example", HOSTILE, "")
    happens(places / "street.sqlite", "read", "alice", "Alice", "s1 s2")
    done = watched(told, places / "settings", "--greet", arrivals=2, greeted=2)
    assert done.exit_code == 0, done.output
    assert "Ali has come to garden: Alice (alice@garden.example), by their invitation." in done.stdout
    assert "by their code" in done.stdout
    assert "(stranger@garden.example) asks to be let in on garden." in " ".join(done.stdout.split())
    assert "\x1b" not in done.output
    now = status(told)
    assert (now["arrived"], now["told"], now["read"]) == (2, 2, 1)
    handles = {one["name"]: [handle["handle"] for handle in one["handles"]] for one in now["people"]}
    assert handles == {"Ali": ["alice@garden.example"], "Bob": ["b@garden.example"]}
    db = street(garden)
    greetings = dict(db.execute("SELECT box, text FROM shown").fetchall())
    db.close()
    assert greetings["alice@garden.example"].startswith("Hi Alice, how good to see you here!")
    assert len(greetings) == 2


def test_status_is_a_bar_a_list_and_a_page(told: Decamp, places: Path) -> None:
    page = places / "status.html"
    done = told("announce", "status", "--html", page)
    assert done.exit_code == 0
    assert "2 of 2 told" in done.stdout
    assert "█" in done.stdout
    assert "<h1>2 of 2 told</h1>" in page.read_text("utf-8")
    assert told("announce", "status", "--html", places).exit_code == 2


def test_no_secret_stands_where_others_could_find_it(told: Decamp, places: Path) -> None:
    for path in (places / "settings").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o077 == 0, path
