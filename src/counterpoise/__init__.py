"""Counterpoise: one exact book, one gate and one plan for every trading account.

Importing this package costs nothing: each name is loaded from the library when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from counterpoise.domain.accounts import Actor, Scope
    from counterpoise.domain.errors import PortfolioError
    from counterpoise.domain.plans import RebalancePlan, SizingPolicy, Target
    from counterpoise.library.balance_manager import BalanceManager
    from counterpoise.library.balancer import (
        BalancerOutput,
        CandidateTrade,
        PortfolioBalancer,
        PortfolioConstraints,
        Position,
        RiskMode,
    )
    from counterpoise.library.history import import_history, open_statement_account, preview_history
    from counterpoise.library.opening import Opening
    from counterpoise.library.plane import Counterpoise
    from counterpoise.library.planner import Holdings, PortfolioService, StrategyAllocation, merge_allocations

_HOMES = {
    "Actor": "counterpoise.domain.accounts",
    "BalanceManager": "counterpoise.library.balance_manager",
    "BalancerOutput": "counterpoise.library.balancer",
    "CandidateTrade": "counterpoise.library.balancer",
    "Counterpoise": "counterpoise.library.plane",
    "Holdings": "counterpoise.library.planner",
    "Opening": "counterpoise.library.opening",
    "PortfolioBalancer": "counterpoise.library.balancer",
    "PortfolioConstraints": "counterpoise.library.balancer",
    "PortfolioError": "counterpoise.domain.errors",
    "PortfolioService": "counterpoise.library.planner",
    "Position": "counterpoise.library.balancer",
    "RebalancePlan": "counterpoise.domain.plans",
    "RiskMode": "counterpoise.library.balancer",
    "Scope": "counterpoise.domain.accounts",
    "SizingPolicy": "counterpoise.domain.plans",
    "StrategyAllocation": "counterpoise.library.planner",
    "Target": "counterpoise.domain.plans",
    "import_history": "counterpoise.library.history",
    "merge_allocations": "counterpoise.library.planner",
    "open_statement_account": "counterpoise.library.history",
    "preview_history": "counterpoise.library.history",
}

__all__ = [
    "Actor",
    "BalanceManager",
    "BalancerOutput",
    "CandidateTrade",
    "Counterpoise",
    "Holdings",
    "Opening",
    "PortfolioBalancer",
    "PortfolioConstraints",
    "PortfolioError",
    "PortfolioService",
    "Position",
    "RebalancePlan",
    "RiskMode",
    "Scope",
    "SizingPolicy",
    "StrategyAllocation",
    "Target",
    "import_history",
    "merge_allocations",
    "open_statement_account",
    "preview_history",
]


def __getattr__(name: str) -> object:
    """Load a public name from where it lives."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'counterpoise' has no attribute {name!r}")
    return getattr(import_module(home), name)
