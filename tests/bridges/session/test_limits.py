"""The bridge promises no more than the network takes: whoever sends relies on it, or loses a text with its file."""

from bridges.session.about import ABOUT
from migrate.account.files import sealed_size
from migrate.session.attachments import LARGEST_UPLOAD


def test_a_file_that_the_bridge_says_it_takes_fits_when_it_is_sealed_and_a_larger_one_does_not() -> None:
    most = ABOUT.limits.file_bytes
    assert most is not None
    assert sealed_size(most) <= LARGEST_UPLOAD < sealed_size(most + 1)
