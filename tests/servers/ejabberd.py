"""An ejabberd of our own on loopback: one Erlang machine without a node's name, so that it talks to no other one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path

from tests.patience import PATIENCE
from tests.servers.xmpp import XmppServer, lasting

CONFIG = """
hosts: [localhost]
loglevel: info
certfiles: ["{folder}/certs/localhost.crt", "{folder}/certs/localhost.key"]
registration_timeout: infinity
listen:
  - {{port: {c2s}, ip: 127.0.0.1, module: ejabberd_c2s, starttls: true, starttls_required: true,
     max_stanza_size: 262144}}
  - {{port: {component}, ip: 127.0.0.1, module: ejabberd_service,
     hosts: {{session.localhost: {{password: "{secret}"}}}}}}
  - {{port: {http}, ip: 127.0.0.1, module: ejabberd_http,
     request_handlers: {{/api: mod_http_api, /upload: mod_http_upload}}}}
api_permissions:
  tests: {{from: [mod_http_api], who: [{{ip: 127.0.0.1}}], what: [register, add_rosteritem]}}
acl:
  relay: {{server: session.localhost}}
access_rules:
  relay: {{allow: relay}}
modules:
  mod_admin_extra: {{}}
  mod_caps: {{}}
  mod_carboncopy: {{}}
  mod_disco: {{}}
  mod_http_api: {{}}
  mod_http_upload:
    host: upload.localhost
    docroot: "{folder}/data/files"
    put_url: "http://127.0.0.1:{http}/upload"
    max_size: 20971520
    access: all
  mod_mam: {{default: always}}
  mod_muc: {{host: conference.localhost, default_room_options: {{mam: true}}}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_privilege: {{roster: {{both: relay}}, message: {{outgoing: relay}}}}
  mod_pubsub: {{plugins: [flat, pep]}}
  mod_register: {{ip_access: all}}
  mod_roster: {{}}
  mod_stream_mgmt: {{}}
  mod_vcard: {{}}
  mod_vcard_xupdate: {{}}
"""


class Ejabberd(XmppServer):
    """An ejabberd as Debian has it."""

    log = "ejabberd.log"

    def configure(self) -> None:
        ports = {"c2s": self.c2s, "component": self.component, "http": self.http}
        config = CONFIG.format(folder=self.folder, secret=self.secret, **ports)
        (self.folder / "ejabberd.yml").write_text(config, "utf-8")

    def _begin(self) -> subprocess.Popen[bytes]:
        places = {
            "ERL_LIBS": str(_libraries()[0].parents[1]), "ERL_CRASH_DUMP": os.devnull, "HOME": str(self.folder),
            "EJABBERD_CONFIG_PATH": str(self.folder / "ejabberd.yml"), "EJABBERD_LOG_PATH": str(self.folder / self.log),
        }  # fmt: skip
        data = f'"{self.folder / "data"}"'
        # Without +sbwt it would wait for work by spinning, at the cost of everybody else here.
        command = ["erl", "-noinput", "+sbwt", "none", "-mnesia", "dir", data, "-s", "ejabberd"]
        return subprocess.Popen(
            command, cwd=self.folder, env=os.environ | places, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _register(self, user: str, host: str, password: str) -> None:
        self._command("register", user=user, host=host, password=password)

    def befriend(self, one: str, other: str) -> None:
        for who, whom in ((one, other), (other, one)):
            (localuser, _, localhost), (user, _, host) = who.partition("@"), whom.partition("@")
            names = {"localuser": localuser, "localhost": localhost, "user": user, "host": host}
            self._command("add_rosteritem", **names, nick="", group="", subs="both")

    def _command(self, name: str, **arguments: str) -> None:
        """What its own program would have it do, which needs a second Erlang machine for it."""
        question = urllib.request.Request(
            f"http://127.0.0.1:{self.http}/api/{name}", json.dumps(arguments).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(question, timeout=PATIENCE):
            return


def missing() -> str | None:
    """What is not there that the server needs."""
    for program in ("erl", "openssl"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    return None if _libraries() else "ejabberd is not installed"


def _libraries() -> list[Path]:
    """Where its parts lie, as Debian packs them."""
    return sorted(Path("/usr/lib").glob("*-linux-gnu/ejabberd-*/ebin"))


def running(folder: Path) -> AbstractContextManager[Ejabberd]:
    """An ejabberd that is there until this ends, with all that it writes in this folder."""
    return lasting(Ejabberd(folder))
