"""Has a fact one form, is it read back strictly, and are the forms of today those of for ever?"""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any, NewType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.errors import InvalidFact, UnknownKind
from counterpoise.domain.facts import BODIES, SCHEMAS, Fact, WriterClaimed
from counterpoise.ledger.codec import build, decode, encode, from_bytes, parse, to_bytes
from counterpoise.ledger.forms import form_of
from counterpoise.ledger.lots import Lot
from counterpoise.portfolio.state import AccountState, Holding
from tests.ledger.samples import AT, GOLDEN, SAMPLES, deposit, fact_of

KINDS = tuple(BODIES)


def test_every_kind_has_a_sample_and_every_sample_a_golden_file() -> None:
    assert sorted(SAMPLES) == sorted(KINDS)
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == sorted(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bytes_of_a_kind_are_those_kept_for_ever(kind: str) -> None:
    golden = (GOLDEN / f"{kind}.json").read_bytes()
    assert encode(SAMPLES[kind]) == golden
    assert decode(golden) == SAMPLES[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_has_a_value_in_every_field_of_its_body(kind: str) -> None:
    body = SAMPLES[kind].body
    assert {item.name for item in dataclasses.fields(body)} == set(json.loads(encode(SAMPLES[kind]))["body"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_fact_is_hashable_so_nothing_in_it_can_change(kind: str) -> None:
    assert hash(SAMPLES[kind]) == hash(decode(encode(SAMPLES[kind])))


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_are_sorted_compact_json(kind: str) -> None:
    raw = encode(SAMPLES[kind])
    canonical = json.dumps(json.loads(raw), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert raw == canonical.encode()


def test_the_digits_received_are_kept() -> None:
    raw = encode(SAMPLES["Fill"])
    assert b'"quantity":"10.50"' in raw
    assert str(decode(raw).body.quantity) == "10.50"


def test_absent_fields_are_left_out() -> None:
    assert not {"instrument", "strategy_shares"} & set(json.loads(encode(deposit(1))))


def changed(raw: bytes, **fields: object) -> bytes:
    """The object with some fields replaced, or without those that are given as `...`."""
    read = {**json.loads(raw), **fields}
    return json.dumps({name: value for name, value in read.items() if value is not ...}).encode()


FILL = encode(SAMPLES["Fill"])
BODY = json.loads(FILL)["body"]

REFUSED = (
    pytest.param(changed(FILL, venue="x"), "venue", id="an unknown field"),
    pytest.param(changed(FILL, body={**BODY, "venue": "x"}), "body.venue", id="an unknown field of the body"),
    pytest.param(changed(FILL, actor=...), "actor", id="a missing field"),
    pytest.param(changed(FILL, body={**BODY, "price": 412.1}), "number", id="a number with a point"),
    pytest.param(changed(FILL, body={**BODY, "price": 412}), "body.price", id="a whole number for a decimal"),
    pytest.param(changed(FILL, body={**BODY, "price": "4e2"}), "body.price", id="an exponent"),
    pytest.param(changed(FILL, body={**BODY, "price": "NaN"}), "body.price", id="not a number"),
    pytest.param(changed(FILL, body={**BODY, "price": "1_0"}), "body.price", id="an underscore"),
    pytest.param(changed(FILL, body={**BODY, "price": "٣"}), "body.price", id="other digits"),
    pytest.param(changed(FILL, body={**BODY, "price": "01"}), "body.price", id="a leading zero"),
    pytest.param(changed(FILL, body={**BODY, "price": "1" * 81}), "body.price", id="81 digits"),
    pytest.param(changed(FILL, body={**BODY, "quantity": "0"}), "body.quantity", id="a value the domain refuses"),
    pytest.param(changed(FILL, body={**BODY, "side": "HOLD"}), "body.side", id="no member of the enum"),
    pytest.param(changed(FILL, body=[]), "body", id="an array for an object"),
    pytest.param(changed(FILL, epoch="1"), "epoch", id="text for a whole number"),
    pytest.param(changed(FILL, epoch=True), "epoch", id="true for a whole number"),
    pytest.param(changed(FILL, source=1), "source", id="a number for text"),
    pytest.param(changed(FILL, instrument=None), "instrument", id="null"),
    pytest.param(changed(FILL, strategy_shares=[]), "strategy_shares", id="an empty array that is left out"),
    pytest.param(
        changed(FILL, strategy_shares=[{"amount": 1, "strategy": "a"}]),
        "strategy_shares.[0].amount",
        id="inside an array",
    ),
    pytest.param(changed(FILL, occurred_at="2024-03-10T06:59:59Z"), "occurred_at", id="no microseconds"),
    pytest.param(changed(FILL, occurred_at="2024-03-10T06:59:59,999999Z"), "occurred_at", id="a comma"),
    pytest.param(changed(FILL, occurred_at="2024-02-30T06:59:59.999999Z"), "occurred_at", id="no such day"),
    pytest.param(changed(FILL, schema=0), "kind, schema", id="schema 0"),
    pytest.param(changed(FILL, schema="1"), "kind, schema", id="a schema as text"),
    pytest.param(changed(FILL, kind=...), "kind, schema", id="no kind"),
    pytest.param(FILL[:-1] + b',"epoch":3}', "epoch", id="a key twice"),
    pytest.param(FILL[:-1], "fact", id="cut off"),
    pytest.param(b"[]", "fact", id="no object"),
    pytest.param(b"\xff", "fact", id="no UTF-8"),
    pytest.param(b'{"a":NaN}', "number", id="NaN as JSON"),
    pytest.param(b'{"a":' * 100_000, "fact", id="nested too deep"),
    pytest.param(b'{"a":' + b"9" * 5_000 + b"}", "fact", id="a number of 5,000 digits"),
)


@pytest.mark.parametrize(("raw", "name"), REFUSED)
def test_what_is_no_fact_is_refused_by_the_name_of_the_field(raw: bytes, name: str) -> None:
    with pytest.raises(InvalidFact) as refused:
        decode(raw)
    assert refused.value.field == name


@pytest.mark.parametrize(
    "raw",
    (
        pytest.param(changed(FILL, kind="Miracle"), id="kind"),
        pytest.param(changed(FILL, schema=2), id="schema of a newer version"),
    ),
)
def test_an_unknown_kind_or_schema_is_never_ignored(raw: bytes) -> None:
    with pytest.raises(UnknownKind):
        decode(raw)


class Text(str):
    """Not quite text."""

    __slots__ = ()


NOTHING: dict[str, Any] = {"source": None}
A_DATE: dict[str, Any] = {"occurred_at": date(2024, 3, 10)}
UNWRITABLE: tuple[Any, ...] = (
    pytest.param(lambda: dataclasses.replace(deposit(1), epoch=True), "epoch", id="a bool as a number"),
    pytest.param(lambda: dataclasses.replace(deposit(1), **NOTHING), "source", id="None where text belongs"),
    pytest.param(lambda: dataclasses.replace(deposit(1), source=Text("x")), "source", id="a kind of text"),
    pytest.param(lambda: dataclasses.replace(deposit(1), source="\ud800"), "text", id="half a character"),
    pytest.param(
        lambda: dataclasses.replace(deposit(1), occurred_at=AT.replace(tzinfo=None)), "occurred_at", id="naive time"
    ),
    pytest.param(
        lambda: dataclasses.replace(deposit(1), occurred_at=AT.astimezone(timezone(timedelta(hours=1)))),
        "occurred_at",
        id="another zone",
    ),
    pytest.param(
        lambda: dataclasses.replace(deposit(1), **A_DATE),
        "occurred_at",
        id="a date for a time",
    ),
    pytest.param(lambda: dataclasses.replace(deposit(1), body=SAMPLES["Fill"].body), "body", id="another kind's body"),
    pytest.param(
        lambda: fact_of(dataclasses.replace(SAMPLES["FxRate"].body, rate=Decimal("1e99"))), "body.rate", id="100 digits"
    ),
    pytest.param(
        lambda: fact_of(dataclasses.replace(SAMPLES["ModeChanged"].body, reasons=["a list"])),
        "body.reasons",
        id="a list for a tuple",
    ),
    pytest.param(
        lambda: fact_of(dataclasses.replace(SAMPLES["ModeChanged"].body, mode="SAFE")), "body.mode", id="text for enum"
    ),
)


@pytest.mark.parametrize(("make", "name"), UNWRITABLE)
def test_what_has_no_form_is_refused_before_it_is_written(make: Callable[[], Fact], name: str) -> None:
    with pytest.raises(InvalidFact) as refused:
        encode(make())
    assert refused.value.field == name


@pytest.mark.parametrize("change", ({"kind": "Miracle"}, {"schema": 2}))
def test_only_todays_kinds_and_schemas_are_written(change: dict[str, Any]) -> None:
    with pytest.raises(UnknownKind):
        encode(dataclasses.replace(deposit(1), **change))


# ── old schemas ──────────────────────────────────────────────────────────────────────────────────────────

OLD = parse(changed(encode(fact_of(WriterClaimed(owner="x"))), schema=1, body={"host": "h", "process": 7}))
STEPS = {
    ("WriterClaimed", 1): lambda body: {"seat": f"{body['host']}/{body['process']}"},
    ("WriterClaimed", 2): lambda body: {"owner": body["seat"]},
}
SCHEMAS_THEN = {**SCHEMAS, "WriterClaimed": 3}


def test_an_old_body_is_lifted_one_schema_at_a_time() -> None:
    fact = build(OLD, upcasters=STEPS, schemas=SCHEMAS_THEN)
    assert fact.body == WriterClaimed(owner="h/7")
    assert fact.schema == 3
    assert OLD["schema"] == 1


def test_a_missing_upcaster_is_an_error() -> None:
    with pytest.raises(UnknownKind, match="schema 2 has no upcaster to 3"):
        build(OLD, upcasters={("WriterClaimed", 1): STEPS["WriterClaimed", 1]}, schemas=SCHEMAS_THEN)


# ── any dataclass ────────────────────────────────────────────────────────────────────────────────────────

Units = NewType("Units", Decimal)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    units: Units
    colour: Colour


@dataclass(slots=True, kw_only=True)
class Tree:
    name: str
    must: int | None
    count: int = 7
    flag: bool = True
    day: date | None = None
    at: datetime | None = None
    leaf: Leaf | None = None
    leaves: list[Leaf] = field(default_factory=list)
    by_name: dict[str, Leaf] = field(default_factory=dict)
    by_line: dict[int, str] = field(default_factory=dict)
    by_colour: dict[Colour, Decimal] = field(default_factory=dict)
    nested: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    seen: dict[str, None] = field(default_factory=dict)
    pairs: tuple[tuple[str, tuple[tuple[str, Decimal], ...]], ...] = ()
    required: tuple[int, ...]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
decimals = st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**18), max_value=10**18)
leaves = st.builds(Leaf, units=decimals, colour=st.sampled_from(Colour))
trees = st.builds(
    Tree,
    name=texts,
    must=st.none() | st.integers(),
    count=st.integers(),
    flag=st.booleans(),
    day=st.none() | st.dates(),
    at=st.none() | st.datetimes(timezones=st.just(UTC)),
    leaf=st.none() | leaves,
    leaves=st.lists(leaves, max_size=3),
    by_name=st.dictionaries(texts, leaves, max_size=3),
    by_line=st.dictionaries(st.integers(-(10**17), 10**17), texts, max_size=12),
    by_colour=st.dictionaries(st.sampled_from(Colour), decimals),
    nested=st.dictionaries(texts, st.dictionaries(texts, decimals, max_size=3), max_size=3),
    seen=st.dictionaries(texts, st.none(), max_size=5),
    pairs=st.lists(st.tuples(texts, st.lists(st.tuples(texts, decimals), max_size=2).map(tuple)), max_size=2).map(
        tuple
    ),
    required=st.lists(st.integers(), max_size=2).map(tuple),
)


@given(tree=trees)
def test_any_value_comes_back_and_its_bytes_come_back(tree: Tree) -> None:
    raw = to_bytes(tree)
    assert from_bytes(Tree, raw) == tree
    assert to_bytes(from_bytes(Tree, raw)) == raw


@given(tree=trees)
def test_equal_states_have_equal_bytes_in_whichever_order_they_were_filled(tree: Tree) -> None:
    other = dataclasses.replace(
        tree,
        by_name=dict(reversed(tree.by_name.items())),
        by_line=dict(reversed(tree.by_line.items())),
        seen=dict(reversed(tree.seen.items())),
    )
    assert to_bytes(other) == to_bytes(tree)


def test_the_state_of_an_account_is_a_value_like_any_other() -> None:
    state = AccountState(account="main")
    state.holdings["paper:X:1"] = Holding(
        instrument="paper:X:1", lots=[Lot(fill_id="f", opened_at=AT, quantity=Decimal("1.50"), cost=Decimal(3))]
    )
    state.spun_off["f"] = None
    assert from_bytes(AccountState, to_bytes(state)) == state


def test_an_empty_collection_without_a_default_is_written() -> None:
    assert json.loads(to_bytes(Tree(name="", must=None, required=()))) == {
        "count": 7, "flag": True, "name": "", "required": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "where"),
    (
        pytest.param("by_line", {"x": "a"}, "by_line.x", id="a key that is no number"),
        pytest.param("by_line", {"07": "a"}, "by_line.07", id="a key with a leading zero"),
        pytest.param("by_colour", {"green": "1"}, "by_colour.green", id="a key that is no colour"),
        pytest.param("nested", {"a": {"b": 1}}, "nested.a.b", id="deep inside"),
        pytest.param("nested", {"a": []}, "nested.a", id="an array for a dict"),
        pytest.param("seen", ["a", "a"], "seen", id="a key twice"),
        pytest.param("seen", {"a": 1}, "seen", id="an object for keys"),
        pytest.param("pairs", [["a"]], "pairs.[0]", id="too short a tuple"),
        pytest.param("leaves", {}, "leaves", id="an object for a list"),
        pytest.param("flag", 1, "flag", id="1 for true"),
        pytest.param("day", "2024-W10-1", "day", id="a week date"),
        pytest.param("day", "2024-02-30", "day", id="no such day"),
    ),
)
def test_a_misfit_is_named_by_its_path(name: str, value: object, where: str) -> None:
    written = {"count": 7, "flag": True, "name": "", "required": [], name: value}
    with pytest.raises(InvalidFact) as refused:
        from_bytes(Tree, json.dumps(written).encode())
    assert refused.value.field == where


@pytest.mark.parametrize("hint", (float, int | str, set[str], object, bytes, Decimal | float | None))
def test_a_type_without_a_form_is_found_at_once(hint: object) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        form_of(hint)
