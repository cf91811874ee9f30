"""A Prosody of our own on loopback: an XMPP server that is there in a second and gone without a trace."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE
from tests.servers.ports import free_ports, listens

CONFIG = """
data_path = "{folder}/data"
certificates = "{folder}/certs"
pidfile = "{folder}/prosody.pid"
admin_socket = "{folder}/prosody.sock"
{as_root}
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {c2s} }}
legacy_ssl_ports = {{ }}
component_ports = {{ {component} }}
component_interfaces = {{ "127.0.0.1" }}
http_ports = {{ {http} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ }}
http_external_url = "http://127.0.0.1:{http}/"
modules_enabled = {{ "disco"; "roster"; "saslauth"; "tls"; "posix"; "ping"; "pep"; "vcard4"; "vcard_legacy"; "private";
  "bookmarks"; "blocklist"; "carbons"; "mam"; "smacks"; "offline"; "register_ibr"; "user_account_management";
  "privilege"; "admin_shell" }}
modules_disabled = {{ "s2s" }}
allow_registration = true
authentication = "internal_hashed"
default_iteration_count = 4096 -- the least there may be: passwords here are not worth more
storage = "internal"
default_archive_policy = true
archive_expires_after = "never"
log = {{ info = "{folder}/prosody.log" }}

VirtualHost "localhost"
  ssl = {{ certificate = "{folder}/certs/localhost.crt"; key = "{folder}/certs/localhost.key" }}
  privileged_entities = {{ ["session.localhost"] = {{ roster = "both"; message = "outgoing" }} }}

Component "conference.localhost" "muc"
  modules_enabled = {{ "muc_mam"; "vcard_muc" }}
  muc_room_locking = false
  muc_room_default_persistent = true

VirtualHost "lonely.localhost"
  ssl = {{ certificate = "{folder}/certs/localhost.crt"; key = "{folder}/certs/localhost.key" }}

Component "forgetful" "muc"
  muc_room_locking = true

Component "private" "muc"
  restrict_room_creation = true

Component "upload.localhost" "http_file_share"
  http_file_share_size_limit = 20 * 1024 * 1024
  http_host = "127.0.0.1"

Component "session.localhost"
  component_secret = "{secret}"
  modules_enabled = {{ "privilege" }}
"""


class Prosody:
    """One server with a component that anybody with `secret` may be. Its accounts are made as tests need them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.secret = folder, secrets.token_hex(12)
        self.c2s, self.component, self.http = free_ports(3)
        self.authority = folder / "certs" / "localhost.crt"
        self._config = folder / "prosody.cfg.lua"
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        (folder / "certs").mkdir()
        (folder / "data").mkdir()
        self.certify(30)
        self.configure()

    def certify(self, days: int) -> None:
        """Make the certificate, which is its own authority. It is expired for days below zero."""
        names = "DNS:localhost,DNS:*.localhost,DNS:lonely.localhost,IP:127.0.0.1"
        subject = ["-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"]
        key = self.authority.with_suffix(".key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(abs(days)), *subject,
             "-keyout", key, "-out", self.authority], check=True, capture_output=True,
        )  # fmt: skip
        if days < 0:  # a new one cannot be expired, but one that is signed once more can
            again: list[str | Path] = ["openssl", "x509", "-in", self.authority, "-signkey", key, "-days", str(days)]
            expired = subprocess.run(again, check=True, capture_output=True)
            self.authority.write_bytes(expired.stdout)

    def configure(self) -> None:
        """Write the configuration, with the secret that holds now."""
        as_root = "run_as_root = true" if os.geteuid() == 0 else ""
        names = {"folder": self.folder, "as_root": as_root, "secret": self.secret}
        ports = {"c2s": self.c2s, "component": self.component, "http": self.http}
        self._config.write_text(CONFIG.format(**names, **ports), "utf-8")

    def start(self) -> None:
        command = ["prosody", "--config", str(self._config), "-F"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        for port in (self.c2s, self.component, self.http):
            while not listens(port):
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise TimeoutError((self.folder / "prosody.log").read_text("utf-8")[-2000:])
                time.sleep(0.02)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(PATIENCE)

    def account(self, name: str, host: str = "localhost") -> tuple[str, str]:
        """A new account: its address and password. `lonely.localhost` has no services at all."""
        user, password = f"{name}{next(self._numbers)}", secrets.token_hex(12)
        self._note(f"{user}@{host}", "accounts", f'["password"] = "{password}"')
        return f"{user}@{host}", password

    def befriend(self, one: str, other: str) -> None:
        """Have two accounts in each other's list of contacts, before anybody logs in."""
        for who, whom in ((one, other), (other, one)):
            item = '{ ["subscription"] = "both"; ["groups"] = {}; ["persist"] = true }'
            self._note(who, "roster", f'[false] = {{ ["version"] = 1 }}; ["{whom}"] = {item}')

    def _note(self, address: str, kind: str, fields: str) -> None:
        """Write down something of an account as Prosody does: its own program takes a quarter of a second for it."""
        user, _, host = address.partition("@")
        folder = self.folder / "data" / host.replace(".", "%2e") / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{user}.dat").write_text(f"return {{ {fields} }};\n", "utf-8")


def missing() -> str | None:
    """What is not there that the server needs."""
    for program in ("prosody", "openssl"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not Path("/usr/lib/prosody/modules/mod_privilege").exists():
        return "the modules of prosody-modules are not installed"
    return None


@contextmanager
def running(folder: Path) -> Iterator[Prosody]:
    server = Prosody(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
