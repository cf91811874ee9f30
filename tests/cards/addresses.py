"""Examples of every form of address on the page of formats: how each is written by decamp, and how it is shown."""

from __future__ import annotations

from migrate.model import Network

ID = "05" + "ab" * 32
KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"
LINK_ID = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
COMMUNITY_KEY = "658d29b91892a2389505596b135e76a53db6e11d613a51dbd3d0816adffb231c"
OMEMO = "5b1b5f55e5345a675b9e6ac389d52da3416966be967823c517e9b0744e066256"
FINGERPRINT = "79252762C34C5096AF57958F4FC3D21A81B0F0A7"
INVITE = "i=TbnwJ6lSvD5&s=0ejvbdFSQxB&a=alice%40example.org&n=Alice+Example"
QUEUE = "smp%3A%2F%2FiA-c2V0%3D%40smp.example.org%2Fabcdef%23%2F%3Fv%3D1-4%26dh%3DMCow%26q%3Dm%26k%3Ds"
ROOM_12 = "CNH7K5E20WWEsVW8_s8OqDsRlsSdDse3qliT3VBBYME"
COMMUNITY = f"https://chat.example.org/room-1?public_key={COMMUNITY_KEY}"
MATRIX_USER = "matrix:u/alice:example.org"

# What a person gives, how it is written, and how it is shown. None: exactly as given.
ACCEPTED: list[tuple[Network, str, str | None, str]] = [
    (Network.SESSION, ID, None, "05ab…abab in Session"),
    (Network.SESSION, f" {ID.upper()}\n", ID, "05ab…abab in Session"),
    (Network.COMMUNITY, COMMUNITY, None, "the community room-1 on chat.example.org"),
    (Network.COMMUNITY, COMMUNITY.replace("https", "http"), None, "the community room-1 on chat.example.org"),
    (Network.COMMUNITY, COMMUNITY.removeprefix("https://"), COMMUNITY, "the community room-1 on chat.example.org"),
    (
        Network.COMMUNITY,
        f"HTTP://116.203.53.213:8080/Main?public_key={COMMUNITY_KEY.upper()}",
        f"http://116.203.53.213:8080/Main?public_key={COMMUNITY_KEY}",
        "the community Main on 116.203.53.213:8080",
    ),
    # XMPP
    (Network.XMPP, "xmpp:alice@example.org", None, "alice on example.org"),
    (Network.XMPP, "XMPP:Alice@Example.ORG.", "xmpp:alice@example.org", "alice on example.org"),
    (Network.XMPP, "xmpp:alice@example.org/phone", "xmpp:alice@example.org", "alice on example.org"),
    (Network.XMPP, "xmpp:alice@example.org?roster;name=Alice%20Example", None, "alice on example.org"),
    (Network.XMPP, "xmpp:alice@example.org?subscribe", None, "alice on example.org"),
    (Network.XMPP, "xmpp:alice@example.org?message;body=Hello%20there%0A", None, "alice on example.org"),
    (Network.XMPP, "xmpp:tea@conference.example.org?join", None, "the room tea on conference.example.org"),
    (
        Network.XMPP,
        "tea@conference.example.org?join",
        "xmpp:tea@conference.example.org?join",
        "the room tea on conference.example.org",
    ),
    (Network.XMPP, f"xmpp:alice@example.org?omemo-sid-1405575068={OMEMO}", None, "alice on example.org"),
    (
        Network.XMPP,
        f"xmpp:alice@example.org?message;omemo-sid-1={OMEMO};omemo-sid-2={OMEMO}",
        None,
        "alice on example.org",
    ),
    (
        Network.XMPP,
        f"xmpp:alice@example.org?;omemo-sid-01=05{OMEMO.upper()}",
        f"xmpp:alice@example.org?omemo-sid-1={OMEMO}",
        "alice on example.org",
    ),
    (
        Network.XMPP,
        f"https://conversations.im/i/alice@example.org?omemo-sid-1={OMEMO}&omemo-sid-2={OMEMO}",
        f"xmpp:alice@example.org?omemo-sid-1={OMEMO};omemo-sid-2={OMEMO}",
        "alice on example.org",
    ),
    (Network.XMPP, "https://conversations.im/i/alice/example.org", "xmpp:alice@example.org", "alice on example.org"),
    (
        Network.XMPP,
        "https://conversations.im/j/tea@conference.example.org",
        "xmpp:tea@conference.example.org?join",
        "the room tea on conference.example.org",
    ),
    (Network.XMPP, "imto://xmpp/alice@example.org", "xmpp:alice@example.org", "alice on example.org"),
    (Network.XMPP, r"xmpp:a\27b@example.org", "xmpp:a%5C27b@example.org", r"a\27b on example.org"),
    (Network.XMPP, "xmpp:a%5c27b@example.org", "xmpp:a%5C27b@example.org", r"a\27b on example.org"),
    (Network.XMPP, "xmpp:ＡＬＩＣＥ@example.org", "xmpp:alice@example.org", "alice on example.org"),
    (Network.XMPP, "xmpp:ju\u0308rgen@example.org", "xmpp:j%C3%BCrgen@example.org", "jürgen on example.org"),
    (Network.XMPP, "xmpp:alice@[2001:DB8::1]", "xmpp:alice@[2001:db8::1]", "alice on [2001:db8::1]"),
    (
        Network.XMPP,
        "xmpp:alice@BÜCHER.example",
        "xmpp:alice@b%C3%BCcher.example",
        "alice on bücher.example (xn--bcher-kva.example)",
    ),
    (
        Network.XMPP,
        "xmpp:alice@xn--bcher-kva.example",
        "xmpp:alice@b%C3%BCcher.example",
        "alice on bücher.example (xn--bcher-kva.example)",
    ),
    # Matrix
    (Network.MATRIX, MATRIX_USER, None, "alice on example.org"),
    (Network.MATRIX, f"{MATRIX_USER}?action=chat", MATRIX_USER, "alice on example.org"),
    (Network.MATRIX, "@alice:Example.org", MATRIX_USER, "alice on example.org"),
    (Network.MATRIX, "https://matrix.to/#/@alice:example.org", MATRIX_USER, "alice on example.org"),
    (Network.MATRIX, "https://matrix.to/#/%40alice%3Aexample.org", MATRIX_USER, "alice on example.org"),
    (Network.MATRIX, "matrix:user/alice:example.org", MATRIX_USER, "alice on example.org"),
    (Network.MATRIX, "@alice:example.org:8448", f"{MATRIX_USER}:8448", "alice on example.org:8448"),
    (Network.MATRIX, "@a/b:example.org", "matrix:u/a%2Fb:example.org", "a/b on example.org"),
    (
        Network.MATRIX,
        "@Alice:bücher.example",
        "matrix:u/Alice:xn--bcher-kva.example",
        "Alice on bücher.example (xn--bcher-kva.example)",
    ),
    (
        Network.MATRIX,
        "matrix:r/somewhere:example.org?action=join",
        "matrix:r/somewhere:example.org",
        "the room somewhere on example.org",
    ),
    (Network.MATRIX, "#zürich:example.org", "matrix:r/z%C3%BCrich:example.org", "the room zürich on example.org"),
    (
        Network.MATRIX,
        "https://matrix.to/#/%23tea:example.org",
        "matrix:r/tea:example.org",
        "the room tea on example.org",
    ),
    (Network.MATRIX, "https://matrix.to/#/#tea:example.org", "matrix:r/tea:example.org", "the room tea on example.org"),
    (
        Network.MATRIX,
        "matrix:roomid/somewhere:example.org?via=example.org&via=elsewhere.ca",
        None,
        "a room on example.org",
    ),
    (
        Network.MATRIX,
        f"!{ROOM_12}?via=example.org",
        f"matrix:roomid/{ROOM_12}?via=example.org",
        "a room, by way of example.org",
    ),
    # Delta Chat
    (Network.DELTACHAT, f"https://i.delta.chat/#{FINGERPRINT}&v=3&{INVITE}", None, "alice on example.org"),
    (
        Network.DELTACHAT,
        f"https://i.delta.chat/#{FINGERPRINT}&{INVITE}&r=bob%40example.net",
        None,
        "alice on example.org",
    ),
    (Network.DELTACHAT, f"https://i.delta.chat#{FINGERPRINT}&{INVITE}", None, "alice on example.org"),
    (Network.DELTACHAT, f"https://i.delta.chat/%23{FINGERPRINT}&{INVITE}", None, "alice on example.org"),
    (Network.DELTACHAT, f"OPENPGP4FPR:{FINGERPRINT}#{INVITE}", None, "alice on example.org"),
    (
        Network.DELTACHAT,
        f"https://i.delta.chat/#{FINGERPRINT}&{INVITE}&x=GROUPID&g=Tea",
        None,
        "a group of alice on example.org",
    ),
    (
        Network.DELTACHAT,
        f"https://i.delta.chat/#{FINGERPRINT}{FINGERPRINT[:24]}&x=ID&b=News&j=TbnwJ6lSvD5&s=0ejvbdFSQxB&a=a%40example.org",
        None,
        "a channel of a on example.org",
    ),
    # SimpleX
    (Network.SIMPLEX, f"https://smp.simplex.im/a#{KEY}", None, "a contact address on smp.simplex.im"),
    (Network.SIMPLEX, f"simplex:/a#{KEY}?h=smp.simplex.im", None, "a contact address on smp.simplex.im"),
    (Network.SIMPLEX, f"simplex:/a#{KEY}", None, "a contact address on a server that the app knows"),
    (
        Network.SIMPLEX,
        f"https://chat.example.org/a#{KEY}?h=abc.onion&p=5223&c={KEY}",
        None,
        "a contact address on chat.example.org",
    ),
    (Network.SIMPLEX, f"https://smp.simplex.im/g#{KEY}", None, "a group on smp.simplex.im"),
    (Network.SIMPLEX, f"https://smp.simplex.im/c#{KEY}", None, "a channel on smp.simplex.im"),
    (Network.SIMPLEX, f"https://smp.simplex.im/r#{KEY}", None, "a relay on smp.simplex.im"),
    (Network.SIMPLEX, f"simplex:/contact#/?v=2-7&smp={QUEUE}", None, "a contact address on smp.example.org"),
    (
        Network.SIMPLEX,
        f"https://simplex.chat/contact#/?v=2-7&smp={QUEUE}&data=%7B%7D",
        None,
        "a contact address on smp.example.org",
    ),
    (
        Network.SIMPLEX,
        f"https://simplex.chat/contact/#/?v=2-7&smp={QUEUE}",
        None,
        "a contact address on smp.example.org",
    ),
    (Network.SIMPLEX, "simplex:/name@alice.simplex", None, "the name alice.simplex on a server that the app knows"),
    (Network.SIMPLEX, "simplex:/name#group.simplex", None, "a group's name on a server that the app knows"),
    # E-mail and the web
    (Network.EMAIL, "mailto:alice@example.org", None, "alice on example.org"),
    (
        Network.EMAIL,
        "MAILTO:Alice+tea@Example.ORG?subject=Hello%20you",
        "mailto:Alice+tea@example.org?subject=Hello%20you",
        "Alice+tea on example.org",
    ),
    (
        Network.EMAIL,
        "mailto:j%C3%BCrgen@bücher.example",
        "mailto:j%C3%BCrgen@xn--bcher-kva.example",
        "jürgen on bücher.example (xn--bcher-kva.example)",
    ),
    (Network.WEB, "https://example.org", "https://example.org/", "a page on example.org"),
    (Network.WEB, "HTTPS://Example.ORG:443/~Alice?a=B#C", "https://example.org/~Alice?a=B#C", "a page on example.org"),
    (
        Network.WEB,
        "https://пример.example/überuns?",
        "https://xn--e1afmkfd.example/%C3%BCberuns?",
        "a page on пример.example (xn--e1afmkfd.example)",
    ),
    (Network.WEB, "https://example.org/contact#form", None, "a page on example.org"),
    (Network.WEB, "https://example.org/a%2fb%7E\\", "https://example.org/a%2Fb~%5C", "a page on example.org"),
    (
        Network.WEB,
        "https://日本語カナ.example/",
        "https://xn--lck2c295sncbk91h.example/",
        "a page on 日本語カナ.example (xn--lck2c295sncbk91h.example)",
    ),
]

# What only one person may get, and why.
ONE = [
    (f"https://smp.simplex.im/i#{LINK_ID}/{KEY}", "one-time invitation"),
    (f"simplex:/i#{LINK_ID}/{KEY}?h=smp.simplex.im", "one-time invitation"),
    (f"simplex:/invitation#/?v=2-7&smp={QUEUE}&e2e=v%3D2", "one-time invitation"),
    ("xmpp:alice@example.org?roster;preauth=1tMFqYDdKhfe2pwp;name=Alice%20Example", "preauth"),
    ("xmpp:alice@example.org?roster;preauth=TOKEN;ibr=y", "preauth"),
    ("xmpp:alice@example.org?roster;%70reauth=TOKEN", "preauth"),
    ("xmpp:tea@conference.example.org?join;password=cauldronburn", "password"),
]
