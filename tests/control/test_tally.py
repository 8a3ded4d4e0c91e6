"""Do the counts of a summary say what the facts say?"""

from __future__ import annotations

from counterpoise.adapters.brokers.scripted import LosesAnswer
from counterpoise.control.tally import tally
from counterpoise.domain.decisions import RiskMode
from counterpoise.domain.numbers import ZERO
from tests.control.making import ACCOUNT, D, Floor, book, candidate, enable, judge, rebalance, targets, venue_fill


async def test_every_count_is_of_the_facts() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100", TLT="50")
        floor.broker.on("submit", LosesAnswer(accepted=True))
        await floor.ask(judge(candidate("SPY", "10"), candidate("TLT", "500"), candidate("XYZ", "1")))
        await floor.settle()
        order = floor.order_ids()[0]
        for number, quantity in ((1, "4"), (2, "6")):
            await floor.ask(book(venue_fill("SPY", "BUY", quantity, "100", order=order, number=number, fee="0.25")))
        await floor.ask(targets(SPY="0.1", TLT="0.4"))
        await floor.ask(rebalance())
        await floor.settle()

        counts = await tally(floor.journal, ACCOUNT)
        assert counts.facts == floor.view.sequence
        assert (counts.approved, counts.denied) == (1, 2)
        assert counts.denials == {"INSUFFICIENT_CASH": 1, "UNPRICED": 1}
        assert counts.reasons["INSUFFICIENT_CASH"] == 1
        assert sum(counts.reasons.values()) >= 2
        assert (counts.fills, counts.partial_fills, counts.fees) == (2, 2, D("0.50"))
        assert counts.unknowns == 1
        assert counts.rebalances == 1
        assert counts.orders[order] == D(10)
        assert len(counts.orders) == len(floor.broker.sent) == 3
        assert counts.denied_lines == 0


async def test_an_order_that_was_sent_again_and_a_mode_that_was_confirmed_count_once() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        floor.broker.on("submit", LosesAnswer(accepted=False))
        await floor.ask(judge(candidate("SPY", "10")))
        await floor.settle()
        counts = await tally(floor.journal, ACCOUNT)
        assert (await floor.kinds()).count("OrderIntended") == 2
        assert len(counts.orders) == 1
        assert counts.mode is floor.view.state.mode
        assert counts.mode_changes == int(counts.mode is not RiskMode.NEUTRAL)


async def test_a_journal_without_trades_counts_its_facts_alone() -> None:
    async with Floor() as floor:
        await floor.opened(SPY="100")
        await floor.ask(enable("mean"))
        counts = await tally(floor.journal, ACCOUNT)
        assert counts.facts == len(await floor.kinds())
        assert (counts.approved, counts.denied, counts.fills, counts.fees) == (0, 0, 0, ZERO)
        assert (await tally(floor.journal, "nobody")).facts == 0
