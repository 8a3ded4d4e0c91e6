"""What did the account's own venue state last, and is that young enough to add risk on?"""

from __future__ import annotations

from datetime import datetime

from counterpoise.control.state import ControlState
from counterpoise.ledger.balances import is_fresh
from counterpoise.portfolio.state import Statement


def statement_of(state: ControlState) -> Statement | None:
    """The last statement of the account's own venue; of an account without one, the newest of anybody."""
    known, terms = state.state.statements, state.state.opened
    if terms.trades:
        return known.get(terms.venue)
    return max(known.values(), key=lambda statement: statement.as_of, default=None)


def is_confirmed(state: ControlState, at: datetime) -> bool:
    """Whether the venue has confirmed the balance so lately that an order that adds risk may be judged (incident I-41).

    Differences are not looked at here: a break stops new risk by a reason of its own.
    """
    statement, terms = statement_of(state), state.state.opened
    if statement is None or not terms.trades:
        return False
    return any(is_fresh(time, at, terms.balance_age_max) for time in (statement.as_of, statement.reconciled_at))
