"""Links to communities, as people write and send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.session.community.links import BadLink, CommunityLink

KEY = "42575d5c8a93833255e09f04054a4f6246d36ed163c1c7f80c1fc9a58a0e912d"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (f"https://sogs.example.org/lobby?public_key={KEY}", "https://sogs.example.org/lobby"),
        (f"HTTPS://Sogs.Example.org:443/r/Lobby/?public_key={KEY.upper()}", "https://sogs.example.org/Lobby"),
        (f"http://sogs.example.org:80/lobby?public_key={KEY}", "http://sogs.example.org/lobby"),
        (f"sogs.example.org/lobby?public_key={KEY}", "http://sogs.example.org/lobby"),
        (f"http://localhost:8080/a-b_C?public_key={KEY}&x=1", "http://localhost:8080/a-b_C"),
        (f"  http://127.0.0.1/lobby?public_key={KEY}\n", "http://127.0.0.1/lobby"),
        (f"http://[::1]:99/lobby?public_key={KEY}", "http://[::1]:99/lobby"),
    ],
)
def test_a_link_is_read_however_it_is_written(said: str, meant: str) -> None:
    link = CommunityLink.parse(said)
    assert str(link) == f"{meant}?public_key={KEY}"
    assert CommunityLink.parse(str(link)) == link
    assert CommunityLink.parse(link.id).id == link.id


@pytest.mark.parametrize(
    "said",
    [
        "",
        "hello",
        f"https://sogs.example.org?public_key={KEY}",
        "https://sogs.example.org/lobby",
        f"https://sogs.example.org/lobby?public_key={KEY[:-1]}",
        f"https://sogs.example.org/lobby?public_key={KEY}&public_key={KEY}",
        f"https://sogs.example.org/a/b?public_key={KEY}",
        f"https://sogs.example.org/../lobby?public_key={KEY}",
        f"https://me:secret@sogs.example.org/lobby?public_key={KEY}",
        f"https://sogs.example.org:0/lobby?public_key={KEY}",
        f"https://sogs.example.org:99999/lobby?public_key={KEY}",
        f"ftp://sogs.example.org/lobby?public_key={KEY}",
        f"https://sogs .example.org/lobby?public_key={KEY}",
        f"https://sogs.example.org/löbby?public_key={KEY}",
        f"https://sogs.example.org/{'x' * 65}?public_key={KEY}",
        f"http://[oops/lobby?public_key={KEY}",
    ],
)
def test_what_is_no_link_is_refused_with_the_form_of_one(said: str) -> None:
    with pytest.raises(BadLink) as caught:
        CommunityLink.parse(said)
    assert "public_key" in caught.value.hint


@given(st.text(max_size=200))
def test_any_text_is_a_link_or_is_refused(said: str) -> None:
    try:
        link = CommunityLink.parse(said + f"?public_key={KEY}")
    except BadLink:
        return
    assert CommunityLink.parse(str(link)) == link


def test_both_doors_and_all_capitals_lead_to_one_room() -> None:
    one = CommunityLink.parse(f"http://sogs.example.org/Lobby?public_key={KEY}")
    other = CommunityLink.parse(f"https://SOGS.example.org/lobby?public_key={KEY}")
    assert one.place == other.place
    assert one.place != CommunityLink.parse(f"http://sogs.example.org/Lobby?public_key={'0' * 64}").place


def test_the_last_node_of_a_path_is_told_host_port_and_door() -> None:
    here = CommunityLink.parse(f"http://sogs.example.org:8080/lobby?public_key={KEY}").behind_onions
    assert (here.host, here.port, here.protocol) == ("sogs.example.org", 8080, "http")
    there = CommunityLink.parse(f"https://sogs.example.org/lobby?public_key={KEY}").behind_onions
    assert (there.host, there.port, there.protocol, there.x25519.hex()) == ("sogs.example.org", 443, "https", KEY)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.9.9.9:81", True), ("localhost", True), ("[::1]", True), ("example.org", False)],
)
def test_a_server_on_this_machine_is_known_as_such(host: str, local: bool) -> None:
    assert CommunityLink.parse(f"http://{host}/lobby?public_key={KEY}").is_local is local
