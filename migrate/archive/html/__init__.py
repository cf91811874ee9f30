"""The pages: an archive as a messenger shows it, read with any browser from the disk, with nothing else running."""

from .pages import Pages

__all__ = ["Pages"]
