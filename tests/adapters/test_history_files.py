"""Does a file of history arrive as exact entries, and is every other file refused with each row, field and value?"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterpoise.adapters.imports.history import sheet as sheet_module
from counterpoise.adapters.imports.history.files import FeeSign, HistoryForm, NumberStyle, ReadingTerms, read_history
from counterpoise.domain.errors import InvalidInput
from counterpoise.domain.history import BrokenHistory, EntryKind, HistoryEntry, differences
from counterpoise.domain.orders import Side

D = Decimal
Write = Callable[..., Path]
SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
HEAD = "time,kind,id,symbol,quantity,price,fee,fee_currency,amount,currency,ratio,new_symbol\n"
DEPOSIT = "2024-01-02T00:00:00Z,deposit,d1,,,,,,1000.50,,,\n"
BUY = "2024-01-03T15:00:00Z,buy,b1,SPY,2,470.10,0.35,,,,,\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes | list[Any], name: str = "h.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, list):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def faults(path: Path, terms: ReadingTerms | None = None) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        read_history(path, terms)
    error = caught.value
    return [str(fault) for fault in error.faults] if isinstance(error, BrokenHistory) else [str(error)]


def one(path: Path, terms: ReadingTerms | None = None) -> HistoryEntry:
    (entry,) = read_history(path, terms).entries
    return entry


# ── the generic file ─────────────────────────────────────────────────────────────────────────────────────

KINDS = (
    pytest.param(DEPOSIT, {"kind": EntryKind.DEPOSIT, "amount": D("1000.50")}, id="deposit"),
    pytest.param("2024-01-02T00:00:00Z,withdrawal,,,,,,,10,EUR,,\n", {"amount": D(-10), "asset": "EUR"}, id="out"),
    pytest.param("2024-01-02T00:00:00Z,transfer,,,,,,,-10,,,\n", {"kind": EntryKind.WITHDRAWAL}, id="transfer out"),
    pytest.param("2024-01-02T00:00:00Z,transfer,,,,,,,10,,,\n", {"kind": EntryKind.DEPOSIT}, id="transfer in"),
    pytest.param("2024-01-02T00:00:00Z,fee,,,,,,,1.5,,,\n", {"amount": D("-1.5")}, id="fee paid"),
    pytest.param("2024-01-02T00:00:00Z,fee,,,,,,,-1.5,,,\n", {"amount": D("1.5")}, id="rebate"),
    pytest.param("2024-01-02T00:00:00Z,DIVIDEND,,SPY,,,,,-3,,,\n", {"amount": D(-3), "symbol": "SPY"}, id="dividend"),
    pytest.param("2024-01-02T00:00:00Z,interest,,,,,,,-3,,,\n", {"kind": EntryKind.INTEREST}, id="interest"),
    pytest.param("2024-01-02T00:00:00Z,funding,,BTCUSDT,,,,,-3,USDT,,\n", {"asset": "USDT"}, id="funding"),
    pytest.param(BUY, {"side": Side.BUY, "quantity": D(2), "price": D("470.10"), "fee": D("0.35")}, id="buy"),
    pytest.param(
        "2024-01-02T00:00:00Z,sell,,BTC/USD,1e-3,4.2E4,-0.001,BNB,,,,\n",
        {"side": Side.SELL, "quantity": D("0.001"), "price": D(42000), "fee": D("-0.001"), "fee_asset": "BNB"},
        id="sell, exponents, a rebate in a third asset",
    ),
    pytest.param(
        "2024-01-02T00:00:00Z,split,,NVDA,,,,,,,10:1,\n",
        {"kind": EntryKind.SPLIT, "units_after": D(10), "units_before": D(1)},
        id="split",
    ),
    pytest.param(
        "2024-01-02T00:00:00Z,symbol_change,,FB,,,,,,,,META\n",
        {"kind": EntryKind.SYMBOL_CHANGE, "symbol": "FB", "new_symbol": "META"},
        id="symbol change",
    ),
    pytest.param(
        "2024-01-02T00:00:00Z,cash_in_lieu,,X,0.5,,,,12.25,,,\n",
        {"kind": EntryKind.CASH_IN_LIEU, "quantity": D("0.5"), "amount": D("12.25")},
        id="cash in lieu",
    ),
    pytest.param(
        "2024-01-02T00:00:00Z,position,,X,-4,30,,,,,,\n",
        {"kind": EntryKind.POSITION, "quantity": D(-4), "price": D(30)},
        id="position",
    ),
    pytest.param("2024-01-02T00:00:00Z,rate,,,,1.08,,,,EUR,,\n", {"asset": "EUR", "price": D("1.08")}, id="rate"),
)


@pytest.mark.parametrize(("row", "told"), KINDS)
def test_each_kind_of_a_generic_file_says_what_it_means(row: str, told: dict[str, object], write: Write) -> None:
    entry = one(write(HEAD + row))
    assert {name: getattr(entry, name) for name in told} == told
    assert (entry.row, entry.venue) == (2, "file")


DIALECTS = (
    pytest.param(HEAD + DEPOSIT + BUY, id="as it is"),
    pytest.param("\ufeff" + (HEAD + DEPOSIT + BUY).replace("\n", "\r\n") + "\r\n\r\n", id="BOM, CRLF, blank end"),
    pytest.param((HEAD + DEPOSIT + BUY).replace(",", ";"), id="semicolons"),
    pytest.param((HEAD + DEPOSIT + BUY).replace(",", "\t"), id="tabs"),
    pytest.param((HEAD + DEPOSIT + BUY).replace(",", ";").replace(".", ","), id="comma decimals"),
    pytest.param(HEAD.upper() + DEPOSIT + BUY.replace("SPY", '" spy "'), id="upper case, quotes, space"),
    pytest.param(HEAD + BUY + DEPOSIT, id="newest first"),
    pytest.param(HEAD + DEPOSIT + DEPOSIT + BUY, id="a row told twice"),
)


@pytest.mark.parametrize("content", DIALECTS)
def test_each_dialect_gives_the_same_entries(content: str, write: Write) -> None:
    entries = read_history(write(content)).entries
    assert [(entry.identity, entry.at.isoformat(), entry.amount, entry.price, entry.fee) for entry in entries] == [
        ("file:d1", "2024-01-02T00:00:00+00:00", D("1000.5"), D(0), D(0)),
        ("file:b1", "2024-01-03T15:00:00+00:00", D(0), D("470.1"), D("0.35")),
    ]


def test_json_has_rows_by_their_place_and_numbers_by_their_text(write: Write) -> None:
    row = '{"time":"2024-01-02T00:00:00Z","kind":"deposit","amount":%s}'
    entry = one(write(f"[{row % '0.100000000000000006'}]", "h.json"))
    assert (entry.row, entry.amount) == (1, D("0.100000000000000006"))
    assert "h.json row 2 column amount" in faults(write(f"[{row % '1'},{row % '1e999999999'}]", "h.json"))[0]


# ── numbers and dates of two meanings ────────────────────────────────────────────────────────────────────

BR = ReadingTerms(numbers=NumberStyle.BR, time_zone="America/Sao_Paulo")


def brazilian(*rows: str) -> str:
    return "time;kind;symbol;quantity;price;amount\n" + "".join(f"{row}\n" for row in rows)


@pytest.mark.parametrize(
    ("rows", "amounts"),
    (
        pytest.param(
            ("02/01/2024;deposit;;;;1.000,50", "02/01/2024;fee;;;;1.234"), (D("1000.50"), D(-1234)), id="proof"
        ),
        pytest.param(("02/01/2024;deposit;;;;1.234.567",), (D(1234567),), id="two points"),
        pytest.param(("02/01/2024;deposit;;;;0,125",), (D("0.125"),), id="a nought before the comma"),
        pytest.param(("02/01/2024;deposit;;;;1.000,5", "03/01/2024;fee;;;;-2"), (D("1000.5"), D(2)), id="whole"),
    ),
)
def test_brazilian_numbers_are_read_where_the_file_proves_them(
    rows: tuple[str, ...], amounts: tuple[Decimal, ...], write: Write
) -> None:
    entries = read_history(write(brazilian(*rows)), ReadingTerms(time_zone="America/Sao_Paulo")).entries
    assert tuple(entry.amount for entry in entries) == amounts
    assert entries[0].at == datetime(2024, 1, 2, 3, tzinfo=UTC)  # the second of January, by the numbers' country


def test_declared_is_read_without_a_proof(write: Write) -> None:
    entry = one(write(brazilian("03/04/2024 10:30;deposit;;;;1.234")), BR)
    assert (entry.amount, entry.at) == (D(1234), datetime(2024, 4, 3, 13, 30, tzinfo=UTC))
    us = ReadingTerms(numbers=NumberStyle.US, time_zone="UTC")
    assert one(write(brazilian("2024-04-03;deposit;;;;1.234")), us).amount == D("1.234")


TWO_MEANINGS = (
    pytest.param(brazilian("2024-01-02;deposit;;;;1.234"), "row 2 column amount: 1.234", "--numbers us", id="number"),
    pytest.param(brazilian("2024-01-02;deposit;;;;1,234"), "row 2 column amount: 1,234", "--numbers br", id="comma"),
    pytest.param(
        brazilian("2024-01-02;deposit;;;;1,5", "2024-01-02;fee;;;;2.5"), "row 2 column amount: 1,5", "'2.5'", id="both"
    ),
    pytest.param(
        brazilian("03/04/2024;deposit;;;;10"), "row 2 column time: 03/04/2024", "such as 2024-04-03", id="date"
    ),
    pytest.param(
        brazilian("13/04/2024;deposit;;;;10", "04/13/2024;fee;;;;1"),
        "row 3 column time",
        "dates of one order",
        id="dates",
    ),
)


@pytest.mark.parametrize(("content", "where", "rule"), TWO_MEANINGS)
def test_what_can_be_read_in_two_ways_is_refused_with_the_reason(
    content: str, where: str, rule: str, write: Write
) -> None:
    (fault,) = faults(write(content), ReadingTerms(time_zone="UTC"))
    assert where in fault
    assert rule in fault


@given(st.decimals(min_value=D("0.001"), max_value=D(10**9), places=3))
@SAME_FOLDER
def test_a_number_is_the_same_in_both_styles_or_refused(write: Write, value: Decimal) -> None:
    us = f"{value:,f}"
    br = us.translate(str.maketrans(",.", ".,"))
    for text, style in ((us, NumberStyle.US), (br, NumberStyle.BR)):
        terms = ReadingTerms(numbers=style, time_zone="UTC")
        assert one(write(brazilian(f"2024-01-02;deposit;;;;{text}")), terms).amount == value
    try:
        assert one(write(brazilian(f"2024-01-02;deposit;;;;{br}")), ReadingTerms(time_zone="UTC")).amount == value
    except InvalidInput as refused:
        assert "one way" in str(refused)  # noqa: PT017 - either answer is right, another number would not be


TIMES = (
    pytest.param("2024-01-31T15:04:05.123456789Z", None, "2024-01-31T15:04:05.123456+00:00", id="nanoseconds are cut"),
    pytest.param("2024-01-31 15:04:05-03:00", None, "2024-01-31T18:04:05+00:00", id="offset"),
    pytest.param("2024-01-31 15:04 UTC", None, "2024-01-31T15:04:00+00:00", id="UTC in letters"),
    pytest.param("2024-01-31", "America/New_York", "2024-01-31T05:00:00+00:00", id="a day begins"),
    pytest.param("31/01/2024 15:04", "America/Sao_Paulo", "2024-01-31T18:04:00+00:00", id="day first, by its 31"),
    pytest.param("01/31/2024", "America/New_York", "2024-01-31T05:00:00+00:00", id="month first, by its 31"),
    pytest.param("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00+00:00", id="a day without a midnight"),
)


@pytest.mark.parametrize(("text", "time_zone", "at"), TIMES)
def test_a_time_is_the_instant_that_it_says(text: str, time_zone: str | None, at: str, write: Write) -> None:
    path = write(HEAD + f"{text},deposit,,,,,,,1,,,\n")
    assert one(path, ReadingTerms(time_zone=time_zone)).at.isoformat() == at


NO_TIMES = (
    pytest.param("2024-01-31 10:00", None, "--timezone", id="no zone"),
    pytest.param("2024-03-10 02:30", "America/New_York", "put forward", id="a time that was skipped"),
    pytest.param("2024-11-03 01:30", "America/New_York", "had it twice", id="a time that came twice"),
    pytest.param("2024-02-30T00:00:00Z", None, "no such time", id="30 February"),
    pytest.param("0001-01-01T00:00:00Z", None, "1970 to 2199", id="year 1"),
    pytest.param("9999-12-31T23:59:59-14:00", None, "no such", id="beyond the calendar"),
    pytest.param("2024-01-31T10:00:00+99:00", None, "no such offset", id="an offset that is none"),
    pytest.param("1706713445000", None, "such as 2024-01-31", id="milliseconds"),
    pytest.param("", None, "an empty cell", id="empty"),
    pytest.param("2024-01-31T10:00:00Z" + " " * 100 + "x", None, "such as 2024", id="long"),
)


@pytest.mark.parametrize(("text", "time_zone", "rule"), NO_TIMES)
def test_a_time_that_is_none_is_refused(text: str, time_zone: str | None, rule: str, write: Write) -> None:
    (fault,) = faults(write(HEAD + f"{text},deposit,,,,,,,1,,,\n"), ReadingTerms(time_zone=time_zone))
    assert "h.csv row 2 column time" in fault
    assert rule in fault


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────

BOMBS = (
    *("1e999999999", "9" * 10_000, "NaN", "Infinity", "-inf", "1_000", "٣", "0x10", "+5", "1e-40", "=1+1", "5%", "$5"),
    *("1.2.3", "1,23,4", "--1", "1e", "", "9" * 19, "0." + "1" * 19),
)


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb[:12] or "empty")
def test_what_is_no_number_is_refused_in_its_cell(bomb: str, write: Write) -> None:
    found = faults(write(HEAD + BUY + f'2024-01-03T15:00:00Z,buy,b2,SPY,1,"{bomb}",,,,,,\n'))
    assert len(found) == 1
    assert "h.csv row 3 column price" in found[0]
    assert len(found[0]) < 300


SYMBOLS = ("", "🚀", "\u202eYPS", "A" * 10_240, "../x\\", "=HYPERLINK(1)", "@SUM(A1)", "BTC USD", "CASH", "' OR 1=1")


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda symbol: ascii(symbol[:12]) or "empty")
def test_what_is_no_symbol_is_refused_in_its_cell(symbol: str, write: Write) -> None:
    found = faults(write(HEAD + BUY + f'2024-01-03T15:00:00Z,buy,b2,"{symbol}",1,1,,,,,,\n'))
    assert len(found) == 1
    assert "h.csv row 3 column symbol" in found[0]
    assert found[0].isascii()
    assert len(found[0]) < 300


@pytest.mark.parametrize("symbol", ("BRK.B", "BTC/USDT", "brk-b", "ES:2024_H"))
def test_a_symbol_that_looks_odd_is_one(symbol: str, write: Write) -> None:
    assert one(write(HEAD + BUY.replace("SPY", symbol))).symbol == symbol.upper()


BROKEN = (
    pytest.param(BUY + "2024-01-03T15:00:00Z,buy\n", "row 3", "2 cells", id="a row too short"),
    pytest.param(BUY + BUY.strip() + ",\n", "row 3", "13 cells", id="a row too long"),
    pytest.param("\n" + BUY, "row 2", "an empty row", id="a gap"),
    pytest.param(BUY.replace("buy", "short"), "column kind: short", "one of buy, sell", id="unknown kind"),
    pytest.param(BUY.replace("buy", ""), "column kind: an empty cell", "one of buy", id="no kind"),
    pytest.param(BUY.replace(",2,", ",0,"), "column quantity: 0", "above zero", id="quantity zero"),
    pytest.param(BUY.replace(",2,", ",-2,"), "column quantity: -2", "above zero", id="quantity below zero"),
    pytest.param(BUY.replace("b1", "=cmd|x"), "column id: =cmd|x", "an identity", id="a formula as identity"),
    pytest.param(BUY.replace("b1", "b" * 101), "column id", "at most 100", id="a long identity"),
    pytest.param(DEPOSIT.replace("1000.50", "-5"), "column amount: -5", "says its direction", id="deposit below zero"),
    pytest.param(DEPOSIT.replace("1000.50", "0"), "column amount: 0", "other than zero", id="deposit of nothing"),
    pytest.param(DEPOSIT.replace("d1,", "d1,SPY"), "column symbol: SPY", "an empty cell in a row", id="a stray symbol"),
    pytest.param(BUY.replace(",0.35,,", ",0.35,B$,"), "column fee_currency: B$", "an asset", id="asset"),
    pytest.param('2024-01-03T15:00:00Z,buy,"b1\n', "row 2", "quotes closed", id="an open quote"),
    pytest.param(
        BUY + BUY.replace("470.10", "470.20"), "row 3", "price 470.20; row 2 has price 470.10", id="one id, two prices"
    ),
    pytest.param(
        "2024-01-02T00:00:00Z,split,,NVDA,,,,,,,10:0,\n", "column ratio: 0", "above zero", id="a split into nothing"
    ),
)


@pytest.mark.parametrize(("rows", "where", "rule"), BROKEN)
def test_a_broken_row_is_refused_with_row_field_and_value(rows: str, where: str, rule: str, write: Write) -> None:
    (fault,) = faults(write(HEAD + rows))
    assert where in fault
    assert rule in fault


WHOLE = (
    pytest.param(b"", "an empty file", id="empty"),
    pytest.param(HEAD.encode(), "no rows", id="header only"),
    pytest.param(HEAD.replace("fee,", "Price,", 1).encode() + b"x\n", "each column once", id="a column twice"),
    pytest.param(HEAD.replace("fee,", ",", 1).encode() + b"x\n", "no name for column 7", id="a column without a name"),
    pytest.param(b"time,kind,amont\n", "one of time, kind", id="a misspelt column"),
    pytest.param(b"a,b\n1,2\n", "the columns of a known form", id="no form"),
    pytest.param(HEAD.encode() + BUY.encode().replace(b"SPY", b"S\0Y"), "a NUL byte", id="NUL"),
    pytest.param(HEAD.encode() + BUY.encode().replace(b"SPY", b"S\xe9Y"), "text in UTF-8", id="Latin-1"),
    pytest.param(HEAD.encode("utf-16"), "UTF-8", id="UTF-16"),
    pytest.param(b"\xff" * 4_000, "UTF-8", id="binary"),
    pytest.param(HEAD.encode() + b"x" * 1_000_001, "1,000,000 bytes", id="a long line"),
    pytest.param(b"[" * 200_000, "without end", id="nested lists"),
    pytest.param(b'{"a":' * 100_000, "without end", id="nested objects"),
    pytest.param(b'{"activities": []}', "a JSON list", id="a JSON object"),
    pytest.param(b"[{]", "row 1", id="broken JSON"),
    pytest.param(b"[]", "the columns of a known form", id="an empty list"),
)


@pytest.mark.parametrize(("content", "rule"), WHOLE)
def test_a_file_that_cannot_be_read_says_why(content: bytes, rule: str, write: Write) -> None:
    (fault,) = faults(write(content))
    assert rule in fault
    assert "\n" not in fault


def test_a_file_that_is_too_large_is_not_read_to_its_end(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_module, "FILE_BYTES_MAX", 100)
    assert "at most 100 bytes" in faults(write(HEAD + DEPOSIT))[0]
    monkeypatch.undo()
    monkeypatch.setattr(sheet_module, "ROWS_MAX", 1)
    assert "2 rows" in faults(write(HEAD + DEPOSIT + BUY))[0]


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    assert "No such file" in faults(tmp_path / "none.csv")[0]
    assert "can be read" in faults(tmp_path)[0]


def test_every_fault_of_a_file_is_told_and_the_rest_of_many_are_counted(write: Write) -> None:
    bad = "2024-13-03T15:00:00Z,buy,=,??,x,0,y,,,,,\n"
    found = faults(write(HEAD + BUY + bad))
    assert [fault.split(":")[0].rpartition(" ")[2] for fault in found] == [
        *("time", "symbol", "price", "quantity", "fee", "id"),
    ]
    with pytest.raises(BrokenHistory) as caught:
        read_history(write(HEAD + bad * 100))
    assert (len(caught.value.faults), caught.value.count) == (50, 600)
    assert "600 faults" in str(caught.value)


def test_equal_rows_without_an_identity_are_as_many_events_as_there_are_rows(write: Write) -> None:
    row = "2024-01-03T15:00:00Z,buy,,SPY,2,470.10,,,,,,\n"
    first = read_history(write(HEAD + row + row)).entries
    again = read_history(write(HEAD + row + row.replace("470.10", "470.1") + row)).entries
    assert len({entry.identity for entry in first}) == 2
    assert {entry.identity for entry in first} < {entry.identity for entry in again}
    assert [entry.order for entry in again] == [1, 2, 3]


@given(st.binary(max_size=300))
@SAME_FOLDER
def test_no_bytes_do_more_than_be_refused(write: Write, content: bytes) -> None:
    assert faults(write(HEAD.encode() + b"2024-01-03T15:00:00Z,buy,x,SPY,0,1,,,,,,\n" + content))


# ── Alpaca ───────────────────────────────────────────────────────────────────────────────────────────────

FILL = {
    "id": "20190524113406977::8efc7b9a-8b2b-4000-9955-d36e7db0df74",
    "activity_type": "FILL",
    "transaction_time": "2019-05-24T15:34:06.977Z",
    "type": "fill",
    "price": "1.63",
    "qty": "1",
    "side": "buy",
    "symbol": "LPCN",
    "leaves_qty": "0",
    "order_id": "904837e3-3b76-47ec-b432-046db621571b",
    "cum_qty": "1.0",
    "order_status": "filled",
}


def other(kind: str, **fields: object) -> dict[str, object]:
    row = {"activity_type": kind, "id": "20190801011955195::5f596936", "date": "2019-08-01", "net_amount": "1.02"}
    return {**row, "status": "executed", **fields}


def test_a_fill_has_the_identity_that_the_stream_of_executions_has(write: Write) -> None:
    entry = one(write([FILL], "a.json"))
    assert entry.identity == "alpaca:904837e3-3b76-47ec-b432-046db621571b:1"
    assert (entry.side, entry.quantity, entry.price, entry.asset) == (Side.BUY, D(1), D("1.63"), "USD")
    assert entry.at == datetime(2019, 5, 24, 15, 34, 6, 977_000, tzinfo=UTC)
    short = one(write([{**FILL, "side": "sell_short", "symbol": "ETH/BTC", "cum_qty": 2, "qty": 0.5}], "a.json"))
    assert (short.side, short.asset, short.quantity) == (Side.SELL, "BTC", D("0.5"))
    assert one(write([{**FILL, "order_id": None}], "a.json")).entry_id == FILL["id"]


def test_activities_as_csv_are_the_same(write: Write) -> None:
    text = ",".join(FILL) + "\n" + ",".join(FILL.values()) + "\n"
    assert differences(one(write(text)), one(write([FILL], "a.json"))) is None


CASH = (
    *(("CSD", "1000", EntryKind.DEPOSIT), ("CSW", "-10", EntryKind.WITHDRAWAL), ("TRANS", "-1", EntryKind.WITHDRAWAL)),
    *(("JNLC", "5", EntryKind.DEPOSIT), ("ACATC", "-5", EntryKind.WITHDRAWAL), ("DIV", "1.02", EntryKind.DIVIDEND)),
    *(("DIVNRA", "-0.3", EntryKind.DIVIDEND), ("DIVROC", "2", EntryKind.DIVIDEND), ("INT", "-4", EntryKind.INTEREST)),
    *(("FEE", "-0.02", EntryKind.FEE), ("PTC", "-1", EntryKind.FEE), ("PTR", "1", EntryKind.FEE)),
)


@pytest.mark.parametrize(("kind", "amount", "meaning"), CASH)
def test_each_activity_of_cash_is_booked_by_its_sign(kind: str, amount: str, meaning: EntryKind, write: Write) -> None:
    entry = one(write([other(kind, net_amount=amount, symbol="T" if kind.startswith("DIV") else None)], "a.json"))
    assert (entry.kind, entry.amount, entry.asset) == (meaning, D(amount), "USD")
    assert entry.at == datetime(2019, 8, 1, 4, tzinfo=UTC)  # the day begins in New York
    assert entry.symbol == ("T" if kind.startswith("DIV") else "")


def test_a_fee_on_coins_is_paid_in_coins(write: Write) -> None:
    row = other("CFEE", net_amount="0", qty="-0.00025", symbol="BTCUSD")
    entry = one(write([row], "a.json"))
    assert (entry.kind, entry.amount, entry.asset, entry.symbol) == (EntryKind.FEE, D("-0.00025"), "BTC", "")


def test_two_rows_tell_a_split_and_two_a_new_symbol(write: Write) -> None:
    rows = [
        other("SPLIT", id="s2", net_amount="0", symbol="AMZN", qty="20"),
        other("SPLIT", id="s1", net_amount="0", symbol="AMZN", qty="-1"),
        other("NC", id="n1", net_amount="0", symbol="META", qty="7"),
        other("NC", id="n2", net_amount="0", symbol="FB", qty="-7"),
        other("CSD", id="c", status="canceled"),
    ]
    history = read_history(write(rows, "a.json"))
    split, change = sorted(history.entries, key=lambda entry: entry.kind)
    assert (split.entry_id, split.units_before, split.units_after) == ("s1", D(1), D(20))
    assert (change.symbol, change.new_symbol) == ("FB", "META")
    assert [(left.what, left.rows) for left in history.left_out] == [("canceled", 1)]


NO_ACTIVITY = (
    pytest.param(other("XYZ"), "row 1 column activity_type: XYZ", "that this version knows", id="unknown"),
    pytest.param(other("SPIN"), "activity_type: SPIN", "record_corporate_action", id="spin-off"),
    pytest.param(other("OPEXP"), "activity_type: OPEXP", "without options", id="options"),
    pytest.param(other("ACATS", qty="5"), "activity_type: ACATS", "kind `position`", id="shares that came"),
    pytest.param(other("DIV", status="correct"), "column status: correct", "executed or canceled", id="a correction"),
    pytest.param(other("SPLIT", symbol="X", qty="19"), "column qty: 19", "`ratio`", id="half a split"),
    pytest.param(other("NC", symbol="X", qty="19"), "activity_type: NC", "`new_symbol`", id="half a new symbol"),
    pytest.param(other("CSW", net_amount="5"), "column net_amount: 5", "below zero", id="a withdrawal that pays in"),
    pytest.param(other("DIV", net_amount="0"), "column net_amount: 0", "other than zero", id="nothing"),
    pytest.param({**FILL, "side": "hold"}, "column side: hold", "buy, sell, sell_short", id="side"),
    pytest.param({**FILL, "qty": [1]}, "column qty: [a list]", "a number", id="a list as a number"),
    pytest.param({**FILL, "price": True}, "column price: true", "a number", id="yes as a number"),
    pytest.param({**FILL, "price": "1,63"}, "column price: 1,63", "a number", id="comma in JSON"),
    pytest.param({**FILL, "transaction_time": ""}, "column transaction_time: an empty", "such as", id="no time"),
    pytest.param({**FILL, "QTY": "2"}, "row 1: QTY", "each key once", id="a key twice"),
    pytest.param(7, "row 2: 7", "an object", id="a number as a row"),
)


@pytest.mark.parametrize(("row", "where", "rule"), NO_ACTIVITY)
def test_what_alpaca_does_not_say_exactly_is_refused(row: object, where: str, rule: str, write: Write) -> None:
    (fault,) = faults(write([FILL, row] if isinstance(row, int) else [row], "a.json"))
    assert where in fault
    assert rule in fault


# ── Binance ──────────────────────────────────────────────────────────────────────────────────────────────

TRADE: dict[str, object] = {
    "symbol": "BTCUSDT",
    "id": 698759,
    "orderId": 25851813,
    "side": "SELL",
    "price": "7819.01",
    "qty": "0.002",
    "quoteQty": "15.63802",
    "realizedPnl": "-0.91539999",
    "commission": "0.0078",
    "commissionAsset": "USDT",
    "time": 1569514978020,
    "positionSide": "BOTH",
    "buyer": False,
    "maker": False,
}
SPOT: dict[str, object] = {
    "symbol": "BNBBTC",
    "id": 28457,
    "orderId": 100234,
    "price": "4.00000100",
    "qty": "12.00000000",
    "quoteQty": "48.000012",
    "commission": "10.10000000",
    "commissionAsset": "BNB",
    "time": 1499865549590,
    "isBuyer": True,
    "isMaker": False,
    "isBestMatch": True,
}


def income(kind: str, amount: str, number: int = 9689322392, **fields: object) -> dict[str, object]:
    row = {"symbol": "BTCUSDT", "incomeType": kind, "income": amount, "asset": "USDT", "info": "", "tradeId": ""}
    return {**row, "time": 1570608000000, "tranId": number, **fields}


def test_a_trade_of_futures_and_one_of_spot(write: Write) -> None:
    entry = one(write([TRADE], "t.json"))
    assert (entry.identity, entry.side, entry.asset, entry.order) == (
        "binance:BTCUSDT:698759",
        Side.SELL,
        "USDT",
        698759,
    )
    assert (entry.fee, entry.fee_asset) == (D("0.0078"), "USDT")
    assert entry.at == datetime(2019, 9, 26, 16, 22, 58, 20_000, tzinfo=UTC)
    spot = one(write([SPOT], "t.json"))
    assert (spot.side, spot.asset, spot.fee, spot.fee_asset) == (Side.BUY, "BTC", D("10.1"), "BNB")


def test_income_leaves_out_what_the_trades_bring(write: Write) -> None:
    rows = [
        income("FUNDING_FEE", "-0.5"),
        income("TRANSFER", "100", symbol=""),
        income("TRANSFER", "-40", 9689322393, symbol=""),
        income("COMMISSION", "-0.01"),
        income("REALIZED_PNL", "3"),
        income("REALIZED_PNL", "4"),
    ]
    history = read_history(write(rows, "i.json"))
    assert [(entry.kind, entry.amount, entry.entry_id) for entry in history.entries] == [
        (EntryKind.FUNDING, D("-0.5"), "FUNDING_FEE:9689322392"),  # one number, two types: two identities
        (EntryKind.DEPOSIT, D(100), "TRANSFER:9689322392"),
        (EntryKind.WITHDRAWAL, D(-40), "TRANSFER:9689322393"),
    ]
    assert {left.what: left.rows for left in history.left_out} == {"REALIZED_PNL": 2, "COMMISSION": 1}


SIGNS = (
    pytest.param((("0.5", False),), None, (D("0.5"),), id="positive: paid"),
    pytest.param((("-0.5", False), ("0.1", True)), None, (D("0.5"), D("-0.1")), id="a taker's negative: paid"),
    pytest.param((("0.5", False), ("-0.1", True)), None, (D("0.5"), D("-0.1")), id="a maker's negative: rebate"),
    pytest.param((("-0.1", True),), FeeSign.NEGATIVE, (D("0.1"),), id="said to be paid"),
    pytest.param((("-0.1", True),), FeeSign.POSITIVE, (D("-0.1"),), id="said to be received"),
    pytest.param((("-0.1", True),), None, "say --fees negative", id="unexplained"),
    pytest.param((("-0.1", False), ("0.1", False)), None, "one sign for what takers pay", id="both"),
)


@pytest.mark.parametrize(("told", "said", "fees"), SIGNS)
def test_the_sign_of_a_commission_is_proved_or_said(
    told: tuple[tuple[str, bool], ...], said: FeeSign | None, fees: tuple[Decimal, ...] | str, write: Write
) -> None:
    rows = [{**TRADE, "id": n, "commission": fee, "maker": maker} for n, (fee, maker) in enumerate(told)]
    path = write(rows, "t.json")
    if isinstance(fees, str):
        assert fees in faults(path)[0]
    else:
        assert tuple(entry.fee for entry in read_history(path, ReadingTerms(fees=said)).entries) == fees


NO_TRADE = (
    pytest.param({**TRADE, "positionSide": "LONG"}, "column positionSide: LONG", "hedge mode", id="hedge mode"),
    pytest.param({**TRADE, "quoteQty": "15"}, "column quoteQty: 15", "15.63802", id="value"),
    pytest.param({**TRADE, "symbol": "BTCXYZ"}, "column symbol: BTCXYZ", "ends in", id="quote"),
    pytest.param({**TRADE, "id": "x1"}, "column id: x1", "at most 18 digits", id="number"),
    pytest.param({**TRADE, "time": 1569514978}, "column time: 1569514978", "13 digits", id="seconds"),
    pytest.param({**TRADE, "commission": "1e999999999"}, "column commission", "a number", id="bomb"),
    pytest.param(income("AUTO_EXCHANGE", "1"), "column incomeType: AUTO_EXCHANGE", "knows", id="unknown income"),
)


@pytest.mark.parametrize(("row", "where", "rule"), NO_TRADE)
def test_what_binance_does_not_say_exactly_is_refused(
    row: dict[str, object], where: str, rule: str, write: Write
) -> None:
    (fault,) = faults(write([row], "t.json"))
    assert where in fault
    assert rule in fault


def test_a_broker_s_list_saved_by_a_brazilian_spreadsheet(write: Write) -> None:
    text = ";".join(TRADE) + "\n" + ";".join(str(value) for value in TRADE.values()).replace(".", ",") + "\n"
    assert one(write(text)).price == D("7819.01")


def test_a_form_that_was_asked_for_and_is_not_there(write: Write) -> None:
    (fault,) = faults(write([TRADE], "t.json"), ReadingTerms(form=HistoryForm.ALPACA))
    assert "alpaca activities" in fault
    assert "generic" not in fault
    assert read_history(write([TRADE], "t.json"), ReadingTerms(form=HistoryForm.BINANCE)).form == "binance trades"


@given(st.lists(st.integers(0, 5), min_size=2, max_size=20))
@SAME_FOLDER
def test_entries_rise_in_time_whatever_the_order_of_the_rows(write: Write, minutes: list[int]) -> None:
    start = datetime(2024, 1, 3, 15, tzinfo=UTC)
    rows = [
        {**TRADE, "id": n, "time": int((start + timedelta(minutes=minute)).timestamp()) * 1000}
        for n, minute in enumerate(minutes)
    ]
    entries = read_history(write(rows, "t.json")).entries
    assert len(entries) == len(minutes)
    assert [(entry.at, entry.order) for entry in entries] == sorted((entry.at, entry.order) for entry in entries)
