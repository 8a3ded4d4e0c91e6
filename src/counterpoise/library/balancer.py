"""How does a bot ask the gate? Its numbers become exact here, and nowhere further in is there a float."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from counterpoise.domain.decisions import BalancerOutput, CandidateTrade, Position, RiskMode
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.instruments import Category, read_symbol
from counterpoise.domain.limits import TRADER, ModePolicy
from counterpoise.domain.limits import PortfolioConstraints as Limits
from counterpoise.domain.numbers import DIGITS_MAX, HUNDRED, exact, from_python
from counterpoise.domain.orders import PositionSide, Side
from counterpoise.risk.book import GateBook
from counterpoise.risk.evaluation import HowToJudge, Stated, evaluate
from counterpoise.risk.mode import RiskProfile, RiskState
from counterpoise.wiring import system_clock

__all__ = [
    "BalancerOutput",
    "CandidateTrade",
    "PortfolioBalancer",
    "PortfolioConstraints",
    "Position",
    "RiskMode",
    "number",
]

Number = Decimal | int | str | float
Choice = TypeVar("Choice", bound=StrEnum)

FLOAT_PLACES_MAX = 27
"""A float of 17 digits has this many places at 1e-10; squares of exposures then still fit 200 digits."""

_POSITION_NUMBERS = ("size", "entry_price", "current_price", "margin", "leverage", "risk_amount")
_CANDIDATE_NUMBERS = (
    "confidence",
    "size",
    "margin_required",
    "risk_amount",
    "stability_score",
    "cost_score",
    "recent_performance",
)


def number(value: object, field: str) -> Decimal:
    """An exact number from what a bot holds; a float is read by its shortest text (`15.0` is 15.0).

    Raises:
        InvalidInput: NaN, an infinity, a bool, minus zero, no number or too many digits; names field and value.
    """
    if isinstance(value, float):
        return _from_float(value, field)
    if isinstance(value, Decimal | int | str):
        return from_python(value, field)
    raise InvalidInput(field, value, "a Decimal, int, str or float")


class PortfolioConstraints(Limits):
    """The ten limits as a bot states them: percentages and leverage may be Decimal, int, str or float.

    Raises:
        InvalidInput: a limit is negative, not finite or no number; names it.
    """

    __slots__ = ()

    def __init__(  # noqa: PLR0913 - one keyword a limit
        self,
        *,
        max_positions: int = TRADER.max_positions,
        max_positions_per_symbol: int = TRADER.max_positions_per_symbol,
        max_total_risk_pct: Number = TRADER.max_total_risk_pct,
        max_per_trade_risk_pct: Number = TRADER.max_per_trade_risk_pct,
        max_symbol_concentration_pct: Number = TRADER.max_symbol_concentration_pct,
        max_sector_concentration_pct: Number = TRADER.max_sector_concentration_pct,
        max_leverage: Number = TRADER.max_leverage,
        max_long_exposure_pct: Number = TRADER.max_long_exposure_pct,
        max_short_exposure_pct: Number = TRADER.max_short_exposure_pct,
        max_net_exposure_pct: Number = TRADER.max_net_exposure_pct,
    ) -> None:
        with exact():
            super().__init__(
                max_positions=max_positions,
                max_positions_per_symbol=max_positions_per_symbol,
                max_total_risk_pct=number(max_total_risk_pct, "max_total_risk_pct"),
                max_per_trade_risk_pct=number(max_per_trade_risk_pct, "max_per_trade_risk_pct"),
                max_symbol_concentration_pct=number(max_symbol_concentration_pct, "max_symbol_concentration_pct"),
                max_sector_concentration_pct=number(max_sector_concentration_pct, "max_sector_concentration_pct"),
                max_leverage=number(max_leverage, "max_leverage"),
                max_long_exposure_pct=number(max_long_exposure_pct, "max_long_exposure_pct"),
                max_short_exposure_pct=number(max_short_exposure_pct, "max_short_exposure_pct"),
                max_net_exposure_pct=number(max_net_exposure_pct, "max_net_exposure_pct"),
            )


class PortfolioBalancer:
    """The gate for bots that hold their own portfolio: a pure function of its arguments and a clock.

    Args:
        constraints: Limits; `PortfolioConstraints()` when None.
        mode_policy: When modes change and what they do; `ModePolicy()` when None.
        clock: The present as an aware datetime, for timestamps and cooldown; the system's when None.
        allow_partial: Whether a candidate that fits partly gets a smaller `recommended_size`.
    """

    def __init__(
        self,
        constraints: Limits | None = None,
        *,
        mode_policy: ModePolicy | None = None,
        clock: Callable[[], datetime] | None = None,
        allow_partial: bool = False,
    ) -> None:
        self._constraints = Limits() if constraints is None else constraints
        self._mode_policy = ModePolicy() if mode_policy is None else mode_policy
        self._now = system_clock().now if clock is None else clock
        self._how = HowToJudge(allow_partial=allow_partial, require_price=False)

    def analyze_portfolio(
        self,
        positions: Sequence[Position],
        candidates: Sequence[CandidateTrade],
        total_equity: Number,
        used_margin: Number,
        free_margin: Number,
        orchestrator_policy: Mapping[str, object] | None = None,
        risk_manager_state: Mapping[str, object] | None = None,
        *,
        previous_mode: tuple[RiskMode, datetime] | None = None,
    ) -> BalancerOutput:
        """Judge the portfolio and its candidates; nothing is changed and nothing is written.

        Args:
            positions: What is held.
            candidates: What the bot would like to trade. One that cannot be read is dropped as BAD_INPUT, its
                detail naming field and value; the others are judged.
            total_equity: Account currency.
            used_margin: Account currency.
            free_margin: Account currency.
            orchestrator_policy: `risk_profile` DEFENSIVE, NEUTRAL or AGGRESSIVE, and any limit's name with a
                tighter value. None is not stated; stated but unreadable means SAFE.
            risk_manager_state: `daily_drawdown_pct`, `losing_streak` and, where known, `volatility_pct`.
            previous_mode: The mode before and the instant that `risk.mode.held_since` gave for it.

        Raises:
            InvalidInput: equity, margin or a position is no number; names field and value.
        """
        with exact():
            equity = number(total_equity, "total_equity")
            book = GateBook(
                positions=tuple(_position(position, number_) for number_, position in enumerate(positions)),
                equity=equity,
                equity_low=equity,
                used_margin=number(used_margin, "used_margin"),
                free_margin=number(free_margin, "free_margin"),
            )
            sound = tuple(_candidate(candidate, number_) for number_, candidate in enumerate(candidates))
            limits, profile, missing = _policy(orchestrator_policy, self._constraints)
            state, also_missing = _state(risk_manager_state)
            stated = Stated(profile=profile, state=state, missing=missing + also_missing, previous_mode=previous_mode)
            return evaluate(book, sound, limits, self._mode_policy, self._now(), stated=stated, how=self._how)


def _from_float(value: float, field: str) -> Decimal:
    text = float.__repr__(value)  # numpy's floats are floats whose own repr is no number
    read = Decimal(text)
    if read.is_finite() and not (read.is_zero() and read.is_signed()):
        plain = Decimal(format(read, "f"))
        if read.adjusted() < DIGITS_MAX and -int(plain.as_tuple().exponent) <= FLOAT_PLACES_MAX:
            return plain
    raise InvalidInput(field, text, f"a finite number below 1e{DIGITS_MAX} of at most {FLOAT_PLACES_MAX} places")


def _choice(kind: type[Choice], value: object) -> Choice | None:
    """The member that `value` spells in any case, or None."""
    word = value.strip().upper() if isinstance(value, str) else ""
    return kind(word) if word in kind.__members__ else None


def _position(position: Position, place: int) -> Position:
    """The position in exact numbers; what cannot be read is left for the book to refuse by name."""
    if not isinstance(position, Position):
        raise InvalidInput(f"positions[{place}]", position, "a Position")
    field = f"positions[{place}]"
    category = _choice(Category, position.category)
    side = _choice(PositionSide, position.side)
    if category is None:
        raise InvalidInput(f"{field}.category", position.category, "CORE, EXPANSION, MONITORING or TOXIC")
    if side is None:
        raise InvalidInput(f"{field}.side", position.side, "LONG or SHORT")
    return Position(
        symbol=read_symbol(str(position.symbol), f"{field}.symbol"),
        side=side,
        category=category,
        sector=str(position.sector),
        **{name: number(getattr(position, name), f"{field}.{name}") for name in _POSITION_NUMBERS},
    )


def _candidate(candidate: CandidateTrade, place: int) -> CandidateTrade:
    """The candidate in exact numbers; a field that cannot be read stays as text, which the gate refuses by name."""
    if not isinstance(candidate, CandidateTrade):
        raise InvalidInput(f"candidates[{place}]", candidate, "a CandidateTrade")
    changes: dict[str, Any] = {name: _readable(candidate, name) for name in _CANDIDATE_NUMBERS}
    if candidate.price is not None:
        changes["price"] = _readable(candidate, "price")
    changes["symbol"] = str(candidate.symbol).strip().upper()
    changes["action"] = _choice(Side, candidate.action) or str(candidate.action)
    changes["category"] = _choice(Category, candidate.category) or str(candidate.category)
    return replace(candidate, **changes)


def _readable(candidate: CandidateTrade, name: str) -> Decimal | str:
    value = getattr(candidate, name)
    try:
        return number(value, name)
    except InvalidInput:
        return str(value)


def _policy(policy: object, constraints: Limits) -> tuple[Limits, RiskProfile | None, tuple[str, ...]]:
    """The limits tightened by an orchestrator, its profile, and what it stated that cannot be read."""
    if policy is None:
        return constraints, None, ()
    if not isinstance(policy, Mapping) or not policy:
        return constraints, None, ("orchestrator_policy",)
    missing = []
    profile = None
    if "risk_profile" in policy:
        profile = _choice(RiskProfile, policy["risk_profile"])
        if profile is None:
            missing.append("orchestrator_policy.risk_profile")
    tighter: dict[str, Any] = {}
    whole = {item.name: item.type == "int" for item in fields(Limits)}
    for name in sorted(str(key) for key in policy):
        if name in whole:
            value = _bound(policy[name], name, whole=whole[name])
            if value is None:
                missing.append(f"orchestrator_policy.{name}")
            else:
                tighter[name] = min(value, getattr(constraints, name))
        elif name.startswith(("max_", "min_")):  # a limit that nobody here enforces is not kept by ignoring it
            missing.append(f"orchestrator_policy.{name}")
    return replace(constraints, **tighter), profile, tuple(missing)


def _bound(value: object, name: str, *, whole: bool) -> Decimal | int | None:
    """A limit's value of at least 0, or None when it is none."""
    try:
        bound = number(value, name)
    except InvalidInput:
        return None
    if bound < 0 or (whole and bound != int(bound)):
        return None
    return int(bound) if whole else bound


def _state(state: object) -> tuple[RiskState | None, tuple[str, ...]]:
    """What the risk manager states, and what it stated that cannot be read; −4 and 4 are both 4 % down."""
    if state is None:
        return None, ()
    if not isinstance(state, Mapping):
        return None, ("risk_manager_state",)
    missing = []
    read: dict[str, Decimal | None] = {}
    for name in ("daily_drawdown_pct", "losing_streak", "volatility_pct"):
        value = state.get(name)
        read[name] = None
        if value is None and name == "volatility_pct":
            continue
        try:
            read[name] = number(value, name)
        except InvalidInput:
            missing.append(f"risk_manager_state.{name}")
    drawdown, streak = read["daily_drawdown_pct"], read["losing_streak"]
    if streak is not None and (streak < 0 or streak != int(streak)):
        streak = None
    stated = RiskState(
        daily_fall=None if drawdown is None else (abs(drawdown), HUNDRED),
        losing_streak=None if streak is None else int(streak),
        volatility_pct=read["volatility_pct"],
    )
    return stated, tuple(missing)
