"""A card as one web page that needs nothing else: an h-card with QR codes that checks its own statement.

Facts: formats page of contact cards, section 9. All that people wrote passes through `safe` on its way into the page.
"""

from __future__ import annotations

import html
from collections.abc import Iterator

from . import page
from .card import Card, Place
from .plain import proof_line
from .qr import Code, code
from .statement import SignedStatement

_U_CLASSES = {"Web page": "u-url", "E-mail": "u-email"}


def card_page(card: Card) -> str:
    """`card.html`."""
    document = page.asset("card.html")
    title, content = safe(card.title), "\n".join(_content(card))
    document = document.replace("{title}", title, 1)
    head, _, tail = document.partition("{card}")
    script = f"{page.verify_script()}\n{page.asset('card.js')}" if card.signed else page.asset("card.js")
    return page.sealed(f"{head}{content}{tail}", page.asset("palette.css") + page.asset("card.css"), script)


def safe(text: str) -> str:
    """Text of people inside the page: no markup, and no brace that could stand for a part of the page."""
    return html.escape(text).replace("{", "&#123;").replace("}", "&#125;")


def _content(card: Card) -> Iterator[str]:
    yield "<header>"
    if card.recipient:
        yield f'<p class="for">For <bdi>{safe(card.recipient)}</bdi></p>'
    yield f'<h1 class="p-name">{safe(card.title)}</h1>'
    yield f'<p class="opening">{safe(card.opening)}</p>'
    yield "</header>"
    if card.entries:
        yield '<ul class="places">'
        for place in card.places:
            yield from _place(place)
        yield "</ul>"
    if card.signed is not None:
        yield from _check(card, card.signed)


def _place(place: Place) -> Iterator[str]:
    badge = "" if place.title == place.network else f'<span class="badge">{safe(place.network)}</span>'
    yield '<li class="place">'
    yield f'<div class="what"><h3><bdi>{safe(place.title)}</bdi>{badge}</h3>'
    yield f'<p class="where"><bdi>{safe(place.where)}</bdi></p>'
    yield f'<code id="{place.stem}">{safe(place.address)}</code>'
    if place.note:
        yield f'<p class="note">{safe(place.note)}</p>'
    yield '</div><div class="acts">'
    yield f'<button type="button" data-copy="{place.stem}" hidden>Copy</button>'
    if place.link is not None:
        kind = _U_CLASSES.get(place.network, "u-impp")
        yield f'<a class="open {kind}" rel="me noopener noreferrer" href="{safe(place.link)}">Open</a>'
    yield "</div>"
    yield _drawing(place.code, f"QR code of the {place.network} address")
    yield "</li>"


def _drawing(drawn: Code, label: str) -> str:
    side = drawn.modules
    return (
        f'<svg class="code" role="img" aria-label="{safe(label)}" viewBox="0 0 {side} {side}"'
        ' shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}"/><path d="{drawn.path}"/></svg>'
    )


def _check(card: Card, signed: SignedStatement) -> Iterator[str]:
    """The statement and the place for what the script finds out about it."""
    yield "<h2>Is this really me?</h2>"
    yield '<section class="check" id="check" aria-live="polite"><div class="verdict">'
    yield (
        '<svg viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="20"/>'
        '<path id="verdict-sign" d="M24 14v12m0 8v.1"/></svg>'
    )
    yield '<h3 id="verdict-title">Not checked</h3>'
    yield '<p id="verdict-said">This page checks itself with JavaScript, which is not running here.</p></div>'
    yield '<div class="body"><div class="split"><dl>'
    yield f'<div><dt>Session ID until now</dt><dd><code id="old">{safe(card.session_id or "")}</code></dd></div>'
    yield f"<div><dt>The statement</dt><dd>{safe(card.validity)}</dd></div>"
    for note in signed.statement.notes:
        yield f'<div><dt>Note</dt><dd class="p-note"><bdi>{safe(note)}</bdi></dd></div>'
    yield (
        '<div class="known"><label for="known">The Session ID you knew</label>'
        '<input id="known" spellcheck="false" autocapitalize="off" autocorrect="off" autocomplete="off"'
        ' placeholder="05…" aria-describedby="known-wrong">'
        '<p id="known-wrong" hidden>This is not a whole Session ID.</p></div></dl>'
    )
    yield _drawing(code(signed.compact()), "QR code of the signed statement")
    yield "</div>"
    yield '<div id="details" hidden><ul class="cautions" id="cautions"></ul></div>'
    yield '<div class="worth" id="worth" hidden><div class="yes"><h4>What this proves</h4><ul id="proves"></ul></div>'
    yield '<div class="no"><h4>What it does not prove</h4><ul id="proves-not"></ul></div></div>'
    yield (
        "<details><summary>The exact text that is signed</summary>"
        f'<pre id="statement">{safe(signed.text())}</pre>'
        '<p><button type="button" data-copy="statement" hidden>Copy the statement</button></p></details>'
    )
    yield "</div></section>"
    yield (
        "<footer><p>A page can be changed by whoever sends it to you, and then say anything about itself. To be sure,"
        " check the statement with a copy of verify.html that you trust, or with <code>decamp verify</code>.</p>"
    )
    if (proof := proof_line(card)) is not None:
        yield f"<p><code>{safe(proof)}</code></p>"
    yield "</footer>"
