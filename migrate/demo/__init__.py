"""Session Desktop profiles made in code: for `decamp demo`, for the tests and for measuring.

Nobody in them exists and every key is made up. `ProfileBuilder` writes a profile row by row, `build_demo` the small
lively one that the demo shows, `grow` one of any size.
"""

from __future__ import annotations

from .account import AccountKeys
from .grow import Grown, grow
from .profile import ProfileBuilder
from .story import build_demo

__all__ = ["AccountKeys", "Grown", "ProfileBuilder", "build_demo", "grow"]
