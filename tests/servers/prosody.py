"""A Prosody of our own on loopback: an XMPP server that is there in a second and gone without a trace."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import AbstractContextManager
from pathlib import Path

from tests.servers.xmpp import XmppServer, lasting

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


class Prosody(XmppServer):
    """A Prosody. Beside `localhost` it has `lonely.localhost`, which has no services at all."""

    log = "prosody.log"

    def configure(self) -> None:
        as_root = "run_as_root = true" if os.geteuid() == 0 else ""
        names = {"folder": self.folder, "as_root": as_root, "secret": self.secret}
        ports = {"c2s": self.c2s, "component": self.component, "http": self.http}
        self._config.write_text(CONFIG.format(**names, **ports), "utf-8")

    @property
    def _config(self) -> Path:
        return self.folder / "prosody.cfg.lua"

    def _begin(self) -> subprocess.Popen[bytes]:
        command = ["prosody", "--config", str(self._config), "-F"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _register(self, user: str, host: str, password: str) -> None:
        self._note(f"{user}@{host}", "accounts", f'["password"] = "{password}"')

    def befriend(self, one: str, other: str) -> None:
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


def running(folder: Path) -> AbstractContextManager[Prosody]:
    """A Prosody that is there until this ends, with all that it writes in this folder."""
    return lasting(Prosody(folder))
