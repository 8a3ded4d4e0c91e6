"""What does each reason of a denial mean, and what can be done about it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from counterpoise.domain.decisions import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One reason in words: what it means, and what to do about it."""

    meaning: str
    remedy: str


def _says(meaning: str, remedy: str) -> Explanation:
    return Explanation(meaning=meaning, remedy=remedy)


EXPLANATIONS: Mapping[Reason, Explanation] = MappingProxyType(
    {
        Reason.BAD_INPUT: _says(
            "A value is no finite number, is out of its range or names nothing known; nothing else was judged.",
            "Read the detail: it names the field, the value and what would have been accepted.",
        ),
        Reason.UNPRICED: _says(
            "There is no mark for the symbol, so its exposure cannot be measured; it is never guessed.",
            "Wait for a price, or check that the price feed has the symbol.",
        ),
        Reason.HALTED: _says(
            "The account is HALTED: nothing is sent, reductions included. Fills are still booked.",
            "Find out who or what halted it, then leave HALTED with fresh authentication and a reason.",
        ),
        Reason.REDUCING_ONLY: _says(
            "The account is REDUCING, or the order asks to be reduce-only, and some of it is no reduction.",
            "Send at most what the position has left once every open order has filled, or lift REDUCING.",
        ),
        Reason.BALANCE_NOT_USABLE: _says(
            "The balance is not trusted enough to add risk, or stale marks leave equity without a lower end.",
            "Refresh the broker's statement and the prices; reductions pass meanwhile.",
        ),
        Reason.BREAK_OPEN: _says(
            "The venue and the ledger differ in this symbol, or in cash.",
            "Find out which side is wrong and correct it there; the break closes when the next comparison agrees. "
            "Reductions pass meanwhile.",
        ),
        Reason.TOXIC_SYMBOL: _says(
            "The symbol's category is TOXIC: it may only be sold off.",
            "Leave it, or give the symbol another category.",
        ),
        Reason.CRITICAL_VIOLATIONS: _says(
            "The book as it stands is above a limit, or there is no equity; only reductions pass.",
            "Carry out the required actions of the same answer: they are the smallest reductions that cure it.",
        ),
        Reason.POSITION_ALREADY_OPEN: _says(
            "The symbol already has a position, an open order or an earlier approval (max_positions_per_symbol).",
            "Close or cancel it first, or send a rebalance, which adjusts the one position.",
        ),
        Reason.MAX_POSITIONS_REACHED: _says(
            "With this one there would be more open positions than max_positions, open orders counted.",
            "Close a position, or wait until an open order has ended.",
        ),
        Reason.PER_TRADE_RISK_EXCEEDED: _says(
            "The trade's risk_amount is above max_per_trade_risk_pct of equity.",
            "Trade smaller or move the stop nearer.",
        ),
        Reason.TOTAL_RISK_EXCEEDED: _says(
            "Risk of positions, open orders and this trade is above max_total_risk_pct of equity.",
            "Trade smaller, or reduce the positions that risk most.",
        ),
        Reason.INSUFFICIENT_CASH: _says(
            "The worst cost with fees is above the cash that no open order holds.",
            "Trade smaller by the shortage in the detail, wait for sales to fill, or pay in.",
        ),
        Reason.INSUFFICIENT_MARGIN: _says(
            "The margin it takes is above the free margin that no open order holds.",
            "Trade smaller, reduce a position, or pay in.",
        ),
        Reason.SYMBOL_EXPOSURE_EXCEEDED: _says(
            "Exposure of the symbol would be above max_symbol_concentration_pct of equity.",
            "Trade smaller; allow_partial gives the size that fits.",
        ),
        Reason.SECTOR_EXPOSURE_EXCEEDED: _says(
            "Exposure of the sector would be above max_sector_concentration_pct of equity.",
            "Trade smaller, or reduce another symbol of the sector.",
        ),
        Reason.LONG_EXPOSURE_EXCEEDED: _says(
            "Long exposure would be above max_long_exposure_pct of equity if every open buy filled.",
            "Trade smaller, or reduce longs.",
        ),
        Reason.SHORT_EXPOSURE_EXCEEDED: _says(
            "Short exposure would be above max_short_exposure_pct of equity; a CASH account sells nothing short.",
            "Sell at most what is held, or reduce shorts.",
        ),
        Reason.NET_EXPOSURE_EXCEEDED: _says(
            "|long − short| would be above max_net_exposure_pct of equity for some subset of fills.",
            "Trade smaller, or reduce the heavier side.",
        ),
        Reason.LEVERAGE_EXCEEDED: _says(
            "size × price is above max_leverage × margin_required.",
            "State the margin that the trade takes, or use less leverage.",
        ),
        Reason.MODE_RESTRICTED: _says(
            "The risk mode is SAFE: only CORE symbols, at half size; a plan may only swap without adding.",
            "Read why the mode is SAFE; it is left once its conditions have been over for the cooldown.",
        ),
        Reason.LOW_PRIORITY: _says(
            "The score is below what the mode asks for.",
            "Send it only with more confidence, or tune the minimum scores of the mode policy.",
        ),
        Reason.MAX_NEW_POSITIONS: _says(
            "In SAFE an evaluation opens no more new positions than the mode policy says.",
            "Send it again with the next evaluation.",
        ),
        Reason.DUST: _says(
            "The order is smaller than the venue takes, by its value or its lot; a holding that small is dust.",
            "Leave it until there is more of it; the venue would refuse the order every time.",
        ),
    }
)


def reasons_page() -> str:
    """docs/reasons.md as it must be: one row a reason, in the order in which reasons are listed."""
    rows = [
        f"| {place} | `{reason}` | {EXPLANATIONS[reason].meaning} | {EXPLANATIONS[reason].remedy} |".replace(
            "|long − short|", "\\|long − short\\|"
        )
        for place, reason in enumerate(Reason, 1)
    ]
    return "\n".join(
        [
            "# Why was it denied?",
            "",
            "The gate lists every reason, in this order; the first one leads. A reduction passes everything but",
            "`BAD_INPUT`, `HALTED` and `DUST`. This page is written from `risk/reasons.py`.",
            "",
            "| | reason | what it means | what to do about it |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )
