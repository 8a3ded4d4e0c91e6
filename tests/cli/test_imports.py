"""Does a person see what an import would book before it does, and is nothing booked twice, half or by mistake?"""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from counterpoise.cli import imports
from counterpoise.library import statements
from counterpoise.library.opening import Opening
from counterpoise.library.plane import Counterpoise
from counterpoise.wiring import settings_of
from tests.cli.making import Done, Terminal
from tests.docs.test_readme_tour import BLOCK, EXIT, matches

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
RECIPE = ROOT / "docs" / "recipes" / "import-your-history.md"
HEAD = "time,kind,id,symbol,quantity,price,amount\n"
ROWS = HEAD + "2024-01-02T14:30:00Z,deposit,1,,,,1000\n2024-01-02T15:00:00Z,buy,2,SPY,2,400.5,\n"


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Terminal]:
    monkeypatch.setenv("COUNTERPOISE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "h.csv").write_text(ROWS)
    return Terminal(monkeypatch, capsys)  # type: ignore[return-value]


def opened(terminal: Terminal, *more: str) -> None:
    done = terminal("account", "open", "old", "--since", "2024-01-01", *more)
    assert done.code == 0, done.err


def explains(done: Done, *words: str) -> bool:
    """Whether one line on stderr says what is wrong, in these words, and nothing stands on stdout."""
    is_line = done.err.startswith("error: ") and done.err.count("\n") == 1
    return is_line and not done.out and all(word in done.err for word in words)


def facts(terminal: Terminal) -> int:
    told = json.loads(terminal("account", "show", "--output", "json").out)
    count = told["facts"]
    assert isinstance(count, int)
    return count


def test_a_preview_books_nothing_and_an_import_books_once(terminal: Terminal) -> None:
    opened(terminal)
    before = facts(terminal)
    preview = terminal("import", "h.csv", "--preview")
    assert "cash USD       0 → 199" in preview.out
    assert facts(terminal) == before
    assert "booked 2 in account old" in terminal("import", "h.csv", "--yes").out
    after = facts(terminal)
    again = terminal("import", "h.csv", "--yes")
    assert (again.code, "nothing is new" in again.out, facts(terminal)) == (0, True, after)


def test_json_is_one_object(terminal: Terminal) -> None:
    opened(terminal)
    told = json.loads(terminal("import", "h.csv", "--json", "--yes").out)
    assert (told["new"], told["known"], told["booked"], told["kinds"]) == (2, 0, 2, {"deposit": 1, "fill": 1})
    assert told["after"] == {"cash": {"USD": "199"}, "positions": {"SPY": "2"}, "realised_pnl": "0"}
    told = json.loads(terminal("import", "h.csv", "--output", "json", "--preview").out)
    assert (told["new"], told["known"], told["booked"], told["from"]) == (0, 2, 0, None)


def test_somebody_who_says_no_books_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(terminal)
    before = facts(terminal)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    done = terminal("import", "h.csv")
    assert (done.code, done.out.splitlines()[-1], facts(terminal)) == (0, "nothing was booked", before)


def test_with_nobody_to_ask_booking_needs_a_word(terminal: Terminal) -> None:
    opened(terminal)
    done = terminal("import", "h.csv")
    assert (done.code, "--yes to book it" in done.err) == (2, True)
    done = terminal("import", "h.csv", "--json")
    assert (done.code, done.out) == (2, "")


def test_every_fault_is_a_line_and_the_last_one_counts_them(terminal: Terminal) -> None:
    opened(terminal)
    before = facts(terminal)
    Path("h.csv").write_text(ROWS + "x,buy,3,=1,1e999999999,1,\n" * 40)
    done = terminal("import", "h.csv", "--yes")
    lines = done.err.splitlines()
    assert (done.code, done.out, len(lines)) == (2, "", 51)
    assert lines[0].startswith("error: h.csv row 4 column time: x was refused")
    assert lines[-1] == "error: h.csv has 120 faults, 70 of them not shown; nothing was booked"
    assert facts(terminal) == before


MISTAKES = (
    pytest.param(("import", "none.csv"), 2, ("none.csv", "No such file"), id="no file"),
    pytest.param(("import", "h.csv", "--account", "new"), 1, ("no account new", "old"), id="no account"),
    pytest.param(("import", "h.csv", "--timezone", "Mars"), 2, ("--timezone: Mars", "IANA"), id="zone"),
    pytest.param(("import", "h.csv", "--format", "alpaca"), 2, ("row 1", "alpaca activities"), id="form"),
    pytest.param(("import", "h.csv", "--numbers", "de"), 2, ("--numbers", "'us', 'br'"), id="numbers"),
    pytest.param(("account", "open", "../x"), 2, ("account: ../x", "letters"), id="name"),
    pytest.param(("account", "open", "x", "--currency", "R$"), 2, ("--currency: R$",), id="currency"),
    pytest.param(("account", "open", "x", "--since", "tomorrow"), 2, ("--since: tomorrow",), id="day"),
    pytest.param(("account", "open", "x", "--since", "2199-01-01"), 2, ("a day that has come",), id="a day to come"),
    pytest.param(("account", "open", "x", "--opening-cash", "-1"), 2, ("--opening-cash",), id="cash"),
    pytest.param(("account", "open", "x", "--kind", "bank"), 2, ("--kind",), id="kind"),
    pytest.param(("account", "open", "old", "--kind", "margin"), 1, ("on other terms",), id="other terms"),
    pytest.param(("account", "show", "--account", "x"), 1, ("no account x",), id="show another"),
)


@pytest.mark.parametrize(("arguments", "code", "words"), MISTAKES)
def test_a_mistake_is_one_line(
    arguments: tuple[str, ...], code: int, words: tuple[str, ...], terminal: Terminal
) -> None:
    opened(terminal)
    done = terminal(*arguments)
    assert explains(done, *words), done
    assert done.code == code


def test_without_an_account_the_way_to_one_is_told(terminal: Terminal) -> None:
    for arguments in (("import", "h.csv"), ("account", "show")):
        done = terminal(*arguments)
        assert explains(done, "counterpoise account open NAME"), done
        assert done.code == 1


def test_an_account_is_opened_once_on_its_terms(terminal: Terminal) -> None:
    opened(terminal, "--kind", "futures", "--currency", "usdt", "--timezone", "UTC", "--opening-cash", "50.5")
    done = terminal("account", "open", "old", "--kind", "futures", "--currency", "USDT", "--timezone", "UTC")
    assert (done.code, "was there already" in done.out) == (0, True)
    told = json.loads(terminal("account", "show", "--output", "json").out)
    assert told == {
        "account": "old",
        "kind": "futures",
        "base_currency": "USDT",
        "time_zone": "UTC",
        "venue": "statement",
        "lot_method": "average",
        "facts": 4,
        "cash": {"USDT": "50.5"},
        "positions": {},
        "realised_pnl": "0",
    }
    assert "cash USDT 50.5" in terminal("account", "show").out


def test_an_interrupted_import_goes_on_where_it_was(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"2024-01-03T15:{number:02}:00Z,buy,b{number},SPY,1,4{number:02},\n" for number in range(20))
    Path("h.csv").write_text(HEAD + "2024-01-02T14:30:00Z,deposit,1,,,,10000\n" + rows)
    opened(terminal)
    monkeypatch.setattr(statements, "CHUNK", 4)
    calls: list[int] = []

    def stop(_self: object, done: int) -> None:
        calls.append(done)
        if len(calls) == 24:  # 21 entries were tried, and the third chunk of four is booked
            raise KeyboardInterrupt

    step = imports._Lines.step
    monkeypatch.setattr(imports._Lines, "step", stop)
    done = terminal("import", "h.csv", "--yes")
    assert (done.code, "goes on from there" in done.err) == (130, True)
    monkeypatch.setattr(imports._Lines, "step", step)
    told = json.loads(terminal("import", "h.csv", "--yes", "--json").out)
    assert (told["known"], told["booked"]) == (12, 9)
    interrupted = terminal("verify").out.splitlines()[1]

    monkeypatch.setenv("COUNTERPOISE_DATA_DIR", "other")
    opened(terminal)
    assert terminal("import", "h.csv", "--yes").code == 0
    assert terminal("verify").out.splitlines()[1] == interrupted


def test_progress_is_a_line_for_each_tenth(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(terminal)
    monkeypatch.setattr(imports, "LINES_FROM", 1)
    done = terminal("import", "h.csv", "--yes")
    assert done.err.splitlines() == ["trying: 1 of 2", "trying: 2 of 2", "booking: 2 of 2"]


async def test_a_statement_account_is_never_served(tmp_path: Path) -> None:
    assert await statements.open_in_folder(settings_of(tmp_path), "a-first", Opening.statement("a-first", "cash"))
    paper = Opening.paper("paper", cash=Decimal(100), symbols=("SPY",))
    async with Counterpoise.open(tmp_path, paper) as plane:
        assert plane.account_id == "paper"
    async with Counterpoise.open(tmp_path) as plane:
        assert plane.account_id == "paper"


@pytest.mark.parametrize("folder", ("demo", "replay"))
def test_a_replay_takes_no_history(folder: str, terminal: Terminal) -> None:
    opened(terminal)
    Path("data/replay.json").write_text(json.dumps({"command": folder}))
    done = terminal("account", "open", "more")
    assert explains(done, f"holds a {folder}"), done
    assert done.code == 1


def test_the_recipe_prints_what_it_says(terminal: Terminal, tmp_path: Path) -> None:
    for example in EXAMPLES.iterdir():
        shutil.copy(example, tmp_path)
    commands = 0
    for block in BLOCK.findall(RECIPE.read_text(encoding="utf-8")):
        for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = text.partition("\n")
            if line.startswith("printf"):
                shown = line.partition("'")[2].partition("'")[0]
                (tmp_path / line.rpartition(" ")[2]).write_text(shown.replace("\\n", "\n"))
                continue
            code = EXIT.search(line)
            both = "2>&1" in line
            done = terminal(*shlex.split(EXIT.sub("", line).replace("2>&1", ""))[1:])
            commands += 1
            assert done.code == (int(code[1]) if code else 0), done.err
            said = done.out + done.err if both else done.out
            assert matches(output, said), f"{line}\n--- shown\n{output}--- printed\n{said}"
    assert commands == 8
