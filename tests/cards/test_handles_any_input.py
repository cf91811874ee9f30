"""Whatever is typed, pasted or scanned is an address that reads the same again, or refused: nothing else happens."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from migrate.cards.handles import (
    Audience,
    RefusedHandle,
    describe,
    is_single_use,
    label,
    link,
    parse,
    unknown,
    uri_for_qr,
)
from migrate.cards.networks.characters import scheme_of
from migrate.model import Network

from .addresses import ACCEPTED, ONE
from .test_handles_refused import REFUSED

KNOWN = [given for _, given, _, _ in ACCEPTED] + [text for text, _ in ONE]
STARTS = [
    "xmpp:", "mailto:", "matrix:u/", "matrix:roomid/", "https://matrix.to/#/", "https://i.delta.chat/#", "OPENPGP4FPR:",
    "simplex:/a#", "simplex:/contact#/?", "https://", "https://simplex.chat/", "@", "#", "!", "05", "imto://xmpp/",
    "https://conversations.im/i/", "https://xn--", "xmpp:a@", "xmpp:a@example.org?",
]  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A good address with a few characters taken out, put in or taken from another."""
    text = draw(st.sampled_from(KNOWN))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 4)))
        middle = draw(
            st.one_of(st.text(max_size=4), st.sampled_from(["%", "%2F", "%00", "?", "#", ";", "&", "=", "@"]))
        )
        text = text[:start] + middle + text[end:]
    return text


anything = st.one_of(
    mutated(),
    st.text(),
    st.builds(str.__add__, st.sampled_from(STARTS), st.text(max_size=80)),
    st.sampled_from([text for text, _ in REFUSED]),
)
ascii_tail = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)


def check(text: str, audience: Audience, network: Network | None) -> None:
    try:
        handle = parse(text, audience, network)
    except RefusedHandle as error:
        said = f"{error} {error.hint}"
        refused_well = said.isprintable() and len(said) < 400
    else:
        assert parse(str(handle), audience) == handle
        assert parse(str(handle), audience, handle.network) == handle
        assert network in {None, handle.network}
        assert str(handle).isascii()
        assert str(handle).isprintable()
        assert " " not in str(handle)
        assert len(str(handle)) <= 4096
        assert audience == "one" or not is_single_use(handle)
        assert describe(handle).isprintable()
        assert label(handle)
        assert isinstance(unknown(handle), tuple)
        assert scheme_of(link(handle) or "")[0] in {"", "https", "xmpp", "matrix", "mailto", "simplex"}
        assert parse(uri_for_qr(handle), audience) == handle
        refused_well = True
    assert refused_well


audiences: st.SearchStrategy[Audience] = st.sampled_from(["public", "one"])
networks = st.none() | st.sampled_from(Network)


@given(anything, audiences, networks)
def test_any_text_is_an_address_that_reads_the_same_again_or_refused(
    text: str, audience: Audience, network: Network | None
) -> None:
    check(text, audience, network)


@given(st.sampled_from(STARTS), ascii_tail, audiences)
def test_any_link_is_an_address_that_reads_the_same_again_or_refused(start: str, tail: str, audience: Audience) -> None:
    check(start + tail, audience, None)


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=20))
def test_any_name_of_a_server_is_one_that_reads_the_same_again_or_refused(name: str) -> None:
    for text in (f"xmpp:alice@{name}", f"@alice:{name}", f"https://{name}.example/", f"mailto:alice@{name}.example"):
        check(text, "public", None)


@given(st.text(max_size=20))
def test_any_name_of_a_person_is_one_that_reads_the_same_again_or_refused(name: str) -> None:
    for text in (f"{name}@example.org", f"@{name}:example.org", f"#{name}:example.org"):
        for network in (Network.XMPP, Network.EMAIL, Network.MATRIX, None):
            check(text, "public", network)
