"""Does the quick reader of sealed bytes make the same facts as the codec, and leave to it what it cannot judge?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.domain.accounts import AccountKind
from counterpoise.domain.facts import Deposit, Fact
from counterpoise.domain.numbers import exact
from counterpoise.ledger import sealed
from counterpoise.ledger.chain import genesis
from counterpoise.ledger.codec import decode, encode
from counterpoise.ledger.journal import TWIN_KEY, Entry, draft
from counterpoise.ledger.journal import sealed as seal_all
from tests.ledger.samples import SAMPLES, deposit
from tests.portfolio.making import Story


def entry_of(fact: Fact) -> Entry:
    """The fact as the first of an account."""
    (made,) = seal_all(draft(fact.account, fact.sequence, fact.epoch, (fact,)), TWIN_KEY, genesis(fact.account))
    return made


@pytest.mark.parametrize("kind", tuple(SAMPLES))
def test_every_kind_is_read_as_the_codec_reads_it(kind: str) -> None:
    made = entry_of(SAMPLES[kind])
    found = sealed.read(made)
    assert found == decode(made.raw)
    assert found is not None
    assert encode(found) == made.raw  # digits and zones too, not only equal values


@given(
    amount=st.decimals(min_value=Decimal("0.000000000000000001"), max_value=Decimal(10) ** 17, places=18),
    text=st.text(max_size=20).filter(lambda text: text.isprintable()),
)
def test_any_amount_and_any_text_come_out_alike(amount: Decimal, text: str) -> None:
    with exact():
        fact = replace(deposit(1, fact_id=f"Deposit:{text}:0"), body=Deposit(amount=amount, asset="USD"))
        made = entry_of(fact)
        assert sealed.read(made) == decode(made.raw) == fact


@pytest.mark.parametrize(
    "change",
    (
        pytest.param(lambda made: made._replace(source="other"), id="a column that differs"),
        pytest.param(lambda made: made._replace(raw=made.raw[:-1]), id="bytes that end early"),
        pytest.param(lambda made: made._replace(raw=b"[]"), id="no object"),
        pytest.param(lambda made: made._replace(raw=b"\xff"), id="no text"),
        pytest.param(
            lambda made: made._replace(raw=made.raw.replace(b'"schema":1', b'"schema":9'), schema=9),
            id="a schema of later",
        ),
        pytest.param(
            lambda made: made._replace(raw=made.raw.replace(b'"kind":"Fill"', b'"kind":"Wish"'), kind="Wish"),
            id="a kind that nobody knows",
        ),
        pytest.param(lambda made: made._replace(raw=made.raw.replace(b'"BUY"', b'"HODL"')), id="no side"),
        pytest.param(
            lambda made: made._replace(raw=made.raw.replace(b'"quantity":"', b'"quantity":"-')),
            id="a fill of less than nothing",
        ),
        pytest.param(lambda made: made._replace(raw=made.raw[:-1] + b',"x":1}'), id="a field that nobody knows"),
    ),
)
def test_what_it_cannot_judge_is_left_to_the_codec(change: Callable[[Entry], Entry]) -> None:
    made = Story(AccountKind.MARGIN, "BTC")
    fact = made.fill("BUY", "BTC", "1", "100")
    entry = entry_of(fact)
    assert sealed.read(entry) == fact
    assert sealed.read(change(entry)) is None
