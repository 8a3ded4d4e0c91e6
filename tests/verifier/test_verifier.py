"""Does the small verifier prove what is whole, name what is not, and need nothing of ours?"""

import ast
import dataclasses
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterpoise import verifier
from counterpoise.domain.accounts import StrategyShare
from counterpoise.domain.facts import Deposit, Fact
from counterpoise.ledger import chain, codec, export
from counterpoise.ledger.audit import audit
from counterpoise.ledger.chain import genesis, seal
from counterpoise.ledger.journal import TWIN_KEY, Anchor, Entry, draft, sealed
from tests.ledger.samples import AT, SAMPLES, deposit, deposits
from tests.verifier.files import exported, proved

SOURCE = Path(verifier.__file__)
OLDEST_PYTHON = (3, 8)
OTHER_KEY = bytes(32)


def chained(count: int = 9, key: bytes = TWIN_KEY) -> list[Entry]:
    return sealed(draft("main", 1, 1, deposits(1, count)), key, genesis("main"))


def anchor(sequence: int, key: bytes = TWIN_KEY) -> Anchor:
    return Anchor(account="main", sequence=sequence, seal=chained(key=key)[sequence - 1].seal, at=AT)


def raw_file(raws: Sequence[bytes], account: str = "main") -> bytes:
    """A file sealed with the key whatever its entries say: what only the writer itself can do wrong."""
    previous, lines = genesis(account), []
    for raw in raws:
        previous = seal(TWIN_KEY, previous, raw)
        lines.append(previous.hex().encode() + b" " + raw + b"\n")
    return b"".join([export.first_line(account, len(raws)), *lines, export.last_line(len(raws), previous)])


def edited(fact: Fact, **fields: object) -> bytes:
    """The bytes of a fact with fields replaced, in canonical form; None removes one."""
    said = {**json.loads(codec.encode(fact)), **fields}
    kept = {name: value for name, value in said.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


# ── what is whole ────────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_journal_is_proved_to_its_last_anchor() -> None:
    assert proved(exported(chained()), [anchor(4), anchor(9)]) == verifier.Report(
        account="main", ok=True, proved=9, first_bad=None, problems=(), notes=(), last_anchored=9
    )


def test_a_tail_that_no_anchor_covers_is_said() -> None:
    assert proved(exported(chained()), [anchor(4)]).notes == ("tail after sequence 4 not anchored",)
    assert proved(exported(chained())).notes == ("tail after sequence 0 not anchored",)
    other = dataclasses.replace(anchor(9), account="other", sequence=99)
    assert proved(exported(chained()), [other]).notes == ("tail after sequence 0 not anchored",)


def test_one_fact_of_every_kind_is_proved() -> None:
    facts = [dataclasses.replace(fact, sequence=number) for number, fact in enumerate(SAMPLES.values(), 1)]
    entries = sealed(draft(facts[0].account, 1, facts[0].epoch, facts), TWIN_KEY, genesis(facts[0].account))
    report = proved(exported(entries, facts[0].account))
    assert (report.ok, report.proved, report.problems) == (True, len(SAMPLES), ())


def test_an_account_may_have_any_name() -> None:
    name = "Kasse € \u2028 „1“"
    entries = sealed(draft(name, 1, 1, deposits(1, 3, account=name)), TWIN_KEY, genesis(name))
    assert (proved(exported(entries, name)).account, proved(exported(entries, name)).ok) == (name, True)


def test_an_empty_journal_is_whole_unless_an_anchor_knows_better() -> None:
    assert proved(exported([])).ok
    report = proved(exported([]), [anchor(1)])
    assert (report.ok, report.first_bad) == (False, 1)


# ── what is not ──────────────────────────────────────────────────────────────────────────────────────────

FILE = exported(chained())
LINES = FILE.splitlines(keepends=True)


def lines(change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    return b"".join(change([*LINES]))


CHANGES = (
    pytest.param(b"", None, "first line", id="nothing"),
    pytest.param(b"\x89PNG\r\n", None, "first line", id="no export"),
    pytest.param(FILE.replace(b"journal-1", b"journal-2"), None, "format is counterpoise-journal-2", id="format"),
    pytest.param(FILE.replace(b'{"account":"main",', b'{"account":"mine",', 1), 1, "the account's name", id="account"),
    pytest.param(FILE.replace(b'"last":9', b'"last":8'), None, "there are 9 entries", id="first line says fewer"),
    pytest.param(FILE.replace(b'"last":9', b'"last":10'), 10, "says that there are 10", id="first line says more"),
    pytest.param(FILE.replace(b'"last":9', b'"last":9.0'), None, "first line", id="first line says no number"),
    pytest.param(FILE.replace(b'"last":9', b'"last": 9'), None, "first line", id="a space in the first line"),
    pytest.param(FILE.replace(b'"entries":9', b'"entries":8'), None, "there are 9", id="last line says fewer"),
    pytest.param(FILE.replace(b'"entries":9', b'"entries":10'), 10, "there are 10", id="last line says more"),
    pytest.param(lines(lambda x: [*x[:-1], export.last_line(9, bytes(32))]), None, "another seal", id="last seal"),
    pytest.param(lines(lambda x: [*x[:-1], b'{"entries":9}\n']), None, "last line", id="last line without a seal"),
    pytest.param(lines(lambda x: x[:-1]), None, "ends before its last line", id="no last line"),
    pytest.param(lines(lambda x: x[:-2]), 9, "ends before its last line", id="no last two lines"),
    pytest.param(FILE[:-1], None, "last line", id="no end of the last line"),
    pytest.param(FILE + b"\n", None, "something follows", id="a line after the last"),
    pytest.param(lines(lambda x: [*x[:4], b"\n", *x[4:]]), 4, "does not fit", id="an empty line"),
    pytest.param(FILE.replace(b"\n", b"\r\n"), None, "first line", id="other line ends"),
    pytest.param(lines(lambda x: [*x[:4], x[4].replace(b'"4"', b'"5"'), *x[5:]]), 4, "does not fit", id="an amount"),
    pytest.param(lines(lambda x: [*x[:4], x[4][:64].upper() + x[4][64:], *x[5:]]), 4, "does not fit", id="upper case"),
    pytest.param(lines(lambda x: [*x[:4], x[4].replace(b" ", b"\t", 1), *x[5:]]), 4, "does not fit", id="a tab"),
    pytest.param(lines(lambda x: [*x[:4], *x[5:]]), 4, "its bytes say that it is entry 5", id="a line less"),
    pytest.param(lines(lambda x: [*x[:4], x[3], *x[4:]]), 4, "its bytes say that it is entry 3", id="a line twice"),
    pytest.param(
        lines(lambda x: [*x[:4], x[5], x[4], *x[6:]]), 4, "it is entry 5", id="two lines in each other's place"
    ),
    pytest.param(FILE[: len(FILE) // 2], 5, "does not fit", id="half a file"),
    pytest.param(exported(chained(key=OTHER_KEY)), 1, "key of another journal", id="another key"),
)


@pytest.mark.parametrize(("file", "first_bad", "said"), CHANGES)
def test_a_change_is_found_at_its_first_bad_entry(file: bytes, first_bad: int | None, said: str) -> None:
    report = proved(file)
    assert (report.ok, report.first_bad, len(report.problems)) == (False, first_bad, 1)
    assert said in report.problems[0]
    assert report.notes == ()


def test_a_tail_cut_off_with_its_last_line_made_anew_is_found_by_an_anchor() -> None:
    cut = exported(chained(6))
    assert proved(cut, [anchor(4)]).ok
    assert proved(cut, [anchor(4)]).notes == ("tail after sequence 4 not anchored",)
    report = proved(cut, [anchor(4), anchor(7)])
    assert (report.first_bad, report.problems) == (7, ("entry 7: it is missing: an anchor confirms entries up to 7",))


def test_a_journal_sealed_anew_with_the_key_differs_from_its_anchor() -> None:
    anew = exported(sealed(draft("main", 1, 1, [deposit(1, fact_id="x"), *deposits(2, 8)]), TWIN_KEY, genesis("main")))
    assert proved(anew).ok
    report = proved(anew, [anchor(7)])
    assert (report.first_bad, report.problems) == (7, ("entry 7: its anchor has another seal",))


def test_another_account_s_journal_in_its_place_is_refused_by_name() -> None:
    entries = sealed(draft("other", 1, 1, deposits(1, 3, account="other")), TWIN_KEY, genesis("other"))
    assert proved(exported(entries, "other"), account="other").ok
    report = proved(exported(entries, "other"), account="main")
    assert report.problems == ("it is the journal of account other, not of main",)


FACT = deposit(1)
SHARED = dataclasses.replace(
    FACT,
    body=Deposit(amount=Decimal("0.30"), asset="USD"),
    strategy_shares=(
        StrategyShare(strategy="a", amount=Decimal("0.1")),
        StrategyShare(strategy="b", amount=Decimal("0.2")),
    ),
)
WRONG = (
    pytest.param([edited(FACT, sequence=2)], 1, "it says that it is entry 2", id="sequence"),
    pytest.param([edited(FACT, sequence=True)], 1, "it does not say its sequence", id="no number"),
    pytest.param([edited(FACT, account="other")], 1, "it belongs to account other", id="account"),
    pytest.param([edited(FACT, actor=None)], 1, "it does not say its actor", id="a field absent"),
    pytest.param([edited(FACT), edited(FACT, sequence=2)], 2, "stands twice", id="identity"),
    pytest.param(
        [edited(FACT, epoch=2), edited(deposit(2), epoch=1)], 2, "its epoch 1 follows epoch 2", id="epoch"
    ),
    pytest.param([edited(SHARED)], None, "", id="shares that sum to the whole"),
    pytest.param(
        [edited(SHARED, strategy_shares=[{"amount": "0.3000000000000000001", "strategy": "a"}])], 1,
        "its strategy shares sum to 0.3000000000000000001, not to its amount 0.30", id="shares",
    ),
    pytest.param([edited(SHARED, strategy_shares=[{}])], 1, "cannot be read", id="no amount"),
    pytest.param([edited(SHARED, strategy_shares="a")], 1, "cannot be read", id="shares that are none"),
    pytest.param(
        [edited(SHARED, strategy_shares=[{"amount": n, "strategy": "a"} for n in ("1E+4000", "1")])], 1,
        "cannot be read", id="shares that no sum holds",
    ),
    pytest.param([edited(FACT).replace(b'{"acc', b'{ "acc')], 1, "no canonical", id="a space"),
    pytest.param([edited(FACT).replace(b'"epoch":1', b'"epoch":1,"epoch":1')], 1, "no canonical", id="twice"),
    pytest.param([edited(FACT).replace(b'"epoch":1', b'"epoch":1.5')], 1, "no canonical", id="a float"),
    pytest.param([edited(FACT).replace(b'"epoch":1', b'"epoch":NaN')], 1, "no canonical", id="not a number"),
    pytest.param([edited(FACT, actor="x").replace(b'"x"', b'"\\ud800"')], 1, "no canonical", id="surrogate"),
    pytest.param([edited(FACT, actor="x").replace(b'"x"', b'"\xff"')], 1, "no canonical", id="no UTF-8"),
    pytest.param([b"[" * 100_000], 1, "no canonical", id="deep"),
    pytest.param([b"[]"], 1, "no canonical", id="no object"),
    pytest.param([b""], 1, "no canonical", id="empty"),
)  # fmt: skip


@pytest.mark.parametrize(("raws", "first_bad", "said"), WRONG)
def test_what_only_a_writer_with_the_key_could_do_wrong_is_found_too(
    raws: Sequence[bytes], first_bad: int | None, said: str
) -> None:
    report = proved(raw_file(raws))
    assert report.first_bad == first_bad
    assert said in "".join(report.problems)
    assert report.ok == (first_bad is None)


@given(place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_bit_of_the_file_is_found(place: int, bit: int) -> None:
    file = bytearray(FILE)
    file[place % len(file)] ^= 1 << bit
    assert not proved(bytes(file)).ok


def test_a_line_that_never_ends_is_refused_before_it_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "LINE_MAX", 100)

    class Endless(io.RawIOBase):
        read_so_far = 0

        def readline(self, size: int | None = -1, /) -> bytes:
            assert size == 100
            self.read_so_far += size
            return LINES[0] if self.read_so_far == size else b"x" * size

    file = Endless()
    assert verifier.verify(file, TWIN_KEY).first_bad == 1  # type: ignore[arg-type]
    assert file.read_so_far == 200


def test_both_verifiers_agree_on_a_journal_of_every_kind() -> None:
    facts = [dataclasses.replace(fact, sequence=number) for number, fact in enumerate(SAMPLES.values(), 1)]
    account = facts[0].account
    entries = sealed(draft(account, 1, facts[0].epoch, facts), TWIN_KEY, genesis(account))
    for number in range(len(entries)):
        spoiled = [*entries]
        spoiled[number] = entries[number]._replace(raw=entries[number].raw.replace(b'"schema":', b'"schema":1'))
        assert audit(spoiled, TWIN_KEY, account).first_bad == proved(exported(spoiled, account)).first_bad == number + 1


# ── alone ────────────────────────────────────────────────────────────────────────────────────────────────


def imported(source: str) -> set[str]:
    """Top names of everything that a module imports; `.` for what is beside it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level or not node.module else node.module.split(".")[0])
    return found


def test_it_imports_the_standard_library_alone() -> None:
    assert imported("import a.b\nfrom c.d import e\nfrom . import f") == {"a", "c", "."}
    assert imported(SOURCE.read_text(encoding="utf-8")) <= sys.stdlib_module_names
    assert "__import__" not in SOURCE.read_text(encoding="utf-8")


def test_its_syntax_is_that_of_the_oldest_python_it_names() -> None:
    source = SOURCE.read_text(encoding="utf-8")
    assert f"Python {'.'.join(map(str, OLDEST_PYTHON))} or later" in source
    assert ast.parse(source, feature_version=OLDEST_PYTHON).body


def test_its_figures_are_those_of_the_writer() -> None:
    assert (verifier.FORMAT, verifier.SEAL_SIZE) == (export.FORMAT, chain.SEAL_SIZE)
    assert (verifier.KEY_SIZE_MIN, verifier.KEY_SIZE_MAX) == (chain.KEY_SIZE_MIN, chain.KEY_SIZE_MAX)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder with a copy of the one file, a journal, its key and its anchors."""
    (tmp_path / "verifier.py").write_bytes(SOURCE.read_bytes())
    (tmp_path / "journal").write_bytes(FILE)
    (tmp_path / "key").write_bytes(TWIN_KEY)
    (tmp_path / "anchors").write_bytes(export.anchor_line(anchor(4)) + export.anchor_line(anchor(9)) + b'{"account":')
    (tmp_path / "cut").write_bytes(exported(chained(8)))
    (tmp_path / "short").write_bytes(TWIN_KEY[1:])
    (tmp_path / "broken").write_bytes(export.anchor_line(anchor(4)) + b"\n" + export.anchor_line(anchor(9)))
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the copy with a Python that sees nothing but its own library."""
    command = [sys.executable, "-I", "-S", "verifier.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


RUNS = (
    pytest.param("journal --key key --anchors anchors", 0, "main: ok, 9 entries proved\n", "", id="whole"),
    pytest.param(
        "journal --key key", 0,
        "main: ok, 9 entries proved\n  tail after sequence 0 not anchored\n", "", id="no anchors",
    ),
    pytest.param(
        "cut --key key --anchors anchors", 1,
        "main: NOT OK, 8 entries proved\n  entry 9: it is missing: an anchor confirms entries up to 9\n", "", id="cut",
    ),
    pytest.param(
        "journal --key key --account mine", 1,
        "journal: NOT OK, 0 entries proved\n  it is the journal of account main, not of mine\n", "", id="account",
    ),
    pytest.param("none --key key", 2, "", "error: none cannot be read (No such file or directory)\n", id="no file"),
    pytest.param("journal --key no", 2, "", "error: no cannot be read (No such file or directory)\n", id="no key"),
    pytest.param(
        "journal --key short", 2, "", "error: short is no journal key: it has not 32 to 64 bytes\n", id="short key"
    ),
    pytest.param(
        "journal --key key --anchors broken", 2, "", "error: line 2 of broken is no anchor\n", id="broken anchors"
    ),
)  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "out", "err"), RUNS)
def test_a_copy_of_the_one_file_runs_elsewhere(elsewhere: Path, arguments: str, code: int, out: str, err: str) -> None:
    assert run(elsewhere, *arguments.split()) == (code, out, err)


def test_it_says_the_same_to_a_program(elsewhere: Path) -> None:
    code, out, err = run(elsewhere, *["cut", "--key", "key", "--anchors", "anchors", "--json"])
    assert (code, err) == (1, "")
    assert json.loads(out) == {
        "account": "main",
        "ok": False,
        "proved": 8,
        "first_bad": 9,
        "problems": ["entry 9: it is missing: an anchor confirms entries up to 9"],
        "notes": [],
        "last_anchored": 4,
    }


def test_what_a_file_says_cannot_command_the_terminal(elsewhere: Path) -> None:
    name = "\x1b[2Jme"
    entries = sealed(draft(name, 1, 1, deposits(1, 1, account=name)), TWIN_KEY, genesis(name))
    (elsewhere / "journal").write_bytes(exported(entries, name))
    code, out, _ = run(elsewhere, "journal", "--key", "key")
    assert (code, out.splitlines()[0]) == (0, "'\\x1b[2Jme': ok, 1 entry proved")
