"""Session Desktop's profile folder as a source. Every fact of its format that decamp relies on is used in here."""

from .locate import Profile, locate, recognise
from .source import DesktopSource

__all__ = ["DesktopSource", "Profile", "locate", "recognise"]
