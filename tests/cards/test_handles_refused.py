"""What is no address, no longer one, or nothing to show around: refused with a reason that a person understands."""

from __future__ import annotations

import pytest

from migrate.cards.handles import RefusedHandle, parse
from migrate.model import Network

from .addresses import COMMUNITY, COMMUNITY_KEY, FINGERPRINT, ID, INVITE, KEY, LINK_ID, OMEMO, QUEUE, ROOM_12

REFUSED = [
    ("", "nothing here"),
    (" \n ", "nothing here"),
    ("x" * 4097, "longer than 4096"),
    ("https://example.org/" + "ü" * 2000, "longer than 4096"),
    ("xmpp:" + "ü" * 400 + "@example.org?roster;name=" + "%20" * 1000, "longer than 4096"),
    ("hello world", r"a blank \(U\+0020\)"),
    ("xmpp:alice@exa\u00admple.org", r"invisible character.*U\+00AD"),
    ("https://example.org/\u202etxt", r"U\+202E"),
    ("https://example.org/\u2066", r"U\+2066"),
    ("xmpp:a%E2%80%AEb@example.org", r"U\+202E"),
    ("matrix:r/a%00b:example.org", r"control character \(U\+0000\)"),
    ("https://example.org/a\tb", r"control character \(U\+0009\)"),
    ("\ud800", "half a character"),
    ("\ue000", "without a meaning"),
    # Session
    (ID[:-1], "66 digits, and this has 65"),
    (ID.replace("05", "15", 1), "one community only"),
    (ID.replace("05", "25", 1), "one community only"),
    (ID.replace("05", "03", 1), "a group"),
    (ID.replace("05", "00", 1), "begins with 05"),
    ("alice", "A name alone"),
    (f"{COMMUNITY}&x=1", "64 digits at its end"),
    (f"{COMMUNITY}#x", "64 digits at its end"),
    (COMMUNITY[:-1], "64 digits at its end"),
    (f"https://example/room?public_key={COMMUNITY_KEY}", "64 digits at its end"),
    (f"https://example.org/r/room?public_key={COMMUNITY_KEY}", "64 digits at its end"),
    # XMPP
    ("xmpp:", "one name, @ and one server"),
    ("xmpp:example.org", "one name, @ and one server"),
    ("xmpp:@example.org", "one name, @ and one server"),
    ("xmpp:alice@", "not a domain"),
    ("xmpp:alice@b@example.org", "not a domain"),
    ("xmpp://alice@example.org", "an account to log in with"),
    ("xmpp:al%20ice@example.org", "a blank"),
    ("xmpp:al'ice@example.org", "holds what no such name may"),
    ("xmpp:☃@example.org", "holds what no such name may"),
    ("xmpp:\u0301a@example.org", "holds what no such name may"),
    ("xmpp:" + "a" * 1024 + "@example.org", "holds what no such name may"),
    ("xmpp:alice@example.org#x", "has no #"),
    ("xmpp:alice%zz@example.org", "a % that"),
    ("xmpp:alice%ff@example.org", "a % that"),
    ("xmpp:alice@example.org?roster;name=%", "a % that"),
    ("xmpp:alice@example.org?register;preauth=TOKEN", "makes an account"),
    ("xmpp:example.org?register;preauth=TOKEN", "makes an account"),
    (f"xmpp:alice@example.org?omemo-sid-0={OMEMO}", "device number and 64 digits"),
    (f"xmpp:alice@example.org?omemo-sid-1={OMEMO[2:]}", "device number and 64 digits"),
    (f"xmpp:alice@example.org?omemo-sid-1={OMEMO}&omemo-sid-2={OMEMO}", "device number and 64 digits"),
    (f"xmpp:alice@example.org?omemo-sid-1={OMEMO};omemo-sid-1={'0' * 64}", "two fingerprints for one device"),
    ("xmpp:0003a107@id.internal?;xid-private=c2VjcmV0", "a private key"),
    ("xmpp:0003a107@id.internal?;XID%2Dprivate=c2VjcmV0", "a private key"),
    ("https://example.org/#xid-private=c2VjcmV0", "a private key"),
    ("alice@example.org", "e-mail address or one of XMPP"),
    # Matrix
    ("@alice", "names no server"),
    ("@alice:", "names no server"),
    ("@:example.org", "not a Matrix address"),
    ("matrix:alice:example.org", "not a Matrix address"),
    ("matrix:x/alice:example.org", "not a Matrix address"),
    ("matrix://example.org/u/alice:example.org", "not a Matrix address"),
    ("matrix:u/", "not a Matrix address"),
    ("@" + "a" * 250 + ":example.org", "not a Matrix address"),
    ("@аlice:example.org", "letters of English"),
    ("https://matrix.to/#/alice:example.org", "not a Matrix address"),
    ("https://matrix.to/", "lost what follows its #"),
    ("https://matrix.to/@alice:example.org", "lost what follows its #"),
    ("matrix:roomid/somewhere:example.org/e/event?via=example.org", "one message"),
    ("https://matrix.to/#/!somewhere:example.org/$event:example.org?via=elsewhere.ca", "one message"),
    (f"matrix:roomid/{ROOM_12}", "needs the name of a server"),
    ("matrix:u/alice:example.org?via=-", "not a domain"),
    ("@alice:example.org:0", "port"),
    ("@alice:example.org:65536", "port"),
    # Delta Chat
    ("DCACCOUNT:https://example.org/new", "makes an account"),
    ("dcaccount:example.org", "makes an account"),
    ("DCLOGIN:alice@example.org?p=secret&v=1", "password"),
    ("DCBACKUP:secret", "opens a whole"),
    ("DCBACKUP4:secret", "opens a whole"),
    ("https://i.delta.chat/", "lost what follows its #"),
    (f"OPENPGP4FPR:{FINGERPRINT}", "only the fingerprint"),
    (f"openpgp4fpr:{FINGERPRINT.lower()}", "only the fingerprint"),
    (f"https://i.delta.chat/#{FINGERPRINT}&a=alice%40example.org", "only the fingerprint"),
    (f"https://i.delta.chat/#{FINGERPRINT[1:]}&{INVITE}", "40 or 64 digits"),
    (f"https://i.delta.chat/#{FINGERPRINT}&i=short&s=0ejvbdFSQxB&a=alice%40example.org", "not whole"),
    (f"https://i.delta.chat/#{FINGERPRINT}&i=TbnwJ6lSvD5&s=0ejvbdFSQxB", "not whole"),
    (f"https://i.delta.chat/#{FINGERPRINT}&{INVITE}<script>", "characters that no link"),
    (f"https://i.delta.chat/#{FINGERPRINT}&{INVITE}é", "characters that no link"),
    # SimpleX
    ("https://smp.simplex.im/a", "lost what follows its #"),
    ("https://simplex.chat/contact", "lost what follows its #"),
    ("https://simplex.chat/contact#", "lost what follows its #"),
    ("simplex:/a", "lost what follows its #"),
    ("simplex:/z#" + KEY, "not one of the links"),
    (f"https://smp.simplex.im/a#{KEY[1:]}", "not whole"),
    (f"https://smp.simplex.im/i#{KEY}", "not whole"),
    (f"simplex:/i#{LINK_ID[1:]}/{KEY}", "not whole"),
    ("simplex:/contact#/?v=2-7", "not whole"),
    (f"simplex:/contact#/?smp={QUEUE}", "not whole"),
    (f"simplex:/invitation#/?v=2-7&smp={QUEUE}", "not whole"),
    ("simplex:/contact#/?v=2-7&smp=https%3A%2F%2Fexample.org", "not whole"),
    (f"https://smp.simplex.im/a#{KEY}?p=99999", "port"),
    (f"simplex:/a#{KEY}?h=exаmple.org", "characters that no link"),
    # E-mail
    ("mailto:", "one name, @ and one server"),
    ("mailto:alice@example.org,bob@example.org", "one name, @ and one server"),
    ("mailto:%22a%20b%22@example.org", "a blank"),
    ("mailto:.alice@example.org", "not one that servers take"),
    ("mailto:alice@localhost", "no server that others could reach"),
    ("mailto:alice@example.org?cc=bob@example.org", "write to others too"),
    ("mailto:alice@example.org?%41ttach=/etc/passwd", "write to others too"),
    # the web
    ("http://example.org/", "changed on its way"),
    ("https://", "names no server"),
    ("https:example.org", "names no server"),
    ("https://localhost/", "only this network knows"),
    ("https://example.org@evil.example/", "leads? elsewhere"),
    ("https://example.org\\@evil.example/", "leads? elsewhere"),
    ("https://exa_mple.org/", "not a domain"),
    ("https://-example.org/", "not a domain"),
    ("https://example..org/", "not a domain"),
    ("https://" + "a." * 130 + "org/", "too long"),
    ("https://1.2.3.400/", "neither a domain nor an IP"),
    ("https://[fe80::1%25eth0]/", "IP address|one machine"),
    ("https://example.org:http/", "port"),
    ("https://example.org/%", "a % that"),
    # other schemes
    ("javascript:alert(1)", "not an address of a network"),
    ("data:text/html,x", "not an address of a network"),
    ("file:///etc/passwd", "not an address of a network"),
    ("tel:+123", "not an address of a network"),
    ("session:" + ID, "not an address of a network"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_it_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(RefusedHandle, match=reason) as caught:
        parse(text)
    said = f"{caught.value} {caught.value.hint}"
    assert caught.value.exit_code == 2
    assert said.isprintable()
    assert said.isascii()


@pytest.mark.parametrize(
    ("domain", "reason"),
    [
        ("exаmple.org", r"\(xn--exmple-4nf\) mixes Cyrillic and Latin"),  # a Cyrillic a
        ("xn--exmple-4nf.org", "mixes Cyrillic and Latin"),
        ("αpple.example", "mixes Greek and Latin"),
        ("カタкана.example", "mixes Cyrillic and Katakana"),
        ("☃.example", "signs that are no letters"),
        ("i❤u.example", "signs that are no letters"),
        ("a\u0338.example", None),
        ("\u0301a.example", "begins with an accent"),
        ("xn--a.example", "signs that are no letters"),
        ("xn--.example", "stands for nothing"),
        ("xn--BCHER-KVA8445FOA.example", "stands for nothing|signs"),
        ("xn--99999999999.example", "stands for nothing"),
        ("ab--c.example", "not a domain"),
        ("bü-.example", "is not a domain"),
        ("bü" + "c" * 63 + ".example", "is not a domain"),
    ],
)
def test_a_domain_that_looks_like_another_is_refused_in_letters_that_cannot_deceive(
    domain: str, reason: str | None
) -> None:
    for text in (f"xmpp:alice@{domain}", f"@alice:{domain}", f"mailto:alice@{domain}", f"https://{domain}/"):
        if reason is None:
            parse(text)
            continue
        with pytest.raises(RefusedHandle, match=reason) as caught:
            parse(text)
        assert str(caught.value).isascii()


def test_a_bare_address_is_checked_like_any_other() -> None:
    for network in (Network.XMPP, Network.EMAIL):
        with pytest.raises(RefusedHandle, match="mixes"):
            parse("alice@exаmple.org", network=network)
