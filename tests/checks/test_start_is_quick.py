"""`decamp --help` answers at once: nothing is loaded that the command at hand does not need."""

import os
import subprocess
import sys

from tests.checks.tree import ROOT
from tests.speed import slowness

LIMIT = 0.4  # seconds of CPU, where nothing else keeps the machine busy
HEAVY = ("sqlcipher3", "nacl", "keyring", "qrcode", "PIL", "rich.progress", "asyncio", "slixmpp", "nio", "pydantic")

HELP = """
import sys
from migrate.cli.app import main
sys.argv = ["decamp", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print("loaded:", *sys.modules)
"""


def cpu_seconds_of_help() -> float:
    with subprocess.Popen(
        [sys.executable, "-c", HELP], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return used.ru_utime + used.ru_stime


def test_help_takes_less_than_four_tenths_of_a_second() -> None:
    best = min(cpu_seconds_of_help() for _ in range(3))
    assert best < LIMIT * slowness(), f"decamp --help took {best:.2f} s of CPU"


def test_help_loads_no_library_of_databases_keys_or_networks() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.rsplit("loaded:", 1)[1].split())
    assert loaded & set(HEAVY) == set()
