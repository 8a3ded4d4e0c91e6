"""Which limits does a user's file give, and what is refused?"""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise.adapters.imports.limits import read_limits
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.limits import INVESTOR, TRADER


def written(folder: Path, text: str) -> Path:
    path = folder / "limits.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_file_leaves_out_is_the_preset_s(tmp_path: Path) -> None:
    read = read_limits(written(tmp_path, "max_positions = 12\nmax_symbol_concentration_pct = 12.50\n"))
    assert read.preset == "investor"
    assert read.constraints == replace(INVESTOR, max_positions=12, max_symbol_concentration_pct=Decimal("12.50"))


def test_an_empty_file_is_the_whole_preset(tmp_path: Path) -> None:
    assert read_limits(written(tmp_path, 'preset = "trader"\n')).constraints == TRADER


@pytest.mark.parametrize(
    ("text", "named"),
    (
        pytest.param("max_positons = 3", "max_positons", id="a typing mistake"),
        pytest.param("max_positions = -1", "max_positions", id="a negative count"),
        pytest.param("max_positions = 1.5", "max_positions", id="a count that is no whole number"),
        pytest.param("max_positions = true", "max_positions", id="a bool"),
        pytest.param("max_leverage = nan", "max_leverage", id="NaN"),
        pytest.param("max_leverage = inf", "max_leverage", id="an infinity"),
        pytest.param("max_leverage = -2", "max_leverage", id="a negative limit"),
        pytest.param("max_leverage = [1]", "max_leverage", id="a list"),
        pytest.param('preset = "gambler"', "preset", id="no such preset"),
        pytest.param("max_positions 3", "limits.toml", id="no TOML"),
    ),
)
def test_what_is_no_limit_is_refused_and_named(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_limits(written(tmp_path, text))
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"absent\.toml"):
        read_limits(tmp_path / "absent.toml")
