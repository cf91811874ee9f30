"""What every bridge must pass, ours or a stranger's: `docs/plugins.md` shows how to run it.

    @pytest.mark.parametrize("check", contract.CHECKS, ids=str)
    def test_contract(check, world):
        asyncio.run(check.run(world))

`world` makes a `World` (world.py): a bridge, the network it speaks, and a friend who uses that network without it.
`CHECKS` are in checks.py; each capability is shown both ways, or refused by its name.
"""

from .checks import CHECKS, Check
from .world import Friend, Seat, World

__all__ = ["CHECKS", "Check", "Friend", "Seat", "World"]
