"""Can a person correct the book of an account that is not running, and see what that changed?"""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from counterpoise.cli.main import app
from counterpoise.domain.accounts import LotMethod
from counterpoise.domain.errors import ConfigurationError, CounterpoiseError, DataFolderInUse, InvalidInput
from counterpoise.domain.numbers import exact
from counterpoise.domain.plans import SizingPolicy, Target
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import verify_folder
from counterpoise.wiring import settings_of
from tests.control.making import D

BUYS = (("0.3", "400"), ("0.6", "420"), ("0.4", "430"))
"""Weight and price of SPY at three rebalances: two purchases and a sale."""


async def _open(folder: Path) -> list[str]:
    opening = Opening.paper("mine", cash=D(10_000), symbols=("SPY", "QQQ"))
    opening = replace(opening, terms=replace(opening.terms, lot_method=LotMethod.SPECIFIC))
    async with Counterpoise.open(folder, opening) as plane:
        for number, (weight, price) in enumerate(BUYS):
            wanted = (Target(symbol="SPY", weight=D(weight)), Target(symbol="CASH", weight=1 - D(weight)))
            await plane.set_targets("core", wanted, SizingPolicy())
            await plane.tick({"SPY": D(price), "QQQ": D(300)})
            await plane.rebalance("core", slot=f"slot {number}")
            await plane.settle()
        kept = plane.parts.journal.read("mine")
        facts = [json.loads(entry.raw) async for entry in kept]
    return [fact["body"]["fill_id"] for fact in facts if fact["kind"] == "Fill"]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A folder with 7.5 SPY bought at 400, 7 at 420 and some sold at 430."""
    folder = tmp_path_factory.mktemp("begun") / "book"
    return folder, asyncio.run(_open(folder))


@pytest.fixture
def book(begun: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(begun[0], tmp_path / "book"))


@pytest.fixture
def fills(begun: tuple[Path, list[str]]) -> list[str]:
    return begun[1]


def tell(book: Path, *words: str) -> Result:
    """Run `counterpoise ledger` in this process; what is refused is raised."""
    done = CliRunner().invoke(app, ["ledger", words[0], "--data-dir", str(book), *words[1:]])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def changed(book: Path, *words: str) -> dict[str, tuple[str, str]]:
    """What one act changed, from its JSON; the journal is proven whole after it."""
    done = tell(book, *words[:1], *_after(words[1:]))
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    with exact():
        (report,) = asyncio.run(verify_folder(settings_of(book)))
    assert report.ok, report.problems
    assert found["account"] == "mine"
    return {change["figure"]: (change["before"], change["after"]) for change in found["changed"]}


def _after(words: tuple[str, ...]) -> tuple[str, ...]:
    """`--json` goes before what follows `--`."""
    place = words.index("--") if "--" in words else len(words)
    return (*words[:place], "--json", *words[place:])


@pytest.mark.parametrize(
    ("words", "change", "cause"),
    (
        (("deposit", "500"), 500, "equity"),
        (("withdrawal", "500"), -500, "equity"),
        (("fee", "1.25"), D("-1.25"), "fees paid"),
        (("fee", "--", "-1.25"), D("1.25"), "fees paid"),
        (("dividend", "3", "--symbol", "spy"), 3, "equity"),
        (("interest", "2"), 2, "equity"),
        (("funding", "2"), 2, "equity"),
    ),
)
def test_each_kind_of_cash_is_booked_at_the_venue_and_in_the_ledger(
    book: Path,
    words: tuple[str, ...],
    change: Decimal | int,
    cause: str,
) -> None:
    found = changed(book, "record", "--reference", "r 1", *words)
    before, after = (D(value) for value in found["cash USD"])
    assert after - before == change
    assert cause in found
    again = tell(book, "record", "--reference", "r 1", *words)
    assert "nothing happened twice" in again.stdout
    asyncio.run(_agrees(book))


async def _agrees(book: Path) -> None:
    """The next start compares with the venue and finds no difference."""
    async with Counterpoise.open(book) as plane:
        assert plane.overview().breaks == 0


def test_both_ends_of_a_transfer_have_one_reference(book: Path) -> None:
    sent = changed(book, "transfer", "300", "--to", "savings", "--reference", "t 1")
    assert sent["in transit USD"] == ("0", "300")
    came = changed(book, "transfer", "300", "--from", "savings", "--reference", "t 1")
    assert came["in transit USD"] == ("300", "0")
    asyncio.run(_agrees(book))


def test_a_rate_makes_a_currency_known(book: Path) -> None:
    with pytest.raises(InvalidInput, match="currency: EUR was refused: one with a rate"):
        tell(book, "record", "deposit", "100", "--currency", "eur", "--reference", "e")
    assert changed(book, "rate", "eur", "1.1") == {"1 EUR in USD": ("0", "1.1")}
    found = changed(book, "record", "deposit", "100", "--currency", "eur", "--reference", "e")
    assert found["cash EUR"] == ("0", "100")


def test_an_allotment_changes_books_and_not_the_account(book: Path) -> None:
    found = changed(book, "allot", "200", "--from", "unassigned", "--to", "core", "--reference", "a")
    assert sorted(found) == ["equity of core", "equity of unassigned"]
    crossed = changed(
        book, "allot", "430", "--from", "core", "--to", "unassigned", "--symbol", "SPY", "--quantity", "1",
        "--reference", "b",
    )  # fmt: skip
    assert crossed == {}  # at the mark nobody gains


def test_a_fill_is_busted_corrected_and_closes_other_lots(book: Path, fills: list[str]) -> None:
    _, second, sale = fills
    chosen = changed(book, "choose", sale, f"{second.removeprefix('paper:')}=4")
    assert {name: D(after) - D(before) for name, (before, after) in chosen.items()} == {
        "SPY cost": -80, "realised P&L": -80
    }  # fmt: skip
    corrected = changed(book, "correct", sale, "--fee", "0.10", "--reason", "notice 12")
    assert corrected["fees paid"] == ("0", "0.1")
    busted = changed(book, "bust", second.removeprefix("paper:"), "--reason", "erroneous")
    assert {name: D(after) - D(before) for name, (before, after) in busted.items()}["SPY units"] == -7
    assert json.loads(tell(book, "bust", second, "--reason", "erroneous", "--json").stdout)["outcome"] == "duplicate"


def test_what_changed_is_printed_before_and_after(book: Path, fills: list[str]) -> None:
    lines = tell(book, "bust", fills[1], "--reason", "erroneous").stdout.splitlines()
    assert lines[0] == f"mine: Fill {fills[1]} busted: as if it had never been"
    assert "  SPY units       9.576744187 → 2.576744187" in lines
    assert any(line.startswith("  cash USD") and line.endswith("6,177.00 → 9,117.00") for line in lines)


@pytest.mark.parametrize(
    ("words", "figure", "before_and_after"),
    (
        (("split", "SPY", "2:1"), "SPY units", ("9.576744187", "19.153488374")),
        (("symbol-change", "SPY", "SPX"), "SPX units", ("0", "9.576744187")),
        (("spin-off", "SPY", "QQQ", "3", "--cost-fraction", "0.2"), "QQQ units", ("0", "3")),
        (("cash-in-lieu", "SPY", "0.576744187", "248"), "SPY units", ("9.576744187", "9")),
    ),
)
def test_corporate_actions_are_booked(
    book: Path, words: tuple[str, ...], figure: str, before_and_after: tuple[str, str]
) -> None:
    done = CliRunner().invoke(
        app, ["ledger", "corporate", *words, "--reference", "n", "--json", "--data-dir", str(book)]
    )
    assert done.exit_code == 0, done.output
    found = {item["figure"]: (item["before"], item["after"]) for item in json.loads(done.stdout)["changed"]}
    assert found[figure] == before_and_after


@pytest.mark.parametrize(
    ("words", "said"),
    (
        (("record", "deposit", "NaN", "--reference", "r"), "AMOUNT: NaN was refused"),
        (("record", "deposit", "0", "--reference", "r"), "amount: 0 was refused"),
        (("record", "withdrawal", "99999", "--reference", "r"), "amount: 99999 was refused: at most the 6176.99"),
        (("record", "deposit", "5", "--reference", "r", "--at", "today"), "--at: today was refused"),
        (("record", "deposit", "5", "--reference", "r", "--at", "2024-01-03"), "--at: 2024-01-03 was refused"),
        (("record", "deposit", "5", "--reference", "r", "--at", "2999-01-03T00:00:00Z"), "occurred_at: 2999-01-03"),
        (("transfer", "5", "--reference", "t"), "--to:  was refused: either --to ACCOUNT"),
        (("bust", "x99", "--reason", "r"), "fill_id: x99 was refused"),
        (("bust", "x99", "--reason", " "), "reason:   was refused"),
        (("choose", "x99", "x1"), "LOT=UNITS: x1 was refused: a fill and its units"),
        (("choose", "x99", "x1=1", "x1=2"), "LOT=UNITS: x1=2 was refused: each lot once"),
        (("choose", "x99", "x1=0"), "units of x1: 0 was refused"),
        (("rate", "USD", "2"), "asset: USD was refused"),
    ),
)
def test_what_is_refused_books_nothing_and_moves_nothing(book: Path, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        tell(book, *words)
    assert str(refused.value).startswith(said)
    asyncio.run(_agrees(book))


def test_an_account_that_runs_is_left_alone_and_named(book: Path) -> None:
    async def beside() -> None:
        async with Counterpoise.open(book):
            with pytest.raises(DataFolderInUse, match=r"a journal has one writer, and it has one now: .*`library`"):
                await asyncio.to_thread(tell, book, "record", "deposit", "5", "--reference", "r")

    asyncio.run(beside())


def test_a_folder_without_a_journal_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no journal in"):
        tell(tmp_path / "nowhere", "record", "deposit", "5", "--reference", "r")
    assert not (tmp_path / "nowhere").exists()


def test_facts_are_still_printed_and_an_option_before_its_command_is_named(book: Path) -> None:
    done = CliRunner().invoke(app, ["ledger", "--data-dir", str(book), "--kind", "Fill"])
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["Fill"] * 3
    done = CliRunner().invoke(app, ["ledger", "--kind", "Fill", "rate", "EUR", "1.1"])
    assert isinstance(done.exception, CounterpoiseError)
    assert "--kind: Fill was refused: after `rate`" in str(done.exception)


def test_an_account_without_a_venue_is_told_the_same_way_and_held_against_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "told"
    opened = CliRunner().invoke(app, ["account", "open", "mine", "--opening-cash", "500", "--data-dir", str(folder)])
    assert opened.exit_code == 0, opened.output
    assert changed(folder, "record", "deposit", "100", "--reference", "a")["cash USD"] == ("500", "600")
    with pytest.raises(InvalidInput, match="600 USD that are free"):
        tell(folder, "record", "withdrawal", "1000", "--reference", "b")
    assert not (folder / "paper.db").exists()
    with pytest.raises(ConfigurationError, match="no venue"):
        tell_reconcile(folder)


def tell_reconcile(folder: Path) -> None:
    done = CliRunner().invoke(app, ["reconcile", "--data-dir", str(folder)])
    assert done.exception is not None
    raise done.exception
