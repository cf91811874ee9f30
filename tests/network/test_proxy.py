"""One proxy for everything: it is told names and not addresses, and when it is down nothing leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TypeVar

import pytest

from migrate.network.access import Access, FileServer, Proxy, Seed
from migrate.network.errors import BadAccess, NoNodes, ProxyDown, Unreachable
from migrate.network.network import Network, connect
from migrate.network.saved import save_list
from migrate.session.errors import NoAnswer
from migrate.standin.network import StandIn
from tests.builders.socks import ADDRESS, NAME, Socks
from tests.network.connected import Pauses, online, parcel, visitor, way_to
from tests.network.test_bootstrap import listed, look, strange
from tests.standin.clients import NOW

Result = TypeVar("Result")
SEED, FILES = "seed.invalid", "files.invalid"
NAMES = {SEED: "127.0.0.1", FILES: "127.0.0.1"}


def named(standin: StandIn) -> Access:
    """Seeds and file server by names that nobody but the proxy can look up."""
    access = way_to(standin)
    seeds = tuple(Seed(SEED, seed.port, seed.fingerprint) for seed in access.seeds)
    server = access.file_server
    return replace(access, seeds=seeds, file_server=FileServer(server.x25519, host=FILES, port=server.port))


async def everything(network: Network) -> tuple[list[bytes], bytes]:
    await network.deliver(parcel())
    one = visitor(network)
    await network.collect(one)
    return [message.data for message in one.inbox.fresh()], await network.download(await network.upload(b"a file"))


def through(
    access: Access, work: Callable[[Network], Awaitable[Result]], *, refuses: bool = False
) -> tuple[Result, Socks]:
    async def proxied() -> tuple[Result, Socks]:
        async with Socks(NAMES, refuses=refuses) as proxy:
            way = replace(access, proxy=Proxy("127.0.0.1", proxy.port))
            async with connect(way, now=lambda: NOW, random=Random(1), rng=Random(1).randbytes, sleep=Pauses()) as n:
                return await work(n), proxy

    return asyncio.run(proxied())


@pytest.mark.parametrize("direct", [False, True])
def test_the_proxy_sees_names_that_were_not_looked_up(standin: StandIn, direct: bool) -> None:
    (found, file), proxy = through(replace(named(standin), direct=direct), everything)
    assert (found, file) == ([b"a message"], b"a file")
    assert {host for kind, host in proxy.asked if kind == NAME} == ({SEED, FILES} if direct else {SEED})
    assert {host for kind, host in proxy.asked if kind == ADDRESS} == {"127.0.0.1"}
    assert standin.connections == len(proxy.asked)


@pytest.mark.parametrize("direct", [False, True])
def test_when_the_proxy_is_down_nothing_leaves_at_all(standin: StandIn, tmp_path: Path, direct: bool) -> None:
    save_list(tmp_path / "nodes.json", listed(standin), NOW)
    down = Proxy("127.0.0.1", 1)
    with pytest.raises(NoNodes, match=r"proxy at 127\.0\.0\.1:1 did not answer, and nothing is sent around it"):
        online(way_to(standin, proxy=down, direct=direct), look)
    access = way_to(standin, proxy=down, direct=direct, cache=tmp_path / "nodes.json")
    with pytest.raises(ProxyDown):
        online(access, lambda network: network.collect(visitor(network)))
    with pytest.raises(NoAnswer):
        online(access, lambda network: network.upload(b"a file"))
    assert standin.connections == 0


def test_what_the_proxy_cannot_reach_is_not_reached_around_it(standin: StandIn, tmp_path: Path) -> None:
    save_list(tmp_path / "nodes.json", listed(standin), NOW)
    with pytest.raises(NoAnswer):
        through(way_to(standin, cache=tmp_path / "nodes.json"), everything, refuses=True)
    assert standin.connections == 0


def test_certificates_of_seeds_count_behind_a_proxy_too(standin: StandIn) -> None:
    with pytest.raises(NoNodes, match="certificate that is not its own"):
        through(way_to(standin, seeds=strange(standin)), look)
    assert standin.requests == []


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:9050", "http://127.0.0.1:1", "socks5h://127.0.0.1", "socks5h://:1", "socks5h://h:99999"]
)
def test_a_proxy_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadAccess, match=r"socks5h://127\.0\.0\.1:9050"):
        Proxy.read(url)


def test_the_password_of_a_proxy_is_never_shown() -> None:
    proxy = Proxy.read("socks5h://someone:s%65cret@127.0.0.1:9050")
    assert (proxy.user, proxy.password) == ("someone", "secret")
    assert "secret" not in f"{proxy} {proxy!r} {Access(proxy=proxy)!r}"
    assert issubclass(ProxyDown, Unreachable)


def test_through_a_proxy_everything_may_take_longer() -> None:
    assert Access(proxy=Proxy("127.0.0.1", 9050)).waits.node > Access().waits.node
