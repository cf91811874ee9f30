"""The table of what each network can do is the one that the code has."""

from bridges.abilities import markdown
from bridges.registry import every
from tests.checks.tree import ROOT

PAGE = ROOT / "docs" / "networks" / "README.md"


def test_the_table_of_abilities_is_the_one_that_the_bridges_have() -> None:
    ours = [one.bridge.about for one in every() if one.bridge and one.bridge.__module__.startswith("bridges.")]
    assert len(ours) >= 7
    assert markdown(ours) in PAGE.read_text("utf-8"), f"{PAGE.name} has to hold:\n{markdown(ours)}"


def test_each_network_has_a_page_and_is_named_in_the_list() -> None:
    text = PAGE.read_text("utf-8")
    for page in PAGE.parent.glob("*.md"):
        assert page == PAGE or f"]({page.name})" in text
    for one in every():
        if one.bridge and one.bridge.__module__.startswith("bridges."):
            assert f"`{one.name}`" in text
