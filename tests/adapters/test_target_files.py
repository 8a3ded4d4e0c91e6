"""Does a user's file of targets arrive as exact weights, and is every other file refused where it is wrong?"""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from counterpoise.adapters.imports.targets import TargetFile, check_known, read_targets
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.numbers import HUNDRED, plain, split_exactly
from counterpoise.domain.plans import Target

D = Decimal
Write = Callable[..., Path]
BOOK = TargetFile(
    targets=(
        Target(symbol="SPY", weight=D("0.6")),
        Target(symbol="QQQ", weight=D("0.305"), threshold_pct=D("2.5")),
        Target(symbol="CASH", weight=D("0.095")),
    )
)
CSV = "symbol,target_percent,threshold_percent\nSPY,60,\nQQQ,30.5,2.5\nCASH,9.5,\n"
TOML = """
[[targets]]
symbol = "SPY"
target_percent = 60
[[targets]]
symbol = "QQQ"
target_percent = "30.5"
threshold_percent = 2.5
[[targets]]
symbol = "CASH"
target_percent = 9.5
"""
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "targets.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.mark.parametrize(
    ("content", "name"),
    (
        pytest.param(CSV, "targets.csv", id="CSV"),
        pytest.param("\ufeff" + CSV.replace("\n", "\r\n") + "\r\n", "targets.csv", id="CSV from a spreadsheet"),
        pytest.param(
            CSV.replace("SPY", "spy").replace("symbol,target", "Symbol, Target"), "targets.csv", id="CSV in any case"
        ),
        pytest.param(CSV, "targets.txt", id="CSV of another name"),
        pytest.param(TOML, "targets.toml", id="TOML"),
        pytest.param(TOML.replace("SPY", "spy"), "TARGETS.TOML", id="TOML in any case"),
        pytest.param("cash_percent = 9.5" + TOML[: TOML.rindex("[[")], "targets.toml", id="TOML with cash_percent"),
    ),
)
def test_each_form_of_file_gives_the_same_targets(content: str, name: str, write: Write) -> None:
    assert read_targets(write(content, name)) == BOOK


def test_a_weight_is_the_percentage_with_its_point_moved(write: Write) -> None:
    thirds = read_targets(write("symbol,target_percent\nA,33.3333333333333333\nB,33.3333333333333333\nC,33.33\n"))
    assert [plain(target.weight) for target in thirds.targets] == ["0.333333333333333333"] * 2 + ["0.3333"]


def test_a_band_for_all_comes_from_the_head_of_a_toml_file(write: Write) -> None:
    head = 'threshold_percent = "1.25"\ncash_percent = "10"\n[[targets]]\nsymbol = "A"\ntarget_percent = "90"\n'
    file = read_targets(write(head, "a.toml"))
    assert file.threshold_pct == D("1.25")
    assert [(target.symbol, target.weight) for target in file.targets] == [("A", D("0.9")), ("CASH", D("0.1"))]
    assert read_targets(write(CSV)).threshold_pct is None


@pytest.mark.parametrize(
    ("word", "enabled"),
    (("", True), ("true", True), ("YES", True), ("1", True), ("false", False), ("No", False), ("0", False)),
)
def test_a_target_says_whether_it_is_enabled(*, word: str, enabled: bool, write: Write) -> None:
    file = read_targets(write(f"symbol,target_percent,enabled\nA,100,\nB,0,{word}\n"))
    assert [target.enabled for target in file.targets] == [True, enabled]


def test_a_disabled_target_is_outside_the_total(write: Write) -> None:
    file = read_targets(write("symbol,target_percent,enabled\nA,60,\nB,40,\nC,30,false\n"))
    assert [target.weight for target in file.targets] == [D("0.6"), D("0.4"), D("0.3")]


def test_targets_that_are_all_disabled_are_read(write: Write) -> None:
    assert not read_targets(write("symbol,target_percent,enabled\nA,60,no\n")).targets[0].enabled


@pytest.mark.parametrize("sum_pct", ("99", "99.5", "100", "101"))
def test_a_sum_near_a_hundred_passes(sum_pct: str, write: Write) -> None:
    file = read_targets(write(f"symbol,target_percent\nA,50\nCASH,{D(sum_pct) - 50}\n"))
    assert sum(target.weight for target in file.targets) * HUNDRED == D(sum_pct)


@pytest.mark.parametrize("sum_pct", ("98.99", "60", "101.01", "103"))
def test_a_sum_that_is_none_is_refused_and_said(sum_pct: str, write: Write) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_targets(write(f"symbol,target_percent\nA,50\nCASH,{D(sum_pct) - 50}\n"))
    assert str(caught.value).startswith(f"targets.csv: targets sum to {sum_pct} %")


@pytest.mark.parametrize(
    ("content", "where", "advice"),
    (
        pytest.param("", "row 1: no header", "first line", id="empty file"),
        pytest.param("symbol,target_percent\n", "targets.csv: no targets", "at least one", id="no rows"),
        pytest.param("symbol\nA\n", "row 1: without `target_percent`", "every target", id="no percentages"),
        pytest.param("target_percent\n100\n", "row 1: without `symbol`", "every target", id="no symbols"),
        pytest.param("symbol,weight\nA,1\n", "row 1: weight", "target_percent", id="unknown column"),
        pytest.param("symbol,target_percent,\nA,100,\n", "row 1: an empty name", "one of symbol", id="nameless column"),
        pytest.param("symbol,target_percent,Symbol\nA,100,B\n", "row 1: symbol", "each column once", id="column twice"),
        pytest.param("symbol,target_percent\nA,50\na,50\n", "row 3: A was", "each symbol once", id="symbol twice"),
        pytest.param("symbol,target_percent\nA B,100\n", "row 2 symbol: A B", "A-Z 0-9", id="no symbol that exists"),
        pytest.param("symbol,target_percent\n,100\n", "row 2 symbol: ", "A-Z 0-9", id="empty symbol"),
        pytest.param(
            "symbol,target_percent\nA,-1\nB,101\n", "row 2 target_percent: -1", "from 0 to 100", id="negative"
        ),
        pytest.param(
            "symbol,target_percent\nA,100.5\n", "row 2 target_percent: 100.5", "from 0 to 100", id="above 100"
        ),
        pytest.param("symbol,target_percent\nA,60 %\n", "row 2 target_percent: 60 %", "without a % sign", id="sign"),
        pytest.param("symbol,target_percent\nA,NaN\n", "row 2 target_percent: NaN", "from 0 to 100", id="NaN"),
        pytest.param("symbol,target_percent\nA,1e2\n", "row 2 target_percent: 1e2", "from 0 to 100", id="exponent"),
        pytest.param(
            "symbol,target_percent\nA,\nB,100\n", "row 2 target_percent: ", "from 0 to 100", id="no percentage"
        ),
        pytest.param(
            "symbol,target_percent\nA,33.33333333333333333\n",
            "row 2 target_percent: 33",
            "at most 16 digits",
            id="17 digits",
        ),
        pytest.param(
            "symbol,target_percent,enabled\nA,100,perhaps\n", "row 2 enabled: perhaps", "true or false", id="perhaps"
        ),
        pytest.param(
            "symbol,target_percent,threshold_percent\nA,100,-5\n",
            "row 2 threshold_percent: -5",
            "from 0 to 100",
            id="band",
        ),
        pytest.param("symbol,target_percent\nA,100,5\n", "row 2: 3 cells", "2 cells", id="long row"),
        pytest.param(b"symbol,target_percent\n\xe9,100\n", "row 2: byte 0xe9", "UTF-8", id="Latin-1"),
    ),
)
def test_a_bad_csv_file_is_refused_with_place_and_advice(
    content: str | bytes, where: str, advice: str, write: Write
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_targets(write(content))
    assert where in str(caught.value)
    assert advice in str(caught.value)
    assert str(caught.value).startswith("targets.csv")
    assert str(caught.value).isprintable()


ONE = '[[targets]]\nsymbol = "A"\n'


@pytest.mark.parametrize(
    ("content", "where", "advice"),
    (
        pytest.param("", "a.toml: without `targets`", "every target", id="empty file"),
        pytest.param("targets = []\n", "a.toml: no targets", "at least one", id="no targets"),
        pytest.param('targets = "A"\n', "a.toml targets: A", "[[targets]]", id="targets as text"),
        pytest.param("[targets]\nA = 100\n", "a.toml targets: ", "[[targets]]", id="targets as one table"),
        pytest.param("buffer = 1\n", "a.toml: buffer", "cash_percent", id="unknown key"),
        pytest.param(ONE + "weight = 1\n", "a.toml target 1: weight", "target_percent", id="unknown key of a target"),
        pytest.param(ONE, "a.toml target 1: without `target_percent`", "every target", id="no percentage"),
        pytest.param(ONE + "target_percent = true\n", "target 1 target_percent: True", "from 0 to 100", id="true"),
        pytest.param(ONE + "target_percent = nan\n", "target 1 target_percent: nan", "from 0 to 100", id="nan"),
        pytest.param(ONE + "target_percent = [1]\n", "target 1 target_percent: [1]", "from 0 to 100", id="list"),
        pytest.param(ONE + "target_percent = 1e2\n", "target 1 target_percent: 1e2", "from 0 to 100", id="exponent"),
        pytest.param(
            ONE + 'target_percent = 100\nenabled = "x"\n', "target 1 enabled: x", "true or false", id="enabled"
        ),
        pytest.param(
            "[[targets]]\nsymbol = 1\ntarget_percent = 1\n", "target 1 symbol: 1", "as text", id="number for a symbol"
        ),
        pytest.param(
            f'cash_percent = 10\n{ONE}target_percent = 90\n[[targets]]\nsymbol = "cash"\ntarget_percent = 1\n',
            "a.toml cash_percent: CASH",
            "are one",
            id="cash twice",
        ),
        pytest.param(
            "cash_percent = -1\n" + ONE + "target_percent = 100",
            "a.toml cash_percent target_percent: -1",
            "0 to",
            id="debt",
        ),
        pytest.param(
            "threshold_percent = -1\n" + ONE + "target_percent = 100", "a.toml threshold_percent: -1", "0 to", id="band"
        ),
        pytest.param("[[targets\n", "a.toml: Expected", "a TOML file", id="no TOML"),
        pytest.param("a = " + "[" * 100_000, "a.toml: ", "a TOML file", id="deep nesting"),
        pytest.param(b"a = '\xe9'\n", "a.toml: byte 6", "UTF-8", id="Latin-1"),
        pytest.param("#" * 1_000_001, "a.toml: a larger file", "1,000,000 bytes", id="1 MB"),
        pytest.param(ONE + "target_percent = 60\n", "a.toml: targets sum to 60 %", "99 to 101", id="sum"),
    ),
)
def test_a_bad_toml_file_is_refused_with_place_and_advice(
    content: str | bytes, where: str, advice: str, write: Write
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_targets(write(content, "a.toml"))
    assert where in str(caught.value)
    assert advice in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ("missing.csv", "missing.toml", "."))
def test_what_is_no_readable_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="a file that can be read"):
        read_targets(tmp_path / name)


SHARES = st.lists(st.integers(1, 1000), min_size=4, max_size=12)


@given(sum_pct=st.decimals(97, 103, places=16), shares=SHARES)
@SAME_FOLDER
def test_weights_sum_to_what_the_file_says_or_the_file_is_refused(
    sum_pct: D, shares: list[int], tmp_path: Path
) -> None:
    wanted = {f"S{index}": D(share) for index, share in enumerate(shares)}
    parts = split_exactly(sum_pct, wanted, D("1e-16"))
    assume(max(parts.values()) <= HUNDRED)
    path = tmp_path / "any.csv"
    path.write_text(
        "\n".join(["symbol,target_percent", *(f"{symbol},{plain(part)}" for symbol, part in parts.items())])
    )
    if 99 <= sum_pct <= 101:
        assert sum(target.weight for target in read_targets(path).targets) * HUNDRED == sum_pct
    else:
        with pytest.raises(InvalidInput, match="targets sum to"):
            read_targets(path)


def test_targets_with_prices_and_cash_are_known() -> None:
    check_known(BOOK.targets, ("QQQ", "SPY", "AAPL"))


@pytest.mark.parametrize(
    ("symbols", "advice"),
    (
        pytest.param(("SPYG", "QQQ", "TLT"), "SPY was refused: a symbol with prices, perhaps SPYG", id="one is close"),
        pytest.param(("SPYV", "QQQ", "SPYG"), "perhaps SPYV or SPYG", id="two are close"),
        pytest.param(("ZZZ", "QQQ"), "such as QQQ, ZZZ", id="none is close"),
        pytest.param((), "of which there are none", id="no symbols"),
    ),
)
def test_an_unknown_target_is_named_with_the_closest_symbols(symbols: tuple[str, ...], advice: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_known(BOOK.targets, symbols)
    assert advice in str(caught.value)
