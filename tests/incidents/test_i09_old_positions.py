"""I-09: a position older than the look-back of the fills was ignored, and the bot traded as if it were flat.

Given a position that was opened 40 days ago and a venue that lists the fills of one day. Then it is adopted as an
opening position, tagged with the venue, and the gate counts it.
"""

from dataclasses import replace
from datetime import timedelta

from counterpoise.control import commands
from counterpoise.control.gate_book import gate_book
from counterpoise.control.reconciliation import Reconciler, facts_of
from counterpoise.domain.decisions import Reason
from counterpoise.domain.facts import OpeningPosition
from counterpoise.execution.reconciliation.causes import AdoptPosition, CauseKind
from counterpoise.execution.reconciliation.watchlist import CONFIRMED_AFTER
from tests.control.making import OWNER, START, WIDE, D, Floor, candidate, enable, judge, mark, open_account, venue_fill

NARROW = replace(WIDE, max_symbol_concentration_pct=D(30))


async def test_a_position_older_than_the_list_of_fills_is_adopted_and_counted() -> None:
    async with Floor() as floor:
        await floor.ask(open_account("SPY", "TLT", cash="8000", limits=NARROW))
        await floor.ask(enable())
        floor.view.observe(mark("SPY", "100"))
        floor.view.observe(mark("TLT", "50"))
        recent = venue_fill("TLT", "BUY", "4", "50", number=9001)
        floor.broker._fills.append(replace(recent, filled_at=START - timedelta(hours=20)))  # all that it lists
        floor.broker.held |= {"SPY": D(25)}
        floor.broker.cash = D(8000)
        reconciler = Reconciler(floor.account, floor.broker)
        floor.broker.on("fills_since", (), ())  # nothing new to book in the two readings
        await reconciler.compare(START)
        seen = await reconciler.compare(START + CONFIRMED_AFTER)
        assert seen is not None
        assert await reasons(floor, "SPY") == (Reason.BREAK_OPEN,)

        best = (await reconciler.explain(seen, floor.journal))[0]
        assert [cause.kinds for cause in best.causes] == [(CauseKind.UNKNOWN_POSITION,)]
        assert best.proposals == (AdoptPosition(symbol="SPY", quantity=D(25), unit_price=D(100)),)
        (opened,) = floor.view.state.breaks
        await floor.ask(
            commands.SettleBreak(
                actor=OWNER, at=START, cause="settle/1", opened=opened, difference=seen.found[0],
                reason="older than the list", proposals=best.proposals,
            )
        )  # fmt: skip
        floor.broker.on("fills_since", ())
        await reconciler.compare(START + 2 * CONFIRMED_AFTER)

        assert floor.view.state.breaks == {}
        (adopted,) = [fact for fact in await facts_of(floor.journal, floor.account) if fact.kind == "OpeningPosition"]
        assert (adopted.source, adopted.body) == ("scripted", OpeningPosition(quantity=D(25), unit_price=D(100)))
        (position,) = gate_book(floor.view, START).positions
        assert (position.symbol, position.size) == ("SPY", D(25))
        assert Reason.SYMBOL_EXPOSURE_EXCEEDED in await reasons(floor, "SPY", size="8")
        assert await reasons(floor, "SPY", size="5", action="SELL") == ()


async def reasons(floor: Floor, symbol: str, size: str = "1", action: str = "BUY") -> tuple[Reason, ...]:
    answer = await floor.ask(judge(candidate(symbol, size, action), cause=f"probe/{floor.view.sequence}"))
    found: tuple[Reason, ...] = answer.detail[0].reasons  # type: ignore[index]
    return found
