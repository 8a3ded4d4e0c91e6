"""Does `counterpoise export gains` write what Form 8949 asks for, from a journal on the disk?"""

from __future__ import annotations

import asyncio
import csv
import json
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path

import pytest

from counterpoise.adapters.journals.sqlite import SqliteJournal
from counterpoise.cli.gains import COLUMNS, as_csv, as_json
from counterpoise.domain.accounts import AccountKind, LotMethod
from counterpoise.domain.facts import SymbolChange
from counterpoise.domain.numbers import exact
from counterpoise.library.gains import YearOfGains, read_year_of_gains
from counterpoise.settings import Settings
from tests.e2e.command import run
from tests.portfolio.making import D
from tests.portfolio.taxed import TaxStory

LINES = (
    "2023-01-03 BUY 3 100.10 fee 0.10",
    "2023-12-04 BUY 10 90",
    "2024-01-04 SELL 4 95.333 fee 0.02",
    "2024-01-05 BUY 1 94",
    "2024-12-30 SELL 2 80",
)


class Then:
    """A clock that stands."""

    def now(self) -> datetime:
        return datetime(2024, 3, 10, 7, tzinfo=UTC)


def keep(made: TaxStory, folder: Path) -> Settings:
    """The story's facts in a journal of a data folder."""

    folder.mkdir()

    async def write() -> None:
        journal = SqliteJournal.open(folder / "journal.db", clock=Then())
        await journal.append("main", 1, 1, made.story.facts)
        await journal.close()

    asyncio.run(write())
    return Settings(data_dir=folder)


def read(settings: Settings, year: int = 2024, method: LotMethod | None = None) -> YearOfGains:
    return asyncio.run(read_year_of_gains(settings, None, year, method=method))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return keep(TaxStory(*LINES), tmp_path / "data")


def test_the_csv_has_short_term_then_long_term_each_with_its_totals(settings: Settings) -> None:
    # 4 sold for 381.332 − 0.02: 3 bought a year and a day before, 1 at 90. Of the loss on the three, 14.416, a third is
    # washed by the unit bought the day after; the ten were bought 31 days before.
    assert as_csv(read(settings), 2).splitlines() == [
        ",".join(COLUMNS),
        "1 XYZ,2023-12-04,2024-01-04,95.33,90.00,,,5.33,SHORT,2023-12-04,31",
        "total short-term,,,95.33,90.00,,0.00,5.33,SHORT,,",
        "3 XYZ,2023-01-03,2024-01-04,285.98,300.40,W,4.81,-9.61,LONG,2023-01-03,366",
        "2 XYZ,2023-12-04,2024-12-30,160.00,180.00,,,-20.00,LONG,2023-12-04,392",
        "total long-term,,,445.98,480.40,,4.81,-29.61,LONG,,",
    ]


@pytest.mark.parametrize("places", (0, 2, 6))
@pytest.mark.parametrize("method", LotMethod)
def test_every_row_and_total_adds_up_as_it_is_written(settings: Settings, places: int, method: LotMethod) -> None:
    rows = list(csv.DictReader(StringIO(as_csv(read(settings, method=method), places))))
    for row in rows:
        assert D(row["proceeds"]) - D(row["cost"]) + D(row["adjustment"] or "0") == D(row["gain"])
    for term in ("SHORT", "LONG"):
        *parts, total = [row for row in rows if row["term"] == term]
        for name in ("proceeds", "cost", "gain"):
            assert sum(D(row[name]) for row in parts) == D(total[name])


def test_json_has_every_digit_and_what_is_behind_a_row(settings: Settings) -> None:
    found = as_json(read(settings))
    assert isinstance(found, dict)
    assert json.loads(json.dumps(found)) == found
    rows, totals = found["disposals"], found["totals"]
    assert isinstance(rows, list)
    assert isinstance(totals, dict)
    assert (found["lot_method"], found["currency"], found["deferred"]) == ("FIFO", "USD", "4.805333333333333333")
    assert totals["LONG"] == {
        "proceeds": "445.984", "cost": "480.4", "adjustment": "4.805333333333333333",
        "gain": "-29.610666666666666667",
    }  # fmt: skip
    assert rows[1] == {
        "symbol": "XYZ", "instrument": "paper:XYZ:1", "side": "LONG", "quantity": "3", "date_acquired": "2023-01-03",
        "date_opened": "2023-01-03", "date_sold": "2024-01-04", "held_from": "2023-01-03", "days_held": 366,
        "term": "LONG", "proceeds": "285.984", "cost": "300.4", "carried": "0", "code": "W",
        "adjustment": "4.805333333333333333", "gain": "-9.610666666666666667",
        "currency_gain": "0", "opened_by": "x3", "closed_by": "x5",
    }  # fmt: skip


def test_a_short_sale_and_a_new_symbol_are_called_what_they_are(tmp_path: Path) -> None:
    made = TaxStory("2022-12-01 SELL 10 50", "2024-02-01 BUY 10 40", kind=AccountKind.MARGIN)
    made.tell("2024-02-02", SymbolChange(symbol="NEW"))
    text = as_csv(read(keep(made, tmp_path / "data")), 2)
    assert text.splitlines()[1] == "10 NEW short,2024-02-01,2024-02-01,500.00,400.00,,,100.00,SHORT,,0"


def test_notes_tell_what_the_figures_rest_on(tmp_path: Path) -> None:
    made = TaxStory("2024-12-02 BUY 5 50", "2024-12-20 SELL 7 40", "2024-12-23 BUY 1 41")
    found = read(keep(made, tmp_path / "data"))
    assert list(found.notes()) == [
        "no purchase is recorded of what 1 of the sales sold (XYZ): its cost counts as 0",
    ]
    assert list(read(Settings(data_dir=tmp_path / "data"), 2020).notes()) == ["nothing was disposed of in 2020"]


@pytest.mark.parametrize(
    ("today", "notes"),
    (
        pytest.param(date(2025, 1, 30), 1, id="the last day on which a purchase counts"),
        pytest.param(date(2025, 1, 31), 0, id="the day after"),
    ),
)
def test_losses_of_december_can_be_washed_until_the_end_of_january(today: date, notes: int) -> None:
    made = TaxStory("2024-01-02 BUY 5 50", "2024-12-31 SELL 5 40")
    found = YearOfGains(
        account="main", year=2024, currency="USD", time_zone="UTC", lot_method=LotMethod.FIFO, wash_sales=True,
        disposals=made.rows, symbols={"paper:XYZ:1": "XYZ"}, deferred=D(0), read_on=today,
    )  # fmt: skip
    said = ["purchases before 2025-01-31 can still disallow losses of 2024"]
    assert list(found.notes()) == said[:notes]


def test_the_command_writes_the_whole_file_or_none(settings: Settings, tmp_path: Path) -> None:
    command = ("export", "gains", "--year", "2024", "--data-dir", "data", "--out", "gains.csv")
    done = run(command, tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[0] == "3 disposals of 2024 in gains.csv"
    with exact():
        assert (tmp_path / "gains.csv").read_text() == as_csv(read(settings), 2)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["data", "gains.csv"]
    again = run(command, tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert "--force" in again.stderr
    forced = run((*command, "--force", "--format", "json", "--no-wash-sales"), tmp_path)
    assert forced.returncode == 0
    assert json.loads((tmp_path / "gains.csv").read_text())["totals"]["LONG"]["adjustment"] == "0"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    (
        pytest.param((), 2, ("Missing option", "--year"), id="no year"),
        pytest.param(("--year", "24"), 2, ("--year", "1900"), id="a year of two digits"),
        pytest.param(("--year", "2024", "--method", "best"), 2, ("--method", "best", "hifo"), id="no such method"),
        pytest.param(("--year", "2024", "--out", "data"), 2, ("--out", "data", "folder"), id="a folder"),
        pytest.param(("--year", "2024", "--out", "data/g.csv"), 2, ("outside the data folder",), id="among our files"),
        pytest.param(("--year", "2024", "--out", "no/g.csv"), 1, ("no/g.csv", "cannot be written"), id="no such place"),
        pytest.param(("--year", "2024", "--force"), 2, ("--force goes with --out",), id="force without a file"),
        pytest.param(("--year", "2024", "--account", "yours"), 1, ("no account yours", "main"), id="no such account"),
    ),
)
def test_a_mistake_is_one_sentence_and_writes_nothing(
    settings: Settings, tmp_path: Path, arguments: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    done = run(("export", "gains", "--data-dir", "data", *arguments), tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert len(done.stderr.splitlines()) == 1
    assert all(word in done.stderr for word in ("error: ", *words))
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
