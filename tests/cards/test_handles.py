"""Every form of address on the page of formats: how it is written, shown, linked and printed, and read again."""

from __future__ import annotations

import pytest

from migrate.cards.handles import RefusedHandle, describe, is_single_use, label, link, parse, unknown, uri_for_qr
from migrate.model import Handle, Network

from .addresses import ACCEPTED, COMMUNITY, FINGERPRINT, ID, INVITE, KEY, MATRIX_USER, ONE, QUEUE


@pytest.mark.parametrize(("network", "given", "written", "shown"), ACCEPTED)
def test_an_address_is_written_in_one_form_and_shown_with_its_server(
    network: Network, given: str, written: str | None, shown: str
) -> None:
    handle = parse(given)
    assert handle == Handle(network=network, address=written or given)
    assert describe(handle) == shown
    assert parse(str(handle)) == handle
    assert str(handle).isascii()
    assert not is_single_use(handle)
    assert unknown(handle) == ()


@pytest.mark.parametrize(("text", "why"), ONE)
def test_what_only_one_person_may_get_is_refused_on_a_card_for_everybody(text: str, why: str) -> None:
    with pytest.raises(RefusedHandle, match=why) as caught:
        parse(text)
    assert "one person only" in caught.value.hint
    handle = parse(text, audience="one")
    assert is_single_use(handle)
    assert parse(str(handle), audience="one") == handle


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("xmpp:alice@example.org?roster;colour=%23f00;flag", ("colour", "flag")),
        ("xmpp:alice@example.org?dance;name=A", ("dance",)),
        (f"{MATRIX_USER}?org.keyoxide.r=abc&org.keyoxide.e=def", ("org.keyoxide.r", "org.keyoxide.e")),
        (f"{MATRIX_USER}?action=dance", ("action",)),
        (f"https://i.delta.chat/#{FINGERPRINT}&{INVITE}&zz=1", ("zz",)),
        (f"https://smp.simplex.im/a#{KEY}?zz=1", ("zz",)),
        (f"simplex:/contact#/?v=2-7&smp={QUEUE}&zz=1", ("zz",)),
        ("mailto:alice@example.org?subject=a&importance=high", ("importance",)),
    ],
)
def test_what_is_not_understood_is_kept_and_named(text: str, names: tuple[str, ...]) -> None:
    handle = parse(text)
    assert str(handle) == text
    assert unknown(handle) == names


@pytest.mark.parametrize(
    ("text", "href", "code"),
    [
        (ID, None, ID),
        (COMMUNITY, COMMUNITY, COMMUNITY),
        (COMMUNITY.replace("https", "http"), None, COMMUNITY.replace("https", "http")),
        ("xmpp:alice@example.org", "xmpp:alice@example.org", "xmpp:alice@example.org"),
        ("@alice:example.org", *["https://matrix.to/#/@alice:example.org"] * 2),
        ("#tea:example.org", *["https://matrix.to/#/%23tea:example.org"] * 2),
        ("!tea:example.org?via=a.example", *["https://matrix.to/#/!tea:example.org?via=a.example"] * 2),
        (f"https://smp.simplex.im/a#{KEY}", *[f"https://smp.simplex.im/a#{KEY}"] * 2),
        (f"simplex:/a#{KEY}", *[f"simplex:/a#{KEY}"] * 2),
        (
            f"OPENPGP4FPR:{FINGERPRINT}#{INVITE}",
            f"https://i.delta.chat/#{FINGERPRINT}&{INVITE}",
            f"OPENPGP4FPR:{FINGERPRINT}#{INVITE}",
        ),
        ("mailto:alice@example.org", *["mailto:alice@example.org"] * 2),
        ("https://example.org/me", *["https://example.org/me"] * 2),
    ],
)
def test_a_page_links_what_browsers_know_and_a_code_holds_what_apps_know(
    text: str, href: str | None, code: str
) -> None:
    handle = parse(text)
    assert link(handle) == href
    assert uri_for_qr(handle) == code


def test_every_network_has_a_name_for_people() -> None:
    assert [label(Handle(network=network, address="")) for network in Network] == [
        "Session", "Session community", "SimpleX", "XMPP", "Matrix", "Delta Chat", "E-mail", "Web page",
    ]  # fmt: skip


# -- two networks with one shape ---------------------------------------------------------------------


def test_a_bare_address_is_one_of_the_network_that_is_named() -> None:
    assert str(parse("Alice@example.org", network=Network.XMPP)) == "xmpp:alice@example.org"
    assert str(parse("Alice@example.org", network=Network.EMAIL)) == "mailto:Alice@example.org"
    assert str(parse("xmpp:alice@example.org", network=Network.XMPP)) == "xmpp:alice@example.org"
    assert str(parse("a%40b@example.org", network=Network.EMAIL)) == "mailto:a%2540b@example.org"


@pytest.mark.parametrize("network", [Network.SIMPLEX, Network.EMAIL, Network.WEB])
def test_an_address_of_another_network_than_the_named_one_is_refused(network: Network) -> None:
    with pytest.raises(RefusedHandle, match="an address of XMPP, not of"):
        parse("xmpp:alice@example.org", network=network)
