"""Does a user's file of prices arrive digit for digit, and is every other file refused where it is wrong?"""

import gzip
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from counterpoise.adapters.prices.files import PriceHistory, read_prices
from counterpoise.domain.errors import ConfigurationError, InvalidInput
from counterpoise.domain.numbers import plain

D = Decimal
Write = Callable[..., Path]
WIDE = "date,AAPL,BTC/USDT\n2010-01-04,6.496,\n2010-01-05,6.50800,0.00000001\n2010-01-06,,30000\n"
FIRST = date(2010, 1, 4)
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "prices.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def write_parquet(path: Path, **columns: pa.Array) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


def test_a_wide_file_is_read_with_every_digit(write: Write) -> None:
    history = read_prices(write(WIDE))
    assert history == PriceHistory(
        symbols=("AAPL", "BTC/USDT"),
        days=(FIRST, FIRST + timedelta(1), FIRST + timedelta(2)),
        rows=((D("6.496"), None), (D("6.508"), D("1e-8")), (None, D(30000))),
        not_yet_traded=1,
        stale_cells=1,
        ended={"AAPL": FIRST + timedelta(1)},
    )
    assert plain(history.rows[1][0] or D(0)) == "6.50800"


@pytest.mark.parametrize(
    "content",
    (
        pytest.param("\ufeff" + WIDE, id="byte order mark"),
        pytest.param(WIDE.replace("\n", "\r\n"), id="lines that end as on Windows"),
        pytest.param(WIDE + "\n\n  \n,,\n", id="blank lines at the end"),
        pytest.param(WIDE.removesuffix("\n"), id="no end of the last line"),
        pytest.param(WIDE.replace("date", "Date"), id="Date"),
        pytest.param(WIDE.replace("date", " DATE "), id="DATE with space around it"),
        pytest.param(WIDE.replace(",", " , "), id="space around cells"),
        pytest.param(WIDE.replace("AAPL", "aapl"), id="symbol in lower case"),
        pytest.param('"' + WIDE.replace(",", '","').replace("\n", '"\n"').removesuffix('"'), id="everything in quotes"),
        pytest.param(WIDE.replace(",AAPL", ', "AAPL"'), id="space before a quote"),
        pytest.param(WIDE.replace("0.00000001", "1e-08"), id="exponent form of programs"),
        pytest.param(gzip.compress(WIDE.encode()), id="gzip"),
    ),
)
def test_the_same_table_in_other_clothes_is_the_same_history(content: str | bytes, write: Write) -> None:
    assert read_prices(write(content)) == read_prices(write(WIDE))


@pytest.mark.parametrize(
    "order",
    (
        pytest.param((0, 1, 2, 3), id="by date"),
        pytest.param((0, 2, 1, 3), id="within a day in any order"),
        pytest.param((2, 3, 0, 1), id="by symbol"),
    ),
)
def test_a_long_file_has_the_same_days_whether_sorted_by_date_or_symbol(order: tuple[int, ...], write: Write) -> None:
    lines = (
        "6.496,AAPL,2010-01-04",
        "6.50800,aapl,2010-01-05",
        "0.00000001,BTC/USDT,2010-01-05",
        "30000,BTC/USDT,2010-01-06",
    )
    long = read_prices(write("\n".join(("Price,Symbol,Date", *(lines[index] for index in order)))))
    wide = read_prices(write(WIDE))
    assert long.days == wide.days
    assert [long.traded_on(index) for index in range(3)] == [wide.traded_on(index) for index in range(3)]
    assert (long.not_yet_traded, long.stale_cells, long.ended) == (1, 1, wide.ended)


def test_an_empty_price_in_a_long_file_is_a_day_without_a_price(write: Write) -> None:
    history = read_prices(write("date,symbol,price\n2010-01-04,A,1\n2010-01-05,A,\n2010-01-06,A,2\n"))
    assert history.rows == ((D(1),), (None,), (D(2),))
    assert (history.not_yet_traded, history.stale_cells, dict(history.ended)) == (0, 1, {})


def test_holes_are_told_apart_by_what_was_before_them(write: Write) -> None:
    rows = ["2010-01-04,1,,,1", "2010-01-05,,1,,1", "2010-01-06,1,,,", "2010-01-07,1,,,"]
    history = read_prices(write("\n".join(["date,GAP,SHORT,NEVER,OLD", *rows])))
    assert history.not_yet_traded == 1 + 4
    assert history.stale_cells == 1 + 2 + 2
    assert dict(history.ended) == {"SHORT": date(2010, 1, 5), "OLD": date(2010, 1, 5)}
    assert history.traded_on(1) == {"SHORT": D(1), "OLD": D(1)}


BAD_WIDE = (
    pytest.param("", "prices.csv row 1: no header", "first line", id="empty file"),
    pytest.param("\n", "prices.csv row 1: no header", "first line", id="blank file"),
    pytest.param("date,A\n", "prices.csv: no prices", "at least one row", id="no rows"),
    pytest.param("date,A\n2010-01-04,\n", "prices.csv: no prices", "with a price", id="no price in any row"),
    pytest.param("day,A\n2010-01-04,1\n", "row 1: day,A", "one column named `date`", id="no date column"),
    pytest.param(
        "date,A,Date\n2010-01-04,1,1\n", "row 1: date,A,Date", "one column named `date`", id="two date columns"
    ),
    pytest.param("date\n2010-01-04\n", "row 1: date", "each symbol beside `date`", id="no symbol"),
    pytest.param("date;A\n2010-01-04;1\n", "row 1: date;A", "separated by commas", id="semicolons"),
    pytest.param("date\tA\n2010-01-04\t1\n", "row 1: date\\tA", "separated by commas", id="tabs"),
    pytest.param(
        "date,symbol,close\n2010-01-04,A,1\n", "row 1: date,symbol,close", "`price`", id="long with another name"
    ),
    pytest.param("date,A,a\n2010-01-04,1,1\n", "row 1 column 3: A ", "column 2 has it too", id="symbol twice"),
    pytest.param("date,A,\n2010-01-04,1,1\n", "row 1 column 3: an empty name", "the symbol", id="nameless column"),
    pytest.param("date,A B\n2010-01-04,1\n", "row 1 column 2: A B", "A-Z 0-9", id="symbol with a space"),
    pytest.param("date,=HYPERLINK(1)\n2010-01-04,1\n", "row 1 column 2: =HYPERLINK", "A-Z 0-9", id="formula"),
    pytest.param("date,A\u202eB\n2010-01-04,1\n", "row 1 column 2: A\\u202eB", "A-Z 0-9", id="right to left"),
    pytest.param(f"date,{'A' * 10_000}\n2010-01-04,1\n", "row 1 column 2: AAAA", "1 to 32", id="10 kB symbol"),
    pytest.param("date,CASH\n2010-01-04,1\n", "row 1 column 2: CASH", "cash needs no price", id="cash"),
    *(
        pytest.param(
            f"date,A,B\n2010-01-04,1,1\n2010-01-05,1,{text}\n", f"row 3 column B: {shown} was", "above zero", id=shown
        )
        for text, shown in (
            *(
                (text, text)
                for text in ("NaN", "nan", "-", "n/a", "null", "Infinity", "-inf", "0", "0.00", "-1", "-0", "+1")
            ),
            *((text, text) for text in ("1_000", "1.", ".5", "01", "0x10", "1e400", "1e-30", "$1", "1 000")),
            ('"1,000.50"', "1,000.50"),
            ("9" * 19, "9" * 19),
            ("0." + "0" * 18 + "1", "0." + "0" * 18 + "1"),
        )
    ),
    pytest.param("date,A\n2010-01-04,\u0661\n", "row 2 column A: \\u0661", "above zero", id="digits of another script"),
    pytest.param("date,A\n2010-01-04,1\x00\n", "row 2 column A: 1\\x00", "above zero", id="NUL"),
    *(
        pytest.param(f"date,A\n2010-01-04,1\n{text},1\n", f"row 3 column date: {shown} was", "a date such as", id=shown)
        for text, shown in (
            ("", "an empty cell"),
            *(
                (text, text)
                for text in ("05/01/2010", "20100105", "2010-W01-2", "2010-02-30", "2010-1-5", "0000-01-01")
            ),
            *((text, text) for text in ("2010-01-05 16:00:00", "2010-01-05T00:00:00Z", "2010-01-05x")),
        )
    ),
    pytest.param(
        "date,A\n2010-01-04,1\n2010-01-04,2\n", "row 3 column date: 2010-01-04", "each date once", id="date twice"
    ),
    pytest.param(
        "date,A\n2010-01-05,1\n2010-01-04,2\n", "row 3 column date: 2010-01-04", "2010-01-05 is above", id="unsorted"
    ),
    pytest.param("date,A,B\n2010-01-04,1\n", "row 2: 2 cells", "3 cells, as in the header", id="short row"),
    pytest.param("date,A\n2010-01-04,1,2\n", "row 2: 3 cells", "2 cells, as in the header", id="long row"),
    pytest.param("date,A\n2010-01-04,1\n\n,\n2010-01-05,1\n", "row 3: an empty row", "remove it", id="gap"),
    pytest.param('date,A\n2010-01-04,1\n2010-01-05,"1\n2010-01-06,1\n', "row 3: ", "quotes closed", id="open quote"),
    pytest.param(
        'date,A\n2010-01-04,"1\n"\n2010-01-05,x\n', "row 4 column A: x", "above zero", id="row after one of two lines"
    ),
    pytest.param('date,A\n2010-01-04,"1"2\n', "row 2: ", "quotes closed", id="text behind a quote"),
    pytest.param(f"date,A\n2010-01-04,{'1' * 200_000}\n", "row 2: field larger", "commas", id="200 kB cell"),
    pytest.param(
        f"date,A\n2010-01-04,{'1' * 10_000_000}\n", "row 2: a longer line", "1,000,000 bytes", id="10 MB line"
    ),
    pytest.param(b"date,A\n2010-01-04,1\n2010-01-05,\xe9\n", "row 3: byte 0xe9", "UTF-8", id="Latin-1"),
    pytest.param(WIDE.encode("utf-16"), "row 1: byte 0xff", "UTF-8", id="UTF-16"),
    pytest.param(gzip.compress(WIDE.encode())[:-9], "prices.csv: ", "whole gzip file", id="half a gzip file"),
    pytest.param(b"\x1f\x8b" + b"x" * 50, "prices.csv: ", "whole gzip file", id="no gzip file"),
    pytest.param(gzip.compress(b"a" * 10**8), "row 1: a longer line", "1,000,000 bytes", id="gzip bomb"),
    pytest.param(b"PAR1" + b"x" * 50, "prices.csv: ", "whole Parquet file", id="no Parquet file"),
)


@pytest.mark.parametrize(("content", "where", "advice"), BAD_WIDE)
def test_a_bad_file_is_refused_with_place_and_advice(
    content: str | bytes, where: str, advice: str, write: Write
) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_prices(write(content))
    message = str(caught.value)
    assert where in message
    assert advice in message
    assert message.startswith("prices.csv")
    assert len(message.splitlines()) == 1
    assert len(message) < 400


@pytest.mark.parametrize(
    ("rows", "where", "advice"),
    (
        pytest.param(
            "2010-01-04,A,1\n2010-01-04,a,2", "row 3 column date: 2010-01-04 for A", "each date once", id="twice"
        ),
        pytest.param("2010-01-05,A,1\n2010-01-04,A,2", "row 3 column date: 2010-01-04 for A", "rising", id="unsorted"),
        pytest.param("2010-01-04,A,0", "row 2 column price: 0", "above zero", id="zero"),
        pytest.param("2010-01-04,,1", "row 2 column symbol: ", "A-Z 0-9", id="no symbol"),
        pytest.param("2010-01-04,cash,1", "row 2 column symbol: cash", "cash needs no price", id="cash"),
        pytest.param("04.01.2010,A,1", "row 2 column date: 04.01.2010", "a date such as", id="date"),
        pytest.param("2010-01-04,A", "row 2: 2 cells", "3 cells", id="short row"),
    ),
)
def test_a_bad_long_file_is_refused_with_place_and_advice(rows: str, where: str, advice: str, write: Write) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_prices(write(f"date,symbol,price\n{rows}\n"))
    assert where in str(caught.value)
    assert advice in str(caught.value)


@pytest.mark.parametrize("name", ("missing.csv", "."))
def test_what_is_no_readable_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="a file that can be read"):
        read_prices(tmp_path / name)


def test_a_strange_file_name_stays_on_one_line(write: Write) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_prices(write("day\n", "a\nb\x1b[31m" + "c" * 200 + ".csv"))
    assert str(caught.value).isprintable()
    assert str(caught.value).startswith("a?b?[31mccc")
    assert len(str(caught.value)) < 300


NOISE = st.binary(max_size=200) | st.text('date,ABsymbolprice\n"0123.-e \ufeff', max_size=80).map(str.encode)


def prices_or_refusal(path: Path) -> tuple[list[D], str]:
    """What a file holds, or why not."""
    try:
        history = read_prices(path)
    except InvalidInput as error:
        return [], str(error)
    return [price for row in history.rows for price in row if price is not None], ""


@given(content=NOISE)
@SAME_FOLDER
def test_no_bytes_get_past_as_anything_but_prices_or_a_line_of_refusal(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    prices, refusal = prices_or_refusal(path)
    assert bool(prices) != bool(refusal)
    assert all(price > 0 for price in prices)
    assert refusal.isprintable()


CELLS = st.none() | st.decimals(D("1e-9"), D(10**9), places=9)
TABLES = st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=8)


@given(
    rows=TABLES.filter(
        lambda rows: all(any(row) for row in rows) and all(any(column) for column in zip(*rows, strict=True))
    )
)
@SAME_FOLDER
def test_wide_long_and_parquet_say_the_same(rows: list[list[D | None]], tmp_path: Path) -> None:
    days = [FIRST + timedelta(index) for index in range(len(rows))]
    symbols = ("A", "B", "C")
    wide = [
        "date,A,B,C",
        *(f"{day},{','.join('' if p is None else plain(p) for p in row)}" for day, row in zip(days, rows, strict=True)),
    ]
    long = ["date,symbol,price"]
    for column, symbol in enumerate(symbols):
        long += [
            f"{day},{symbol},{plain(p)}" for day, row in zip(days, rows, strict=True) if (p := row[column]) is not None
        ]
    (tmp_path / "wide.csv").write_text("\n".join(wide))
    (tmp_path / "long.csv").write_text("\n".join(long))
    columns = {
        symbol: pa.array([row[index] for row in rows], pa.decimal128(30, 9)) for index, symbol in enumerate(symbols)
    }
    write_parquet(tmp_path / "wide.parquet", date=pa.array(days), **columns)
    read = read_prices(tmp_path / "wide.csv")
    assert read.rows == tuple(tuple(row) for row in rows)
    assert read == read_prices(tmp_path / "long.csv") == read_prices(tmp_path / "wide.parquet")
    assert read.not_yet_traded + read.stale_cells == sum(price is None for row in rows for price in row)


@pytest.mark.parametrize(
    ("prices", "expected"),
    (
        pytest.param(pa.array([0.1, 1e5]), ["0.1", "100000"], id="doubles by their shortest repr"),
        pytest.param(pa.array([8.12e-06, 123456.789]), ["0.00000812", "123456.789"], id="small doubles"),
        pytest.param(pa.array([0.1, 101.24], pa.float32()), ["0.1", "101.24"], id="floats by their shortest repr"),
        pytest.param(
            pa.array([D("1.10"), D("2.00")], pa.decimal128(20, 2)), ["1.10", "2.00"], id="decimals with their zeros"
        ),
        pytest.param(pa.array([7, 8]), ["7", "8"], id="whole numbers"),
        pytest.param(pa.array(["6.50800", "8"]), ["6.50800", "8"], id="text"),
        pytest.param(pa.array([None, 2.5]), [None, "2.5"], id="null is no price"),
    ),
)
def test_each_type_of_parquet_column_keeps_its_value(
    prices: pa.Array, expected: list[str | None], tmp_path: Path
) -> None:
    days = pa.array([FIRST, FIRST + timedelta(1)])
    history = read_prices(write_parquet(tmp_path / "a.parquet", date=days, A=prices))
    assert [None if row[0] is None else plain(row[0]) for row in history.rows] == expected


@pytest.mark.parametrize(
    "days",
    (
        pytest.param(pa.array([FIRST]), id="date"),
        pytest.param(pa.array(["2010-01-04"]), id="text"),
        pytest.param(pa.array(["2010-01-04"]).dictionary_encode(), id="dictionary"),
        pytest.param(pa.array([datetime(2010, 1, 4)], pa.timestamp("ns")), id="midnight"),  # noqa: DTZ001 - as pandas writes
        pytest.param(
            pa.array([datetime(2010, 1, 4, 5, tzinfo=UTC)], pa.timestamp("us", "America/New_York")), id="local midnight"
        ),
    ),
)
def test_each_type_of_parquet_date_is_a_day(days: pa.Array, tmp_path: Path) -> None:
    assert read_prices(write_parquet(tmp_path / "a.parquet", Date=days, A=pa.array([1.5]))).days == (FIRST,)


def test_a_long_parquet_file_is_read(tmp_path: Path) -> None:
    columns = {
        "date": pa.array([FIRST, FIRST]),
        "symbol": pa.array(["A", "B"]).dictionary_encode(),
        "price": pa.array([1.5, 2.5]),
    }
    history = read_prices(write_parquet(tmp_path / "a.parquet", **columns))
    assert history.traded_on(0) == {"A": D("1.5"), "B": D("2.5")}


@pytest.mark.parametrize(
    ("column", "message"),
    (
        pytest.param(pa.array([1.0, float("nan")]), "a.parquet row 2 column A: nan was", id="NaN"),
        pytest.param(pa.array([1.0, 0.0]), "a.parquet row 2 column A: 0 was", id="zero"),
        pytest.param(pa.array([True, True]), "a.parquet row 1 column A: true was", id="yes or no"),
        pytest.param(pa.array([[1.0], [1.0]]), "a.parquet column A: list<", id="list"),
    ),
)
def test_a_bad_parquet_column_is_refused_with_its_place(column: pa.Array, message: str, tmp_path: Path) -> None:
    days = pa.array([FIRST, FIRST + timedelta(1)])
    with pytest.raises(InvalidInput) as caught:
        read_prices(write_parquet(tmp_path / "a.parquet", date=days, A=column))
    assert message in str(caught.value)


def test_a_parquet_date_with_a_time_is_refused(tmp_path: Path) -> None:
    days = pa.array([datetime(2010, 1, 4, 16)], pa.timestamp("us"))  # noqa: DTZ001 - a file without zones
    with pytest.raises(InvalidInput, match="row 1 column date: 2010-01-04 16:00:00"):
        read_prices(write_parquet(tmp_path / "a.parquet", date=days, A=pa.array([1.5])))


def test_without_pyarrow_a_parquet_file_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_parquet(tmp_path / "a.parquet", date=pa.array([FIRST]), A=pa.array([1.5]))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigurationError, match=r"pip install counterpoise\[parquet\]"):
        read_prices(path)


def test_csv_is_read_without_loading_pyarrow(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert len(read_prices(write(WIDE)).days) == 3


def test_thirteen_years_of_five_hundred_symbols_are_read(write: Write) -> None:
    row = ",".join(["101.25"] * 500)
    lines = [f"{FIRST + timedelta(index)},{row}" for index in range(3_270)]
    history = read_prices(write("\n".join([f"date,{','.join(f'S{n}' for n in range(500))}", *lines])))
    assert (len(history.days), len(history.symbols)) == (3_270, 500)
    assert history.rows[-1][-1] == D("101.25")
