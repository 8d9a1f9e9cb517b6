"""The budget of one render for slow cryptography: keys, password hashes."""

from __future__ import annotations

from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded

MAX_COST = 16.0


class Costs:
    """What is left; one unit is about one 2048-bit RSA key."""

    def __init__(self, units: float = MAX_COST) -> None:
        self.left = units

    def spend(self, units: float) -> None:
        """Take `units` off; raises BudgetExceeded."""
        self.left -= units
        if self.left < 0:
            raise BudgetExceeded(f"the keys and password hashes of one render are limited to {MAX_COST:.0f} units of work")
