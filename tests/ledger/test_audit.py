"""Is every change to a journal found, and the first bad entry named?"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise.ledger.audit import Auditor, audit
from counterpoise.ledger.chain import genesis, seal
from counterpoise.ledger.codec import decode, encode, parse
from counterpoise.ledger.journal import TWIN_KEY, Anchor, Entry, draft, sealed
from tests.ledger.samples import ARCHIVE, ARCHIVES, AT, SAMPLES, archive, deposit, deposits

OTHER_KEY = bytes(32)


def chained(count: int = 9, key: bytes = TWIN_KEY) -> list[Entry]:
    """A whole journal of deposits."""
    return sealed(draft("main", 1, 1, deposits(1, count)), key, genesis("main"))


def anchor(sequence: int, entries: list[Entry] | None = None) -> Anchor:
    return Anchor(account="main", sequence=sequence, seal=(entries or chained())[sequence - 1].seal, at=AT)


def resealed(entries: list[Entry], key: bytes) -> list[Entry]:
    """The same entries with a chain of their own."""
    previous, anew = genesis("main"), []
    for entry in entries:
        previous = seal(key, previous, entry.raw)
        anew.append(entry._replace(seal=previous))
    return anew


def swapped(entries: list[Entry], a: int, b: int) -> list[Entry]:
    """Two entries with each other's number, in the order of their numbers."""
    entries = [*entries]
    entries[a - 1], entries[b - 1] = (
        entries[b - 1]._replace(sequence=a),
        entries[a - 1]._replace(sequence=b),
    )
    return entries


def forged(entries: list[Entry], sequence: int, **columns: object) -> list[Entry]:
    return [Entry(**{**entry._asdict(), **columns}) if entry.sequence == sequence else entry for entry in entries]


def test_a_whole_journal_is_whole() -> None:
    report = audit(chained(), TWIN_KEY, "main", [anchor(4), anchor(9)])
    assert (report.ok, report.entries, report.first_bad, report.problems, report.notes, report.last_anchored) == (
        True, 9, None, (), (), 9,
    )  # fmt: skip


def test_a_tail_that_no_anchor_covers_is_said() -> None:
    report = audit(chained(), TWIN_KEY, "main", [anchor(4)])
    assert report.ok
    assert report.notes == ("tail after sequence 4 not anchored",)
    assert audit(chained(), TWIN_KEY, "main").notes == ("tail after sequence 0 not anchored",)


def test_an_empty_journal_is_whole_unless_an_anchor_knows_better() -> None:
    assert audit([], TWIN_KEY, "main").ok
    assert audit([], TWIN_KEY, "main", [anchor(1)]).first_bad == 1


def test_anchors_of_other_accounts_do_not_count() -> None:
    other = dataclasses.replace(anchor(9), account="other", sequence=99)
    assert audit(chained(), TWIN_KEY, "main", [other]).notes == ("tail after sequence 0 not anchored",)


Change = Callable[[list[Entry]], list[Entry]]
ATTACKS = (
    pytest.param(lambda j: forged(j, 3, raw=j[2].raw.replace(b'"3"', b'"4"')), 3, id="an amount edited"),
    pytest.param(lambda j: forged(j, 3, seal=bytes(32)), 3, id="a seal edited"),
    pytest.param(lambda j: forged(j, 3, raw=j[2].raw.decode()), 3, id="bytes as text"),
    pytest.param(lambda j: j[:2] + j[3:], 3, id="an entry deleted"),
    pytest.param(lambda j: j[1:], 1, id="the first entry deleted"),
    pytest.param(lambda j: [*j, j[8]._replace(sequence=10)], 10, id="an entry added at the end"),
    pytest.param(
        lambda j: [*j[:3], j[2]._replace(sequence=4), *(e._replace(sequence=e.sequence + 1) for e in j[3:])],
        4,
        id="an entry inserted, the rest renumbered",
    ),
    pytest.param(lambda j: [j[0]._replace(sequence=0), *j], 1, id="an entry below the first"),
    pytest.param(lambda j: [*j[:3], j[2], *j[3:]], 4, id="an entry doubled"),
    pytest.param(lambda j: swapped(j, 3, 7), 3, id="two entries with each other's number"),
    pytest.param(lambda j: [*j[:2], j[3], j[2], *j[4:]], 3, id="two entries in each other's place"),
    pytest.param(lambda j: resealed(j, OTHER_KEY), 1, id="the chain sealed anew without the key"),
    pytest.param(lambda j: j[:4] + resealed(chained(8), OTHER_KEY)[4:], 5, id="the end sealed anew without the key"),
    pytest.param(lambda j: [e._replace(account="other") for e in j], 1, id="another account's entries"),
)


@pytest.mark.parametrize(("attack", "first_bad"), ATTACKS)
def test_an_attack_is_found_at_its_first_bad_entry(attack: Change, first_bad: int) -> None:
    attacked = attack(chained())
    report = audit(attacked, TWIN_KEY, "main")
    assert not report.ok
    assert report.first_bad == first_bad
    assert len(report.problems) == 1
    assert report.entries == len(attacked)


@pytest.mark.parametrize("column", [name for name in Entry._fields if name not in {"raw", "seal", "sequence"}])
def test_a_column_that_does_not_repeat_the_bytes_is_found_and_named(column: str) -> None:
    old = getattr(chained()[4], column)
    report = audit(forged(chained(), 5, **{column: old + 1 if isinstance(old, int) else "x"}), TWIN_KEY, "main")
    assert report.first_bad == 5
    assert column in report.problems[0]


@pytest.mark.parametrize(
    ("kept", "first_bad"),
    (
        pytest.param(8, 9, id="the anchored entry itself"),
        pytest.param(5, 6, id="entries below the anchor"),
        pytest.param(0, 1, id="all"),
    ),
)
def test_a_cut_off_tail_is_found_at_or_below_the_last_anchor(kept: int, first_bad: int) -> None:
    report = audit(chained()[:kept], TWIN_KEY, "main", [anchor(4), anchor(9)])
    assert report.first_bad == first_bad
    assert "missing" in report.problems[0]


def test_a_chain_sealed_anew_with_the_key_does_not_fit_its_anchors() -> None:
    changed = forged(chained(), 3, raw=encode(deposit(3, fact_id="another")), fact_id="another")
    anew = resealed(changed, TWIN_KEY)
    assert audit(anew, TWIN_KEY, "main", [anchor(2)]).ok
    report = audit(anew, TWIN_KEY, "main", [anchor(2), anchor(7)])
    assert report.first_bad == 7
    assert "anchor" in report.problems[0]


def test_what_only_a_writer_with_the_key_could_do_wrong_is_found_too() -> None:
    twice = chained(2)
    twice += sealed(draft("main", 3, 1, [deposit(3, fact_id="Deposit:1:0")]), TWIN_KEY, twice[-1].seal)
    assert "stands twice" in audit(twice, TWIN_KEY, "main").problems[0]
    back = sealed(draft("main", 1, 2, deposits(1, 1, epoch=2)), TWIN_KEY, genesis("main"))
    back += sealed(draft("main", 2, 1, deposits(2, 1)), TWIN_KEY, back[-1].seal)
    assert "epoch 1 follows epoch 2" in audit(back, TWIN_KEY, "main").problems[0]
    miracle = resealed(
        forged(chained(), 4, raw=chained()[3].raw.replace(b'"kind":"Deposit"', b'"kind":"Miracle"'), kind="Miracle"),
        TWIN_KEY,
    )
    assert "'Miracle' is no kind" in audit(miracle, TWIN_KEY, "main").problems[0]


def test_a_gap_and_a_strangers_entry_are_found_even_when_they_are_sealed_with_the_key() -> None:
    gap = chained(2)
    gap += sealed(draft("main", 4, 1, deposits(4, 1)), TWIN_KEY, gap[-1].seal)
    report = audit(gap, TWIN_KEY, "main")
    assert (report.first_bad, report.problems) == (3, ("entry 3 is missing: 4 follows",))
    stranger = sealed(draft("other", 1, 1, deposits(1, 1, account="other")), TWIN_KEY, genesis("main"))
    assert audit(stranger, TWIN_KEY, "main").problems == ("entry 1 belongs to account other",)


def test_the_facts_come_out_of_the_same_pass_up_to_the_first_bad_entry() -> None:
    auditor = Auditor(TWIN_KEY, "main")
    facts = [auditor.check(entry) for entry in forged(chained(), 4, actor="x")]
    assert facts == [*deposits(1, 3), None, None, None, None, None, None]


@given(place=st.integers(min_value=0), bit=st.integers(0, 7), sequence=st.integers(1, 9))
def test_any_bit_of_any_entry_is_found(place: int, bit: int, sequence: int) -> None:
    raw = bytearray(chained()[sequence - 1].raw)
    raw[place % len(raw)] ^= 1 << bit
    assert audit(forged(chained(), sequence, raw=bytes(raw)), TWIN_KEY, "main").first_bad == sequence


@pytest.mark.parametrize("path", sorted(ARCHIVES.glob("schemas-*.journal")), ids=lambda path: path.stem)
def test_an_archived_journal_is_whole_for_ever(path: Path) -> None:
    entries = []
    for line in path.read_bytes().splitlines():
        sealed_as, _, raw = line.partition(b" ")
        fact = decode(raw)
        written = sealed(draft(fact.account, fact.sequence, fact.epoch, [fact]), TWIN_KEY, b"")[0]
        schema = parse(raw)["schema"]  # as written then; today's fact may be of a later one
        assert isinstance(schema, int)
        entries.append(written._replace(raw=raw, seal=bytes.fromhex(sealed_as.decode()), schema=schema))
    report = audit(entries, TWIN_KEY, "main")
    assert (report.ok, report.entries) == (True, len(entries))


def test_the_newest_archive_has_one_fact_of_every_kind() -> None:
    assert archive() == ARCHIVE.read_bytes()
    assert len(ARCHIVE.read_bytes().splitlines()) == len(SAMPLES)
