"""A Synapse of our own on loopback: a Matrix homeserver that speaks with no other, and is gone without a trace."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import os
import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.environments import python_with
from tests.patience import PATIENCE
from tests.servers.ports import free_ports

SERVICES = 60
"""How many application services it knows. Each world takes one, so that none hears of another's past."""
SHARED_SECRET = "for registrations on this machine"
FREELY = {"per_second": 100_000, "burst_count": 100_000}


@dataclass(frozen=True, slots=True)
class User:
    """An account, logged in with a device of its own."""

    id: str
    password: str
    token: str
    device: str


@dataclass(frozen=True, slots=True)
class Service:
    """An application service that the server knows: where it is expected, and by which tokens."""

    number: int
    port: int
    as_token: str
    hs_token: str

    @property
    def prefix(self) -> str:
        return f"ghost{self.number}_"

    @property
    def owner(self) -> str:
        """The local part of the one user that it may be besides its ghosts."""
        return f"owner{self.number}"


class Synapse:
    """One server. Its users are made as tests need them."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder, self._python = folder, python
        self.port, *ports = free_ports(1 + SERVICES)
        self.url = f"http://127.0.0.1:{self.port}"
        self.services = iter(
            [Service(at, port, secrets.token_hex(16), secrets.token_hex(16)) for at, port in enumerate(ports)]
        )
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self._configure()

    def _configure(self) -> None:
        services = list(self.services)
        self.services = iter(services)
        (self.folder / "signing.key").write_text(
            f"ed25519 a_test {base64.b64encode(os.urandom(32)).decode().rstrip('=')}\n", "ascii"
        )
        log = {
            "version": 1,
            "handlers": {"file": {"class": "logging.FileHandler", "filename": str(self.folder / "log")}},
            "root": {"level": "WARNING", "handlers": ["file"]},
        }
        (self.folder / "log.yaml").write_text(json.dumps(log))
        files = []
        for service in services:
            files.append(self.folder / f"service-{service.number}.yaml")
            files[-1].write_text(json.dumps(_registration(service)))
        (self.folder / "homeserver.yaml").write_text(json.dumps(self._settings([str(file) for file in files])))

    def _settings(self, services: list[str]) -> dict[str, object]:
        """Facts: recipe for Matrix, section 1. JSON is YAML."""
        listener = {"port": self.port, "type": "http", "tls": False, "bind_addresses": ["127.0.0.1"]}
        return {
            "server_name": "localhost",
            "pid_file": str(self.folder / "homeserver.pid"),
            "signing_key_path": str(self.folder / "signing.key"),
            "media_store_path": str(self.folder / "media"),
            "log_config": str(self.folder / "log.yaml"),
            "report_stats": False,
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "listeners": [{**listener, "resources": [{"names": ["client"], "compress": False}]}],
            "registration_shared_secret": SHARED_SECRET,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "enable_registration": False,
            "bcrypt_rounds": 4,
            # Otherwise it tells application services who is there while none is running, and then rests for seconds.
            "presence": {"enabled": False},
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "federation_domain_whitelist": [],
            "max_upload_size": "2M",
            "rc_message": FREELY,
            "rc_registration": FREELY,
            "rc_login": {"address": FREELY, "account": FREELY, "failed_attempts": FREELY},
            "rc_joins": {"local": FREELY, "remote": FREELY},
            "rc_joins_per_room": FREELY,
            "rc_invites": {"per_room": FREELY, "per_user": FREELY, "per_issuer": FREELY},
            "rc_room_creation": FREELY,
            "app_service_config_files": services,
        }

    def start(self) -> None:
        command = [str(self._python), "-m", "synapse.app.homeserver", "-c", str(self.folder / "homeserver.yaml")]
        with (self.folder / "errors").open("wb") as errors:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=errors)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise TimeoutError((self.folder / "errors").read_text("utf-8", "replace")[-2000:])
            time.sleep(0.05)

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    def learns(self, registration: Path) -> None:
        """Have it know one more application service, as its administrator would: a line more, and a restart."""
        config = self.folder / "homeserver.yaml"
        settings = json.loads(config.read_text())
        settings["app_service_config_files"].append(str(registration))
        config.write_text(json.dumps(settings))
        self.stop()
        self.start()

    def _answers(self) -> bool:
        try:
            self.call("GET", "/_matrix/client/versions")
        except (urllib.error.URLError, OSError):
            return False
        return True

    def user(self, name: str = "user", *, exactly: bool = False) -> User:
        """A new account."""
        local, password = name if exactly else f"{name}-{next(self._numbers)}", secrets.token_urlsafe(12)
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        said = b"\0".join(one.encode() for one in (str(nonce), local, password, "notadmin"))
        mac = hmac.new(SHARED_SECRET.encode(), said, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": local, "password": password, "admin": False, "mac": mac}
        told = self.call("POST", "/_synapse/admin/v1/register", body)
        return User(str(told["user_id"]), password, str(told["access_token"]), str(told["device_id"]))

    def call(
        self, method: str, path: str, body: dict[str, object] | None = None, token: str | None = None
    ) -> dict[str, object]:
        """One request of the raw protocol."""
        request = urllib.request.Request(self.url + path, method=method)
        request.data = None if body is None else json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            told = json.load(answer)
        assert isinstance(told, dict)
        return told


def _registration(service: Service) -> dict[str, object]:
    """As `decamp bridge setup matrix-appservice` writes it: a test compares the two."""
    return {
        "id": f"decamp-{service.prefix}",
        "url": f"http://127.0.0.1:{service.port}",
        "as_token": service.as_token,
        "hs_token": service.hs_token,
        "sender_localpart": f"{service.prefix}bot",
        "rate_limited": False,
        "receive_ephemeral": True,
        "namespaces": {
            "users": [
                {"exclusive": True, "regex": f"@{service.prefix}.*:localhost"},
                {"exclusive": False, "regex": f"@{service.owner}:localhost"},
            ],
            "aliases": [{"exclusive": True, "regex": f"#{service.prefix}.*:localhost"}],
            "rooms": [],
        },
    }


@contextmanager
def running(folder: Path) -> Iterator[Synapse]:
    """A server as long as this lasts. Raises `NotThere` where Synapse cannot be had."""
    server = Synapse(folder, python_with(Path(__file__).with_suffix(".txt")))
    try:
        server.start()
        yield server
    finally:
        server.stop()
