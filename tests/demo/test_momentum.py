"""Does the bot ask for what its rule says, and for enough of everything that the gate has work?"""

import re
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.adapters.prices.files import PriceHistory, read_prices
from counterpoise.demo.market import ALLOCATION, BOT_UNIVERSE, MARKET, Listed, sample_prices
from counterpoise.demo.momentum import STRATEGY, Closes, Momentum
from counterpoise.domain.decisions import CandidateTrade
from counterpoise.domain.instruments import Category
from counterpoise.domain.numbers import ONE, ZERO, exact, is_multiple
from counterpoise.domain.orders import Side

D = Decimal
SHARES = tuple(
    Listed(symbol=symbol, sector=f"sector of {symbol}", category=Category.CORE) for symbol in ("A", "B", "C", "D")
)
BOT = Momentum(universe=SHARES, lookback_days=4, every_days=2, picks=2)
EQUITY = D(100_000)
CATEGORY_BONUS = {Category.CORE: D(20), Category.EXPANSION: D(10), Category.MONITORING: D(5), Category.TOXIC: ZERO}


@pytest.fixture(scope="module")
def sample() -> PriceHistory:
    with exact(), sample_prices() as path:
        return read_prices(path)


def closes(**prices: str) -> list[Closes]:
    """Days of closes from one text a symbol; `-` is a day without a price."""
    days = [row.split() for row in prices.values()]
    return [
        {symbol: D(price) for symbol, price in zip(prices, row, strict=True) if price != "-"}
        for row in zip(*days, strict=True)
    ]


RISING_AND_FALLING = closes(
    A="100 101 102 103 110", B="100 100 101 100 105", C="100 101 101 100 101", D="100 95 90 85 80"
)


def said(candidates: Sequence[CandidateTrade]) -> list[str]:
    return [f"{candidate.action} {candidate.symbol}" for candidate in candidates]


def score(candidate: CandidateTrade) -> Decimal:
    """The gate's priority score, as its page defines it."""
    return max(
        ZERO,
        100 * candidate.confidence
        + CATEGORY_BONUS[candidate.category]
        + 10 * candidate.stability_score
        - 5 * candidate.cost_score
        + 10 * candidate.recent_performance,
    )


def test_it_buys_what_rose_most_and_would_short_what_fell_far() -> None:
    assert said(BOT.propose(4, RISING_AND_FALLING, {}, EQUITY)) == ["BUY A", "BUY B", "SELL D"]


def test_a_buy_carries_its_size_margin_risk_and_scores() -> None:
    buy = BOT.propose(4, RISING_AND_FALLING, {}, EQUITY)[0]
    assert buy == CandidateTrade(
        symbol="A",
        action=Side.BUY,
        confidence=D("0.35") + D("1.5") * D("0.1") + D("0.04") * 2,
        size=D("27.2727"),  # 3 % of 100,000 ÷ 110, cut
        margin_required=D("27.2727") * 110,
        risk_amount=D("27.2727") * 110 * D("0.05"),
        category=Category.CORE,
        sector="sector of A",
        stability_score=ONE,
        cost_score=D("0.009091"),  # one cent in percent of 110
        recent_performance=D("0.078431"),  # 110 ÷ 102 − 1
        price=D(110),
        strategy=STRATEGY,
    )


def test_it_sells_all_of_what_it_holds_once_that_fell_and_nothing_else() -> None:
    exit_of_d, *others = BOT.propose(4, RISING_AND_FALLING, {"C": D(7), "D": D("3.5")}, EQUITY)
    assert (exit_of_d.symbol, exit_of_d.action, exit_of_d.size, exit_of_d.reduce_only) == (
        "D",
        Side.SELL,
        D("3.5"),
        True,
    )
    assert (exit_of_d.margin_required, exit_of_d.risk_amount, exit_of_d.confidence) == (ZERO, ZERO, ONE)
    assert said(others) == ["BUY A", "BUY B"]


def test_it_names_what_is_held_already_as_bots_do() -> None:
    assert said(BOT.propose(4, RISING_AND_FALLING, {"A": D(1)}, EQUITY))[0] == "BUY A"


def test_equal_trends_are_ranked_by_symbol() -> None:
    prices = closes(A="1 2 3 4 5", B="1 2 3 4 5", C="1 2 3 4 5")
    backwards = replace(BOT, universe=SHARES[::-1])
    assert said(backwards.propose(4, prices, {}, EQUITY)) == ["BUY A", "BUY B"]


def test_a_market_that_only_falls_is_not_bought() -> None:
    prices = closes(A="100 99 99 99 99", B="100 99 99 99 98")
    assert BOT.propose(4, prices, {}, EQUITY) == ()


@pytest.mark.parametrize(("day_index", "due"), ((0, False), (3, False), (4, True), (5, False), (6, True), (60, True)))
def test_it_speaks_every_few_days_once_it_has_seen_enough(*, day_index: int, due: bool) -> None:
    assert BOT.is_due(day_index) is due
    assert bool(BOT.propose(day_index, RISING_AND_FALLING, {}, EQUITY)) is due


def test_a_window_that_is_not_full_gives_no_opinion() -> None:
    assert BOT.propose(4, RISING_AND_FALLING[1:], {}, EQUITY) == ()


def test_days_before_the_window_change_nothing() -> None:
    older = closes(A="1 900", B="900 1", C="5 5", D="1 1")
    assert BOT.propose(6, older + RISING_AND_FALLING, {}, EQUITY) == BOT.propose(4, RISING_AND_FALLING, {}, EQUITY)


@pytest.mark.parametrize(
    "prices",
    (
        pytest.param("- 101 102 103 110", id="not yet traded"),
        pytest.param("100 101 - 103 110", id="stale at the last evaluation"),
        pytest.param("100 101 102 103 -", id="stale now"),
    ),
)
def test_a_share_without_the_prices_that_count_is_neither_bought_nor_sold(prices: str) -> None:
    known = closes(A=prices, B="100 100 101 100 105", D=prices)
    assert said(BOT.propose(4, known, {"D": D(1)}, EQUITY)) == ["BUY B"]


def test_a_hole_in_between_does_not_hide_a_trend() -> None:
    holed = closes(A="100 - 102 - 110")
    assert BOT.propose(4, holed, {}, EQUITY)[0].stability_score == ONE


@pytest.mark.parametrize("equity", (ZERO, D(-5), D("0.001")))
def test_without_equity_it_buys_nothing_but_still_sells(equity: Decimal) -> None:
    assert said(BOT.propose(4, RISING_AND_FALLING, {"D": D(1)}, equity)) == ["SELL D"]


PRICES = st.none() | st.decimals("0.01", 100_000, places=2)
DAYS = st.lists(st.fixed_dictionaries({share.symbol: PRICES for share in SHARES}), min_size=5, max_size=7)
HELD = st.dictionaries(st.sampled_from("ABCD"), st.decimals(-10, 10, places=4))


@given(days=DAYS, held=HELD, equity=st.decimals(-1000, 10**6, places=2))
def test_whatever_the_prices_every_score_is_in_its_range(
    days: list[dict[str, Decimal | None]], held: dict[str, Decimal], equity: Decimal
) -> None:
    known = [{symbol: price for symbol, price in day.items() if price is not None} for day in days]
    for candidate in BOT.propose(4, known, held, equity):
        assert ZERO <= candidate.confidence <= ONE
        assert ZERO <= candidate.stability_score <= ONE
        assert ZERO <= candidate.cost_score <= ONE
        assert -ONE <= candidate.recent_performance <= ONE
        assert candidate.size > ZERO
        assert is_multiple(candidate.size, D("0.0001"))
        assert candidate.price == known[-1][candidate.symbol]
        assert candidate.reduce_only or candidate.margin_required <= equity * D("0.03")
        assert not candidate.reduce_only or candidate.size == held[candidate.symbol]


def judged_over(history: PriceHistory, bot: Momentum) -> tuple[Counter[str], int]:
    """A rough judge in the gate's place: how often each answer was given, and how often the bot was asked."""
    window: deque[Closes] = deque(maxlen=bot.window_days)
    held: dict[str, Decimal] = {}
    answers: Counter[str] = Counter()
    evaluations = 0
    for index in range(len(history.days)):
        window.append(history.traded_on(index))
        evaluations += bot.is_due(index)
        for candidate in bot.propose(index, tuple(window), held, EQUITY):
            if candidate.reduce_only:
                answers["reduced"] += 1
                del held[candidate.symbol]
            elif candidate.category is Category.TOXIC:
                answers["toxic"] += 1
            elif candidate.action is Side.SELL:
                answers["short"] += 1
            elif candidate.symbol in held:
                answers["open already"] += 1
            elif score(candidate) < 70:
                answers["low priority"] += 1
            else:
                answers["opened"] += 1
                held[candidate.symbol] = candidate.size
    return answers, evaluations


def test_over_the_sample_the_gate_has_enough_of_everything_to_judge(sample: PriceHistory) -> None:
    answers, evaluations = judged_over(sample, Momentum())
    assert evaluations == 642
    assert answers["opened"] > 150
    assert answers["reduced"] > 150
    assert all(answers[reason] > 50 for reason in ("toxic", "short", "open already", "low priority"))
    assert 2 * evaluations < answers.total() < 6 * evaluations


def test_the_bot_says_the_same_each_time(sample: PriceHistory) -> None:
    assert judged_over(sample, Momentum()) == judged_over(sample, Momentum())


def test_the_sample_is_whole_and_is_the_market(sample: PriceHistory) -> None:
    assert sample.symbols == tuple(share.symbol for share in MARKET)
    assert (len(sample.days), sample.not_yet_traded, sample.stale_cells) == (3_270, 0, 0)
    assert (str(sample.days[0]), str(sample.days[-1])) == ("2010-01-04", "2022-12-28")


def test_owner_and_bot_divide_the_market_between_them() -> None:
    shares = [share.symbol for share in BOT_UNIVERSE]
    assert len(shares) == 12
    assert sorted([*shares, *ALLOCATION]) == sorted([*(share.symbol for share in MARKET), "CASH"])
    assert sum(ALLOCATION.values()) == ONE


def test_the_note_beside_the_sample_has_the_same_sectors() -> None:
    note = (resources.files("counterpoise.demo") / "data" / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z][A-Za-z ]+) \| ([A-Z, ]+) \|$", note, flags=re.MULTILINE)
    noted = {symbol: sector for sector, symbols in rows for symbol in symbols.split(", ")}
    assert noted == {share.symbol: share.sector for share in MARKET}
    assert "BSD-3-Clause" in note
