"""What can be read of a data folder without owning it, and what is found in one that was spoiled?"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise.domain.errors import ConfigurationError
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.library.reading import read_overview, verify_folder
from counterpoise.settings import Settings

OPENING = Opening.paper("mine", cash=Decimal(1000), symbols=("SPY",))


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    async with Counterpoise.open(tmp_path, OPENING) as plane:
        await plane.tick({"SPY": Decimal(400)})
    return Settings(data_dir=tmp_path)


async def test_a_folder_is_read_while_its_owner_runs(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, OPENING) as plane:
        await plane.tick({"SPY": Decimal(400)})
        seen = await read_overview(Settings(data_dir=tmp_path), None)
        (report,) = await verify_folder(Settings(data_dir=tmp_path))
    assert (seen.overview.snapshot.total_equity, report.ok) == (Decimal(1000), True)


async def test_an_account_without_a_mark_can_be_read(tmp_path: Path) -> None:
    async with Counterpoise.open(tmp_path, OPENING):
        pass
    seen = await read_overview(Settings(data_dir=tmp_path), "mine")
    told = seen.as_json()
    assert isinstance(told, dict)
    assert (told["total_equity"], told["mode"], told["trading_state"]) == ("1000", "NEUTRAL", "ACTIVE")


async def test_an_account_whose_every_row_was_deleted_is_missed(settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data_dir / "journal.db")) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("DELETE FROM entries")
        database.execute("DELETE FROM checkpoints")
        database.commit()
    (report,) = await verify_folder(settings)
    assert (report.account, report.ok, report.first_bad) == ("mine", False, 1)


async def test_an_account_that_is_not_there_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"no account yours .* known: mine"):
        await verify_folder(settings, "yours")
    with pytest.raises(ConfigurationError, match="no account yours"):
        await read_overview(settings, "yours")
