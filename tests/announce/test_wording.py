"""The words of a notice: complete in six languages, filled in once, and never longer than a message may be."""

from __future__ import annotations

import pytest

from bridges.about import Limits
from migrate.announce.campaign import Addressee, Campaign, Invited
from migrate.announce.plan import FOLLOWS, LATER, TooLong, greeting, messages, preview, signable, statement_for
from migrate.announce.wording import (
    ALLOWED,
    LANGUAGES,
    PLACEHOLDERS,
    BadTemplate,
    Text,
    built_in,
    checked,
    fill,
    names_in,
)
from migrate.cards.statement import SignedStatement, read
from migrate.cards.verdict import check
from migrate.model import Network
from tests.announce.people import ME, NOW, campaign, id_of, person, signature

INVITED = Invited(
    bridge="garden", label="Garden", link="xmpp:robin@garden.example?roster;preauth=abc",
    address="xmpp:robin@garden.example?roster;preauth=abc",
)  # fmt: skip
SESSION = Limits(text_characters=2_000)
CODE = "K7QM2XFD"


def signed_for(content: Campaign, to: Addressee, *invited: Invited) -> SignedStatement:
    statement = statement_for(content, to, invited, 7, NOW)
    assert statement is not None
    return signature(statement)


def to(number: int = 1, **said: object) -> Addressee:
    return Addressee(who=person(number, **said), language="en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", Text)
def test_every_text_is_there_in_every_language_with_all_that_belongs_into_it(language: str, text: Text) -> None:
    template = checked(built_in(language, text), text)
    needed = {
        Text.NOTICE: set(PLACEHOLDERS) - {"session_id"},
        Text.EVERYBODY: {"me", "addresses", "statement"},
        Text.GREETING: {"friend", "me"},
    }
    assert set(names_in(template)) == needed[text]
    assert "decamp" in template or text is Text.GREETING


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_with_an_invitation_and_the_statement_is_one_message_on_session(language: str) -> None:
    texts = {language: {str(kind): built_in(language, kind) for kind in Text}}
    content = Campaign(via="session", account=ME.session_id, me="Robin", entries=campaign().entries, texts=texts)
    addressee = Addressee(who=person(1), language=language)
    one = messages(content, addressee, [INVITED], CODE, signed_for(content, addressee, INVITED), Limits())
    two = messages(content, addressee, [INVITED], CODE, signed_for(content, addressee, INVITED), SESSION)
    assert len(one) == 1
    assert len(two) <= 2
    assert all(len(text) <= 2_000 for text in two)


def test_the_statement_is_made_out_to_one_person_and_holds_their_invitation() -> None:
    content, addressee = campaign(), to(1)
    (text,) = messages(content, addressee, [INVITED], CODE, signed_for(content, addressee, INVITED), Limits())
    (signed,) = read(text)
    assert check(signed, NOW, ME.session_id, reader=id_of(1)).ok
    assert not check(signed, NOW, ME.session_id, reader=id_of(2)).ok
    assert [str(handle) for handle in signed.statement.handles] == [
        INVITED.address, "xmpp:robin@example.org", "matrix:u/robin:example.org",
    ]  # fmt: skip
    assert "decamp K7QM-2XFD" in text
    assert INVITED.link in text
    assert text.startswith("Hi Contact 1,")


def test_what_does_not_fit_comes_in_a_message_of_its_own_and_the_statement_is_never_cut() -> None:
    content, addressee = campaign(), to(1)
    signed = signed_for(content, addressee)
    for limit in range(700, 2_200, 50):
        texts = messages(content, addressee, [], CODE, signed, Limits(text_characters=limit))
        assert all(len(text) <= limit for text in texts)
        assert read("\n".join(texts)) == [signed]
        assert read(texts[-1]) == [signed]
        assert (FOLLOWS in "".join(texts)) == (len(texts) > 1)


def test_where_the_readable_statement_is_too_long_the_compact_one_goes() -> None:
    content, addressee = campaign(), to(1)
    signed = signed_for(content, addressee)
    limit = len(signed.text()) - 2
    *_, last = messages(content, addressee, [], CODE, signed, Limits(text_characters=limit))
    assert last == signed.compact()


def test_bytes_are_counted_where_the_network_counts_bytes() -> None:
    texts = {"ru": {str(kind): built_in("ru", kind) for kind in Text}}
    content = Campaign(via="simplex", account=None, me="Робин", entries=campaign().entries, texts=texts)
    addressee = Addressee(who=person(1), language="ru")
    parts = messages(content, addressee, [], CODE, None, Limits(text_bytes=500))
    assert len(parts) > 1
    assert all(len(text.encode()) <= 500 for text in parts)


def test_what_can_never_fit_is_said_when_it_is_planned() -> None:
    content = campaign()
    with pytest.raises(TooLong):
        preview(content, to(1), [], CODE, Limits(text_characters=100), NOW)


def test_a_preview_shows_what_is_sent_but_for_what_is_made_then() -> None:
    content, addressee = campaign(), to(1)
    (shown,) = preview(content, addressee, ["Garden"], CODE, Limits(), NOW)
    assert f"Garden: {LATER}" in shown
    assert f"Signature: {LATER}" in shown
    assert "decamp K7QM-2XFD" in shown
    assert "000000" not in shown


def test_a_paragraph_with_nothing_to_say_is_left_out() -> None:
    (text,) = messages(campaign(signed=False), to(1), [], CODE, None, Limits())
    assert "for you alone" not in text
    assert "signed" not in text
    assert "{" not in text


def test_whoever_has_no_name_is_greeted_without_one() -> None:
    (text,) = messages(campaign(signed=False), to(1, friend=None), [], CODE, None, Limits())
    assert text.startswith("Hi,\n")
    assert greeting(campaign(), to(1, friend="\u202e \n")).startswith("Hi, how good")


def test_a_name_with_braces_in_it_stays_a_name() -> None:
    (text,) = messages(campaign(signed=False), to(1, friend="{code} {me}"), [], CODE, None, Limits())
    assert text.startswith("Hi {code} {me},")


def test_in_a_group_nobody_gets_a_code_an_invitation_or_a_statement_of_their_own() -> None:
    content = campaign()
    group = Addressee(who=person(1, name="Hikers"), language="en", place=True)
    signed = signed_for(content, group)
    assert signed.statement.audience is None
    (text,) = messages(content, group, [], CODE, signed, Limits())
    assert "K7QM" not in text
    assert "Hikers" not in text
    assert read(text) == [signed]


def test_a_name_that_means_nothing_is_answered_with_those_that_do() -> None:
    with pytest.raises(BadTemplate) as raised:
        checked("Hi {freind}")
    assert "{freind}" in str(raised.value)
    assert all(f"{{{name}}}" in raised.value.hint for name in PLACEHOLDERS)
    with pytest.raises(BadTemplate):
        checked("{code}", Text.EVERYBODY)
    with pytest.raises(BadTemplate):
        checked("  \n")
    assert "code" not in ALLOWED[Text.EVERYBODY]


def test_a_language_that_decamp_does_not_speak_is_answered_with_those_it_does() -> None:
    with pytest.raises(BadTemplate) as raised:
        built_in("../de")
    assert "German" in raised.value.hint


def test_one_brace_is_a_brace() -> None:
    assert fill("a { b } c {me}\r\n\r\nd", {" b ": "no", "me": "Robin"}) == ["a no c Robin", "d"]
    assert checked("a } b {\n") == "a } b {\n"


def test_an_invitation_that_is_no_address_is_said_and_not_signed() -> None:
    assert signable("street:window-7", Network.WEB) is None
    assert signable(INVITED.link, Network.XMPP) == INVITED.address
    odd = Invited(bridge="street", label="Street", link="street:window-7")
    content, addressee = campaign(), to(1)
    (text,) = messages(content, addressee, [odd], CODE, signed_for(content, addressee, odd), Limits())
    assert "Street: street:window-7" in text
