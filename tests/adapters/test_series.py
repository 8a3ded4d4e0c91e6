"""Does the curve of equity outlive the process to the last digit, and cost no fact when its file is broken?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.adapters.series import SqliteSeries, _point
from counterpoise.domain.errors import JournalRefused
from counterpoise.portfolio.curve import CurvePoint

NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)
NUMBERS = st.decimals("-1e17", "1e17", allow_nan=False, places=18)


def point(seconds: int = 0, equity: str = "100", drawdown: str | None = "0") -> CurvePoint:
    return CurvePoint(
        at=NOW + timedelta(seconds=seconds),
        equity=Decimal(equity),
        growth=Decimal("1.000000000000000001"),
        drawdown_pct=None if drawdown is None else Decimal(drawdown),
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "series.db"


@given(NUMBERS, NUMBERS, st.none() | NUMBERS, st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_every_digit_comes_back(equity: Decimal, growth: Decimal, drawdown: Decimal | None, at: datetime) -> None:
    kept = CurvePoint(at=at.replace(tzinfo=UTC), equity=equity, growth=growth, drawdown_pct=drawdown)
    row = SqliteSeries(Path("unused"), "main")._row(kept)
    assert _point(row[1:]) == kept


async def test_points_come_back_in_their_order_in_another_process(file: Path) -> None:
    await SqliteSeries(file, "main").keep([point(2, "0.1"), point(0, "-5"), point(1, drawdown=None)])
    found = await SqliteSeries(file, "main").load()
    assert found == (point(0, "-5"), point(1, drawdown=None), point(2, "0.1"))


async def test_a_point_of_the_same_instant_replaces_the_one_before(file: Path) -> None:
    series = SqliteSeries(file, "main")
    await series.keep([point(0, "1")])
    await series.keep([point(0, "2")])
    assert await series.load() == (point(0, "2"),)


async def test_each_account_has_its_own_points(file: Path) -> None:
    await SqliteSeries(file, "main").keep([point()])
    await SqliteSeries(file, "other").keep([point(1)])
    await SqliteSeries(file, "other").forget([point().at])
    assert await SqliteSeries(file, "main").load() == (point(),)


async def test_what_is_forgotten_is_gone(file: Path) -> None:
    series = SqliteSeries(file, "main")
    await series.keep([point(number) for number in range(3)])
    await series.forget([point(0).at, point(1).at, point(9).at])
    await series.forget([])
    assert await series.load() == (point(2),)


@pytest.fixture(params=("text", "folder"))
def broken(request: pytest.FixtureRequest, file: Path) -> Path:
    """What is no database."""
    if request.param == "folder":
        file.mkdir()
    else:
        file.write_bytes(b"no database, but long enough to be looked at" * 100)
    return file


async def test_a_broken_file_is_named_and_may_be_deleted(broken: Path) -> None:
    series = SqliteSeries(broken, "main")
    for call in (series.load, lambda: series.keep([point()]), lambda: series.forget([point().at])):
        with pytest.raises(JournalRefused, match=r"series\.db cannot be used .* may be deleted"):
            await call()
