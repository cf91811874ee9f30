"""A Dovecot of our own on loopback, with TLS and mail in files, as somebody who may do nothing else."""

from __future__ import annotations

import grp
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.patience import PATIENCE
from tests.servers.mail import Mailbox, Office
from tests.servers.ports import free_ports, listens

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Lu
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
protocol lmtp {{
  postmaster_address = postmaster@localhost
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/passwd
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imap}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""


BOXES = 6


class Dovecot:
    """Dovecot keeps the mail and is stopped and started by its process; an office of ours takes it for sending.

    Its accounts are made before it starts: it looks at them again only after a while.
    """

    security = "ssl"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.imap, self._lmtp = free_ports(2)
        # As root it is started as somebody who owns nothing else; otherwise it is whoever runs the tests.
        self._who = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._boxes = [Mailbox(f"box{at}@example.org", f"pw-{secrets.token_hex(12)}") for at in range(BOXES)]
        self._process: subprocess.Popen[bytes] | None = None
        self._configure()
        self._office = Office(self._lmtp)
        for box in self._boxes:
            self._office.ask("account", address=box.address, password=box.password)
        self.start()

    @property
    def smtp(self) -> int:
        return self._office.ports[0]

    def _configure(self) -> None:
        user, group = self._who.pw_name, grp.getgrgid(self._who.pw_gid).gr_name
        config = CONFIG.format(
            folder=self.folder, user=user, group=group, uid=self._who.pw_uid, gid=self._who.pw_gid,
            imap=self.imap, lmtp=self._lmtp,
        )  # fmt: skip
        (self.folder / "dovecot.conf").write_text(config, "utf-8")
        lines = (f"{box.address}:{{PLAIN}}{box.password}::::::\n" for box in self._boxes)
        (self.folder / "passwd").write_text("".join(lines), "utf-8")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem"], check=True, capture_output=True,
        )  # fmt: skip
        for path in [self.folder, *self.folder.iterdir()]:
            os.chown(path, self._who.pw_uid, self._who.pw_gid)

    def account(self, _: str) -> Mailbox:
        return self._boxes.pop()

    def start(self) -> None:
        self._office.ask("open")
        command = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        if os.geteuid() == 0:
            ids = [f"--reuid={self._who.pw_uid}", f"--regid={self._who.pw_gid}", "--clear-groups"]
            command = ["setpriv", *ids, "--", *command]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while not (listens(self.imap) and listens(self._lmtp)):
            if time.monotonic() > deadline or self._process.poll() is not None:
                log = self.folder / "dovecot.log"
                raise TimeoutError(log.read_text("utf-8")[-2000:] if log.exists() else "Dovecot does not start.")
            time.sleep(0.05)

    def stop(self) -> None:
        self._office.ask("close")
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(PATIENCE)

    def end(self) -> None:
        self.stop()
        self._office.end()


def missing() -> str | None:
    """What is not there that the server needs."""
    for program in ("dovecot", "openssl", *(("setpriv",) if os.geteuid() == 0 else ())):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not Path("/usr/lib/dovecot/lmtp").exists():
        return "dovecot-lmtpd is not installed"
    return None


@contextmanager
def running() -> Iterator[Dovecot]:
    """Its folder cannot be that of a test: nobody else may look into those."""
    with tempfile.TemporaryDirectory(prefix="dovecot-", ignore_cleanup_errors=True) as folder:
        server = Dovecot(Path(folder))
        try:
            yield server
        finally:
            server.end()
