"""Measures exports and prints a table: `make bench`, or `python -m tests.bench --help`.

Every figure is of one run of one program from start to end: processor time in user mode, time that passed, largest
memory. The first line of each size is the floor, a bare scan of the same rows; the ratio to it (of user time) says
more than seconds do, for it hardly depends on the machine. At the end, 500 cards beside the bare QR library, and
a restore from the stand-in network, an announcement over it, and what a relay costs.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import announce, cards, network, profiles, relay
from tests.bench.measure import Cost, Row, machine, row, run
from tests.bench.others import TOOLS, measure

FORMATS = ("jsonl", "html", "csv", "vcard")
DECAMP = (sys.executable, "-m", "migrate")
SOME_LOST = (0, 6)  # the template of the profiles holds damaged files on purpose
TABLE = "| {:<57} | {:>8} | {:>6} | {:>8} | {:>6} | {:>8} | {:>6} |"  # Markdown, as docs/performance.md has it


def main() -> None:
    args = arguments()
    args.work = args.work.resolve()
    args.work.mkdir(parents=True, exist_ok=True)
    about = machine()
    print(*about.values(), sep=" · ")
    if args.only == "network":
        keep(args.json, {"machine": about, "network": list(network.measured(args.work))})
        return
    if args.only == "announce":
        keep(args.json, {"machine": about, "announce": list(announce.measured(args.work))})
        return
    if args.only == "relay":
        keep(args.json, {"machine": about, "relay": list(relay.measured(args.work))})
        return
    print(TABLE.format("", "messages", "user s", "system s", "wall s", "peak MiB", "x scan"))
    print(TABLE.format("---", *["---:"] * 6))
    smallest = args.messages[0]
    rows = []
    for messages in args.messages:
        profile = profiles.session(args.work, messages)
        rows += list(shown(decamp(profile, args.work, one_by_one=messages == smallest)))
    if args.others:
        profile = profiles.session(args.work, smallest)
        rows += list(shown((measure(tool, profile, args.work) for tool in TOOLS), rows[0]))
    made = list(cards.measured()) if args.cards else []
    restored = list(network.measured(args.work)) if args.network else []
    told = list(announce.measured(args.work)) if args.network else []
    passed = list(relay.measured(args.work)) if args.relay else []
    parts = {"rows": rows, "cards": made, "network": restored, "announce": told, "relay": passed}
    keep(args.json, {"machine": about, **parts})


def keep(path: Path, found: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    print(f"\nAs JSON: {path}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    work = Path(tempfile.gettempdir()) / "decamp-bench"
    parser.add_argument("--work", type=Path, default=work, help="where profiles are kept for the next run")
    parser.add_argument("--json", type=Path, default=Path("bench-out/bench.json"), help="where the figures go as JSON")
    parser.add_argument("--messages", type=int, nargs="+", default=[100_000, 300_000], help="sizes of the profiles")
    parser.add_argument("--no-others", dest="others", action="store_false", help="leave out the tools of other people")
    parser.add_argument("--no-cards", dest="cards", action="store_false", help="leave the cards out")
    parser.add_argument("--no-network", dest="network", action="store_false", help="leave the network out")
    parser.add_argument("--no-relay", dest="relay", action="store_false", help="leave the relay out")
    parser.add_argument("--only", choices=("network", "announce", "relay"), help="measure nothing but this")
    return parser.parse_args()


def decamp(profile: Path, work: Path, *, one_by_one: bool) -> Iterator[Row]:
    """The floor, then exports of one profile: everything, once more with nothing new, and each format alone."""
    logs, archive = work / "logs", work / "archive"
    floor = run([sys.executable, "-m", "tests.bench.scan", profile], logs / "scan.log")
    messages = int((logs / "scan.log").read_text("utf-8"))
    yield row("bare scan of the rows", floor, messages)

    def export(*options: str) -> Cost:
        command = [*DECAMP, "export", str(profile), "--to", str(archive), "--quiet", *options]
        return run(command, logs / "decamp.log", may_exit=SOME_LOST)

    shutil.rmtree(archive, ignore_errors=True)
    yield row("decamp export, every format", export(), messages)
    yield row("decamp export again, nothing new", export(), messages)
    yield row("decamp search", run([*DECAMP, "search", str(archive), "river"], logs / "search.log"), messages)
    for name in FORMATS if one_by_one else ():
        shutil.rmtree(archive, ignore_errors=True)
        yield row(f"decamp export --format {name}", export("--format", name), messages)


def shown(rows: Iterator[Row], floor: Row | None = None) -> Iterator[Row]:
    """Print each row as it comes, with its ratio to the first one."""
    for line in rows:
        floor = floor or line
        if isinstance(line.get("user"), float):
            line["times_scan"] = round(float(line["user"] or 0) / float(floor["user"] or 1), 1)
            cells = (line[key] for key in ("user", "system", "wall", "peak", "times_scan"))
            messages = f"{line['messages']:,}" if line["messages"] else "?"
            print(TABLE.format(line["name"] or "", messages, *(f"{cell:.1f}" for cell in cells)), flush=True)
        if line["note"]:
            print(f"{line['name']}: {line['note']}", flush=True)
        yield line


if __name__ == "__main__":
    main()
