"""Do the stories in the ledger's own language come out as they say? The language is in docs/scenarios.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.facts import (
    Adjustment,
    Body,
    Deposit,
    Dividend,
    Fee,
    Funding,
    InstrumentDefined,
    Interest,
    MarkReason,
    OpeningBalance,
    OpeningPosition,
    Withdrawal,
)
from counterpoise.domain.numbers import ZERO, parse, percent_half_even_10
from counterpoise.domain.time import trading_day
from counterpoise.portfolio import drawdown, pnl
from counterpoise.portfolio.fold import fold
from counterpoise.portfolio.proof import proof, strategy_equity, strategy_proof
from counterpoise.portfolio.valuation import Valuation
from tests.portfolio.making import Story, instrument, totals

HERE = Path(__file__).parent
STORIES = sorted(HERE.glob("*.txt"))
DOCS = HERE.parents[1] / "docs" / "scenarios.md"
Words = list[str]
CASH: dict[str, type[OpeningBalance | Deposit | Withdrawal | Fee | Funding | Interest | Dividend]] = {
    "open": OpeningBalance,
    "deposit": Deposit,
    "withdraw": Withdrawal,
    "fee": Fee,
    "funding": Funding,
    "interest": Interest,
    "dividend": Dividend,
}


class Teller:
    """Reads one story line by line into facts, and checks after every line what must hold of every book."""

    def __init__(self) -> None:
        self.kind, self.base, self.zone, self.method = AccountKind.CASH, "USD", "UTC", ""
        self.story: Story | None = None

    @property
    def told(self) -> Story:
        if self.story is None:
            method = LotMethod(self.method) if self.method else None
            self.story = Story(self.kind, base=self.base, zone=self.zone, method=method)
        return self.story

    def line(self, text: str) -> None:
        verb, *words = text.partition("#")[0].split() or [""]
        if not verb:
            return
        if verb not in VERBS:
            pytest.fail(f"no such word: {verb}")
        VERBS[verb](self, words)
        self.check()

    def check(self) -> None:
        book = self.told.book
        assert proof(book.state, book.valuation.equity).residual == 0
        assert [strategy_proof(book.state, name).residual for name in book.state.strategies if name] == [ZERO] * len(
            book.state.strategies
        )
        assert totals(book.valuation) == totals(Valuation.from_state(book.state))

    def symbol(self, symbol: str, quote: str = "", multiplier: str = "1") -> str:
        """The symbol, defined at first sight."""
        if symbol not in self.told.book.state.symbols:
            self.told.tell(InstrumentDefined(instrument=instrument(symbol, quote or self.base, multiplier)))
        return symbol


def number(text: str) -> Decimal:
    return parse(text, "number")


def options(words: Words) -> dict[str, str]:
    """`name value` pairs after a line's own words; `for` may stand more than once."""
    pairs = list(zip(words[::2], words[1::2], strict=True))
    return {name: value for name, value in pairs if name != "for"}


def shares(words: Words) -> dict[str, str]:
    """`for trend=1.5 for mean=0.5` → whose parts they are."""
    given = [value.split("=") for name, value in zip(words[::2], words[1::2], strict=True) if name == "for"]
    return {name: amount for name, amount in given}  # noqa: C416 - pairs of two words, checked by unpacking


def account(teller: Teller, words: Words) -> None:
    given = options(words[1:])
    teller.kind = AccountKind(words[0])
    teller.base, teller.zone = given.get("base", "USD"), given.get("zone", "UTC")
    teller.method = given.get("lots", "")


def at(teller: Teller, words: Words) -> None:
    teller.told.at = datetime.fromisoformat(words[0]).replace(tzinfo=UTC)


def define(teller: Teller, words: Words) -> None:
    given = options(words[1:])
    teller.symbol(words[0], given.get("quote", ""), given.get("multiplier", "1"))


def cash(verb: str) -> Callable[[Teller, Words], None]:
    def tell(teller: Teller, words: Words) -> None:
        asset = [words[1]] if len(words) % 2 == 0 else []
        rest = words[1 + len(asset) :]
        body: Body = CASH[verb](amount=number(words[0]), asset=asset[0] if asset else teller.base)
        given = options(rest)
        teller.told.tell(body, given.get("on"), shares(rest))

    return tell


def adjust(teller: Teller, words: Words) -> None:
    body = Adjustment(amount=number(words[0]), asset=teller.base, reason=" ".join(words[1:]))
    teller.told.tell(body)


def adopt(teller: Teller, words: Words) -> None:
    symbol, quantity, _, price, *rest = words
    body = OpeningPosition(quantity=number(quantity), unit_price=number(price))
    teller.told.tell(body, teller.symbol(symbol), shares(rest))


def fill(teller: Teller, words: Words) -> None:
    side, symbol, quantity, _, price, *rest = words
    paid, asset = "0", teller.base
    if rest[:1] == ["fee"]:
        paid, rest = rest[1], rest[2:]
        if rest and rest[0] != "for":
            asset, rest = rest[0], rest[1:]
    teller.told.fill(side, teller.symbol(symbol), quantity, price, paid, asset, shares=shares(rest))


def mark(teller: Teller, words: Words) -> None:
    for symbol in words[::2]:
        teller.symbol(symbol)
    teller.told.marks(MarkReason.DECISION, **options(words))


def day(teller: Teller, words: Words) -> None:
    teller.told.marks(MarkReason.DAY_START, **options(words))


def rate(teller: Teller, words: Words) -> None:
    teller.told.rate(words[0], words[1])


def expect(teller: Teller, words: Words) -> None:
    for figure, value in options(words).items():
        found = read(teller.told, figure)
        assert found == number(value), f"{figure} is {found}, not {value}"


def read(story: Story, figure: str) -> Decimal | None:
    """One figure by its name in the language; after a colon stands what it is of, as in `cash:EUR`."""
    name, _, of = figure.partition(":")
    state, valuation = story.book.state, story.book.valuation
    today = trading_day(story.at, state.opened.time_zone) == state.results.day
    metrics = drawdown.metrics(state.drawdown, valuation.equity, story.at)
    found: dict[str, Callable[[], Decimal | None]] = {
        "cash": lambda: state.cash.get(of or state.base, ZERO),
        "equity": lambda: strategy_equity(state, of) if of else valuation.equity,
        "units": lambda: sum((h.quantity for h in state.holdings.values() if f":{of}:" in h.instrument), ZERO),
        "cause": lambda: Decimal(getattr(state.causes, of)),
        "realised": lambda: state.results.realised_total,
        "realised_today": lambda: state.results.realised_today if today else ZERO,
        "unrealised": lambda: valuation.unrealised,
        "fees": lambda: state.results.fees_total,
        "long": lambda: valuation.long,
        "short": lambda: valuation.short,
        "gross": lambda: valuation.gross,
        "net": lambda: valuation.net,
        "daily_pnl": lambda: drawdown.daily_pnl(state.drawdown, valuation.equity),
        "drawdown_pct": lambda: metrics.daily_drawdown_pct,
        "max_drawdown_pct": lambda: metrics.max_drawdown_pct,
        "recovery_pct": lambda: metrics.recovery_progress_pct,
        "peak": lambda: metrics.peak_equity,
        "return_pct": lambda: percent(drawdown.time_weighted_return(state.drawdown, valuation.equity)),
        "trades": lambda: Decimal(pnl.breakdown(state, valuation, story.at).closed_trades),
    }
    return found[name]()


def percent(fraction: Decimal | None) -> Decimal | None:
    return None if fraction is None else percent_half_even_10(fraction, Decimal(1))


VERBS: dict[str, Callable[[Teller, Words], None]] = {
    "account": account,
    "at": at,
    "define": define,
    **{verb: cash(verb) for verb in CASH},
    "adjust": adjust,
    "adopt": adopt,
    "fill": fill,
    "mark": mark,
    "day": day,
    "rate": rate,
    "expect": expect,
}


@pytest.mark.parametrize("path", STORIES, ids=[path.stem for path in STORIES])
def test_a_story_comes_out_as_it_says(path: Path) -> None:
    teller = Teller()
    lines = path.read_text().splitlines()
    for number_of_line, text in enumerate(lines, 1):
        try:
            teller.line(text)
        except AssertionError as error:
            pytest.fail(f"{path.name}:{number_of_line}: {text}\n{error}")

    assert any(text.startswith("expect") for text in lines)
    assert fold("main", teller.told.facts) == teller.told.book.state


def test_a_wrong_expectation_fails() -> None:
    teller = Teller()
    teller.line("deposit 10")

    with pytest.raises(AssertionError, match="cash is 10, not 11"):
        teller.line("expect cash 11")


def test_the_page_of_the_language_names_every_word() -> None:
    page = DOCS.read_text()

    assert [verb for verb in VERBS if f"`{verb}" not in page] == []
