"""The compact form: as small as a QR code wants it, and no way to make it unpack to something else or to too much."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.cards import compact
from migrate.cards.canonical import MOST_BYTES, BadStatement
from migrate.cards.statement import read

from .make_vectors import statements
from .signing import PLAIN, finished

# RFC 9285, section 4.3 and 4.4.
RFC = [("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("ietf!", "QED8WEX0")]
ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def packed(content: bytes, after: bytes = b"") -> str:
    [signed] = read(finished(PLAIN))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compact.MARK + compact.base45(
        signed.key + signed.signature + deflate.compress(content) + deflate.flush() + after
    )


@pytest.mark.parametrize(("data", "text"), RFC)
def test_base45_is_that_of_the_standard(data: str, text: str) -> None:
    assert compact.base45(data.encode()) == text
    assert compact.from_base45(text) == data.encode()


@given(st.binary())
def test_every_bytes_survive_base45(data: bytes) -> None:
    assert compact.from_base45(compact.base45(data)) == data


@given(st.text(st.sampled_from(sorted(ALPHANUMERIC))))
def test_bytes_have_one_spelling_in_base45(text: str) -> None:
    try:
        data = compact.from_base45(text)
    except BadStatement:
        return
    assert compact.base45(data) == text


@pytest.mark.parametrize("text", ["A", "GGX", ":::", "::", "ABCD", "abc", "A_C", "Ａ45", "AB\n"])
def test_what_is_no_base45_is_refused(text: str) -> None:
    with pytest.raises(BadStatement):
        compact.from_base45(text)


def test_a_compact_text_has_only_what_a_qr_code_packs_tightest_and_never_ends_with_a_blank() -> None:
    for name, text in statements():
        short = read(text)[0].compact()
        assert set(short) <= ALPHANUMERIC, name
        assert short == short.rstrip(), name


def test_a_usual_statement_fits_a_code_that_phones_like() -> None:
    short = read(finished(PLAIN))[0].compact()
    assert len(short) <= 419  # version 12 at level M, in alphanumeric mode: 65 modules a side
    assert len(short) < len(finished(PLAIN)) * 0.8


def test_even_the_longest_statement_comes_back() -> None:
    for name in ("as many lines as there may be", "as many bytes as there may be"):
        signed = read(dict(statements())[name])
        assert read(signed[0].compact()) == signed


@pytest.mark.parametrize("size", [MOST_BYTES + 1, 10_000_000])
def test_what_unpacks_to_too_much_is_stopped(size: int) -> None:
    with pytest.raises(BadStatement, match="unpacks to more"):
        read(packed(b"x" * size))


def test_a_bomb_is_not_unpacked_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    made, real = [], zlib.decompressobj

    class Watched:
        def __init__(self, wbits: int) -> None:
            self.inner = real(wbits)

        def decompress(self, data: bytes, limit: int) -> bytes:
            made.append(self.inner.decompress(data, limit))
            return made[-1]

    bomb = packed(bytes(15_000_000))
    monkeypatch.setattr(zlib, "decompressobj", Watched)
    with pytest.raises(BadStatement, match="unpacks to more"):
        read(bomb)
    assert [len(piece) for piece in made] == [MOST_BYTES + 1]


def test_a_text_that_is_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(BadStatement, match="no compact statement"):
        read(compact.MARK + "A" * 1_000_000)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\xff\n", b"\x00", "\ufeffIssued\n".encode(), b"-----END MOVE STATEMENT-----\n"]
)
def test_what_holds_no_statement_is_refused(content: bytes) -> None:
    with pytest.raises(BadStatement):
        read(packed(content))
