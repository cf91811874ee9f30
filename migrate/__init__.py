"""Leave the Session messenger with your history, and without losing anyone you knew there."""

__version__ = "0.1.0"
