"""What would a simple trend-following bot propose today?

It buys what rose most and sells what stopped rising (cross-sectional momentum: Jegadeesh and Titman,
Journal of Finance 48, 1993), and like real bots it knows one trade at a time: it names shares that are
already held, shorts that the account may not have, and trades that hardly promise anything. Saying no is
the gate's part. Its scores are made up for the demo and are no advice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from counterpoise.demo.market import BOT_UNIVERSE, Listed
from counterpoise.domain.decisions import CandidateTrade
from counterpoise.domain.instruments import Symbol
from counterpoise.domain.numbers import ONE, ZERO, divide_half_even, units_toward_zero
from counterpoise.domain.orders import Side

Closes = Mapping[Symbol, Decimal]
"""The prices of one day; who was not traded that day is not in it."""

STRATEGY = "momentum"
SIZE_STEP = Decimal("0.0001")
STOP_SHARE = Decimal("0.05")  # the loss at which the bot would give up, of the notional
SHORT_RETURN_MAX = Decimal("-0.10")  # only what fell further is worth a short
SPREAD = Decimal("0.01")  # quote currency: the smallest difference between bid and ask of a US share
CONFIDENCE_AT_ZERO = Decimal("0.35")
CONFIDENCE_PER_RETURN = Decimal("1.5")
CONFIDENCE_PER_RANK = Decimal("0.04")
_PERCENT = Decimal(100)
_SCORE_PLACES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How one share did over the look-back.

    Attributes:
        change: Price now ÷ price then − 1; a fraction, 6 places.
        change_lately: The same since the last evaluation.
        up_share: Days that rose ÷ days compared, 0 … 1.
    """

    share: Listed
    price: Decimal
    change: Decimal
    change_lately: Decimal
    up_share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Momentum:
    """The bot: numbers it was set up with and no memory, so a restart changes nothing it says.

    Attributes:
        universe: The shares it looks at.
        lookback_days: Trading days over which a change is measured.
        every_days: Trading days from one evaluation to the next.
        picks: Shares it wants at a time.
        trade_share: Notional of one trade as a fraction of equity.
    """

    universe: tuple[Listed, ...] = BOT_UNIVERSE
    lookback_days: int = 60
    every_days: int = 5
    picks: int = 4
    trade_share: Decimal = Decimal("0.03")

    @property
    def window_days(self) -> int:
        """How many days of closes `propose` looks at; older ones need not be kept."""
        return self.lookback_days + 1

    def is_due(self, day_index: int) -> bool:
        """Whether the bot evaluates on trading day `day_index`, counted from 0."""
        since_full = day_index - self.lookback_days
        return since_full >= 0 and since_full % self.every_days == 0

    def propose(
        self, day_index: int, closes: Sequence[Closes], held: Mapping[Symbol, Decimal], equity: Decimal
    ) -> tuple[CandidateTrade, ...]:
        """What the bot asks for after the close of a day: exits, then buys by rank, then at most one short.

        Runs under `numbers.exact()`. A share without a price on the first or last day of the window, or on the
        day of the last evaluation, is not ranked; a held one is kept.

        Args:
            day_index: The day's number from 0; on days that are not due nothing is proposed.
            closes: The days up to and with this one, oldest first; the last `window_days` are looked at.
            held: Units that belong to the bot, signed.
            equity: Account currency; at zero or below nothing is bought.
        """
        if not self.is_due(day_index) or len(closes) < self.window_days:
            return ()
        window = closes[len(closes) - self.window_days :]
        trends = [trend for share in self.universe if (trend := self._trend(share, window))]
        ranked = sorted(trends, key=lambda trend: (-trend.change, trend.share.symbol))
        return (
            *(self._exit(trend, held[trend.share.symbol]) for trend in ranked if self._is_over(trend, held)),
            *self._buys(ranked, equity),
            *self._short(ranked, held, equity),
        )

    def _trend(self, share: Listed, window: Sequence[Closes]) -> Trend | None:
        prices = [day.get(share.symbol) for day in window]
        then, lately, now = prices[0], prices[-1 - self.every_days], prices[-1]
        if then is None or lately is None or now is None:
            return None
        known = [price for price in prices if price is not None]
        rises = sum(after > before for before, after in pairwise(known))
        return Trend(
            share=share,
            price=now,
            change=_change(then, now),
            change_lately=_change(lately, now),
            up_share=divide_half_even(Decimal(rises), Decimal(len(known) - 1), _SCORE_PLACES),
        )

    @staticmethod
    def _is_over(trend: Trend, held: Mapping[Symbol, Decimal]) -> bool:
        return trend.change < ZERO and held.get(trend.share.symbol, ZERO) > ZERO

    def _exit(self, trend: Trend, units: Decimal) -> CandidateTrade:
        """Sell all of a share whose trend is over; a reduction risks nothing and is certain."""
        return _candidate(trend, Side.SELL, ONE, units, reduce_only=True)

    def _buys(self, ranked: Sequence[Trend], equity: Decimal) -> list[CandidateTrade]:
        """The best `picks` that rose at all; whether they are held already the bot does not ask."""
        rising = [trend for trend in ranked[: self.picks] if trend.change > ZERO]
        bought = (
            (trend, _confidence(trend.change, self.picks - rank), self._units(trend, equity))
            for rank, trend in enumerate(rising)
        )
        return [_candidate(trend, Side.BUY, sure, units) for trend, sure, units in bought if units]

    def _short(self, ranked: Sequence[Trend], held: Mapping[Symbol, Decimal], equity: Decimal) -> list[CandidateTrade]:
        """The worst share, when it fell far and is not held."""
        if not ranked or ranked[-1].change > SHORT_RETURN_MAX or held.get(ranked[-1].share.symbol, ZERO):
            return []
        worst = ranked[-1]
        units = self._units(worst, equity)
        return [_candidate(worst, Side.SELL, _confidence(-worst.change, 1), units)] if units else []

    def _units(self, trend: Trend, equity: Decimal) -> Decimal:
        """Units for `trade_share` of equity, cut to 4 places."""
        return units_toward_zero(max(equity, ZERO) * self.trade_share, trend.price, SIZE_STEP)


def _candidate(
    trend: Trend, action: Side, confidence: Decimal, units: Decimal, *, reduce_only: bool = False
) -> CandidateTrade:
    notional = units * trend.price
    ahead = trend.change_lately if action is Side.BUY else -trend.change_lately
    steady = trend.up_share if action is Side.BUY else ONE - trend.up_share
    return CandidateTrade(
        symbol=trend.share.symbol,
        action=action,
        confidence=confidence,
        size=units,
        margin_required=ZERO if reduce_only else notional,
        risk_amount=ZERO if reduce_only else notional * STOP_SHARE,
        category=trend.share.category,
        sector=trend.share.sector,
        stability_score=steady,
        cost_score=min(ONE, divide_half_even(SPREAD * _PERCENT, trend.price, _SCORE_PLACES)),
        recent_performance=max(-ONE, min(ONE, ahead)),
        price=trend.price,
        reduce_only=reduce_only,
        strategy=STRATEGY,
    )


def _confidence(change: Decimal, rank: int) -> Decimal:
    """0 … 1: the further it went and the better its rank (higher is better), the surer."""
    sure = CONFIDENCE_AT_ZERO + CONFIDENCE_PER_RETURN * change + CONFIDENCE_PER_RANK * rank
    return max(ZERO, min(ONE, sure))


def _change(then: Decimal, now: Decimal) -> Decimal:
    return divide_half_even(now - then, then, _SCORE_PLACES)
